//! For those who run the server: is it up, is it ready, how is it doing. No key needed, nothing of any shop told.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use base::Fault;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Doors, problem::Answer};

/// How the process is.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Health {
    /// `up` or `ready`.
    #[schema(example = "ready")]
    status: &'static str,
    version: &'static str,
}

const fn health(status: &'static str) -> Json<Health> {
    Json(Health { status, version: env!("CARGO_PKG_VERSION") })
}

/// Is the process up?
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "It is.", body = Health)))]
pub(crate) async fn healthz() -> Json<Health> {
    health("up")
}

/// Can it serve? The database answers and its schema is up to date.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses(
    (status = 200, description = "It can.", body = Health),
))]
pub(crate) async fn readyz(State(doors): State<Doors>) -> Answer<Json<Health>> {
    let pending = doors.app.pending().await?;
    if !pending.is_empty() {
        let message = "The schema is older than the program; run `trunkline migrate`.";
        return Err(Fault::unavailable("migrations_pending", message).detail("pending", pending).into());
    }
    Ok(health("ready"))
}

/// Figures in Prometheus' text form: requests by route and status, imports, jobs, build.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses(
    (status = 200, description = "The figures.", body = String, content_type = "text/plain"),
))]
pub(crate) async fn metrics(State(doors): State<Doors>) -> Answer<Response> {
    let jobs = jobs::counts(&doors.app.db).await?;
    let told = doors.app.webhooks.counts().await?;
    let imports = doors.app.imports.totals(doors.app.clock.now()).await?;
    let stopped = doors.app.verifications.parts_stopped(doors.app.clock.now()).await?;
    doors.figures.state(doors.app.db.commits(), jobs, told, &imports, stopped);
    let text = doors.figures.render().await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
