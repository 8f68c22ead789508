//! What was told: lists, the calls of one, having it told again, and a call to try an endpoint with.

use base::{Context, Fault, Id, Page, PageRequest, Timestamp};
use serde_json::json;
use vault::Place;

use super::{Webhooks, unknown};
use crate::{
    Attempt, Delivery, DeliveryView, Endpoint, Filter, Happening, Kind,
    announcing::event,
    rows::{self, deliveries, outbox},
};

impl Webhooks {
    /// Deliveries to an endpoint, the newest first.
    pub async fn deliveries(
        &self,
        cx: &Context,
        endpoint: Id<Endpoint>,
        filter: Filter,
        page: &PageRequest,
    ) -> Result<Page<DeliveryView>, Fault> {
        let (shop, limit) = (cx.shop, page.limit);
        let before = page.after_key().unwrap_or(Id::from_uuid(uuid::Uuid::max()));
        let found = self
            .db
            .read(async move |tx| {
                rows::endpoint(tx, shop, endpoint).await?.ok_or_else(unknown)?;
                deliveries::list(tx, (shop, endpoint), filter.state, before, limit + 1).await
            })
            .await?;
        Ok(Page::of(found, limit, |last| last.id.to_string()))
    }

    /// One delivery with its calls, the first first.
    pub async fn delivery(
        &self,
        cx: &Context,
        id: Id<Delivery>,
    ) -> Result<(DeliveryView, Vec<Attempt>), Fault> {
        let shop = cx.shop;
        let (view, kept, attempts) = self
            .db
            .read(async move |tx| {
                let view = deliveries::one(tx, shop, id).await?.ok_or_else(delivery_unknown)?;
                let kept = rows::endpoint(tx, shop, view.endpoint).await?;
                Ok((view, kept, deliveries::attempts(tx, shop, id).await?))
            })
            .await?;
        let key = kept.map(|kept| self.data_key(&kept)).transpose()?;
        let open = |(attempt, sealed): (Attempt, Vec<u8>)| {
            let opened = key.as_ref().map(|key| key.open(answer_place(&id), &sealed)).transpose()?;
            let answer = opened.map(|octets| String::from_utf8_lossy(&octets).into_owned());
            Ok::<_, Fault>(Attempt { answer, ..attempt })
        };
        let attempts = attempts.into_iter().map(open).collect::<Result<_, _>>()?;
        Ok((view, attempts))
    }

    /// Has an event told again, whether it was delivered or not: at once, and by the whole schedule if that fails.
    ///
    /// # Errors
    /// `webhook_disabled` while its endpoint is told nothing.
    pub async fn redeliver(&self, cx: &Context, id: Id<Delivery>) -> Result<DeliveryView, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        let view = self
            .db
            .write(async move |tx| {
                let view = deliveries::one(tx, shop, id).await?.ok_or_else(delivery_unknown)?;
                let kept = rows::endpoint(tx, shop, view.endpoint).await?.ok_or_else(unknown)?;
                told(&kept.endpoint)?;
                deliveries::again(tx, shop, id, now).await?;
                deliveries::one(tx, shop, id).await?.ok_or_else(delivery_unknown)
            })
            .await?;
        self.wake();
        Ok(view)
    }

    /// Has all told again that failed for an endpoint since then. Returns how many these are.
    pub async fn redeliver_failed(
        &self,
        cx: &Context,
        endpoint: Id<Endpoint>,
        since: Timestamp,
    ) -> Result<u64, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        let count = self
            .db
            .write(async move |tx| {
                told(&rows::endpoint(tx, shop, endpoint).await?.ok_or_else(unknown)?.endpoint)?;
                deliveries::again_since(tx, (shop, endpoint), since, now).await
            })
            .await?;
        self.wake();
        Ok(count)
    }

    /// Tries an endpoint: an event of its own, to it alone.
    pub async fn ping(&self, cx: &Context, endpoint: Id<Endpoint>) -> Result<DeliveryView, Fault> {
        let cx = cx.clone();
        let view = self
            .db
            .write(async move |tx| {
                told(&rows::endpoint(tx, cx.shop, endpoint).await?.ok_or_else(unknown)?.endpoint)?;
                let data = json!({ "endpoint": endpoint });
                let event = event(&Happening { cx: cx.clone(), kind: Kind::Ping, data })?;
                let id: Id<Delivery> = cx.new_id();
                outbox::insert(tx, cx.shop, &[outbox::New { event, deliveries: vec![(id, endpoint)] }])
                    .await?;
                deliveries::one(tx, cx.shop, id).await?.ok_or_else(delivery_unknown)
            })
            .await?;
        self.wake();
        Ok(view)
    }
}

fn told(endpoint: &Endpoint) -> Result<(), Fault> {
    if endpoint.disabled.is_none() {
        return Ok(());
    }
    Err(Fault::conflict("webhook_disabled", "The endpoint is told nothing; enable it first."))
}

fn delivery_unknown() -> Fault {
    Fault::not_found("delivery_unknown", "There is no such delivery; they are kept for 30 days.").field("id")
}

pub(crate) fn answer_place(id: &Id<Delivery>) -> Place<'_> {
    Place { table: "webhook_attempts", column: "answer", row: id.as_bytes() }
}
