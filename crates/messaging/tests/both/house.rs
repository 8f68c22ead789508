//! A house with two providers that answer as they are told, on either database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use base::{Actor, Context, Fault, FrozenClock, ShopId, Timestamp};
use db::{Db, Options};
use futures::{FutureExt as _, future::BoxFuture};
use messaging::{
    Channel, Composed, Composer, Content, Messages, NewMessage, Outcome, Provider, Purpose, Receipt, Route,
    Routes, Sender, State, Submission, Subscriber, Text,
};
use numbering::PhoneNumber;
use vault::{KeyFile, Vault};

/// A provider that answers as it is told, and remembers what it was asked.
#[derive(Debug, Default)]
pub struct Scripted {
    name: String,
    pub asked: Mutex<Vec<Submission>>,
    answers: Mutex<Vec<Outcome>>,
}

impl Scripted {
    pub fn named(name: &str) -> Arc<Self> {
        Arc::new(Self { name: name.to_owned(), ..Self::default() })
    }

    /// What it answers next; after that it accepts everything.
    pub fn answer(&self, outcome: Outcome) {
        self.answers.lock().unwrap().push(outcome);
    }

    pub fn texts(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|asked| asked.content.text.reveal().to_owned()).collect()
    }
}

impl Provider for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn send(&self, submission: Submission) -> BoxFuture<'_, Outcome> {
        let reference = format!("{}-{}", self.name, submission.message);
        self.asked.lock().unwrap().push(submission);
        let mut answers = self.answers.lock().unwrap();
        let outcome = if answers.is_empty() { Outcome::Accepted { reference } } else { answers.remove(0) };
        async move { outcome }.boxed()
    }
}

/// Makes `Your code is REFERENCE`; wants nothing of `cancelled`, and fails once for `flaky`.
#[derive(Debug, Default)]
struct Codes(Mutex<HashMap<String, u32>>);

impl Composer for Codes {
    fn compose<'a>(
        &'a self,
        _: &'a Context,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<Composed>, Fault>> {
        let count = {
            let mut seen = self.0.lock().unwrap();
            let count = seen.entry(reference.to_owned()).or_insert(0);
            *count += 1;
            *count
        };
        async move {
            match reference {
                "cancelled" => Ok(None),
                "flaky" if count == 1 => Err(Fault::unavailable("not_now", "Not now.")),
                _ => Ok(Some(Composed::of(Text::parse(&format!("Your code is {reference}"))?))),
            }
        }
        .boxed()
    }
}

pub struct House {
    pub db: Db,
    pub messages: Messages,
    pub clock: Arc<FrozenClock>,
    pub first: Arc<Scripted>,
    pub second: Arc<Scripted>,
    pub sender: Sender,
    pub cx: Context,
    pub vault: Vault,
}

pub fn route(purpose: &str, provider: &str) -> Route {
    Route {
        channel: Channel::Sms,
        prefix: String::new(),
        purpose: purpose.to_owned(),
        provider: provider.to_owned(),
        from: "Shop".to_owned(),
        price: Some("0.05 EUR".to_owned()).map(|text| messaging::Price::parse(&text).unwrap()),
    }
}

impl House {
    pub async fn open(db: Db) -> Self {
        let vault = Vault::new(KeyFile::generate());
        let routes = Routes::new(vec![route("", "first"), route("", "second"), route("lost", "nobody")]);
        let messages = Messages::new(db.clone(), vault.clone(), routes)
            .told_to(&[Subscriber { purpose: "verification", job_kind: "verification.told" }], &["heard"]);
        let clock = Arc::new(FrozenClock::at("2024-03-01T12:00:00Z".parse().unwrap()));
        let (first, second) = (Scripted::named("first"), Scripted::named("second"));
        let sender = Sender::new(messages.clone(), clock.clone(), 100)
            .provider(first.clone())
            .provider(second.clone())
            .composer("codes", Arc::new(Codes::default()));
        let shop = ShopId::from_uuid(uuid::Uuid::from_u128(7));
        let cx = Context::new(shop, Actor::System("test"), clock.clone());
        Self { db, messages, clock, first, second, sender, cx, vault }
    }

    pub fn message(&self, content: Content) -> NewMessage {
        NewMessage {
            to: PhoneNumber::from_e164("+358401234567").unwrap(),
            channel: Channel::Sms,
            purpose: Purpose::known("verification.sign_in"),
            content,
            give_up_at: self.cx.now().plus_micros(600 * Timestamp::SECOND),
        }
    }

    pub async fn ask(&self, text: &str) -> base::Id<messaging::Message> {
        self.enqueue(self.message(Content::Plain(Text::parse(text).unwrap()))).await
    }

    /// As the program itself asks: no rule for outsiders counts.
    pub async fn enqueue(&self, message: NewMessage) -> base::Id<messaging::Message> {
        let (messages, cx) = (self.messages.clone(), self.cx.clone());
        let asked = self.db.write(async move |tx| messages.enqueue(tx, &cx, message.clone()).await);
        asked.await.unwrap()
    }

    /// A provider tells.
    pub async fn tell(&self, receipts: Vec<Receipt>) {
        self.messages.receipts(&self.cx.clock(), receipts).await.unwrap();
    }

    pub async fn state(&self, id: base::Id<messaging::Message>) -> State {
        self.messages.get(&self.cx, id).await.unwrap().state
    }

    pub fn seconds(&self, seconds: i64) {
        self.clock.advance_micros(seconds * Timestamp::SECOND);
    }

    /// What subscribers were told, in order.
    pub async fn told(&self, kind: &str) -> Vec<serde_json::Value> {
        #[derive(Default)]
        struct Heard(Mutex<Vec<serde_json::Value>>);
        impl jobs::Handler for Heard {
            fn run<'a>(&'a self, _: &'a Context, job: &'a jobs::Job) -> BoxFuture<'a, Result<(), Fault>> {
                self.0.lock().unwrap().push(job.payload.clone());
                async { Ok(()) }.boxed()
            }
        }
        let heard = Arc::new(Heard::default());
        let kind: &'static str = Box::leak(kind.to_owned().into_boxed_str());
        let worker = jobs::Worker::new(self.db.clone(), self.clock.clone()).handle(kind, heard.clone());
        while worker.run_once().await.unwrap() > 0 {}
        let mut told = std::mem::take(&mut *heard.0.lock().unwrap());
        told.sort_by_key(|payload| payload.to_string());
        told
    }
}

/// Runs a story on SQLite and on PostgreSQL.
pub fn on_both(story: impl AsyncFn(House)) {
    testkit::stories::on_both(async |url| {
        let db = Db::open(url, Options::default()).await.unwrap();
        for migrations in [db::MIGRATIONS, jobs::MIGRATIONS, webhooks::MIGRATIONS, messaging::MIGRATIONS] {
            db.migrate(migrations).await.unwrap();
        }
        story(House::open(db).await).await;
    });
}
