//! Every SQL text of requests that somebody answers on their phone.

use base::{Fault, Id, ShopId, Timestamp};
use db::{DbError, Row, Tx, params, sql};

use super::{Kept, State};
use crate::{
    accounts::{Account, Methods},
    oidc::Scopes,
    verification::Verification,
};

fn kept_of(row: &Row) -> Result<Kept, DbError> {
    let (scope, state, methods): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(5)?);
    Ok(Kept {
        client: row.get(0)?,
        verification: row.get(1)?,
        scopes: Scopes::known_in(&scope),
        state: State::of(&state).ok_or(DbError::Column { at: 3, wanted: "state" })?,
        account: row.get(4)?,
        methods: Methods::read(&methods),
        proved_at: row.get(6)?,
        pause_seconds: row.get(7)?,
        asked_at: row.get(8)?,
        created_at: row.get(9)?,
        expires_at: row.get(10)?,
    })
}

pub(super) async fn insert(tx: &mut Tx, shop: ShopId, key: &[u8; 32], kept: &Kept) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO oidc_backchannel (shop_id, request_key, client_id, verification_id, scope, state, account_id, methods, proved_at,
                                       pause_seconds, asked_at, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, NULL, '', NULL, $7, NULL, $8, $9)"
    );
    let scope = kept.scopes.to_string();
    tx.execute(
        statement,
        &params![
            shop,
            key,
            kept.client,
            kept.verification,
            scope,
            kept.state.code(),
            kept.pause_seconds,
            kept.created_at,
            kept.expires_at
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn by_key(tx: &mut Tx, shop: ShopId, key: &[u8; 32]) -> Result<Option<Kept>, Fault> {
    let statement = sql!(
        "SELECT client_id, verification_id, scope, state, account_id, methods, proved_at, pause_seconds, asked_at, created_at, expires_at
         FROM oidc_backchannel WHERE shop_id = $1 AND request_key = $2"
    );
    Ok(tx.first(statement, &params![shop, key]).await?.as_ref().map(kept_of).transpose()?)
}

pub(super) async fn by_verification(
    tx: &mut Tx,
    shop: ShopId,
    verification: Id<Verification>,
) -> Result<Option<Kept>, Fault> {
    let statement = sql!(
        "SELECT client_id, verification_id, scope, state, account_id, methods, proved_at, pause_seconds, asked_at, created_at, expires_at
         FROM oidc_backchannel WHERE shop_id = $1 AND verification_id = $2"
    );
    Ok(tx.first(statement, &params![shop, verification]).await?.as_ref().map(kept_of).transpose()?)
}

/// The person's answer; false when there was one already, or it came too late.
pub(super) async fn answer(
    tx: &mut Tx,
    shop: ShopId,
    verification: Id<Verification>,
    (state, account, methods): (State, Option<Id<Account>>, Methods),
    now: Timestamp,
) -> Result<bool, Fault> {
    let statement = sql!(
        "UPDATE oidc_backchannel SET state = $3, account_id = $4, methods = $5, proved_at = $6
         WHERE shop_id = $1 AND verification_id = $2 AND state = 'pending' AND expires_at > $6"
    );
    let values = params![shop, verification, state.code(), account, methods.to_string(), now];
    Ok(tx.execute(statement, &values).await? > 0)
}

/// Notes that the client asked, and how long it waits from now on.
pub(super) async fn note_asked(
    tx: &mut Tx,
    shop: ShopId,
    key: &[u8; 32],
    pause_seconds: i64,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE oidc_backchannel SET pause_seconds = $3, asked_at = $4 WHERE shop_id = $1 AND request_key = $2"
    );
    tx.execute(statement, &params![shop, key, pause_seconds, now]).await?;
    Ok(())
}

pub(super) async fn take(tx: &mut Tx, shop: ShopId, key: &[u8; 32]) -> Result<(), Fault> {
    let statement =
        sql!("UPDATE oidc_backchannel SET state = 'taken' WHERE shop_id = $1 AND request_key = $2");
    tx.execute(statement, &params![shop, key]).await?;
    Ok(())
}

/// What was approved in an account.
pub(in crate::oidc) async fn erase(tx: &mut Tx, shop: ShopId, account: Id<Account>) -> Result<(), Fault> {
    let statement = sql!("DELETE FROM oidc_backchannel WHERE shop_id = $1 AND account_id = $2");
    tx.execute(statement, &params![shop, account]).await?;
    Ok(())
}

/// Forgets, in all shops, at most `limit` of the requests that ended before.
pub(in crate::oidc) async fn forget(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, Fault> {
    let statement = sql!(
        "DELETE FROM oidc_backchannel WHERE (shop_id, request_key) IN
             (SELECT shop_id, request_key FROM oidc_backchannel WHERE expires_at < $1 LIMIT $2)"
    );
    Ok(tx.execute(statement, &params![before, limit]).await?)
}
