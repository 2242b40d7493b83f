//! What a day brings, from the seed. See [`plan`] and [`choose`].

use super::DAY_SECS;
use super::ground::Ground;
use super::headless::Headless;
use super::incident::Incident;
use super::log::Step;
use millions_base::SplitMix;
use millions_control::{CalibrationParameter, Command, CueTransition, TestMode};
use millions_show::TransitionKind;
use millions_stage::{EditCommand, StepSize};

/// What is planned, without its particulars: these are chosen when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planned {
    /// A frame is looked at.
    Look,
    /// The operator does something.
    Command,
    Edit,
    Hide,
    Arrive,
    Leave,
    Rename,
    Sheet,
    FolderGone,
    DiskFull,
    Show,
    DamagedShow,
    Stage,
    Monitors,
    Format,
    DeviceLost,
    ClockSet,
    Suspended,
}

/// The kind of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// Everything happens.
    Busy,
    /// Held for 24 hours; nobody touches it.
    Held,
    /// Black for 24 hours.
    Black,
}

impl DayKind {
    /// The kind of a day of the soak: one in ten is held, one is black.
    pub const fn of(day: usize) -> Self {
        match day % 10 {
            3 => Self::Held,
            7 => Self::Black,
            _ => Self::Busy,
        }
    }
}

/// How often each comes on a busy day, on average.
const DAILY: [(Planned, f64); 17] = [
    (Planned::Command, 30.0),
    (Planned::Edit, 1.0),
    (Planned::Hide, 0.3),
    (Planned::Arrive, 3.0),
    (Planned::Leave, 2.0),
    (Planned::Rename, 0.3),
    (Planned::Sheet, 0.4),
    (Planned::FolderGone, 0.25),
    (Planned::DiskFull, 0.25),
    (Planned::Show, 0.5),
    (Planned::DamagedShow, 0.3),
    (Planned::Stage, 0.3),
    (Planned::Monitors, 1.0),
    (Planned::Format, 0.3),
    (Planned::DeviceLost, 1.5),
    (Planned::ClockSet, 0.3),
    (Planned::Suspended, 0.2),
];
/// Looks at the wall between all that, a day.
const LOOKS: usize = 24;

/// Plans a day: what comes at which second of it, in order. `device_losses` are those of the day, where their number is given.
pub fn plan(seed: u64, day: usize, device_losses: Option<usize>) -> Vec<(f64, Planned)> {
    let mut random = SplitMix::new(seed, 1 + day as u64);
    let looks = (0..LOOKS).map(|look| ((look as f64 + random.unit()) / LOOKS as f64 * DAY_SECS, Planned::Look));
    let mut planned: Vec<_> = looks.collect();
    for (what, often) in DAILY {
        let is_lost = what == Planned::DeviceLost;
        if DayKind::of(day) != DayKind::Busy && !is_lost {
            continue;
        }
        let whole = often as usize;
        let count = match device_losses.filter(|_| is_lost) {
            Some(losses) => losses,
            // On average, and not more than the day has.
            None => whole + usize::from(random.unit() < often.fract()),
        };
        planned.extend((0..count).map(|_| (random.unit() * DAY_SECS, what)));
    }
    planned.sort_by(|a, b| a.0.total_cmp(&b.0));
    planned
}

/// Chooses the particulars: steps, each so many seconds after its time.
pub fn choose(
    planned: Planned,
    random: &mut SplitMix,
    wall: &Headless,
    ground: &Ground,
    unix_secs: f64,
) -> Vec<(f64, Step)> {
    let now = |incident| vec![(0.0, Step::Incident(incident))];
    let pick = |random: &mut SplitMix, from: &[usize], most: usize| {
        let mut picked: Vec<usize> = from.to_vec();
        random.shuffle(&mut picked);
        picked.truncate(1 + random.below(most));
        picked
    };
    match planned {
        Planned::Look => Vec::new(),
        Planned::Command => command(random, wall, unix_secs),
        Planned::Edit => edit(random),
        Planned::Hide => {
            let people: Vec<_> = wall.crowd().into_iter().collect();
            match people.get(random.below(people.len().max(1))) {
                Some(person) if people.len() > 10 => vec![(0.0, Step::Command(Command::Hide { person: *person }))],
                _ => Vec::new(),
            }
        }
        // What cannot be written while the folder is gone or the disk full does not come.
        Planned::Arrive | Planned::Leave | Planned::Rename | Planned::Sheet if ground.is_gone() || ground.is_full() => {
            Vec::new()
        }
        Planned::Arrive => match pick(random, &ground.outside(), 4) {
            photographs if photographs.is_empty() => Vec::new(),
            photographs => now(Incident::Arrive { photographs }),
        },
        Planned::Leave => {
            let inside = ground.inside();
            // As many as come, about: what is at hand is not all in the folder, and never nobody.
            if inside.len() < ground.outside().len() + 10 {
                return Vec::new();
            }
            now(Incident::Leave { photographs: pick(random, &inside, 5) })
        }
        Planned::Rename => match ground.inside() {
            inside if inside.is_empty() => Vec::new(),
            inside => now(Incident::Rename { photograph: inside[random.below(inside.len())] }),
        },
        Planned::Sheet => {
            let inside = ground.inside();
            let hides = (random.below(3) == 0 && inside.len() > 10).then(|| inside[random.below(inside.len())]);
            now(Incident::SheetSaved { hides })
        }
        Planned::FolderGone if ground.is_gone() || ground.is_full() => Vec::new(),
        Planned::FolderGone => {
            let back = 60.0 + random.unit() * 7200.0;
            vec![(0.0, Step::Incident(Incident::FolderGone)), (back, Step::Incident(Incident::FolderBack))]
        }
        Planned::DiskFull if ground.is_gone() || ground.is_full() || !ground.may_fill() => Vec::new(),
        Planned::DiskFull => {
            let freed = 60.0 + random.unit() * 7200.0;
            let someone = Incident::Leave { photographs: pick(random, &ground.inside(), 2) };
            vec![
                (0.0, Step::Incident(Incident::DiskFull)),
                (20.0, Step::Incident(someone)),
                (freed, Step::Incident(Incident::DiskFreed)),
            ]
        }
        Planned::Show if ground.is_full() => Vec::new(),
        Planned::Show => now(Incident::ShowSaved { dwell: 300 + 60 * random.below(20) as u32 }),
        Planned::DamagedShow if ground.is_full() => Vec::new(),
        Planned::DamagedShow => {
            let saved = Incident::ShowSaved { dwell: 300 + 60 * random.below(20) as u32 };
            vec![(0.0, Step::Incident(Incident::ShowDamaged)), (90.0, Step::Incident(saved))]
        }
        Planned::Stage if ground.is_full() => Vec::new(),
        Planned::Stage => now(Incident::StageSaved { brightness: (50 + random.below(50)) as f32 / 100.0 }),
        Planned::Monitors => {
            let connected = [[true, false], [false, true], [false, false]][random.below(3)];
            let back = 5.0 + random.unit() * 1800.0;
            vec![
                (0.0, Step::Incident(Incident::Monitors { connected })),
                (back, Step::Incident(Incident::Monitors { connected: [true; 2] })),
            ]
        }
        Planned::Format => now(Incident::Format { ten_bits: random.below(2) == 0 }),
        Planned::DeviceLost => now(Incident::DeviceLost { before_present: random.below(2) == 0 }),
        Planned::ClockSet => {
            // By what a clock is off after months, by a zone that was wrong, by a day.
            let most = [90.0, 7200.0, 86_400.0][random.below(3)];
            now(Incident::ClockSet { by_secs: ((random.unit() * 2.0 - 1.0) * most).round() })
        }
        Planned::Suspended => now(Incident::Suspended { secs: (30.0 + random.unit() * 30_000.0).round() }),
    }
}

/// A command of the operator, and what it takes to end what it began.
fn command(random: &mut SplitMix, wall: &Headless, unix_secs: f64) -> Vec<(f64, Step)> {
    let player = &wall.operator.player;
    let scenes: Vec<_> = player.scenes().map(|scene| scene.id.clone()).collect();
    let people: Vec<_> = wall.crowd().into_iter().collect();
    let outputs: Vec<_> = wall.operator.venue.stage().outputs.iter().map(|output| output.id).collect();
    let once = |command| vec![(0.0, Step::Command(command))];
    let during = |secs: f64, begin, end| vec![(0.0, Step::Command(begin)), (secs, Step::Command(end))];
    let scene = scenes[random.below(scenes.len())].clone();
    match random.below(44) {
        0..10 => {
            let kinds = [None, Some(TransitionKind::Cut), Some(TransitionKind::Fade), Some(TransitionKind::Tile)];
            let kind = kinds[random.below(kinds.len())];
            let secs = (random.below(2) == 0).then(|| random.unit() * 5.0);
            let at = (random.below(8) == 0).then(|| unix_secs + random.unit() * 150.0);
            let transition = (kind.is_some() || secs.is_some()).then_some(CueTransition { kind, secs });
            once(Command::Cue { scene, transition, at })
        }
        // In the middle of a transition.
        10..13 => {
            let other = scenes[random.below(scenes.len())].clone();
            let cue = |scene| Command::Cue { scene, transition: None, at: None };
            during(random.unit(), cue(scene), cue(other))
        }
        13..17 => once(Command::Go),
        17 => once(Command::Previous),
        18..20 => once(Command::Entry { entry: random.below(16) }),
        20..24 => once(Command::Resume),
        24 => once(Command::Back),
        25 => during(random.unit() * 3600.0, Command::Hold { on: true }, Command::Hold { on: false }),
        26 => {
            let secs = if random.below(2) == 0 { 0.0 } else { random.unit() * 8.0 };
            let back = 10.0 + random.unit() * 3600.0;
            during(back, Command::Blackout { on: true, secs }, Command::Blackout { on: false, secs })
        }
        27 => {
            during(600.0, Command::Dimmer { level: 0.3 + random.unit() as f32 * 0.7 }, Command::Dimmer { level: 1.0 })
        }
        28 => {
            let rate = [0.25, 0.5, 2.0, 4.0][random.below(4)];
            during(random.unit() * 900.0, Command::Speed { rate }, Command::Speed { rate: 1.0 })
        }
        29..31 => once(Command::Rows { rows: 1 + random.below(24) as u32 }),
        31 => {
            let looks = ["silver", "newsprint", "street", "stencil"];
            let look = (random.below(2) == 0).then(|| looks[random.below(looks.len())].into());
            once(Command::Look { look })
        }
        32..34 => {
            let (parameter, most) = [("contrast", 0.4), ("exposure", 0.5), ("color", 1.0)][random.below(3)];
            let value = (random.unit() * most) as f32;
            once(Command::Adjust { parameter: parameter.to_owned(), value, fade: random.below(2) == 0 })
        }
        34..36 => once(Command::Reset),
        36..38 => match people.get(random.below(people.len().max(1))) {
            Some(person) => once(Command::Introduce { person: *person }),
            None => Vec::new(),
        },
        38 => during(20.0, Command::Help { on: true }, Command::Help { on: false }),
        39 => during(20.0, Command::Faces { on: true }, Command::Faces { on: false }),
        40 => during(20.0, Command::TestPicture { on: true }, Command::TestPicture { on: false }),
        41 => {
            let output = outputs[random.below(outputs.len())];
            let value = (90 + random.below(20)) as f32 / 100.0;
            once(Command::Calibrate { output, parameter: CalibrationParameter::Gamma, value })
        }
        42 => once(Command::Preset { preset: "f2".to_owned() }),
        _ => once(Command::Still { output: Some(outputs[random.below(outputs.len())]) }),
    }
}

/// Somebody edits the stage, shows test pictures, and takes it back.
fn edit(random: &mut SplitMix) -> Vec<(f64, Step)> {
    let mut steps = vec![Command::EditStage { on: true }];
    let tests = [TestMode::Muted, TestMode::White, TestMode::Masked, TestMode::Pattern, TestMode::Faces];
    for _ in 0..4 + random.below(6) {
        let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
        steps.push(match random.below(8) {
            0 => Command::Edit { edit: EditCommand::NextOutput(1) },
            1 => Command::Edit { edit: EditCommand::SelectInto },
            2 => Command::Edit { edit: EditCommand::Move { x: sign, y: 0.0, step: StepSize::One } },
            3 => Command::Edit { edit: EditCommand::Move { x: 0.0, y: sign, step: StepSize::Tenth } },
            4 => Command::Edit { edit: EditCommand::SelectNext(1) },
            5 => Command::Test { test: tests[random.below(tests.len())], output: None },
            6 => Command::Identify { on: random.below(2) == 0 },
            _ => Command::Edit { edit: EditCommand::Undo },
        });
    }
    steps.push(Command::EditStage { on: false });
    steps.into_iter().enumerate().map(|(at, command)| (at as f64 * 2.0, Step::Command(command))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_plans_one_month_and_another_plans_another() {
        let month = |seed| (0..30).map(|day| plan(seed, day, None)).collect::<Vec<_>>();
        assert_eq!(month(1), month(1));
        assert_ne!(month(1), month(2));
        for (what, often) in DAILY {
            let count = month(1).iter().flatten().filter(|(_, planned)| *planned == what).count() as f64;
            assert!(count > 0.0 && count <= often.ceil() * 30.0, "{what:?} comes {count} times in a month");
        }
        for (day, planned) in month(1).iter().enumerate() {
            assert!(
                planned.iter().all(|(secs, _)| (0.0..DAY_SECS).contains(secs))
                    && planned.is_sorted_by(|a, b| a.0 <= b.0)
            );
            let others = planned.iter().any(|(_, what)| !matches!(what, Planned::Look | Planned::DeviceLost));
            assert_eq!(others, DayKind::of(day) == DayKind::Busy, "day {day}");
        }
        let lost = plan(1, 0, Some(700)).iter().filter(|(_, what)| *what == Planned::DeviceLost).count();
        assert_eq!(lost, 700);
    }
}
