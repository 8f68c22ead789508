//! Failures as Twilio tells them: a status, a code of its own, a sentence, and where it is explained.

use axum::{
    Json,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use base::{Fault, FaultKind};
use identity::verification::{Reason, Refusal};
use serde_json::json;

/// One failure.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    status: StatusCode,
    code: u32,
    message: String,
}

pub(crate) type Answer<T> = Result<T, Trouble>;

impl Trouble {
    fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub fn authenticate() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 20003, "Authenticate")
    }

    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, 20003, "Permission Denied")
    }

    pub fn parameter(name: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 60200, format!("Invalid parameter `{name}`"))
    }

    pub fn missing(name: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 60200, format!("Missing required parameter {name}"))
    }

    pub fn own_codes() -> Self {
        Self::new(StatusCode::FORBIDDEN, 60204, "Custom codes are not supported by this service")
    }

    pub fn not_found(resource: &str) -> Self {
        let message = format!("The requested resource {resource} was not found");
        Self::new(StatusCode::NOT_FOUND, 20404, message)
    }

    pub fn checks_used_up() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, 60202, "Max check attempts reached")
    }

    /// Why nothing was sent.
    pub fn refused(refusal: Refusal) -> Self {
        match refusal.reason {
            Reason::Impossible | Reason::NoAccount => Self::parameter("To"),
            Reason::LineType => {
                let message = "SMS is not supported by landline phone number";
                Self::new(StatusCode::FORBIDDEN, 60205, message)
            }
            Reason::Country => {
                let message = "Verification delivery attempt blocked: this country is not served";
                Self::new(StatusCode::FORBIDDEN, 60605, message)
            }
            Reason::Budget | Reason::Conversion | Reason::Risk => {
                let message = "Verification delivery attempt blocked: sending to this destination is stopped";
                Self::new(StatusCode::FORBIDDEN, 60410, message)
            }
            Reason::SendsOfNumber
            | Reason::SendsOfAddress
            | Reason::ConversionOfAddress
            | Reason::GuessesOfNumber
            | Reason::GuessesSinceSuccess => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, 60203, "Max send attempts reached")
            }
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault.kind {
            FaultKind::Invalid => Self::new(StatusCode::BAD_REQUEST, 60200, fault.message),
            FaultKind::Unauthenticated => Self::authenticate(),
            FaultKind::Forbidden => Self::forbidden(),
            FaultKind::NotFound => Self::new(StatusCode::NOT_FOUND, 20404, fault.message),
            FaultKind::Conflict => Self::new(StatusCode::CONFLICT, 20409, fault.message),
            FaultKind::Limited => Self::new(StatusCode::TOO_MANY_REQUESTS, 20429, fault.message),
            FaultKind::Unavailable => Self::new(StatusCode::SERVICE_UNAVAILABLE, 20503, fault.message),
            FaultKind::Internal => {
                tracing::error!(%fault, "a request in Twilio's shape failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, 20500, fault.message)
            }
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status.as_u16(),
        });
        (self.status, Json(body)).into_response()
    }
}

/// For addresses that nothing answers to.
pub(crate) async fn no_resource(uri: Uri) -> Trouble {
    Trouble::not_found(uri.path())
}

/// For methods that an address does not know.
pub(crate) async fn no_method() -> Trouble {
    Trouble::new(StatusCode::METHOD_NOT_ALLOWED, 20004, "Method not allowed")
}
