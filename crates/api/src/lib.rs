//! The JSON API: `/v1` for programs with a key, its description at `/openapi.json` and `/docs`, and what operators ask.
//!
//! A handler takes typed arguments, calls one verb and wraps its answer; everything that holds for all of them (who asks, what is too much,
//! what happened before) is a layer. Failures are RFC 9457 problems with stable codes, listed by [`error_codes`].

mod caller;
mod camara;
mod compat;
mod document;
mod errors;
mod figures;
mod health;
mod idempotency;
mod limits;
mod observe;
mod oidc;
mod phones;
mod problem;
mod reading;
mod v1;
mod webhooks;

use std::{ops::Deref, sync::Arc};

use app::App;
use axum::{
    Router,
    extract::{FromRef, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use document::openapi;
pub use errors::{ErrorCode, error_codes};
pub use idempotency::{IDEMPOTENCY_KEY, REPLAYED};
pub use observe::REQUEST_ID;
pub use reading::JSON_BYTES_MAX;

use figures::Figures;
use limits::Limits;

/// What handlers and layers share. Each of them clones it for each request, so it is one count.
#[derive(Clone, Debug)]
pub(crate) struct Doors(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub app: App,
    pub figures: Figures,
    pub limits: Limits,
}

impl Deref for Doors {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<Doors> for App {
    fn from_ref(doors: &Doors) -> Self {
        doors.app.clone()
    }
}

/// The API alone.
pub fn router(app: App) -> Router {
    router_with(app, Router::new().fallback(problem::route_unknown))
}

/// The API beside `pages`, whose fallback answers what is neither. All of it is logged and measured together.
pub fn router_with(app: App, pages: Router) -> Router {
    let doors = Doors(Arc::new(Shared { app, figures: Figures::new(), limits: Limits::new() }));
    Router::new()
        .merge(operation().split_for_parts().0)
        .nest("/v1", secured(&doors))
        .nest("/oidc", oidc::router(&doors))
        .nest("/sandbox/v1", secured_sandbox(&doors))
        .nest("/sandbox/camara", camara::router(&doors))
        .nest("/compat/twilio", compat::twilio::router(&doors))
        .merge(told(&doors))
        .with_state(doors.clone())
        .merge(document::pages())
        .merge(pages)
        .layer(from_fn_with_state(doors, observe::observe))
}

/// The routes of `/v1` behind their layers, the innermost first. Each costs every request a copy of all that lie within it, so what goes together is one.
fn secured(doors: &Doors) -> Router<Doors> {
    let (answers, _) = v1::router().split_for_parts();
    let (uploads, _) = v1::uploads().split_for_parts();
    let answers = answers.layer(from_fn_with_state(doors.clone(), once_and_in_time));
    guarded(doors, answers.merge(uploads))
}

async fn once_and_in_time(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    limits::within_time(idempotency::once(doors, request, next)).await
}

/// What providers tell; they prove themselves by signatures.
fn told(doors: &Doors) -> Router<Doors> {
    let (routes, _) = webhooks::router().split_for_parts();
    routes.layer(from_fn(limits::in_time)).layer(from_fn_with_state(doors.clone(), limits::capacity))
}

/// The carrier in the box, for whoever tests against it.
fn secured_sandbox(doors: &Doors) -> Router<Doors> {
    let (answers, _) = phones::router().split_for_parts();
    guarded(doors, answers.layer(from_fn(limits::in_time)))
}

/// Behind a key, and never too many at once.
fn guarded(doors: &Doors, routes: Router<Doors>) -> Router<Doors> {
    routes
        .fallback(problem::route_unknown)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(doors.clone(), guard))
}

/// Proves the key before anything else is looked at.
async fn guard(State(doors): State<Doors>, mut request: Request, next: Next) -> Response {
    let answer = async {
        match caller::authenticate(&doors.app, &mut request).await {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        }
    };
    limits::with_room(&doors, answer).await
}

fn operation() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(errors::explain))
}

/// Every route with its description.
pub(crate) fn described() -> OpenApiRouter<Doors> {
    OpenApiRouter::with_openapi(document::head())
        .merge(operation())
        .nest("/v1", v1::router().merge(v1::uploads()))
        .nest("/sandbox/v1", phones::router())
        .merge(webhooks::router())
}
