//! Customers, the numbers they hold and when they held them: records of sources go in, one customer for each person comes out.

pub mod identity;
pub mod linking;
mod mask;
pub mod persona;
mod registry;
mod relinking;
pub mod renormalising;
mod rows;
mod store;

pub use mask::mask_email;
pub use persona::{Customer, Details, NumberKey, Persona};
pub use registry::{
    Confirmation, Confirmed, Counts, CustomerView, Customers, Decision, HolderView, NumberHolders,
    NumberRecord, Owner, PersonaView, Proof, Query, REASON_CHARS_MAX, Recorded, Registered, ReviewView,
    Summary, TenureView, Whose, holder_silent,
};
pub use relinking::{Linker, OrderDates, Relinked, Span};
pub use store::{PersonaStore, Place};

pub const MIGRATIONS: &[db::Migration] = &[
    ("customers/0001_customers", include_str!("../migrations/0001_customers.sql")),
    ("customers/0002_turns", include_str!("../migrations/0002_turns.sql")),
    ("customers/0003_rereadings", include_str!("../migrations/0003_rereadings.sql")),
    ("customers/0004_kinds_of_few", include_str!("../migrations/0004_kinds_of_few.sql")),
    ("customers/0005_personas_by_anchor", include_str!("../migrations/0005_personas_by_anchor.sql")),
];
