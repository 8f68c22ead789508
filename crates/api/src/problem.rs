//! How a fault is told over HTTP: an RFC 9457 problem with a stable code. The outermost layer writes it, because it alone knows the request's id.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{Fault, FaultKind};
use serde::Serialize;
use utoipa::ToSchema;

/// What a handler gives back.
pub type Answer<T> = Result<T, Problem>;

/// A fault on its way out. Boxed: faults are large and rare.
#[derive(Debug)]
pub struct Problem(Box<Told>);

#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub fault: Fault,
    pub status: StatusCode,
}

impl Problem {
    /// With a status of its own, where HTTP has a more exact one than the kind of fault.
    pub fn with_status(status: StatusCode, fault: Fault) -> Self {
        Self(Box::new(Told { fault, status }))
    }

    #[cfg(test)]
    pub fn fault(&self) -> &Fault {
        &self.0.fault
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::with_status(status_of(fault.kind), fault)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(*self.0);
        response
    }
}

/// The HTTP status of each kind of fault.
pub(crate) const fn status_of(kind: FaultKind) -> StatusCode {
    match kind {
        FaultKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        FaultKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        FaultKind::Forbidden => StatusCode::FORBIDDEN,
        FaultKind::NotFound => StatusCode::NOT_FOUND,
        FaultKind::Conflict => StatusCode::CONFLICT,
        FaultKind::Limited => StatusCode::TOO_MANY_REQUESTS,
        FaultKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        FaultKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A problem as callers read it (RFC 9457). Further members, such as `blocking_act` or `retry_at`, say what can be done.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = Problem, example = json!({
    "type": "/errors/act_has_dependents",
    "title": "It does not fit the state things are in",
    "status": 409,
    "detail": "A later merge of 2024-02-29 (018df0f4-9d3c-7a63-8f1a-5b5d8e3c7a10) stands on this act; undo that one first.",
    "code": "act_has_dependents",
    "field": "act",
    "request_id": "018df0f5-1b7e-7c44-9a57-2c1a4c0f6f11",
    "blocking_act": "018df0f4-9d3c-7a63-8f1a-5b5d8e3c7a10"
}))]
pub(crate) struct ProblemBody<'a> {
    /// Address of the code's explanation, relative to this server.
    #[serde(rename = "type")]
    kind: String,
    /// What kind of fault it is, in a few words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// One plain sentence about this occurrence. Never holds personal data.
    detail: &'a str,
    /// Stable; programs decide by it.
    code: &'a str,
    /// The input field at fault, as the caller named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// Quote it when you ask about this; the log has the same.
    request_id: &'a str,
    #[serde(flatten)]
    #[schema(additional_properties)]
    details: &'a serde_json::Map<String, serde_json::Value>,
}

const fn title_of(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Invalid => "What was asked makes no sense as written",
        FaultKind::Unauthenticated => "Nobody known is asking",
        FaultKind::Forbidden => "This key may not do this",
        FaultKind::NotFound => "There is no such thing",
        FaultKind::Conflict => "It does not fit the state things are in",
        FaultKind::Limited => "Too much or too often",
        FaultKind::Unavailable => "Something needed is not there now",
        FaultKind::Internal => "Our mistake",
    }
}

/// Seconds after which trying again makes sense.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

impl Told {
    /// The whole answer.
    pub fn render(&self, request_id: &str) -> Response {
        let fault = &self.fault;
        let body = ProblemBody {
            kind: format!("/errors/{}", fault.code),
            title: title_of(fault.kind),
            status: self.status.as_u16(),
            detail: &fault.message,
            code: fault.code,
            field: fault.field.as_deref(),
            request_id,
            details: &fault.details,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"trunkline\""));
        }
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        response
    }
}

/// For addresses that nothing answers to.
pub(crate) async fn route_unknown() -> Problem {
    Fault::not_found("route_unknown", "Nothing answers at this address; see /docs for what there is.").into()
}

/// For methods that an address does not know.
pub(crate) async fn method_not_allowed() -> Problem {
    let fault = Fault::invalid(
        "method_not_allowed",
        "This address does not know this method; the Allow header says which it knows.",
    );
    Problem::with_status(StatusCode::METHOD_NOT_ALLOWED, fault)
}
