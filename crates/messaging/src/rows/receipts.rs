//! What providers said about messages: kept as it came, then matched with the message.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, Tx, params, sql};

use crate::{Message, Purpose, Receipt, State};

/// A receipt as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct ReceiptRow {
    pub id: Id<Receipt>,
    pub receipt: Receipt,
}

/// The message that a receipt is about.
#[derive(Clone, Debug)]
pub(crate) struct ReceiptTarget {
    /// Which receipt, by its place.
    pub at: usize,
    pub shop: ShopId,
    pub message: Id<Message>,
    pub state: State,
    pub purpose: Purpose,
    pub reference: Option<String>,
}

/// Keeps receipts as they came.
pub(crate) async fn insert_receipts(tx: &mut Tx, all: &[ReceiptRow]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO message_receipts (provider, provider_reference, id, state, reason, received_at, message_id) VALUES ($1, $2, $3, $4, $5, $6, NULL)"
    );
    let mut rows = Batch::with_capacity(6, all.len());
    for ReceiptRow { id, receipt } in all {
        rows.push(params![
            receipt.provider.as_str(),
            receipt.reference.as_str(),
            *id,
            receipt.state.code(),
            receipt.reason.as_deref(),
            receipt.at
        ]);
    }
    tx.insert_each(statement, &rows).await?;
    Ok(())
}

/// The messages that these receipts are about; of a receipt that came before its message has a reference there is none.
pub(crate) async fn targets(tx: &mut Tx, all: &[ReceiptRow]) -> Result<Vec<ReceiptTarget>, Fault> {
    let statement = sql!(
        "SELECT shop_id, id, state, purpose, reference FROM messages WHERE provider_reference = $2 AND provider = $1 AND provider_reference IS NOT NULL"
    );
    let mut keys = Batch::with_capacity(2, all.len());
    all.iter()
        .for_each(|row| keys.push(params![row.receipt.provider.as_str(), row.receipt.reference.as_str()]));
    let mut found = Vec::with_capacity(all.len());
    tx.select_each(statement, &keys, |at, row| {
        found.push((at, row.get(0)?, row.get(1)?, row.get::<String>(2)?, row.get::<String>(3)?, row.get(4)?));
        Ok(())
    })
    .await?;
    let target = |(at, shop, message, state, purpose, reference): (usize, _, _, String, String, _)| {
        Ok(ReceiptTarget { at, shop, message, state: state.parse()?, purpose: purpose.parse()?, reference })
    };
    found.into_iter().map(target).collect()
}

/// Notes which message a receipt is about, and what has become of the message by it.
pub(crate) async fn matched(
    tx: &mut Tx,
    all: &[(&ReceiptRow, &ReceiptTarget)],
    changes: &[(&ReceiptRow, &ReceiptTarget)],
) -> Result<(), Fault> {
    let note = sql!(
        "UPDATE message_receipts SET message_id = $4 WHERE provider = $1 AND provider_reference = $2 AND id = $3"
    );
    let mut rows = Batch::with_capacity(4, all.len());
    for (row, target) in all {
        rows.push(params![
            row.receipt.provider.as_str(),
            row.receipt.reference.as_str(),
            row.id,
            target.message
        ]);
    }
    tx.execute_each(note, &rows).await?;
    let change =
        sql!("UPDATE messages SET state = $3, reason = $4, ended_at = $5 WHERE shop_id = $1 AND id = $2");
    let mut rows = Batch::with_capacity(5, changes.len());
    for (row, target) in changes {
        let ended = row.receipt.state.is_final().then_some(row.receipt.at);
        rows.push(params![
            target.shop,
            target.message,
            row.receipt.state.code(),
            row.receipt.reason.as_deref(),
            ended
        ]);
    }
    tx.execute_each(change, &rows).await?;
    Ok(())
}

/// Receipts that waited for their message and can have it now, the oldest first.
pub(crate) async fn waiting_receipts(
    tx: &mut Tx,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<ReceiptRow>, Fault> {
    let statement = sql!(
        "SELECT r.id, r.provider, r.provider_reference, r.state, r.reason, r.received_at FROM message_receipts r
         WHERE r.message_id IS NULL AND r.received_at >= $1 AND EXISTS (
            SELECT 1 FROM messages m
            WHERE m.provider_reference = r.provider_reference AND m.provider = r.provider AND m.provider_reference IS NOT NULL)
         ORDER BY r.received_at LIMIT $2"
    );
    let rows = tx.all(statement, &params![since, limit]).await?;
    let receipt = |row: &db::Row| {
        Ok(ReceiptRow {
            id: row.get(0)?,
            receipt: Receipt {
                provider: row.get(1)?,
                reference: row.get(2)?,
                state: row.get::<String>(3)?.parse()?,
                reason: row.get(4)?,
                at: row.get(5)?,
            },
        })
    };
    rows.iter().map(receipt).collect()
}

/// Forgets up to `limit` receipts from before a time; returns how many.
pub(crate) async fn forget_receipts(tx: &mut Tx, before: Timestamp, limit: usize) -> Result<u64, Fault> {
    let old = sql!(
        "SELECT provider, provider_reference, id FROM message_receipts WHERE received_at < $1 ORDER BY received_at LIMIT $2"
    );
    let forget =
        sql!("DELETE FROM message_receipts WHERE provider = $1 AND provider_reference = $2 AND id = $3");
    let mut keys: Vec<(String, String, Id<Receipt>)> = Vec::new();
    for row in tx.all(old, &params![before, limit]).await? {
        keys.push((row.get(0)?, row.get(1)?, row.get(2)?));
    }
    let mut rows = Batch::with_capacity(3, keys.len());
    keys.iter().for_each(|(provider, reference, id)| {
        rows.push(params![provider.as_str(), reference.as_str(), *id]);
    });
    Ok(tx.execute_each(forget, &rows).await?)
}
