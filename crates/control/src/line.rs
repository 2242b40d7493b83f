//! Commands as people write them: an address and its value, with spaces between. See [`parse_line`].

use super::{Argument, COMMANDS, Command, ParseError, Status, Target, leaves, parse, split_address};

/// Returns the address and the arguments of words, such as `cue title` or `adjust contrast 0.2`. The address is as many of the first words as are
/// one together, by `is_known`; where none is, the first, so that what parses it says what is missing.
#[must_use]
pub fn message(words: &[impl AsRef<str>], is_known: impl Fn(&str) -> bool) -> (String, Vec<Argument>) {
    let path = |count: usize| words[..count].iter().map(AsRef::as_ref).collect::<Vec<_>>().join("/");
    let count = (1..=words.len()).rev().find(|count| is_known(&path(*count))).unwrap_or(1).min(words.len());
    (path(count), words[count..].iter().map(|word| argument(word.as_ref())).collect())
}

fn argument(word: &str) -> Argument {
    match (word.parse::<i64>(), word.parse::<f64>()) {
        (Ok(whole), _) => Argument::Whole(whole),
        (_, Ok(number)) => Argument::Number(number),
        _ => Argument::Text(word.to_owned()),
    }
}

/// Returns the command of a line; none for the release of a button.
///
/// # Errors
/// As [`parse`].
pub fn parse_line(line: &str, status: &Status) -> Result<Option<Command>, ParseError> {
    let words: Vec<_> = line.split_whitespace().collect();
    let addresses = leaves(status);
    let is_known = |path: &str| {
        let path = split_address(path);
        addresses.iter().any(|leaf| leaf.commands && split_address(&leaf.address).eq_ignore_ascii_case(path))
    };
    let (address, arguments) = message(&words, is_known);
    parse(&address, &arguments, status)
}

/// Says what is wrong with a line whatever plays, where `status` has the cues and the playlist of the show, and nothing of looks, stage and
/// people.
///
/// # Errors
/// As [`parse`], but for addresses of looks, of the stage and of people.
pub fn check_line(line: &str, status: &Status) -> Result<(), ParseError> {
    let result = parse_line(line, status).map(drop);
    let path = split_address(line.split_whitespace().next().unwrap_or_default()).to_lowercase();
    let is_of_show =
        |target: Target| matches!(target, Target::None | Target::Scene | Target::Parameter | Target::Entry);
    let name_of = |path: &str| path.split('/').next().map(str::to_owned);
    let could_be = COMMANDS.iter().any(|row| !is_of_show(row.target) && name_of(row.name) == name_of(&path));
    match result {
        Err(ParseError::Invalid { .. }) if could_be => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CueStatus;

    fn status() -> Status {
        let cue = CueStatus { scene: "title".into(), name: "Who we are".to_owned(), ..CueStatus::default() };
        Status { cues: vec![cue], ..Status::default() }
    }

    #[test]
    fn words_are_an_address_and_its_value() {
        let status = status();
        let title = Command::Cue { scene: "title".into(), transition: None, at: None };
        for line in ["cue title", "/millions/cue/title", "millions/cue/title 1", "  CUE   title "] {
            assert_eq!(parse_line(line, &status), Ok(Some(title.clone())), "{line}");
        }
        assert_eq!(parse_line("speed 0.5", &status), Ok(Some(Command::Speed { rate: 0.5 })));
        assert_eq!(parse_line("blackout 1", &status), Ok(Some(Command::Blackout { on: true, secs: 0.0 })));
        assert_eq!(parse_line("cue title 0", &status), Ok(None), "a release");
        for line in ["", "   ", "nonsense", "cue nobody", "speed fast", "hold"] {
            let result = parse_line(line, &status);
            assert!(result.is_err(), "{line}: {result:?}");
        }
    }

    #[test]
    fn what_is_of_the_stage_is_not_judged_before_there_is_one() {
        let status = status();
        for line in ["cue title", "adjust contrast 0.2", "still", "still left"] {
            assert_eq!(check_line(line, &status), Ok(()), "{line}");
        }
        for line in ["cue nobody", "adjust nothing 1", "adjust contrast much", "nonsense 1", ""] {
            assert!(check_line(line, &status).is_err(), "{line}");
        }
    }
}
