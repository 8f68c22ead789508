//! What the browser fetches beside pages: one style sheet, two scripts, our mark. All of it is inside the binary.
//!
//! Why no htmx: the crates of that name carry no script (`axum-htmx` reads headers, `htmx` types them), so it would be a copied
//! file of a third party. By default it also writes an inline `<style>` and evaluates text, which our content security policy
//! forbids. The part of it that we need is `console.js`, under 400 lines.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use data_encoding::HEXLOWER;
use maud::{Markup, PreEscaped};
use sha2::{Digest, Sha256};

/// Where assets live.
pub const ROOT: &str = "/console/assets";

const STYLE: &str = concat!(
    include_str!("assets/tokens.css"),
    include_str!("assets/base.css"),
    include_str!("assets/frame.css"),
    include_str!("assets/parts.css"),
    include_str!("assets/charts.css"),
    include_str!("assets/pages.css"),
    include_str!("assets/phones.css"),
);
const MARK: &str = include_str!("assets/mark.svg");

struct Asset {
    name: &'static str,
    kind: &'static str,
    body: &'static str,
}

const ASSETS: [Asset; 4] = [
    Asset { name: "console.css", kind: "text/css; charset=utf-8", body: STYLE },
    Asset {
        name: "console.js",
        kind: "text/javascript; charset=utf-8",
        body: include_str!("assets/console.js"),
    },
    Asset { name: "theme.js", kind: "text/javascript; charset=utf-8", body: include_str!("assets/theme.js") },
    Asset { name: "favicon.svg", kind: "image/svg+xml", body: include_str!("assets/favicon.svg") },
];

/// Short fingerprints of the contents: in addresses, so that a browser may keep what it has for ever.
static FINGERPRINTS: LazyLock<[String; ASSETS.len()]> =
    LazyLock::new(|| ASSETS.map(|asset| HEXLOWER.encode(&Sha256::digest(asset.body)[..6])));

/// The address of an asset, with its fingerprint.
///
/// # Panics
/// If there is no such asset: names are written in this crate only.
pub fn url(name: &str) -> String {
    let at = ASSETS.iter().position(|asset| asset.name == name).expect("an asset of the list above");
    format!("{ROOT}/{name}?v={}", FINGERPRINTS[at])
}

/// Our mark, drawn in the page so that it takes the page's colours.
pub fn mark() -> Markup {
    PreEscaped(MARK.to_owned())
}

/// Serves the assets below [`ROOT`].
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(&format!("{ROOT}/{{name}}"), get(serve))
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(at) = ASSETS.iter().position(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", FINGERPRINTS[at]);
    let keep = [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::ETAG, tag.clone()),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, keep).into_response();
    }
    (keep, [(header::CONTENT_TYPE, ASSETS[at].kind)], ASSETS[at].body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for asset in &ASSETS {
            let outside = asset.body.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains("http://") && !outside.contains("https://"), "{}", asset.name);
            assert!(!outside.contains("@import") && !outside.contains("url("), "{}", asset.name);
        }
    }

    #[test]
    fn the_scripts_evaluate_no_text() {
        for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".js")) {
            for banned in ["eval(", "new Function", "setAttribute(\"style\"", "document.write"] {
                assert!(!asset.body.contains(banned), "{} has {banned}", asset.name);
            }
        }
    }

    #[test]
    fn every_token_that_the_style_uses_is_defined() {
        let uses = STYLE.split("var(").skip(1).filter_map(|rest| rest.split([')', ',']).next());
        for token in uses {
            assert!(STYLE.contains(&format!("{token}:")), "{token} is used and never defined");
        }
    }

    #[test]
    fn an_address_changes_with_its_content() {
        let address = url("console.css");
        assert!(address.starts_with("/console/assets/console.css?v="));
        assert_eq!(address.rsplit('=').next().unwrap().len(), 12);
    }
}
