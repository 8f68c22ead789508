//! Webhooks out: a shop's own programs are told of what happens, by signed calls to addresses that the shop registered.
//!
//! Whatever happens is announced by [`announce`] in the transaction in which it happens: an event, and a delivery for each [`Endpoint`] that listens to its [`Kind`]. So
//! neither exists without the other, and nothing is written where nobody listens. A [`Sender`] makes the calls, as often as the [`schedule`] says, and records each with its
//! outcome; the same event keeps its id, so that a receiver knows one that comes twice. The wire is that of
//! [Standard Webhooks](https://www.standardwebhooks.com), so its libraries verify a call.
//!
//! A call tells identifiers and masked numbers only; whoever wants more asks the API, with a key that may see it.
//!
//! ```
//! use webhooks::signature::{Key, verify};
//!
//! let key = Key::generate();
//! let signed = key.sign("0190a7c2", 1_700_000_000, b"{}");
//! assert!(signed.starts_with("v1,"));
//! assert!(verify(&[&key], "0190a7c2", 1_700_000_000, b"{}", &signed));
//! assert!(!verify(&[&key], "0190a7c2", 1_700_000_001, b"{}", &signed));
//! ```

mod announcing;
mod delivery;
mod endpoint;
mod forgetting;
mod kind;
mod rows;
pub mod schedule;
mod sender;
mod service;
mod settings;
pub mod signature;

pub use announcing::{Happening, announce, announce_each};
pub use delivery::{Attempt, Delivery, DeliveryView, Event, Filter, State};
pub use endpoint::{Change, Counts, DisabledWhy, Endpoint, Health, Hour, NewEndpoint, Wanted};
pub use forgetting::Forgetting;
pub use kind::Kind;
pub use sender::Sender;
pub use service::Webhooks;
pub use settings::Settings;

pub const MIGRATIONS: &[db::Migration] =
    &[("webhooks/0001_webhooks", include_str!("../migrations/0001_webhooks.sql"))];
