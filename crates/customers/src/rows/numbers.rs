//! What is kept of numbers as such: the kinds of those that are not simply held by one customer.

use std::collections::BTreeMap;

use base::{Fault, ShopId};
use db::{Batch, Tx, Value, params, sql};

use crate::{linking::NumberKind, persona::NumberKey};

/// The kinds of these numbers, where they are kept: one that a customer holds alone, as nearly all are, has a tenure and no row here.
pub(crate) async fn kinds(
    tx: &mut Tx,
    shop: ShopId,
    numbers: &[NumberKey],
) -> Result<Vec<(NumberKey, String)>, Fault> {
    let statement = sql!("SELECT number_key, kind FROM numbers WHERE shop_id = $1 AND number_key = $2");
    let mut keys = Batch::with_capacity(2, numbers.len());
    numbers.iter().for_each(|key| keys.push(params![shop, &key.0]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push((NumberKey(row.get(0)?), row.get(1)?));
        Ok(())
    })
    .await?;
    Ok(found)
}

pub(crate) async fn upsert(tx: &mut Tx, shop: ShopId, numbers: &[(NumberKey, &str)]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO numbers (shop_id, number_key, kind) VALUES ($1, $2, $3)
         ON CONFLICT (shop_id, number_key) DO UPDATE SET kind = excluded.kind"
    );
    let mut rows = Batch::with_capacity(3, numbers.len());
    numbers.iter().for_each(|(key, kind)| rows.push(params![shop, &key.0, *kind]));
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// Forgets the kinds of numbers that are held by one now, or are written otherwise today.
pub(crate) async fn delete(tx: &mut Tx, shop: ShopId, numbers: &[NumberKey]) -> Result<(), Fault> {
    let mut rows = Batch::with_capacity(2, numbers.len());
    numbers.iter().for_each(|key| rows.push(params![shop, &key.0]));
    tx.write_each(sql!("DELETE FROM numbers WHERE shop_id = $1 AND number_key = $2"), &rows).await?;
    Ok(())
}

/// How many numbers of each kind.
pub(crate) async fn count(tx: &mut Tx, shop: ShopId) -> Result<Vec<(String, u64)>, Fault> {
    let held =
        sql!("SELECT COUNT(*) FROM (SELECT DISTINCT number_key FROM tenures WHERE shop_id = $1) AS held");
    let kept = sql!(
        "SELECT n.kind, COUNT(*), COUNT(CASE WHEN EXISTS (
            SELECT 1 FROM tenures t WHERE t.shop_id = n.shop_id AND t.number_key = n.number_key) THEN 1 END)
         FROM numbers n WHERE n.shop_id = $1 GROUP BY n.kind"
    );
    let mut alone: u64 = tx.one(held, &params![shop]).await?.get(0)?;
    let mut kinds = Vec::new();
    for row in tx.all(kept, &params![shop]).await? {
        kinds.push((row.get(0)?, row.get(1)?));
        alone = alone.saturating_sub(row.get(2)?);
    }
    kinds.push((NumberKind::Single.code().to_owned(), alone));
    Ok(kinds)
}

/// Numbers of the shop in the order of their keys: those that are held, and those that are something else than held by one.
pub(crate) async fn list(
    tx: &mut Tx,
    shop: ShopId,
    after: Option<NumberKey>,
    limit: usize,
) -> Result<Vec<(NumberKey, String)>, Fault> {
    let held = sql!(
        "SELECT DISTINCT number_key FROM tenures WHERE shop_id = $1 AND number_key > $2 ORDER BY number_key LIMIT $3"
    );
    let kept = sql!(
        "SELECT number_key, kind FROM numbers WHERE shop_id = $1 AND number_key > $2 ORDER BY number_key LIMIT $3"
    );
    let after: Value<'_> = after.map_or_else(|| Value::from(&[][..]), |key| key.0.into());
    let values = [shop.into(), after, limit.into()];
    let mut kinds: BTreeMap<NumberKey, String> = BTreeMap::new();
    for row in tx.all(held, &values).await? {
        kinds.insert(NumberKey(row.get(0)?), NumberKind::Single.code().to_owned());
    }
    for row in tx.all(kept, &values).await? {
        kinds.insert(NumberKey(row.get(0)?), row.get(1)?);
    }
    Ok(kinds.into_iter().take(limit).collect())
}
