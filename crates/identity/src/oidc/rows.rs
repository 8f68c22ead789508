//! Every SQL text of clients, signing keys, requests, grants, codes and tokens.

use base::{Fault, Id, ShopId, Timestamp};
use db::{DbError, Row, Tx, params, sql};

use super::{
    Client, ClientKind, Grant, Settings, SigningKey,
    signing::KeptKey,
    tokens::{Kept, KeptCode, KeptGrant, TokenKind},
};
use crate::accounts::{Account, Methods};

fn client_of(row: &Row) -> Result<Client, DbError> {
    let (kind, settings): (String, String) = (row.get(3)?, row.get(4)?);
    Ok(Client {
        shop: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        kind: kind.parse::<ClientKind>().map_err(|_| DbError::Column { at: 3, wanted: "kind" })?,
        settings: serde_json::from_str::<Settings>(&settings)
            .map_err(|_| DbError::Column { at: 4, wanted: "settings" })?,
        created_at: row.get(5)?,
    })
}

pub(super) async fn insert_client(
    tx: &mut Tx,
    client: &Client,
    secret: Option<&[u8; 32]>,
) -> Result<(), Fault> {
    let settings = serde_json::to_string(&client.settings).map_err(Fault::internal)?;
    tx.execute(
        sql!(
            "INSERT INTO oidc_clients (shop_id, id, name, kind, secret_key, settings, created_at, removed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)"
        ),
        &params![
            client.shop,
            client.id,
            &client.name,
            client.kind.code(),
            secret,
            settings,
            client.created_at
        ],
    )
    .await?;
    Ok(())
}

/// A client that stands, and the hash of its secret.
pub(super) async fn client(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Client>,
) -> Result<Option<(Client, Option<[u8; 32]>)>, Fault> {
    let statement = sql!(
        "SELECT shop_id, id, name, kind, settings, created_at, secret_key FROM oidc_clients
         WHERE shop_id = $1 AND id = $2 AND removed_at IS NULL"
    );
    let row = tx.first(statement, &params![shop, id]).await?;
    Ok(row.map(|row| Ok::<_, DbError>((client_of(&row)?, row.get(6)?))).transpose()?)
}

pub(super) async fn clients(tx: &mut Tx, shop: ShopId) -> Result<Vec<Client>, Fault> {
    let statement = sql!(
        "SELECT shop_id, id, name, kind, settings, created_at FROM oidc_clients
         WHERE shop_id = $1 AND removed_at IS NULL ORDER BY id"
    );
    let rows = tx.all(statement, &params![shop]).await?;
    Ok(rows.iter().map(client_of).collect::<Result<_, _>>()?)
}

pub(super) async fn set_secret(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Client>,
    secret: &[u8; 32],
) -> Result<(), Fault> {
    let statement = sql!("UPDATE oidc_clients SET secret_key = $3 WHERE shop_id = $1 AND id = $2");
    tx.execute(statement, &params![shop, id, secret]).await?;
    Ok(())
}

pub(super) async fn remove_client(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Client>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let statement =
        sql!("UPDATE oidc_clients SET removed_at = $3 WHERE shop_id = $1 AND id = $2 AND removed_at IS NULL");
    let removed = tx.execute(statement, &params![shop, id, now]).await? > 0;
    let statement = sql!(
        "UPDATE oidc_grants SET ended_at = $3, ended_why = 'client_removed'
         WHERE shop_id = $1 AND client_id = $2 AND ended_at IS NULL"
    );
    tx.execute(statement, &params![shop, id, now]).await?;
    Ok(removed)
}

pub(super) async fn keys(tx: &mut Tx, shop: ShopId) -> Result<Vec<KeptKey>, Fault> {
    let statement = sql!(
        "SELECT id, data_key, private, public, created_at FROM oidc_keys WHERE shop_id = $1 ORDER BY id"
    );
    let rows = tx.all(statement, &params![shop]).await?;
    let key = |row: &Row| {
        Ok::<_, DbError>(KeptKey {
            id: row.get(0)?,
            data_key: row.get(1)?,
            private: row.get(2)?,
            public: row.get(3)?,
            created_at: row.get(4)?,
        })
    };
    Ok(rows.iter().map(key).collect::<Result<_, _>>()?)
}

pub(super) async fn insert_key(tx: &mut Tx, shop: ShopId, key: &KeptKey) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO oidc_keys (shop_id, id, data_key, private, public, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
    );
    tx.execute(statement, &params![shop, key.id, &key.data_key, &key.private, &key.public, key.created_at])
        .await?;
    Ok(())
}

pub(super) async fn delete_key(tx: &mut Tx, shop: ShopId, id: Id<SigningKey>) -> Result<(), Fault> {
    tx.execute(sql!("DELETE FROM oidc_keys WHERE shop_id = $1 AND id = $2"), &params![shop, id]).await?;
    Ok(())
}

/// Shops that have signing keys.
pub(super) async fn signing_shops(tx: &mut Tx) -> Result<Vec<ShopId>, Fault> {
    let rows = tx.all(sql!("SELECT DISTINCT shop_id FROM oidc_keys"), &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?)
}

/// A request as it is kept until somebody has signed in.
#[derive(Clone)]
pub(super) struct KeptRequest {
    pub client: Id<Client>,
    pub pushed: bool,
    pub data_key: Vec<u8>,
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

pub(super) async fn insert_request(
    tx: &mut Tx,
    shop: ShopId,
    key: &[u8; 32],
    request: &KeptRequest,
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO oidc_requests (shop_id, request_key, client_id, pushed, data_key, request, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    let KeptRequest { client, pushed, data_key, sealed, created_at, expires_at } = request;
    tx.execute(statement, &params![shop, key, *client, *pushed, data_key, sealed, *created_at, *expires_at])
        .await?;
    Ok(())
}

pub(super) async fn request(tx: &mut Tx, shop: ShopId, key: &[u8; 32]) -> Result<Option<KeptRequest>, Fault> {
    let statement = sql!(
        "SELECT client_id, pushed, data_key, request, created_at, expires_at FROM oidc_requests
         WHERE shop_id = $1 AND request_key = $2"
    );
    let row = tx.first(statement, &params![shop, key]).await?;
    let kept = |row: Row| {
        Ok::<_, DbError>(KeptRequest {
            client: row.get(0)?,
            pushed: row.get(1)?,
            data_key: row.get(2)?,
            sealed: row.get(3)?,
            created_at: row.get(4)?,
            expires_at: row.get(5)?,
        })
    };
    Ok(row.map(kept).transpose()?)
}

/// Takes a request away; false when another was quicker.
pub(super) async fn take_request(tx: &mut Tx, shop: ShopId, key: &[u8; 32]) -> Result<bool, Fault> {
    let statement = sql!("DELETE FROM oidc_requests WHERE shop_id = $1 AND request_key = $2");
    Ok(tx.execute(statement, &params![shop, key]).await? > 0)
}

fn grant_of(row: &Row) -> Result<KeptGrant, DbError> {
    let (scope, methods): (String, String) = (row.get(4)?, row.get(5)?);
    Ok(KeptGrant {
        id: row.get(0)?,
        client: row.get(1)?,
        account: row.get(2)?,
        session: row.get(3)?,
        scopes: super::Scopes::known_in(&scope),
        methods: Methods::read(&methods),
        proved_at: row.get(6)?,
        created_at: row.get(7)?,
        ended_at: row.get(8)?,
    })
}

pub(super) async fn insert_grant(tx: &mut Tx, shop: ShopId, grant: &KeptGrant) -> Result<(), Fault> {
    tx.execute(
        sql!(
            "INSERT INTO oidc_grants (shop_id, id, client_id, account_id, session_id, scope, methods, proved_at, created_at, ended_at, ended_why)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL)"
        ),
        &params![
            shop,
            grant.id,
            grant.client,
            grant.account,
            grant.session,
            grant.scopes.to_string(),
            grant.methods.to_string(),
            grant.proved_at,
            grant.created_at
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn grant(tx: &mut Tx, shop: ShopId, id: Id<Grant>) -> Result<Option<KeptGrant>, Fault> {
    let statement = sql!(
        "SELECT id, client_id, account_id, session_id, scope, methods, proved_at, created_at, ended_at FROM oidc_grants
         WHERE shop_id = $1 AND id = $2"
    );
    let row = tx.first(statement, &params![shop, id]).await?;
    Ok(row.as_ref().map(grant_of).transpose()?)
}

pub(super) async fn end_grant(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Grant>,
    why: &'static str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let statement = sql!(
        "UPDATE oidc_grants SET ended_at = $3, ended_why = $4 WHERE shop_id = $1 AND id = $2 AND ended_at IS NULL"
    );
    Ok(tx.execute(statement, &params![shop, id, now, why]).await? > 0)
}

/// The clients that hold something of a session.
pub(super) async fn clients_of_session(
    tx: &mut Tx,
    shop: ShopId,
    session: Id<crate::accounts::SessionView>,
) -> Result<Vec<Id<Client>>, Fault> {
    let statement = sql!(
        "SELECT DISTINCT client_id FROM oidc_grants WHERE shop_id = $1 AND session_id = $2 AND ended_at IS NULL"
    );
    let rows = tx.all(statement, &params![shop, session]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?)
}

pub(super) async fn end_grants_of_session(
    tx: &mut Tx,
    shop: ShopId,
    session: Id<crate::accounts::SessionView>,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE oidc_grants SET ended_at = $3, ended_why = 'signed_out'
         WHERE shop_id = $1 AND session_id = $2 AND ended_at IS NULL"
    );
    tx.execute(statement, &params![shop, session, now]).await?;
    Ok(())
}

/// Open grants of an account: their sessions, once each.
pub(super) async fn sessions_with_grants(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
) -> Result<Vec<Id<crate::accounts::SessionView>>, Fault> {
    let statement = sql!(
        "SELECT DISTINCT session_id FROM oidc_grants WHERE shop_id = $1 AND account_id = $2 AND ended_at IS NULL"
    );
    let rows = tx.all(statement, &params![shop, account]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?)
}

pub(super) async fn insert_code(
    tx: &mut Tx,
    shop: ShopId,
    key: &[u8; 32],
    code: &KeptCode,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO oidc_codes (shop_id, code_key, grant_id, redirect_uri, challenge, nonce, created_at, expires_at, used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)"
    );
    let KeptCode { grant, redirect_uri, challenge, nonce, expires_at, .. } = code;
    let nonce = nonce.as_deref();
    tx.execute(statement, &params![shop, key, *grant, redirect_uri, challenge, nonce, now, *expires_at])
        .await?;
    Ok(())
}

pub(super) async fn code(tx: &mut Tx, shop: ShopId, key: &[u8; 32]) -> Result<Option<KeptCode>, Fault> {
    let statement = sql!(
        "SELECT grant_id, redirect_uri, challenge, nonce, expires_at, used_at FROM oidc_codes
         WHERE shop_id = $1 AND code_key = $2"
    );
    let row = tx.first(statement, &params![shop, key]).await?;
    let kept = |row: Row| {
        Ok::<_, DbError>(KeptCode {
            grant: row.get(0)?,
            redirect_uri: row.get(1)?,
            challenge: row.get(2)?,
            nonce: row.get(3)?,
            expires_at: row.get(4)?,
            used_at: row.get(5)?,
        })
    };
    Ok(row.map(kept).transpose()?)
}

pub(super) async fn use_code(tx: &mut Tx, shop: ShopId, key: &[u8; 32], now: Timestamp) -> Result<(), Fault> {
    let statement = sql!("UPDATE oidc_codes SET used_at = $3 WHERE shop_id = $1 AND code_key = $2");
    tx.execute(statement, &params![shop, key, now]).await?;
    Ok(())
}

pub(super) async fn insert_token(
    tx: &mut Tx,
    shop: ShopId,
    key: &[u8; 32],
    token: &Kept,
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO oidc_tokens (shop_id, token_key, kind, grant_id, scope, created_at, expires_at, used_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL)"
    );
    let scope = token.scopes.to_string();
    let Kept { kind, grant, created_at, expires_at, .. } = token;
    tx.execute(statement, &params![shop, key, kind.code(), *grant, scope, *created_at, *expires_at]).await?;
    Ok(())
}

pub(super) async fn token(tx: &mut Tx, shop: ShopId, key: &[u8; 32]) -> Result<Option<Kept>, Fault> {
    let statement = sql!(
        "SELECT kind, grant_id, scope, created_at, expires_at, used_at, revoked_at FROM oidc_tokens
         WHERE shop_id = $1 AND token_key = $2"
    );
    let row = tx.first(statement, &params![shop, key]).await?;
    let kept = |row: Row| {
        let (kind, scope): (String, String) = (row.get(0)?, row.get(2)?);
        Ok::<_, DbError>(Kept {
            kind: TokenKind::of(&kind).ok_or(DbError::Column { at: 0, wanted: "kind" })?,
            grant: row.get(1)?,
            scopes: super::Scopes::known_in(&scope),
            created_at: row.get(3)?,
            expires_at: row.get(4)?,
            used_at: row.get(5)?,
            revoked_at: row.get(6)?,
        })
    };
    Ok(row.map(kept).transpose()?)
}

pub(super) async fn use_token(
    tx: &mut Tx,
    shop: ShopId,
    key: &[u8; 32],
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!("UPDATE oidc_tokens SET used_at = $3 WHERE shop_id = $1 AND token_key = $2");
    tx.execute(statement, &params![shop, key, now]).await?;
    Ok(())
}

pub(super) async fn revoke_token(
    tx: &mut Tx,
    shop: ShopId,
    key: &[u8; 32],
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!("UPDATE oidc_tokens SET revoked_at = $3 WHERE shop_id = $1 AND token_key = $2");
    tx.execute(statement, &params![shop, key, now]).await?;
    Ok(())
}

/// What clients were granted of an account, with every code and token that came of it.
pub(crate) async fn erase_grants(tx: &mut Tx, shop: ShopId, account: Id<Account>) -> Result<(), Fault> {
    for statement in [
        sql!(
            "DELETE FROM oidc_codes WHERE shop_id = $1
             AND grant_id IN (SELECT id FROM oidc_grants WHERE shop_id = $1 AND account_id = $2)"
        ),
        sql!(
            "DELETE FROM oidc_tokens WHERE shop_id = $1
             AND grant_id IN (SELECT id FROM oidc_grants WHERE shop_id = $1 AND account_id = $2)"
        ),
        sql!("DELETE FROM oidc_grants WHERE shop_id = $1 AND account_id = $2"),
    ] {
        tx.execute(statement, &params![shop, account]).await?;
    }
    super::backchannel::erase(tx, shop, account).await
}

/// Forgets, in all shops, some of the requests that ended, of the codes, tokens and grants that ended before `before`, and of the grants made before `oldest`: at most `limit`
/// of each. Returns how many of that of which there were most.
pub(super) async fn forget(
    tx: &mut Tx,
    (now, before, oldest): (Timestamp, Timestamp, Timestamp),
    limit: i64,
) -> Result<u64, Fault> {
    let mut most = 0;
    for (statement, at) in [
        (
            sql!(
                "DELETE FROM oidc_requests WHERE (shop_id, request_key) IN
                     (SELECT shop_id, request_key FROM oidc_requests WHERE expires_at < $1 LIMIT $2)"
            ),
            now,
        ),
        (
            sql!(
                "DELETE FROM oidc_codes WHERE (shop_id, code_key) IN
                     (SELECT shop_id, code_key FROM oidc_codes WHERE expires_at < $1 LIMIT $2)"
            ),
            before,
        ),
        (
            sql!(
                "DELETE FROM oidc_tokens WHERE (shop_id, token_key) IN
                     (SELECT shop_id, token_key FROM oidc_tokens WHERE expires_at < $1 LIMIT $2)"
            ),
            before,
        ),
        (
            sql!(
                "DELETE FROM oidc_grants WHERE (shop_id, id) IN
                     (SELECT shop_id, id FROM oidc_grants WHERE ended_at < $1 LIMIT $2)"
            ),
            before,
        ),
        (
            sql!(
                "DELETE FROM oidc_grants WHERE (shop_id, id) IN
                     (SELECT shop_id, id FROM oidc_grants WHERE created_at < $1 LIMIT $2)"
            ),
            oldest,
        ),
    ] {
        most = most.max(tx.execute(statement, &params![at, limit]).await?);
    }
    Ok(most.max(super::backchannel::forget(tx, before, limit).await?))
}
