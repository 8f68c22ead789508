//! Every SQL text of the queue.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, Tx, params, sql};

use crate::{BUCKETS, Counts, Job, Lease, NewJob, lease::Holding};

/// Where a job is kept.
fn bucket(id: Id<Job>) -> i64 {
    i64::from(id.as_bytes()[15]) % BUCKETS
}

pub(crate) async fn insert(tx: &mut Tx, jobs: &[(Id<Job>, &NewJob<'_>)]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO jobs (bucket, id, shop_id, kind, payload, state, run_at, leased_until, lease_id, attempts, last_error, created_at)
         VALUES ($1, $2, $3, $4, $5, 'waiting', $6, 0, NULL, 0, NULL, $7)"
    );
    let mut rows = Batch::with_capacity(7, jobs.len());
    for (id, job) in jobs {
        rows.push(params![bucket(*id), *id, job.cx.shop, job.kind, &job.payload, job.run_at, job.cx.now()]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

pub(crate) async fn withdraw(tx: &mut Tx, jobs: &[Id<Job>]) -> Result<(), Fault> {
    let statement = sql!("DELETE FROM jobs WHERE bucket = $1 AND id = $2 AND lease_id IS NULL");
    let mut rows = Batch::with_capacity(2, jobs.len());
    jobs.iter().for_each(|id| rows.push(params![bucket(*id), *id]));
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// The buckets that have jobs to be run.
pub(crate) async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<i64>, Fault> {
    let statement = sql!(
        "SELECT 1 FROM jobs WHERE bucket = $1 AND state = 'waiting' AND run_at <= $2 AND leased_until <= $2 LIMIT 1"
    );
    let mut keys = Batch::with_capacity(2, BUCKETS as usize);
    (0..BUCKETS).for_each(|bucket| keys.push(params![bucket, now]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |bucket, _| {
        found.push(bucket as i64);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Leases up to `limit` jobs of one bucket. Two claimers may see the same row; the conditional update gives it to one.
pub(crate) async fn claim(
    tx: &mut Tx,
    bucket: i64,
    lease: Id<Lease>,
    now: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Job>, Fault> {
    let waiting = sql!(
        "SELECT id, shop_id, kind, payload, attempts FROM jobs
         WHERE bucket = $1 AND state = 'waiting' AND run_at <= $2 AND leased_until <= $2 ORDER BY run_at, id LIMIT $3"
    );
    let take = sql!(
        "UPDATE jobs SET leased_until = $4, lease_id = $3, attempts = attempts + 1
         WHERE bucket = $1 AND id = $2 AND state = 'waiting' AND leased_until <= $5"
    );
    let mut taken = Vec::new();
    for row in tx.all(waiting, &params![bucket, now, limit]).await? {
        let id: Id<Job> = row.get(0)?;
        if tx.execute(take, &params![bucket, id, lease, until, now]).await? == 0 {
            continue;
        }
        taken.push(Job {
            bucket,
            id,
            shop: row.get(1)?,
            kind: row.get(2)?,
            payload: row.get(3)?,
            attempt: row.get::<u32>(4)? + 1,
            lease,
        });
    }
    Ok(taken)
}

/// Extends a lease; false when it was lost.
pub(crate) async fn renew(tx: &mut Tx, job: &Job, until: Timestamp) -> Result<bool, Fault> {
    let renew = sql!(
        "UPDATE jobs SET leased_until = $4 WHERE bucket = $1 AND id = $2 AND lease_id = $3 AND state = 'waiting'"
    );
    Ok(tx.execute(renew, &params![job.bucket, job.id, job.lease, until]).await? == 1)
}

pub(crate) async fn finish(tx: &mut Tx, job: &Job, state: &str, error: Option<&str>) -> Result<(), Fault> {
    let finish = sql!(
        "UPDATE jobs SET state = $4, last_error = $5, leased_until = 0, lease_id = NULL WHERE bucket = $1 AND id = $2 AND lease_id = $3"
    );
    tx.execute(finish, &params![job.bucket, job.id, job.lease, state, error]).await?;
    Ok(())
}

pub(crate) async fn put_back(tx: &mut Tx, job: &Job, run_at: Timestamp, error: &str) -> Result<(), Fault> {
    let back = sql!(
        "UPDATE jobs SET run_at = $4, last_error = $5, leased_until = 0, lease_id = NULL WHERE bucket = $1 AND id = $2 AND lease_id = $3"
    );
    tx.execute(back, &params![job.bucket, job.id, job.lease, run_at, error]).await?;
    Ok(())
}

/// Gives a claim up, the try included.
pub(crate) async fn give_back(tx: &mut Tx, job: &Job) -> Result<(), Fault> {
    let back = sql!(
        "UPDATE jobs SET attempts = attempts - 1, leased_until = 0, lease_id = NULL WHERE bucket = $1 AND id = $2 AND lease_id = $3"
    );
    tx.execute(back, &params![job.bucket, job.id, job.lease]).await?;
    Ok(())
}

pub(crate) async fn counts(tx: &mut Tx) -> Result<Counts, Fault> {
    let count = sql!("SELECT state, COUNT(*) FROM jobs WHERE state <> 'done' GROUP BY state");
    let mut counts = Counts::default();
    for row in tx.all(count, &[]).await? {
        match row.get::<String>(0)?.as_str() {
            "waiting" => counts.waiting = row.get(1)?,
            _ => counts.failed = row.get(1)?,
        }
    }
    Ok(counts)
}

pub(crate) async fn holding(tx: &mut Tx, shop: ShopId, name: &str) -> Result<Option<Holding>, Fault> {
    let statement = sql!("SELECT holder, until_at FROM leases WHERE shop_id = $1 AND name = $2");
    let row = tx.first(statement, &params![shop, name]).await?;
    Ok(row
        .map(|row| Ok::<_, db::DbError>(Holding { holder: row.get(0)?, until: row.get(1)? }))
        .transpose()?)
}

/// Takes a lease that is free, run out, or whose holder is `gone`.
pub(crate) async fn take_lease(
    tx: &mut Tx,
    shop: ShopId,
    name: &str,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
    gone: bool,
) -> Result<bool, Fault> {
    let statement = sql!(
        "INSERT INTO leases (shop_id, name, holder, until_at) VALUES ($1, $2, $3, $5)
         ON CONFLICT (shop_id, name) DO UPDATE SET holder = $3, until_at = $5 WHERE leases.until_at <= $4 OR $6"
    );
    Ok(tx.execute(statement, &params![shop, name, holder, now, until, gone]).await? == 1)
}

pub(crate) async fn renew_lease(
    tx: &mut Tx,
    shop: ShopId,
    name: &str,
    holder: &str,
    until: Timestamp,
) -> Result<bool, Fault> {
    let statement = sql!("UPDATE leases SET until_at = $4 WHERE shop_id = $1 AND name = $2 AND holder = $3");
    Ok(tx.execute(statement, &params![shop, name, holder, until]).await? == 1)
}

pub(crate) async fn release_lease(tx: &mut Tx, shop: ShopId, name: &str, holder: &str) -> Result<(), Fault> {
    let statement = sql!("DELETE FROM leases WHERE shop_id = $1 AND name = $2 AND holder = $3");
    tx.execute(statement, &params![shop, name, holder]).await?;
    Ok(())
}
