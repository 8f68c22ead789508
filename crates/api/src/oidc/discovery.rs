//! The discovery document: what the provider offers and where (OpenID Connect Discovery; RFC 8414).

use axum::{
    Json,
    http::header,
    response::{IntoResponse as _, Response},
};
use identity::oidc::{Acr, BACKCHANNEL_GRANT_TYPE, Scopes};
use serde_json::json;

use super::Of;
use crate::problem::Problem;

pub(super) async fn show(of: Of) -> Result<Response, Problem> {
    let keep = [(header::CACHE_CONTROL, "public, max-age=300")];
    Ok((keep, Json(document(&of.issuer))).into_response())
}

fn document(issuer: &str) -> serde_json::Value {
    let at = |name: &str| format!("{issuer}/{name}");
    let acr: Vec<&str> = Acr::ALL.iter().map(|acr| acr.code()).collect();
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("jwks"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "pushed_authorization_request_endpoint": at("par"),
        "backchannel_authentication_endpoint": at("bc-authorize"),
        "backchannel_token_delivery_modes_supported": ["poll"],
        "backchannel_user_code_parameter_supported": false,
        "end_session_endpoint": at("logout"),
        "scopes_supported": Scopes::all().codes(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", BACKCHANNEL_GRANT_TYPE],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": acr,
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
            "phone_number", "phone_number_verified", "updated_at",
        ],
        "prompt_values_supported": ["none", "login", "select_account", "consent"],
        "ui_locales_supported": ["en", "bn", "ro", "fi"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    })
}
