//! A message to a number: asked for in the caller's transaction, sent by a provider on a route, and what became of it.
//!
//! [`Messages`] is the door: `enqueue` writes the message and the work of sending it in the caller's transaction, so neither exists without the
//! other. A [`Sender`] claims work in batches (or is given what its process has asked for while it has room), hands each message to a [`Provider`]
//! by the [`Routes`], and records many outcomes with one commit. A message
//! that was handed over and whose fate nobody knows (the line broke, the process died) ends as [`State::Unknown`]: it is listed, never sent again.
//!
//! A text that nobody may keep, such as a one-time code, is no part of the message: it has a [`Composer`], which makes it at the moment of sending.
//!
//! ```
//! use messaging::{Channel, Content, NewMessage, Purpose, Text, segments};
//! use base::Timestamp;
//!
//! let message = NewMessage {
//!     to: numbering::PhoneNumber::from_e164("+358401234567").unwrap(),
//!     channel: Channel::Sms,
//!     purpose: Purpose::known("order.dispatched"),
//!     content: Content::Plain(Text::parse("Your parcel is on its way: €12 to pay.").unwrap()),
//!     give_up_at: Timestamp::from_micros(0).plus_micros(Timestamp::DAY),
//! };
//! // A text is never printed by accident.
//! assert!(!format!("{message:?}").contains("parcel"));
//! assert_eq!(segments::count("Your parcel is on its way: €12 to pay.").segments, 1);
//! ```

mod composer;
mod hands;
mod message;
mod messages;
mod parts;
mod price;
mod provider;
pub mod rest;
mod routes;
mod rows;
pub mod segments;
mod sender;
mod settings;
pub mod smpp;

pub use composer::{Composed, Composer, Template};
pub use hands::Asked;
pub use message::{Channel, Content, Message, NewMessage, Purpose, State, Text};
pub use messages::{
    BodyView, Filter, Forgetting, Inbound, InboundSubscriber, InboundView, MessageView, Messages, Receipt,
    Span, Subscriber,
};
pub use parts::{Coding, InboundPart, Place};
pub use price::Price;
pub use provider::{Outcome, Provider, Submission};
pub use routes::{Route, Routes};
pub use sender::{Round, Sender};
pub use settings::Settings;

pub const MIGRATIONS: &[db::Migration] = &[
    ("messaging/0001_messages", include_str!("../migrations/0001_messages.sql")),
    ("messaging/0002_receipts_by_time", include_str!("../migrations/0002_receipts_by_time.sql")),
    ("messaging/0003_parts", include_str!("../migrations/0003_parts.sql")),
    ("messaging/0004_trouble", include_str!("../migrations/0004_trouble.sql")),
];
