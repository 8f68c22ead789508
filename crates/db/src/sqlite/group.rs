//! Group commit: whatever waits for the writer is run as one transaction, each closure undone alone if it fails, and nobody is answered before all of it is on the disk.
//!
//! When the disk is full, or cannot be written, SQLite undoes a whole transaction by itself. Then nothing of the group stands, and each of it hears why.

use std::{
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
};

use base::Fault;
use flume::Receiver;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    checkpoint::Checkpoints,
    poll_to_end, say,
    turn::{For, Turns},
};
use crate::{DbError, Tx};

const GROUP_MAX: usize = 256;

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

pub(super) fn run_writer(
    connection: &Rc<Connection>,
    queue: &Receiver<Shared>,
    turns: &Turns,
    checkpoints: &Checkpoints,
    commits: &AtomicU64,
) {
    let mut changes = connection.total_changes();
    while let Ok(first) = queue.recv() {
        let turn = turns.take(For::People);
        let is_committed = run_group(connection, first, queue);
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
fn run_group(connection: &Rc<Connection>, first: Shared, queue: &Receiver<Shared>) -> bool {
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
        && let Ok(next) = queue.try_recv()
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
        works.into_iter().for_each(|work| queue.send(work).unwrap());
        run_group(connection, queued.recv().unwrap(), &queued)
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
