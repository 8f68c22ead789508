//! Where a line may lead.

use std::net::IpAddr;

use ipnet::IpNet;

/// The addresses that may be spoken to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Reach {
    /// All: for addresses that whoever runs the program configured.
    #[default]
    Anywhere,
    /// Only those of the public Internet, and of the networks named here: for addresses that others register.
    Public { except: Vec<IpNet> },
}

/// What is not of the public Internet: the blocks of the IANA special-purpose registries (RFC 6890 and its updates) that are not globally reachable, multicast, and the blocks
/// in which an IPv4 address is written as an IPv6 one, since that one is judged by itself.
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// The IPv4 address that an IPv6 address stands for: mapped, by NAT64 (RFC 6052) or by 6to4 (RFC 3056).
fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return v4.into();
    }
    let octets = v6.octets();
    let v4 = |at: usize| IpAddr::from([octets[at], octets[at + 1], octets[at + 2], octets[at + 3]]);
    match octets {
        [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] => v4(12),
        [0x20, 0x02, ..] => v4(2),
        _ => address,
    }
}

fn is_special(address: IpAddr) -> bool {
    SPECIAL.iter().filter_map(|block| block.parse::<IpNet>().ok()).any(|block| block.contains(&address))
}

impl Reach {
    /// Only the public Internet.
    pub const fn public() -> Self {
        Self::Public { except: Vec::new() }
    }

    /// Whether an address may be spoken to.
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = meant(address);
        match self {
            Self::Anywhere => true,
            Self::Public { except } => {
                !is_special(address) || except.iter().any(|block| block.contains(&address))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_one() {
        assert!(SPECIAL.iter().all(|block| block.parse::<IpNet>().is_ok()));
    }

    #[test]
    fn the_public_internet_is_known_from_the_rest() {
        let public = Reach::public();
        for address in
            ["1.1.1.1", "193.166.3.2", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1190::1"]
        {
            assert!(public.allows(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:a9fe:a9fe",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::1",
            "2001::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!public.allows(address.parse().unwrap()), "{address}");
            assert!(Reach::Anywhere.allows(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn networks_that_are_named_are_let_through() {
        let reach = Reach::Public { except: vec!["127.0.0.0/8".parse().unwrap()] };
        assert!(reach.allows("127.0.0.1".parse().unwrap()));
        assert!(reach.allows("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!reach.allows("10.0.0.1".parse().unwrap()) && !reach.allows("::1".parse().unwrap()));
    }
}
