//! The OpenID Connect provider's programs' side, one set of addresses a shop: `/oidc/{shop}/…`. What browsers see of it (signing in, signing out) are pages.
//!
//! The addresses are described by the discovery document, not by OpenAPI; refusals are in the protocol's own words.

mod client;
mod discovery;
mod reply;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base::{Actor, Context};
use identity::oidc::{Failure, Refused, Way};

use crate::{Doors, limits, problem::Problem, reading};
use client::Form;
use reply::{Reply, no_store};

/// Everything below `/oidc`.
pub(crate) fn router(doors: &Doors) -> Router<Doors> {
    let answers = Router::new()
        .route("/{shop}/.well-known/openid-configuration", get(discovery::show))
        .route("/{shop}/jwks", get(keys))
        .route("/{shop}/token", post(token))
        .route("/{shop}/userinfo", get(claims).post(claims))
        .route("/{shop}/introspect", post(introspect))
        .route("/{shop}/revoke", post(revoke))
        .route("/{shop}/par", post(push))
        .route("/{shop}/bc-authorize", post(ask));
    answers
        .layer(from_fn(limits::in_time))
        .layer(from_fn(open_to_pages))
        .layer(from_fn_with_state(doors.clone(), limits::capacity))
}

/// Pages of other origins may call these addresses: none of them looks at a cookie.
async fn open_to_pages(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS;
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

/// The provider of the shop in the address.
pub(crate) struct Of {
    pub doors: Doors,
    pub cx: Context,
    pub issuer: String,
}

impl FromRequestParts<Doors> for Of {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let unknown = |_| base::Fault::not_found("shop_unknown", "There is no shop of this name.");
        let Path(slug) = Path::<String>::from_request_parts(parts, doors).await.map_err(unknown)?;
        let shop = doors.app.shops.find(&slug).await?;
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        Ok(Self {
            cx: doors.app.cx(shop.id, Actor::System("sign-in")),
            issuer: doors.app.issuer(host, &shop.slug),
            doors: doors.clone(),
        })
    }
}

async fn keys(of: Of) -> Result<Response, Problem> {
    let set = of.doors.app.provider.key_set(&of.cx).await?;
    let keep = [(header::CACHE_CONTROL, "public, max-age=300")];
    Ok((keep, Json(set)).into_response())
}

async fn token(of: Of, form: Form) -> Reply {
    let answer = of.doors.app.provider.exchange(&of.cx, &of.issuer, &form.client, &form.parameters).await?;
    Ok(no_store(Json(answer)))
}

async fn introspect(of: Of, form: Form) -> Reply {
    let token = form.parameters.need("token", "token is missing.")?;
    let known = of.doors.app.provider.introspect(&of.cx, &of.issuer, &form.client, token).await?;
    Ok(no_store(Json(known)))
}

async fn revoke(of: Of, form: Form) -> Reply {
    let token = form.parameters.need("token", "token is missing.")?;
    of.doors.app.provider.revoke(&of.cx, &form.client, token).await?;
    Ok(no_store(StatusCode::OK))
}

async fn push(of: Of, form: Form) -> Reply {
    let (request_uri, expires_in) =
        of.doors.app.provider.push(&of.cx, &of.issuer, &form.client, &form.parameters).await?;
    let body = Json(serde_json::json!({ "request_uri": request_uri, "expires_in": expires_in }));
    Ok(no_store((StatusCode::CREATED, body)))
}

/// Asks somebody on their phone (OpenID Client-Initiated Backchannel Authentication, 7).
async fn ask(of: Of, form: Form) -> Reply {
    let app = &of.doors.app;
    let way =
        Way { region: reading::region(app.config.sign_in.region.as_deref())?, page: web_page(&of.issuer) };
    Ok(no_store(Json(app.backchannel.ask(&of.cx, &form.client, &form.parameters, way).await?)))
}

/// The page of the shop that links in texts open: it stands beside the issuer.
fn web_page(issuer: &str) -> String {
    format!("{}/link/", issuer.replacen("/oidc/", "/account/", 1))
}

async fn claims(of: Of, headers: HeaderMap) -> Result<Response, reply::Bearer> {
    let missing = || Failure::Refused(Refused::token("Send the access token: Authorization: Bearer."));
    let header =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, token) = header.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing().into());
    }
    let claims = of.doors.app.provider.claims(&of.cx, token.trim()).await?;
    Ok(no_store(Json(claims)))
}
