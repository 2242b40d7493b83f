//! The table between commands and addresses. See [`COMMANDS`].
//!
//! An address is `/millions/NAME` or `/millions/NAME/TARGET`, as in `/millions/cue/title`; the prefix may be missing inward, and is
//! always there outward. What stands in the address is the target, the argument is the value alone. A target may be a name, an id or
//! a place from 1, and may be the first argument instead (`/millions/cue "title"`). A trigger fires without an argument, or with one
//! that is not 0: 0 is the release of a button.

mod rows;

use super::{Argument, Command, Status};
use millions_base::Range;
use millions_wall::tone::LookParameter;

pub use rows::COMMANDS;
use rows::READINGS;

/// The first part of every address.
const ROOT: &str = "millions";

/// A row of the table: an address, or one for each target, and the command that it stands for.
pub struct CommandRow {
    /// The address after the root.
    pub name: &'static str,
    /// What follows the name in the address.
    pub target: Target,
    /// What the argument is.
    pub value: Value,
    /// What it does, for the manual and for programs that list addresses.
    pub description: &'static str,
    /// Returns the command.
    pub(super) command: fn(&Call<'_>) -> Result<Command, String>,
    /// Returns the present value; none where there is none to show.
    pub(super) current: fn(&Status, &str) -> Option<Argument>,
}

/// What follows the name in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nothing.
    None,
    /// A scene of the show.
    Scene,
    /// A look.
    Look,
    /// A value of the look.
    Parameter,
    /// An output.
    Output,
    /// An output, or nothing for all of them, or the selected one.
    AnyOutput,
    /// A value of an output's calibration: `OUTPUT/VALUE`.
    Calibration,
    /// An entry of the playlist, from 1.
    Entry,
    /// The number of a portrait.
    Person,
    /// A portrait that waits for the operator.
    Arrival,
    /// The key of a preset.
    Preset,
    /// A value of what is selected on the stage.
    StageValue,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Nothing: it happens. 0 is a release.
    Trigger,
    /// On or off.
    Switch,
    /// A number within limits.
    Number(Range),
    /// A whole number within limits.
    Whole(Range),
    /// A number within the limits of the target.
    OfTarget,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A text.
    Text,
}

/// The parts of a message: what a row's command is made of.
pub struct Call<'a> {
    /// The target, as it was sent; empty without.
    pub target: &'a str,
    /// The argument, which is of the row's kind; none for a trigger.
    pub value: Option<Argument>,
    /// What plays.
    pub status: &'a Status,
}

/// Why a message is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// No row has that address.
    #[error("there is no address {0}")]
    UnknownAddress(String),
    /// The target or the argument does not fit.
    #[error("{address}: {reason}")]
    Invalid {
        /// The address.
        address: String,
        /// What is wrong, and what it takes.
        reason: String,
    },
}

/// Returns the parts of an address after the root, which may be missing.
#[must_use]
pub fn split_address(address: &str) -> &str {
    let address = address.trim_matches('/');
    match address.split_at_checked(ROOT.len()) {
        Some((root, rest)) if root.eq_ignore_ascii_case(ROOT) && (rest.is_empty() || rest.starts_with('/')) => {
            rest.trim_start_matches('/')
        }
        _ => address,
    }
}

/// Returns the command of a message; none for the release of a button.
///
/// # Errors
/// When the address is none of the table, a target is not there, or an argument is not what the row takes.
pub fn parse(address: &str, arguments: &[Argument], status: &Status) -> Result<Option<Command>, ParseError> {
    let path = split_address(address);
    let invalid = |reason: String| ParseError::Invalid { address: format!("/{ROOT}/{path}"), reason };
    let rest_of = |row: &CommandRow| {
        let (name, rest) = path.split_at_checked(row.name.len())?;
        let fits = name.eq_ignore_ascii_case(row.name)
            && (rest.is_empty() || (rest.starts_with('/') && row.target != Target::None));
        fits.then(|| rest.trim_start_matches('/'))
    };
    // The longest name: `edit/command` is not a target of `edit`.
    let found = COMMANDS.iter().filter_map(|row| Some((row, rest_of(row)?))).max_by_key(|(row, _)| row.name.len());
    let (row, mut target) = found.ok_or_else(|| ParseError::UnknownAddress(format!("/{ROOT}/{path}")))?;
    let mut arguments = arguments;
    let spoken;
    if target.is_empty() && !matches!(row.target, Target::None | Target::AnyOutput) {
        let Some((first, others)) = arguments.split_first() else {
            return Err(invalid(format!("name {} behind it", row.target.noun())));
        };
        spoken = first.to_string();
        (target, arguments) = (&spoken, others);
    }
    let Some(value) = row.value.read(arguments, target).map_err(&invalid)? else { return Ok(None) };
    let value = (row.value != Value::Trigger).then_some(value);
    (row.command)(&Call { target, value, status }).map(Some).map_err(invalid)
}

/// An address that exists now, with what it shows: a row for one of its targets, or a reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The whole address.
    pub address: String,
    /// What it does or shows.
    pub description: &'static str,
    /// What its argument is.
    pub value: Value,
    /// The limits of the argument, where it has some.
    pub range: Option<Range>,
    /// Whether it can be commanded; otherwise it only shows something.
    pub commands: bool,
    /// What it shows now.
    pub current: Option<Argument>,
}

/// Returns all addresses that exist at a status, in the order of the table.
#[must_use]
pub fn leaves(status: &Status) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for row in COMMANDS {
        for target in row.target.all(status) {
            let path = if target.is_empty() { row.name.to_owned() } else { format!("{}/{target}", row.name) };
            leaves.push(Leaf {
                address: format!("/{ROOT}/{path}"),
                description: row.description,
                value: row.value,
                range: row.value.range(&target),
                commands: true,
                current: (row.current)(status, &target),
            });
        }
    }
    leaves.extend(READINGS.iter().map(|(name, description, value, read)| Leaf {
        address: format!("/{ROOT}/status/{name}"),
        description,
        value: *value,
        range: None,
        commands: false,
        current: Some(read(status)),
    }));
    leaves
}

/// Returns all addresses as a table for the manual, in Markdown.
#[must_use]
pub fn manual() -> String {
    let mut text = "| address | takes | does |\n|---|---|---|\n".to_owned();
    for CommandRow { name, target, value, description, .. } in COMMANDS {
        let takes = match value {
            Value::Trigger => "nothing, or 1".to_owned(),
            Value::OfTarget => "a number within its limits".to_owned(),
            value => value.expected(""),
        };
        text += &format!("| `/{ROOT}/{name}{}` | {takes} | {description} |\n", target.placeholder());
    }
    for (name, description, ..) in READINGS {
        text += &format!("| `/{ROOT}/status/{name}` | is told | {description} |\n");
    }
    text
}

impl Target {
    /// What stands for it in the manual.
    const fn placeholder(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Scene => "/SCENE",
            Self::Look => "/LOOK",
            Self::Parameter | Self::StageValue => "/VALUE",
            Self::Output => "/OUTPUT",
            Self::AnyOutput => "[/OUTPUT]",
            Self::Calibration => "/OUTPUT/VALUE",
            Self::Entry | Self::Person => "/NUMBER",
            Self::Arrival => "/ID",
            Self::Preset => "/KEY",
        }
    }

    /// What it is called in a message.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Scene => "a scene",
            Self::Look => "a look",
            Self::Parameter => "a value of the look",
            Self::Output | Self::AnyOutput => "an output",
            Self::Calibration => "an output and a value of its calibration",
            Self::Entry => "an entry of the playlist",
            Self::Person => "the number of a portrait",
            Self::Arrival => "a portrait that waits",
            Self::Preset => "the key of a preset",
            Self::StageValue => "a value of what is selected on the stage",
        }
    }

    /// Returns all targets that exist at a status; people are too many to list.
    fn all(self, status: &Status) -> Vec<String> {
        let outputs = || status.outputs.iter().map(|output| output.name.clone());
        match self {
            Self::None => vec![String::new()],
            Self::Scene => status.cues.iter().map(|cue| cue.scene.to_string()).collect(),
            Self::Look => status.look.looks.iter().map(|look| look.look.to_string()).collect(),
            Self::Parameter => LookParameter::ALL.iter().map(|parameter| parameter.name().to_owned()).collect(),
            Self::Output => outputs().collect(),
            Self::AnyOutput => std::iter::once(String::new()).chain(outputs()).collect(),
            Self::Calibration => outputs()
                .flat_map(|output| {
                    super::CalibrationParameter::ALL.map(|(parameter, _)| format!("{output}/{parameter}"))
                })
                .collect(),
            Self::Entry => {
                let entries = status.playlist.as_ref().map_or(0, |playlist| playlist.entries.len());
                (1..=entries).map(|entry| entry.to_string()).collect()
            }
            Self::Person => Vec::new(),
            Self::Arrival => status.people.waiting.clone(),
            Self::Preset => status.stage.presets.clone(),
            Self::StageValue => status.stage.values.iter().map(|[name, _]| name.clone()).collect(),
        }
    }
}

impl Value {
    /// Returns the argument as this kind; none for a trigger's release.
    fn read(self, arguments: &[Argument], target: &str) -> Result<Option<Argument>, String> {
        let first = arguments.first();
        if self == Self::Trigger {
            let is_release = first.and_then(Argument::number) == Some(0.0);
            return Ok((!is_release).then_some(Argument::Switch(true)));
        }
        let first = first.ok_or_else(|| format!("it takes {}", self.expected(target)))?;
        let value = match self {
            Self::Trigger => None,
            Self::Switch => first.switch().map(Argument::Switch),
            Self::Number(_) | Self::OfTarget => first.number().map(Argument::Number),
            Self::Whole(_) => first.whole().map(Argument::Whole),
            Self::Choice(words) => {
                let text = first.to_string().to_lowercase();
                // A word, or its place from 0, as a fader has it.
                let by_place = || words.get(usize::try_from(first.whole()?).ok()?);
                words.iter().find(|word| **word == text).or_else(by_place).map(|word| (*word).into())
            }
            // Several are one text, as a terminal's words are.
            Self::Text => {
                let words: Vec<_> = arguments.iter().map(ToString::to_string).collect();
                Some(Argument::Text(words.join(" ")))
            }
        };
        let is_within = |value: &Argument| {
            self.range(target).is_none_or(|range| value.number().is_some_and(|number| range.has(number)))
        };
        match value.filter(is_within) {
            Some(value) => Ok(Some(value)),
            None => Err(format!("it takes {}, not {first}", self.expected(target))),
        }
    }

    /// The limits of the argument.
    #[must_use]
    pub fn range(self, target: &str) -> Option<Range> {
        match self {
            Self::Number(range) | Self::Whole(range) => Some(range),
            Self::OfTarget => rows::target_range(target),
            _ => None,
        }
    }

    fn expected(self, target: &str) -> String {
        match (self, self.range(target)) {
            (Self::Trigger, _) => "nothing".to_owned(),
            (Self::Switch, _) => "1 or 0".to_owned(),
            (Self::Choice(words), _) => words.join(", "),
            (Self::Text, _) => "a text".to_owned(),
            (Self::Whole(_), Some(Range { low, high, .. })) => format!("a whole number from {low} to {high}"),
            (_, Some(Range { low, high, unit })) => {
                format!("a number from {low} to {high} {unit}").trim_end().to_owned()
            }
            (_, None) => "a number".to_owned(),
        }
    }
}
