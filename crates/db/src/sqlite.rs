//! SQLite: one writer thread that commits many closures at once, a few reader threads, each with its own connection.
//!
//! WAL with `synchronous = FULL`: an acknowledged commit survives a power cut. The writer takes what waits in its queue (up to
//! [`GROUP_MAX`] closures), runs each as a savepoint of one transaction, commits, and only then answers; it never lingers for more.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    pin::pin,
    rc::Rc,
    task::{Context, Poll},
    thread,
};

use base::Fault;
use crossbeam_channel::{Receiver, Sender, bounded};
use futures::task::noop_waker_ref;
use rusqlite::{Connection, Statement};
use tokio::sync::oneshot;

use crate::{Batch, DbError, Options, Row, Sql, Tx, Value, tx::Inner};

const GROUP_MAX: usize = 256;
const QUEUE_MAX: usize = 4096;
/// WAL pages (of 4 KiB) before a checkpoint: 64 MiB, so that a bulk import rewrites a hot page once instead of many times.
const CHECKPOINT_PAGES: i64 = 16 * 1024;

/// Says whether the group was committed; sends the closure's own answer if so.
type Answer = Box<dyn FnOnce(Result<(), DbError>)>;
/// A queued closure: runs on the thread's connection, returns how to answer.
type Work = Box<dyn FnOnce(&Rc<Connection>) -> Answer + Send>;

pub(crate) struct Engine {
    writer: Sender<Work>,
    readers: Sender<Work>,
}

impl Engine {
    pub(crate) fn open(path: PathBuf, options: &Options) -> Result<Self, DbError> {
        let (writer, writes) = bounded::<Work>(QUEUE_MAX);
        let (readers, reads) = bounded::<Work>(QUEUE_MAX);
        for_the_owner_alone(&path);
        // The writer goes first: it makes the file and sets its journal mode.
        spawn("sqlite-writer", connect(&path, options.cache_kib, false)?, writes, run_writer)?;
        for _ in 0..options.readers.max(1) {
            spawn("sqlite-reader", connect(&path, 16 * 1024, true)?, reads.clone(), run_reader)?;
        }
        Ok(Self { writer, readers })
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        submit(&self.writer, work).await
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        submit(&self.readers, work).await
    }

    pub(crate) async fn backup(&self, to: PathBuf) -> Result<(), Fault> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let result = connection.backup("main", &to, None::<fn(_)>).map_err(DbError::from);
            Box::new(move |_| drop(answer.send(result)))
        });
        send(&self.readers, work).await?;
        Ok(answered.await.map_err(|_| DbError::Closed)??)
    }
}

/// Makes the file, if it is not there, readable by its owner only, and takes rights of others away where a file is there. SQLite gives its
/// journal the rights of the file. What does not belong to us is left to whoever it belongs to.
#[cfg(unix)]
fn for_the_owner_alone(path: &Path) {
    use std::{
        fs::{OpenOptions, Permissions, metadata, set_permissions},
        os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    };
    drop(OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path));
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        let exposed =
            metadata(&file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o077 != 0);
        if exposed && set_permissions(&file, Permissions::from_mode(0o600)).is_err() {
            tracing::warn!(file = %Path::new(&file).display(), "others may read this file");
        }
    }
}

#[cfg(not(unix))]
fn for_the_owner_alone(_: &Path) {}

fn connect(path: &Path, cache_kib: usize, reader: bool) -> Result<Connection, DbError> {
    let connection = Connection::open(path)
        .map_err(|error| DbError::Unreachable(format!("{}: {error}", path.display())))?;
    connection.pragma_update(None, "busy_timeout", 10_000)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -i64::try_from(cache_kib).unwrap_or(16 * 1024))?;
    if reader {
        connection.pragma_update(None, "query_only", "ON")?;
    }
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

fn spawn(
    name: &str,
    connection: Connection,
    queue: Receiver<Work>,
    run: fn(&Rc<Connection>, &Receiver<Work>),
) -> Result<(), DbError> {
    let body = move || run(&Rc::new(connection), &queue);
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|error| DbError::Unreachable(error.to_string()))
}

/// Waits for room in the queue without blocking the caller's thread for long: the queue is emptied in milliseconds.
async fn send(queue: &Sender<Work>, mut work: Work) -> Result<(), DbError> {
    loop {
        match queue.try_send(work) {
            Ok(()) => return Ok(()),
            Err(crossbeam_channel::TrySendError::Disconnected(_)) => return Err(DbError::Closed),
            Err(crossbeam_channel::TrySendError::Full(back)) => work = back,
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

async fn submit<T, F>(queue: &Sender<Work>, work: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
{
    let (answer, answered) = oneshot::channel::<Result<T, Fault>>();
    let run: Work = Box::new(move |connection| {
        let result = run_in_savepoint(connection, work);
        Box::new(move |committed| {
            // The caller may have gone; its work stands all the same.
            drop(answer.send(match committed {
                Ok(()) => result,
                Err(error) => Err(error.into()),
            }));
        })
    });
    send(queue, run).await?;
    answered.await.map_err(|_| DbError::Closed)?
}

fn run_in_savepoint<T, F>(connection: &Rc<Connection>, work: F) -> Result<T, Fault>
where
    F: AsyncFn(&mut Tx) -> Result<T, Fault>,
{
    connection.prepare_cached("SAVEPOINT one").and_then(|mut s| s.execute([])).map_err(DbError::from)?;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut tx = Tx(Inner::Sqlite(SqliteTx { connection: Rc::clone(connection) }));
        let mut future = pin!(work(&mut tx));
        match future.as_mut().poll(&mut Context::from_waker(noop_waker_ref())) {
            Poll::Ready(result) => result,
            Poll::Pending => Err(DbError::ForeignAwait.into()),
        }
    }))
    .unwrap_or_else(|_| Err(DbError::Panicked.into()));
    let end = if result.is_ok() { "RELEASE one" } else { "ROLLBACK TO one; RELEASE one" };
    connection.execute_batch(end).map_err(DbError::from)?;
    result
}

fn run_writer(connection: &Rc<Connection>, queue: &Receiver<Work>) {
    let mut answers: Vec<Answer> = Vec::with_capacity(GROUP_MAX);
    while let Ok(first) = queue.recv() {
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            // Run it for its answer alone; there is no transaction to spoil.
            tracing::error!(%error, "a write transaction could not begin");
            refuse(connection, first, error.into());
            continue;
        }
        answers.push(first(connection));
        while answers.len() < GROUP_MAX {
            let Ok(next) = queue.try_recv() else { break };
            answers.push(next(connection));
        }
        let committed = connection.execute_batch("COMMIT").map_err(DbError::from);
        if committed.is_err() && !connection.is_autocommit() {
            drop(connection.execute_batch("ROLLBACK"));
        }
        for answer in answers.drain(..) {
            answer(committed.clone());
        }
    }
}

/// Answers a closure with the error that kept its transaction from starting: whatever it did outside one is undone first.
fn refuse(connection: &Rc<Connection>, work: Work, error: DbError) {
    drop(connection.execute_batch("BEGIN DEFERRED"));
    let answer = work(connection);
    drop(connection.execute_batch("ROLLBACK"));
    answer(Err(error));
}

fn run_reader(connection: &Rc<Connection>, queue: &Receiver<Work>) {
    while let Ok(work) = queue.recv() {
        let begun = connection.execute_batch("BEGIN DEFERRED").map_err(DbError::from);
        let answer = work(connection);
        if !connection.is_autocommit() {
            drop(connection.execute_batch("COMMIT"));
        }
        answer(begun);
    }
}

/// The SQLite side of a transaction. Its verbs are not async: every answer is there at once.
pub(crate) struct SqliteTx {
    connection: Rc<Connection>,
}

impl SqliteTx {
    pub(crate) fn execute(&mut self, sql: Sql, params: &[Value]) -> Result<u64, DbError> {
        let mut statement = self.connection.prepare_cached(sql.sqlite)?;
        bind(&mut statement, params)?;
        Ok(statement.raw_execute()? as u64)
    }

    pub(crate) fn execute_each(&mut self, sql: Sql, batch: &Batch) -> Result<u64, DbError> {
        let mut statement = self.connection.prepare_cached(sql.sqlite)?;
        let mut changed = 0;
        for row in batch.rows() {
            bind(&mut statement, row)?;
            changed += statement.raw_execute()? as u64;
        }
        Ok(changed)
    }

    pub(crate) fn insert_new(&mut self, sql: Sql, batch: &Batch) -> Result<Vec<bool>, DbError> {
        let mut statement = self.connection.prepare_cached(sql.sqlite)?;
        let mut new = Vec::with_capacity(batch.len());
        for row in batch.rows() {
            bind(&mut statement, row)?;
            new.push(statement.raw_execute()? > 0);
        }
        Ok(new)
    }

    pub(crate) fn all(&mut self, sql: Sql, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let mut statement = self.connection.prepare_cached(sql.sqlite)?;
        bind(&mut statement, params)?;
        let mut found = Vec::new();
        collect(&mut statement, |row| {
            found.push(row);
            Ok(())
        })?;
        Ok(found)
    }

    pub(crate) fn select_each(
        &mut self,
        sql: Sql,
        batch: &Batch,
        mut found: impl FnMut(usize, Row) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut statement = self.connection.prepare_cached(sql.sqlite)?;
        for (at, params) in batch.rows().enumerate() {
            bind(&mut statement, params)?;
            collect(&mut statement, |row| found(at, row))?;
        }
        Ok(())
    }

    pub(crate) fn script(&mut self, text: &str) -> Result<(), DbError> {
        Ok(self.connection.execute_batch(text)?)
    }
}

fn bind(statement: &mut Statement<'_>, params: &[Value]) -> Result<(), DbError> {
    for (at, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    Ok(())
}

fn collect(
    statement: &mut Statement<'_>,
    mut found: impl FnMut(Row) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns);
        for at in 0..columns {
            values.push(Value::from_sqlite(row.get_ref(at)?)?);
        }
        found(Row(values))?;
    }
    Ok(())
}

/// Translates a migration: our type words to SQLite's, `STRICT` tables, `CLUSTERED` to `WITHOUT ROWID`.
pub(crate) fn translate(text: &str) -> String {
    let words =
        HashMap::from([("UUID", "BLOB"), ("BIGINT", "INTEGER"), ("BOOL", "INTEGER"), ("BYTES", "BLOB")]);
    let text = crate::migrate::replace_words(text, &words);
    text.replace(") CLUSTERED;", ") STRICT, WITHOUT ROWID;").replace("\n);", "\n) STRICT;")
}
