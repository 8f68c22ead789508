//! The carrier in the box: phones on the screen that receive texts and calls, answer, swap their SIM, change hands, fail and come late.
//!
//! It is a [`messaging::Provider`] like any other, the default one of `trunkline demo` and of test mode, so that everything can be tried without an
//! operator's contract. Its phones exist as soon as something is sent to them. Some numbers behave in a fixed way ([`FIXED`]), as test cards do;
//! any other phone answers well until it is told otherwise.
//!
//! ```
//! use sandbox::{Behaviour, fixed};
//! use numbering::PhoneNumber;
//!
//! let absent = PhoneNumber::from_e164("+12025550101").unwrap();
//! assert_eq!(fixed(absent).unwrap().behaviour, Behaviour::Absent);
//! assert!(fixed(PhoneNumber::from_e164("+358401234567").unwrap()).is_none());
//! ```

mod carrier;
mod operator;
mod phone;
mod provider;
mod rows;
mod smpp;

pub use carrier::{Item, ItemView, Phone, PhoneView, Sandbox};
pub use operator::Silence;
pub use phone::{Behaviour, FIXED, Fixed, fixed};
pub use provider::PROVIDER;

pub const MIGRATIONS: &[db::Migration] =
    &[("sandbox/0001_sandbox", include_str!("../migrations/0001_sandbox.sql"))];
