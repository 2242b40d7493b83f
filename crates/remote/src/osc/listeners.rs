//! Who is told what changes. See [`Listeners`].

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long a subscription lasts without a message.
const LIFETIME: Duration = Duration::from_secs(60);
/// Subscriptions at once.
const MOST: usize = 16;

/// Who is told: those of the command line for good, and whoever has asked, for a minute after the last message.
#[derive(Debug, Default)]
pub struct Listeners {
    fixed: Vec<SocketAddr>,
    subscribed: Vec<Subscription>,
    /// Who has to be told everything.
    behind: Vec<SocketAddr>,
}

#[derive(Debug)]
struct Subscription {
    /// Where messages come from.
    from: SocketAddr,
    /// Where values go.
    to: SocketAddr,
    until: Instant,
}

impl Listeners {
    /// Adds one for good.
    pub fn add_fixed(&mut self, to: SocketAddr) {
        if !self.fixed.contains(&to) {
            self.fixed.push(to);
            self.behind.push(to);
        }
    }

    /// Subscribes whoever sends from `from`; the values go to the same host, to `port` if that is another. Returns false if there
    /// are too many.
    pub fn subscribe(&mut self, from: SocketAddr, port: Option<u16>, now: Instant) -> bool {
        self.expire(now);
        // The host is always the sender's own: nobody orders a flood for somebody else.
        let to = SocketAddr::new(from.ip(), port.unwrap_or(from.port()));
        self.subscribed.retain(|known| known.from != from && known.to != to);
        if self.subscribed.len() >= MOST {
            return false;
        }
        self.subscribed.push(Subscription { from, to, until: now + LIFETIME });
        self.behind.push(to);
        true
    }

    /// Ends the subscription of a sender.
    pub fn unsubscribe(&mut self, from: SocketAddr) {
        self.subscribed.retain(|known| known.from != from);
    }

    /// Renews the subscription of a sender, as any message does.
    pub fn heard(&mut self, from: SocketAddr, now: Instant) {
        for known in self.subscribed.iter_mut().filter(|known| known.from == from) {
            known.until = now + LIFETIME;
        }
    }

    /// Has everything sent to all of them again, and once to whoever asks.
    pub fn resend(&mut self, from: SocketAddr) {
        self.behind = self.all().collect();
        if self.subscribed.iter().all(|known| known.from != from) {
            self.behind.push(from);
        }
    }

    /// Drops those that were not heard of for a minute.
    pub fn expire(&mut self, now: Instant) {
        self.subscribed.retain(|known| now < known.until);
    }

    /// Returns all of them.
    pub fn all(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.fixed.iter().copied().chain(self.subscribed.iter().map(|known| known.to))
    }

    /// Returns whether anybody has to be told something.
    pub const fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.subscribed.is_empty() && self.behind.is_empty()
    }

    /// Returns those that have to be told everything, once.
    pub fn take_behind(&mut self) -> Vec<SocketAddr> {
        std::mem::take(&mut self.behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([192, 168, 1, host], port))
    }

    #[test]
    fn a_subscription_lasts_a_minute_after_the_last_message() {
        let (mut listeners, start) = (Listeners::default(), Instant::now());
        assert!(listeners.subscribe(at(2, 5000), Some(5001), start));
        assert_eq!(listeners.take_behind(), [at(2, 5001)]);
        listeners.heard(at(2, 5000), start + Duration::from_secs(50));
        listeners.expire(start + Duration::from_secs(109));
        assert_eq!(listeners.all().collect::<Vec<_>>(), [at(2, 5001)]);
        listeners.expire(start + Duration::from_secs(111));
        assert!(listeners.is_empty());
    }

    #[test]
    fn there_are_at_most_16_and_the_same_one_once() {
        let (mut listeners, start) = (Listeners::default(), Instant::now());
        listeners.add_fixed(at(9, 1));
        for _ in 0..2 {
            assert!((0..16).all(|host| listeners.subscribe(at(host, 5000), None, start)));
        }
        assert!(!listeners.subscribe(at(99, 5000), None, start));
        assert_eq!(listeners.all().count(), 17);
        listeners.take_behind();
        listeners.resend(at(50, 5));
        assert_eq!(listeners.take_behind().len(), 18);
        listeners.unsubscribe(at(3, 5000));
        assert!(listeners.subscribe(at(99, 5000), None, start));
    }
}
