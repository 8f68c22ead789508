//! Every SQL text of accounts, their sessions and devices.

use base::{Fault, Id, ShopId, Timestamp};
use customers::Customer;
use db::{DbError, Row, Tx, params, sql};
use numbering::PhoneNumber;
use vault::{Place, Vault};

use super::{Account, Methods, SESSION_IDLE_SECONDS_MAX, SESSION_SECONDS_MAX, SessionView, ShopperSession};
use crate::verification::Device;

/// An account as it is kept.
#[derive(Clone)]
pub(crate) struct Kept {
    pub id: Id<Account>,
    pub customer: Id<Customer>,
    pub data_key: Vec<u8>,
    pub number: Vec<u8>,
    pub number_key: Option<[u8; 32]>,
    pub number_since: Timestamp,
    pub proved_at: Timestamp,
    pub password: Option<String>,
    pub locked_until: Timestamp,
    pub language: String,
    pub created_at: Timestamp,
}

fn place(id: &Id<Account>) -> Place<'_> {
    Place { table: "accounts", column: "number", row: id.as_bytes() }
}

impl Kept {
    pub fn open(self, vault: &Vault) -> Result<Account, Fault> {
        let plain = vault.unwrap(&self.data_key, self.id.as_bytes())?.open(place(&self.id), &self.number)?;
        let text = String::from_utf8(plain).map_err(Fault::internal)?;
        Ok(Account {
            id: self.id,
            customer: self.customer,
            number: PhoneNumber::from_e164(&text).map_err(Fault::internal)?,
            holds_number: self.number_key.is_some(),
            number_since: self.number_since,
            proved_at: self.proved_at,
            has_password: self.password.is_some(),
            language: self.language,
            created_at: self.created_at,
        })
    }

    /// A data key of its own and the number under it.
    pub fn seal(vault: &Vault, id: Id<Account>, number: PhoneNumber) -> (Vec<u8>, Vec<u8>) {
        let (key, wrapped) = vault.new_data_key(id.as_bytes());
        (wrapped, key.seal(place(&id), number.e164().as_str().as_bytes()))
    }
}

fn kept(row: &Row) -> Result<Kept, DbError> {
    Ok(Kept {
        id: row.get(0)?,
        customer: row.get(1)?,
        data_key: row.get(2)?,
        number: row.get(3)?,
        number_key: row.get(4)?,
        proved_at: row.get(5)?,
        password: row.get(6)?,
        language: row.get(7)?,
        created_at: row.get(8)?,
        number_since: row.get(9)?,
        locked_until: row.get(10)?,
    })
}

pub(crate) async fn account(tx: &mut Tx, shop: ShopId, id: Id<Account>) -> Result<Option<Kept>, Fault> {
    let statement = sql!(
        "SELECT id, customer_id, data_key, number, number_key, proved_at, password, language, created_at, number_since, locked_until FROM accounts
         WHERE shop_id = $1 AND id = $2"
    );
    let row = tx.first(statement, &params![shop, id]).await?;
    Ok(row.as_ref().map(kept).transpose()?)
}

pub(crate) async fn account_by_number(
    tx: &mut Tx,
    shop: ShopId,
    number: &[u8; 32],
) -> Result<Option<Kept>, Fault> {
    let statement = sql!(
        "SELECT id, customer_id, data_key, number, number_key, proved_at, password, language, created_at, number_since, locked_until FROM accounts
         WHERE shop_id = $1 AND number_key = $2"
    );
    let row = tx.first(statement, &params![shop, number]).await?;
    Ok(row.as_ref().map(kept).transpose()?)
}

pub(crate) async fn insert_account(tx: &mut Tx, shop: ShopId, account: &Kept) -> Result<(), Fault> {
    let Kept {
        id,
        customer,
        data_key,
        number,
        number_key,
        number_since,
        proved_at,
        language,
        created_at,
        ..
    } = account;
    tx.execute(
        sql!(
            "INSERT INTO accounts (shop_id, id, customer_id, data_key, number, number_key, number_since, proved_at, password, failures, locked_until, language, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, 0, 0, $9, $10)"
        ),
        &params![shop, *id, *customer, data_key, number, *number_key, *number_since, *proved_at, language, *created_at],
    )
    .await?;
    Ok(())
}

/// The number is somebody else's now; whoever had it keeps the account without it.
pub(crate) async fn release_number(tx: &mut Tx, shop: ShopId, id: Id<Account>) -> Result<(), Fault> {
    let statement = sql!("UPDATE accounts SET number_key = NULL WHERE shop_id = $1 AND id = $2");
    tx.execute(statement, &params![shop, id]).await?;
    Ok(())
}

pub(crate) async fn prove_account(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Account>,
    language: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!("UPDATE accounts SET proved_at = $3, language = $4 WHERE shop_id = $1 AND id = $2");
    tx.execute(statement, &params![shop, id, now, language]).await?;
    Ok(())
}

fn session_of(row: &Row) -> Result<ShopperSession, DbError> {
    let methods: String = row.get(4)?;
    Ok(ShopperSession {
        id: row.get(0)?,
        account: row.get(1)?,
        device: row.get(2)?,
        browser: row.get(3)?,
        methods: Methods::read(&methods),
        proved_at: row.get(5)?,
        waiting: row.get(6)?,
        created_at: row.get(7)?,
        seen_at: row.get(8)?,
        has_stronger_factor: row.get::<i64>(9)? > 0,
    })
}

pub(crate) async fn insert_session(
    tx: &mut Tx,
    shop: ShopId,
    token: &[u8; 32],
    session: &ShopperSession,
) -> Result<(), Fault> {
    let ShopperSession { id, account, device, browser, methods, proved_at, waiting, created_at, .. } =
        session;
    tx.execute(
        sql!(
            "INSERT INTO account_sessions (shop_id, token_key, id, account_id, device_id, browser, methods, proved_at, waiting, created_at, seen_at, ended_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, NULL)"
        ),
        &params![shop, token, *id, *account, *device, browser, methods.to_string(), *proved_at, *waiting, *created_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn session(
    tx: &mut Tx,
    shop: ShopId,
    token: &[u8; 32],
) -> Result<Option<ShopperSession>, Fault> {
    let statement = sql!(
        "SELECT s.id, s.account_id, s.device_id, s.browser, s.methods, s.proved_at, s.waiting, s.created_at, s.seen_at,
                (SELECT COUNT(*) FROM account_passkeys p WHERE p.shop_id = s.shop_id AND p.account_id = s.account_id)
                + (SELECT COUNT(*) FROM account_totp t WHERE t.shop_id = s.shop_id AND t.account_id = s.account_id AND t.confirmed_at IS NOT NULL)
         FROM account_sessions s
         WHERE s.shop_id = $1 AND s.token_key = $2 AND s.ended_at IS NULL"
    );
    let row = tx.first(statement, &params![shop, token]).await?;
    Ok(row.as_ref().map(session_of).transpose()?)
}

/// All open sessions of an account that have not run out, the newest first.
pub(crate) async fn sessions(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
    now: Timestamp,
) -> Result<Vec<ShopperSession>, Fault> {
    let statement = sql!(
        "SELECT s.id, s.account_id, s.device_id, s.browser, s.methods, s.proved_at, s.waiting, s.created_at, s.seen_at,
                (SELECT COUNT(*) FROM account_passkeys p WHERE p.shop_id = s.shop_id AND p.account_id = s.account_id)
                + (SELECT COUNT(*) FROM account_totp t WHERE t.shop_id = s.shop_id AND t.account_id = s.account_id AND t.confirmed_at IS NOT NULL)
         FROM account_sessions s
         WHERE s.shop_id = $1 AND s.account_id = $2 AND s.ended_at IS NULL AND s.created_at >= $3 AND s.seen_at >= $4 ORDER BY s.id DESC"
    );
    let ago = |seconds: i64| now.plus_micros(-seconds * Timestamp::SECOND);
    let (created, seen) = (ago(SESSION_SECONDS_MAX), ago(SESSION_IDLE_SECONDS_MAX));
    let rows = tx.all(statement, &params![shop, account, created, seen]).await?;
    let sessions: Vec<ShopperSession> = rows.iter().map(session_of).collect::<Result<_, _>>()?;
    Ok(sessions.into_iter().filter(|session| !session.is_over(now)).collect())
}

pub(crate) async fn touch_session(
    tx: &mut Tx,
    shop: ShopId,
    token: &[u8; 32],
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!("UPDATE account_sessions SET seen_at = $3 WHERE shop_id = $1 AND token_key = $2");
    tx.execute(statement, &params![shop, token, now]).await?;
    Ok(())
}

/// A session that proved more gets a new token with it.
pub(crate) async fn renew_session(
    tx: &mut Tx,
    shop: ShopId,
    (old, new): (&[u8; 32], &[u8; 32]),
    session: &ShopperSession,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE account_sessions SET token_key = $3, methods = $4, proved_at = $5, waiting = $6, seen_at = $5
         WHERE shop_id = $1 AND token_key = $2"
    );
    let methods = session.methods.to_string();
    tx.execute(statement, &params![shop, old, new, methods, session.proved_at, session.waiting]).await?;
    Ok(())
}

pub(crate) async fn end_session(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
    session: Id<SessionView>,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE account_sessions SET ended_at = $4 WHERE shop_id = $1 AND account_id = $2 AND id = $3 AND ended_at IS NULL"
    );
    tx.execute(statement, &params![shop, account, session, now]).await?;
    Ok(())
}

/// Notes that a device was used; true when the account had not seen it before.
pub(crate) async fn see_device(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
    (device, browser): (Id<Device>, &str),
    now: Timestamp,
) -> Result<bool, Fault> {
    let statement = sql!(
        "UPDATE account_devices SET seen_at = $4, browser = $5 WHERE shop_id = $1 AND account_id = $2 AND device_id = $3"
    );
    if tx.execute(statement, &params![shop, account, device, now, browser]).await? > 0 {
        return Ok(false);
    }
    let statement = sql!(
        "INSERT INTO account_devices (shop_id, account_id, device_id, browser, first_seen_at, seen_at) VALUES ($1, $2, $3, $5, $4, $4)"
    );
    tx.execute(statement, &params![shop, account, device, now, browser]).await?;
    Ok(true)
}

/// Gives an account another number.
pub(crate) async fn set_number(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Account>,
    (data_key, number, key): (&[u8], &[u8], &[u8; 32]),
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE accounts SET data_key = $3, number = $4, number_key = $5, number_since = $6, proved_at = $6 WHERE shop_id = $1 AND id = $2"
    );
    tx.execute(statement, &params![shop, id, data_key, number, key, now]).await?;
    Ok(())
}

pub(crate) async fn set_password(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Account>,
    password: Option<&str>,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE accounts SET password = $3, failures = 0, locked_until = 0 WHERE shop_id = $1 AND id = $2"
    );
    tx.execute(statement, &params![shop, id, password]).await?;
    Ok(())
}

/// Counts a wrong password or wrong digits; after `limit` in a row no more are looked at until `locked`.
pub(crate) async fn note_failure(
    tx: &mut Tx,
    shop: ShopId,
    id: Id<Account>,
    limit: i64,
    locked: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE accounts SET failures = CASE WHEN failures + 1 >= $3 THEN 0 ELSE failures + 1 END,
                             locked_until = CASE WHEN failures + 1 >= $3 THEN $4 ELSE locked_until END
         WHERE shop_id = $1 AND id = $2"
    );
    tx.execute(statement, &params![shop, id, limit, locked]).await?;
    Ok(())
}

pub(crate) async fn clear_failures(tx: &mut Tx, shop: ShopId, id: Id<Account>) -> Result<(), Fault> {
    tx.execute(sql!("UPDATE accounts SET failures = 0 WHERE shop_id = $1 AND id = $2"), &params![shop, id])
        .await?;
    Ok(())
}

pub(crate) async fn accounts_of(
    tx: &mut Tx,
    shop: ShopId,
    customer: Id<Customer>,
) -> Result<Vec<Id<Account>>, Fault> {
    let statement = sql!("SELECT id FROM accounts WHERE shop_id = $1 AND customer_id = $2");
    let rows = tx.all(statement, &params![shop, customer]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?)
}

/// Takes an account away, with where it was used.
pub(crate) async fn erase(tx: &mut Tx, shop: ShopId, account: Id<Account>) -> Result<(), Fault> {
    for statement in [
        sql!("DELETE FROM account_sessions WHERE shop_id = $1 AND account_id = $2"),
        sql!("DELETE FROM account_devices WHERE shop_id = $1 AND account_id = $2"),
        sql!("DELETE FROM accounts WHERE shop_id = $1 AND id = $2"),
    ] {
        tx.execute(statement, &params![shop, account]).await?;
    }
    Ok(())
}

/// Forgets, in all shops, some of the sessions that began before `sessions` and of the devices that were seen last before `devices`: at most `limit` of each. Returns how many
/// of that of which there were most.
pub(crate) async fn forget(
    tx: &mut Tx,
    (sessions, devices): (Timestamp, Timestamp),
    limit: i64,
) -> Result<u64, Fault> {
    let statement = sql!(
        "DELETE FROM account_sessions WHERE (shop_id, token_key) IN
             (SELECT shop_id, token_key FROM account_sessions WHERE created_at < $1 LIMIT $2)"
    );
    let ended = tx.execute(statement, &params![sessions, limit]).await?;
    let statement = sql!(
        "DELETE FROM account_devices WHERE (shop_id, account_id, device_id) IN
             (SELECT shop_id, account_id, device_id FROM account_devices WHERE seen_at < $1 LIMIT $2)"
    );
    Ok(ended.max(tx.execute(statement, &params![devices, limit]).await?))
}
