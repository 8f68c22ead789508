//! Long work in stages: an import, a pass that links. Nothing of it is acknowledged before its end, so its stages need neither a commit of their own nor the disk.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use base::Fault;

use crate::{Db, DbError, Engine, Tx};

/// Whose stages these are, and whether some were lost that had been said to be done.
#[derive(Clone, Default)]
pub(crate) struct Owner(Arc<AtomicBool>);

impl Owner {
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A commit failed, or a stage failed after others of the same commit.
    pub(crate) fn lose(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_lost(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The stages of one piece of long work: see [`Db::stages`].
pub struct Stages {
    db: Db,
    owner: Owner,
}

impl Db {
    /// For long work that acknowledges nothing before its end. Each stage is like a [`Db::write_bulk`], in order, but it waits for no disk, and on SQLite not even for a
    /// commit: a thread of its own writes many stages as one transaction, for two seconds at most, and ends it as soon as somebody else wants to write. So a stage is not
    /// seen by readers until [`Stages::flush`] or any other write of this process. A crash may lose the last stages, in order, unless a [`Db::write`] came after them: when that
    /// returns they are durable, too. Callers hold a lease that keeps a second one of the same shop away.
    pub fn stages(&self) -> Stages {
        Stages { db: self.clone(), owner: Owner::default() }
    }
}

impl Stages {
    /// Runs a stage. When one fails, those before it may be lost with it; then no other of this work will run.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        match &*self.db.0 {
            Engine::Sqlite(engine) => engine.write_stage(self.owner.clone(), work).await,
            Engine::Postgres(engine) => engine.write_stage(work).await,
        }
    }

    /// Makes the stages so far visible to readers. An error if any was lost.
    pub async fn flush(&self) -> Result<(), Fault> {
        match &*self.db.0 {
            Engine::Sqlite(engine) => engine.flush_stages(self.owner.clone()).await,
            Engine::Postgres(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stages({:?})", self.db)
    }
}

/// What a caller hears whose earlier stages were lost.
pub(crate) fn lost() -> Fault {
    Fault::unavailable("stages_lost", "An earlier part of this work could not be written; begin it again.")
        .cause(&DbError::Closed)
}
