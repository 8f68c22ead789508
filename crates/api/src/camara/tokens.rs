//! Access tokens of the sandbox's operator: who asks, for what, until when; written into the token itself and signed, so that nothing is kept.

use app::App;
use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{Actor, Context, Id, ShopId, Timestamp};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use identity::Scope;
use numbering::PhoneNumber;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Refusal, UNAUTHENTICATED};

/// As long as number verification lets one live.
const TOKEN_SECONDS: i64 = 300;

/// What a token says.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Token {
    shop: Uuid,
    until: i64,
    /// Parted by blanks.
    scope: String,
    /// The number of the phone that it was given for, if for one.
    pub phone: Option<String>,
}

impl Token {
    pub fn is_for(&self, scope: &str) -> bool {
        let interface = scope.split(':').next().unwrap_or_default();
        self.scope.split_ascii_whitespace().any(|one| one == scope || one == interface)
    }

    pub fn cx(&self, app: &App) -> Context {
        app.cx(Id::from_uuid(self.shop), Actor::System("sandbox operator"))
    }

    fn write(&self, app: &App) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let proof = sign(app, Id::from_uuid(self.shop), &text);
        format!("{}.{}", BASE64URL_NOPAD.encode(&text), BASE64URL_NOPAD.encode(&proof))
    }
}

fn sign(app: &App, shop: ShopId, text: &[u8]) -> [u8; 32] {
    app.vault.indexes(shop).credential.of_parts([&b"sandbox operator"[..], text])
}

/// The token of a request, if it serves.
pub(super) fn prove(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Token, Refusal> {
    let written = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let written = written.and_then(|value| value.strip_prefix("Bearer ")).ok_or(UNAUTHENTICATED)?;
    let token = opened(app, written).ok_or(UNAUTHENTICATED)?;
    if token.until <= now.as_micros() { Err(UNAUTHENTICATED) } else { Ok(token) }
}

fn opened(app: &App, written: &str) -> Option<Token> {
    let (text, proof) = written.split_once('.')?;
    let text = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let proof = BASE64URL_NOPAD.decode(proof.as_bytes()).ok()?;
    let token: Token = serde_json::from_slice(&text).ok()?;
    // Both are derived by a key that whoever guesses has not: how long comparing takes tells them nothing.
    (sign(app, Id::from_uuid(token.shop), &text)[..] == proof[..]).then_some(token)
}

/// What a client asks for.
#[derive(Deserialize)]
pub(super) struct Wanted {
    grant_type: String,
    scope: Option<String>,
    code: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// A refusal in the form of OAuth 2.0.
fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

/// Gives out a token: for the client itself, or for the phone that asks, in place of whose code its number stands.
pub(super) async fn grant(
    State(app): State<App>,
    headers: HeaderMap,
    Form(wanted): Form<Wanted>,
) -> Response {
    if app.sandbox().is_err() {
        return super::OFF.into_response();
    }
    let Some(shop) = client(&app, &headers, &wanted).await else {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    };
    let until = app.clock.now().plus_micros(TOKEN_SECONDS * Timestamp::SECOND).as_micros();
    let (scope, phone) = match wanted.grant_type.as_str() {
        "client_credentials" => match wanted.scope {
            Some(scope) if !scope.trim().is_empty() => (scope, None),
            _ => return refused(StatusCode::BAD_REQUEST, "invalid_scope"),
        },
        "authorization_code" => {
            let code = wanted.code.unwrap_or_default();
            if PhoneNumber::from_e164(&code).is_err() {
                return refused(StatusCode::BAD_REQUEST, "invalid_grant");
            }
            let scope = "number-verification:verify number-verification:device-phone-number:read";
            (scope.to_owned(), Some(code))
        }
        _ => return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    };
    let token = Token { shop: shop.uuid(), until, scope, phone };
    let said = json!({
        "access_token": token.write(&app), "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": token.scope,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(said)).into_response()
}

/// The shop of a client that proves itself, by Basic authentication or in the form.
async fn client(app: &App, headers: &HeaderMap, wanted: &Wanted) -> Option<ShopId> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (id, secret) = match basic {
        Some(basic) => credentials(basic)?,
        None => (wanted.client_id.clone()?, wanted.client_secret.clone()?),
    };
    let key = app.keys.authenticate(&secret).await.ok()?;
    (id.parse() == Ok(key.id) && key.may(Scope::Sandbox)).then_some(key.shop)
}

/// The two parts of `Basic …`, written as form values.
fn credentials(header: &str) -> Option<(String, String)> {
    let coded = header.strip_prefix("Basic ")?;
    let text = String::from_utf8(BASE64.decode(coded.trim().as_bytes()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |text: &str| {
        form_urlencoded::parse(format!("v={text}").as_bytes()).next().map(|(_, v)| v.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}

pub(super) fn sha256(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_its_scopes_or_their_whole_interface() {
        let token = |scope: &str| Token { shop: Uuid::nil(), until: 0, scope: scope.to_owned(), phone: None };
        for (scope, is) in [
            ("dpv:FraudPreventionAndDetection sim-swap:check", true),
            ("sim-swap", true),
            ("sim-swap:retrieve-date", false),
            ("", false),
        ] {
            assert_eq!(token(scope).is_for("sim-swap:check"), is, "{scope}");
        }
    }

    #[test]
    fn credentials_are_read_as_form_values() {
        // `a%3Ab:c%2Bd` in base 64.
        let read = credentials(&format!("Basic {}", BASE64.encode(b"a%3Ab:c%2Bd")));
        assert_eq!(read, Some(("a:b".to_owned(), "c+d".to_owned())));
        assert_eq!(credentials("Bearer x"), None);
    }
}
