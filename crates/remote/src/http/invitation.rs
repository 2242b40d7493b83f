//! The addresses of the page, with the tokens in them. See [`Invitation`].

use std::net::{IpAddr, SocketAddr};

use fast_qr::{QRBuilder, QRCode};

use super::access::{Role, Tokens};

/// An address of the page for a role. The token stands behind `#`, which browsers keep to themselves: it is in no log and no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// What it allows.
    pub role: Role,
    /// The addresses, the likeliest first; a telephone reaches those that are in its network.
    pub urls: Vec<String>,
    /// Whether only this machine reaches it.
    pub is_local: bool,
}

impl Invitation {
    /// Those of a server.
    pub(super) fn all(listen: SocketAddr, tokens: &Tokens) -> Vec<Self> {
        let hosts: Vec<_> = if listen.ip().is_unspecified() { addresses() } else { vec![listen.ip()] };
        let url = |ip: &IpAddr, token: &str| format!("http://{}/#{token}", SocketAddr::new(*ip, listen.port()));
        let invitation = |(role, token): (Role, &str)| Self {
            role,
            urls: hosts.iter().map(|ip| url(ip, token)).collect(),
            is_local: hosts.iter().all(IpAddr::is_loopback),
        };
        tokens.all().map(invitation).collect()
    }

    /// Returns a QR code of the first address: square, row by row, true where it is dark; empty where it is too long for one.
    #[must_use]
    pub fn code(&self) -> Vec<Vec<bool>> {
        let code = self.urls.first().and_then(|url| QRBuilder::new(url.as_str()).build().ok());
        let row = |code: &QRCode, y: usize| (0..code.size).map(|x| code[y][x].value()).collect();
        code.map_or_else(Vec::new, |code| (0..code.size).map(|y| row(&code, y)).collect())
    }

    /// Returns a QR code of the first address, as text for a terminal.
    #[must_use]
    pub fn qr(&self) -> Option<String> {
        Some(QRBuilder::new(self.urls.first()?.as_str()).build().ok()?.to_str())
    }
}

/// The addresses of this machine in its networks, those of home and crew networks first.
fn addresses() -> Vec<IpAddr> {
    let networks = sysinfo::Networks::new_with_refreshed_list().ok();
    let mut found: Vec<_> = networks
        .iter()
        .flat_map(|networks| networks.iter())
        .flat_map(|(name, network)| network.ip_networks().iter().map(move |network| (name, network.addr)))
        .filter(|(_, address)| match address {
            IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
            IpAddr::V6(address) => !address.is_loopback() && (address.segments()[0] & 0xffc0) != 0xfe80,
        })
        .map(|(name, address)| {
            // What containers and virtual machines have is in nobody's network.
            let is_virtual = ["docker", "br-", "veth", "virbr", "vmnet", "tun", "tap"]
                .iter()
                .any(|own| name.to_string_lossy().starts_with(own));
            let is_private = matches!(address, IpAddr::V4(address) if address.is_private());
            (is_virtual, address.is_ipv6(), !is_private, address)
        })
        .collect();
    found.sort();
    let mut found: Vec<_> = found.into_iter().map(|(.., address)| address).collect();
    found.dedup();
    if found.is_empty() {
        found.push(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stands_in_the_fragment() {
        let tokens = Tokens::random(true).unwrap();
        let invitations = Invitation::all("192.168.1.5:8080".parse().unwrap(), &tokens);
        let roles: Vec<_> = invitations.iter().map(|invitation| invitation.role).collect();
        assert_eq!(roles, [Role::View, Role::Operate]);
        for (invitation, (_, token)) in invitations.iter().zip(tokens.all()) {
            assert_eq!(invitation.urls, [format!("http://192.168.1.5:8080/#{token}")]);
            assert!(invitation.qr().unwrap().lines().count() > 10 && !invitation.is_local);
            let code = invitation.code();
            // Three corners have the marks by which a scanner finds it: dark, light, dark for 1, 5 and 1 modules.
            let mark = [true, false, true, true, true, false, true];
            assert!(code.iter().all(|row| row.len() == code.len()), "it is square");
            assert!(code[3][..7] == mark && code[code.len() - 4][..7] == mark);
            assert_eq!(code[3][code.len() - 7..], mark);
        }
        let here = Invitation::all("127.0.0.1:8080".parse().unwrap(), &tokens);
        assert!(here[0].is_local);
        assert!(Invitation::all("0.0.0.0:8080".parse().unwrap(), &tokens)[0].urls[0].starts_with("http://"));
    }
}
