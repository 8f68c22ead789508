//! The bulk writer: stages of long work, many in one transaction. A page that ten stages change is then written to the journal once, and that is most of what a
//! large import writes.
//!
//! A transaction holds the stages of one owner. It ends when somebody else has work to write, when nothing came for a while, when it has gone on for long, and when its owner wants
//! to see it. A stage that fails cannot be undone alone (the copies of pages that a savepoint keeps would cost memory and a tenth of the time), so the whole
//! transaction is, and its owner hears of it.

use std::{
    cell::RefCell,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use base::Fault;
use flume::{Receiver, RecvTimeoutError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    SqliteTx,
    checkpoint::Checkpoints,
    later::Later,
    poll,
    turn::{For, Turn, Turns},
};
use crate::{
    DbError, Tx,
    stages::{Owner, lost},
};

/// How long a transaction may go on: what a kill makes an import do again.
const OPEN_MAX: Duration = Duration::from_secs(2);
/// How long it waits for its owner's next stage.
const IDLE_MAX: Duration = Duration::from_millis(50);
/// How often it looks whether somebody waits for his turn.
const LOOK: Duration = Duration::from_millis(1);
/// A pause after each commit, in which a writer of another process, who looks every two milliseconds, gets in.
const PAUSE: Duration = Duration::from_millis(5);

/// Runs a stage in the open transaction; `false` if it failed.
type Run = Box<dyn FnOnce(SqliteTx) -> bool + Send>;
/// Says how it went where no stage was run.
type Ended = oneshot::Sender<Result<(), Fault>>;

pub(super) enum Work {
    Stage {
        owner: Owner,
        run: Run,
        /// Hears if the transaction could not begin or its owner has lost stages.
        refused: Ended,
    },
    Flush {
        owner: Owner,
        done: Ended,
    },
}

pub(super) fn stage<T, F>(
    owner: Owner,
    work: F,
    answer: oneshot::Sender<Result<T, Fault>>,
    refused: Ended,
) -> Work
where
    T: Send + 'static,
    F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
{
    let run: Run = Box::new(move |tx| {
        let result = poll(tx, work);
        let done = result.is_ok();
        drop(answer.send(result));
        done
    });
    Work::Stage { owner, run, refused }
}

/// The transaction that is open.
struct Open<'t> {
    owner: Owner,
    since: Instant,
    stages: u64,
    _turn: Turn<'t>,
}

pub(super) struct BulkWriter<'t> {
    pub connection: Rc<Connection>,
    pub turns: &'t Turns,
    pub checkpoints: &'t Checkpoints,
    /// Rows that wait for the end of the open transaction.
    pub later: Rc<RefCell<Later>>,
}

impl<'t> BulkWriter<'t> {
    pub(super) fn run(&self, queue: &Receiver<Work>) {
        let mut open: Option<Open<'t>> = None;
        loop {
            let next = match &open {
                None => queue.recv().ok(),
                Some(open) => self.wait(queue, open),
            };
            match next {
                Some(Work::Stage { owner, run, refused }) => open = self.stage(open, &owner, run, refused),
                Some(Work::Flush { owner, done }) => {
                    self.commit(open.take());
                    self.later.borrow_mut().release();
                    drop(done.send(if owner.has_lost() { Err(lost()) } else { Ok(()) }));
                }
                None if open.is_some() => self.commit(open.take()),
                None => return,
            }
        }
    }

    /// The next work, or none when the transaction should end first.
    fn wait(&self, queue: &Receiver<Work>, open: &Open<'_>) -> Option<Work> {
        let begun = Instant::now();
        while !self.turns.people_wait() && open.since.elapsed() < OPEN_MAX && begun.elapsed() < IDLE_MAX {
            match queue.recv_timeout(LOOK) {
                Ok(work) => return Some(work),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        None
    }

    fn stage(&self, open: Option<Open<'t>>, owner: &Owner, run: Run, refused: Ended) -> Option<Open<'t>> {
        let open = match open {
            Some(open) if open.owner.is(owner) => Some(open),
            other => {
                self.commit(other);
                None
            }
        };
        if owner.has_lost() {
            drop(refused.send(Err(lost())));
            return open;
        }
        let mut open = match open {
            Some(open) => open,
            None => match self.begin(owner) {
                Ok(open) => open,
                Err(error) => {
                    drop(refused.send(Err(error.into())));
                    return None;
                }
            },
        };
        if !run(self.tx(Some(Rc::clone(&self.later)))) {
            if open.stages > 0 {
                open.owner.lose();
            }
            self.roll_back();
            return None;
        }
        open.stages += 1;
        if self.later.borrow().is_full() {
            self.commit(Some(open));
            return None;
        }
        Some(open)
    }

    fn tx(&self, later: Option<Rc<RefCell<Later>>>) -> SqliteTx {
        SqliteTx { connection: Rc::clone(&self.connection), later }
    }

    fn begin(&self, owner: &Owner) -> Result<Open<'t>, DbError> {
        let turn = self.turns.take(For::Bulk);
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Open { owner: owner.clone(), since: Instant::now(), stages: 0, _turn: turn })
    }

    fn commit(&self, open: Option<Open<'_>>) {
        let Some(open) = open else { return };
        let mut tx = self.tx(None);
        let inserted = self.later.borrow_mut().take(|sql, batch| tx.insert_each(sql, batch).map(drop));
        if let Err(error) = inserted.and_then(|()| Ok(self.connection.execute_batch("COMMIT")?)) {
            tracing::error!(%error, "stages of long work could not be committed");
            open.owner.lose();
            self.roll_back();
        }
        drop(open);
        self.checkpoints.after_commit(&self.connection);
        thread::sleep(PAUSE);
    }

    fn roll_back(&self) {
        self.later.borrow_mut().forget();
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
}
