//! PostgreSQL: lanes, each a thread with its own small runtime and connections, on which the closures of transactions run.
//!
//! A write is SERIALIZABLE and is run again when it loses to another (SQLSTATE 40001, 40P01) or meets a row that another inserted between its look and
//! its insert (23505): at most [`ATTEMPTS_MAX`] times, with a random pause that doubles. Closures need not be `Send` while they run, because a closure
//! never leaves its lane; that is also where pipelining many transactions over few connections would go.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
    fmt::Write as _,
    panic::AssertUnwindSafe,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use base::Fault;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use futures::{FutureExt as _, future::LocalBoxFuture};
use rand::RngExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{error::SqlState, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;

mod young;

use crate::{Batch, DbError, Options, Row, Sql, Tx, Value, tls, tx::Inner};

const LANES: usize = 2;
const ATTEMPTS_MAX: u32 = 12;
/// A row met between look and insert is tried again this often; after that it is the closure's own mistake.
const DUPLICATES_MAX: u32 = 3;
const CONNECT_SECONDS_MAX: u64 = 5;
/// What we ask for, we ask for by a key that has an index, many keys at a time. A planner that does not yet know a table that an import is filling
/// takes it for small, and joins by reading all of it or by crossing two indexes for every key (measured: 1.3 ms a key).
const BY_INDEX: &str = "-c jit=off -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

type Work = Box<dyn FnOnce(Rc<Lane>) -> LocalBoxFuture<'static, ()> + Send>;

pub(crate) struct Engine {
    lanes: Vec<mpsc::UnboundedSender<Work>>,
    next: AtomicUsize,
    commits: Arc<AtomicU64>,
}

struct Lane {
    pool: Pool,
    commits: Arc<AtomicU64>,
    rewritten: RefCell<HashMap<(usize, Rewrite), Rc<str>>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Rewrite {
    Insert,
    /// With the values of this column given back.
    InsertReturning(&'static str),
    /// An `UPDATE` or a `DELETE`.
    Change,
    Select,
}

#[derive(Clone, Copy)]
enum Mode {
    Write,
    Bulk,
    Stage,
    Read,
    /// A single statement, which is a transaction by itself.
    Look,
}

impl Mode {
    /// What begins it, if it must be begun.
    const fn begin(self) -> Option<&'static str> {
        Some(match self {
            Self::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Self::Bulk => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Self::Stage => "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit TO off",
            Self::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Look => return None,
        })
    }
}

impl Engine {
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, DbError> {
        let (url, told) = tls::split(url);
        let (mode, connector) = tls::connector(&told)?;
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|error: tokio_postgres::Error| DbError::Url(error.to_string()))?;
        config.ssl_mode(mode);
        config.connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX));
        if config.get_application_name().is_none() {
            config.application_name("trunkline");
        }
        let asked = config.get_options().map_or_else(String::new, |asked| format!(" {asked}"));
        config.options(format!("{BY_INDEX}{asked}"));
        probe(&config, connector.clone()).await?;
        let (mut lanes, commits) = (Vec::new(), Arc::new(AtomicU64::new(0)));
        for _ in 0..LANES {
            let (config, commits) = ((config.clone(), connector.clone()), Arc::clone(&commits));
            let is_first = lanes.is_empty();
            lanes.push(start_lane(config, (options.connections / LANES).max(1), commits, is_first)?);
        }
        Ok(Self { lanes, next: AtomicUsize::new(0), commits })
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        self.submit(Mode::Write, work).await
    }

    pub(crate) async fn write_bulk<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        self.submit(Mode::Bulk, work).await
    }

    pub(crate) async fn write_stage<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        self.submit(Mode::Stage, work).await
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        self.submit(Mode::Read, work).await
    }

    pub(crate) async fn look<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        self.submit(Mode::Look, work).await
    }

    async fn submit<T, F>(&self, mode: Mode, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let run: Work = Box::new(move |lane| {
            async move {
                drop(answer.send(run(&lane, mode, &work).await));
            }
            .boxed_local()
        });
        let lane = self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len();
        self.lanes[lane].send(run).map_err(|_| DbError::Closed)?;
        answered.await.map_err(|_| DbError::Closed)?
    }
}

/// Connects once, outside the pool, so that a wrong password is told at once and by its name.
async fn probe(config: &tokio_postgres::Config, connector: MakeRustlsConnect) -> Result<(), DbError> {
    let unreachable = |error: tokio_postgres::Error| DbError::Unreachable(chain(&error));
    let (client, connection) = config.connect(connector).await.map_err(unreachable)?;
    let driver = tokio::spawn(connection);
    client.batch_execute("SELECT 1").await.map_err(unreachable)?;
    driver.abort();
    Ok(())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        write!(text, ": {inner}").expect("writing to a String cannot fail");
        source = inner.source();
    }
    text
}

fn start_lane(
    (config, connector): (tokio_postgres::Config, MakeRustlsConnect),
    connections: usize,
    commits: Arc<AtomicU64>,
    is_first: bool,
) -> Result<mpsc::UnboundedSender<Work>, DbError> {
    let (sender, mut queue) = mpsc::unbounded_channel::<Work>();
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, connector, recycling);
    let pool = Pool::builder(manager)
        .max_size(connections)
        .build()
        .map_err(|error| DbError::Unreachable(error.to_string()))?;
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime needs only what every process has");
        let lane = Rc::new(Lane { pool, commits, rewritten: RefCell::default() });
        tokio::task::LocalSet::new().block_on(&runtime, async move {
            if is_first {
                tokio::task::spawn_local(young::look_after(Rc::clone(&lane)));
            }
            while let Some(work) = queue.recv().await {
                tokio::task::spawn_local(work(Rc::clone(&lane)));
            }
        });
    };
    thread::Builder::new()
        .name("postgres-lane".to_owned())
        .spawn(body)
        .map_err(|error| DbError::Unreachable(error.to_string()))?;
    Ok(sender)
}

async fn run<T, F>(lane: &Rc<Lane>, mode: Mode, work: &F) -> Result<T, Fault>
where
    F: AsyncFn(&mut Tx) -> Result<T, Fault>,
{
    let mut attempt = 1;
    loop {
        let (result, lost) = try_once(lane, mode, work).await?;
        let again = match (&result, lost) {
            (Err(_), Some(Loss::Serialization)) => attempt < ATTEMPTS_MAX,
            (Err(_), Some(Loss::Duplicate)) => attempt < DUPLICATES_MAX,
            _ => return result,
        };
        if !again {
            let contended = matches!(lost, Some(Loss::Serialization));
            return if contended { Err(DbError::Contended { attempts: attempt }.into()) } else { result };
        }
        let pause = rand::rng().random_range(0..=(500u64 << attempt.min(7)));
        tokio::time::sleep(Duration::from_micros(pause)).await;
        attempt += 1;
    }
}

/// One try: what came of it, and whether it lost to another.
async fn try_once<T, F>(
    lane: &Rc<Lane>,
    mode: Mode,
    work: &F,
) -> Result<(Result<T, Fault>, Option<Loss>), Fault>
where
    F: AsyncFn(&mut Tx) -> Result<T, Fault>,
{
    let client = lane.pool.get().await.map_err(|error| DbError::Unreachable(chain(&error)))?;
    let sent = Sent::default();
    let tx = PostgresTx {
        client: Rc::new(client),
        lane: Rc::clone(lane),
        lost: Rc::new(Cell::new(None)),
        sent: sent.clone(),
    };
    let (client, lost) = (Rc::clone(&tx.client), Rc::clone(&tx.lost));
    let begin = async {
        match mode.begin() {
            Some(words) => client.batch_execute(words).await,
            None => Ok(()),
        }
    };
    let mut tx = Tx(Inner::Postgres(tx));
    // A panic is caught here, where the connection is, so that what it leaves behind is rolled back before anybody else gets it.
    let work = AssertUnwindSafe(work(&mut tx)).catch_unwind();
    let caught = if matches!(mode, Mode::Read) {
        // What begins it and its first statement go out together: nobody waits for the answer of the one before the other is sent. Were it to fail alone,
        // what only reads would do no harm; a write would stand outside of any transaction.
        let (begun, caught) = tokio::join!(biased; begin, work);
        begun.map_err(DbError::from)?;
        caught
    } else {
        begin.await.map_err(DbError::from)?;
        work.await
    };
    drop(tx);
    let mut result = caught.unwrap_or_else(|_| Err(DbError::Panicked.into()));
    match mode {
        Mode::Look => {}
        Mode::Read => end_reading(client),
        _ if result.is_err() => client.batch_execute("ROLLBACK").await.map_err(DbError::from)?,
        _ => {
            // If one of them has failed, this ends the transaction without a commit, and says so to nobody: so they are asked first.
            let (settled, ended) = tokio::join!(biased; sent.settle(), client.batch_execute("COMMIT"));
            match settled.and(ended) {
                Ok(()) => drop(lane.commits.fetch_add(1, Ordering::Relaxed)),
                Err(error) => {
                    lost.set(Loss::of(&error));
                    result = Err(DbError::from(error).into());
                }
            }
        }
    }
    Ok((result, lost.get()))
}

/// What only read has nothing to lose by its end, so nobody waits for that: it is sent, and the connection is free once it is answered.
fn end_reading(client: Rc<Object>) {
    tokio::task::spawn_local(async move {
        if let Err(error) = client.batch_execute("ROLLBACK").await {
            tracing::debug!(%error, "a connection was lost");
        }
    });
}

#[derive(Clone, Copy)]
enum Loss {
    Serialization,
    Duplicate,
}

impl Loss {
    fn of(error: &tokio_postgres::Error) -> Option<Self> {
        let code = error.code()?;
        if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED {
            Some(Self::Serialization)
        } else if *code == SqlState::UNIQUE_VIOLATION {
            Some(Self::Duplicate)
        } else {
            None
        }
    }
}

/// The PostgreSQL side of a transaction.
pub(crate) struct PostgresTx {
    client: Rc<Object>,
    lane: Rc<Lane>,
    lost: Rc<Cell<Option<Loss>>>,
    sent: Sent,
}

/// Writes that were sent, and whose answers nobody has waited for yet.
#[derive(Clone, Default)]
struct Sent(Rc<RefCell<Vec<LocalBoxFuture<'static, Result<u64, tokio_postgres::Error>>>>>);

impl Sent {
    /// Waits for the answers; the first failure, which is why all that came after failed, too.
    async fn settle(&self) -> Result<(), tokio_postgres::Error> {
        let sent = std::mem::take(&mut *self.0.borrow_mut());
        let mut settled = Ok(());
        for one in sent {
            settled = settled.and(one.await.map(drop));
        }
        settled
    }
}

impl PostgresTx {
    /// The answer; had a write failed before whose answer was not waited for, that is what went wrong.
    async fn told<T>(&self, answer: Result<T, tokio_postgres::Error>) -> Result<T, DbError> {
        let error = match answer {
            Ok(answer) => return Ok(answer),
            Err(error) => self.sent.settle().await.err().unwrap_or(error),
        };
        if let Some(loss) = Loss::of(&error) {
            self.lost.set(Some(loss));
        }
        Err(error.into())
    }

    pub(crate) async fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, DbError> {
        let statement = self.told(self.client.prepare_cached(sql.postgres).await).await?;
        self.told(self.client.execute(&statement, &refs(params)).await).await
    }

    pub(crate) async fn all(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<Vec<Row>, DbError> {
        let statement = self.told(self.client.prepare_cached(sql.postgres).await).await?;
        let rows = self.told(self.client.query(&statement, &refs(params)).await).await?;
        rows.iter().map(|row| read(row, 0)).collect()
    }

    pub(crate) async fn execute_each(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<u64, DbError> {
        self.execute_over_arrays(sql, Rewrite::Change, batch).await
    }

    pub(crate) async fn insert_each(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<u64, DbError> {
        self.execute_over_arrays(sql, Rewrite::Insert, batch).await
    }

    /// Sends a write for many rows, and lets others be sent before its answer has come.
    pub(crate) async fn write_each(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<(), DbError> {
        let rewrite = if sql.is_insert() { Rewrite::Insert } else { Rewrite::Change };
        let text = self.rewritten(sql, rewrite).await?;
        let statement = self.told(self.client.prepare_cached(&text).await).await?;
        let columns: Vec<Vec<Value<'static>>> = (0..batch.width()).map(|at| batch.own_column(at)).collect();
        let client = Rc::clone(&self.client);
        let mut sent = async move { client.execute_raw(&statement, columns).await }.boxed_local();
        // It is sent when it is looked at first.
        match (&mut sent).now_or_never() {
            Some(answer) => self.told(answer).await.map(drop),
            None => {
                self.sent.0.borrow_mut().push(sent);
                Ok(())
            }
        }
    }

    async fn execute_over_arrays(
        &mut self,
        sql: Sql,
        rewrite: Rewrite,
        batch: &Batch<'_>,
    ) -> Result<u64, DbError> {
        let text = self.rewritten(sql, rewrite).await?;
        let statement = self.told(self.client.prepare_cached(&text).await).await?;
        let columns: Vec<Vec<&Value<'_>>> = (0..batch.width()).map(|at| batch.column(at)).collect();
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|c| c as &(dyn ToSql + Sync)).collect();
        self.told(self.client.execute(&statement, &params).await).await
    }

    pub(crate) async fn insert_new(
        &mut self,
        sql: Sql,
        batch: &Batch<'_>,
        (key, place): (&'static str, usize),
    ) -> Result<Vec<bool>, DbError> {
        let text = self.rewritten(sql, Rewrite::InsertReturning(key)).await?;
        let statement = self.told(self.client.prepare_cached(&text).await).await?;
        let columns: Vec<Vec<&Value<'_>>> = (0..batch.width()).map(|at| batch.column(at)).collect();
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|c| c as &(dyn ToSql + Sync)).collect();
        let rows = self.told(self.client.query(&statement, &params).await).await?;
        let added = rows.iter().map(|row| row.try_get(0)).collect::<Result<HashSet<&str>, _>>()?;
        let text = |value: &Value| matches!(value, Value::Text(text) if added.contains(text.as_ref()));
        Ok(columns[place].iter().map(|value| text(value)).collect())
    }

    pub(crate) async fn select_each(
        &mut self,
        sql: Sql,
        batch: &Batch<'_>,
    ) -> Result<Vec<(usize, Row)>, DbError> {
        let text = self.rewritten(sql, Rewrite::Select).await?;
        let statement = self.told(self.client.prepare_cached(&text).await).await?;
        let columns: Vec<Vec<&Value<'_>>> = (0..batch.width()).map(|at| batch.column(at)).collect();
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|c| c as &(dyn ToSql + Sync)).collect();
        let rows = self.told(self.client.query(&statement, &params).await).await?;
        rows.iter()
            .map(|row| {
                let ordinal: i64 = row.try_get(0)?;
                Ok((usize::try_from(ordinal - 1).unwrap_or(0), read(row, 1)?))
            })
            .collect()
    }

    pub(crate) async fn script(&mut self, text: &str) -> Result<(), DbError> {
        self.told(self.client.batch_execute(text).await).await
    }

    /// The statement over arrays in place of single values; made once a lane and statement, because it needs the parameters' types.
    async fn rewritten(&self, sql: Sql, rewrite: Rewrite) -> Result<Rc<str>, DbError> {
        let key = (sql.postgres.as_ptr().addr(), rewrite);
        if let Some(text) = self.lane.rewritten.borrow().get(&key) {
            return Ok(Rc::clone(text));
        }
        let single = self.told(self.client.prepare_cached(sql.postgres).await).await?;
        let types: Vec<&str> = single.params().iter().map(tokio_postgres::types::Type::name).collect();
        let text = match rewrite {
            Rewrite::Insert => insert_from_arrays(sql.postgres, &types),
            Rewrite::InsertReturning(key) => {
                insert_from_arrays(sql.postgres, &types).map(|text| format!("{text} RETURNING {key}"))
            }
            Rewrite::Change => change_from_arrays(sql.postgres, &types),
            Rewrite::Select => select_from_arrays(sql.postgres, &types),
        };
        let text: Rc<str> = text
            .ok_or_else(|| DbError::Postgres(format!("not a statement for many rows: {}", sql.postgres)))?
            .into();
        self.lane.rewritten.borrow_mut().insert(key, Rc::clone(&text));
        Ok(text)
    }
}

fn refs<'p>(params: &'p [Value<'_>]) -> Vec<&'p (dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn read(row: &tokio_postgres::Row, from: usize) -> Result<Row, DbError> {
    (from..row.len()).map(|at| Value::from_postgres(row, at)).collect::<Result<_, _>>().map(Row)
}

/// `unnest($1::uuid[], $2::text[]) … AS keys(p1, p2)`
fn unnest(types: &[&str], ordinality: bool) -> String {
    let arrays: Vec<String> =
        types.iter().enumerate().map(|(at, ty)| format!("${}::{ty}[]", at + 1)).collect();
    let mut names: Vec<String> = (1..=types.len()).map(|at| format!("p{at}")).collect();
    if ordinality {
        names.push("ordinal".to_owned());
    }
    let with = if ordinality { " WITH ORDINALITY" } else { "" };
    format!("unnest({}){with} AS keys({})", arrays.join(", "), names.join(", "))
}

/// `$3` → `keys.p3`
fn with_columns(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '$' && chars.peek().is_some_and(char::is_ascii_digit) {
            out.push_str("keys.p");
        } else {
            out.push(c);
        }
    }
    out
}

fn insert_from_arrays(text: &str, types: &[&str]) -> Option<String> {
    let (head, rest) = text.split_once("VALUES")?;
    let rest = rest.trim_start().strip_prefix('(')?;
    let mut depth = 1;
    let end = rest.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    })?;
    let (values, tail) = (&rest[..end], &rest[end + 1..]);
    Some(format!("{head}SELECT {} FROM {}{tail}", with_columns(values), unnest(types, false)))
}

/// `UPDATE t SET … WHERE …` gets a `FROM`, `DELETE FROM t WHERE …` a `USING`.
fn change_from_arrays(text: &str, types: &[&str]) -> Option<String> {
    let word = match text.split_whitespace().next()? {
        "UPDATE" => "FROM",
        "DELETE" => "USING",
        _ => return None,
    };
    let (head, condition) = text.split_once("WHERE")?;
    Some(format!("{}{word} {} WHERE{}", with_columns(head), unnest(types, false), with_columns(condition)))
}

fn select_from_arrays(text: &str, types: &[&str]) -> Option<String> {
    text.trim_start().starts_with("SELECT").then(|| {
        format!(
            "SELECT keys.ordinal, found.* FROM {} CROSS JOIN LATERAL ({}) AS found ORDER BY keys.ordinal",
            unnest(types, true),
            with_columns(text)
        )
    })
}

/// Translates a migration: our type words to PostgreSQL's.
pub(crate) fn translate(text: &str) -> String {
    let words = HashMap::from([
        ("BYTES", "BYTEA"),
        ("BOOL", "BOOLEAN"),
        ("REAL", "DOUBLE PRECISION"),
        ("CLUSTERED", ""),
    ]);
    crate::migrate::replace_words(text, &words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_over_arrays() {
        assert_eq!(
            insert_from_arrays(
                "INSERT INTO t (a, b) VALUES ($1, COALESCE($2, 0)) ON CONFLICT DO NOTHING",
                &["uuid", "int8"]
            )
            .unwrap(),
            "INSERT INTO t (a, b) SELECT keys.p1, COALESCE(keys.p2, 0) FROM unnest($1::uuid[], $2::int8[]) AS keys(p1, p2) ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            select_from_arrays("SELECT a FROM t WHERE b = $1", &["text"]).unwrap(),
            "SELECT keys.ordinal, found.* FROM unnest($1::text[]) WITH ORDINALITY AS keys(p1, ordinal) CROSS JOIN LATERAL (SELECT a FROM t WHERE b = keys.p1) AS found ORDER BY keys.ordinal"
        );
        assert_eq!(insert_from_arrays("UPDATE t SET a = $1", &["text"]), None);
        assert_eq!(
            change_from_arrays("UPDATE t SET a = $2 WHERE b = $1", &["text", "int8"]).unwrap(),
            "UPDATE t SET a = keys.p2 FROM unnest($1::text[], $2::int8[]) AS keys(p1, p2) WHERE b = keys.p1"
        );
        assert_eq!(
            change_from_arrays("DELETE FROM t WHERE b = $1", &["text"]).unwrap(),
            "DELETE FROM t USING unnest($1::text[]) AS keys(p1) WHERE b = keys.p1"
        );
        assert_eq!(change_from_arrays("SELECT a FROM t WHERE b = $1", &["text"]), None);
    }
}
