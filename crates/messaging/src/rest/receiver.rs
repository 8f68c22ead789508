//! What a provider tells us over HTTP, proved and understood. Pure: the door hands the request in and keeps what comes out.

use std::fmt;

use base::{Fault, FaultKind, Timestamp};

use crate::{Inbound, Receipt};

/// A request as the door got it.
pub struct Incoming<'a> {
    /// The whole address as the provider wrote it.
    pub url: &'a str,
    /// Whether it only asks (GET) whether we are who it thinks.
    pub is_question: bool,
    pub query: &'a [(String, String)],
    pub header: &'a dyn Fn(&str) -> Option<String>,
    pub body: &'a [u8],
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incoming(…)")
    }
}

impl Incoming<'_> {
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn signature(&self, header: &str) -> Result<String, Fault> {
        (self.header)(header).ok_or_else(forged)
    }
}

/// What it said, and what it wants to hear.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    pub receipts: Vec<Receipt>,
    pub inbound: Vec<Inbound>,
    /// Media type and text of our answer.
    pub answer: Option<(&'static str, String)>,
}

/// Understands what a provider sends to `/webhooks/{name}`.
pub trait Receiver: Send + Sync + fmt::Debug {
    fn name(&self) -> &str;

    /// # Errors
    /// `webhook_forged` unless the signature proves that it is the provider's; `webhook_malformed` when it makes no sense.
    fn receive(&self, incoming: &Incoming<'_>, now: Timestamp) -> Result<Told, Fault>;
}

pub(super) fn forged() -> Fault {
    Fault::new(
        FaultKind::Unauthenticated,
        "webhook_forged",
        "The signature does not prove that this comes from the provider.",
    )
}

pub(super) fn malformed() -> Fault {
    Fault::invalid("webhook_malformed", "This is nothing that the provider says.")
}
