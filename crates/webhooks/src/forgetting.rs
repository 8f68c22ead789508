//! What was told long ago is forgotten.

use base::{Fault, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};

use crate::{Webhooks, rows::deliveries};

/// How long it stays known what was told, in days.
pub const KEPT_DAYS: i64 = 30;
/// Rows of one table that go with one commit …
const BATCH_MAX: i64 = 1_000;
/// … and commits of one hour; what is left waits for the next.
const BATCHES_MAX: u32 = 1_000;

/// Forgets old events, deliveries and calls now and then.
#[derive(Debug)]
pub struct Forgetting(pub Webhooks);

impl jobs::Upkeep for Forgetting {
    fn run<'a>(&'a self, now: Timestamp) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let before = now.plus_micros(-KEPT_DAYS * Timestamp::DAY);
            for _ in 0..BATCHES_MAX {
                let gone = self
                    .0
                    .db
                    .write_bulk(async move |tx| deliveries::forget(tx, before, BATCH_MAX).await)
                    .await?;
                if gone < BATCH_MAX.unsigned_abs() {
                    break;
                }
            }
            Ok(())
        }
        .boxed()
    }
}
