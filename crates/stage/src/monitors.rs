//! Which output is shown on which of the monitors that there are. See [`match_outputs`].

use super::{MonitorId, Output, same_port};

/// The place among `seen` of the monitor that each output is for; none of one that names no monitor, or whose monitor is
/// not there. No two outputs get the same one.
///
/// An output's monitor is known by the name and the serial number of its EDID, where the file and the system know them,
/// and by its port:
///
/// - Both right: that one. Twins without serial numbers are told apart by their ports.
/// - Where one of the two knows no EDID: the one on its port.
/// - On another port, or where no port is known: the one with that name and serial number, if no other monitor could be
///   meant, and no other output could mean it.
///
/// Never one that another output means more exactly. What an output gets does not depend on monitors that others have:
/// unplugging one moves no other, and plugging it in again brings it back.
#[must_use]
pub fn match_outputs(outputs: &[Output], seen: &[MonitorId]) -> Vec<Option<usize>> {
    let wanted: Vec<Option<&MonitorId>> = outputs.iter().map(|output| output.monitor.as_ref()).collect();
    let claim = |output: usize, seen: &MonitorId| wanted[output].map_or(Claim::No, |wanted| Claim::of(wanted, seen));
    // The strongest claim of any other output.
    let others = |output: usize, seen: &MonitorId| {
        (0..wanted.len()).filter(|other| *other != output).map(|other| claim(other, seen)).max().unwrap_or(Claim::No)
    };
    let on_its_port = |output: usize, seen: &MonitorId| {
        let Some(wanted) = wanted[output] else { return false };
        let is_there = wanted.port.as_ref().zip(seen.port.as_ref()).is_some_and(|(a, b)| same_port(a, b));
        let own = claim(output, seen);
        let is_meant = match own {
            Claim::No => !has_edid(wanted) || !has_edid(seen),
            Claim::Name | Claim::Serial => true,
        };
        is_there && is_meant && others(output, seen) <= own
    };
    let elsewhere = |output: usize| {
        let is_meant = |seen: &MonitorId| claim(output, seen) > others(output, seen);
        let mut meant = (0..seen.len()).filter(|index| is_meant(&seen[*index]));
        meant.next().filter(|_| meant.next().is_none())
    };
    let mut found: Vec<Option<usize>> = vec![None; outputs.len()];
    for output in 0..outputs.len() {
        // Of those with one name and one port in the file, the first gets it.
        let own = (0..seen.len()).find(|index| on_its_port(output, &seen[*index]) && !found.contains(&Some(*index)));
        found[output] = own;
    }
    for output in 0..outputs.len() {
        if found[output].is_none() {
            found[output] = elsewhere(output).filter(|index| !found.contains(&Some(*index)));
        }
    }
    found
}

/// How surely an output means a monitor, by what its EDID says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// Another, or it cannot be known.
    No,
    /// One of that name.
    Name,
    /// The very one.
    Serial,
}

impl Claim {
    fn of(wanted: &MonitorId, seen: &MonitorId) -> Self {
        if !has_edid(wanted) || !has_edid(seen) {
            return Self::No;
        }
        // What the file does not say may be anything.
        let fits = |wanted: &Option<String>, seen: &Option<String>| wanted.is_none() || wanted == seen;
        match fits(&wanted.name, &seen.name) && fits(&wanted.serial, &seen.serial) {
            false => Self::No,
            true if wanted.serial.is_some() => Self::Serial,
            true => Self::Name,
        }
    }
}

fn has_edid(id: &MonitorId) -> bool {
    id.name.is_some() || id.serial.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::UVec2;
    use proptest::prelude::*;

    /// Name, serial number and port; empty is not known.
    fn id([name, serial, port]: [&str; 3]) -> MonitorId {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        MonitorId { name: known(name), serial: known(serial), port: known(port) }
    }

    fn outputs(ids: &[Option<MonitorId>]) -> Vec<Output> {
        let output = |monitor: &Option<MonitorId>| Output { monitor: monitor.clone(), ..Output::new("", UVec2::ONE) };
        ids.iter().map(output).collect()
    }

    fn found(wanted: &[[&str; 3]], seen: &[[&str; 3]]) -> Vec<Option<usize>> {
        let wanted: Vec<_> = wanted.iter().map(|wanted| Some(id(*wanted))).collect();
        match_outputs(&outputs(&wanted), &seen.iter().copied().map(id).collect::<Vec<_>>())
    }

    const A: [&str; 3] = ["EPSON", "1", "HDMI-1"];
    const B: [&str; 3] = ["EPSON", "2", "HDMI-2"];
    const LAPTOP: [&str; 3] = ["", "", "eDP-1"];

    #[test]
    fn each_output_finds_its_monitor_wherever_it_is_plugged_in() {
        assert_eq!(found(&[A, B], &[LAPTOP, B, A]), [Some(2), Some(1)]);
        let crossed = [["EPSON", "2", "HDMI-1"], ["EPSON", "1", "HDMI-2"]];
        assert_eq!(found(&[A, B], &crossed), [Some(1), Some(0)]);
        assert_eq!(found(&[A, B], &[["EPSON", "1", "DP-3"], LAPTOP]), [Some(0), None]);
        assert_eq!(found(&[A], &[["EPSON", "1", "card1-HDMI-A-1"]]), [Some(0)]);
        assert_eq!(match_outputs(&outputs(&[None]), &[id(A)]), [None], "a window");
    }

    #[test]
    fn twins_are_told_apart_by_their_ports() {
        let twin = |port| ["EPSON", "", port];
        let both = [twin("HDMI-1"), twin("HDMI-2")];
        assert_eq!(found(&both, &[twin("HDMI-2"), twin("HDMI-1")]), [Some(1), Some(0)]);
        assert_eq!(found(&both, &[twin("HDMI-2")]), [None, Some(0)]);
        // On a third port it may be either of them.
        assert_eq!(found(&both, &[twin("DP-1"), twin("HDMI-2")]), [None, Some(1)]);
        // The only one there is moved; of two, it cannot be known which.
        assert_eq!(found(&both[..1], &[twin("DP-1")]), [Some(0)]);
        assert_eq!(found(&both[..1], &[twin("DP-1"), twin("DP-2")]), [None]);
        // Makers who give all of them one number.
        let same = [["EPSON", "7", "HDMI-1"], ["EPSON", "7", "HDMI-2"]];
        assert_eq!(found(&same, &[same[1], same[0]]), [Some(1), Some(0)]);
        assert_eq!(found(&same, &[["EPSON", "7", "DP-1"]]), [None, None]);
    }

    #[test]
    fn without_an_edid_the_port_alone_counts() {
        assert_eq!(found(&[A, B], &[["", "", "HDMI-2"], ["", "", "HDMI-1"]]), [Some(1), Some(0)]);
        let ports = [["", "", "HDMI-1"], ["", "", "HDMI-2"]];
        assert_eq!(found(&ports, &[A, B]), [Some(0), Some(1)]);
        assert_eq!(found(&[["", "", ""]], &[["", "", ""], A]), [None]);
    }

    #[test]
    fn nobody_takes_what_is_somebody_elses() {
        // Another projector is on the port.
        assert_eq!(found(&[A], &[["BENQ", "9", "HDMI-1"]]), [None]);
        assert_eq!(found(&[A], &[["EPSON", "9", "HDMI-1"]]), [None]);
        // The port's output waits while another's projector is plugged in there.
        let port_only = ["", "", "HDMI-2"];
        assert_eq!(found(&[A, port_only], &[["EPSON", "1", "HDMI-2"]]), [Some(0), None]);
        // A name alone means any of that name that is not more surely another's.
        let any = ["EPSON", "", ""];
        assert_eq!(found(&[any, A], &[A, B]), [Some(1), Some(0)]);
        assert_eq!(found(&[any, A], &[A]), [None, Some(0)]);
        // Two outputs of one monitor: the first has it.
        assert_eq!(found(&[A, A], &[A]), [Some(0), None]);
    }

    fn any_id() -> impl Strategy<Value = MonitorId> {
        let one_of = |all: [&'static str; 4]| prop::sample::select(all.to_vec());
        (
            one_of(["", "EPSON", "EPSON", "BENQ"]),
            one_of(["", "1", "2", "3"]),
            one_of(["", "HDMI-1", "HDMI-A-2", "DP-1"]),
        )
            .prop_map(|(name, serial, port)| id([name, serial, port]))
    }

    /// Monitors that are there: no two on one port.
    fn any_seen() -> impl Strategy<Value = Vec<MonitorId>> {
        prop::collection::vec(any_id(), 0..6).prop_map(|mut seen| {
            let mut ports: Vec<String> = Vec::new();
            seen.retain(|id| {
                let Some(port) = &id.port else { return true };
                let is_new = !ports.contains(port);
                ports.push(port.clone());
                is_new
            });
            seen
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

        #[test]
        fn no_two_outputs_share_one_and_unplugging_moves_no_other(
            wanted in prop::collection::vec(prop::option::of(any_id()), 0..6),
            seen in any_seen(),
            gone in any::<prop::sample::Index>(),
        ) {
            let outputs = outputs(&wanted);
            let found = match_outputs(&outputs, &seen);
            let mut taken: Vec<_> = found.iter().flatten().collect();
            taken.sort();
            prop_assert!(taken.windows(2).all(|pair| pair[0] != pair[1]), "{found:?}");
            for (wanted, found) in wanted.iter().zip(&found) {
                // Nobody has another monitor than it says.
                let (Some(wanted), Some(found)) = (wanted, found) else { continue };
                let differs = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
                let seen = &seen[*found];
                prop_assert!(!differs(&wanted.name, &seen.name) && !differs(&wanted.serial, &seen.serial));
            }
            if seen.is_empty() {
                return Ok(());
            }
            let gone = gone.index(seen.len());
            let mut left = seen.clone();
            left.remove(gone);
            let after = match_outputs(&outputs, &left);
            for (before, after) in found.iter().zip(&after) {
                let after = after.map(|index| if index >= gone { index + 1 } else { index });
                if before.is_some_and(|before| before != gone) {
                    prop_assert_eq!(*before, after);
                }
                // Who loses its own gets none that another had.
                prop_assert!(after.is_none() || after == *before || !found.contains(&after), "{:?} {:?}", found, after);
            }
            // Plugged in again, it is seen last.
            left.push(seen[gone].clone());
            let again = match_outputs(&outputs, &left);
            for (before, again) in found.iter().zip(again) {
                let monitor = |index: Option<usize>, of: &[MonitorId]| index.map(|index| of[index].clone());
                prop_assert_eq!(monitor(*before, &seen), monitor(again, &left));
            }
        }
    }
}
