//! A shop with its webhooks over a fresh database, with a clock that is moved.

use std::sync::Arc;

use base::{Actor, Context, Fault, FrozenClock, Id, PageRequest, ShopId, Timestamp};
use data_encoding::BASE64;
use db::{Db, Options};
use outward::Reach;
use serde_json::Value;
use vault::{KeyFile, Vault};
use webhooks::{
    Delivery, DeliveryView, Endpoint, Filter, Kind, NewEndpoint, Sender, Settings, Wanted, Webhooks,
    announce, signature::verify,
};

use crate::receiver::{Call, Receiver};

pub struct House {
    pub db: Db,
    pub vault: Vault,
    pub webhooks: Webhooks,
    pub clock: Arc<FrozenClock>,
    pub cx: Context,
    pub sender: Sender,
    _folder: tempfile::TempDir,
}

/// Where calls may go in these stories: to the Internet and to this machine.
pub fn here() -> Reach {
    Reach::Public { except: vec!["127.0.0.0/8".parse().unwrap()] }
}

impl House {
    pub async fn open(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let embedded = || format!("sqlite:{}", folder.path().join("test.sqlite").display());
        let db = Db::open(&database.unwrap_or_else(embedded), Options::default()).await.unwrap();
        db.migrate(&[db::MIGRATIONS, jobs::MIGRATIONS, webhooks::MIGRATIONS].concat()).await.unwrap();
        let vault = Vault::new(KeyFile::generate());
        let webhooks = Webhooks::new(db.clone(), vault.clone(), here());
        let clock = Arc::new(FrozenClock::at("2024-03-01T12:00:00Z".parse().unwrap()));
        let cx = Context::new(
            ShopId::from_uuid(uuid::Uuid::from_u128(7)),
            Actor::System("test"),
            clock.clone() as Arc<dyn base::Clock>,
        );
        let sender = Sender::new(webhooks.clone(), clock.clone(), &Settings::default());
        Self { db, vault, webhooks, clock, cx, sender, _folder: folder }
    }

    pub fn wait(&self, seconds: i64) {
        self.clock.advance_micros(seconds * Timestamp::SECOND);
    }

    /// An endpoint that is told of these, of everything if there are none.
    pub async fn endpoint(&self, receiver: &Receiver, kinds: &[Kind]) -> NewEndpoint {
        let kinds = Some(kinds.to_vec()).filter(|kinds| !kinds.is_empty());
        let wanted = Wanted { url: receiver.url.clone(), description: "Shop".to_owned(), kinds };
        self.webhooks.create(&self.cx, wanted).await.unwrap()
    }

    /// Something happens.
    pub async fn happens(&self, kind: Kind) {
        self.happens_and(kind, Ok(())).await.unwrap();
    }

    /// Something happens, and then what it is part of comes to this end.
    pub async fn happens_and(&self, kind: Kind, end: Result<(), Fault>) -> Result<(), Fault> {
        let cx = self.cx.clone();
        self.db
            .write(async move |tx| {
                announce(tx, &cx, kind, kind.example()).await?;
                end.clone()
            })
            .await
    }

    /// All deliveries to an endpoint, the newest first.
    pub async fn deliveries(&self, endpoint: Id<Endpoint>) -> Vec<DeliveryView> {
        let page = PageRequest::new(Some(200), None);
        self.webhooks.deliveries(&self.cx, endpoint, Filter::default(), &page).await.unwrap().items
    }

    /// The only one.
    pub async fn delivery(&self, endpoint: Id<Endpoint>) -> DeliveryView {
        let mut all = self.deliveries(endpoint).await;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    pub async fn answers(&self, id: Id<Delivery>) -> Vec<(Option<u16>, Option<String>)> {
        let (_, attempts) = self.webhooks.delivery(&self.cx, id).await.unwrap();
        attempts.into_iter().map(|attempt| (attempt.status, attempt.answer)).collect()
    }

    pub async fn count(&self, sql: db::Sql) -> i64 {
        self.db.read(async move |tx| Ok(tx.one(sql, &[]).await?.get(0)?)).await.unwrap()
    }
}

/// Whether a call is signed with a secret as it was shown: read by our own reading of the specification, from the text alone.
pub fn is_signed_with(call: &Call, shown: &str) -> bool {
    let octets = BASE64.decode(shown.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    let (id, at) = (call.header("webhook-id"), call.timestamp());
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&octets).unwrap();
    mac.update(format!("{id}.{at}.{}", call.body).as_bytes());
    let wanted = format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
    call.header("webhook-signature").split(' ').any(|one| one == wanted)
}

pub fn body(call: &Call) -> Value {
    serde_json::from_str(&call.body).unwrap()
}

/// Nothing that our own check accepts is signed otherwise.
pub fn is_forged(call: &Call) -> bool {
    let other = webhooks::signature::Key::generate();
    verify(
        &[&other],
        call.header("webhook-id"),
        call.timestamp(),
        call.body.as_bytes(),
        call.header("webhook-signature"),
    )
}
