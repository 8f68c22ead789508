//! Look-ups on the thread that asks. What takes some microseconds is not worth waking another thread for, and being woken by it.

use std::{
    rc::Rc,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base::Fault;
use rusqlite::Connection;

use super::{poll_to_end, say};
use crate::{DbError, Tx};

/// Connections that whoever asks may borrow.
pub(super) struct Here(Mutex<Vec<Connection>>);

impl Here {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        Self(Mutex::new(connections))
    }

    /// Runs `work`, or gives it back when all connections are borrowed.
    pub(super) fn look<T, F>(&self, work: F) -> Result<Result<T, Fault>, F>
    where
        F: AsyncFn(&mut Tx) -> Result<T, Fault>,
    {
        let Some(connection) = self.free().pop() else { return Err(work) };
        let connection = Rc::new(connection);
        let found = match say(&connection, "BEGIN DEFERRED") {
            Ok(()) => poll_to_end(&connection, work),
            Err(error) => Err(DbError::from(error).into()),
        };
        if !connection.is_autocommit() {
            drop(say(&connection, "COMMIT"));
        }
        // One that is still held, or still in a transaction, serves nobody any more.
        if let Some(connection) = Rc::into_inner(connection).filter(Connection::is_autocommit) {
            self.free().push(connection);
        }
        Ok(found)
    }

    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
