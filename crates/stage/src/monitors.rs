//! The assignment of connected monitors to outputs. See [`match_outputs`].

use super::{MonitorId, Output, same_port};

/// Assigns connected monitors to outputs: the index of each output's in `connected`; none for an output that names no
/// monitor, or whose monitor is not connected. No monitor is assigned twice.
///
/// Monitors are identified by the name and the serial number of their EDID, where both the file and the system have them,
/// and by their port:
///
/// - EDID and port agree: that monitor. Twins without serial numbers are told apart by their ports.
/// - One side has no EDID: the monitor on the port.
/// - Another port, or none known: the monitor with that name and serial number, if it is the only one and no other output
///   matches it as well.
///
/// A monitor is never assigned against a closer match of another output. An assignment does not depend on the monitors of
/// other outputs: unplugging one moves no other, and plugging it in again restores it.
#[must_use]
pub fn match_outputs(outputs: &[Output], connected: &[MonitorId]) -> Vec<Option<usize>> {
    let wanted: Vec<Option<&MonitorId>> = outputs.iter().map(|output| output.monitor.as_ref()).collect();
    let match_of = |output: usize, monitor: &MonitorId| {
        wanted[output].map_or(EdidMatch::None, |wanted| EdidMatch::of(wanted, monitor))
    };
    let best_of_others = |output: usize, monitor: &MonitorId| {
        let others = (0..wanted.len()).filter(|other| *other != output);
        others.map(|other| match_of(other, monitor)).max().unwrap_or(EdidMatch::None)
    };
    let is_on_its_port = |output: usize, monitor: &MonitorId| {
        let Some(wanted) = wanted[output] else { return false };
        let ports = wanted.port.as_ref().zip(monitor.port.as_ref());
        let own = match_of(output, monitor);
        let may_be = own != EdidMatch::None || !has_edid(wanted) || !has_edid(monitor);
        ports.is_some_and(|(a, b)| same_port(a, b)) && may_be && best_of_others(output, monitor) <= own
    };
    let on_any_port = |output: usize| {
        let is_best = |monitor: &MonitorId| match_of(output, monitor) > best_of_others(output, monitor);
        let mut best = (0..connected.len()).filter(|index| is_best(&connected[*index]));
        best.next().filter(|_| best.next().is_none())
    };
    let mut assigned: Vec<Option<usize>> = vec![None; outputs.len()];
    for output in 0..outputs.len() {
        // Of several outputs with one name and port, the first.
        assigned[output] = (0..connected.len())
            .find(|index| is_on_its_port(output, &connected[*index]) && !assigned.contains(&Some(*index)));
    }
    for output in 0..outputs.len() {
        if assigned[output].is_none() {
            assigned[output] = on_any_port(output).filter(|index| !assigned.contains(&Some(*index)));
        }
    }
    assigned
}

/// How closely the EDID of a monitor matches that of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EdidMatch {
    /// Not at all, or unknown.
    None,
    /// By the name.
    Name,
    /// By the serial number.
    Serial,
}

impl EdidMatch {
    fn of(wanted: &MonitorId, connected: &MonitorId) -> Self {
        if !has_edid(wanted) || !has_edid(connected) {
            return Self::None;
        }
        // A field that the file leaves out matches any.
        let fits = |wanted: &Option<String>, connected: &Option<String>| wanted.is_none() || wanted == connected;
        match fits(&wanted.name, &connected.name) && fits(&wanted.serial, &connected.serial) {
            false => Self::None,
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

    /// Name, serial number and port; empty is unknown.
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
    fn outputs_find_their_monitors_on_any_port() {
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
    fn no_output_takes_the_monitor_of_another() {
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
                // No output has another monitor than the one that it names.
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
                // An output that loses its own gets none that another had.
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
