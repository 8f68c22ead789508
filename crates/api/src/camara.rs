//! `/sandbox/camara`: the carrier in the box as an operator that speaks CAMARA, for shops that point their staging at it, and for our own client. In test mode only.
//!
//! A client is one of our keys with the scope `sandbox`: its id, and its secret. In place of the code of number verification stands the number of the phone that asks.

mod tokens;

use app::App;
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base::{Fault, Timestamp};
use numbering::PhoneNumber;
use sandbox::{PhoneView, Silence};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Doors, limits};
use tokens::Token;

const CORRELATOR: HeaderName = HeaderName::from_static("x-correlator");
/// The hours that a question may go back.
const HOURS_MAX: i64 = 2_400;
const HOURS: i64 = 240;

pub(crate) fn router(doors: &Doors) -> Router<Doors> {
    Router::new()
        .route("/token", post(tokens::grant))
        .route("/sim-swap/v2/check", post(sim_swapped))
        .route("/sim-swap/v2/retrieve-date", post(sim_date))
        .route("/device-swap/v1/check", post(device_swapped))
        .route("/device-swap/v1/retrieve-date", post(device_date))
        .route("/number-recycling/v0.2/check", post(recycled))
        .route("/call-forwarding-signal/v0.4/unconditional-call-forwardings", post(forwarded))
        .route("/call-forwarding-signal/v0.4/call-forwardings", post(forwardings))
        .route("/kyc-tenure/v0.2/check-tenure", post(tenure))
        .route("/number-verification/v2/verify", post(verify))
        .route("/number-verification/v2/device-phone-number", get(phone_number))
        .layer(from_fn(correlate))
        .layer(from_fn(limits::in_time))
        .layer(from_fn_with_state(doors.clone(), limits::capacity))
}

/// Whoever asks finds their own mark on the answer.
async fn correlate(request: Request, next: Next) -> Response {
    let mark = request.headers().get(CORRELATOR).cloned();
    let mut response = next.run(request).await;
    if let Some(mark) = mark {
        response.headers_mut().insert(CORRELATOR, mark);
    }
    response
}

/// A refusal in CAMARA's form.
#[derive(Debug)]
struct Refusal(StatusCode, &'static str, &'static str);

type Answer = Result<Json<Value>, Refusal>;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(status, code, message) = self;
        (status, Json(json!({ "status": status.as_u16(), "code": code, "message": message }))).into_response()
    }
}

const INVALID: Refusal =
    Refusal(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", "Something of the question cannot be read.");
const OUT_OF_RANGE: Refusal =
    Refusal(StatusCode::BAD_REQUEST, "OUT_OF_RANGE", "Something of the question is too much or too little.");
const UNAUTHENTICATED: Refusal = Refusal(
    StatusCode::UNAUTHORIZED,
    "UNAUTHENTICATED",
    "There is no token here that serves; fetch another.",
);
const DENIED: Refusal = Refusal(StatusCode::FORBIDDEN, "PERMISSION_DENIED", "The token is not for this.");
const NOT_BY_NETWORK: Refusal = Refusal(
    StatusCode::FORBIDDEN,
    "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK",
    "The token shows no phone: the phone itself has to ask for one over its line.",
);
const NOT_FOUND: Refusal =
    Refusal(StatusCode::NOT_FOUND, "IDENTIFIER_NOT_FOUND", "Nobody here has this number.");
const NOT_APPLICABLE: Refusal =
    Refusal(StatusCode::UNPROCESSABLE_ENTITY, "SERVICE_NOT_APPLICABLE", "This is not known of such a line.");
const NO_IDENTIFIER: Refusal =
    Refusal(StatusCode::UNPROCESSABLE_ENTITY, "MISSING_IDENTIFIER", "The question names no number.");
const BUSY: Refusal =
    Refusal(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too many questions; ask again later.");
const BROKEN: Refusal = Refusal(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "It broke here.");
const OFF: Refusal = Refusal(StatusCode::NOT_FOUND, "NOT_FOUND", "There is a sandbox in test mode only.");

impl From<Silence> for Refusal {
    fn from(silence: Silence) -> Self {
        match silence {
            Silence::UnknownNumber => NOT_FOUND,
            Silence::NotOfThisLine => NOT_APPLICABLE,
            Silence::Busy => BUSY,
            Silence::Broken(fault) => fault.into(),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        tracing::warn!(%fault, "the sandbox could not answer as an operator");
        BROKEN
    }
}

/// Everything that any of the interfaces takes.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    phone_number: Option<String>,
    max_age: Option<i64>,
    specified_date: Option<String>,
    tenure_date: Option<String>,
    hashed_phone_number: Option<String>,
}

/// A request that may be answered.
struct Ask {
    asked: Asked,
    token: Token,
    now: Timestamp,
}

/// Proves the token and reads the body.
fn read(app: &App, headers: &HeaderMap, body: &[u8], scope: &str) -> Result<Ask, Refusal> {
    app.sandbox().map_err(|_| OFF)?;
    let now = app.clock.now();
    let token = tokens::prove(app, headers, now)?;
    if !token.is_for(scope) {
        return Err(DENIED);
    }
    let asked = if body.is_empty() { Ok(Asked::default()) } else { serde_json::from_slice(body) };
    Ok(Ask { asked: asked.map_err(|_| INVALID)?, token, now })
}

impl Ask {
    fn number(&self) -> Result<PhoneNumber, Refusal> {
        let text = self.asked.phone_number.as_deref().ok_or(NO_IDENTIFIER)?;
        PhoneNumber::from_e164(text).map_err(|_| INVALID)
    }

    async fn phone(&self, app: &App) -> Result<PhoneView, Refusal> {
        let sandbox = app.sandbox().map_err(|_| OFF)?;
        Ok(sandbox.as_operator(&self.token.cx(app), self.number()?).await?)
    }

    fn hours(&self) -> Result<i64, Refusal> {
        match self.asked.max_age.unwrap_or(HOURS) {
            hours @ 1..=HOURS_MAX => Ok(hours),
            _ => Err(OUT_OF_RANGE),
        }
    }
}

/// The day of a civil date.
fn day(date: Option<&str>) -> Result<i64, Refusal> {
    let date = date.filter(|date| date.len() == 10).ok_or(INVALID)?;
    format!("{date}T00:00:00Z").parse::<Timestamp>().map(Timestamp::day).map_err(|_| INVALID)
}

async fn sim_swapped(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Answer {
    let ask = read(&app, &headers, &body, "sim-swap:check")?;
    let hours = ask.hours()?;
    let phone = ask.phone(&app).await?;
    Ok(Json(json!({ "swapped": phone.was_swapped(ask.now, hours) })))
}

async fn sim_date(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Answer {
    let ask = read(&app, &headers, &body, "sim-swap:retrieve-date")?;
    let phone = ask.phone(&app).await?;
    let at = phone.sim_swapped_at.unwrap_or(phone.held_since(ask.now));
    Ok(Json(json!({ "latestSimChange": at })))
}

/// Its phones never change their SIM's place: that is not played here.
async fn device_swapped(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Answer {
    let ask = read(&app, &headers, &body, "device-swap:check")?;
    ask.hours()?;
    ask.phone(&app).await?;
    Ok(Json(json!({ "swapped": false })))
}

async fn device_date(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Answer {
    let ask = read(&app, &headers, &body, "device-swap:retrieve-date")?;
    let phone = ask.phone(&app).await?;
    Ok(Json(json!({ "latestDeviceChange": phone.held_since(ask.now) })))
}

async fn recycled(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Answer {
    let ask = read(&app, &headers, &body, "number-recycling:check")?;
    let since = day(ask.asked.specified_date.as_deref())?;
    let phone = ask.phone(&app).await?;
    Ok(Json(json!({ "phoneNumberRecycled": phone.has_changed_hands(since) })))
}

async fn forwarded(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Answer {
    let scope = "call-forwarding-signal:unconditional-call-forwardings:read";
    let phone = read(&app, &headers, &body, scope)?.phone(&app).await?;
    Ok(Json(json!({ "active": phone.is_forwarded })))
}

async fn forwardings(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Answer {
    let phone =
        read(&app, &headers, &body, "call-forwarding-signal:call-forwardings:read")?.phone(&app).await?;
    Ok(Json(json!([if phone.is_forwarded { "unconditional" } else { "inactive" }])))
}

async fn tenure(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Answer {
    let ask = read(&app, &headers, &body, "kyc-tenure:check-tenure")?;
    let since = day(ask.asked.tenure_date.as_deref())?;
    let phone = ask.phone(&app).await?;
    Ok(Json(json!({ "tenureDateCheck": phone.held_since(ask.now).day() <= since, "contractType": "PAYM" })))
}

/// By the phone's own token alone: whoever has only ours has not shown any phone.
async fn verify(State(app): State<App>, headers: HeaderMap, body: axum::body::Bytes) -> Answer {
    let ask = read(&app, &headers, &body, "number-verification:verify")?;
    let own = ask.token.phone.as_deref().ok_or(NOT_BY_NETWORK)?;
    let is_same = match (&ask.asked.phone_number, &ask.asked.hashed_phone_number) {
        (Some(number), None) => number == own,
        (None, Some(hashed)) => hashed.eq_ignore_ascii_case(&tokens::sha256(own)),
        _ => return Err(INVALID),
    };
    Ok(Json(json!({ "devicePhoneNumberVerified": is_same })))
}

async fn phone_number(State(app): State<App>, headers: HeaderMap) -> Answer {
    let ask = read(&app, &headers, b"", "number-verification:device-phone-number:read")?;
    let own = ask.token.phone.ok_or(NOT_BY_NETWORK)?;
    Ok(Json(json!({ "devicePhoneNumber": own })))
}
