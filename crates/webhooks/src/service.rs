//! The verbs of webhooks: make endpoints and change them, look how calls went, have events told again.

pub(crate) mod deliveries;

use std::sync::Arc;

use base::{Actor, Context, Fault, Id, ShopId, Timestamp};
use db::{
    Db, Tx,
    audit::{self, Entry},
};
use outward::Reach;
use serde_json::{Value, json};
use tokio::sync::Notify;
use vault::{DataKey, Place, Vault};

use crate::{
    Change, Counts, DisabledWhy, Endpoint, Health, Kind, NewEndpoint, Wanted,
    endpoint::{self, Keys},
    rows::{self, Kept, health},
    signature::Key,
};

/// Endpoints of one shop.
const ENDPOINTS_MAX: usize = 20;
/// How long the secret before still signs.
const OLD_SECRET_MICROS: i64 = Timestamp::DAY;

/// The webhooks of the installation; every verb is told by its context which shop's. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Webhooks {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) reach: Arc<Reach>,
    pub(crate) wake: Arc<Notify>,
}

impl Webhooks {
    /// `reach` says where calls may go.
    pub fn new(db: Db, vault: Vault, reach: Reach) -> Self {
        Self { db, vault, reach: Arc::new(reach), wake: Arc::new(Notify::new()) }
    }

    /// Tells the sender of this process that there is something to tell.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    pub async fn create(&self, cx: &Context, wanted: Wanted) -> Result<NewEndpoint, Fault> {
        let asked = wanted.kinds.unwrap_or_else(|| Kind::subscribable().collect());
        let endpoint = Endpoint {
            id: cx.new_id(),
            url: endpoint::address(&wanted.url, &self.reach)?,
            description: endpoint::description(&wanted.description)?,
            kinds: endpoint::kinds(&asked)?,
            created_at: cx.now(),
            disabled: None,
            old_secret_until: None,
        };
        let key = Key::generate();
        let (data_key, wrapped_key) = self.vault.new_data_key(endpoint.id.as_bytes());
        let secret = data_key.seal(secret_place(&endpoint.id), key.bytes());
        let new = Kept { shop: cx.shop, endpoint, wrapped_key, secret, old_secret: None };
        let (this, cx, kept) = (self.clone(), cx.clone(), new.clone());
        self.db
            .write(async move |tx| {
                if rows::endpoints(tx, cx.shop).await?.len() >= ENDPOINTS_MAX {
                    let message = format!("A shop has at most {ENDPOINTS_MAX} endpoints.");
                    return Err(Fault::conflict("webhooks_too_many", message));
                }
                rows::insert(tx, &kept).await?;
                this.note(tx, &cx, "webhooks.create", &kept.endpoint, "endpoint made").await
            })
            .await?;
        Ok(NewEndpoint { endpoint: new.endpoint, secret: key.shown() })
    }

    /// All endpoints of the shop, by age.
    pub async fn list(&self, cx: &Context) -> Result<Vec<Endpoint>, Fault> {
        let shop = cx.shop;
        let found = self.db.read(async move |tx| rows::endpoints(tx, shop).await).await?;
        Ok(found.into_iter().map(|kept| kept.endpoint).collect())
    }

    pub async fn get(&self, cx: &Context, id: Id<Endpoint>) -> Result<Endpoint, Fault> {
        let shop = cx.shop;
        let found = self.db.read(async move |tx| rows::endpoint(tx, shop, id).await).await?;
        found.map(|kept| kept.endpoint).ok_or_else(unknown)
    }

    /// How calls to an endpoint went.
    pub async fn health(&self, cx: &Context, id: Id<Endpoint>) -> Result<Health, Fault> {
        let (shop, now) = (cx.shop, cx.now());
        self.db.read(async move |tx| health::whole(tx, (shop, id), now).await).await
    }

    /// Counts for metrics, over all shops.
    pub async fn counts(&self) -> Result<Counts, Fault> {
        self.db.read(async |tx| health::counts(tx).await).await
    }

    /// Changes where an endpoint is, how it is described, or what it is told of.
    pub async fn change(&self, cx: &Context, id: Id<Endpoint>, change: Change) -> Result<Endpoint, Fault> {
        let url = change.url.map(|url| endpoint::address(&url, &self.reach)).transpose()?;
        let description = change.description.map(|text| endpoint::description(&text)).transpose()?;
        let kinds = change.kinds.map(|kinds| endpoint::kinds(&kinds)).transpose()?;
        self.alter(cx, id, ("webhooks.change", "endpoint changed"), move |kept| {
            let endpoint = &mut kept.endpoint;
            if let Some(url) = &url {
                endpoint.url.clone_from(url);
            }
            if let Some(description) = &description {
                endpoint.description.clone_from(description);
            }
            if let Some(kinds) = &kinds {
                endpoint.kinds.clone_from(kinds);
            }
            Ok(())
        })
        .await
    }

    /// A new secret. The one before signs beside it for a day, so that the receiver can change over at leisure.
    pub async fn rotate(&self, cx: &Context, id: Id<Endpoint>) -> Result<NewEndpoint, Fault> {
        let key = Key::generate();
        let (new, vault, until) = (key.clone(), self.vault.clone(), cx.now().plus_micros(OLD_SECRET_MICROS));
        let changed = self.alter(cx, id, ("webhooks.rotate", "secret renewed"), move |kept| {
            let data_key = vault.unwrap(&kept.wrapped_key, id.as_bytes())?;
            let before = data_key.open(secret_place(&id), &kept.secret)?;
            kept.old_secret = Some(data_key.seal(old_secret_place(&id), &before));
            kept.secret = data_key.seal(secret_place(&id), new.bytes());
            kept.endpoint.old_secret_until = Some(until);
            Ok(())
        });
        Ok(NewEndpoint { endpoint: changed.await?, secret: key.shown() })
    }

    /// An endpoint that is told nothing: neither of what happens meanwhile, nor of what waits, until it is told again.
    pub async fn disable(&self, cx: &Context, id: Id<Endpoint>) -> Result<Endpoint, Fault> {
        self.disable_for(cx, id, DisabledWhy::Asked).await
    }

    pub(crate) async fn disable_for(
        &self,
        cx: &Context,
        id: Id<Endpoint>,
        why: DisabledWhy,
    ) -> Result<Endpoint, Fault> {
        let words = match why {
            DisabledWhy::Asked => "endpoint disabled",
            DisabledWhy::Gone => "it answered 410 Gone",
            DisabledWhy::Failing => "every call failed for five days",
        };
        let now = cx.now();
        self.alter(cx, id, ("webhooks.disable", words), move |kept| {
            kept.endpoint.disabled.get_or_insert((now, why));
            Ok(())
        })
        .await
    }

    /// An endpoint is told again; what waited for it is told now.
    pub async fn enable(&self, cx: &Context, id: Id<Endpoint>) -> Result<Endpoint, Fault> {
        let shop = cx.shop;
        self.db.write(async move |tx| health::forgive(tx, shop, id).await).await?;
        let enabled = self.alter(cx, id, ("webhooks.enable", "endpoint enabled"), |kept| {
            kept.endpoint.disabled = None;
            Ok(())
        });
        let enabled = enabled.await?;
        self.wake();
        Ok(enabled)
    }

    pub async fn remove(&self, cx: &Context, id: Id<Endpoint>) -> Result<(), Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.db
            .write(async move |tx| {
                let kept = rows::endpoint(tx, cx.shop, id).await?.ok_or_else(unknown)?;
                rows::remove(tx, cx.shop, id, cx.now()).await?;
                this.note(tx, &cx, "webhooks.remove", &kept.endpoint, "endpoint removed").await
            })
            .await
    }

    /// Changes one, if the change is one, and notes it in the trail.
    async fn alter(
        &self,
        cx: &Context,
        id: Id<Endpoint>,
        (action, why): (&'static str, &'static str),
        change: impl Fn(&mut Kept) -> Result<(), Fault> + Send + 'static,
    ) -> Result<Endpoint, Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.db
            .write(async move |tx| {
                let before = rows::endpoint(tx, cx.shop, id).await?.ok_or_else(unknown)?;
                let mut kept = before.clone();
                change(&mut kept)?;
                if kept.endpoint != before.endpoint || kept.secret != before.secret {
                    rows::update(tx, &kept).await?;
                    this.note(tx, &cx, action, &kept.endpoint, why).await?;
                }
                Ok(kept.endpoint)
            })
            .await
    }

    async fn note(
        &self,
        tx: &mut Tx,
        cx: &Context,
        action: &'static str,
        endpoint: &Endpoint,
        reason: &'static str,
    ) -> Result<(), Fault> {
        let subject = audit::subject("webhook", endpoint.id);
        let entry = Entry { action, subject, customer: None, reason, details: noted(endpoint) };
        audit::append(tx, cx, &self.vault.indexes(cx.shop), entry).await?;
        Ok(())
    }

    pub(crate) fn data_key(&self, kept: &Kept) -> Result<DataKey, Fault> {
        Ok(self.vault.unwrap(&kept.wrapped_key, kept.endpoint.id.as_bytes())?)
    }

    /// What calls to an endpoint are signed with now.
    pub(crate) fn keys(&self, kept: &Kept, now: Timestamp) -> Result<Keys, Fault> {
        let (id, data_key) = (&kept.endpoint.id, self.data_key(kept)?);
        let is_old_good = kept.endpoint.old_secret_until.is_some_and(|until| now < until);
        let before = kept.old_secret.as_deref().filter(|_| is_old_good);
        let before = before.map(|sealed| data_key.open(old_secret_place(id), sealed)).transpose()?;
        Ok(Keys {
            now: Key::from_bytes(data_key.open(secret_place(id), &kept.secret)?),
            before: before.map(Key::from_bytes),
        })
    }
}

/// What the trail keeps of an endpoint: the host of its address, since the rest of it may be a secret.
fn noted(endpoint: &Endpoint) -> Value {
    let host = url::Url::parse(&endpoint.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let kinds: Vec<&str> = endpoint.kinds.iter().map(|kind| kind.code()).collect();
    json!({ "host": host, "events": kinds })
}

pub(crate) fn unknown() -> Fault {
    Fault::not_found("webhook_endpoint_unknown", "There is no such endpoint.").field("id")
}

/// The circumstances in which webhooks themselves act.
pub(crate) fn context(shop: ShopId, clock: &Arc<dyn base::Clock>) -> Context {
    Context::new(shop, Actor::System("webhooks"), Arc::clone(clock))
}

fn secret_place(id: &Id<Endpoint>) -> Place<'_> {
    Place { table: "webhook_endpoints", column: "secret", row: id.as_bytes() }
}

fn old_secret_place(id: &Id<Endpoint>) -> Place<'_> {
    Place { table: "webhook_endpoints", column: "old_secret", row: id.as_bytes() }
}
