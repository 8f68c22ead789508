//! What is done every hour: another signing key when it is time, and forgetting what has ended.

use std::sync::Arc;

use base::{Actor, Clock, Context, Fault, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};

use super::{
    Provider, rows,
    signing::{self, KeptKey},
};

/// Codes and tokens are remembered for so long after their end, so that a theft still shows.
const REMEMBERED_SECONDS: i64 = 7 * 86_400;

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
}

impl jobs::Upkeep for Maintenance {
    fn run<'a>(&'a self, now: Timestamp) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            self.rotate(now).await?;
            let before = now.plus_micros(-REMEMBERED_SECONDS * Timestamp::SECOND);
            let forgotten = self
                .provider
                .db
                .write_bulk(async move |tx| {
                    crate::factors::forget_ceremonies(tx, now).await?;
                    rows::forget(tx, now, before).await
                })
                .await?;
            tracing::debug!(forgotten, "old codes and tokens were forgotten");
            Ok(())
        }
        .boxed()
    }
}
