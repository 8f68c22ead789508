//! Accounts of shoppers: who they are to the shop, how they were proved, their sessions and devices.
//!
//! An account belongs to a customer and was proved by a number. Who holds a number now is decided by the proof and its tenure ([`crate::verification`]), so the next holder
//! of a number opens an account of their own and sees nothing of the last one's.

mod methods;
mod rows;
mod service;
mod sessions;

pub use methods::{Method, Methods};
pub use service::{Accounts, SignedIn};
pub use sessions::{DeviceSeen, SESSION_SECONDS_MAX, SessionView, ShopperSession};

use base::{Id, Timestamp};
use customers::Customer;
use numbering::PhoneNumber;

/// A shopper's account, open. The number is shown masked unless it is revealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    pub id: Id<Self>,
    pub customer: Id<Customer>,
    pub number: PhoneNumber,
    /// False when somebody else has proved the number since.
    pub holds_number: bool,
    pub proved_at: Timestamp,
    pub has_password: bool,
    pub created_at: Timestamp,
}
