//! Words that every part of Trunkline speaks: ids, time, money, secrets, who is acting, and how things go wrong.
//!
//! Only nouns that three crates or more use live here. Nothing in this crate does I/O except [`SystemClock`],
//! which reads the time, so that everything above can be handed a frozen one.
//!
//! ```
//! use base::{Money, Timestamp};
//!
//! let price = Money::parse("1,234.50", "EUR").unwrap();
//! assert_eq!(price.minor, 123_450);
//! assert_eq!(price.to_string(), "1234.50 EUR");
//! let at: Timestamp = "2024-02-29T12:00:00Z".parse().unwrap();
//! assert_eq!(at.as_micros(), 1_709_208_000_000_000);
//! ```

mod coded;
mod context;
mod fault;
mod id;
mod money;
mod page;
mod secret;
mod time;

pub use context::{Actor, Context, Shop, ShopId};
pub use fault::{Fault, FaultKind};
pub use id::{Id, IdSequence};
pub use money::{Currency, Decimal, DecimalMark, Money, MoneyError};
pub use page::{Cursor, Page, PageRequest};
pub use secret::Secret;
pub use time::{Clock, FrozenClock, SystemClock, Timestamp};
