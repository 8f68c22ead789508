//! Answers of the provider: never kept by caches, refusals in the protocol's own words with the status that the protocol asks for.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use identity::oidc::{Failure, Refused};

use crate::problem::Problem;

/// What a handler for clients gives back.
pub(super) type Reply = Result<Response, No>;

/// Said to a client that proves itself by its secret.
#[derive(Debug)]
pub(super) struct No(Failure);

/// Said to whoever shows an access token (RFC 6750, 3).
#[derive(Debug)]
pub(super) struct Bearer(Failure);

impl<T: Into<Failure>> From<T> for No {
    fn from(failure: T) -> Self {
        Self(failure.into())
    }
}

impl<T: Into<Failure>> From<T> for Bearer {
    fn from(failure: T) -> Self {
        Self(failure.into())
    }
}

/// An answer that no cache keeps (RFC 6749, 5.1).
pub(super) fn no_store(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

fn told(status: StatusCode, refused: Refused, challenge: String) -> Response {
    let body = serde_json::json!({ "error": refused.error, "error_description": refused.why });
    let mut response = no_store((status, Json(body)));
    if let (StatusCode::UNAUTHORIZED, Ok(challenge)) = (status, HeaderValue::try_from(challenge)) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        match self.0 {
            Failure::Refused(refused) => {
                let is_client = refused.error == "invalid_client";
                let status = if is_client { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
                told(status, refused, "Basic realm=\"trunkline\"".to_owned())
            }
            Failure::Fault(fault) => Problem::from(fault).into_response(),
        }
    }
}

impl IntoResponse for Bearer {
    fn into_response(self) -> Response {
        match self.0 {
            Failure::Refused(refused) => {
                let challenge = format!("Bearer realm=\"trunkline\", error=\"{}\"", refused.error);
                told(StatusCode::UNAUTHORIZED, refused, challenge)
            }
            Failure::Fault(fault) => Problem::from(fault).into_response(),
        }
    }
}
