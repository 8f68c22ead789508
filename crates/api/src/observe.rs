//! The outermost layer: every request gets an id, a log line, its place in the figures, and, if it failed, its problem. A panic becomes a problem too.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base::{Fault, FaultKind, Id};
use futures::FutureExt as _;
use tracing::Instrument as _;

use crate::{
    Doors,
    problem::{Problem, Told},
};

/// The header that names a request, in the answer and in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The log never holds a query string or a path as sent: both hold numbers. The route's template stands for it.
pub(crate) async fn observe(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&doors, &request);
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", request_id = %id);
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    let mut response =
        answered.unwrap_or_else(|_| Problem::from(Fault::internal("a handler panicked")).into_response());
    let status = response.status().as_u16();
    let took = began.elapsed();
    let code = span.in_scope(|| match response.extensions().get::<Told>() {
        None => "",
        Some(told) => {
            note(&told.fault);
            told.fault.code
        }
    });
    tracing::info!(parent: &span, method, route, status, milliseconds = took.as_secs_f64() * 1000.0, code, "answered");
    doors.figures.request(method, &route, status, took);
    if let Some(told) = response.extensions_mut().remove::<Told>() {
        let inner = std::mem::replace(&mut response, told.render(&id));
        // What inner layers said of the answer still holds.
        for (name, value) in inner.headers() {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, HeaderValue::from_str(&id).expect("a UUID is a header value"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    response
}

/// The caller's, if it is a UUID (anything else might say who somebody is), else a new one.
fn request_id(doors: &Doors, request: &Request) -> String {
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let given = given.and_then(|text| uuid::Uuid::try_parse(text).ok());
    given.unwrap_or_else(|| new_id(doors)).to_string()
}

fn new_id(doors: &Doors) -> uuid::Uuid {
    Id::<()>::new(doors.app.clock.now(), &mut rand::rng()).uuid()
}

/// Methods are a label of the figures, so only those that there are get a name.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

/// What is our fault, or our database's, is told to whoever reads the log, with its cause.
fn note(fault: &Fault) {
    let cause = fault.cause.as_deref().unwrap_or_default();
    match fault.kind {
        FaultKind::Internal => tracing::error!(code = fault.code, cause, "a request failed"),
        FaultKind::Unavailable => tracing::warn!(code = fault.code, cause, "a request could not be served"),
        _ => {}
    }
}
