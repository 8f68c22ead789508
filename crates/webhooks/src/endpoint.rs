//! An endpoint: an address of a shop's own program, and what it is told of.

use std::net::IpAddr;

use base::{Fault, Id, Secret, Timestamp};
use outward::Reach;
use url::{Host, Url};

use crate::{Kind, signature::Key};

const URL_BYTES_MAX: usize = 1_000;
const DESCRIPTION_CHARS_MAX: usize = 200;

base::coded! {
    /// Why an endpoint is told nothing.
    DisabledWhy {
        /// Somebody wants it so.
        Asked = "asked",
        /// It answered that it is gone for good (410).
        Gone = "gone",
        /// Every call failed for five days.
        Failing = "failing",
    }
}

/// An address that is told of events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    pub id: Id<Self>,
    pub url: String,
    pub description: String,
    /// At least one.
    pub kinds: Vec<Kind>,
    pub created_at: Timestamp,
    /// Since when it is told nothing, and why.
    pub disabled: Option<(Timestamp, DisabledWhy)>,
    /// Until when the secret before signs beside the one of now.
    pub old_secret_until: Option<Timestamp>,
}

impl Endpoint {
    pub fn listens_to(&self, kind: Kind) -> bool {
        self.disabled.is_none() && self.kinds.contains(&kind)
    }
}

/// An endpoint just made, or its new secret, shown once.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    pub endpoint: Endpoint,
    pub secret: Secret<String>,
}

/// An endpoint to be made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    pub url: String,
    pub description: String,
    /// All that there are if it is `None`.
    pub kinds: Option<Vec<Kind>>,
}

/// What is to change; what is `None` stays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Change {
    pub url: Option<String>,
    pub description: Option<String>,
    pub kinds: Option<Vec<Kind>>,
}

/// How calls to an endpoint went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// The first failure after the last success; `None` while calls succeed.
    pub failing_since: Option<Timestamp>,
    pub succeeded_at: Option<Timestamp>,
    pub failed_at: Option<Timestamp>,
    /// What was wrong with the last call that failed.
    pub failure: Option<String>,
    /// The last 24 hours, the oldest first.
    pub hours: Vec<Hour>,
    /// Deliveries that wait for their turn or for another try.
    pub waiting: u64,
}

/// The calls of one hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Hour {
    pub start: Timestamp,
    pub succeeded: u64,
    pub failed: u64,
}

/// How all endpoints do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Deliveries that wait for their turn or for another try.
    pub waiting: u64,
    /// Endpoints that are told, and whose last call failed.
    pub endpoints_failing: u64,
}

impl Health {
    /// Calls of the last 24 hours: those that succeeded, and all.
    pub fn calls(&self) -> (u64, u64) {
        let succeeded = self.hours.iter().map(|hour| hour.succeeded).sum::<u64>();
        (succeeded, succeeded + self.hours.iter().map(|hour| hour.failed).sum::<u64>())
    }
}

/// What an endpoint's calls are signed with: now, and, for a day after another was made, before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Keys {
    pub now: Key,
    pub before: Option<Key>,
}

impl Keys {
    /// The header: a signature by each.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let all = [Some(&self.now), self.before.as_ref()];
        let signatures: Vec<String> =
            all.into_iter().flatten().map(|key| key.sign(id, timestamp, body)).collect();
        signatures.join(" ")
    }
}

/// An address as it is kept and called: read by one reader and written by it, so that what was looked at is what is called.
pub(crate) fn address(text: &str, reach: &Reach) -> Result<String, Fault> {
    let malformed = || {
        let message = "An endpoint's address is https://…, without a fragment, a user or a password; http://… only on this machine, where that may be called.";
        Fault::invalid("webhook_url_malformed", message).field("url")
    };
    let url = Url::parse(text.trim()).map_err(|_| malformed())?;
    let is_plain = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !is_plain || url.as_str().len() > URL_BYTES_MAX {
        return Err(malformed());
    }
    let literal = match url.host().ok_or_else(malformed)? {
        Host::Ipv4(address) => Some(IpAddr::from(address)),
        Host::Ipv6(address) => Some(IpAddr::from(address)),
        Host::Domain(name) if name.trim_end_matches('.') == "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
        // Where it leads is looked at with every call.
        Host::Domain(_) => None,
    };
    if literal.is_some_and(|address| !reach.allows(address)) {
        let message = "This address is not of the public Internet; `private_networks` of the configuration may name its network.";
        return Err(Fault::invalid("webhook_url_private", message).field("url"));
    }
    match url.scheme() {
        "https" => Ok(url.into()),
        "http" if literal.is_some_and(|address| address.to_canonical().is_loopback()) => Ok(url.into()),
        _ => Err(malformed()),
    }
}

pub(crate) fn description(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.chars().count() > DESCRIPTION_CHARS_MAX || text.chars().any(char::is_control) {
        let message = "A description has at most 200 characters, on one line.";
        return Err(Fault::invalid("description_malformed", message).field("description"));
    }
    Ok(text.to_owned())
}

/// The kinds that are listened to, each once.
pub(crate) fn kinds(asked: &[Kind]) -> Result<Vec<Kind>, Fault> {
    let mut kinds = asked.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() || kinds.contains(&Kind::Ping) {
        let message =
            "An endpoint listens to at least one kind of event; webhook.ping is sent when it is asked for.";
        return Err(Fault::invalid("event_kinds_malformed", message).field("events"));
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_may_be_registered() {
        let public = Reach::public();
        let here = Reach::Public { except: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()] };
        for (text, in_public, and_here) in [
            ("https://shop.example/hooks?from=trunkline", None, None),
            (" https://SHOP.example ", None, None),
            ("https://1.1.1.1/", None, None),
            ("https://127.0.0.1:8443/", Some("webhook_url_private"), None),
            ("http://127.0.0.1:8080/hooks", Some("webhook_url_private"), None),
            ("http://localhost:8080/", Some("webhook_url_private"), None),
            ("http://[::1]:8080/", Some("webhook_url_private"), None),
            // The same address in other clothes.
            ("http://2130706433/", Some("webhook_url_private"), None),
            ("http://0x7f.1/", Some("webhook_url_private"), None),
            ("https://[::ffff:169.254.169.254]/", Some("webhook_url_private"), Some("webhook_url_private")),
            ("https://10.0.0.1/", Some("webhook_url_private"), Some("webhook_url_private")),
            ("http://shop.example/", Some("webhook_url_malformed"), Some("webhook_url_malformed")),
            ("http://1.1.1.1/", Some("webhook_url_malformed"), Some("webhook_url_malformed")),
            ("https://user@shop.example/", Some("webhook_url_malformed"), Some("webhook_url_malformed")),
            ("https://shop.example/#part", Some("webhook_url_malformed"), Some("webhook_url_malformed")),
            ("ftp://shop.example/", Some("webhook_url_malformed"), Some("webhook_url_malformed")),
            ("shop.example", Some("webhook_url_malformed"), Some("webhook_url_malformed")),
            ("", Some("webhook_url_malformed"), Some("webhook_url_malformed")),
        ] {
            assert_eq!(address(text, &public).err().map(|fault| fault.code), in_public, "{text}");
            assert_eq!(address(text, &here).err().map(|fault| fault.code), and_here, "{text}");
        }
        assert_eq!(address(" https://SHOP.example ", &public).unwrap(), "https://shop.example/");
        let long = format!("https://shop.example/{}", "x".repeat(1_000));
        assert_eq!(address(&long, &public).unwrap_err().code, "webhook_url_malformed");
    }

    #[test]
    fn kinds_are_kept_once_and_a_ping_is_none_of_them() {
        use Kind::{MessageDelivered, Ping, VerificationApproved};
        let kept = kinds(&[MessageDelivered, VerificationApproved, MessageDelivered]).unwrap();
        assert_eq!(kept, [VerificationApproved, MessageDelivered]);
        for bad in [&[][..], &[Ping], &[MessageDelivered, Ping]] {
            assert_eq!(kinds(bad).unwrap_err().code, "event_kinds_malformed", "{bad:?}");
        }
    }

    #[test]
    fn during_a_change_of_secrets_both_sign() {
        let (now, before) = (Key::generate(), Key::generate());
        let keys = Keys { now: now.clone(), before: Some(before.clone()) };
        let header = keys.sign("a", 1, b"x");
        assert_eq!(header, format!("{} {}", now.sign("a", 1, b"x"), before.sign("a", 1, b"x")));
        assert_eq!(Keys { now: now.clone(), before: None }.sign("a", 1, b"x"), now.sign("a", 1, b"x"));
    }
}
