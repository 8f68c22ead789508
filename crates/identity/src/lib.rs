//! Who may come in: shops, the staff of each with roles and sessions, and the keys of programs with scopes.
//!
//! Passwords are kept as argon2id; session tokens and API secrets only as keyed HMAC-SHA256, so the database alone opens no door. Every secret is
//! shown once, when it is made.

mod access;
pub mod accounts;
pub mod factors;
mod keys;
pub mod oidc;
mod passwords;
mod rows;
mod shops;
mod staff;
pub mod verification;

pub use access::{Role, Scope};
pub use accounts::Accounts;
pub use factors::Factors;
pub use keys::{ApiKey, Keys, NewKey};
pub use shops::{ShopView, Shops};
pub use staff::{Session, Staff, StaffView};
pub use verification::Verifications;

use base::{Fault, FaultKind};

pub const MIGRATIONS: &[db::Migration] = &[
    ("identity/0001_access", include_str!("../migrations/0001_access.sql")),
    ("identity/0002_verification", include_str!("../migrations/0002_verification.sql")),
    ("identity/0010_oidc", include_str!("../migrations/0010_oidc.sql")),
    ("identity/0011_accounts", include_str!("../migrations/0011_accounts.sql")),
    ("identity/0012_factors", include_str!("../migrations/0012_factors.sql")),
    ("identity/0013_forgetting", include_str!("../migrations/0013_forgetting.sql")),
    ("identity/0014_links", include_str!("../migrations/0014_links.sql")),
    ("identity/0015_backchannel", include_str!("../migrations/0015_backchannel.sql")),
    ("identity/0016_proofs_in_order", include_str!("../migrations/0016_proofs_in_order.sql")),
    ("identity/0017_addresses_answered", include_str!("../migrations/0017_addresses_answered.sql")),
];

/// Refused for lack of a scope or role.
pub fn forbidden(needs: Scope) -> Fault {
    Fault::forbidden("not_allowed", format!("This needs the scope {needs}.")).detail("scope", needs.code())
}

pub(crate) fn unauthenticated(code: &'static str, message: &str) -> Fault {
    Fault::new(FaultKind::Unauthenticated, code, message)
}

/// A secret to be shown once: a prefix that says what it is, and 256 bits of chance.
pub(crate) fn new_secret(prefix: &str) -> String {
    use rand::Rng as _;
    let mut bytes = [0u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    format!("{prefix}{}", data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}
