//! What is forgotten: the messages of a person who is erased, and what providers said long ago.

use std::sync::Arc;

use base::{Clock, Context, Fault, FrozenClock, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use numbering::PhoneNumber;

use super::{Messages, current};
use crate::rows;

/// A number for as long as one person held it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    pub number: PhoneNumber,
    pub from: Timestamp,
    /// `None` while it is still theirs.
    pub until: Option<Timestamp>,
}

/// How long receipts are kept.
const RECEIPTS_KEPT_MICROS: i64 = 7 * Timestamp::DAY;
/// Receipts that are forgotten with one commit.
const FORGOTTEN_MAX: usize = 1_000;
/// Commits of one round; what is left comes with the next.
const ROUNDS_MAX: usize = 1_000;

impl Messages {
    /// Destroys the keys of what was sent to these numbers and came from them in these times. That there were messages stays known, and what they cost. One that still waits to
    /// be sent will not be. Returns how many there were.
    pub async fn erase(&self, cx: &Context, spans: &[Span]) -> Result<u64, Fault> {
        let shop = cx.shop;
        let spans: Vec<([u8; 32], Timestamp, Timestamp)> = spans
            .iter()
            .map(|span| {
                let key = self.number_key(cx, current(span.number));
                (key, span.from, span.until.unwrap_or(Timestamp::MAX))
            })
            .collect();
        self.db
            .write(async move |tx| {
                let mut erased = 0;
                for (number, from, until) in &spans {
                    erased += rows::erase(tx, shop, number, *from, *until).await?;
                }
                Ok(erased)
            })
            .await
    }

    /// Forgets receipts of more than seven days ago, matched or not. Returns how many.
    pub async fn forget_receipts(&self, now: Timestamp) -> Result<u64, Fault> {
        let before = now.plus_micros(-RECEIPTS_KEPT_MICROS);
        let mut forgotten = 0;
        for _ in 0..ROUNDS_MAX {
            let gone = self
                .db
                .write_bulk(async move |tx| rows::forget_receipts(tx, before, FORGOTTEN_MAX).await)
                .await?;
            forgotten += gone;
            if gone < FORGOTTEN_MAX as u64 {
                break;
            }
        }
        Ok(forgotten)
    }
}

/// Forgets old receipts now and then, and settles messages whose parts did not all come.
#[derive(Debug)]
pub struct Forgetting(pub Messages);

impl jobs::Upkeep for Forgetting {
    fn run<'a>(&'a self, now: Timestamp) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let forgotten = self.0.forget_receipts(now).await?;
            // The time of this round stands still, as everywhere in upkeep.
            let clock: Arc<dyn Clock> = Arc::new(FrozenClock::at(now));
            let shown = self.0.settle_parts(&clock).await?;
            tracing::debug!(forgotten, shown, "old receipts were forgotten, and messages with gaps shown");
            Ok(())
        }
        .boxed()
    }
}
