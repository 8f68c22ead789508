//! Every SQL text of the sandbox.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Row, Tx, params, sql};

use crate::carrier::{Item, Phone};

/// A phone as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct PhoneRow {
    pub id: Id<Phone>,
    pub number_key: [u8; 32],
    pub wrapped_key: Vec<u8>,
    pub number: Vec<u8>,
    pub behaviour: String,
    pub sim_swapped_at: Option<Timestamp>,
    pub holder_changed_at: Option<Timestamp>,
    pub is_forwarded: bool,
    pub touched_at: Timestamp,
}

/// What a phone got or sent, as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct ItemRow {
    pub id: Id<Item>,
    pub channel: String,
    pub is_outgoing: bool,
    pub correspondent: String,
    pub purpose: String,
    pub body: Vec<u8>,
    pub keys: Option<Vec<u8>>,
    pub arrives_at: Timestamp,
    pub receipt: Option<String>,
    pub receipt_at: Option<Timestamp>,
}

/// A receipt that the carrier owes.
#[derive(Clone, Debug)]
pub(crate) struct Owed {
    pub shop: ShopId,
    pub number_key: [u8; 32],
    pub id: Id<Item>,
    pub state: String,
}

fn phone_of(row: &Row) -> Result<PhoneRow, db::DbError> {
    Ok(PhoneRow {
        id: row.get(0)?,
        number_key: row.get(1)?,
        wrapped_key: row.get(2)?,
        number: row.get(3)?,
        behaviour: row.get(4)?,
        sim_swapped_at: row.get(5)?,
        holder_changed_at: row.get(6)?,
        is_forwarded: row.get(7)?,
        touched_at: row.get(8)?,
    })
}

pub(crate) async fn phone(tx: &mut Tx, shop: ShopId, key: &[u8; 32]) -> Result<Option<PhoneRow>, Fault> {
    let statement = sql!(
        "SELECT id, number_key, wrapped_key, number, behaviour, sim_swapped_at, holder_changed_at, is_forwarded, touched_at FROM sandbox_phones
         WHERE shop_id = $1 AND number_key = $2"
    );
    Ok(tx.first(statement, &params![shop, key]).await?.as_ref().map(phone_of).transpose()?)
}

/// The phones of a shop, those with the latest news first.
pub(crate) async fn phones(tx: &mut Tx, shop: ShopId, limit: usize) -> Result<Vec<PhoneRow>, Fault> {
    let statement = sql!(
        "SELECT id, number_key, wrapped_key, number, behaviour, sim_swapped_at, holder_changed_at, is_forwarded, touched_at FROM sandbox_phones
         WHERE shop_id = $1 ORDER BY touched_at DESC, id LIMIT $2"
    );
    let rows = tx.all(statement, &params![shop, limit]).await?;
    Ok(rows.iter().map(phone_of).collect::<Result<_, _>>()?)
}

/// Adds a phone, or writes what has changed of it.
pub(crate) async fn put_phone(tx: &mut Tx, shop: ShopId, phone: &PhoneRow) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO sandbox_phones (shop_id, number_key, id, wrapped_key, number, behaviour, sim_swapped_at, holder_changed_at, is_forwarded, touched_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (shop_id, number_key) DO UPDATE SET behaviour = $6, sim_swapped_at = $7, holder_changed_at = $8, is_forwarded = $9, touched_at = $10"
    );
    let values = params![
        shop,
        &phone.number_key,
        phone.id,
        &phone.wrapped_key,
        &phone.number,
        phone.behaviour.as_str(),
        phone.sim_swapped_at,
        phone.holder_changed_at,
        phone.is_forwarded,
        phone.touched_at
    ];
    tx.execute(statement, &values).await?;
    Ok(())
}

pub(crate) async fn insert_item(
    tx: &mut Tx,
    shop: ShopId,
    key: &[u8; 32],
    item: &ItemRow,
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO sandbox_items (shop_id, number_key, id, channel, is_outgoing, correspondent, purpose, body, keys, arrives_at, receipt, receipt_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    );
    let values = params![
        shop,
        key,
        item.id,
        item.channel.as_str(),
        item.is_outgoing,
        item.correspondent.as_str(),
        item.purpose.as_str(),
        &item.body,
        item.keys.as_deref(),
        item.arrives_at,
        item.receipt.as_deref(),
        item.receipt_at
    ];
    tx.execute(statement, &values).await?;
    Ok(())
}

/// What a phone shows now, newest first.
pub(crate) async fn items(
    tx: &mut Tx,
    shop: ShopId,
    key: &[u8; 32],
    now: Timestamp,
    limit: usize,
) -> Result<Vec<ItemRow>, Fault> {
    let statement = sql!(
        "SELECT id, channel, is_outgoing, correspondent, purpose, body, keys, arrives_at, receipt, receipt_at FROM sandbox_items
         WHERE shop_id = $1 AND number_key = $2 AND arrives_at <= $3 ORDER BY arrives_at DESC, id DESC LIMIT $4"
    );
    let rows = tx.all(statement, &params![shop, key, now, limit]).await?;
    let item = |row: &Row| {
        Ok(ItemRow {
            id: row.get(0)?,
            channel: row.get(1)?,
            is_outgoing: row.get(2)?,
            correspondent: row.get(3)?,
            purpose: row.get(4)?,
            body: row.get(5)?,
            keys: row.get(6)?,
            arrives_at: row.get(7)?,
            receipt: row.get(8)?,
            receipt_at: row.get(9)?,
        })
    };
    Ok(rows.iter().map(item).collect::<Result<_, db::DbError>>()?)
}

/// Notes the keys pressed in a call; false when there is no such call.
pub(crate) async fn set_keys(
    tx: &mut Tx,
    shop: ShopId,
    key: &[u8; 32],
    call: Id<Item>,
    keys: &[u8],
) -> Result<bool, Fault> {
    let statement = sql!(
        "UPDATE sandbox_items SET keys = $4 WHERE shop_id = $1 AND number_key = $2 AND id = $3 AND channel = 'voice' AND is_outgoing = $5"
    );
    Ok(tx.execute(statement, &params![shop, key, call, keys, false]).await? == 1)
}

/// Receipts that are due.
pub(crate) async fn owed(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<Owed>, Fault> {
    let statement = sql!(
        "SELECT shop_id, number_key, id, receipt FROM sandbox_items WHERE receipt IS NOT NULL AND receipt_at <= $1 ORDER BY receipt_at LIMIT $2"
    );
    let rows = tx.all(statement, &params![now, limit]).await?;
    let owed = |row: &Row| {
        Ok(Owed { shop: row.get(0)?, number_key: row.get(1)?, id: row.get(2)?, state: row.get(3)? })
    };
    Ok(rows.iter().map(owed).collect::<Result<_, db::DbError>>()?)
}

pub(crate) async fn paid(tx: &mut Tx, owed: &[Owed]) -> Result<(), Fault> {
    let statement =
        sql!("UPDATE sandbox_items SET receipt = NULL WHERE shop_id = $1 AND number_key = $2 AND id = $3");
    for one in owed {
        tx.execute(statement, &params![one.shop, &one.number_key, one.id]).await?;
    }
    Ok(())
}
