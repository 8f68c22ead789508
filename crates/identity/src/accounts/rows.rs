//! Every SQL text of accounts, their sessions and devices.

use base::{Fault, Id, ShopId, Timestamp};
use customers::Customer;
use db::{DbError, Row, Tx, params, sql};
use numbering::PhoneNumber;
use vault::{Place, Vault};

use super::{Account, Methods, SessionView, ShopperSession};
use crate::verification::Device;

/// An account as it is kept.
#[derive(Clone)]
pub(super) struct Kept {
    pub id: Id<Account>,
    pub customer: Id<Customer>,
    pub data_key: Vec<u8>,
    pub number: Vec<u8>,
    pub number_key: Option<[u8; 32]>,
    pub proved_at: Timestamp,
    pub password: Option<String>,
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
    })
}

pub(super) async fn account(tx: &mut Tx, shop: ShopId, id: Id<Account>) -> Result<Option<Kept>, Fault> {
    let statement = sql!(
        "SELECT id, customer_id, data_key, number, number_key, proved_at, password, language, created_at FROM accounts
         WHERE shop_id = $1 AND id = $2"
    );
    let row = tx.first(statement, &params![shop, id]).await?;
    Ok(row.as_ref().map(kept).transpose()?)
}

pub(super) async fn account_by_number(
    tx: &mut Tx,
    shop: ShopId,
    number: &[u8; 32],
) -> Result<Option<Kept>, Fault> {
    let statement = sql!(
        "SELECT id, customer_id, data_key, number, number_key, proved_at, password, language, created_at FROM accounts
         WHERE shop_id = $1 AND number_key = $2"
    );
    let row = tx.first(statement, &params![shop, number]).await?;
    Ok(row.as_ref().map(kept).transpose()?)
}

pub(super) async fn insert_account(tx: &mut Tx, shop: ShopId, account: &Kept) -> Result<(), Fault> {
    let Kept { id, customer, data_key, number, number_key, proved_at, language, created_at, .. } = account;
    tx.execute(
        sql!(
            "INSERT INTO accounts (shop_id, id, customer_id, data_key, number, number_key, proved_at, password, failures, locked_until, language, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, 0, 0, $8, $9)"
        ),
        &params![shop, *id, *customer, data_key, number, *number_key, *proved_at, language, *created_at],
    )
    .await?;
    Ok(())
}

/// The number is somebody else's now; whoever had it keeps the account without it.
pub(super) async fn release_number(tx: &mut Tx, shop: ShopId, id: Id<Account>) -> Result<(), Fault> {
    let statement = sql!("UPDATE accounts SET number_key = NULL WHERE shop_id = $1 AND id = $2");
    tx.execute(statement, &params![shop, id]).await?;
    Ok(())
}

pub(super) async fn prove_account(
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
        has_stronger_factor: false,
    })
}

pub(super) async fn insert_session(
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

pub(super) async fn session(
    tx: &mut Tx,
    shop: ShopId,
    token: &[u8; 32],
) -> Result<Option<ShopperSession>, Fault> {
    let statement = sql!(
        "SELECT id, account_id, device_id, browser, methods, proved_at, waiting, created_at, seen_at FROM account_sessions
         WHERE shop_id = $1 AND token_key = $2 AND ended_at IS NULL"
    );
    let row = tx.first(statement, &params![shop, token]).await?;
    Ok(row.as_ref().map(session_of).transpose()?)
}

/// All open sessions of an account, the newest first.
pub(super) async fn sessions(
    tx: &mut Tx,
    shop: ShopId,
    account: Id<Account>,
) -> Result<Vec<ShopperSession>, Fault> {
    let statement = sql!(
        "SELECT id, account_id, device_id, browser, methods, proved_at, waiting, created_at, seen_at FROM account_sessions
         WHERE shop_id = $1 AND account_id = $2 AND ended_at IS NULL ORDER BY id DESC"
    );
    let rows = tx.all(statement, &params![shop, account]).await?;
    Ok(rows.iter().map(session_of).collect::<Result<_, _>>()?)
}

pub(super) async fn touch_session(
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
pub(super) async fn renew_session(
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

pub(super) async fn end_session(
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
pub(super) async fn see_device(
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
