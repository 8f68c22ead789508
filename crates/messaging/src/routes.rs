//! Which provider carries a message: by channel, by the beginning of the number, by purpose; the closest rule first, the others in its place when it fails.

use numbering::PhoneNumber;
use serde::{Deserialize, Serialize};

use crate::{Channel, Price, Purpose};

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// `sms`, `voice` or `whatsapp`.
    #[serde(with = "channel_code")]
    pub channel: Channel,
    /// How numbers of this rule begin, `+358` or `+35840`; every number if it is empty.
    #[serde(default)]
    pub prefix: String,
    /// Messages of this purpose and its parts; of every purpose if it is empty.
    #[serde(default)]
    pub purpose: String,
    /// The provider's name, or `refuse`: then nothing more general is tried.
    pub provider: String,
    /// Whom the message comes from: a number, a short code, or a name of up to eleven characters.
    #[serde(default)]
    pub from: String,
    /// What a segment (or a call) costs, `0.0425 EUR`.
    #[serde(default)]
    pub price: Option<Price>,
}

/// The provider that is none.
const REFUSE: &str = "refuse";

impl Route {
    /// Whether it ends the search in place of carrying anything.
    pub fn refuses(&self) -> bool {
        self.provider == REFUSE
    }
}

/// All rules of an installation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Routes(Vec<Route>);

impl Routes {
    /// The closest first: by purpose, then by number, then as they were written.
    pub fn new(mut routes: Vec<Route>) -> Self {
        routes.sort_by_key(|route| std::cmp::Reverse((route.purpose.len(), route.prefix.len())));
        Self(routes)
    }

    /// The routes of a message in the order in which they are tried.
    pub fn of<'a>(
        &'a self,
        channel: Channel,
        purpose: &'a Purpose,
        to: PhoneNumber,
    ) -> impl Iterator<Item = &'a Route> {
        let number = to.e164();
        self.0
            .iter()
            .filter(move |route| {
                route.channel == channel
                    && number.as_str().starts_with(&route.prefix)
                    && (route.purpose.is_empty() || purpose.is_of(&route.purpose))
            })
            .take_while(|route| !route.refuses())
    }

    /// What a segment costs on the closest route; `None` when there is none or it has no price.
    pub fn price(&self, channel: Channel, purpose: &Purpose, to: PhoneNumber) -> Option<Price> {
        self.of(channel, purpose, to).next()?.price
    }
}

/// A channel by its code.
mod channel_code {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::Channel;

    pub fn serialize<S: Serializer>(channel: &Channel, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(channel.code())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Channel, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|fault: base::Fault| serde::de::Error::custom(fault.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(prefix: &str, purpose: &str, provider: &str) -> Route {
        Route {
            channel: Channel::Sms,
            prefix: prefix.to_owned(),
            purpose: purpose.to_owned(),
            provider: provider.to_owned(),
            from: String::new(),
            price: None,
        }
    }

    #[test]
    fn the_closest_rule_comes_first_and_the_others_stand_by() {
        let routes = Routes::new(vec![
            route("", "", "world"),
            route("+358", "", "finland"),
            route("+358", "verification", "codes"),
            route("+35840", "", "elisa"),
            route("+882", "", "refuse"),
            Route { channel: Channel::Voice, ..route("", "", "calls") },
        ]);
        for (channel, number, purpose, expected) in [
            (
                Channel::Sms,
                "+358401234567",
                "verification.sign_in",
                vec!["codes", "elisa", "finland", "world"],
            ),
            (Channel::Sms, "+358501234567", "order.update", vec!["finland", "world"]),
            (Channel::Sms, "+8801712345678", "order.update", vec!["world"]),
            (Channel::Sms, "+88216123456", "order.update", vec![]),
            (Channel::Voice, "+358401234567", "order.update", vec!["calls"]),
            (Channel::Whatsapp, "+358401234567", "order.update", vec![]),
        ] {
            let to = PhoneNumber::from_e164(number).unwrap();
            let purpose = purpose.parse().unwrap();
            let found: Vec<&str> =
                routes.of(channel, &purpose, to).map(|route| route.provider.as_str()).collect();
            assert_eq!(found, expected, "{channel} {number} {purpose}");
        }
    }
}
