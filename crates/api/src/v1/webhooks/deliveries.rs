//! What was told to an endpoint: lists, the calls of one delivery, having it told again, a call to try it with.

use app::App;
use axum::{Json, extract::State, http::StatusCode};
use base::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use webhooks::{DeliveryView, Filter};

use crate::{
    Doors,
    caller::{ManagesWebhooks, ReadsWebhooks},
    problem::Answer,
    reading::{At, Body, Paging, Query},
    v1::shapes::{IdParam, Moment, PageOf},
};

pub(super) fn router() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(ping))
        .routes(routes!(redeliver_failed))
        .routes(routes!(get))
        .routes(routes!(redeliver))
}

/// What a call says, as its body.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = WebhookCall)]
pub(crate) struct Told {
    #[serde(rename = "type")]
    #[schema(example = "message.delivered")]
    kind: &'static str,
    /// When it happened.
    timestamp: Moment,
    /// Identifiers, and numbers masked: by the kind.
    #[schema(value_type = Object, example = json!({"message": "0190a7c2-5b1e-7c3a-9d52-1f0e6b8a4c11", "purpose": "order.dispatched"}))]
    data: serde_json::Value,
}

/// One call.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = WebhookAttempt)]
pub(crate) struct Attempt {
    /// From 1.
    number: u32,
    at: Moment,
    took_ms: i64,
    /// Null when there was no answer.
    status: Option<u16>,
    /// Null when it succeeded.
    failure: Option<String>,
    /// How the answer began.
    answer: Option<String>,
}

/// The telling of an event to an endpoint.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = WebhookDelivery)]
pub(crate) struct Delivery {
    id: Uuid,
    endpoint: Uuid,
    /// The `webhook-id` of its calls.
    event: Uuid,
    body: Told,
    /// `waiting`, `delivered` or `failed`.
    #[schema(example = "delivered")]
    state: &'static str,
    /// Calls that were made.
    attempts: u32,
    /// When the next call is made, while it waits.
    due_at: Option<Moment>,
    /// What the last call was answered.
    status: Option<u16>,
    /// What was wrong with the last call.
    failure: Option<String>,
    created_at: Moment,
    ended_at: Option<Moment>,
    /// The calls, of one delivery only, not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<Vec<Attempt>>,
}

impl From<DeliveryView> for Delivery {
    fn from(view: DeliveryView) -> Self {
        Self {
            id: view.id.uuid(),
            endpoint: view.endpoint.uuid(),
            event: view.event.id.uuid(),
            body: Told {
                kind: view.event.kind.code(),
                timestamp: view.event.at.into(),
                data: view.event.data,
            },
            state: view.state.code(),
            attempts: view.attempts,
            due_at: view.due_at.map(Moment),
            status: view.status,
            failure: view.failure,
            created_at: view.created_at.into(),
            ended_at: view.ended_at.map(Moment),
            calls: None,
        }
    }
}

impl From<webhooks::Attempt> for Attempt {
    fn from(attempt: webhooks::Attempt) -> Self {
        Self {
            number: attempt.number,
            at: attempt.at.into(),
            took_ms: attempt.took_micros / 1_000,
            status: attempt.status,
            failure: attempt.failure,
            answer: attempt.answer,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Deliveries in this state alone: `waiting`, `delivered` or `failed`.
    state: Option<String>,
    /// Number of items wanted, 1 to 200; 50 if not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Deliveries to an endpoint, the newest first. They are kept for 30 days.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "webhooks", params(IdParam, Asked), security(("key" = ["webhooks:read"])), responses(
    (status = 200, description = "A page of deliveries.", body = PageOf<Delivery>),
))]
pub(crate) async fn list(
    caller: ReadsWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Endpoint>>,
    Query(asked): Query<Asked>,
) -> Answer<Json<PageOf<Delivery>>> {
    let filter = Filter { state: asked.state.as_deref().map(str::parse).transpose()? };
    let page = Paging { limit: asked.limit, after: asked.after }.by::<Uuid>()?;
    Ok(Json(PageOf::of(app.webhooks.deliveries(&caller, id, filter, &page).await?, Delivery::from)))
}

/// One delivery with its calls.
#[utoipa::path(get, path = "/webhooks/deliveries/{id}", tag = "webhooks", params(IdParam), security(("key" = ["webhooks:read"])), responses(
    (status = 200, description = "The delivery.", body = Delivery),
))]
pub(crate) async fn get(
    caller: ReadsWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Delivery>>,
) -> Answer<Json<Delivery>> {
    let (view, attempts) = app.webhooks.delivery(&caller, id).await?;
    let calls = Some(attempts.into_iter().map(Attempt::from).collect());
    Ok(Json(Delivery { calls, ..view.into() }))
}

/// Have an event told again, at once, whether it was delivered or not; its `webhook-id` stays the same.
#[utoipa::path(post, path = "/webhooks/deliveries/{id}/redeliver", tag = "webhooks", params(IdParam), security(("key" = ["webhooks:manage"])), responses(
    (status = 202, description = "It waits to be told.", body = Delivery),
))]
pub(crate) async fn redeliver(
    caller: ManagesWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Delivery>>,
) -> Answer<(StatusCode, Json<Delivery>)> {
    Ok((StatusCode::ACCEPTED, Json(app.webhooks.redeliver(&caller, id).await?.into())))
}

/// Since when.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
#[schema(as = RedeliverFailed)]
pub(crate) struct Since {
    /// Deliveries that were made before stay as they are.
    since: Moment,
}

/// How many are told again.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = Redelivered)]
pub(crate) struct Count {
    redelivered: u64,
}

/// Have all told again that failed for an endpoint since then.
#[utoipa::path(post, path = "/webhooks/{id}/redeliver", tag = "webhooks", params(IdParam), request_body = Since, security(("key" = ["webhooks:manage"])), responses(
    (status = 202, description = "So many wait to be told.", body = Count),
))]
pub(crate) async fn redeliver_failed(
    caller: ManagesWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Endpoint>>,
    Body(asked): Body<Since>,
) -> Answer<(StatusCode, Json<Count>)> {
    let since: Timestamp = asked.since.0;
    let redelivered = app.webhooks.redeliver_failed(&caller, id, since).await?;
    Ok((StatusCode::ACCEPTED, Json(Count { redelivered })))
}

/// Try an endpoint: it alone is sent an event `webhook.ping`, whatever it listens to.
#[utoipa::path(post, path = "/webhooks/{id}/ping", tag = "webhooks", params(IdParam), security(("key" = ["webhooks:manage"])), responses(
    (status = 202, description = "It waits to be told; look at the delivery for how it went.", body = Delivery),
))]
pub(crate) async fn ping(
    caller: ManagesWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Endpoint>>,
) -> Answer<(StatusCode, Json<Delivery>)> {
    Ok((StatusCode::ACCEPTED, Json(app.webhooks.ping(&caller, id).await?.into())))
}
