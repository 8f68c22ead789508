//! Every SQL text of passkeys, their ceremonies and authenticator apps.

use base::{Fault, Id, ShopId, Timestamp};
use db::{DbError, Row, Tx, params, sql};

use crate::accounts::Account;

/// A passkey as it is kept.
#[derive(Clone)]
pub(super) struct KeptPasskey {
    pub account: Id<Account>,
    pub id: Id<super::PasskeyView>,
    pub data_key: Vec<u8>,
    pub passkey: Vec<u8>,
    pub name: String,
    pub created_at: Timestamp,
    pub used_at: Timestamp,
}

fn passkey_of(row: &Row) -> Result<KeptPasskey, DbError> {
    Ok(KeptPasskey {
        account: row.get(0)?,
        id: row.get(1)?,
        data_key: row.get(2)?,
        passkey: row.get(3)?,
        name: row.get(4)?,
        created_at: row.get(5)?,
        used_at: row.get(6)?,
    })
}

pub(super) async fn passkeys(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
) -> Result<Vec<KeptPasskey>, Fault> {
    let statement = sql!(
        "SELECT account_id, id, data_key, passkey, name, created_at, used_at FROM account_passkeys
         WHERE shop_id = $1 AND account_id = $2 ORDER BY id"
    );
    let rows = tx.all(statement, &params![shop, account]).await?;
    Ok(rows.iter().map(passkey_of).collect::<Result<_, _>>()?)
}

pub(super) async fn passkey(
    tx: &mut Tx,
    shop: ShopId,
    credential: &[u8; 32],
) -> Result<Option<KeptPasskey>, Fault> {
    let statement = sql!(
        "SELECT account_id, id, data_key, passkey, name, created_at, used_at FROM account_passkeys
         WHERE shop_id = $1 AND credential_key = $2"
    );
    let row = tx.first(statement, &params![shop, credential]).await?;
    Ok(row.as_ref().map(passkey_of).transpose()?)
}

pub(super) async fn insert_passkey(
    tx: &mut Tx,
    shop: ShopId,
    credential: &[u8; 32],
    kept: &KeptPasskey,
) -> Result<(), Fault> {
    let KeptPasskey { account, id, data_key, passkey, name, created_at, .. } = kept;
    tx.execute(
        sql!(
            "INSERT INTO account_passkeys (shop_id, credential_key, account_id, id, data_key, passkey, name, created_at, used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
        ),
        &params![shop, credential, *account, *id, data_key, passkey, name, *created_at],
    )
    .await?;
    Ok(())
}

/// What was learnt of a passkey when it was used: its counter.
pub(super) async fn use_passkey(
    tx: &mut Tx,
    shop: ShopId,
    credential: &[u8; 32],
    passkey: &[u8],
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE account_passkeys SET passkey = $3, used_at = $4 WHERE shop_id = $1 AND credential_key = $2"
    );
    tx.execute(statement, &params![shop, credential, passkey, now]).await?;
    Ok(())
}

pub(super) async fn remove_passkey(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
    id: Id<super::PasskeyView>,
) -> Result<bool, Fault> {
    let statement = sql!("DELETE FROM account_passkeys WHERE shop_id = $1 AND account_id = $2 AND id = $3");
    Ok(tx.execute(statement, &params![shop, account, id]).await? > 0)
}

/// A challenge that waits for its answer.
#[derive(Clone)]
pub(super) struct KeptCeremony {
    pub account: Option<Id<Account>>,
    pub data_key: Vec<u8>,
    pub state: Vec<u8>,
    pub expires_at: Timestamp,
}

pub(super) async fn insert_ceremony(
    tx: &mut Tx,
    shop: ShopId,
    handle: &[u8; 32],
    kept: &KeptCeremony,
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO account_ceremonies (shop_id, handle_key, account_id, data_key, state, expires_at) VALUES ($1, $2, $3, $4, $5, $6)"
    );
    let KeptCeremony { account, data_key, state, expires_at } = kept;
    tx.execute(statement, &params![shop, handle, *account, data_key, state, *expires_at]).await?;
    Ok(())
}

/// Takes a challenge away: it is answered once.
pub(super) async fn take_ceremony(
    tx: &mut Tx,
    shop: ShopId,
    handle: &[u8; 32],
) -> Result<Option<KeptCeremony>, Fault> {
    let statement = sql!(
        "SELECT account_id, data_key, state, expires_at FROM account_ceremonies WHERE shop_id = $1 AND handle_key = $2"
    );
    let Some(row) = tx.first(statement, &params![shop, handle]).await? else { return Ok(None) };
    let statement = sql!("DELETE FROM account_ceremonies WHERE shop_id = $1 AND handle_key = $2");
    tx.execute(statement, &params![shop, handle]).await?;
    Ok(Some(KeptCeremony {
        account: row.get(0)?,
        data_key: row.get(1)?,
        state: row.get(2)?,
        expires_at: row.get(3)?,
    }))
}

pub(crate) async fn forget_ceremonies(tx: &mut Tx, before: Timestamp) -> Result<(), Fault> {
    tx.execute(sql!("DELETE FROM account_ceremonies WHERE expires_at < $1"), &params![before]).await?;
    Ok(())
}

/// What an authenticator app shares with us, as it is kept.
#[derive(Clone)]
pub(super) struct KeptTotp {
    pub data_key: Vec<u8>,
    pub secret: Vec<u8>,
    pub confirmed_at: Option<Timestamp>,
    pub last_step: i64,
}

pub(super) async fn totp(tx: &mut Tx, shop: ShopId, account: Id<Account>) -> Result<Option<KeptTotp>, Fault> {
    let statement = sql!(
        "SELECT data_key, secret, confirmed_at, last_step FROM account_totp WHERE shop_id = $1 AND account_id = $2"
    );
    let row = tx.first(statement, &params![shop, account]).await?;
    let kept = |row: Row| {
        Ok::<_, DbError>(KeptTotp {
            data_key: row.get(0)?,
            secret: row.get(1)?,
            confirmed_at: row.get(2)?,
            last_step: row.get(3)?,
        })
    };
    Ok(row.map(kept).transpose()?)
}

/// Whether an authenticator app is asked for.
pub(crate) async fn has_totp(tx: &mut Tx, shop: ShopId, account: Id<Account>) -> Result<bool, Fault> {
    Ok(totp(tx, shop, account).await?.is_some_and(|totp| totp.confirmed_at.is_some()))
}

/// One that is not confirmed yet takes the place of an earlier one of that kind.
pub(super) async fn insert_totp(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
    (data_key, secret): (&[u8], &[u8]),
    now: Timestamp,
) -> Result<(), Fault> {
    remove_totp(tx, shop, account).await?;
    let statement = sql!(
        "INSERT INTO account_totp (shop_id, account_id, data_key, secret, confirmed_at, last_step, created_at) VALUES ($1, $2, $3, $4, NULL, 0, $5)"
    );
    tx.execute(statement, &params![shop, account, data_key, secret, now]).await?;
    Ok(())
}

pub(super) async fn use_totp(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
    step: i64,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE account_totp SET last_step = $3, confirmed_at = COALESCE(confirmed_at, $4) WHERE shop_id = $1 AND account_id = $2"
    );
    tx.execute(statement, &params![shop, account, step, now]).await?;
    Ok(())
}

pub(super) async fn remove_totp(tx: &mut Tx, shop: ShopId, account: Id<Account>) -> Result<bool, Fault> {
    let statement = sql!("DELETE FROM account_totp WHERE shop_id = $1 AND account_id = $2");
    Ok(tx.execute(statement, &params![shop, account]).await? > 0)
}

/// Takes all factors of an account away.
pub(super) async fn erase(tx: &mut Tx, shop: ShopId, account: Id<Account>) -> Result<(), Fault> {
    for statement in [
        sql!("DELETE FROM account_passkeys WHERE shop_id = $1 AND account_id = $2"),
        sql!("DELETE FROM account_ceremonies WHERE shop_id = $1 AND account_id = $2"),
        sql!("DELETE FROM account_totp WHERE shop_id = $1 AND account_id = $2"),
    ] {
        tx.execute(statement, &params![shop, account]).await?;
    }
    Ok(())
}
