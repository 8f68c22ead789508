//! SQLite: one writer thread that commits many closures at once, a few reader threads, each with its own connection. Bulk work has a writer and a reader of its own,
//! which run only as far as the others leave them time, and a third thread carries the journal over into the database.
//!
//! WAL with `synchronous = FULL`: an acknowledged commit survives a power cut. The writer takes what waits in its queue (up to
//! [`GROUP_MAX`] closures), runs each but the first as a savepoint of one transaction, commits, and only then answers; it never lingers for more, but for those who say that
//! they are patient. Of the threads that write, one at a time has its [turn].

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use base::Fault;
use flume::{Receiver, Sender, bounded};
use futures::task::noop_waker_ref;
use rusqlite::{CachedStatement, Connection, Statement, config::DbConfig};
use tokio::sync::oneshot;

mod checkpoint;
mod group;
mod here;
mod later;
mod many;
mod stages;
pub(crate) mod statistics;
mod turn;

use crate::{Batch, DbError, Options, Row, Sql, Tx, Value, stages::Owner, tx::Inner};
use checkpoint::Checkpoints;
use group::{Asked, Left, Ran, Shared, Undo};
use here::Here;
use later::Later;
use stages::BulkWriter;
use turn::Turns;

/// What waits for a thread at most. (The queues are of a kind whose receivers sleep when there is nothing, and do not look again and again before: with two
/// processors that was a third of what reading took.)
const QUEUE_MAX: usize = 4096;
/// Bytes of a page in databases that are made from now on; one that exists keeps what it has. A page goes through the journal with two calls of the system, and
/// back with one, however large it is: twice SQLite's default halves them for whatever is written in its own order.
const PAGE_BYTES: u32 = 8 * 1024;
/// Page cache of each connection but those for bulk work, KiB.
const CACHE_KIB: usize = 16 * 1024;
/// Of the one that reads for bulk work: for what linking asks of the indexes.
const BULK_READING_KIB: usize = 64 * 1024;

pub(crate) struct Engine {
    writer: Sender<Asked>,
    readers: Sender<Shared>,
    here: Here,
    /// For writing and reading that nobody waits for.
    bulk_writer: Sender<stages::Work>,
    bulk_reader: Sender<Shared>,
    commits: Arc<AtomicU64>,
}

impl Engine {
    pub(crate) fn open(path: PathBuf, options: &Options) -> Result<Self, DbError> {
        for_the_owner_alone(&path);
        // The writer goes first: it makes the file and sets its journal mode.
        let connection = connect(&path, CACHE_KIB, false)?;
        let turns = Arc::new(Turns::default());
        let checkpoints = Checkpoints::start(connect(&path, 1024, false)?, &turns, options.journal_kib)?;
        let (own_turns, journal) = (Arc::clone(&turns), checkpoints.clone());
        let commits = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&commits);
        let writer = spawn("sqlite-writer", connection, move |connection, queue| {
            group::run_writer(connection, queue, &own_turns, &journal, &counted);
        })?;
        let mut bulk_connection = connect(&path, options.cache_kib, false)?;
        // Its commits are not waited for to reach the disk: the next one of the writer's takes them along.
        bulk_connection.pragma_update(None, "synchronous", "NORMAL")?;
        breathe_often(&mut bulk_connection)?;
        let bulk_writer = spawn("sqlite-bulk-writer", bulk_connection, move |connection, queue| {
            give_way();
            let (connection, later) = (Rc::clone(connection), Rc::default());
            BulkWriter { connection, turns: &turns, checkpoints: &checkpoints, later }.run(queue);
        })?;
        let mut bulk_reading = connect(&path, BULK_READING_KIB, true)?;
        breathe_often(&mut bulk_reading)?;
        let bulk_reader = spawn("sqlite-bulk", bulk_reading, |connection, queue| {
            give_way();
            run_reader(connection, queue);
        })?;
        let (readers, reads) = bounded(QUEUE_MAX);
        for _ in 0..options.readers.max(1) {
            let (connection, reads) = (connect(&path, CACHE_KIB, true)?, reads.clone());
            run_thread("sqlite-reader", move || run_reader(&Rc::new(connection), &reads))?;
        }
        let here = (0..options.readers.max(1)).map(|_| connect(&path, CACHE_KIB, true));
        let here = Here::new(here.collect::<Result<_, _>>()?);
        Ok(Self { writer, readers, here, bulk_writer, bulk_reader, commits })
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        self.ask(work, false).await
    }

    /// Waits a little for a commit of others that it can be part of.
    pub(crate) async fn write_patiently<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        self.ask(work, true).await
    }

    async fn ask<T, F>(&self, work: F, is_patient: bool) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        submit(&self.writer, work, |work| Asked { work, is_patient }).await
    }

    pub(crate) async fn write_stage<T, F>(&self, owner: Owner, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel::<Result<T, Fault>>();
        let (refused, refusal) = oneshot::channel();
        send(&self.bulk_writer, stages::stage(owner, work, answer, refused)).await?;
        match answered.await {
            Ok(result) => result,
            Err(_) => Err(refusal.await.ok().and_then(Result::err).unwrap_or_else(|| DbError::Closed.into())),
        }
    }

    pub(crate) async fn flush_stages(&self, owner: Owner) -> Result<(), Fault> {
        let (done, answered) = oneshot::channel();
        send(&self.bulk_writer, stages::Work::Flush { owner, done }).await?;
        answered.await.map_err(|_| DbError::Closed)?
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        submit(&self.readers, work, |work| work).await
    }

    /// Looks something up by a single statement, on this very thread if it can.
    pub(crate) async fn look<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        match self.here.look(work) {
            Ok(found) => found,
            Err(work) => self.read(work).await,
        }
    }

    pub(crate) async fn read_bulk<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        submit(&self.bulk_reader, work, |work| work).await
    }

    pub(crate) async fn backup(&self, to: PathBuf) -> Result<(), Fault> {
        let (answer, answered) = oneshot::channel();
        let work: Shared = Box::new(move |connection, _| {
            let result = connection.backup("main", &to, None::<fn(_)>).map_err(DbError::from);
            Ran { left: Left::Nothing, answer: Box::new(move |_| drop(answer.send(result))) }
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
    let mut connection = Connection::open(path)
        .map_err(|error| DbError::Unreachable(format!("{}: {error}", path.display())))?;
    connection.busy_handler(Some(wait_for_another_process))?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?; // see `checkpoint`
    connection.pragma_update(None, "cache_size", -i64::try_from(cache_kib).unwrap_or(16 * 1024))?;
    if reader {
        connection.pragma_update(None, "query_only", "ON")?;
    }
    // A plan holds for all values. (SQLite would else make plans of ranges anew for each value that it has samples for; there are none here.)
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Another process writes: look again every two milliseconds, for ten seconds. (SQLite's own timeout waits up to a tenth of a second between two looks, so that who
/// writes all the time would hardly let anybody in.)
fn wait_for_another_process(looks: i32) -> bool {
    thread::sleep(Duration::from_millis(2));
    looks < 5_000
}

/// A thread with its connection and its queue.
fn spawn<W: Send + 'static>(
    name: &str,
    connection: Connection,
    run: impl FnOnce(&Rc<Connection>, &Receiver<W>) + Send + 'static,
) -> Result<Sender<W>, DbError> {
    let (queue, queued) = bounded(QUEUE_MAX);
    run_thread(name, move || run(&Rc::new(connection), &queued))?;
    Ok(queue)
}

fn run_thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), DbError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|error| DbError::Unreachable(error.to_string()))
}

async fn send<W>(queue: &Sender<W>, work: W) -> Result<(), DbError> {
    queue.send_async(work).await.map_err(|_| DbError::Closed)
}

async fn submit<T, F, A>(queue: &Sender<A>, work: F, asked: impl FnOnce(Shared) -> A) -> Result<T, Fault>
where
    T: Send + 'static,
    F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
{
    let (answer, answered) = oneshot::channel::<Result<T, Fault>>();
    let asked = asked(group::shared(work, answer));
    send(queue, asked).await?;
    answered.await.map_err(|_| DbError::Closed)?
}

/// Runs the work of a transaction that ends with it.
fn poll_to_end<T, F>(connection: &Rc<Connection>, work: F) -> Result<T, Fault>
where
    F: AsyncFn(&mut Tx) -> Result<T, Fault>,
{
    poll(SqliteTx { connection: Rc::clone(connection), later: None }, work)
}

/// Every await inside is ready at once, so one poll is the whole run.
fn poll<T, F>(tx: SqliteTx, work: F) -> Result<T, Fault>
where
    F: AsyncFn(&mut Tx) -> Result<T, Fault>,
{
    catch_unwind(AssertUnwindSafe(|| {
        let mut tx = Tx(Inner::Sqlite(tx));
        let mut future = pin!(work(&mut tx));
        match future.as_mut().poll(&mut Context::from_waker(noop_waker_ref())) {
            Poll::Ready(result) => result,
            Poll::Pending => Err(DbError::ForeignAwait.into()),
        }
    }))
    .unwrap_or_else(|_| Err(DbError::Panicked.into()))
}

/// Runs a statement that has neither parameters nor rows, and is said so often that it is kept.
fn say(connection: &Connection, words: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(words)?.execute([]).map(drop)
}

/// Lets this thread run only as far as those that answer requests leave it time: on a machine of two cores an import would else make people wait. Linux alone
/// knows priorities of threads.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 10); // if it may not be, nothing is lost
}

thread_local! {
    static BREATHED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// How long a thread that gives way runs at a time.
const BREATH: Duration = Duration::from_micros(200);

/// Lets others run that wait for this processor, if this thread has gone on for a fifth of a millisecond. Long work calls it between its pieces: the system's scheduler
/// lets whoever runs, of whatever priority, go on for some milliseconds before somebody who has become ready gets his turn.
pub fn breathe() {
    let now = Instant::now();
    let since = BREATHED.get();
    if since.is_none_or(|since| now.duration_since(since) >= BREATH) {
        thread::yield_now();
        BREATHED.set(Some(Instant::now()));
    }
}

/// Makes a connection's thread breathe while it runs statements.
fn breathe_often(connection: &mut Connection) -> Result<(), DbError> {
    let go_on = || {
        breathe();
        false
    };
    Ok(connection.progress_handler(400, Some(go_on))?)
}

fn run_reader(connection: &Rc<Connection>, queue: &Receiver<Shared>) {
    while let Ok(work) = queue.recv() {
        let begun = say(connection, "BEGIN DEFERRED").map_err(DbError::from);
        let ran = work(connection, Undo::Rollback);
        if !connection.is_autocommit() {
            drop(say(connection, "COMMIT"));
        }
        (ran.answer)(begun);
    }
}

/// The SQLite side of a transaction. Its verbs are not async: every answer is there at once.
pub(crate) struct SqliteTx {
    connection: Rc<Connection>,
    /// Where rows wait for the end of a transaction that goes on after this work.
    later: Option<Rc<RefCell<Later>>>,
}

impl SqliteTx {
    /// A statement that is kept. None once the transaction has ended: what it did would stand, whatever its caller is told.
    fn statement(&self, text: &str) -> Result<CachedStatement<'_>, DbError> {
        self.must_be_open()?;
        Ok(self.connection.prepare_cached(text)?)
    }

    fn must_be_open(&self) -> Result<(), DbError> {
        let has_ended = || DbError::Sqlite("the transaction has ended".to_owned());
        if self.connection.is_autocommit() { Err(has_ended()) } else { Ok(()) }
    }

    pub(crate) fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, DbError> {
        let mut statement = self.statement(sql.sqlite)?;
        bind(&mut statement, params)?;
        Ok(statement.raw_execute()? as u64)
    }

    pub(crate) fn insert_each(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<u64, DbError> {
        self.must_be_open()?;
        let in_groups = many::insert_groups(&self.connection, sql.sqlite, batch)?;
        Ok(in_groups.inserted + self.execute_from(in_groups.rows, sql, batch)?)
    }

    /// Inserts the rows when the transaction ends, if it goes on after this work, else now.
    pub(crate) fn insert_later(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<(), DbError> {
        self.must_be_open()?;
        match &self.later {
            Some(later) => later.borrow_mut().add(sql, batch),
            None => return self.insert_each(sql, batch).map(drop),
        }
        Ok(())
    }

    pub(crate) fn execute_each(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<u64, DbError> {
        self.execute_from(0, sql, batch)
    }

    /// Runs a statement for every row of the batch but the first `skip`.
    fn execute_from(&self, skip: usize, sql: Sql, batch: &Batch<'_>) -> Result<u64, DbError> {
        let mut statement = self.statement(sql.sqlite)?;
        let (mut changed, mut before) = (0, None);
        for row in batch.rows().skip(skip) {
            bind_changed(&mut statement, 0, row, before.replace(row))?;
            changed += statement.raw_execute()? as u64;
        }
        Ok(changed)
    }

    pub(crate) fn insert_new(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<Vec<bool>, DbError> {
        let mut statement = self.statement(sql.sqlite)?;
        let (mut new, mut before) = (Vec::with_capacity(batch.len()), None);
        for row in batch.rows() {
            bind_changed(&mut statement, 0, row, before.replace(row))?;
            new.push(statement.raw_execute()? > 0);
        }
        Ok(new)
    }

    pub(crate) fn all(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<Vec<Row>, DbError> {
        let mut statement = self.statement(sql.sqlite)?;
        bind(&mut statement, params)?;
        let mut found = Vec::new();
        collect(&mut statement, &mut Row(Vec::new()), |row| {
            found.push(std::mem::replace(row, Row(Vec::with_capacity(row.0.len()))));
            Ok(())
        })?;
        Ok(found)
    }

    pub(crate) fn select_each(
        &mut self,
        sql: Sql,
        batch: &Batch<'_>,
        mut found: impl FnMut(usize, &Row) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut statement = self.statement(sql.sqlite)?;
        let mut row = Row(Vec::new());
        for (at, params) in batch.rows().enumerate() {
            bind(&mut statement, params)?;
            collect(&mut statement, &mut row, |row| found(at, row))?;
        }
        Ok(())
    }

    pub(crate) fn script(&mut self, text: &str) -> Result<(), DbError> {
        self.must_be_open()?;
        Ok(self.connection.execute_batch(text)?)
    }
}

fn bind(statement: &mut Statement<'_>, params: &[Value<'_>]) -> Result<(), DbError> {
    for (at, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    Ok(())
}

/// Binds, after the first `offset` parameters, what differs from the row `before`, which this statement has just run with: SQLite keeps what is bound, and a third of the columns of many rows, shop
/// and source and import, are the same in all.
fn bind_changed(
    statement: &mut Statement<'_>,
    offset: usize,
    row: &[Value<'_>],
    before: Option<&[Value<'_>]>,
) -> Result<(), DbError> {
    for (at, value) in row.iter().enumerate() {
        if before.is_none_or(|before| !value.is_evidently(&before[at])) {
            statement.raw_bind_parameter(offset + at + 1, value)?;
        }
    }
    Ok(())
}

/// Shows each row in turn in the one that it is given, so that many rows need memory for one.
fn collect(
    statement: &mut Statement<'_>,
    row: &mut Row,
    mut found: impl FnMut(&mut Row) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(answer) = rows.next()? {
        row.0.clear();
        for at in 0..columns {
            row.0.push(Value::from_sqlite(answer.get_ref(at)?)?);
        }
        found(row)?;
    }
    Ok(())
}

/// Translates a migration: our type words to SQLite's, `STRICT` tables, `CLUSTERED` to `WITHOUT ROWID`. Room on pages and locks of tables are PostgreSQL's concern.
pub(crate) fn translate(text: &str) -> String {
    let words =
        HashMap::from([("UUID", "BLOB"), ("BIGINT", "INTEGER"), ("BOOL", "INTEGER"), ("BYTES", "BLOB")]);
    let text = crate::migrate::replace_words(text, &words);
    let text: String = text
        .lines()
        .filter(|line| !line.contains(" SET (fillfactor") && !line.starts_with("LOCK TABLE "))
        .flat_map(|line| [line, "\n"])
        .collect();
    text.replace(") CLUSTERED;", ") STRICT, WITHOUT ROWID;").replace("\n);", "\n) STRICT;")
}
