//! The headers that every console page carries, and the check that a form came from our own pages.

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, Response, header},
    middleware,
};

use crate::session::Transport;

/// Only our own files, no script or style inside pages, no frames around them, forms only to us.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Two years, as browsers' preload lists want it.
const STRICT_TRANSPORT: &str = "max-age=63072000; includeSubDomains";

/// Puts the safety headers on every answer of a router.
pub fn protect(router: Router, transport: Transport) -> Router {
    router.layer(middleware::map_response(move |mut response: Response<axum::body::Body>| async move {
        write_headers(response.headers_mut(), transport);
        response
    }))
}

/// Pages hold personal data, so no cache keeps them unless the answer says otherwise itself (assets do).
pub fn write_headers(headers: &mut HeaderMap, transport: Transport) {
    let always: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if transport == Transport::Https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(STRICT_TRANSPORT));
    }
}

/// Whether a request that changes something comes from our own pages, by what browsers say of themselves. It stands beside the
/// form token and does not replace it: programs send neither header.
pub fn is_from_our_pages(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
        }
        (Some(_), None) => false,
        (None, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn strict_transport_only_over_https() {
        for transport in [Transport::Plain, Transport::Https] {
            let mut map = HeaderMap::new();
            write_headers(&mut map, transport);
            assert_eq!(map.contains_key(header::STRICT_TRANSPORT_SECURITY), transport == Transport::Https);
            assert_eq!(map[header::CACHE_CONTROL], "no-store");
        }
    }

    #[test]
    fn the_policy_allows_nothing_inline() {
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
        assert!(CONTENT_SECURITY_POLICY.contains("frame-ancestors 'none'"));
    }

    #[test]
    fn an_answer_may_say_how_long_it_keeps() {
        let mut map = headers(&[("cache-control", "max-age=60")]);
        write_headers(&mut map, Transport::Plain);
        assert_eq!(map[header::CACHE_CONTROL], "max-age=60");
    }

    #[test]
    fn foreign_pages_are_told_by_their_headers() {
        for (pairs, ours) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "https://shop.example"), ("host", "shop.example")], true),
            (&[("origin", "https://evil.example"), ("host", "shop.example")], false),
            (&[("origin", "null"), ("host", "shop.example")], false),
            (&[("host", "shop.example")], true),
        ] {
            assert_eq!(is_from_our_pages(&headers(pairs)), ours, "{pairs:?}");
        }
    }
}
