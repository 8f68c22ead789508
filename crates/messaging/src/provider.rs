//! Who carries messages: one call to send, one of five outcomes, each of which says what is certain.

use std::fmt;

use base::{Id, ShopId, Timestamp};
use futures::future::BoxFuture;
use numbering::PhoneNumber;

use crate::{Channel, Composed, Message, Purpose};

/// One message as a provider gets it.
#[derive(Clone, Debug)]
pub struct Submission {
    pub message: Id<Message>,
    pub shop: ShopId,
    pub to: PhoneNumber,
    /// Whom it comes from, as the route says: a number, a short code, a name of up to eleven characters.
    pub from: String,
    pub channel: Channel,
    pub purpose: Purpose,
    pub content: Composed,
    /// When it is handed over.
    pub at: Timestamp,
}

/// What came of a submission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Taken. `reference` is what the provider calls it, by which receipts name it.
    Accepted { reference: String },
    /// Not taken. `permanent` when no other try or provider would do better, such as for a number that does not exist.
    Rejected { reason: String, permanent: bool },
    /// Not taken, because it was too much at once.
    Throttled { retry_after_micros: i64 },
    /// Certainly not taken, because the provider was not there.
    Unavailable { reason: String },
    /// It may have been taken: it was handed over and no answer came. Never sent again.
    Unknown { reason: String },
}

/// Carries messages of some channels. `send` may be called many times at once; a provider keeps its own window, and answers within
/// [`Provider::ANSWER_SECONDS_MAX`] of being asked.
pub trait Provider: Send + Sync + fmt::Debug {
    /// As routes, settings and receipts name it.
    fn name(&self) -> &str;

    fn carries(&self, channel: Channel) -> bool;

    fn send(&self, submission: Submission) -> BoxFuture<'_, Outcome>;
}

impl dyn Provider {
    /// Whoever has not answered by then has an outcome of `Unknown`.
    pub const ANSWER_SECONDS_MAX: u64 = 30;
}
