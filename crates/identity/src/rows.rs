//! Every SQL text of shops, staff, sessions and keys.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, DbError, Row, Tx, params, sql};

use crate::{ApiKey, Scope, Session, ShopView, StaffView};

fn shop_view(row: &Row) -> Result<ShopView, DbError> {
    Ok(ShopView { id: row.get(0)?, slug: row.get(1)?, name: row.get(2)? })
}

pub(crate) async fn shop(tx: &mut Tx, slug: &str) -> Result<Option<ShopView>, Fault> {
    let row = tx.first(sql!("SELECT id, slug, name FROM shops WHERE slug = $1"), &params![slug]).await?;
    Ok(row.as_ref().map(shop_view).transpose()?)
}

pub(crate) async fn shop_by_id(tx: &mut Tx, id: ShopId) -> Result<Option<ShopView>, Fault> {
    let row = tx.first(sql!("SELECT id, slug, name FROM shops WHERE id = $1"), &params![id]).await?;
    Ok(row.as_ref().map(shop_view).transpose()?)
}

pub(crate) async fn shops(tx: &mut Tx) -> Result<Vec<ShopView>, Fault> {
    let rows = tx.all(sql!("SELECT id, slug, name FROM shops ORDER BY slug"), &[]).await?;
    Ok(rows.iter().map(shop_view).collect::<Result<_, _>>()?)
}

pub(crate) async fn insert_shop(tx: &mut Tx, shop: &ShopView, now: Timestamp) -> Result<(), Fault> {
    let statement = sql!("INSERT INTO shops (id, slug, name, created_at) VALUES ($1, $2, $3, $4)");
    tx.execute(statement, &params![shop.id, &shop.slug, &shop.name, now]).await?;
    Ok(())
}

fn staff_view(row: &Row) -> Result<StaffView, DbError> {
    let role: String = row.get(4)?;
    Ok(StaffView {
        id: row.get(0)?,
        shop: row.get(1)?,
        login: row.get(2)?,
        name: row.get(3)?,
        role: role.parse().map_err(|_| DbError::Column { at: 4, wanted: "role" })?,
        created_at: row.get(5)?,
        disabled_at: row.get(6)?,
    })
}

/// Somebody, their password's hash, and until when the login is closed.
pub(crate) async fn staff_by_login(
    tx: &mut Tx,
    shop: ShopId,
    login: &str,
) -> Result<Option<(StaffView, String, Timestamp)>, Fault> {
    let statement = sql!(
        "SELECT id, shop_id, login, name, role, created_at, disabled_at, password, locked_until FROM staff
         WHERE shop_id = $1 AND login = $2"
    );
    let row = tx.first(statement, &params![shop, login]).await?;
    Ok(row.map(|row| Ok::<_, DbError>((staff_view(&row)?, row.get(7)?, row.get(8)?))).transpose()?)
}

pub(crate) async fn list_staff(tx: &mut Tx, shop: ShopId) -> Result<Vec<StaffView>, Fault> {
    let statement = sql!(
        "SELECT id, shop_id, login, name, role, created_at, disabled_at FROM staff WHERE shop_id = $1 ORDER BY login"
    );
    let rows = tx.all(statement, &params![shop]).await?;
    Ok(rows.iter().map(staff_view).collect::<Result<_, _>>()?)
}

pub(crate) async fn insert_staff(tx: &mut Tx, staff: &StaffView, hash: &str) -> Result<(), Fault> {
    tx.execute(
        sql!(
            "INSERT INTO staff (shop_id, login, id, name, role, password, failures, locked_until, created_at, disabled_at)
             VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, NULL)"
        ),
        &params![staff.shop, &staff.login, staff.id, &staff.name, staff.role.code(), hash, staff.created_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn set_password(tx: &mut Tx, shop: ShopId, login: &str, hash: &str) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE staff SET password = $3, failures = 0, locked_until = 0 WHERE shop_id = $1 AND login = $2"
    );
    tx.execute(statement, &params![shop, login, hash]).await?;
    Ok(())
}

/// Shuts somebody out at this moment, or lets them in again.
pub(crate) async fn disable_staff(
    tx: &mut Tx,
    shop: ShopId,
    login: &str,
    at: Option<Timestamp>,
) -> Result<(), Fault> {
    tx.execute(
        sql!("UPDATE staff SET disabled_at = $3 WHERE shop_id = $1 AND login = $2"),
        &params![shop, login, at],
    )
    .await?;
    Ok(())
}

/// Counts a wrong password; the login is closed until `locked` when there were `limit` in a row.
pub(crate) async fn note_failure(
    tx: &mut Tx,
    shop: ShopId,
    login: &str,
    limit: i64,
    locked: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE staff SET failures = CASE WHEN failures + 1 >= $3 THEN 0 ELSE failures + 1 END,
                          locked_until = CASE WHEN failures + 1 >= $3 THEN $4 ELSE locked_until END
         WHERE shop_id = $1 AND login = $2"
    );
    tx.execute(statement, &params![shop, login, limit, locked]).await?;
    Ok(())
}

pub(crate) async fn clear_failures(tx: &mut Tx, shop: ShopId, login: &str) -> Result<(), Fault> {
    tx.execute(
        sql!("UPDATE staff SET failures = 0 WHERE shop_id = $1 AND login = $2"),
        &params![shop, login],
    )
    .await?;
    Ok(())
}

pub(crate) async fn insert_session(
    tx: &mut Tx,
    shop: ShopId,
    login: &str,
    token: &[u8; 32],
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO staff_sessions (token_key, shop_id, login, created_at, seen_at) VALUES ($1, $2, $3, $4, $4)"
    );
    tx.execute(statement, &params![token, shop, login, now]).await?;
    Ok(())
}

/// A session and when it was last seen.
pub(crate) async fn session(tx: &mut Tx, token: &[u8; 32]) -> Result<Option<(Session, Timestamp)>, Fault> {
    let statement = sql!(
        "SELECT s.id, s.shop_id, s.login, s.name, s.role, s.created_at, s.disabled_at, t.created_at, t.seen_at
         FROM staff_sessions t JOIN staff s ON s.shop_id = t.shop_id AND s.login = t.login WHERE t.token_key = $1"
    );
    let row = tx.first(statement, &params![token]).await?;
    let read = |row: Row| {
        Ok::<_, DbError>((Session { staff: staff_view(&row)?, created_at: row.get(7)? }, row.get(8)?))
    };
    Ok(row.map(read).transpose()?)
}

pub(crate) async fn touch_session(tx: &mut Tx, token: &[u8; 32], now: Timestamp) -> Result<(), Fault> {
    tx.execute(sql!("UPDATE staff_sessions SET seen_at = $2 WHERE token_key = $1"), &params![token, now])
        .await?;
    Ok(())
}

pub(crate) async fn end_session(tx: &mut Tx, token: &[u8; 32]) -> Result<(), Fault> {
    tx.execute(sql!("DELETE FROM staff_sessions WHERE token_key = $1"), &params![token]).await?;
    Ok(())
}

pub(crate) async fn end_sessions(tx: &mut Tx, shop: ShopId, login: &str) -> Result<(), Fault> {
    tx.execute(sql!("DELETE FROM staff_sessions WHERE shop_id = $1 AND login = $2"), &params![shop, login])
        .await?;
    Ok(())
}

pub(crate) fn key_view(row: &Row) -> Result<ApiKey, DbError> {
    let scopes: String = row.get(3)?;
    Ok(ApiKey {
        id: row.get(0)?,
        shop: row.get(1)?,
        name: row.get(2)?,
        // A scope that this version does not know gives nothing.
        scopes: scopes.split_whitespace().filter_map(|code| code.parse::<Scope>().ok()).collect(),
        created_at: row.get(4)?,
        revoked_at: row.get(5)?,
    })
}

pub(crate) async fn insert_key(tx: &mut Tx, key: &ApiKey, secret: &[u8; 32]) -> Result<(), Fault> {
    let scopes = key.scopes.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(" ");
    tx.execute(
        sql!(
            "INSERT INTO api_keys (secret_key, id, shop_id, name, scopes, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, NULL)"
        ),
        &params![secret, key.id, key.shop, &key.name, scopes, key.created_at],
    )
    .await?;
    Ok(())
}

/// The rows of the keys with these secrets, in their order; each is read by whoever asked for it.
pub(crate) async fn keys_by_secrets(tx: &mut Tx, secrets: &[[u8; 32]]) -> Result<Vec<Option<Row>>, Fault> {
    let statement =
        sql!("SELECT id, shop_id, name, scopes, created_at, revoked_at FROM api_keys WHERE secret_key = $1");
    let mut keys = Batch::with_capacity(1, secrets.len());
    secrets.iter().for_each(|secret| keys.push(params![secret]));
    Ok(tx.first_each(statement, &keys).await?)
}

pub(crate) async fn keys(tx: &mut Tx, shop: ShopId) -> Result<Vec<ApiKey>, Fault> {
    let statement = sql!(
        "SELECT id, shop_id, name, scopes, created_at, revoked_at FROM api_keys WHERE shop_id = $1 ORDER BY id"
    );
    let rows = tx.all(statement, &params![shop]).await?;
    Ok(rows.iter().map(key_view).collect::<Result<_, _>>()?)
}

pub(crate) async fn revoke_key(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<ApiKey>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let statement =
        sql!("UPDATE api_keys SET revoked_at = $3 WHERE shop_id = $1 AND id = $2 AND revoked_at IS NULL");
    Ok(tx.execute(statement, &params![shop, id, now]).await? == 1)
}
