//! The list of what is not linked yet: anchors whose facts changed since they were last linked.

use base::{Fault, Id, ShopId};
use db::{Batch, Tx, params, sql};

use super::facts::anchor_keys;
use crate::persona::Persona;

/// Marks anchors as not linked yet, or as changed once more; each with one of its personas, by whose age it gets its turn.
pub(crate) async fn mark(tx: &mut Tx, shop: ShopId, anchors: &[(i64, Id<Persona>)]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO unlinked_anchors (shop_id, anchor, turn, marks) VALUES ($1, $2, $3, 1)
         ON CONFLICT (shop_id, anchor) DO UPDATE SET marks = unlinked_anchors.marks + 1"
    );
    let mut rows = Batch::with_capacity(3, anchors.len());
    anchors.iter().for_each(|(anchor, persona)| rows.push(params![shop, *anchor, *persona]));
    tx.insert_later(statement, &rows).await?;
    Ok(())
}

/// Marks anchors once more that are marked: a pass that has read them sees that they are no longer as it read them.
pub(crate) async fn mark_again(tx: &mut Tx, shop: ShopId, anchors: &[i64]) -> Result<(), Fault> {
    let statement = sql!("UPDATE unlinked_anchors SET marks = marks + 1 WHERE shop_id = $1 AND anchor = $2");
    tx.write_each(statement, &anchor_keys(shop, anchors)).await?;
    Ok(())
}

/// Takes away marks that have not changed since they were seen.
pub(crate) async fn unmark(tx: &mut Tx, shop: ShopId, seen: &[(i64, i64)]) -> Result<(), Fault> {
    let mut rows = Batch::with_capacity(3, seen.len());
    seen.iter().for_each(|(anchor, marks)| rows.push(params![shop, *anchor, *marks]));
    tx.execute_each(
        sql!("DELETE FROM unlinked_anchors WHERE shop_id = $1 AND anchor = $2 AND marks = $3"),
        &rows,
    )
    .await?;
    Ok(())
}

/// How often each of these anchors is marked; unmarked ones are left out.
pub(crate) async fn marks(tx: &mut Tx, shop: ShopId, anchors: &[i64]) -> Result<Vec<(i64, i64)>, Fault> {
    let statement = sql!("SELECT anchor, marks FROM unlinked_anchors WHERE shop_id = $1 AND anchor = $2");
    let mut found = Vec::with_capacity(anchors.len());
    tx.select_each(statement, &anchor_keys(shop, anchors), |_, row| {
        found.push((row.get(0)?, row.get(1)?));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Where a pass over the marked anchors is: the persona by whose age the last one had its turn, and the anchor.
pub(crate) type Turn = (uuid::Uuid, i64);

/// The next anchors to link after `last`, those of the oldest personas first: customers are kept in the order of their oldest persona, so neighbours share pages.
pub(crate) async fn marked(tx: &mut Tx, shop: ShopId, last: Turn, limit: usize) -> Result<Vec<Turn>, Fault> {
    let statement = sql!(
        "SELECT turn, anchor FROM unlinked_anchors WHERE shop_id = $1 AND (turn, anchor) > ($2, $3) ORDER BY turn, anchor LIMIT $4"
    );
    let rows = tx.all(statement, &params![shop, last.0, last.1, limit]).await?;
    Ok(rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_, db::DbError>>()?)
}

pub(crate) async fn count_marked(tx: &mut Tx, shop: ShopId) -> Result<u64, Fault> {
    Ok(tx
        .one(sql!("SELECT COUNT(*) FROM unlinked_anchors WHERE shop_id = $1"), &params![shop])
        .await?
        .get(0)?)
}

/// Marks every anchor of the shop: the start of a rebuild.
pub(crate) async fn mark_all(tx: &mut Tx, shop: ShopId) -> Result<u64, Fault> {
    let statement = sql!(
        "INSERT INTO unlinked_anchors (shop_id, anchor, turn, marks) SELECT shop_id, anchor, id, 1 FROM personas WHERE shop_id = $1 ON CONFLICT DO NOTHING"
    );
    Ok(tx.execute(statement, &params![shop]).await?)
}
