//! Whose address counts: that of whoever is connected, unless it is a proxy of ours, which says for whom it asks. What visitors write into headers themselves counts for nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base::Fault;
use ipnet::{IpNet, Ipv4Net};
use outward::Reach;

use crate::Config;

/// This machine.
const LOOPBACK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);

/// The proxies before this server, as networks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

/// Addresses and networks, from a setting.
fn networks(list: &[String], field: &'static str) -> Result<Vec<IpNet>, Fault> {
    let network = |text: &String| {
        let text = text.trim();
        let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
        text.parse::<IpNet>().ok().or_else(address).ok_or_else(|| {
            let message = "This wants addresses or networks, such as 10.0.0.7 or 10.0.0.0/8.";
            Fault::invalid("network_malformed", message).field(field)
        })
    };
    list.iter().map(network).collect()
}

/// Where addresses that shops register may lead: the public Internet, the networks of the configuration, and in test mode this machine.
pub(crate) fn reach(config: &Config) -> Result<Reach, Fault> {
    let mut except = networks(&config.private_networks, "private_networks")?;
    if config.test_mode {
        except.extend([IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST)), IpNet::from(LOOPBACK)]);
    }
    Ok(Reach::Public { except })
}

impl Proxies {
    /// Addresses and networks: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
    pub fn parse(list: &[String]) -> Result<Self, Fault> {
        networks(list, "proxies").map(Self)
    }

    fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The visitor's address, from whoever is connected and the values of `X-Forwarded-For` in their order. Each proxy of ours added who was connected with it at the end; the
    /// last one that is no proxy of ours is the visitor, and everything before that is the visitor's own writing.
    pub fn visitor<'h>(&self, connected: IpAddr, forwarded: impl IntoIterator<Item = &'h str>) -> IpAddr {
        if !self.has(connected) {
            return connected.to_canonical();
        }
        let told: Vec<&str> = forwarded.into_iter().flat_map(|value| value.split(',')).collect();
        let mut visitor = connected.to_canonical();
        for text in told.into_iter().rev() {
            let Ok(address) = text.trim().parse::<IpAddr>() else { break };
            visitor = address.to_canonical();
            if !self.has(visitor) {
                break;
            }
        }
        visitor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(list: &[&str]) -> Proxies {
        Proxies::parse(&list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn headers_count_only_from_proxies_of_ours() {
        let none = proxies(&[]);
        let ours = proxies(&["10.0.0.0/8", "192.0.2.1"]);
        for (proxies, connected, forwarded, visitor) in [
            // Nobody is trusted: a thousand headers are one address.
            (&none, "203.0.113.9", &["1.2.3.4"][..], "203.0.113.9"),
            (&ours, "203.0.113.9", &["1.2.3.4"], "203.0.113.9"),
            // One proxy, which added the visitor at the end of what the visitor had written.
            (&ours, "10.0.0.7", &["203.0.113.9"], "203.0.113.9"),
            (&ours, "10.0.0.7", &["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
            (&ours, "10.0.0.7", &["1.2.3.4", "5.6.7.8, 203.0.113.9"], "203.0.113.9"),
            // Two proxies, one behind the other.
            (&ours, "10.0.0.7", &["1.2.3.4, 203.0.113.9, 192.0.2.1"], "203.0.113.9"),
            // A proxy that says nothing, or nonsense, is itself the visitor.
            (&ours, "10.0.0.7", &[], "10.0.0.7"),
            (&ours, "10.0.0.7", &["1.2.3.4, unknown"], "10.0.0.7"),
            // IPv4 in IPv6's clothes.
            (&ours, "::ffff:10.0.0.7", &["::ffff:203.0.113.9"], "203.0.113.9"),
        ] {
            let found = proxies.visitor(connected.parse().unwrap(), forwarded.iter().copied());
            assert_eq!(found, visitor.parse::<IpAddr>().unwrap(), "{connected} {forwarded:?}");
        }
    }

    #[test]
    fn a_thousand_invented_headers_are_one_visitor() {
        let ours = proxies(&["10.0.0.7"]);
        for turn in 0..1_000u32 {
            let invented = format!("198.51.{}.{}, 203.0.113.9", turn / 256, turn % 256);
            let found = ours.visitor("10.0.0.7".parse().unwrap(), [invented.as_str()]);
            assert_eq!(found, "203.0.113.9".parse::<IpAddr>().unwrap());
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["", "proxy.local", "10.0.0.0/33"] {
            assert_eq!(Proxies::parse(&[bad.to_owned()]).unwrap_err().code, "network_malformed", "{bad}");
        }
    }
}
