//! Accounts of shoppers: who they are to the shop, how they were proved, their sessions and devices.
//!
//! An account is reached only by what was proved for it: its number, a passkey, a recovery. Who holds a number now is decided by the proof and its tenure
//! ([`crate::verification`]), so the next holder of a number opens an account of their own and sees nothing of the last one's; and what the linking of orders guesses never opens
//! an account.

mod devices;
mod methods;
pub(crate) mod notices;
pub(crate) mod rows;
mod service;
mod sessions;

pub use methods::{Method, Methods};
pub use service::{Accounts, Browser, Proof, SignedIn};
pub use sessions::{SESSION_IDLE_SECONDS_MAX, SESSION_SECONDS_MAX, SessionView, ShopperSession};

pub(crate) use sessions::{begin_session, end_session, open_sessions, stands};

use base::{Fault, Id, ShopId, Timestamp};
use customers::Customer;
use db::Tx;
use numbering::PhoneNumber;
use vault::Vault;

/// A shopper's account, open. The number prints masked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    pub id: Id<Self>,
    pub customer: Id<Customer>,
    pub number: PhoneNumber,
    /// False when somebody else has proved the number since.
    pub holds_number: bool,
    pub number_since: Timestamp,
    pub proved_at: Timestamp,
    pub has_password: bool,
    pub language: String,
    pub created_at: Timestamp,
}

pub(crate) fn unknown() -> Fault {
    Fault::not_found("account_unknown", "There is no such account.")
}

/// The account of an id, if there is one.
pub(crate) async fn of_id(
    tx: &mut Tx,
    vault: &Vault,
    shop: ShopId,
    id: Id<Account>,
) -> Result<Option<Account>, Fault> {
    rows::account(tx, shop, id).await?.map(|kept| kept.open(vault)).transpose()
}
