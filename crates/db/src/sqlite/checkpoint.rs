//! Carrying the journal over into the database, on a thread of its own: a bulk import writes hundreds of megabytes, and copying and syncing them would else be the
//! writer's time.
//!
//! SQLite begins its journal anew once all of it is in the database, nobody reads from it any more, and a writer comes. While one transaction follows on the other, and an
//! import reads between, it never is: a journal of gigabytes, through which every reader has to look. So the last part, what was written during the rest, is carried over
//! with no writer beside, and those who still read are waited for, but not for long: it is tried again after the next commit.

use std::{rc::Rc, sync::Arc, thread, time::Duration};

use flume::{Receiver, Sender, bounded};
use rusqlite::Connection;

use super::{
    give_way, run_thread,
    turn::{For, Turns},
};
use crate::DbError;

#[derive(Clone)]
pub(super) struct Checkpoints {
    asked: Sender<()>,
    /// Pages in the journal that start one: many, so that a bulk import writes a hot page to the database once instead of many times.
    pages_max: i64,
}

impl Checkpoints {
    pub(super) fn start(
        mut connection: Connection,
        turns: &Arc<Turns>,
        journal_kib: usize,
    ) -> Result<Self, DbError> {
        connection.busy_handler(Some(wait_for_readers))?;
        let page_bytes: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let pages_max =
            i64::try_from(journal_kib).unwrap_or(i64::MAX).saturating_mul(1024) / page_bytes.max(1);
        let (asked, asks) = bounded(1);
        let turns = Arc::clone(turns);
        run_thread("sqlite-checkpoint", move || {
            give_way();
            run(&connection, &asks, &turns);
        })?;
        Ok(Self { asked, pages_max })
    }

    /// Asks for a checkpoint if the journal has become long. Whoever asks does not wait.
    pub(super) fn after_commit(&self, connection: &Rc<Connection>) {
        if checkpoint(connection, "NOOP").0 > self.pages_max {
            let _ = self.asked.try_send(()); // one that waits already will do
        }
    }
}

fn run(connection: &Connection, asks: &Receiver<()>, turns: &Turns) {
    while asks.recv().is_ok() {
        checkpoint(connection, "PASSIVE");
        let _turn = turns.take(For::People);
        checkpoint(connection, "RESTART");
    }
}

/// A fifth of a second at most: nobody writes meanwhile.
fn wait_for_readers(looks: i32) -> bool {
    thread::sleep(Duration::from_millis(2));
    looks < 100
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
