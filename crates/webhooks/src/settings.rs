//! The part of the configuration that is about webhooks.

use ipnet::IpNet;
use outward::Reach;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

use base::Fault;

/// How a shop's own programs are told of what happens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Addresses, or networks such as `10.1.0.0/16`, that are not of the public Internet and may be called all the same: receivers of your own beside this server. Nobody but
    /// whoever may register endpoints should be able to make calls to what listens there.
    pub private_addresses_allowed: Vec<String>,
    /// Calls that one process makes at once.
    pub in_flight_max: usize,
    /// Calls that one process makes at once to one endpoint, so that a slow one does not hold up the others.
    pub in_flight_of_endpoint_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { private_addresses_allowed: Vec::new(), in_flight_max: 64, in_flight_of_endpoint_max: 4 }
    }
}

/// This machine.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

impl Settings {
    /// Where calls may go: the public Internet, and what the settings name. In test mode nothing leaves the house: this machine, and what the settings name.
    pub fn reach(&self, is_test_mode: bool) -> Result<Reach, Fault> {
        let network = |text: &String| {
            let address = |text: &str| text.parse::<IpAddr>().ok().map(IpNet::from);
            text.parse::<IpNet>().ok().or_else(|| address(text)).ok_or_else(|| {
                let message = "An address that may be called is one such as 10.0.0.7, or a network such as 10.0.0.0/8.";
                Fault::invalid("private_address_malformed", message).field("webhooks.private_addresses_allowed")
            })
        };
        let mut named: Vec<IpNet> =
            self.private_addresses_allowed.iter().map(network).collect::<Result<_, _>>()?;
        if !is_test_mode {
            return Ok(Reach::Public { except: named });
        }
        named.extend(LOOPBACK.iter().filter_map(|network| network.parse::<IpNet>().ok()));
        Ok(Reach::Only(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_to_the_internet_and_to_what_is_named() {
        let named = Settings {
            private_addresses_allowed: vec!["10.1.0.0/16".to_owned(), "127.0.0.1".to_owned()],
            ..Settings::default()
        };
        for (settings, is_test_mode, address, is_allowed) in [
            (&Settings::default(), false, "1.1.1.1", true),
            (&Settings::default(), false, "127.0.0.1", false),
            (&Settings::default(), false, "10.1.2.3", false),
            (&named, false, "1.1.1.1", true),
            (&named, false, "10.1.2.3", true),
            (&named, false, "10.2.0.1", false),
            (&named, false, "127.0.0.1", true),
            (&named, false, "127.0.0.2", false),
            (&Settings::default(), true, "1.1.1.1", false),
            (&Settings::default(), true, "127.0.0.1", true),
            (&Settings::default(), true, "::1", true),
            (&Settings::default(), true, "10.1.2.3", false),
            (&named, true, "10.1.2.3", true),
        ] {
            let reach = settings.reach(is_test_mode).unwrap();
            assert_eq!(reach.allows(address.parse().unwrap()), is_allowed, "{is_test_mode} {address}");
        }
        let bad = Settings { private_addresses_allowed: vec!["intranet".to_owned()], ..Settings::default() };
        assert_eq!(bad.reach(false).unwrap_err().code, "private_address_malformed");
    }
}
