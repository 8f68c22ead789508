//! Messages to numbers: ask for one, see what became of it.

use app::App;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base::{Context, Fault, Id, Timestamp};
use messaging::{Channel, Content, Filter, MessageView, NewMessage, Text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::shapes::{IdParam, Moment, PageOf};
use crate::{
    caller::SendsMessages,
    problem::Answer,
    reading::{self, At, Body, Paging, Query},
};

/// A message to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "+358401234567", "purpose": "order.dispatched", "text": "Your parcel is on its way."}))]
pub(crate) struct NewText {
    /// Any spelling.
    to: String,
    /// Where the number was written, for national spellings.
    region: Option<String>,
    /// `sms`, `voice` or `whatsapp`; `sms` if not given.
    channel: Option<String>,
    /// What it is for: small letters, digits and underscores, the parts joined by points. Routes and prices go by it.
    purpose: String,
    /// At most 1,530 characters.
    text: String,
    /// How long it may wait to be sent, up to seven days; a day if not given.
    #[schema(minimum = 1, maximum = 604_800)]
    ttl_seconds: Option<i64>,
}

const TTL_SECONDS: i64 = 86_400;

impl NewText {
    fn message(self, cx: &Context) -> Result<NewMessage, Fault> {
        let region = reading::region(self.region.as_deref())?;
        let ttl_seconds = self.ttl_seconds.unwrap_or(TTL_SECONDS);
        Ok(NewMessage {
            to: reading::possible_number(&self.to, region, "to")?.number,
            channel: self.channel.as_deref().map_or(Ok(Channel::Sms), str::parse)?,
            purpose: self.purpose.parse()?,
            content: Content::Plain(Text::parse(&self.text)?),
            give_up_at: cx.now().plus_micros(ttl_seconds.saturating_mul(Timestamp::SECOND)),
        })
    }
}

/// What a message cost, in millionths of the currency's unit: a segment often costs less than the smallest coin.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Cost {
    #[schema(example = 42_500)]
    micros: i64,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

/// A message and what became of it.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Message {
    id: Uuid,
    /// Masked; null after erasure.
    #[schema(example = "+358•••••••567")]
    to: Option<String>,
    #[schema(example = "sms")]
    channel: &'static str,
    #[schema(example = "order.dispatched")]
    purpose: String,
    /// The first words; null where the text is kept nowhere, as of one-time codes.
    #[schema(example = "Your parcel •• •• ••• •••.")]
    text: Option<String>,
    /// `queued`, `sending`, `sent`, `delivered`, `undelivered`, `failed`, `expired`, or `unknown`: it was handed over, and nobody knows whether it was taken.
    #[schema(example = "delivered")]
    state: &'static str,
    /// Why it is in this state: a code and a sentence.
    reason: Option<String>,
    provider: Option<String>,
    /// What the provider calls it.
    provider_reference: Option<String>,
    /// Parts that were sent.
    segments: Option<u32>,
    cost: Option<Cost>,
    created_at: Moment,
    /// It is not sent later than this.
    give_up_at: Moment,
    sent_at: Option<Moment>,
    ended_at: Option<Moment>,
}

impl From<MessageView> for Message {
    fn from(view: MessageView) -> Self {
        Self {
            id: view.id.uuid(),
            to: view.to.map(|number| number.mask()),
            channel: view.channel.code(),
            text: view.masked_text(),
            purpose: view.purpose.to_string(),
            state: view.state.code(),
            reason: view.reason,
            provider: view.provider,
            provider_reference: view.provider_reference,
            segments: view.segments,
            cost: view.price.map(|price| Cost { micros: price.micros, currency: price.currency.to_string() }),
            created_at: view.created_at.into(),
            give_up_at: view.give_up_at.into(),
            sent_at: view.sent_at.map(Moment),
            ended_at: view.ended_at.map(Moment),
        }
    }
}

/// Send a message. The answer is a promise: it will be sent, or its end will be told.
#[utoipa::path(post, path = "/messages", tag = "messages", request_body = NewText, security(("key" = ["messages"])), responses(
    (status = 201, description = "It is queued.", body = Message, headers(("Location" = String, description = "The message's address."))),
))]
pub(crate) async fn send(
    caller: SendsMessages,
    State(app): State<App>,
    Body(new): Body<NewText>,
) -> Answer<Response> {
    let id = app.messages.send(&caller, new.message(&caller)?).await?;
    let message: Message = app.messages.get(&caller, id).await?.into();
    let location = [(header::LOCATION, format!("/v1/messages/{id}"))];
    Ok((StatusCode::CREATED, location, Json(message)).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Messages to this number alone; a plus is `%2B` in an address.
    number: Option<String>,
    /// Where the number was written, for national spellings.
    region: Option<String>,
    /// Messages in this state alone; `unknown` lists those in doubt.
    state: Option<String>,
    /// Number of items wanted, 1 to 200; 50 if not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Messages, newest first.
#[utoipa::path(get, path = "/messages", tag = "messages", params(Asked), security(("key" = ["messages"])), responses(
    (status = 200, description = "A page of messages.", body = PageOf<Message>),
))]
pub(crate) async fn list(
    caller: SendsMessages,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Answer<Json<PageOf<Message>>> {
    let filter = Filter {
        number: reading::wanted_number(asked.number.as_deref(), asked.region.as_deref())?,
        state: asked.state.as_deref().map(str::parse).transpose()?,
    };
    let page = Paging { limit: asked.limit, after: asked.after }.by::<Uuid>()?;
    Ok(Json(PageOf::of(app.messages.list(&caller, filter, &page).await?, Message::from)))
}

/// One message.
#[utoipa::path(get, path = "/messages/{id}", tag = "messages", params(IdParam), security(("key" = ["messages"])), responses(
    (status = 200, description = "The message.", body = Message),
))]
pub(crate) async fn get(
    caller: SendsMessages,
    State(app): State<App>,
    At(id): At<Id<messaging::Message>>,
) -> Answer<Json<Message>> {
    Ok(Json(app.messages.get(&caller, id).await?.into()))
}
