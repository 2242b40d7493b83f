//! Who may do what: tokens, hosts, origins and rates.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use millions_base::printable_path;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// See what the wall shows, and send portraits.
    View,
    /// Do everything.
    Operate,
}

impl Role {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Operate => "operate",
        }
    }
}

/// The tokens by which somebody is known: 128 bits each, as hexadecimal digits.
#[derive(Clone)]
pub struct Tokens {
    view: String,
    /// None where nobody operates by HTTP.
    operate: Option<String>,
}

/// The least length of a token that somebody has written.
const SHORTEST: usize = 16;

impl Tokens {
    /// Makes new ones.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random(operate: bool) -> io::Result<Self> {
        let operate = operate.then(random_hex).transpose()?;
        Ok(Self { view: random_hex()?, operate })
    }

    /// Reads those of a file, with a line `view TOKEN` and one `operate TOKEN`; makes it where it is not there.
    ///
    /// # Errors
    /// When it cannot be read or written, or is none.
    pub fn kept(path: &Path, operate: bool) -> io::Result<Self> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = format!("view {}\noperate {}\n", random_hex()?, random_hex()?);
                let mut options = fs::OpenOptions::new();
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                options.write(true).create_new(true).open(path)?.write_all(text.as_bytes())?;
                text
            }
            text => text?,
        };
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions()) & 0o077 != 0 {
            tracing::warn!("{} can be read by others on this machine: chmod 600", printable_path(path));
        }
        let of = |name: &str| {
            let token = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(' '));
            let token = token.map(str::trim).filter(|token| {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
                token.len() >= SHORTEST && token.bytes().all(is_plain)
            });
            token.map(str::to_owned).ok_or_else(|| {
                let what = format!(
                    "{} has no line \"{name} TOKEN\" with at least {SHORTEST} letters and digits",
                    printable_path(path)
                );
                io::Error::new(io::ErrorKind::InvalidData, what)
            })
        };
        let tokens = Self { view: of("view")?, operate: operate.then(|| of("operate")).transpose()? };
        if tokens.operate.as_ref() == Some(&tokens.view) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "both tokens are the same: whoever looks operates"));
        }
        Ok(tokens)
    }

    /// The roles that there are, with their tokens.
    pub fn all(&self) -> impl Iterator<Item = (Role, &str)> {
        let operate = self.operate.as_deref().map(|token| (Role::Operate, token));
        std::iter::once((Role::View, self.view.as_str())).chain(operate)
    }

    /// Returns what a token allows. The time that it takes says nothing of the right ones.
    #[must_use]
    pub fn role(&self, token: &str) -> Option<Role> {
        let is_same = |known: &str| {
            let differ = known.bytes().zip(token.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
            known.len() == token.len() && differ == 0
        };
        // Both are looked at, whatever the first says.
        let found = self.all().map(|(role, known)| is_same(known).then_some(role)).collect::<Vec<_>>();
        found.into_iter().flatten().max()
    }
}

/// Returns 128 random bits.
pub fn random_hex() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The hosts under which this machine is asked. A page from elsewhere that has the name of its own host point here
/// (DNS rebinding) asks under that name, which is none of these; an address is nobody's name.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Those of this machine, and others that the operator names.
    pub fn new(names: &[String]) -> Self {
        let mut hosts = vec!["localhost".to_owned()];
        for name in sysinfo::System::host_name().iter().chain(names) {
            let name = name.to_lowercase();
            hosts.push(format!("{name}.local"));
            hosts.push(name);
        }
        Self(hosts)
    }

    /// Returns whether a host, as it was asked for, is this machine.
    pub fn has(&self, host: &str) -> bool {
        let name = without_port(host).to_lowercase();
        let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        match inner {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => {
                name.parse::<std::net::Ipv4Addr>().is_ok()
                    || self.0.iter().any(|known| known == name.trim_end_matches('.'))
            }
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// Returns whether a request from a page comes from the page of this host.
pub fn is_own_origin(origin: &str, host: &str) -> bool {
    let page = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    page.is_some_and(|page| page.eq_ignore_ascii_case(host))
}

/// What an address may do in a second, and at once.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// In a second, in the long run.
    pub a_sec: f64,
    /// At once, after a while without any.
    pub burst: f64,
}

/// Addresses that are remembered.
const MOST_ADDRESSES: usize = 1024;

/// Counts what addresses do.
#[derive(Debug)]
pub struct Rates {
    allowance: Allowance,
    left: Mutex<HashMap<IpAddr, (f64, Instant)>>,
}

impl Rates {
    pub fn new(allowance: Allowance) -> Self {
        Self { allowance, left: Mutex::default() }
    }

    /// Counts a request of an address; returns whether it is allowed.
    pub fn allow(&self, address: IpAddr, now: Instant) -> bool {
        let Allowance { a_sec, burst } = self.allowance;
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |(left, at): (f64, Instant)| (left + now.duration_since(at).as_secs_f64() * a_sec).min(burst);
        let address = network(address);
        if all.len() >= MOST_ADDRESSES && !all.contains_key(&address) {
            all.retain(|_, known| filled(*known) < burst);
            if all.len() >= MOST_ADDRESSES {
                // So many at once are no crew.
                return false;
            }
        }
        let entry = all.entry(address).or_insert((burst, now));
        let left = filled(*entry);
        let is_allowed = left >= 1.0;
        *entry = (if is_allowed { left - 1.0 } else { left }, now);
        is_allowed
    }
}

/// The address by which somebody is counted: of the newer kind each device has as many as it likes within a network.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_token_allows_what_it_was_made_for() {
        let tokens = Tokens::random(true).unwrap();
        let all: Vec<_> = tokens.all().map(|(role, token)| (role, token.to_owned())).collect();
        assert!(all.iter().all(|(role, token)| token.len() == 32 && tokens.role(token) == Some(*role)));
        for wrong in ["", "0", &all[0].1[..31], &format!("{}0", all[0].1), &all[0].1.to_uppercase().replace('A', "b")] {
            assert_eq!(tokens.role(wrong), None, "{wrong}");
        }
        let read_only = Tokens::random(false).unwrap();
        assert_eq!(read_only.all().count(), 1);
    }

    #[test]
    fn tokens_of_a_file_are_the_same_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        let first = Tokens::kept(&path, true).unwrap();
        let again = Tokens::kept(&path, true).unwrap();
        assert!(first.all().eq(again.all()));
        assert_eq!(Tokens::kept(&path, false).unwrap().operate, None);
        for wrong in ["", "view short\n", "view 0123456789abcdef\noperate 0123456789abcdef\n", "view 0123456789 abcdef"]
        {
            fs::write(&path, wrong).unwrap();
            assert!(Tokens::kept(&path, true).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_host_is_an_address_or_this_machine() {
        let hosts = Hosts::new(&["Wall.example".into()]);
        let own = [
            "127.0.0.1",
            "192.168.1.5:8080",
            "[::1]:8080",
            "[fe80::1]",
            "localhost:1",
            "wall.example.",
            "wall.example.local",
        ];
        assert!(own.iter().all(|host| hosts.has(host)));
        let strange = [
            "",
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost.evil",
            "[::1].x",
            "::1",
            "1.2.3",
        ];
        for host in strange {
            assert!(!hosts.has(host), "{host}");
        }
        assert!(is_own_origin("http://192.168.1.5:8080", "192.168.1.5:8080"));
        for origin in
            ["null", "", "http://evil.example", "http://192.168.1.5", "http://192.168.1.5:8080.evil", "file://"]
        {
            assert!(!is_own_origin(origin, "192.168.1.5:8080"), "{origin}");
        }
    }

    #[test]
    fn an_address_is_slowed_and_no_other() {
        let rates = Rates::new(Allowance { a_sec: 10.0, burst: 20.0 });
        let (start, [one, other]) = (Instant::now(), ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().unwrap()));
        assert_eq!((0..100).filter(|_| rates.allow(one, start)).count(), 20);
        assert!(rates.allow(other, start));
        assert_eq!((0..100).filter(|_| rates.allow(one, start + Duration::from_secs(1))).count(), 10);
        let v6 = |n: u16| IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 1, n, n, n, n));
        assert_eq!((0..100).filter(|n| rates.allow(v6(*n), start)).count(), 20, "one network is one");
        let many = (0..5000_u32).filter(|n| rates.allow(IpAddr::V4((0x0b00_0000 + n).into()), start)).count();
        assert!(many < MOST_ADDRESSES && rates.left.lock().unwrap().len() <= MOST_ADDRESSES);
    }
}
