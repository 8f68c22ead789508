//! Group commit: whatever waits for the writer is run as one transaction, each closure undone alone if it fails, and nobody is answered before all of it is on the disk.
//! What is not urgent waits a little for a commit of others that it can be part of.
//!
//! When the disk is full, or cannot be written, SQLite undoes a whole transaction by itself. Then nothing of the group stands, and each of it hears why.

use std::{
    collections::VecDeque,
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use base::Fault;
use flume::{Receiver, RecvTimeoutError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    checkpoint::Checkpoints,
    poll_to_end, say,
    turn::{For, Turns},
};
use crate::{DbError, Tx};

const GROUP_MAX: usize = 256;
/// How long what is not urgent waits for others.
const PATIENCE: Duration = Duration::from_millis(20);

/// A closure for the writer.
pub(super) struct Asked {
    pub work: Shared,
    /// Whether it may wait for company.
    pub is_patient: bool,
}

/// A queued closure: runs on the thread's connection, in a transaction that is open.
pub(super) type Shared = Box<dyn FnOnce(&Rc<Connection>, Undo) -> Ran + Send>;

/// What undoes a closure that fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Undo {
    /// A savepoint of its own. SQLite then copies each page before its first change.
    Savepoint,
    /// The end of the transaction, of which it is the first.
    Rollback,
}

/// A closure that has run.
pub(super) struct Ran {
    pub left: Left,
    /// Hears whether the group was committed; sends the closure's own answer if so, or if it has failed by itself.
    pub answer: Box<dyn FnOnce(Result<(), DbError>)>,
}

/// What a closure has left in the transaction.
#[derive(Debug)]
pub(super) enum Left {
    Work,
    /// It has failed, and is undone or to be undone.
    Nothing,
    /// What cannot be undone alone, or no transaction at all, and why.
    Ruins(DbError),
}

/// A closure whose answer goes to whoever waits for it.
pub(super) fn shared<T, F>(work: F, answer: oneshot::Sender<Result<T, Fault>>) -> Shared
where
    T: Send + 'static,
    F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
{
    Box::new(move |connection, undo| {
        let (result, left) = run(connection, work, undo);
        let answer = move |committed: Result<(), DbError>| {
            // The caller may have gone; its work stands all the same. Its own fault says more than what became of the others.
            drop(answer.send(result.and_then(|value| committed.map(|()| value).map_err(DbError::into))));
        };
        Ran { left, answer: Box::new(answer) }
    })
}

fn run<T, F>(connection: &Rc<Connection>, work: F, undo: Undo) -> (Result<T, Fault>, Left)
where
    F: AsyncFn(&mut Tx) -> Result<T, Fault>,
{
    if undo == Undo::Savepoint
        && let Err(error) = say(connection, "SAVEPOINT one").map_err(DbError::from)
    {
        return (Err(error.clone().into()), Left::Ruins(error));
    }
    let result = poll_to_end(connection, work);
    let undone = match (undo, &result) {
        (Undo::Rollback, _) => Ok(()),
        (Undo::Savepoint, Ok(_)) => say(connection, "RELEASE one"),
        (Undo::Savepoint, Err(_)) => {
            say(connection, "ROLLBACK TO one").and_then(|()| say(connection, "RELEASE one"))
        }
    };
    let left = match (&result, undone) {
        (Err(fault), _) if connection.is_autocommit() => Left::Ruins(DbError::Undone(fault.to_string())),
        (Ok(_), _) if connection.is_autocommit() => {
            Left::Ruins(DbError::Undone("it ended by itself".to_owned()))
        }
        (_, Err(error)) => Left::Ruins(DbError::Undone(error.to_string())),
        (Ok(_), Ok(())) => Left::Work,
        (Err(_), Ok(())) => Left::Nothing,
    };
    (result, left)
}

/// What waits for the writer: who is patient, and all others behind them.
struct Waiting<'q> {
    queue: &'q Receiver<Asked>,
    patient: VecDeque<Shared>,
    /// When the first of them has waited long enough.
    until: Instant,
}

impl<'q> Waiting<'q> {
    fn new(queue: &'q Receiver<Asked>) -> Self {
        Self { queue, patient: VecDeque::new(), until: Instant::now() }
    }

    /// The one that a commit begins with: the next that is urgent, or one whose patience is at its end. None when nobody can ask any more.
    fn first(&mut self) -> Option<Shared> {
        loop {
            let asked = if self.patient.is_empty() {
                self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.queue.recv_deadline(self.until)
            };
            match asked {
                Ok(Asked { work, is_patient: false }) => return Some(work),
                Ok(Asked { work, is_patient: true }) => {
                    if self.patient.is_empty() {
                        self.until = Instant::now() + PATIENCE;
                    }
                    self.patient.push_back(work);
                    if self.patient.len() == GROUP_MAX {
                        return self.patient.pop_front();
                    }
                }
                Err(_) => return self.patient.pop_front(),
            }
        }
    }

    /// Another for the same commit, if there is one.
    fn next(&mut self) -> Option<Shared> {
        self.patient.pop_front().or_else(|| self.queue.try_recv().ok().map(|asked| asked.work))
    }
}

pub(super) fn run_writer(
    connection: &Rc<Connection>,
    queue: &Receiver<Asked>,
    turns: &Turns,
    checkpoints: &Checkpoints,
    commits: &AtomicU64,
) {
    let mut changes = connection.total_changes();
    let mut waiting = Waiting::new(queue);
    while let Some(first) = waiting.first() {
        let turn = turns.take(For::People);
        let is_committed = run_group(connection, first, &mut waiting);
        drop(turn);
        // One that changed nothing is none: nothing reaches the disk.
        let has_changed = std::mem::replace(&mut changes, connection.total_changes()) != changes;
        if is_committed && has_changed {
            commits.fetch_add(1, Ordering::Relaxed);
            checkpoints.after_commit(connection);
        }
    }
}

/// Runs what waits as one commit; says whether there was one.
fn run_group(connection: &Rc<Connection>, first: Shared, waiting: &mut Waiting<'_>) -> bool {
    if let Err(error) = say(connection, "BEGIN IMMEDIATE") {
        tracing::error!(%error, "a write transaction could not begin");
        // Run for its answer alone: without a transaction it gets no statement.
        (first(connection, Undo::Rollback).answer)(Err(error.into()));
        return false;
    }
    let first = first(connection, Undo::Rollback);
    let failed = match first.left {
        Left::Work => None,
        Left::Nothing => Some(Ok(())), // it has an answer of its own
        Left::Ruins(error) => Some(Err(error)),
    };
    if let Some(failed) = failed {
        roll_back(connection);
        (first.answer)(failed); // whoever comes next begins anew
        return false;
    }
    let (mut group, mut ruined) = (vec![first.answer], None);
    while group.len() < GROUP_MAX
        && ruined.is_none()
        && let Some(next) = waiting.next()
    {
        let Ran { left, answer } = next(connection, Undo::Savepoint);
        group.push(answer);
        if let Left::Ruins(error) = left {
            tracing::error!(%error, "a write took along those that were to be committed with it");
            ruined = Some(error);
        }
    }
    let committed = match ruined {
        None => say(connection, "COMMIT").map_err(DbError::from),
        Some(error) => Err(error),
    };
    if committed.is_err() {
        roll_back(connection);
    }
    for answer in group {
        answer(committed.clone());
    }
    committed.is_ok()
}

/// Ends a transaction, if SQLite has not done so itself.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = say(connection, "ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be undone");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{params, sql};

    fn connection() -> Rc<Connection> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE notes (note BLOB NOT NULL) STRICT").unwrap();
        Rc::new(connection)
    }

    fn notes(connection: &Connection) -> i64 {
        connection.query_row("SELECT COUNT(*) FROM notes", [], |row| row.get(0)).unwrap()
    }

    async fn note(tx: &mut Tx, bytes: usize) -> Result<(), Fault> {
        tx.execute(sql!("INSERT INTO notes (note) VALUES ($1)"), &params![&vec![7; bytes][..]]).await?;
        Ok(())
    }

    /// Runs closures as one group; what each was answered.
    fn answers(connection: &Rc<Connection>, works: Vec<Shared>) -> bool {
        let (queue, queued) = flume::unbounded();
        works.into_iter().for_each(|work| queue.send(Asked { work, is_patient: false }).unwrap());
        let mut waiting = Waiting::new(&queued);
        let first = waiting.first().unwrap();
        run_group(connection, first, &mut waiting)
    }

    fn asked<F>(work: F) -> (Shared, oneshot::Receiver<Result<(), Fault>>)
    where
        F: AsyncFn(&mut Tx) -> Result<(), Fault> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        (shared(work, answer), answered)
    }

    #[test]
    fn one_that_fails_is_undone_alone() {
        let connection = connection();
        let (one, mut first) = asked(async |tx: &mut Tx| note(tx, 1).await);
        let (bad, mut second) = asked(async |tx: &mut Tx| {
            note(tx, 2).await?;
            Err(Fault::internal("no"))
        });
        let (other, mut third) = asked(async |tx: &mut Tx| note(tx, 3).await);
        assert!(answers(&connection, vec![one, bad, other]));
        assert_eq!(second.try_recv().unwrap().unwrap_err().cause.as_deref(), Some("no"));
        assert!(first.try_recv().unwrap().is_ok() && third.try_recv().unwrap().is_ok());
        assert_eq!(notes(&connection), 2);
    }

    #[test]
    fn the_patient_go_with_the_next_who_is_urgent_or_alone_in_the_end() {
        let connection = connection();
        let (queue, queued) = flume::unbounded();
        let mut waiting = Waiting::new(&queued);
        let ask = |bytes, is_patient| {
            let (work, answered) = asked(async move |tx: &mut Tx| note(tx, bytes).await);
            queue.send(Asked { work, is_patient }).unwrap();
            answered
        };
        let mut all = [ask(1, true), ask(2, true), ask(3, false), ask(4, true)];
        let first = waiting.first().unwrap();
        assert_eq!(waiting.patient.len(), 2, "the urgent one did not wait for them");
        assert!(run_group(&connection, first, &mut waiting));
        assert!(all.iter_mut().all(|answered| answered.try_recv().unwrap().is_ok()));
        assert_eq!(notes(&connection), 4);
        assert!(waiting.patient.is_empty());

        let (before, mut alone) = (Instant::now(), ask(5, true));
        let first = waiting.first().unwrap();
        assert!(before.elapsed() >= PATIENCE);
        assert!(run_group(&connection, first, &mut waiting));
        assert!(alone.try_recv().unwrap().is_ok());

        // Whoever is still there when nobody can ask any more is not forgotten.
        let mut last = ask(6, true);
        drop(queue);
        let first = waiting.first().unwrap();
        assert!(run_group(&connection, first, &mut waiting));
        assert!(last.try_recv().unwrap().is_ok());
        assert!(waiting.first().is_none());
    }

    #[test]
    fn those_who_failed_first_leave_the_patient_waiting() {
        let connection = connection();
        let (queue, queued) = flume::unbounded();
        let mut waiting = Waiting::new(&queued);
        let (work, mut patient) = asked(async |tx: &mut Tx| note(tx, 1).await);
        queue.send(Asked { work, is_patient: true }).unwrap();
        let (work, _failed) = asked(async |_: &mut Tx| Err(Fault::internal("no")));
        queue.send(Asked { work, is_patient: false }).unwrap();
        let first = waiting.first().unwrap();
        assert!(!run_group(&connection, first, &mut waiting));
        assert!(patient.try_recv().is_err(), "nothing has happened to it");
        let first = waiting.first().unwrap();
        assert!(run_group(&connection, first, &mut waiting));
        assert!(patient.try_recv().unwrap().is_ok());
        assert_eq!(notes(&connection), 1);
    }

    #[test]
    fn a_full_disk_undoes_the_group_and_all_hear_why() {
        let connection = connection();
        connection.pragma_update(None, "max_page_count", 20).unwrap();
        let (one, mut first) = asked(async |tx: &mut Tx| note(tx, 1).await);
        // It goes on although it was told.
        let (big, mut second) = asked(async |tx: &mut Tx| {
            let told = note(tx, 1_000_000).await;
            assert!(note(tx, 1).await.is_err(), "it would be outside of any transaction");
            told
        });
        let (late, mut third) = asked(async |tx: &mut Tx| note(tx, 1).await);
        assert!(!answers(&connection, vec![one, big, late]));
        for fault in [first.try_recv().unwrap().unwrap_err(), second.try_recv().unwrap().unwrap_err()] {
            assert!(fault.cause.as_ref().unwrap().contains("full"), "{fault}");
        }
        assert!(third.try_recv().is_err(), "it waits for the next group");
        assert!(connection.is_autocommit());
        assert_eq!(notes(&connection), 0);
    }

    #[test]
    fn what_swallows_the_fault_is_no_more_committed_than_the_others() {
        let connection = connection();
        connection.pragma_update(None, "max_page_count", 20).unwrap();
        let (one, mut first) = asked(async |tx: &mut Tx| note(tx, 1).await);
        let heedless = async |tx: &mut Tx| {
            drop(note(tx, 1_000_000).await);
            Ok(())
        };
        let (big, mut second) = asked(heedless);
        assert!(!answers(&connection, vec![one, big]));
        assert!(first.try_recv().unwrap().is_err() && second.try_recv().unwrap().is_err());
        assert_eq!(notes(&connection), 0);
        // Alone, it is the first of its group.
        let (big, mut alone) = asked(heedless);
        assert!(!answers(&connection, vec![big]));
        assert!(alone.try_recv().unwrap().is_err());
    }

    #[test]
    fn without_a_transaction_nothing_is_written() {
        let connection = connection();
        connection.execute_batch("PRAGMA query_only = 1; BEGIN").unwrap();
        let (one, mut first) = asked(async |tx: &mut Tx| note(tx, 1).await);
        assert!(!answers(&connection, vec![one]), "a transaction is open already, so none can begin");
        assert!(first.try_recv().unwrap().is_err());
    }
}
