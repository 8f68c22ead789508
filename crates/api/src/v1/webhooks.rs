//! Endpoints of the shop's own programs, which are told of what happens by signed calls. What providers tell us is [`crate::webhooks`].

mod deliveries;

use app::App;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base::{Fault, Id};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use webhooks::{Change, Kind, NewEndpoint, Wanted};

use super::shapes::{IdParam, Moment};
use crate::{
    Doors,
    caller::{ManagesWebhooks, ReadsWebhooks},
    problem::Answer,
    reading::{At, Body},
};

pub(crate) fn router() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(kinds))
        .routes(routes!(get, change))
        .routes(routes!(rotate))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(remove))
        .merge(deliveries::router())
}

/// Why an endpoint is told nothing.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Disabled {
    at: Moment,
    /// `asked`; `gone`: it answered 410; `failing`: every call failed for five days.
    #[schema(example = "gone")]
    why: &'static str,
}

/// The calls of one hour.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = WebhookHour)]
pub(crate) struct Hour {
    start: Moment,
    succeeded: u64,
    failed: u64,
}

/// How calls to an endpoint went.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = WebhookHealth)]
pub(crate) struct Health {
    /// The first failure after the last success; null while calls succeed.
    failing_since: Option<Moment>,
    succeeded_at: Option<Moment>,
    failed_at: Option<Moment>,
    /// What was wrong with the last call that failed.
    #[schema(example = "refused: It answered 503.")]
    failure: Option<String>,
    /// Deliveries that wait for their turn or for another try.
    waiting: u64,
    /// Calls by the hour, the last 24 hours.
    hours: Vec<Hour>,
}

impl From<webhooks::Health> for Health {
    fn from(health: webhooks::Health) -> Self {
        let hour = |hour: webhooks::Hour| Hour {
            start: hour.start.into(),
            succeeded: hour.succeeded,
            failed: hour.failed,
        };
        Self {
            failing_since: health.failing_since.map(Moment),
            succeeded_at: health.succeeded_at.map(Moment),
            failed_at: health.failed_at.map(Moment),
            failure: health.failure,
            waiting: health.waiting,
            hours: health.hours.into_iter().map(hour).collect(),
        }
    }
}

/// An endpoint.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = WebhookEndpoint)]
pub(crate) struct Endpoint {
    id: Uuid,
    #[schema(example = "https://shop.example/trunkline")]
    url: String,
    description: String,
    /// What it is told of.
    #[schema(example = json!(["verification.approved", "message.undelivered"]))]
    events: Vec<&'static str>,
    created_at: Moment,
    /// Null while it is told.
    disabled: Option<Disabled>,
    /// Until when the secret before signs beside the one of now.
    old_secret_until: Option<Moment>,
    /// Shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: Option<String>,
    /// Of one endpoint only, not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<Health>,
}

impl From<webhooks::Endpoint> for Endpoint {
    fn from(endpoint: webhooks::Endpoint) -> Self {
        Self {
            id: endpoint.id.uuid(),
            url: endpoint.url,
            description: endpoint.description,
            events: endpoint.kinds.iter().map(|kind| kind.code()).collect(),
            created_at: endpoint.created_at.into(),
            disabled: endpoint.disabled.map(|(at, why)| Disabled { at: at.into(), why: why.code() }),
            old_secret_until: endpoint.old_secret_until.map(Moment),
            secret: None,
            health: None,
        }
    }
}

impl From<NewEndpoint> for Endpoint {
    fn from(new: NewEndpoint) -> Self {
        let secret = Some(new.secret.reveal().clone());
        Self { secret, ..new.endpoint.into() }
    }
}

/// The endpoints of the shop; there are few.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = WebhookEndpointList)]
pub(crate) struct EndpointList {
    items: Vec<Endpoint>,
}

/// An endpoint to be made.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhookEndpoint)]
pub(crate) struct New {
    /// `https://…`, of the public Internet or of a network that `private_networks` of the configuration names. On this machine, where that may be called, `http://…` too.
    #[schema(example = "https://shop.example/trunkline")]
    url: String,
    /// How people read it; at most 200 characters.
    #[serde(default)]
    description: String,
    /// What it is told of; everything there is if not given.
    #[schema(example = json!(["verification.approved", "message.undelivered"]))]
    events: Option<Vec<String>>,
}

/// What is to change; what is not given stays.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookEndpointChange)]
pub(crate) struct Changed {
    url: Option<String>,
    description: Option<String>,
    events: Option<Vec<String>>,
}

fn read(events: Vec<String>) -> Result<Vec<Kind>, Fault> {
    events.iter().map(|text| text.parse::<Kind>().map_err(|fault| fault.field("events"))).collect()
}

/// A kind of event.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = WebhookKind)]
pub(crate) struct KindOfEvent {
    #[schema(example = "message.delivered")]
    code: &'static str,
    /// When it comes.
    #[schema(example = "The phone has the message")]
    words: &'static str,
    /// The body of a call that tells of one.
    #[schema(value_type = Object)]
    example: serde_json::Value,
}

/// All kinds of events.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = WebhookKindList)]
pub(crate) struct KindList {
    items: Vec<KindOfEvent>,
}

/// The kinds of events, with what a call tells of each.
#[utoipa::path(get, path = "/webhooks/kinds", tag = "webhooks", security(("key" = ["webhooks:read"])), responses(
    (status = 200, description = "All of them.", body = KindList),
))]
pub(crate) async fn kinds(_: ReadsWebhooks) -> Json<KindList> {
    let kind = |kind: &Kind| KindOfEvent {
        code: kind.code(),
        words: kind.in_words(),
        example: serde_json::json!({ "type": kind.code(), "timestamp": "2024-02-29T12:00:00Z", "data": kind.example() }),
    };
    Json(KindList { items: Kind::ALL.iter().map(kind).collect() })
}

/// Endpoints, by age.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", security(("key" = ["webhooks:read"])), responses(
    (status = 200, description = "All of them.", body = EndpointList),
))]
pub(crate) async fn list(caller: ReadsWebhooks, State(app): State<App>) -> Answer<Json<EndpointList>> {
    let endpoints = app.webhooks.list(&caller).await?;
    Ok(Json(EndpointList { items: endpoints.into_iter().map(Endpoint::from).collect() }))
}

/// Make an endpoint. Its secret is in this answer, and nowhere else.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", request_body = New, security(("key" = ["webhooks:manage"])), responses(
    (status = 201, description = "The endpoint, with its secret.", body = Endpoint, headers(("Location" = String, description = "The endpoint's address."))),
))]
pub(crate) async fn create(
    caller: ManagesWebhooks,
    State(app): State<App>,
    Body(new): Body<New>,
) -> Answer<Response> {
    let kinds = new.events.map(read).transpose()?;
    let wanted = Wanted { url: new.url, description: new.description, kinds };
    let new = app.webhooks.create(&caller, wanted).await?;
    let location = [(header::LOCATION, format!("/v1/webhooks/{}", new.endpoint.id))];
    Ok((StatusCode::CREATED, location, Json(Endpoint::from(new))).into_response())
}

/// One endpoint, and how calls to it went.
#[utoipa::path(get, path = "/webhooks/{id}", tag = "webhooks", params(IdParam), security(("key" = ["webhooks:read"])), responses(
    (status = 200, description = "The endpoint.", body = Endpoint),
))]
pub(crate) async fn get(
    caller: ReadsWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Endpoint>>,
) -> Answer<Json<Endpoint>> {
    let endpoint = app.webhooks.get(&caller, id).await?;
    let health = app.webhooks.health(&caller, id).await?;
    Ok(Json(Endpoint { health: Some(health.into()), ..endpoint.into() }))
}

/// Change where an endpoint is, how it is described, or what it is told of.
#[utoipa::path(post, path = "/webhooks/{id}", tag = "webhooks", params(IdParam), request_body = Changed, security(("key" = ["webhooks:manage"])), responses(
    (status = 200, description = "The endpoint as it is now.", body = Endpoint),
))]
pub(crate) async fn change(
    caller: ManagesWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Endpoint>>,
    Body(changed): Body<Changed>,
) -> Answer<Json<Endpoint>> {
    let kinds = changed.events.map(read).transpose()?;
    let change = Change { url: changed.url, description: changed.description, kinds };
    Ok(Json(app.webhooks.change(&caller, id, change).await?.into()))
}

/// Give an endpoint a new secret. The one before signs beside it for 24 hours.
#[utoipa::path(post, path = "/webhooks/{id}/secret", tag = "webhooks", params(IdParam), security(("key" = ["webhooks:manage"])), responses(
    (status = 200, description = "The endpoint, with its new secret.", body = Endpoint),
))]
pub(crate) async fn rotate(
    caller: ManagesWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Endpoint>>,
) -> Answer<Json<Endpoint>> {
    Ok(Json(app.webhooks.rotate(&caller, id).await?.into()))
}

/// Tell an endpoint nothing. What waits for it waits on; what happens meanwhile is not told to it.
#[utoipa::path(post, path = "/webhooks/{id}/disable", tag = "webhooks", params(IdParam), security(("key" = ["webhooks:manage"])), responses(
    (status = 200, description = "The endpoint as it is now.", body = Endpoint),
))]
pub(crate) async fn disable(
    caller: ManagesWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Endpoint>>,
) -> Answer<Json<Endpoint>> {
    Ok(Json(app.webhooks.disable(&caller, id).await?.into()))
}

/// Tell an endpoint again; what waited for it is told now.
#[utoipa::path(post, path = "/webhooks/{id}/enable", tag = "webhooks", params(IdParam), security(("key" = ["webhooks:manage"])), responses(
    (status = 200, description = "The endpoint as it is now.", body = Endpoint),
))]
pub(crate) async fn enable(
    caller: ManagesWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Endpoint>>,
) -> Answer<Json<Endpoint>> {
    Ok(Json(app.webhooks.enable(&caller, id).await?.into()))
}

/// What was removed.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = RemovedWebhookEndpoint)]
pub(crate) struct Removed {
    id: Uuid,
}

/// Remove an endpoint. What waits for it is never told.
#[utoipa::path(post, path = "/webhooks/{id}/remove", tag = "webhooks", params(IdParam), security(("key" = ["webhooks:manage"])), responses(
    (status = 200, description = "It is gone.", body = Removed),
))]
pub(crate) async fn remove(
    caller: ManagesWebhooks,
    State(app): State<App>,
    At(id): At<Id<webhooks::Endpoint>>,
) -> Answer<Json<Removed>> {
    app.webhooks.remove(&caller, id).await?;
    Ok(Json(Removed { id: id.uuid() }))
}
