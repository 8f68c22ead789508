//! Parts of long messages from numbers.

use base::{Fault, ShopId, Timestamp};
use db::{Row, Tx, params, sql};

/// Which message parts are of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Group {
    pub shop: ShopId,
    pub number_key: [u8; 32],
    pub provider: String,
    pub recipient: String,
    /// With the number of parts after a slash.
    pub reference: String,
}

/// A part as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct PartRow {
    pub place: u8,
    pub wrapped_key: Vec<u8>,
    pub sender: Vec<u8>,
    pub body: Vec<u8>,
    pub joined_at: Option<Timestamp>,
    pub received_at: Timestamp,
}

pub(crate) async fn parts(tx: &mut Tx, group: &Group) -> Result<Vec<PartRow>, Fault> {
    let statement = sql!(
        "SELECT place, wrapped_key, sender, body, joined_at, received_at FROM inbound_parts
         WHERE shop_id = $1 AND number_key = $2 AND provider = $3 AND recipient = $4 AND reference = $5 ORDER BY place"
    );
    let Group { shop, number_key, provider, recipient, reference } = group;
    let rows = tx.all(statement, &params![*shop, number_key, provider, recipient, reference]).await?;
    let part = |row: &Row| {
        Ok(PartRow {
            place: u8::try_from(row.get::<u32>(0)?).map_err(Fault::internal)?,
            wrapped_key: row.get(1)?,
            sender: row.get(2)?,
            body: row.get(3)?,
            joined_at: row.get(4)?,
            received_at: row.get(5)?,
        })
    };
    rows.iter().map(part).collect()
}

pub(crate) async fn insert_part(tx: &mut Tx, group: &Group, row: &PartRow) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO inbound_parts (shop_id, number_key, provider, recipient, reference, place, wrapped_key, sender, body, joined_at, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let Group { shop, number_key, provider, recipient, reference } = group;
    let PartRow { place, wrapped_key, sender, body, joined_at, received_at } = row;
    tx.execute(
        statement,
        &params![
            *shop,
            number_key,
            provider,
            recipient,
            reference,
            u32::from(*place),
            wrapped_key,
            sender,
            body,
            *joined_at,
            *received_at
        ],
    )
    .await?;
    Ok(())
}

/// Notes that a message was put together of its parts.
pub(crate) async fn join_parts(tx: &mut Tx, group: &Group, now: Timestamp) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE inbound_parts SET joined_at = $6
         WHERE shop_id = $1 AND number_key = $2 AND provider = $3 AND recipient = $4 AND reference = $5"
    );
    let Group { shop, number_key, provider, recipient, reference } = group;
    tx.execute(statement, &params![*shop, number_key, provider, recipient, reference, now]).await?;
    Ok(())
}

pub(crate) async fn delete_parts(tx: &mut Tx, group: &Group) -> Result<(), Fault> {
    let statement = sql!(
        "DELETE FROM inbound_parts
         WHERE shop_id = $1 AND number_key = $2 AND provider = $3 AND recipient = $4 AND reference = $5"
    );
    let Group { shop, number_key, provider, recipient, reference } = group;
    tx.execute(statement, &params![*shop, number_key, provider, recipient, reference]).await?;
    Ok(())
}

/// Messages of which a part came before this time, in all shops, whole or not.
pub(crate) async fn old_parts(tx: &mut Tx, before: Timestamp, limit: usize) -> Result<Vec<Group>, Fault> {
    let statement = sql!(
        "SELECT shop_id, number_key, provider, recipient, reference FROM inbound_parts WHERE received_at < $1
         ORDER BY received_at LIMIT $2"
    );
    let rows = tx.all(statement, &params![before, limit]).await?;
    let group = |row: &Row| {
        Ok(Group {
            shop: row.get(0)?,
            number_key: row.get(1)?,
            provider: row.get(2)?,
            recipient: row.get(3)?,
            reference: row.get(4)?,
        })
    };
    let mut groups = rows.iter().map(group).collect::<Result<Vec<_>, Fault>>()?;
    groups.sort_unstable();
    groups.dedup();
    Ok(groups)
}

/// Forgets the parts that came from a number in a time.
pub(crate) async fn erase_parts(
    tx: &mut Tx,
    shop: ShopId,
    number: &[u8; 32],
    from: Timestamp,
    until: Timestamp,
) -> Result<u64, Fault> {
    let statement = sql!(
        "DELETE FROM inbound_parts WHERE shop_id = $1 AND number_key = $2 AND received_at >= $3 AND received_at < $4"
    );
    Ok(tx.execute(statement, &params![shop, number, from, until]).await?)
}
