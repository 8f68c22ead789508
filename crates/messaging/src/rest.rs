//! Providers that are spoken to over HTTP: Twilio's shape, WhatsApp's Cloud API, and any other by a plain form of ours. What they tell us comes to `/webhooks/{name}`,
//! signed, and is believed only then.

mod plain;
mod receiver;
pub mod signatures;
mod twilio;
mod whatsapp;

use base::Secret;
use outward::{Failed, Reply};
use serde::{Deserialize as _, Deserializer};

pub use plain::{Plain, PlainSettings};
pub use receiver::{Incoming, Receiver, Told};
pub use twilio::{Twilio, TwilioSettings};
pub use whatsapp::{Whatsapp, WhatsappSettings};

use crate::Outcome;

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
        429 => Outcome::Throttled { retry_after_micros: 2 * base::Timestamp::SECOND },
        // The provider's own word that it is not there. Other failures of its may have come after it had taken the message.
        503 => Outcome::Unavailable { reason: "It answered 503.".to_owned() },
        500.. => Outcome::Unknown { reason: format!("It answered {}.", reply.status) },
        status => Outcome::Rejected { reason: format!("It answered {status}."), permanent: false },
    }
}
