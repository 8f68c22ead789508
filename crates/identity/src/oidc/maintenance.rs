//! What is done every hour: another signing key when it is time, and forgetting what has ended.

use std::sync::Arc;

use base::{Actor, Clock, Context, Fault, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};

use super::{
    GRANT_SECONDS_MAX, Provider, rows,
    signing::{self, KeptKey},
};
use crate::accounts::{self, SESSION_SECONDS_MAX};

/// Codes, tokens and grants are remembered for so long after their end, so that a theft still shows.
const REMEMBERED_SECONDS: i64 = 7 * 86_400;
/// A device that was not seen for so long is new when it comes back.
const DEVICE_SECONDS_MAX: i64 = 365 * 86_400;
/// Rows of one kind that one transaction forgets …
const BATCH_MAX: i64 = 1_000;
/// … and transactions of one hour: what is left waits for the next.
const BATCHES_MAX: u32 = 100;

/// The upkeep of the provider.
#[derive(Clone, Debug)]
pub struct Maintenance {
    pub provider: Provider,
    pub clock: Arc<dyn Clock>,
}

impl Maintenance {
    async fn rotate(&self, now: Timestamp) -> Result<(), Fault> {
        let shops = self.provider.db.read(async |tx| rows::signing_shops(tx).await).await?;
        for shop in shops {
            let cx = Context::new(shop, Actor::System("upkeep"), Arc::clone(&self.clock));
            let vault = self.provider.vault.clone();
            self.provider
                .db
                .write(async move |tx| {
                    let keys = rows::keys(tx, cx.shop).await?;
                    if signing::is_due(&keys, now) {
                        rows::insert_key(tx, cx.shop, &KeptKey::generate(&vault, cx.new_id(), now)?).await?;
                    }
                    for id in signing::outlived(&keys, now) {
                        rows::delete_key(tx, cx.shop, id).await?;
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }

    /// Forgets what has ended, a batch at a time; returns how many batches it took.
    async fn forget(&self, now: Timestamp) -> Result<u32, Fault> {
        let ago = |seconds: i64| now.plus_micros(-seconds * Timestamp::SECOND);
        let (before, oldest) = (ago(REMEMBERED_SECONDS), ago(GRANT_SECONDS_MAX + REMEMBERED_SECONDS));
        let (sessions, devices) = (ago(SESSION_SECONDS_MAX), ago(DEVICE_SECONDS_MAX));
        let db = &self.provider.db;
        db.write_bulk(async move |tx| crate::factors::forget_ceremonies(tx, now).await).await?;
        for batch in 1..=BATCHES_MAX {
            let most = db
                .write_bulk(async move |tx| {
                    let ours = accounts::rows::forget(tx, (sessions, devices), BATCH_MAX).await?;
                    Ok(ours.max(rows::forget(tx, (now, before, oldest), BATCH_MAX).await?))
                })
                .await?;
            if most < BATCH_MAX.unsigned_abs() {
                return Ok(batch);
            }
        }
        Ok(BATCHES_MAX)
    }
}

impl jobs::Upkeep for Maintenance {
    fn run<'a>(&'a self, now: Timestamp) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            self.rotate(now).await?;
            let batches = self.forget(now).await?;
            tracing::debug!(batches, "what ended long ago was forgotten");
            Ok(())
        }
        .boxed()
    }
}
