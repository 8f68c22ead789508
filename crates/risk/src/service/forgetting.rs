//! What is forgotten: assessments, answers and counts of long ago, and what was assessed about a person who is erased.

use base::{Context, Fault, Id, ShopId, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use numbering::PhoneNumber;

use super::{Risk, current};
use crate::{
    assessment::Assessment,
    rows::{self, marks},
    sources::{HOURS, hour_of},
};

/// How long assessments are kept, in days.
pub const KEPT_DAYS: i64 = 90;

/// A number for as long as one person held it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    pub number: PhoneNumber,
    pub from: Timestamp,
    /// `None` while it is still theirs.
    pub until: Option<Timestamp>,
}

/// Less than every id that was made at this time or later.
pub(super) fn first_id_at(at: Timestamp) -> Id<Assessment> {
    let millis = u64::try_from(at.as_micros() / 1000).unwrap_or(0);
    Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
}

impl Risk {
    /// Destroys the keys of what was assessed about these numbers in these times, and forgets what operators said of them. That there were assessments stays known, and what was
    /// decided. Returns how many there were.
    pub async fn erase(&self, cx: &Context, spans: &[Span]) -> Result<u64, Fault> {
        let shop = cx.shop;
        let spans: Vec<([u8; 32], (Timestamp, Timestamp))> = spans
            .iter()
            .map(|span| {
                let key = self.number_key(cx, current(span.number));
                (key, (span.from, span.until.unwrap_or(Timestamp::MAX)))
            })
            .collect();
        self.db
            .write(async move |tx| {
                let mut erased = 0;
                for (key, times) in &spans {
                    erased += rows::erase(tx, shop, key, *times).await?;
                    rows::forget_number(tx, shop, key).await?;
                }
                Ok(erased)
            })
            .await
    }

    async fn forget(&self, now: Timestamp) -> Result<u64, Fault> {
        let shops: Vec<ShopId> = self.db.read(async |tx| rows::shops(tx).await).await?;
        let (first, hour) = (first_id_at(now.plus_micros(-KEPT_DAYS * Timestamp::DAY)), hour_of(now) - HOURS);
        self.db
            .write_bulk(async move |tx| {
                let mut forgotten = rows::forget_findings(tx, now).await? + marks::forget(tx, hour).await?;
                for shop in &shops {
                    forgotten += rows::forget(tx, *shop, first).await?;
                }
                Ok(forgotten)
            })
            .await
    }
}

/// Forgets now and then.
#[derive(Debug)]
pub struct Forgetting(pub Risk);

impl jobs::Upkeep for Forgetting {
    fn run<'a>(&'a self, now: Timestamp) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let forgotten = self.0.forget(now).await?;
            tracing::debug!(forgotten, "old assessments were forgotten");
            Ok(())
        }
        .boxed()
    }
}
