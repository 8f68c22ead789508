//! How calls to an endpoint went.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Tx, params, sql};

use crate::{Counts, Endpoint, Health, Hour};

pub(crate) const HOUR: i64 = 3_600 * Timestamp::SECOND;
/// Hours that are shown.
const HOURS_SHOWN: i64 = 24;

/// Counts a call, and notes whether the endpoint is failing; returns since when it is.
pub(crate) async fn note(
    tx: &mut Tx,
    (shop, endpoint): (ShopId, Id<Endpoint>),
    failure: Option<&str>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let count = sql!(
        "INSERT INTO webhook_hours (shop_id, endpoint_id, hour, succeeded, failed) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (shop_id, endpoint_id, hour) DO UPDATE SET succeeded = webhook_hours.succeeded + $4, failed = webhook_hours.failed + $5"
    );
    let (succeeded, failed): (i64, i64) = if failure.is_none() { (1, 0) } else { (0, 1) };
    let hour = now.as_micros().div_euclid(HOUR);
    tx.execute(count, &params![shop, endpoint, hour, succeeded, failed]).await?;
    match failure {
        None => {
            let well = sql!(
                "INSERT INTO webhook_health (shop_id, endpoint_id, failing_since, succeeded_at, failed_at, failure) VALUES ($1, $2, NULL, $3, NULL, NULL)
                 ON CONFLICT (shop_id, endpoint_id) DO UPDATE SET failing_since = NULL, succeeded_at = $3"
            );
            tx.execute(well, &params![shop, endpoint, now]).await?;
            Ok(None)
        }
        Some(failure) => {
            let badly = sql!(
                "INSERT INTO webhook_health (shop_id, endpoint_id, failing_since, succeeded_at, failed_at, failure) VALUES ($1, $2, $3, NULL, $3, $4)
                 ON CONFLICT (shop_id, endpoint_id) DO UPDATE SET failing_since = COALESCE(webhook_health.failing_since, $3), failed_at = $3, failure = $4"
            );
            tx.execute(badly, &params![shop, endpoint, now, failure]).await?;
            Ok(health(tx, shop, endpoint).await?.failing_since)
        }
    }
}

/// An endpoint that is told again begins anew.
pub(crate) async fn forgive(tx: &mut Tx, shop: ShopId, endpoint: Id<Endpoint>) -> Result<(), Fault> {
    let statement =
        sql!("UPDATE webhook_health SET failing_since = NULL WHERE shop_id = $1 AND endpoint_id = $2");
    tx.execute(statement, &params![shop, endpoint]).await?;
    Ok(())
}

/// All of it but the hours and what waits.
async fn health(tx: &mut Tx, shop: ShopId, endpoint: Id<Endpoint>) -> Result<Health, Fault> {
    let statement = sql!(
        "SELECT failing_since, succeeded_at, failed_at, failure FROM webhook_health WHERE shop_id = $1 AND endpoint_id = $2"
    );
    let Some(row) = tx.first(statement, &params![shop, endpoint]).await? else {
        return Ok(Health::default());
    };
    Ok(Health {
        failing_since: row.get(0)?,
        succeeded_at: row.get(1)?,
        failed_at: row.get(2)?,
        failure: row.get(3)?,
        ..Health::default()
    })
}

pub(crate) async fn counts(tx: &mut Tx) -> Result<Counts, Fault> {
    let waiting = sql!("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'waiting'");
    let failing = sql!(
        "SELECT COUNT(*) FROM webhook_health h JOIN webhook_endpoints e ON e.shop_id = h.shop_id AND e.id = h.endpoint_id
         WHERE h.failing_since IS NOT NULL AND e.disabled_at IS NULL"
    );
    Ok(Counts {
        waiting: tx.one(waiting, &[]).await?.get(0)?,
        endpoints_failing: tx.one(failing, &[]).await?.get(0)?,
    })
}

/// All of it.
pub(crate) async fn whole(
    tx: &mut Tx,
    (shop, endpoint): (ShopId, Id<Endpoint>),
    now: Timestamp,
) -> Result<Health, Fault> {
    let mut health = health(tx, shop, endpoint).await?;
    let this = now.as_micros().div_euclid(HOUR);
    let first = this - HOURS_SHOWN + 1;
    health.hours = (first..=this)
        .map(|hour| Hour { start: Timestamp::from_micros(hour * HOUR), ..Hour::default() })
        .collect();
    let counted = sql!(
        "SELECT hour, succeeded, failed FROM webhook_hours WHERE shop_id = $1 AND endpoint_id = $2 AND hour >= $3 AND hour <= $4"
    );
    for row in tx.all(counted, &params![shop, endpoint, first, this]).await? {
        let at = usize::try_from(row.get::<i64>(0)? - first).unwrap_or(usize::MAX);
        if let Some(hour) = health.hours.get_mut(at) {
            (hour.succeeded, hour.failed) = (row.get(1)?, row.get(2)?);
        }
    }
    let waiting = sql!(
        "SELECT COUNT(*) FROM webhook_deliveries WHERE shop_id = $1 AND endpoint_id = $2 AND state = 'waiting'"
    );
    health.waiting = tx.one(waiting, &params![shop, endpoint]).await?.get(0)?;
    Ok(health)
}
