//! How a fault is told: as a page within the frame, or as a fragment to the script. Handlers only pass faults on.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use base::{Fault, FaultKind, Id};
use maud::html;

use super::{Desk, seat::Seat};
use crate::console::{
    error::{self, Problem},
    paths,
    search::encode,
};

/// A fault on its way out of a handler; [`render`] gives it its form.
#[derive(Debug)]
pub(crate) struct Refusal(Fault);

pub(crate) type Answer = Result<Response, Refusal>;

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

/// The fault, riding on a response without a body.
#[derive(Clone)]
struct Refused(Fault);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = status(self.0.kind).into_response();
        response.extensions_mut().insert(Refused(self.0));
        response
    }
}

pub(crate) const fn status(kind: FaultKind) -> StatusCode {
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

/// Whether the script asks and wants a fragment.
pub(crate) fn wants_fragment(headers: &HeaderMap) -> bool {
    headers.contains_key("x-fragment")
}

/// Gives what was refused its form, whether a handler refused it or the framework did.
pub(crate) async fn render(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let asked = Asked {
        method: parts.method.clone(),
        path: parts.uri.path_and_query().map_or(paths::START, |path| path.as_str()).to_owned(),
        fragment: wants_fragment(&parts.headers),
    };
    let kept = kept(&mut parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    let fault = match response.extensions().get::<Refused>() {
        Some(Refused(fault)) => fault.clone(),
        None if is_bare(&response) => of_framework(response.status()),
        None => return response,
    };
    tell(&desk, asked, kept, response.status(), fault).await
}

struct Asked {
    method: Method,
    path: String,
    fragment: bool,
}

/// What is needed to know again who asks, after the request is gone.
fn kept(parts: &mut Parts) -> Parts {
    let (mut kept, ()) = axum::http::Request::new(()).into_parts();
    kept.headers = parts.headers.clone();
    kept
}

/// An error that the framework made itself: plain text, no words of ours.
fn is_bare(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    (response.status().is_client_error() || response.status().is_server_error())
        && kind.is_none_or(|kind| kind.starts_with("text/plain"))
}

fn of_framework(status: StatusCode) -> Fault {
    match status {
        StatusCode::NOT_FOUND => Fault::not_found("page_unknown", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Fault::invalid("method_refused", "This address does not take that kind of request.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Fault::new(FaultKind::Limited, "body_too_large", "What was sent is too large.")
        }
        status if status.is_server_error() => Fault::internal(status),
        _ => Fault::invalid("request_malformed", "What was sent could not be read."),
    }
}

async fn tell(desk: &Desk, asked: Asked, mut kept: Parts, status: StatusCode, fault: Fault) -> Response {
    let request = (status.is_server_error()).then(|| {
        let id: Id<()> = Id::new(desk.app.clock.now(), &mut rand::rng());
        tracing::error!(request = %id, code = fault.code, "{fault}");
        id.to_string()
    });
    if asked.fragment {
        return (status, html! { p { (fault.message) } }).into_response();
    }
    if fault.kind == FaultKind::Unauthenticated {
        let next = if asked.method == Method::GET { asked.path.as_str() } else { paths::START };
        return Redirect::to(&format!("{}?next={}", paths::SIGN_IN, encode(next))).into_response();
    }
    let mut problem = Problem::new(status.as_u16(), fault.message);
    problem.request = request;
    let seat = Seat::from_request_parts(&mut kept, desk).await.ok();
    let shell = match &seat {
        Some(seat) => seat.shell().await.ok(),
        None => None,
    };
    (status, error::page(shell.as_ref(), &problem)).into_response()
}
