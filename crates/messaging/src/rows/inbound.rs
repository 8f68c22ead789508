//! Messages from numbers.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Tx, params, sql};

use crate::{Channel, Inbound};

/// One as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct InboundRow {
    pub id: Id<Inbound>,
    pub wrapped_key: Option<Vec<u8>>,
    pub sender: Vec<u8>,
    pub body: Vec<u8>,
    pub channel: Channel,
    pub provider: String,
    pub provider_reference: String,
    pub received_at: Timestamp,
}

/// Adds one; false when it is there already.
pub(crate) async fn insert_inbound(
    tx: &mut Tx,
    shop: ShopId,
    number_key: &[u8; 32],
    row: &InboundRow,
) -> Result<bool, Fault> {
    let statement = sql!(
        "INSERT INTO inbound_messages (shop_id, id, anchor, number_key, wrapped_key, sender, body, channel, provider, provider_reference, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (shop_id, anchor, provider, provider_reference) DO NOTHING"
    );
    let values = params![
        shop,
        row.id,
        vault::anchor_of(number_key),
        number_key,
        row.wrapped_key.as_deref(),
        &row.sender,
        &row.body,
        row.channel.code(),
        row.provider.as_str(),
        row.provider_reference.as_str(),
        row.received_at
    ];
    Ok(tx.execute(statement, &values).await? == 1)
}

/// What came in, newest first, of a number or of all.
pub(crate) async fn inbound_by_number(
    tx: &mut Tx,
    shop: ShopId,
    number: Option<[u8; 32]>,
    before: Id<Inbound>,
    limit: usize,
) -> Result<Vec<InboundRow>, Fault> {
    let rows = match number {
        Some(number) => {
            let of_number = sql!(
                "SELECT id, wrapped_key, sender, body, channel, provider, provider_reference, received_at FROM inbound_messages
                 WHERE shop_id = $1 AND number_key = $4 AND id < $2 ORDER BY id DESC LIMIT $3"
            );
            tx.all(of_number, &params![shop, before, limit, number]).await?
        }
        None => {
            let all = sql!(
                "SELECT id, wrapped_key, sender, body, channel, provider, provider_reference, received_at FROM inbound_messages
                 WHERE shop_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
            );
            tx.all(all, &params![shop, before, limit]).await?
        }
    };
    rows.iter().map(inbound_row).collect()
}

/// One of them.
pub(crate) async fn inbound(tx: &mut Tx, shop: ShopId, id: Id<Inbound>) -> Result<Option<InboundRow>, Fault> {
    let statement = sql!(
        "SELECT id, wrapped_key, sender, body, channel, provider, provider_reference, received_at FROM inbound_messages WHERE shop_id = $1 AND id = $2"
    );
    tx.first(statement, &params![shop, id]).await?.as_ref().map(inbound_row).transpose()
}

fn inbound_row(row: &db::Row) -> Result<InboundRow, Fault> {
    Ok(InboundRow {
        id: row.get(0)?,
        wrapped_key: row.get(1)?,
        sender: row.get(2)?,
        body: row.get(3)?,
        channel: row.get::<String>(4)?.parse()?,
        provider: row.get(5)?,
        provider_reference: row.get(6)?,
        received_at: row.get(7)?,
    })
}
