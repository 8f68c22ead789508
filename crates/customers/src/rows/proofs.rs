//! Current tenures as a proof of their number sees them.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, Tx, params, sql};

use super::views::TenureRow;
use crate::persona::{Customer, NumberKey};

/// Somebody who holds a number now, as far as is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Holding {
    pub customer: Id<Customer>,
    pub from: Timestamp,
    /// The last sign of life of the customer.
    pub last_at: Timestamp,
    pub last_verified_at: Option<Timestamp>,
}

/// Who holds each of these numbers now, in their order.
pub(crate) async fn holdings(
    tx: &mut Tx,
    numbers: &[(ShopId, NumberKey)],
) -> Result<Vec<Vec<Holding>>, Fault> {
    let statement = sql!(
        "SELECT t.customer_id, t.from_at, c.last_at, t.last_verified_at FROM tenures t
         JOIN customers c ON c.shop_id = t.shop_id AND c.id = t.customer_id
         WHERE t.shop_id = $1 AND t.number_key = $2 AND t.until_at IS NULL ORDER BY t.customer_id, t.from_at"
    );
    let mut keys = Batch::with_capacity(2, numbers.len());
    numbers.iter().for_each(|(shop, number)| keys.push(params![*shop, &number.0]));
    let mut found = vec![Vec::new(); numbers.len()];
    tx.select_each(statement, &keys, |at, row| {
        let (customer, from, last_at) = (row.get(0)?, row.get(1)?, row.get(2)?);
        found[at].push(Holding { customer, from, last_at, last_verified_at: row.get(3)? });
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Notes that these tenures were proven; returns how many there were. A later proof stands.
pub(crate) async fn verify(
    tx: &mut Tx,
    proven: &[(ShopId, NumberKey, &Holding, Timestamp)],
) -> Result<u64, Fault> {
    let statement = sql!(
        "UPDATE tenures SET last_verified_at = $5
         WHERE shop_id = $1 AND number_key = $2 AND customer_id = $3 AND from_at = $4 AND until_at IS NULL"
    );
    let mut rows = Batch::with_capacity(5, proven.len());
    for (shop, number, holding, at) in proven {
        let at = holding.last_verified_at.map_or(*at, |before| before.max(*at));
        rows.push(params![*shop, &number.0, holding.customer, holding.from, at]);
    }
    Ok(tx.execute_each(statement, &rows).await?)
}

/// Deletes tenures that have not been proven since they were read; returns how many there were.
pub(crate) async fn delete_unproven(tx: &mut Tx, shop: ShopId, tenures: &[TenureRow]) -> Result<u64, Fault> {
    // No time as a time before all others: a comparison with NULL would find nothing.
    let statement = sql!(
        "DELETE FROM tenures WHERE shop_id = $1 AND number_key = $2 AND customer_id = $3 AND from_at = $4
         AND COALESCE(last_verified_at, $6) = $5"
    );
    let mut rows = Batch::with_capacity(6, tenures.len());
    for one in tenures {
        let read = one.last_verified_at.unwrap_or(Timestamp::MIN);
        rows.push(params![shop, &one.number.0, one.customer, one.from, read, Timestamp::MIN]);
    }
    Ok(tx.execute_each(statement, &rows).await?)
}
