//! The worker: claims, runs, renews, retries.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use base::{Actor, Clock, Context, Fault, FaultKind, Id, Timestamp};
use db::Db;
use futures::future::BoxFuture;
use rand::RngExt as _;
use tokio::sync::{Notify, watch};

use crate::{ATTEMPTS_MAX, Job, LEASE_SECONDS, rows};

/// Runs one kind of job. Must be safe to run again.
pub trait Handler: Send + Sync {
    fn run<'a>(&'a self, cx: &'a Context, job: &'a Job) -> BoxFuture<'a, Result<(), Fault>>;
}

/// Keeps the house in order now and then, such as forgetting what is old. Several workers may do it at once.
pub trait Upkeep: Send + Sync {
    fn run<'a>(&'a self, now: Timestamp) -> BoxFuture<'a, Result<(), Fault>>;
}

/// Takes jobs from the queue until it is told to stop.
pub struct Worker {
    db: Db,
    clock: Arc<dyn Clock>,
    handlers: HashMap<&'static str, Arc<dyn Handler>>,
    upkeep: Vec<(&'static str, Arc<dyn Upkeep>)>,
    wake: Arc<Notify>,
    stop_max: Duration,
}

/// How long an idle worker waits before it looks again, unless it is woken.
const IDLE_MILLIS: u64 = 500;
/// How long a job in hand may go on after the worker was told to stop; then it is given back, and goes on when there is a worker again.
const STOP_MAX: Duration = Duration::from_secs(10);
/// How often the house is put in order; for the first time when the worker begins.
const UPKEEP_MICROS: i64 = 3_600 * Timestamp::SECOND;

impl Worker {
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            clock,
            handlers: HashMap::new(),
            upkeep: Vec::new(),
            wake: Arc::new(Notify::new()),
            stop_max: STOP_MAX,
        }
    }

    /// How long a job in hand may go on after the worker was told to stop; ten seconds unless said.
    #[must_use]
    pub fn stop_within(mut self, longest: Duration) -> Self {
        self.stop_max = longest;
        self
    }

    /// Registers who runs jobs of `kind`.
    #[must_use]
    pub fn handle(mut self, kind: &'static str, handler: Arc<dyn Handler>) -> Self {
        self.handlers.insert(kind, handler);
        self
    }

    /// Registers what is done every hour; `name` is for the log.
    #[must_use]
    pub fn keep_up(mut self, name: &'static str, upkeep: Arc<dyn Upkeep>) -> Self {
        self.upkeep.push((name, upkeep));
        self
    }

    /// Notify it, and the worker looks at once instead of at its next round.
    #[must_use]
    pub fn woken_by(mut self, wake: Arc<Notify>) -> Self {
        self.wake = wake;
        self
    }

    /// Works until `stop` says so. The job in hand is finished first if that takes ten seconds at most; an import of millions of lines is given back.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut due = self.clock.now();
        while !*stop.borrow() {
            if self.clock.now() >= due {
                self.keep_house().await;
                due = self.clock.now().plus_micros(UPKEEP_MICROS);
            }
            let found = match self.look(&mut stop.clone()).await {
                Ok(found) => found,
                Err(fault) => {
                    tracing::error!(%fault, "the job queue cannot be read");
                    0
                }
            };
            if found == 0 {
                tokio::select! {
                    () = self.wake.notified() => {}
                    () = tokio::time::sleep(Duration::from_millis(IDLE_MILLIS)) => {}
                    _ = stop.changed() => {}
                }
            }
        }
    }

    /// What fails is tried again at the next hour.
    pub async fn keep_house(&self) {
        for (name, upkeep) in &self.upkeep {
            if let Err(fault) = upkeep.run(self.clock.now()).await {
                tracing::warn!(name, %fault, "upkeep failed");
            }
        }
    }

    /// Looks through all buckets once and runs what is due; returns the number of jobs run.
    pub async fn run_once(&self) -> Result<usize, Fault> {
        let (_never, mut stop) = watch::channel(false);
        self.look(&mut stop).await
    }

    /// Most looks find nothing, so it is read first where there is something to claim.
    async fn look(&self, stop: &mut watch::Receiver<bool>) -> Result<usize, Fault> {
        let now = self.clock.now();
        let mut due = self.db.read(async move |tx| rows::due(tx, now).await).await?;
        if !due.is_empty() {
            // Several workers begin at different places.
            let start = rand::rng().random_range(0..due.len());
            due.rotate_left(start);
        }
        let mut done = 0;
        for bucket in due {
            if *stop.borrow() {
                break;
            }
            for job in self.claim(bucket).await? {
                self.run_job(job, stop).await?;
                done += 1;
            }
        }
        Ok(done)
    }

    async fn claim(&self, bucket: i64) -> Result<Vec<Job>, Fault> {
        let now = self.clock.now();
        let lease = Id::new(now, &mut rand::rng());
        let until = lease_end(now);
        self.db.write_bulk(async move |tx| rows::claim(tx, bucket, lease, now, until, 1).await).await
    }

    async fn run_job(&self, job: Job, stop: &mut watch::Receiver<bool>) -> Result<(), Fault> {
        let cx = Context::new(job.shop, Actor::System("worker"), Arc::clone(&self.clock));
        let result = match self.handlers.get(job.kind.as_str()) {
            Some(handler) => tokio::select! {
                result = self.run_leased(handler.as_ref(), &cx, &job) => result,
                () = overdue(stop, self.stop_max) => return self.give_back(job).await,
            },
            None => Err(Fault::new(
                FaultKind::Internal,
                "unknown_job",
                format!("No handler for jobs of kind {}.", job.kind),
            )),
        };
        let now = self.clock.now();
        self.db
            .write(async move |tx| match &result {
                Ok(()) => rows::finish(tx, &job, "done", None).await,
                Err(fault) if job.attempt >= ATTEMPTS_MAX || fault.kind == FaultKind::Invalid => {
                    tracing::error!(job = %job.id, kind = %job.kind, %fault, "a job was given up");
                    rows::finish(tx, &job, "failed", Some(&format!("{}: {}", fault.code, fault.message))).await
                }
                Err(fault) => {
                    tracing::warn!(job = %job.id, kind = %job.kind, attempt = job.attempt, %fault, "a job will be tried again");
                    let pause = Timestamp::SECOND << job.attempt.min(10);
                    rows::put_back(tx, &job, now.plus_micros(pause), &format!("{}: {}", fault.code, fault.message)).await
                }
            })
            .await
    }

    /// Leaves a job to the next worker, as if this one had not begun.
    async fn give_back(&self, job: Job) -> Result<(), Fault> {
        tracing::info!(job = %job.id, kind = %job.kind, "a job goes on when there is a worker again");
        self.db.write(async move |tx| rows::give_back(tx, &job).await).await
    }

    /// Runs the handler and renews the lease beside it. A lost lease stops the handler at its next await.
    async fn run_leased(&self, handler: &dyn Handler, cx: &Context, job: &Job) -> Result<(), Fault> {
        let mut work = handler.run(cx, job);
        let third = Duration::from_secs(LEASE_SECONDS.unsigned_abs() / 3);
        loop {
            tokio::select! {
                result = &mut work => return result,
                () = tokio::time::sleep(third) => {
                    let (job, until) = (job.clone(), lease_end(self.clock.now()));
                    if !self.db.write(async move |tx| rows::renew(tx, &job, until).await).await? {
                        return Err(Fault::unavailable("lease_lost", "Another worker has taken this job over."));
                    }
                }
            }
        }
    }
}

/// Ends when the worker was told to stop and has waited long enough.
async fn overdue(stop: &mut watch::Receiver<bool>, longest: Duration) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        return std::future::pending().await; // nobody is left who could say so
    }
    tokio::time::sleep(longest).await;
}

fn lease_end(now: Timestamp) -> Timestamp {
    now.plus_micros(LEASE_SECONDS * Timestamp::SECOND)
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Worker({} kinds)", self.handlers.len())
    }
}
