//! How a client says who it is: a form with its own parameters, and its secret in the header or in the form, never in both.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use base::Secret;
use data_encoding::BASE64;
use identity::oidc::{Presented, Refused, request::Parameters};

use super::reply::No;

const FORM_BYTES_MAX: usize = 32 * 1024;

/// A form of a client.
#[derive(Debug)]
pub(super) struct Form {
    pub client: Presented,
    pub parameters: Parameters,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = No;

    async fn from_request(request: Request, _: &S) -> Result<Self, No> {
        let (parts, body) = request.into_parts();
        let pairs = pairs(&parts.headers, body).await?;
        let parameters = Parameters::new(pairs)?;
        let client = presented(&parts.headers, &parameters)?;
        Ok(Self { client, parameters })
    }
}

async fn pairs(headers: &HeaderMap, body: Body) -> Result<Vec<(String, String)>, Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err(Refused::request("Send a form: Content-Type: application/x-www-form-urlencoded."));
    }
    let bytes = axum::body::to_bytes(body, FORM_BYTES_MAX).await;
    let bytes =
        bytes.map_err(|_| Refused::request("The form is larger than anything meant, or broke off."))?;
    Ok(form_urlencoded::parse(&bytes).into_owned().collect())
}

fn presented(headers: &HeaderMap, parameters: &Parameters) -> Result<Presented, Refused> {
    let in_form = parameters.get("client_secret").map(|secret| Secret::new(secret.to_owned()));
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        let client = parameters.get("client_id");
        let client = client.ok_or(Refused::client("The client does not say who it is."))?;
        return Ok(Presented { client: client.to_owned(), secret: in_form });
    };
    let refused = || Refused::client("The Authorization header is not Basic with an id and a secret.");
    let (scheme, encoded) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(refused());
    }
    if in_form.is_some() {
        return Err(Refused::request("The client says twice who it is."));
    }
    let plain = BASE64.decode(encoded.trim().as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let plain = plain.ok_or_else(refused)?;
    let (id, secret) = plain.split_once(':').ok_or_else(refused)?;
    let client = decoded(id);
    if parameters.get("client_id").is_some_and(|named| named != client) {
        return Err(Refused::request("client_id is not the client of the Authorization header."));
    }
    Ok(Presented { client, secret: Some(Secret::new(decoded(secret))) })
}

/// Ids and secrets are written as in a form before they are put together (RFC 6749, 2.3.1).
fn decoded(text: &str) -> String {
    // One pair whose name is all of the text, unless it holds a sign that separates pairs, which ours never do.
    form_urlencoded::parse(text.as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn present(
        header: Option<&str>,
        form: &[(&str, &str)],
    ) -> Result<(String, Option<String>), &'static str> {
        let mut headers = HeaderMap::new();
        if let Some(plain) = header {
            let value = format!("Basic {}", BASE64.encode(plain.as_bytes()));
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&value).unwrap());
        }
        let pairs = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let presented =
            presented(&headers, &Parameters::new(pairs).unwrap()).map_err(|refused| refused.error)?;
        Ok((presented.client, presented.secret.map(|secret| secret.reveal().clone())))
    }

    #[test]
    fn a_client_says_once_who_it_is() {
        let secret = |text: &str| Some(text.to_owned());
        for (header, form, told) in [
            (Some("a-1:s%2B1"), &[][..], Ok(("a-1".to_owned(), secret("s+1")))),
            (Some("a-1:s"), &[("client_id", "a-1")], Ok(("a-1".to_owned(), secret("s")))),
            (Some("a-1:s"), &[("client_id", "b")], Err("invalid_request")),
            (Some("a-1:s"), &[("client_secret", "s")], Err("invalid_request")),
            (Some("a-1"), &[], Err("invalid_client")),
            (None, &[("client_id", "a-1"), ("client_secret", "s")], Ok(("a-1".to_owned(), secret("s")))),
            (None, &[("client_id", "a-1")], Ok(("a-1".to_owned(), None))),
            (None, &[], Err("invalid_client")),
        ] {
            assert_eq!(present(header, form), told, "{header:?} {form:?}");
        }
    }
}
