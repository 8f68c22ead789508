//! How OAuth says no: a short word that programs know, and a sentence for whoever builds the client.

use base::Fault;

/// A refusal in the protocol's own words (RFC 6749, 4.1.2.1 and 5.2; RFC 6750, 3.1; OpenID Connect Core, 3.1.2.6; CIBA Core, 11 and 13).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    pub error: &'static str,
    /// Never a value that was sent.
    pub why: &'static str,
}

macro_rules! refusals {
    ($($name:ident = $error:literal),* $(,)?) => {
        impl Refused { $(pub const fn $name(why: &'static str) -> Self { Self { error: $error, why } })* }
    };
}

refusals! {
    request = "invalid_request",
    client = "invalid_client",
    grant = "invalid_grant",
    unauthorized_client = "unauthorized_client",
    binding_message = "invalid_binding_message",
    authorization_pending = "authorization_pending",
    slow_down = "slow_down",
    access_denied = "access_denied",
    expired_token = "expired_token",
    grant_type = "unsupported_grant_type",
    response_type = "unsupported_response_type",
    scope = "invalid_scope",
    token = "invalid_token",
    login = "login_required",
    interaction = "interaction_required",
    request_object = "request_not_supported",
    request_uri = "invalid_request_uri",
}

/// A refusal in the protocol's words, or a fault of ours.
#[derive(Clone, Debug)]
pub enum Failure {
    Refused(Refused),
    Fault(Fault),
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
