//! What happened, and to whom it is to be told.

use base::{Fault, Id, ShopId};
use db::{Batch, Tx, params, sql};

use super::kinds_of;
use crate::{Delivery, Endpoint, Event, Kind};

/// An event with its deliveries.
#[derive(Clone, Debug)]
pub(crate) struct New {
    pub event: Event,
    pub deliveries: Vec<(Id<Delivery>, Id<Endpoint>)>,
}

/// The endpoints of a shop that are told, and of what.
pub(crate) async fn listening(tx: &mut Tx, shop: ShopId) -> Result<Vec<(Id<Endpoint>, Vec<Kind>)>, Fault> {
    let statement = sql!(
        "SELECT id, kinds FROM webhook_endpoints WHERE shop_id = $1 AND disabled_at IS NULL ORDER BY id"
    );
    let rows = tx.all(statement, &params![shop]).await?;
    let listening = rows.iter().map(|row| Ok((row.get(0)?, kinds_of(&row.get::<String>(1)?))));
    Ok(listening.collect::<Result<_, db::DbError>>()?)
}

/// Writes events and their deliveries, which are due at once.
pub(crate) async fn insert(tx: &mut Tx, shop: ShopId, told: &[New]) -> Result<(), Fault> {
    let event = sql!("INSERT INTO webhook_events (shop_id, id, kind, at, data) VALUES ($1, $2, $3, $4, $5)");
    let delivery = sql!(
        "INSERT INTO webhook_deliveries (shop_id, id, endpoint_id, event_id, state, tries, attempts, due_at, lease_id, holder, status, failure, created_at, ended_at)
         VALUES ($1, $2, $3, $4, 'waiting', 0, 0, $5, NULL, NULL, NULL, NULL, $5, NULL)"
    );
    let (mut events, mut deliveries) = (Batch::new(5), Batch::new(5));
    for New { event, deliveries: to } in told {
        events.push(params![shop, event.id, event.kind.code(), event.at, &event.data]);
        to.iter().for_each(|(id, endpoint)| {
            deliveries.push(params![shop, *id, *endpoint, event.id, event.at]);
        });
    }
    tx.write_each(event, &events).await?;
    tx.write_each(delivery, &deliveries).await?;
    Ok(())
}
