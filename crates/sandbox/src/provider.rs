//! The sandbox as a provider of messages.

use std::{
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::PoisonError,
    time::Duration,
};

use base::{Actor, Context, Fault, Id, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use messaging::{Channel, Outcome, Provider, State, Submission};
use tokio::sync::watch;

use crate::{
    Sandbox,
    carrier::{Item, body_place, purpose_of},
    phone::{Behaviour, LATE_SECONDS, fixed},
    rows::{self, ItemRow},
};

/// What routes call it.
pub const PROVIDER: &str = "sandbox";

/// How often it looks whether a receipt is due.
const LOOK: Duration = Duration::from_millis(100);
/// How long a busy carrier asks one to wait.
const BUSY_MICROS: i64 = Timestamp::SECOND;
/// Most messages that are remembered as having been asked to wait.
const ASKED_MAX: usize = 10_000;

impl Provider for Sandbox {
    fn name(&self) -> &str {
        PROVIDER
    }

    fn carries(&self, _: Channel) -> bool {
        true
    }

    fn send(&self, submission: Submission) -> BoxFuture<'_, Outcome> {
        async move {
            match self.receive(submission).await {
                Ok(outcome) => outcome,
                Err(fault) => Outcome::Unavailable { reason: fault.message },
            }
        }
        .boxed()
    }
}

impl Sandbox {
    /// Tells receipts when they are due, until `stop` says so.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(fault) = self.tell_receipts().await {
                tracing::warn!(%fault, "the sandbox could not tell its receipts");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn receive(&self, submission: Submission) -> Result<Outcome, Fault> {
        let cx = Context::new(submission.shop, Actor::System("sandbox"), self.clock.clone());
        let behaviour = match fixed(submission.to) {
            Some(fixed) => fixed.behaviour,
            None => self.phone(&cx, submission.to).await?.behaviour,
        };
        if behaviour == Behaviour::UnknownNumber {
            return Ok(Outcome::Rejected { reason: "There is no such number.".to_owned(), permanent: true });
        }
        if behaviour == Behaviour::Busy && self.asks_to_wait(&submission.message) {
            return Ok(Outcome::Throttled { retry_after_micros: BUSY_MICROS });
        }
        let id = self.keep(&cx, submission, behaviour, true).await?;
        self.changed();
        Ok(match behaviour {
            Behaviour::InDoubt => Outcome::Unknown { reason: "The line broke before the answer.".to_owned() },
            _ => Outcome::Accepted { reference: id.to_string() },
        })
    }

    /// Whether a busy carrier puts this message off: once.
    pub(crate) fn asks_to_wait(&self, message: &impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        message.hash(&mut hasher);
        let message = hasher.finish();
        let mut asked = self.asked_to_wait.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.remove(&message) {
            return false;
        }
        if asked.len() >= ASKED_MAX {
            asked.clear();
        }
        asked.insert(message)
    }

    /// Keeps what a phone gets. `owes` is whether a receipt is told to our own messages.
    pub(crate) async fn keep(
        &self,
        cx: &Context,
        submission: Submission,
        behaviour: Behaviour,
        owes: bool,
    ) -> Result<Id<Item>, Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.db
            .write(async move |tx| {
                let now = cx.now();
                let later = now.plus_micros(LATE_SECONDS * Timestamp::SECOND);
                let arrives_at = match behaviour {
                    Behaviour::Late => later,
                    // What is never delivered is never shown.
                    Behaviour::Absent => Timestamp::MAX,
                    _ => now,
                };
                let receipt = match behaviour {
                    Behaviour::Absent => Some(State::Undelivered),
                    Behaviour::Silent | Behaviour::InDoubt => None,
                    _ => Some(State::Delivered),
                }
                .filter(|_| owes);
                let (mut phone, key) = this.ensure_phone(tx, &cx, submission.to).await?;
                let id: Id<Item> = cx.new_id();
                let item = ItemRow {
                    id,
                    channel: submission.channel.code().to_owned(),
                    is_outgoing: false,
                    correspondent: submission.from.clone(),
                    purpose: purpose_of(&submission.purpose),
                    body: key.seal(body_place(&id), submission.content.text.reveal().as_bytes()),
                    keys: None,
                    arrives_at,
                    receipt: receipt.map(|state| state.code().to_owned()),
                    receipt_at: receipt.map(|_| if behaviour == Behaviour::Late { later } else { now }),
                };
                phone.touched_at = now;
                rows::put_phone(tx, cx.shop, &phone).await?;
                rows::insert_item(tx, cx.shop, &phone.number_key, &item).await?;
                Ok(id)
            })
            .await
    }
}
