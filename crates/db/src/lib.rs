//! Both databases behind one door: SQLite embedded, PostgreSQL as a server, one SQL text for both.
//!
//! Every write that somebody waits for is [`Db::write`]: on SQLite a closure run on the one writer thread within a commit that it shares with others
//! (group commit), and undone alone if it fails, on PostgreSQL a SERIALIZABLE transaction that is run again, a bounded number of times, when it loses to another. The closure may
//! run more than once, so it does nothing but read and write through its [`Tx`]. An answer is given only after the commit.
//! Long work that acknowledges nothing before its end writes [`Stages`].
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use db::{Db, Options, params, sql};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let url = format!("sqlite:{}", folder.path().join("shop.db").display());
//! let db = Db::open(&url, Options::default()).await.unwrap();
//! db.migrate(&[("doc/1", "CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT NOT NULL);")]).await.unwrap();
//! db.write(async |tx| Ok(tx.execute(sql!("INSERT INTO notes (id, text) VALUES ($1, $2)"), &params![1, "hello"]).await?))
//!     .await
//!     .unwrap();
//! let text: String = db.read(async |tx| Ok(tx.one(sql!("SELECT text FROM notes WHERE id = $1"), &params![1]).await?.get(0)?)).await.unwrap();
//! assert_eq!(text, "hello");
//! # });
//! ```

pub mod audit;
mod error;
pub mod idempotency;
mod migrate;
mod postgres;
pub mod seal;
mod sql;
mod sqlite;
mod stages;
mod tls;
pub mod together;
mod tx;
mod value;

use std::{fmt, path::PathBuf, sync::Arc};

use base::Fault;

pub use error::DbError;
pub use sql::Sql;
#[doc(hidden)]
pub use sql::question_marks;
pub use sqlite::{breathe, give_way};
pub use stages::Stages;
pub use tx::Tx;
pub use value::{Batch, FromValue, Row, Value};

/// A migration: its name, kept for ever, and its text in our vocabulary. See [`Db::migrate`].
pub type Migration = (&'static str, &'static str);

/// The tables of this crate itself.
pub const MIGRATIONS: &[Migration] = &[
    ("db/0001_audit", include_str!("../migrations/0001_audit.sql")),
    ("db/0002_sealed_with", include_str!("../migrations/0002_sealed_with.sql")),
    ("db/0003_idempotency_age", include_str!("../migrations/0003_idempotency_age.sql")),
];

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// SQLite reader threads.
    pub readers: usize,
    /// PostgreSQL connections.
    pub connections: usize,
    /// SQLite page cache for bulk work, KiB: the indexes of a large import, whose order is not the file's, should find room in it.
    pub cache_kib: usize,
    /// SQLite's journal is carried over into the database once it has so many KiB. It may become some times as long while somebody writes all the time.
    pub journal_kib: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 3, connections: 16, cache_kib: 112 * 1024, journal_kib: 256 * 1024 }
    }
}

/// A database, open. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Engine>);

enum Engine {
    Sqlite(sqlite::Engine),
    Postgres(postgres::Engine),
}

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

impl Db {
    /// Opens `sqlite:PATH` or `postgres://USER@HOST/DATABASE`, and makes sure that it answers.
    pub async fn open(url: &str, options: Options) -> Result<Self, DbError> {
        let engine = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
            Engine::Sqlite(sqlite::Engine::open(path, &options)?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres(postgres::Engine::open(url, &options).await?)
        } else {
            return Err(DbError::Url("expected sqlite:PATH or postgres://…".to_owned()));
        };
        Ok(Self(Arc::new(engine)))
    }

    pub fn kind(&self) -> Kind {
        match &*self.0 {
            Engine::Sqlite(_) => Kind::Sqlite,
            Engine::Postgres(_) => Kind::Postgres,
        }
    }

    /// Runs `work` as one transaction that may write; returns after it is durable. `work` may be run more than once.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        match &*self.0 {
            Engine::Sqlite(engine) => engine.write(work).await,
            Engine::Postgres(engine) => engine.write(work).await,
        }
    }

    /// Like [`Db::write`], for work whose writers never touch the same rows except through conditional statements and `ON CONFLICT`: on PostgreSQL it runs READ
    /// COMMITTED, because tracking many rows for SERIALIZABLE costs memory and false conflicts.
    pub async fn write_bulk<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        match &*self.0 {
            Engine::Sqlite(engine) => engine.write(work).await,
            Engine::Postgres(engine) => engine.write_bulk(work).await,
        }
    }

    /// Like [`Db::write_bulk`], for work that nobody waits for: on SQLite it may wait 20 ms for a commit of others that it can be part of, so that it costs none of its own.
    pub async fn write_patiently<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        match &*self.0 {
            Engine::Sqlite(engine) => engine.write_patiently(work).await,
            Engine::Postgres(engine) => engine.write_bulk(work).await,
        }
    }

    /// Runs `work` on one consistent snapshot; it cannot write.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        match &*self.0 {
            Engine::Sqlite(engine) => engine.read(work).await,
            Engine::Postgres(engine) => engine.read(work).await,
        }
    }

    /// Like [`Db::read`], for `work` that looks up a little by a single statement (for one key or several), which is consistent by itself: SQLite does so on the thread that asks, and PostgreSQL is spared
    /// what begins and ends a transaction. A second statement would see what others wrote after the first.
    pub async fn look<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        match &*self.0 {
            Engine::Sqlite(engine) => engine.look(work).await,
            Engine::Postgres(engine) => engine.look(work).await,
        }
    }

    /// Like [`Db::read`], for long reading that nobody waits for: on SQLite a thread of its own does it, which gives way to those that answer requests.
    pub async fn read_bulk<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        match &*self.0 {
            Engine::Sqlite(engine) => engine.read_bulk(work).await,
            Engine::Postgres(engine) => engine.read(work).await,
        }
    }

    /// Brings the schema up to date: runs what has not run yet, in order, each in a transaction of its own. Returns the names of those run.
    /// The vocabulary: `UUID`, `BIGINT`, `BOOL`, `TEXT`, `BYTES`, `REAL`; `CLUSTERED` after a table's closing bracket keeps its rows in key order;
    /// `ALTER TABLE t SET (fillfactor = n);`, on a line of its own, is for tables whose rows change soon after they came, and says nothing to SQLite.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<Vec<String>, Fault> {
        migrate::run(self, migrations).await
    }

    /// Names of the migrations that have not run yet.
    pub async fn pending(&self, migrations: &[Migration]) -> Result<Vec<String>, Fault> {
        migrate::pending(self, migrations).await
    }

    /// Commits so far that others waited for; on SQLite those that reached the disk, however many shared each.
    pub fn commits(&self) -> u64 {
        match &*self.0 {
            Engine::Sqlite(engine) => engine.commits(),
            Engine::Postgres(engine) => engine.commits(),
        }
    }

    /// Copies a SQLite database, while in use, to a new file.
    pub async fn backup(&self, to: PathBuf) -> Result<(), Fault> {
        match &*self.0 {
            Engine::Sqlite(engine) => engine.backup(to).await,
            Engine::Postgres(_) => Err(Fault::invalid(
                "backup_not_here",
                "A PostgreSQL database is backed up with pg_dump or pg_basebackup.",
            )),
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({})", self.kind())
    }
}
