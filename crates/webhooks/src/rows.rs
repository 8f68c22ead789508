//! Every SQL text of webhooks: here the endpoints, below what is told to them and how that went.

pub(crate) mod deliveries;
pub(crate) mod health;
pub(crate) mod outbox;
pub(crate) mod work;

use base::{Fault, Id, ShopId, Timestamp};
use db::{DbError, Row, Tx, params, sql};

use crate::{DisabledWhy, Endpoint, Kind};

/// An endpoint with its secrets, sealed.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub shop: ShopId,
    pub endpoint: Endpoint,
    pub wrapped_key: Vec<u8>,
    pub secret: Vec<u8>,
    pub old_secret: Option<Vec<u8>>,
}

/// Kinds as they are kept. One that this version does not know is listened to by nobody.
pub(crate) fn kinds_of(text: &str) -> Vec<Kind> {
    text.split_ascii_whitespace().filter_map(Kind::of).collect()
}

fn text_of(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(" ")
}

macro_rules! select_endpoint {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT shop_id, id, url, description, kinds, created_at, disabled_at, disabled_why, wrapped_key, secret, old_secret, old_secret_until
             FROM webhook_endpoints ",
            $rest
        ))
    };
}

fn kept(row: &Row) -> Result<Kept, DbError> {
    let disabled = row.get::<Option<Timestamp>>(6)?.map(|at| {
        let why = row.get::<Option<String>>(7)?.and_then(|code| DisabledWhy::of(&code));
        Ok::<_, DbError>((at, why.unwrap_or(DisabledWhy::Asked)))
    });
    let old_secret: Option<Vec<u8>> = row.get(10)?;
    let endpoint = Endpoint {
        id: row.get(1)?,
        url: row.get(2)?,
        description: row.get(3)?,
        kinds: kinds_of(&row.get::<String>(4)?),
        created_at: row.get(5)?,
        disabled: disabled.transpose()?,
        old_secret_until: row.get(11)?,
    };
    Ok(Kept { shop: row.get(0)?, endpoint, wrapped_key: row.get(8)?, secret: row.get(9)?, old_secret })
}

/// All of a shop, by age.
pub(crate) async fn endpoints(tx: &mut Tx, shop: ShopId) -> Result<Vec<Kept>, Fault> {
    let rows = tx.all(select_endpoint!("WHERE shop_id = $1 ORDER BY id"), &params![shop]).await?;
    Ok(rows.iter().map(kept).collect::<Result<_, _>>()?)
}

pub(crate) async fn endpoint(tx: &mut Tx, shop: ShopId, id: Id<Endpoint>) -> Result<Option<Kept>, Fault> {
    let row = tx.first(select_endpoint!("WHERE shop_id = $1 AND id = $2"), &params![shop, id]).await?;
    Ok(row.as_ref().map(kept).transpose()?)
}

/// All that are told, of every shop; there are few.
pub(crate) async fn enabled(tx: &mut Tx) -> Result<Vec<Kept>, Fault> {
    let rows = tx.all(select_endpoint!("WHERE disabled_at IS NULL ORDER BY shop_id, id"), &params![]).await?;
    Ok(rows.iter().map(kept).collect::<Result<_, _>>()?)
}

pub(crate) async fn insert(tx: &mut Tx, new: &Kept) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO webhook_endpoints (shop_id, id, url, description, kinds, wrapped_key, secret, old_secret, old_secret_until, created_at, disabled_at, disabled_why)
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL, $8, NULL, NULL)"
    );
    let endpoint = &new.endpoint;
    let values = params![
        new.shop,
        endpoint.id,
        &endpoint.url,
        &endpoint.description,
        text_of(&endpoint.kinds),
        &new.wrapped_key,
        &new.secret,
        endpoint.created_at
    ];
    tx.execute(statement, &values).await?;
    Ok(())
}

/// Writes what may change of an endpoint.
pub(crate) async fn update(tx: &mut Tx, changed: &Kept) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE webhook_endpoints SET url = $3, description = $4, kinds = $5, secret = $6, old_secret = $7, old_secret_until = $8, disabled_at = $9, disabled_why = $10
         WHERE shop_id = $1 AND id = $2"
    );
    let endpoint = &changed.endpoint;
    let values = params![
        changed.shop,
        endpoint.id,
        &endpoint.url,
        &endpoint.description,
        text_of(&endpoint.kinds),
        &changed.secret,
        changed.old_secret.as_deref(),
        endpoint.old_secret_until,
        endpoint.disabled.map(|(at, _)| at),
        endpoint.disabled.map(|(_, why)| why.code())
    ];
    tx.execute(statement, &values).await?;
    Ok(())
}

/// Removes an endpoint, and with its key what was sealed of its calls. What waits for it has failed; what was told to it goes with age.
pub(crate) async fn remove(tx: &mut Tx, shop: ShopId, id: Id<Endpoint>, now: Timestamp) -> Result<(), Fault> {
    let waits = sql!(
        "UPDATE webhook_deliveries SET state = 'failed', failure = 'removed: Its endpoint was removed.', ended_at = $3
         WHERE shop_id = $1 AND endpoint_id = $2 AND state = 'waiting'"
    );
    tx.execute(waits, &params![shop, id, now]).await?;
    for statement in [
        sql!("DELETE FROM webhook_health WHERE shop_id = $1 AND endpoint_id = $2"),
        sql!("DELETE FROM webhook_endpoints WHERE shop_id = $1 AND id = $2"),
    ] {
        tx.execute(statement, &params![shop, id]).await?;
    }
    Ok(())
}
