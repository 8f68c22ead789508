//! Messages that people sent to the shop: masked, and in the clear for whoever says why.

use app::App;
use axum::{Json, extract::State};
use base::Id;
use messaging::{Inbound, InboundView};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::shapes::{Because, IdParam, Moment, PageOf};
use crate::{
    Doors,
    caller::{RevealsCustomers, SendsMessages},
    problem::Answer,
    reading::{self, At, Body, Paging, Query},
};

pub(super) fn router() -> OpenApiRouter<Doors> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(reveal))
}

/// A message that a person sent.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Received {
    id: Uuid,
    /// Masked unless it is revealed; null after erasure.
    #[schema(example = "+358•••••••567")]
    from: Option<String>,
    #[schema(example = "sms")]
    channel: &'static str,
    provider: String,
    /// The first words unless it is revealed; null after erasure.
    #[schema(example = "Where is •• ••••••?")]
    text: Option<String>,
    received_at: Moment,
}

impl From<InboundView> for Received {
    fn from(view: InboundView) -> Self {
        Self {
            id: view.id.uuid(),
            from: view.from.map(|number| number.mask()),
            channel: view.channel.code(),
            provider: view.provider,
            text: view.text.map(|text| text.mask()),
            received_at: view.received_at.into(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Messages from this number alone; a plus is `%2B` in an address.
    number: Option<String>,
    /// Where the number was written, for national spellings.
    region: Option<String>,
    /// Number of items wanted, 1 to 200; 50 if not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Messages that people sent, newest first.
#[utoipa::path(get, path = "/messages/received", tag = "messages", params(Asked), security(("key" = ["messages"])), responses(
    (status = 200, description = "A page of messages.", body = PageOf<Received>),
))]
pub(crate) async fn list(
    caller: SendsMessages,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Answer<Json<PageOf<Received>>> {
    let number = reading::wanted_number(asked.number.as_deref(), asked.region.as_deref())?;
    let page = Paging { limit: asked.limit, after: asked.after }.by::<Uuid>()?;
    let found = app.messages.list_inbound(&caller, number, &page).await?;
    Ok(Json(PageOf::of(found, Received::from)))
}

/// One message that a person sent.
#[utoipa::path(get, path = "/messages/received/{id}", tag = "messages", params(IdParam), security(("key" = ["messages"])), responses(
    (status = 200, description = "The message.", body = Received),
))]
pub(crate) async fn get(
    caller: SendsMessages,
    State(app): State<App>,
    At(id): At<Id<Inbound>>,
) -> Answer<Json<Received>> {
    Ok(Json(app.messages.get_inbound(&caller, id).await?.into()))
}

/// A message that a person sent, in the clear. The audit trail keeps who looked, and why.
#[utoipa::path(post, path = "/messages/received/{id}/reveal", tag = "messages", params(IdParam), request_body = Because, security(("key" = ["customers:reveal"])), responses(
    (status = 200, description = "The message, with number and text.", body = Received),
))]
pub(crate) async fn reveal(
    caller: RevealsCustomers,
    State(app): State<App>,
    At(id): At<Id<Inbound>>,
    Body(because): Body<Because>,
) -> Answer<Json<Received>> {
    let view = app.messages.reveal_inbound(&caller, id, &because.reason).await?;
    let from = view.from.map(|number| number.e164().as_str().to_owned());
    let text = view.text.as_ref().map(|text| text.reveal().to_owned());
    Ok(Json(Received { from, text, ..view.into() }))
}
