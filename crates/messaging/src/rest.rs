//! Providers that are spoken to over HTTP: Twilio's shape, WhatsApp's Cloud API, and any other by a plain form of ours. What they tell us comes to `/webhooks/{name}`,
//! signed, and is believed only then.

mod plain;
mod receiver;
pub mod signatures;
mod twilio;
mod whatsapp;

use std::time::Duration;

use base::Secret;
use outward::{Failed, Reply};
use serde::{Deserialize as _, Deserializer};

pub use plain::{Plain, PlainSettings};
pub use receiver::{Incoming, Receiver, Told};
pub use twilio::{Twilio, TwilioSettings};
pub use whatsapp::{Whatsapp, WhatsappSettings};

use crate::Outcome;

/// How long a provider that is busy is left alone: unless it says, and at least and at most when it does.
const PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE_MIN: Duration = Duration::from_secs(1);
const PATIENCE_MAX: Duration = Duration::from_secs(300);

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

/// What an answer means where a provider has nothing more exact to say; `accepted` finds its name for the message.
fn outcome(answer: Result<Reply, Failed>, accepted: impl Fn(&Reply) -> Option<String>) -> Outcome {
    let reply = match answer {
        Ok(reply) => reply,
        Err(failed @ (Failed::NotSent(_) | Failed::Forbidden(_))) => {
            return Outcome::Unavailable { reason: failed.to_string() };
        }
        Err(Failed::Lost(reason)) => return Outcome::Unknown { reason },
    };
    match reply.status {
        200..=299 => match accepted(&reply) {
            Some(reference) => Outcome::Accepted { reference },
            None => Outcome::Unknown { reason: "It was taken, but the answer names no message.".to_owned() },
        },
        429 => throttled(&reply),
        // The provider's own word that it is not there. Other failures of its may have come after it had taken the message.
        503 => Outcome::Unavailable { reason: "It answered 503.".to_owned() },
        500.. => Outcome::Unknown { reason: format!("It answered {}.", reply.status) },
        status => Outcome::Rejected { reason: format!("It answered {status}."), permanent: false },
    }
}

/// For as long as the provider asks, within reason.
fn throttled(reply: &Reply) -> Outcome {
    let asked = reply.retry_after.map_or(PATIENCE, |asked| asked.clamp(PATIENCE_MIN, PATIENCE_MAX));
    Outcome::Throttled { retry_after_micros: i64::try_from(asked.as_micros()).unwrap_or(i64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_given_the_time_that_it_asks_for() {
        for (asked, seconds) in [(None, 2), (Some(0), 1), (Some(30), 30), (Some(86_400), 300)] {
            let reply =
                Reply { status: 429, retry_after: asked.map(Duration::from_secs), ..Reply::default() };
            let expected = Outcome::Throttled { retry_after_micros: seconds * base::Timestamp::SECOND };
            assert_eq!(outcome(Ok(reply), |_| None), expected, "{asked:?}");
        }
    }
}
