//! Who is asking: Basic authentication with a key's id as the account and its secret as the token; and the names that things have in this shape.

use app::App;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base::{Actor, Context, Id, ShopId};
use identity::{ApiKey, Scope};
use uuid::Uuid;

use super::trouble::{Answer, Trouble};

/// A key, and the circumstances of what it asks for.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub cx: Context,
    pub key: ApiKey,
    /// As the caller wrote it.
    pub sid: String,
}

impl Account {
    /// Refused unless the key has the scope.
    pub fn needs(&self, scope: Scope) -> Answer<()> {
        if self.key.may(scope) { Ok(()) } else { Err(Trouble::forbidden()) }
    }

    /// Refused unless the service is the key's shop.
    pub fn service(&self, sid: &str) -> Answer<()> {
        match id_of::<base::Shop>("VA", sid) {
            Some(shop) if shop == self.cx.shop => Ok(()),
            _ => Err(Trouble::not_found(&format!("/Services/{sid}"))),
        }
    }
}

/// Two letters and the 32 hexadecimal digits of an id.
pub(super) fn sid<T>(prefix: &str, id: Id<T>) -> String {
    format!("{prefix}{}", id.uuid().simple())
}

pub(super) fn id_of<T>(prefix: &str, sid: &str) -> Option<Id<T>> {
    let digits = sid.strip_prefix(prefix).filter(|digits| digits.len() == 32)?;
    Uuid::try_parse(digits).ok().map(Id::from_uuid)
}

/// The service that a shop is.
pub(super) fn service_sid(shop: ShopId) -> String {
    sid("VA", shop)
}

/// Proves the key before anything else is looked at.
pub(crate) async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match account(&app, request.headers()).await {
        Ok(account) => {
            request.extensions_mut().insert(account);
            next.run(request).await
        }
        Err(trouble) => trouble.into_response(),
    }
}

async fn account(app: &App, headers: &HeaderMap) -> Answer<Account> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (sid, secret) = header.and_then(credentials).ok_or_else(Trouble::authenticate)?;
    let key = app.keys.authenticate(&secret).await?;
    let named = id_of("AC", &sid).or_else(|| id_of("SK", &sid)).or_else(|| sid.parse().ok());
    if named != Some(key.id) {
        return Err(Trouble::authenticate());
    }
    let actor = Actor::Key { id: key.id.to_string(), name: key.name.clone() };
    Ok(Account { cx: app.cx(key.shop, actor), key, sid })
}

/// The two parts of `Basic …`.
fn credentials(header: &str) -> Option<(String, String)> {
    let (scheme, coded) = header.split_once(' ')?;
    let decoded = data_encoding::BASE64.decode(coded.trim().as_bytes()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (sid, secret) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (sid.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_names_of_their_kind() {
        let id: Id<()> = Id::from_uuid(Uuid::from_u128(7));
        let name = sid("VE", id);
        assert_eq!(name, "VE00000000000000000000000000000007");
        assert_eq!(id_of("VE", &name), Some(id));
        for other in ["VA00000000000000000000000000000007", "VE07", "VE0000000000000000000000000000000g", ""]
        {
            assert_eq!(id_of::<()>("VE", other), None, "{other}");
        }
    }

    #[test]
    fn credentials_are_an_account_and_its_token() {
        // `AC1:secret:with colon` in base 64.
        let read = credentials("Basic QUMxOnNlY3JldDp3aXRoIGNvbG9u");
        assert_eq!(read, Some(("AC1".to_owned(), "secret:with colon".to_owned())));
        for other in ["Bearer tlk_x", "Basic", "Basic ?", "Basic QUMx"] {
            assert_eq!(credentials(other), None, "{other}");
        }
    }
}
