//! Carrying the journal over into the database, on a thread of its own: a bulk import writes hundreds of megabytes, and copying and syncing them would else be the
//! writer's time.
//!
//! SQLite begins its journal anew once all of it is in the database and a writer comes. While one transaction follows on the other it never is, so the last part, what was
//! written during the rest, is carried over with no writer beside.

use std::{rc::Rc, sync::Arc};

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::Connection;

use super::{
    run_thread,
    turn::{For, Turns},
};
use crate::DbError;

/// Pages of 4 KiB in the journal that start it: 256 MiB, so that a bulk import writes a hot page to the database once instead of many times.
const PAGES_MAX: i64 = 64 * 1024;

#[derive(Clone)]
pub(super) struct Checkpoints(Sender<()>);

impl Checkpoints {
    pub(super) fn start(connection: Connection, turns: &Arc<Turns>) -> Result<Self, DbError> {
        let (asked, asks) = bounded(1);
        let turns = Arc::clone(turns);
        run_thread("sqlite-checkpoint", move || run(&connection, &asks, &turns))?;
        Ok(Self(asked))
    }

    /// Asks for a checkpoint if the journal has become long. Whoever asks does not wait.
    pub(super) fn after_commit(&self, connection: &Rc<Connection>) {
        if checkpoint(connection, "NOOP").0 > PAGES_MAX {
            let _ = self.0.try_send(()); // one that waits already will do
        }
    }
}

fn run(connection: &Connection, asks: &Receiver<()>, turns: &Turns) {
    while asks.recv().is_ok() {
        checkpoint(connection, "PASSIVE");
        let (pages, carried_over) = checkpoint(connection, "NOOP");
        if carried_over < pages {
            let _turn = turns.take(For::People);
            checkpoint(connection, "PASSIVE");
        }
    }
}

/// Runs a checkpoint of this kind; how many pages the journal has, and how many of them are in the database.
fn checkpoint(connection: &Connection, kind: &str) -> (i64, i64) {
    let run = || {
        let mut statement = connection.prepare_cached(&format!("PRAGMA wal_checkpoint({kind})"))?;
        statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))
    };
    run().unwrap_or_else(|error: rusqlite::Error| {
        tracing::warn!(%error, "the journal could not be carried over");
        (0, 0)
    })
}
