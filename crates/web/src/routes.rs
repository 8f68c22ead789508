//! The doors of the console: each handler asks the services, hands what they say to a page, and answers.
//!
//! Nothing here decides. Who may do what is in [`identity::Role`], what may happen is in the services; a fault of theirs becomes a page or a
//! fragment in [`refusal`], in one place for all.

mod audit;
mod clients;
mod customer;
mod imports;
pub(crate) mod mapping;
mod messages;
mod number;
mod people;
mod phones;
mod proofs;
pub(crate) mod refusal;
pub(crate) mod region;
mod reveal;
mod review;
mod risk;
mod search;
pub(crate) mod seat;
mod settings;
mod sign_in;
mod staff;
mod start;
mod webhooks;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use app::App;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    response::Redirect,
    routing::{get, post},
};
use base::{Fault, ShopId, Timestamp};

use crate::{
    assets,
    console::paths,
    safety,
    session::{CsrfKey, Transport},
};

/// What every handler is handed.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub app: App,
    pub csrf: CsrfKey,
    pub transport: Transport,
    waiting: Arc<Mutex<HashMap<ShopId, (Timestamp, Waiting)>>>,
}

/// What waits for somebody, for the counts beside the navigation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub reviews_open: u64,
    pub imports_running: u64,
}

impl Desk {
    fn new(app: App) -> Self {
        let key = app.vault.indexes(ShopId::from_uuid(uuid::Uuid::nil())).credential.of(b"console forms");
        let transport = if app.config.is_https() { Transport::Https } else { Transport::Plain };
        Self { app, csrf: CsrfKey::new(key), transport, waiting: Arc::default() }
    }

    /// Forgets the counts: something was changed.
    pub fn changed(&self, shop: ShopId) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&shop);
    }

    fn known_waiting(&self, shop: ShopId, now: Timestamp) -> Option<Waiting> {
        let known = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&shop).filter(|(at, _)| now.days_since(*at) < WAITING_DAYS_MAX).map(|(_, waiting)| *waiting)
    }

    fn know_waiting(&self, shop: ShopId, now: Timestamp, waiting: Waiting) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(shop, (now, waiting));
    }
}

/// Counting a large shop for every page would cost more than the page: ten seconds old is good enough beside the navigation.
const WAITING_DAYS_MAX: f64 = 10.0 / 86_400.0;

/// The console and its assets.
pub fn router(app: App) -> Router {
    let desk = Desk::new(app.clone());
    let transport = desk.transport;
    let routes = pages()
        .merge(acts())
        .merge(assets::router())
        .fallback(nowhere)
        .layer(middleware::from_fn_with_state(desk.clone(), refusal::render))
        .with_state(desk);
    safety::protect(routes, transport).merge(crate::hosted::router(app, transport))
}

fn pages() -> Router<Desk> {
    Router::new()
        .route("/", get(async || Redirect::to(paths::START)))
        .route(paths::START, get(start::show))
        .route(paths::SIGN_IN, get(sign_in::show).post(sign_in::enter))
        .route(paths::SEARCH, get(search::show))
        .route(paths::SUGGEST, get(search::suggest))
        .route(&paths::customer("{id}"), get(customer::show))
        .route(&paths::reveal("{what}"), get(reveal::ask).post(reveal::show))
        .route(paths::REVIEW, get(review::queue))
        .route(&paths::review_item("{id}"), get(review::show).post(review::answer))
        .route(paths::IMPORTS, get(imports::list))
        .route(&paths::import("{id}"), get(imports::show))
        .route(&paths::import_events("{id}"), get(imports::events))
        .route(&paths::import_rejects("{id}"), get(imports::rejects))
        .route(paths::NUMBERS, get(number::show))
        .route(paths::MESSAGES, get(messages::show))
        .route(paths::PROOFS, get(proofs::list))
        .route(&paths::proof("{id}"), get(proofs::show))
        .route(&paths::caller_check("{id}"), get(proofs::caller).post(proofs::call))
        .route(paths::RISK, get(risk::list))
        .route(paths::RISK_RULES, get(risk::rules::show).post(risk::rules::write))
        .route(&paths::assessment("{id}"), get(risk::show))
        .route(paths::SANDBOX, get(phones::show).post(phones::add))
        .route(paths::SANDBOX_EVENTS, get(phones::events))
        .route(paths::AUDIT, get(audit::show))
        .route(paths::STAFF, get(staff::show).post(staff::add))
        .route(paths::CLIENTS, get(clients::show).post(clients::make))
        .route(paths::WEBHOOKS, get(webhooks::list).post(webhooks::add))
        .route(&paths::webhook("{id}"), get(webhooks::show).post(webhooks::change))
        .route(&paths::delivery("{id}"), get(webhooks::delivery).post(webhooks::redeliver))
        .route(paths::SETTINGS, get(settings::show))
}

fn acts() -> Router<Desk> {
    Router::new()
        .route(paths::SIGN_OUT, post(sign_in::leave))
        .route(&paths::customer_merge("{id}"), post(customer::merge))
        .route(&paths::customer_split("{id}"), post(customer::split))
        .route(&paths::customer_change_number("{id}"), post(customer::change_number))
        .route(&paths::customer_undo("{id}"), post(customer::undo))
        .route(paths::IMPORTS, post(imports::receive).layer(DefaultBodyLimit::disable()))
        .route(&paths::proof_check("{id}"), post(proofs::check))
        .route(&paths::sandbox_act("{id}", "{act}"), post(phones::act))
        .route(paths::AUDIT_VERIFY, post(audit::verify))
        .route(&paths::staff_password("{id}"), post(staff::set_password))
        .route(&paths::staff_disable("{id}"), post(staff::disable))
        .route(&paths::staff_enable("{id}"), post(staff::enable))
        .route(&paths::client_secret("{id}"), post(clients::renew))
        .route(&paths::client_remove("{id}"), post(clients::remove))
        .route(&paths::webhook_act("{id}", "{act}"), post(webhooks::act))
        .route(paths::KEYS, post(staff::make_key))
        .route(&paths::key_revoke("{id}"), post(staff::revoke_key))
}

/// What answers at no other address.
async fn nowhere() -> refusal::Refusal {
    Fault::not_found("page_unknown", "There is no page at this address.").into()
}
