//! Renormalisations: stored numbers brought up to date when numbering plans change.

use std::collections::BTreeMap;

use app::App;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base::Id;
use customers::renormalising::{Renormalisation, RenormalisationView, RunState};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    imports::ImportFault,
    shapes::{IdParam, Moment},
};
use crate::{
    caller::{ReadsCustomers, WritesCustomers},
    problem::Answer,
    reading::At,
};

/// How a renormalisation stands.
#[derive(Clone, Copy, Serialize, ToSchema, Debug)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RenormalisationState {
    Queued,
    /// Numbers are read.
    Running,
    /// People are linked by them.
    Linking,
    Done,
    /// `fault` says why.
    Failed,
    /// Whoever ran it is gone. Ask for it again: it goes on where it was.
    Interrupted,
}

impl From<RunState> for RenormalisationState {
    fn from(state: RunState) -> Self {
        match state {
            RunState::Queued => Self::Queued,
            RunState::Running => Self::Running,
            RunState::Linking => Self::Linking,
            RunState::Done => Self::Done,
            RunState::Failed => Self::Failed,
            RunState::Interrupted => Self::Interrupted,
        }
    }
}

/// A run over all numbers that an older numbering plan read.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct RenormalisationAnswer {
    id: Uuid,
    state: RenormalisationState,
    /// By which plans it reads: the release of the plans, and the revision of the changes known of them.
    #[schema(example = "9.0.42+2")]
    plans: String,
    /// Records to read; counted when it begins.
    records_total: u64,
    /// Records read so far.
    records: u64,
    /// Records whose number is written otherwise now.
    records_changed: u64,
    /// Distinct numbers of the records read.
    numbers: u64,
    numbers_changed: u64,
    /// Numbers that are in no plan of today, and not changed.
    numbers_invalid: u64,
    /// Changed numbers by the change of their plan; `plan` for digits that today's plan reads otherwise.
    #[schema(example = json!({ "bj-2024-ten-digits": 12 }))]
    by_cause: BTreeMap<String, u64>,
    fault: Option<ImportFault>,
    created_at: Moment,
    finished_at: Option<Moment>,
}

impl From<RenormalisationView> for RenormalisationAnswer {
    fn from(run: RenormalisationView) -> Self {
        let outcome = run.outcome;
        Self {
            id: run.id.uuid(),
            state: run.state.into(),
            plans: run.plan_version,
            records_total: run.records_total,
            records: outcome.records,
            records_changed: outcome.records_changed,
            numbers: outcome.numbers,
            numbers_changed: outcome.numbers_changed,
            numbers_invalid: outcome.numbers_invalid,
            by_cause: outcome.by_cause,
            fault: run.fault.as_ref().map(ImportFault::of),
            created_at: run.created_at.into(),
            finished_at: run.finished_at.map(Moment),
        }
    }
}

/// Bring all stored numbers up to date with today's numbering plans, and link people by them. A worker does it; ask at `Location` how it goes. While one
/// is under way, that one is the answer.
#[utoipa::path(post, path = "/numbers/renormalise", tag = "numbers", security(("key" = ["customers:write"])), responses(
    (status = 202, description = "It will be done.", body = RenormalisationAnswer,
        headers(("Location" = String, description = "The renormalisation's address."))),
))]
pub(crate) async fn start(caller: WritesCustomers, State(app): State<App>) -> Answer<Response> {
    let run = app.customers.request_renormalisation(&caller).await?;
    app.wake.notify_one();
    let location = [(header::LOCATION, format!("/v1/numbers/renormalisations/{}", run.id))];
    Ok((StatusCode::ACCEPTED, location, Json(RenormalisationAnswer::from(run))).into_response())
}

/// One renormalisation and how far it is.
#[utoipa::path(get, path = "/numbers/renormalisations/{id}", tag = "numbers", params(IdParam), security(("key" = ["customers:read"])),
    responses((status = 200, description = "The renormalisation.", body = RenormalisationAnswer)))]
pub(crate) async fn get(
    caller: ReadsCustomers,
    State(app): State<App>,
    At(id): At<Id<Renormalisation>>,
) -> Answer<Json<RenormalisationAnswer>> {
    Ok(Json(app.customers.renormalisation(&caller, id).await?.into()))
}
