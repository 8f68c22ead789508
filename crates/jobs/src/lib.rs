//! Work that outlives its request: a durable queue in the shop's own database.
//!
//! A job is a row, written by the transaction that wants the work done, so neither can exist without the other. A worker claims jobs by
//! lease, renews the lease while it works, and gives the row back on failure with a growing pause, up to a limit. A worker that dies loses
//! its leases after [`LEASE_SECONDS`]; the job runs again elsewhere, so handlers must be safe to repeat.

mod aside;
pub mod lease;
mod rows;
mod worker;

use base::{Context, Fault, Id, ShopId, Timestamp};
use db::Tx;

pub use aside::aside;
pub use worker::{Handler, Upkeep, Worker};

pub const MIGRATIONS: &[db::Migration] = &[("jobs/0001_jobs", include_str!("../migrations/0001_jobs.sql"))];

/// How long a claim lasts without being renewed.
pub const LEASE_SECONDS: i64 = 60;
/// Buckets spread the queue; a claim looks into one at a time.
pub(crate) const BUCKETS: i64 = 16;
/// Tries before a job is given up.
pub const ATTEMPTS_MAX: u32 = 8;

/// A unit of work.
#[derive(Clone, Debug)]
pub struct Job {
    pub(crate) bucket: i64,
    pub id: Id<Self>,
    pub shop: ShopId,
    pub kind: String,
    pub payload: serde_json::Value,
    /// Which try this is, from 1.
    pub attempt: u32,
    pub(crate) lease: Id<Lease>,
}

#[derive(Debug)]
pub(crate) enum Lease {}

/// A job that is to be put into the queue.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    pub cx: &'a Context,
    pub kind: &'a str,
    pub payload: serde_json::Value,
    pub run_at: Timestamp,
}

/// Puts a job into the queue, in the caller's transaction.
pub async fn enqueue(
    tx: &mut Tx,
    cx: &Context,
    kind: &str,
    payload: &serde_json::Value,
    run_at: Timestamp,
) -> Result<Id<Job>, Fault> {
    Ok(enqueue_each(tx, &[NewJob { cx, kind, payload: payload.clone(), run_at }]).await?[0])
}

/// Puts jobs into the queue, by one statement for all.
pub async fn enqueue_each(tx: &mut Tx, jobs: &[NewJob<'_>]) -> Result<Vec<Id<Job>>, Fault> {
    let new: Vec<(Id<Job>, &NewJob<'_>)> = jobs.iter().map(|job| (job.cx.new_id(), job)).collect();
    rows::insert(tx, &new).await?;
    Ok(new.into_iter().map(|(id, _)| id).collect())
}

/// Takes back jobs whose work was done otherwise; those that a worker has in hand stay.
pub async fn withdraw(tx: &mut Tx, jobs: &[Id<Job>]) -> Result<(), Fault> {
    rows::withdraw(tx, jobs).await
}

/// Emits an event: one job for each subscriber, in the transaction of what happened (the outbox). `app` says who subscribes.
pub async fn emit(
    tx: &mut Tx,
    cx: &Context,
    subscribers: &[&str],
    payload: &serde_json::Value,
) -> Result<(), Fault> {
    for kind in subscribers {
        enqueue(tx, cx, kind, payload, cx.now()).await?;
    }
    Ok(())
}

/// How many jobs wait, are done and have failed, over all shops.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub waiting: u64,
    pub failed: u64,
}

/// Counts for health pages and metrics.
pub async fn counts(db: &db::Db) -> Result<Counts, Fault> {
    db.read(async |tx| rows::counts(tx).await).await
}
