//! The pages that customers see: sign in by a code, prove more, look after the account, sign out. In the shop's name and colours and the person's language; without script
//! they do everything but passkeys.
//!
//! Nothing here decides: what may happen is in [`identity::Accounts`], [`identity::Verifications`] and [`identity::oidc::Provider`]. What a page says is the same for a number that is
//! known, unknown, blocked or limited.

mod account;
mod authorize;
mod caller;
mod cookies;
mod cover;
mod factor_pages;
mod factors;
mod frame;
mod leave;
mod link_pages;
mod links;
mod number;
mod pages;
mod refusal;
mod second;
mod sign_in;
mod style;
mod visit;
mod words;

use app::App;
use axum::{
    Router, middleware,
    response::Redirect,
    routing::{get, post},
};
use base::ShopId;

use crate::session::{CsrfKey, Transport};

/// What every handler is handed.
#[derive(Clone, Debug)]
pub(crate) struct Lobby {
    pub app: App,
    pub csrf: CsrfKey,
    pub transport: Transport,
}

/// The hosted pages, below `/account` and `/oidc`.
pub(crate) fn router(app: App, transport: Transport) -> Router {
    let key = app.vault.indexes(ShopId::from_uuid(uuid::Uuid::nil())).credential.of(b"hosted forms");
    let lobby = Lobby { app, csrf: CsrfKey::new(key), transport };
    let own = format!("/account/{}", lobby.app.config.shop);
    let account = Router::new()
        .route("/account", get(async move || Redirect::to(&own)))
        .route("/account/{shop}", get(account::show))
        .route("/account/{shop}/sign-in", get(sign_in::show).post(sign_in::send))
        .route("/account/{shop}/code", get(sign_in::ask).post(sign_in::check))
        .route("/account/{shop}/again", post(sign_in::again))
        .route("/account/{shop}/sessions", post(account::end))
        .route("/account/{shop}/sign-out", post(account::leave))
        .route("/account/{shop}/second", get(second::show).post(second::check))
        .route("/account/{shop}/recover/send", post(second::recover))
        .route("/account/{shop}/recover", get(second::show_recovery).post(second::finish_recovery))
        .route("/account/{shop}/link/{token}", get(links::show).post(links::press))
        .route("/account/{shop}/number", get(number::show).post(number::begin))
        .route("/account/{shop}/number/change", post(number::change))
        .merge(factors())
        .route("/account/{shop}/style.css", get(style::sheet))
        .route("/account/{shop}/pages.js", get(style::script));
    Router::new()
        .merge(account)
        .route("/oidc/{shop}/authorize", get(authorize::show).post(authorize::posted))
        .route("/oidc/{shop}/continue", get(authorize::resume))
        .route("/oidc/{shop}/logout", get(leave::show).post(leave::posted))
        .route("/oidc/{shop}/logout/confirmed", post(leave::confirmed))
        .layer(middleware::from_fn_with_state(lobby.clone(), cover::protect))
        .with_state(lobby)
}

fn factors() -> Router<Lobby> {
    Router::new()
        .route("/account/{shop}/offer", get(factors::offer))
        .route("/account/{shop}/passkey/challenge", post(factors::challenge))
        .route("/account/{shop}/passkey/answer", post(factors::answer))
        .route("/account/{shop}/passkey/remove", post(factors::remove_passkey))
        .route("/account/{shop}/totp", post(factors::start_totp))
        .route("/account/{shop}/totp/confirm", post(factors::confirm_totp))
        .route("/account/{shop}/totp/remove", post(factors::remove_totp))
        .route("/account/{shop}/password", post(factors::set_password))
        .route("/account/{shop}/password/remove", post(factors::remove_password))
}
