//! The queue: what is due, who has it in hand, and what came of a call.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, Tx, params, sql};

use crate::{Attempt, Delivery, Endpoint, Event, State};

/// A claim.
#[derive(Debug)]
pub(crate) enum Lease {}

/// A delivery in hand.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub shop: ShopId,
    pub id: Id<Delivery>,
    pub endpoint: Id<Endpoint>,
    pub event: Event,
    /// Tries before this one.
    pub tries: u32,
    /// Calls before this one.
    pub attempts: u32,
    pub lease: Id<Lease>,
}

/// An endpoint, and how many more calls may be made to it now.
pub(crate) type Room = (ShopId, Id<Endpoint>, usize);

/// The deliveries that are due, the longest waiting first, for each endpoint as many as there is room for.
pub(crate) async fn due(
    tx: &mut Tx,
    rooms: &[Room],
    now: Timestamp,
) -> Result<Vec<(ShopId, Id<Delivery>)>, Fault> {
    let statement = sql!(
        "SELECT id FROM webhook_deliveries WHERE shop_id = $1 AND endpoint_id = $2 AND state = 'waiting' AND due_at <= $3 ORDER BY due_at LIMIT $4"
    );
    let mut keys = Batch::with_capacity(4, rooms.len());
    rooms.iter().for_each(|(shop, endpoint, room)| keys.push(params![*shop, *endpoint, now, *room]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |at, row| {
        found.push((rooms[at].0, row.get(0)?));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Takes what is due; returns what was really taken. Two claimers may see the same row, or one whose holder's time ran out: the conditional update gives it to one.
pub(crate) async fn claim(
    tx: &mut Tx,
    due: &[(ShopId, Id<Delivery>)],
    lease: Id<Lease>,
    holder: &str,
    (now, until): (Timestamp, Timestamp),
) -> Result<Vec<Claimed>, Fault> {
    let take = sql!(
        "UPDATE webhook_deliveries SET due_at = $3, lease_id = $4, holder = $5 WHERE shop_id = $1 AND id = $2 AND state = 'waiting' AND due_at <= $6"
    );
    let mut rows = Batch::with_capacity(6, due.len());
    due.iter().for_each(|(shop, id)| rows.push(params![*shop, *id, until, lease, holder, now]));
    tx.execute_each(take, &rows).await?;

    let taken = sql!(
        "SELECT d.id, d.endpoint_id, d.tries, d.attempts, e.id, e.kind, e.at, e.data
         FROM webhook_deliveries d JOIN webhook_events e ON e.shop_id = d.shop_id AND e.id = d.event_id WHERE d.shop_id = $1 AND d.id = $2 AND d.lease_id = $3"
    );
    let mut keys = Batch::with_capacity(3, due.len());
    due.iter().for_each(|(shop, id)| keys.push(params![*shop, *id, lease]));
    let mut claimed = Vec::with_capacity(due.len());
    tx.select_each(taken, &keys, |at, row| {
        claimed.push(Claimed {
            shop: due[at].0,
            id: row.get(0)?,
            endpoint: row.get(1)?,
            tries: row.get(2)?,
            attempts: row.get(3)?,
            event: super::deliveries::event(row, 4)?,
            lease,
        });
        Ok(())
    })
    .await?;
    Ok(claimed)
}

/// What became of a delivery by a call.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub state: State,
    /// When another call is made, while it waits.
    pub due_at: Timestamp,
    pub attempt: Attempt,
    /// How the answer began, sealed.
    pub answer: Vec<u8>,
    pub ended_at: Timestamp,
}

/// Records a call and what became of its delivery; false when another has it by now.
pub(crate) async fn record(tx: &mut Tx, claimed: &Claimed, called: &Called) -> Result<bool, Fault> {
    let statement = sql!(
        "UPDATE webhook_deliveries SET state = $4, tries = tries + 1, attempts = $5, due_at = $6, lease_id = NULL, holder = NULL, status = $7, failure = $8, ended_at = $9
         WHERE shop_id = $1 AND id = $2 AND lease_id = $3"
    );
    let attempt = &called.attempt;
    let ended_at = (called.state != State::Waiting).then_some(called.ended_at);
    let values = params![
        claimed.shop,
        claimed.id,
        claimed.lease,
        called.state.code(),
        attempt.number,
        called.due_at,
        attempt.status,
        attempt.failure.as_deref(),
        ended_at
    ];
    if tx.execute(statement, &values).await? == 0 {
        return Ok(false);
    }
    let insert = sql!(
        "INSERT INTO webhook_attempts (shop_id, delivery_id, number, at, took_micros, status, failure, answer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (shop_id, delivery_id, number) DO NOTHING"
    );
    let values = params![
        claimed.shop,
        claimed.id,
        attempt.number,
        attempt.at,
        attempt.took_micros,
        attempt.status,
        attempt.failure.as_deref(),
        &called.answer
    ];
    tx.execute(insert, &values).await?;
    Ok(true)
}

/// Lets the time of holders on this machine run out whose processes have ended.
pub(crate) async fn lapse_gone(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    let holders = sql!("SELECT DISTINCT holder FROM webhook_deliveries WHERE holder IS NOT NULL");
    let lapse = sql!("UPDATE webhook_deliveries SET due_at = $2 WHERE holder = $1 AND state = 'waiting'");
    jobs::lease::lapse_gone(tx, holders, lapse, now).await
}
