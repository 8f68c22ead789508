//! Risk over a fresh database. The clock stands still until it is moved.

use std::sync::Arc;

use base::{Actor, Context, FrozenClock, Id, PageRequest, Timestamp};
use customers::{Customers, Linker, linking::Rules};
use db::{Db, Options};
use history::LinkDates;
use numbering::PhoneNumber;
use risk::{
    Risk, Settings, Source,
    sources::{Counted, Holders, Line},
};
use vault::{KeyFile, Vault};

pub const AINO: &str = "+358401234567";

pub struct House {
    db: Db,
    vault: Vault,
    pub cx: Context,
    clock: Arc<FrozenClock>,
    _folder: tempfile::TempDir,
}

impl House {
    pub async fn open(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let embedded = || format!("sqlite:{}", folder.path().join("shop.sqlite").display());
        let url = database.unwrap_or_else(embedded);
        let db = Db::open(&url, Options { connections: 4, ..Options::default() }).await.unwrap();
        let migrations =
            [db::MIGRATIONS, jobs::MIGRATIONS, customers::MIGRATIONS, history::MIGRATIONS, risk::MIGRATIONS];
        db.migrate(&migrations.concat()).await.unwrap();
        let clock = Arc::new(FrozenClock::at("2026-03-01T12:00:00Z".parse().unwrap()));
        let cx = Context::new(Id::from_uuid(uuid::Uuid::from_u128(1)), Actor::System("test"), clock.clone());
        Self { db, vault: Vault::new(KeyFile::generate()), cx, clock, _folder: folder }
    }

    /// The house itself, and these beside it.
    pub fn risk(&self, settings: Settings, more: Vec<Arc<dyn Source>>) -> Risk {
        let linker = Linker::new(self.db.clone(), self.vault.clone(), Rules::default(), Arc::new(LinkDates));
        let mut sources: Vec<Arc<dyn Source>> = vec![
            Arc::new(Line),
            Arc::new(Counted::new(self.db.clone(), self.vault.clone(), settings.velocity)),
            Arc::new(Holders::new(Customers::new(linker), settings.changed_hands_days)),
        ];
        sources.extend(more);
        Risk::new(self.db.clone(), self.vault.clone(), settings, sources)
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance_micros(seconds * Timestamp::SECOND);
    }

    pub async fn other_shop(&self) -> Context {
        Context::new(Id::from_uuid(uuid::Uuid::from_u128(2)), Actor::System("test"), self.cx.clock())
    }

    /// Action, subject and reason of all entries.
    pub async fn audit(&self) -> Vec<(String, String, String)> {
        let page = db::audit::list(&self.db, self.cx.shop, None, &PageRequest::default()).await.unwrap();
        page.items.into_iter().map(|one| (one.action, one.subject, one.reason)).collect()
    }
}

pub fn number(e164: &str) -> PhoneNumber {
    PhoneNumber::from_e164(e164).unwrap()
}
