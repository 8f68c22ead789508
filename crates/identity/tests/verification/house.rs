//! Verifications over a fresh database, as one or more programs that share it. Their clock stands still until it is moved.

use std::{sync::Arc, time::Duration};

use base::{Actor, Context, Fault, FrozenClock, Id, Secret, ShopId};
use customers::{
    Customers, Details, Linker, PersonaStore,
    identity::{Identity, NewPersona},
    linking::Rules,
};
use db::{Db, Options};
use history::LinkDates;
use identity::{
    Shops, Verifications,
    verification::{Check, Checked, Outcome, Purpose, Settings, Start, Verification, Visitor, Which},
};
use messaging::{Composer as _, Messages, Routes};
use numbering::PhoneNumber;
use risk::Risk;
use vault::{KeyFile, Vault};

pub struct House {
    url: String,
    keys: String,
    pub cx: Context,
    clock: Arc<FrozenClock>,
    _folder: tempfile::TempDir,
}

/// One program at work.
pub struct Program {
    pub customers: Customers,
    pub verifications: Verifications,
}

impl House {
    pub async fn open(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let embedded = || format!("sqlite:{}", folder.path().join("shop.sqlite").display());
        let url = database.unwrap_or_else(embedded);
        let path = folder.path().join("keys");
        KeyFile::generate().create(&path).unwrap();
        let keys = std::fs::read_to_string(&path).unwrap();
        let db = Db::open(&url, Options::default()).await.unwrap();
        let migrations = [
            db::MIGRATIONS,
            jobs::MIGRATIONS,
            webhooks::MIGRATIONS,
            identity::MIGRATIONS,
            customers::MIGRATIONS,
            history::MIGRATIONS,
            messaging::MIGRATIONS,
            risk::MIGRATIONS,
        ];
        db.migrate(&migrations.concat()).await.unwrap();
        let shop: ShopId = Shops::new(db).ensure("aurora", "Aurora").await.unwrap().id;
        let clock = Arc::new(FrozenClock::at("2026-03-01T12:00:00Z".parse().unwrap()));
        let cx = Context::new(shop, Actor::System("test"), clock.clone());
        Self { url, keys, cx, clock, _folder: folder }
    }

    pub async fn program(&self) -> Program {
        self.program_with(Settings::default()).await
    }

    /// A program that has just begun: it has nothing but the database and the keys.
    pub async fn program_with(&self, settings: Settings) -> Program {
        let db = Db::open(&self.url, Options { connections: 4, ..Options::default() }).await.unwrap();
        let vault = Vault::new(KeyFile::parse(&self.keys).unwrap());
        let linker = Linker::new(db.clone(), vault.clone(), Rules::default(), Arc::new(LinkDates));
        let customers = Customers::new(linker);
        let messages = Messages::new(db.clone(), vault.clone(), Routes::default());
        let risk = Risk::new(db.clone(), vault.clone(), risk::Settings::default(), Vec::new());
        let verifications = Verifications::new(db, vault, messages, customers.clone(), risk, settings);
        Program { customers, verifications }
    }

    async fn db(&self) -> Db {
        Db::open(&self.url, Options { connections: 2, ..Options::default() }).await.unwrap()
    }

    pub async fn jobs_waiting(&self) -> u64 {
        jobs::counts(&self.db().await).await.unwrap().waiting
    }

    /// How many records of people there are.
    pub async fn personas(&self) -> i64 {
        let count = db::sql!("SELECT COUNT(*) FROM personas");
        self.db().await.read(async move |tx| Ok(tx.one(count, &[]).await?.get(0)?)).await.unwrap()
    }

    /// Brings the record of a person as an import does that has not come to linking yet.
    pub async fn bring_unlinked(&self, e164: &str, name: &str) {
        let vault = Vault::new(KeyFile::parse(&self.keys).unwrap());
        let indexes = vault.indexes(self.cx.shop);
        let details = Details { name: Some(name.to_owned()), ..Details::default() };
        let identity = Identity { number: Some(number(e164)), details };
        let mut encoded = Vec::new();
        identity.encode(&mut encoded);
        let keys = identity.keys(&indexes, &encoded);
        let (id, now) = (self.cx.new_id(), self.cx.now());
        let record = NewPersona::seal(&vault, &indexes, (&identity, keys, encoded.as_slice()), id, now);
        let store = PersonaStore { shop: self.cx.shop };
        let db = self.db().await;
        let bring = db.write_bulk(async move |tx| {
            store.add(tx, std::slice::from_ref(&record)).await?;
            store.mark(tx, &[(record.keys.anchor, record.id)]).await
        });
        bring.await.unwrap();
    }

    /// Makes what is sealed of everybody so far unreadable, as a fault of the disk would.
    pub async fn spoil_personas(&self) {
        let spoil = db::sql!("UPDATE personas SET details = wrapped_key");
        self.db().await.write(async move |tx| Ok(tx.execute(spoil, &[]).await?)).await.unwrap();
    }

    /// The chain of the shop's audit trail is whole.
    pub async fn audit_holds(&self) {
        let vault = Vault::new(KeyFile::parse(&self.keys).unwrap());
        db::audit::verify(&self.db().await, self.cx.shop, &vault.indexes(self.cx.shop)).await.unwrap();
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance_micros(i64::try_from(by.as_micros()).unwrap());
    }
}

pub const SECOND: Duration = Duration::from_secs(1);
pub const DAY: Duration = Duration::from_secs(86_400);

pub fn number(e164: &str) -> PhoneNumber {
    PhoneNumber::from_e164(e164).unwrap()
}

pub fn sign_in(e164: &str) -> Start {
    Start::new(number(e164), Purpose::SignIn)
}

impl Program {
    /// Starts; the code must have been sent.
    pub async fn sent(&self, house: &House, start: Start) -> Id<Verification> {
        let started = self.verifications.start(&house.cx, start).await.unwrap();
        assert_eq!(started.refused, None);
        started.verification.id
    }

    /// Starts, whether anything is sent or not.
    pub async fn asked(&self, house: &House, start: Start) -> Id<Verification> {
        self.verifications.start(&house.cx, start).await.unwrap().verification.id
    }

    /// The code that a message with this verification would carry at this moment.
    pub async fn code(&self, house: &House, id: Id<Verification>) -> String {
        let composed = self.verifications.compose(&house.cx, &id.to_string()).await.unwrap();
        let text = composed.expect("it waits for its code").text;
        text.reveal()
            .split(|c: char| !c.is_ascii_digit())
            .find(|digits| digits.len() >= 4)
            .unwrap()
            .to_owned()
    }

    pub async fn check(&self, house: &House, id: Id<Verification>, code: &str) -> Result<Checked, Fault> {
        self.check_as(house, id, code, Purpose::SignIn, Visitor::default()).await
    }

    pub async fn check_as(
        &self,
        house: &House,
        id: Id<Verification>,
        code: &str,
        purpose: Purpose,
        visitor: Visitor,
    ) -> Result<Checked, Fault> {
        let code = Secret::new(code.to_owned());
        self.verifications.check(&house.cx, Check { which: Which::Id(id), purpose, code, visitor }).await
    }

    pub async fn outcome(&self, house: &House, id: Id<Verification>, code: &str) -> Outcome {
        self.check(house, id, code).await.unwrap().outcome
    }
}

/// A code that is certainly another one.
pub fn wrong(code: &str) -> String {
    let last = code.len() - 1;
    let digit = if code.ends_with('9') { '0' } else { '9' };
    format!("{}{digit}", &code[..last])
}
