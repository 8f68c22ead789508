//! Deliveries and their calls as they are shown, asked for again, and forgotten.

use base::{Fault, Id, ShopId, Timestamp};
use db::{DbError, Row, Tx, params, sql};

use crate::{Attempt, Delivery, DeliveryView, Endpoint, Event, Kind, State};

/// The event in four columns from `at` on: id, kind, time, data.
pub(crate) fn event(row: &Row, at: usize) -> Result<Event, DbError> {
    let kind: String = row.get(at + 1)?;
    Ok(Event {
        id: row.get(at)?,
        kind: Kind::of(&kind).ok_or(DbError::Column { at: at + 1, wanted: "kind of event" })?,
        at: row.get(at + 2)?,
        data: row.get(at + 3)?,
    })
}

macro_rules! select_delivery {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT d.id, d.endpoint_id, d.state, d.attempts, d.due_at, d.status, d.failure, d.created_at, d.ended_at, e.id, e.kind, e.at, e.data
             FROM webhook_deliveries d JOIN webhook_events e ON e.shop_id = d.shop_id AND e.id = d.event_id ",
            $rest
        ))
    };
}

fn view(row: &Row) -> Result<DeliveryView, DbError> {
    let state: String = row.get(2)?;
    let state = State::of(&state).ok_or(DbError::Column { at: 2, wanted: "state" })?;
    Ok(DeliveryView {
        id: row.get(0)?,
        endpoint: row.get(1)?,
        event: event(row, 9)?,
        state,
        attempts: row.get(3)?,
        due_at: Some(row.get(4)?).filter(|_| state == State::Waiting),
        status: status(row.get(5)?),
        failure: row.get(6)?,
        created_at: row.get(7)?,
        ended_at: row.get(8)?,
    })
}

fn status(kept: Option<i64>) -> Option<u16> {
    kept.and_then(|status| u16::try_from(status).ok())
}

pub(crate) async fn one(tx: &mut Tx, shop: ShopId, id: Id<Delivery>) -> Result<Option<DeliveryView>, Fault> {
    let row = tx.first(select_delivery!("WHERE d.shop_id = $1 AND d.id = $2"), &params![shop, id]).await?;
    Ok(row.as_ref().map(view).transpose()?)
}

/// Those of an endpoint, the newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    (shop, endpoint): (ShopId, Id<Endpoint>),
    state: Option<State>,
    before: Id<Delivery>,
    limit: usize,
) -> Result<Vec<DeliveryView>, Fault> {
    let rows = match state {
        None => {
            let all = select_delivery!(
                "WHERE d.shop_id = $1 AND d.endpoint_id = $2 AND d.id < $3 ORDER BY d.id DESC LIMIT $4"
            );
            tx.all(all, &params![shop, endpoint, before, limit]).await?
        }
        Some(state) => {
            let some = select_delivery!(
                "WHERE d.shop_id = $1 AND d.endpoint_id = $2 AND d.id < $3 AND d.state = $5 ORDER BY d.id DESC LIMIT $4"
            );
            tx.all(some, &params![shop, endpoint, before, limit, state.code()]).await?
        }
    };
    Ok(rows.iter().map(view).collect::<Result<_, _>>()?)
}

/// The calls of a delivery with how their answers began, sealed.
pub(crate) async fn attempts(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Delivery>,
) -> Result<Vec<(Attempt, Vec<u8>)>, Fault> {
    let statement = sql!(
        "SELECT number, at, took_micros, status, failure, answer FROM webhook_attempts WHERE shop_id = $1 AND delivery_id = $2 ORDER BY number"
    );
    let attempt = |row: &Row| {
        let attempt = Attempt {
            number: row.get(0)?,
            at: row.get(1)?,
            took_micros: row.get(2)?,
            status: status(row.get(3)?),
            failure: row.get(4)?,
            answer: None,
        };
        Ok::<_, DbError>((attempt, row.get(5)?))
    };
    let rows = tx.all(statement, &params![shop, id]).await?;
    Ok(rows.iter().map(attempt).collect::<Result<_, _>>()?)
}

/// Has an event told again, at once; one that somebody has in hand is told anyway.
pub(crate) async fn again(tx: &mut Tx, shop: ShopId, id: Id<Delivery>, now: Timestamp) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE webhook_deliveries SET state = 'waiting', tries = 0, due_at = $3, ended_at = NULL WHERE shop_id = $1 AND id = $2 AND lease_id IS NULL"
    );
    tx.execute(statement, &params![shop, id, now]).await?;
    Ok(())
}

/// The same for all of an endpoint that failed since then. Returns how many.
pub(crate) async fn again_since(
    tx: &mut Tx,
    (shop, endpoint): (ShopId, Id<Endpoint>),
    since: Timestamp,
    now: Timestamp,
) -> Result<u64, Fault> {
    let statement = sql!(
        "UPDATE webhook_deliveries SET state = 'waiting', tries = 0, due_at = $4, ended_at = NULL
         WHERE shop_id = $1 AND endpoint_id = $2 AND state = 'failed' AND created_at >= $3"
    );
    Ok(tx.execute(statement, &params![shop, endpoint, since, now]).await?)
}

/// Forgets what is older, up to so many rows of each table; returns the most that went of one.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, Fault> {
    let attempts = sql!(
        "DELETE FROM webhook_attempts WHERE (shop_id, delivery_id, number) IN
         (SELECT shop_id, delivery_id, number FROM webhook_attempts WHERE at < $1 ORDER BY at LIMIT $2)"
    );
    let deliveries = sql!(
        "DELETE FROM webhook_deliveries WHERE (shop_id, id) IN
         (SELECT shop_id, id FROM webhook_deliveries WHERE created_at < $1 ORDER BY created_at LIMIT $2)"
    );
    let events = sql!(
        "DELETE FROM webhook_events WHERE (shop_id, id) IN (SELECT shop_id, id FROM webhook_events WHERE at < $1 ORDER BY at LIMIT $2)"
    );
    let hours = sql!(
        "DELETE FROM webhook_hours WHERE (shop_id, endpoint_id, hour) IN
         (SELECT shop_id, endpoint_id, hour FROM webhook_hours WHERE hour < $1 ORDER BY hour LIMIT $2)"
    );
    // How an endpoint did that was removed while a call was under way.
    let health = sql!(
        "DELETE FROM webhook_health WHERE NOT EXISTS
         (SELECT 1 FROM webhook_endpoints e WHERE e.shop_id = webhook_health.shop_id AND e.id = webhook_health.endpoint_id)"
    );
    tx.execute(health, &[]).await?;
    let mut most = 0;
    for statement in [attempts, deliveries, events] {
        most = most.max(tx.execute(statement, &params![before, limit]).await?);
    }
    let hour = before.as_micros().div_euclid(super::health::HOUR);
    Ok(most.max(tx.execute(hours, &params![hour, limit]).await?))
}
