//! An event as it is told, its delivery to one endpoint, and the calls that were made for it.

use base::{Id, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::{Endpoint, Kind};

/// What happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// The `webhook-id`: the same in every call that tells of it.
    pub id: Id<Self>,
    pub kind: Kind,
    pub at: Timestamp,
    pub data: Value,
}

/// The body, field by field in this order.
#[derive(Serialize)]
struct Body<'e> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    data: &'e Value,
}

impl Event {
    /// The longest body that is sent, in bytes.
    pub const BYTES_MAX: usize = 20_000;

    /// What a call says; byte by byte the same in every call.
    pub fn body(&self) -> String {
        serde_json::to_string(&self.content()).expect("texts and numbers are written without fail")
    }

    /// The same, laid out for people.
    pub fn laid_out(&self) -> String {
        serde_json::to_string_pretty(&self.content()).expect("texts and numbers are written without fail")
    }

    fn content(&self) -> Body<'_> {
        Body { kind: self.kind.code(), timestamp: self.at, data: &self.data }
    }
}

base::coded! {
    /// Where a delivery stands.
    State, "delivery_state_unknown", "state" {
        /// It has its turn before it, or another try.
        Waiting = "waiting",
        Delivered = "delivered",
        /// All tries were made, or the endpoint wants nothing more.
        Failed = "failed",
    }
}

/// The telling of one event to one endpoint.
#[derive(Debug)]
pub enum Delivery {}

/// A delivery as it is shown.
#[derive(Clone, PartialEq, Debug)]
pub struct DeliveryView {
    pub id: Id<Delivery>,
    pub endpoint: Id<Endpoint>,
    pub event: Event,
    pub state: State,
    /// Calls that were made.
    pub attempts: u32,
    /// When the next call is made, while it waits.
    pub due_at: Option<Timestamp>,
    /// What the last call was answered.
    pub status: Option<u16>,
    /// What was wrong with the last call.
    pub failure: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// One call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    pub at: Timestamp,
    pub took_micros: i64,
    pub status: Option<u16>,
    /// `None` when it succeeded.
    pub failure: Option<String>,
    /// How the answer began; `None` when its endpoint was removed, and the key with it.
    pub answer: Option<String>,
}

/// Which deliveries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_type_timestamp_and_data_and_nothing_else() {
        let event = Event {
            id: Id::from_uuid(uuid::Uuid::from_u128(7)),
            kind: Kind::MessageDelivered,
            at: "2024-03-01T12:00:00Z".parse().unwrap(),
            data: serde_json::json!({ "purpose": "order.dispatched", "message": "x" }),
        };
        assert_eq!(
            event.body(),
            r#"{"type":"message.delivered","timestamp":"2024-03-01T12:00:00Z","data":{"message":"x","purpose":"order.dispatched"}}"#
        );
        for kind in Kind::ALL {
            let event = Event { kind: *kind, data: kind.example(), ..event.clone() };
            assert!(event.body().len() < 1_000, "{kind}");
        }
    }
}
