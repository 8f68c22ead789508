//! The headers of every hosted page. As at the console, but a form may lead to the client that waits for its answer, and to no other: browsers hold a form's redirections
//! against the policy, too.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Response, header},
    middleware::Next,
};

use super::Lobby;
use crate::safety;

/// Where the forms of a page may lead beside to us, riding on the answer.
#[derive(Clone, Debug)]
pub(super) struct LeadsTo(pub String);

pub(super) async fn protect(State(lobby): State<Lobby>, request: Request, next: Next) -> Response<Body> {
    let mut response = next.run(request).await;
    let leads_to = response.extensions_mut().remove::<LeadsTo>().map(|LeadsTo(uri)| source_of(&uri));
    safety::write_headers(response.headers_mut(), lobby.transport);
    if let Some(source) = leads_to {
        let with = format!("form-action 'self' {source}");
        let policy = safety::CONTENT_SECURITY_POLICY.replace("form-action 'self'", &with);
        if let Ok(value) = HeaderValue::try_from(policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
        }
    }
    response
}

/// The origin of an address as a policy names it, or the scheme of an app's.
fn source_of(uri: &str) -> String {
    let (scheme, rest) = uri.split_once(':').unwrap_or(("https", ""));
    match rest.strip_prefix("//") {
        Some(rest) if scheme.starts_with("http") => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            format!("{scheme}://{host}")
        }
        _ => format!("{scheme}:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_lead_to_the_clients_origin_alone() {
        for (uri, source) in [
            ("https://shop.example/callback?x=1", "https://shop.example"),
            ("http://127.0.0.1:9000/callback", "http://127.0.0.1:9000"),
            ("https://shop.example", "https://shop.example"),
            ("com.shop.app:/callback", "com.shop.app:"),
        ] {
            assert_eq!(source_of(uri), source);
        }
    }
}
