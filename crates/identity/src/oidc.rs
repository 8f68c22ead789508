//! Sign-in for other programs: an OpenID Connect provider over the accounts of a shop.
//!
//! The rules are pure: [`request`] reads what a client asks for, [`Asked::next`](request::Asked::next) decides what must happen before it gets an answer, [`signing`] makes and
//! reads signed tokens. [`Clients`] keeps the programs, [`Provider`] codes, tokens and grants. Codes and tokens are chance, kept only as keyed hashes; everything
//! belongs to one shop.

mod backchannel;
mod clients;
mod logout;
mod maintenance;
mod names;
mod post;
mod provider;
mod refused;
pub mod request;
mod rows;
pub mod signing;
mod tokens;

pub use backchannel::{Asking, Backchannel, GRANT_TYPE as BACKCHANNEL_GRANT_TYPE, Way};
pub use clients::{Clients, NewClient};
pub use logout::{JOB_KIND as LOGOUT_JOB_KIND, LogoutHandler};
pub use maintenance::Maintenance;
pub use names::{Acr, ClientKind, Grantable, Scopes};
pub use provider::{Answered, Provider};
pub use refused::{Failure, Refused};
pub use tokens::{Claims, Introspection, Presented, TokenAnswer};

pub(crate) use rows::erase_grants;

use base::{Id, ShopId, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest a code lives (RFC 6749 recommends ten minutes at most; one is enough for a redirection).
pub const CODE_SECONDS_MAX: i64 = 60;
/// How long a request may wait for somebody to sign in.
pub const REQUEST_SECONDS_MAX: i64 = 20 * 60;
/// How long a pushed request may wait for the browser.
pub const PUSHED_SECONDS_MAX: i64 = 60;
pub const ACCESS_SECONDS_MAX: i64 = 10 * 60;
pub const ID_TOKEN_SECONDS_MAX: i64 = 10 * 60;
/// A refresh token that is not used for so long serves no more.
pub const REFRESH_IDLE_SECONDS_MAX: i64 = 30 * 86_400;
/// However often it is refreshed, somebody must sign in again after this.
pub const GRANT_SECONDS_MAX: i64 = 180 * 86_400;

/// A program that signs people in through us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    pub id: Id<Self>,
    pub shop: ShopId,
    pub name: String,
    pub kind: ClientKind,
    pub settings: Settings,
    pub created_at: Timestamp,
}

/// What a client said of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Compared letter by letter.
    pub redirect_uris: Vec<String>,
    /// Where a browser may go after signing out.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Told when somebody signs out.
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    pub scopes: Scopes,
    /// Whether it may ask people on their phones (OpenID Client-Initiated Backchannel Authentication).
    #[serde(default)]
    pub backchannel_authentication: bool,
}

/// Everything that came of one sign-in at one client.
#[derive(Debug)]
pub enum Grant {}

/// A signing key.
#[derive(Debug)]
pub enum SigningKey {}
