//! The queue: claiming, and what came of it. One statement for many rows everywhere.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, Tx, params, sql};

use super::{BUCKETS, MESSAGE_COLUMNS, MessageRow, bucket, message, select_message};
use crate::{Message, Price, State};

/// A claim.
#[derive(Debug)]
pub(crate) enum Lease {}

/// A message in hand.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub shop: ShopId,
    pub message: MessageRow,
    /// Which try this is, from 1.
    pub attempt: u32,
    pub lease: Id<Lease>,
    /// When the claim runs out.
    pub claimed_until: Timestamp,
}

/// Work that is due: whether it is free or its holder's time has run out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub id: Id<Message>,
    pub shop: ShopId,
    pub is_leased: bool,
}

/// Up to `limit` pieces of work that are due, the oldest of each bucket.
pub(crate) async fn due(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<Due>, Fault> {
    let statement = sql!(
        "SELECT id, shop_id, lease_id FROM message_work WHERE bucket = $1 AND run_at <= $2 ORDER BY run_at LIMIT $3"
    );
    let each = limit.div_ceil(BUCKETS as usize).max(1);
    let mut keys = Batch::with_capacity(3, BUCKETS as usize);
    (0..BUCKETS).for_each(|bucket| keys.push(params![bucket, now, each]));
    let mut found = Vec::with_capacity(limit);
    tx.select_each(statement, &keys, |_, row| {
        let lease: Option<Id<Lease>> = row.get(2)?;
        found.push(Due { id: row.get(0)?, shop: row.get(1)?, is_leased: lease.is_some() });
        Ok(())
    })
    .await?;
    found.truncate(limit);
    Ok(found)
}

/// Takes free work; returns what was really taken. Two claimers may see the same row: the conditional update gives it to one.
pub(crate) async fn claim(
    tx: &mut Tx,
    free: &[Due],
    lease: Id<Lease>,
    holder: &str,
    until: Timestamp,
) -> Result<Vec<Claimed>, Fault> {
    let take = sql!(
        "UPDATE message_work SET run_at = $3, lease_id = $4, holder = $5, attempts = attempts + 1 WHERE bucket = $1 AND id = $2 AND lease_id IS NULL"
    );
    let mut rows = Batch::with_capacity(5, free.len());
    free.iter().for_each(|due| rows.push(params![bucket(due.id), due.id, until, lease, holder]));
    tx.write_each(take, &rows).await?;

    let taken = select_message!(
        ", w.shop_id, w.attempts FROM message_work w JOIN messages m ON m.shop_id = w.shop_id AND m.id = w.id
         WHERE w.bucket = $1 AND w.id = $2 AND w.lease_id = $3"
    );
    let mut keys = Batch::with_capacity(3, free.len());
    free.iter().for_each(|due| keys.push(params![bucket(due.id), due.id, lease]));
    let mut found = Vec::with_capacity(free.len());
    tx.select_each(taken, &keys, |_, row| {
        found.push((message(row), row.get(MESSAGE_COLUMNS)?, row.get(MESSAGE_COLUMNS + 1)?));
        Ok(())
    })
    .await?;

    let mut claimed = Vec::with_capacity(found.len());
    let mut states = Batch::with_capacity(2, found.len());
    for (message, shop, attempt) in found {
        let message = message?;
        states.push(params![shop, message.id]);
        claimed.push(Claimed { shop, message, attempt, lease, claimed_until: until });
    }
    let sending = sql!("UPDATE messages SET state = 'sending' WHERE shop_id = $1 AND id = $2");
    tx.write_each(sending, &states).await?;
    Ok(claimed)
}

/// A message that a provider took.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub shop: ShopId,
    pub id: Id<Message>,
    pub lease: Id<Lease>,
    pub provider: String,
    pub reference: String,
    pub segments: u32,
    pub price: Option<Price>,
    pub at: Timestamp,
}

/// Records what providers took. What was given up as unknown meanwhile is known again.
pub(crate) async fn sent(tx: &mut Tx, all: &[Sent]) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE messages SET state = 'sent', reason = NULL, provider = $3, provider_reference = $4, segments = $5, cost_micros = $6, currency = $7, sent_at = $8,
                ended_at = NULL
         WHERE shop_id = $1 AND id = $2 AND state IN ('sending', 'unknown')"
    );
    let mut rows = Batch::with_capacity(8, all.len());
    for sent in all {
        rows.push([
            sent.shop.into(),
            sent.id.into(),
            sent.provider.as_str().into(),
            sent.reference.as_str().into(),
            sent.segments.into(),
            sent.price.map(|price| price.micros).into(),
            sent.price.map(|price| price.currency.code().to_owned()).into(),
            sent.at.into(),
        ]);
    }
    tx.write_each(statement, &rows).await?;
    finish(tx, all.iter().map(|sent| (sent.id, sent.lease))).await
}

/// A message that will not be sent, or of which nobody knows.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub shop: ShopId,
    pub id: Id<Message>,
    pub lease: Id<Lease>,
    pub state: State,
    pub reason: String,
    pub provider: Option<String>,
    pub at: Timestamp,
}

pub(crate) async fn end(tx: &mut Tx, all: &[Ended]) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE messages SET state = $3, reason = $4, provider = $5, ended_at = $6 WHERE shop_id = $1 AND id = $2 AND state = 'sending'"
    );
    let mut rows = Batch::with_capacity(6, all.len());
    for ended in all {
        rows.push(params![
            ended.shop,
            ended.id,
            ended.state.code(),
            ended.reason.as_str(),
            ended.provider.as_deref(),
            ended.at
        ]);
    }
    tx.write_each(statement, &rows).await?;
    finish(tx, all.iter().map(|ended| (ended.id, ended.lease))).await
}

async fn finish(
    tx: &mut Tx,
    all: impl ExactSizeIterator<Item = (Id<Message>, Id<Lease>)>,
) -> Result<(), Fault> {
    let statement = sql!("DELETE FROM message_work WHERE bucket = $1 AND id = $2 AND lease_id = $3");
    let mut rows = Batch::with_capacity(3, all.len());
    all.for_each(|(id, lease)| rows.push(params![bucket(id), id, lease]));
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// A message that was certainly not sent and will be tried again.
#[derive(Clone, Debug)]
pub(crate) struct Retried {
    pub shop: ShopId,
    pub id: Id<Message>,
    pub lease: Id<Lease>,
    pub reason: String,
    pub provider: Option<String>,
    pub run_at: Timestamp,
}

pub(crate) async fn retry(tx: &mut Tx, all: &[Retried]) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE messages SET state = 'queued', reason = $3, provider = $4 WHERE shop_id = $1 AND id = $2 AND state = 'sending'"
    );
    let back = sql!(
        "UPDATE message_work SET run_at = $4, lease_id = NULL, holder = NULL WHERE bucket = $1 AND id = $2 AND lease_id = $3"
    );
    let mut rows = Batch::with_capacity(4, all.len());
    let mut work = Batch::with_capacity(4, all.len());
    for retried in all {
        rows.push(params![retried.shop, retried.id, retried.reason.as_str(), retried.provider.as_deref()]);
        work.push(params![bucket(retried.id), retried.id, retried.lease, retried.run_at]);
    }
    tx.write_each(statement, &rows).await?;
    tx.write_each(back, &work).await?;
    Ok(())
}

/// Ends work whose holder's time has run out: it may have been sent. Returns the messages.
pub(crate) async fn lapsed(
    tx: &mut Tx,
    late: &[Due],
    now: Timestamp,
) -> Result<Vec<(ShopId, Id<Message>)>, Fault> {
    let statement = sql!(
        "DELETE FROM message_work WHERE bucket = $1 AND id = $2 AND lease_id IS NOT NULL AND run_at <= $3"
    );
    let mut gone = Vec::new();
    // One at a time, to know which: there are few.
    for due in late {
        if tx.execute(statement, &params![bucket(due.id), due.id, now]).await? == 1 {
            gone.push((due.shop, due.id));
        }
    }
    in_doubt(tx, &gone, now).await?;
    Ok(gone)
}

async fn in_doubt(tx: &mut Tx, gone: &[(ShopId, Id<Message>)], now: Timestamp) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE messages SET state = 'unknown', reason = 'sender_gone: The process that was sending it ended before it had an answer.', ended_at = $3
         WHERE shop_id = $1 AND id = $2 AND state = 'sending'"
    );
    let mut rows = Batch::with_capacity(3, gone.len());
    gone.iter().for_each(|(shop, id)| rows.push(params![*shop, *id, now]));
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// Lets the time of holders on this machine run out whose processes have ended.
pub(crate) async fn lapse_gone(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    let holders = sql!("SELECT DISTINCT holder FROM message_work WHERE holder IS NOT NULL");
    let lapse = sql!("UPDATE message_work SET run_at = $2 WHERE holder = $1");
    jobs::lease::lapse_gone(tx, holders, lapse, now).await
}
