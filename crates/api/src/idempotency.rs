//! `Idempotency-Key`: a request that is sent twice is done once, and its answer given again. Answers hold personal data, so they are kept sealed.
//!
//! Only successes are kept: what was refused changed nothing, so the key is free for another try.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base::Fault;
use db::idempotency::{self, Claim};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use vault::{Place, Vault};

use crate::{
    Doors,
    caller::Caller,
    problem::{Answer, Problem},
    reading,
};

/// The header by which a caller names a request.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was kept from the first time.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_CHARS_MAX: usize = 200;

/// For every POST but uploads.
pub(crate) async fn once(doors: Doors, request: Request, next: Next) -> Response {
    let key = request.headers().get(&IDEMPOTENCY_KEY).filter(|_| request.method() == Method::POST).cloned();
    let Some(key) = key else { return next.run(request).await };
    // The work goes on when its caller hangs up: the answer must be there when they ask again.
    let work =
        async move { run_once(doors, request, key, next).await.unwrap_or_else(Problem::into_response) };
    tokio::spawn(work.in_current_span())
        .await
        .unwrap_or_else(|_| Problem::from(Fault::internal("a handler panicked")).into_response())
}

async fn run_once(doors: Doors, request: Request, key: HeaderValue, next: Next) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let caller = parts
        .extensions
        .get::<Caller>()
        .cloned()
        .ok_or_else(|| Fault::internal("a route outside of authentication"))?;
    let body = reading::whole(body).await?;
    let claimed = claim_of(&doors.app.vault, &caller, &key, &parts, &body)?;
    let db = &doors.app.db;
    if let Claim::Answered { status, body } = idempotency::claim(db, &caller.cx, &claimed).await? {
        return Ok(open(&doors.app.vault, &claimed, &body)?.into_response(status));
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !response.status().is_success() {
        idempotency::release(db, &caller.cx, &claimed).await?;
        return Ok(response);
    }
    let status = response.status().as_u16();
    let kept = Kept::of(response).await?;
    idempotency::answer(db, &caller.cx, &claimed, status, seal(&doors.app.vault, &claimed, &kept)?).await?;
    Ok(kept.into_fresh_response(status))
}

fn claim_of(
    vault: &Vault,
    caller: &Caller,
    key: &HeaderValue,
    parts: &Parts,
    body: &[u8],
) -> Result<idempotency::Request, Fault> {
    let key = key.to_str().ok().filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()));
    let key = key.ok_or_else(|| {
        let message = "An Idempotency-Key is 1 to 200 visible ASCII characters.";
        Fault::invalid("idempotency_key_malformed", message).field("Idempotency-Key")
    })?;
    let asked = parts.uri.path_and_query().map_or("", |asked| asked.as_str());
    let media = parts.headers.get(header::CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
    let hash = vault.indexes(caller.cx.shop).credential.of_parts([
        b"idempotency".as_slice(),
        parts.method.as_str().as_bytes(),
        asked.as_bytes(),
        media,
        body,
    ]);
    Ok(idempotency::Request { caller: caller.key.id.to_string(), key: key.to_owned(), hash })
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    location: Option<String>,
    content_type: Option<String>,
    body: String,
}

impl Kept {
    async fn of(response: Response) -> Result<Self, Fault> {
        let (parts, body) = response.into_parts();
        let header = |name| {
            parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned)
        };
        let (location, content_type) = (header(header::LOCATION), header(header::CONTENT_TYPE));
        // Answers to POST are one record; the largest is a customer in the clear.
        let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(Fault::internal)?;
        Ok(Self { location, content_type, body: String::from_utf8(bytes.into()).map_err(Fault::internal)? })
    }

    fn into_fresh_response(self, status: u16) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let mut set = |name, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                response.headers_mut().insert(name, value);
            }
        };
        set(header::LOCATION, self.location);
        set(header::CONTENT_TYPE, self.content_type);
        response
    }

    fn into_response(self, status: u16) -> Response {
        let mut response = self.into_fresh_response(status);
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

/// What the wrapped key of an answer is bound to: the row's request, so that no answer opens under another.
fn row(request: &idempotency::Request) -> [u8; 16] {
    request.hash[..16].try_into().expect("16 of 32 bytes")
}

/// The wrapped key's length, the wrapped key, the sealed answer.
fn seal(vault: &Vault, request: &idempotency::Request, kept: &Kept) -> Result<Vec<u8>, Fault> {
    let row = row(request);
    let (key, wrapped) = vault.new_data_key(&row);
    let plain = serde_json::to_vec(kept).map_err(Fault::internal)?;
    let sealed = key.seal(Place { table: "idempotency_keys", column: "body", row: &row }, &plain);
    let length = u16::try_from(wrapped.len()).map_err(Fault::internal)?;
    Ok([&length.to_le_bytes()[..], &wrapped, &sealed].concat())
}

fn open(vault: &Vault, request: &idempotency::Request, bytes: &[u8]) -> Result<Kept, Fault> {
    let row = row(request);
    let cut = || Fault::internal("a kept answer is cut off");
    let (length, rest) = bytes.split_first_chunk::<2>().ok_or_else(cut)?;
    let (wrapped, sealed) =
        rest.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or_else(cut)?;
    let key = vault.unwrap(wrapped, &row)?;
    let plain = key.open(Place { table: "idempotency_keys", column: "body", row: &row }, sealed)?;
    serde_json::from_slice(&plain).map_err(Fault::internal)
}
