//! What has changed at which address. See [`Changes`].

use std::collections::HashMap;
use std::time::{Duration, Instant};

use millions_control::{Argument, Leaf};

/// The least time between two values of one address: surfaces of buttons and faders fail above 20 a second.
pub const INTERVAL: Duration = Duration::from_millis(50);

/// Follows the values of all addresses, and returns those that a listener has not been told yet: of several within 50 ms the last.
#[derive(Debug, Default)]
pub struct Changes {
    told: HashMap<String, Told>,
    /// Counts the calls, to know addresses that are gone.
    turn: u64,
}

#[derive(Debug)]
struct Told {
    value: Argument,
    at: Instant,
    turn: u64,
}

impl Changes {
    /// Returns the addresses whose values have changed, with them. One that was told less than 50 ms ago waits for a later call.
    pub fn next<'l>(&mut self, leaves: &'l [Leaf], now: Instant) -> Vec<(&'l str, &'l Argument)> {
        self.turn += 1;
        let turn = self.turn;
        let mut changed = Vec::new();
        for Leaf { address, current, .. } in leaves {
            let Some(value) = current else { continue };
            match self.told.get_mut(address) {
                Some(told) => {
                    told.turn = turn;
                    if told.value != *value && now.duration_since(told.at) >= INTERVAL {
                        (told.value, told.at) = (value.clone(), now);
                        changed.push((address.as_str(), value));
                    }
                }
                None => {
                    self.told.insert(address.clone(), Told { value: value.clone(), at: now, turn });
                    changed.push((address.as_str(), value));
                }
            }
        }
        self.told.retain(|_, told| told.turn == turn);
        changed
    }
}

/// Returns all addresses that have a value.
#[must_use]
pub fn all(leaves: &[Leaf]) -> Vec<(&str, &Argument)> {
    leaves.iter().filter_map(|leaf| Some((leaf.address.as_str(), leaf.current.as_ref()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use millions_control::Value;

    fn leaf(address: &str, value: f64) -> Leaf {
        Leaf {
            address: address.into(),
            description: "",
            value: Value::Trigger,
            range: None,
            commands: true,
            current: Some(value.into()),
        }
    }

    #[test]
    fn an_address_is_told_at_most_20_times_a_second_and_the_last_value_always() {
        let (mut changes, start) = (Changes::default(), Instant::now());
        assert_eq!(changes.next(&[leaf("/a", 0.0), leaf("/b", 1.0)], start).len(), 2);
        let mut told = Vec::new();
        for ms in 1..=1000_u32 {
            let now = start + Duration::from_millis(ms.into());
            let leaves = [leaf("/a", f64::from(ms.min(990))), leaf("/b", 1.0)];
            told.extend(changes.next(&leaves, now).iter().map(|(_, value)| (*value).clone()));
        }
        let now = start + Duration::from_millis(1100);
        told.extend(changes.next(&[leaf("/a", 990.0)], now).iter().map(|(_, value)| (*value).clone()));
        assert!((19..=21).contains(&told.len()), "{}", told.len());
        assert_eq!(told.last(), Some(&990.0.into()));
        assert_eq!(changes.next(&[leaf("/b", 1.0)], now).len(), 1, "one that was gone is told again");
    }
}
