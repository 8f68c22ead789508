//! Proofs that somebody holds a number: start one, check what was typed, see how it went and why.
//!
//! The answer to a start is one that a shop may pass on to whoever asked: it looks the same whether a code went out or a limit forbade it. Why is told by the
//! verification's story, to keys that may read it.

mod budgets;
mod story;

use app::App;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base::{Fault, Id, Secret};
use identity::verification::{
    Channel, Check, Checked, Outcome, Purpose, Start, Started, Verification, Visitor, Which,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::shapes::{IdParam, Moment};
use crate::{
    Doors,
    caller::WritesVerifications,
    problem::Answer,
    reading::{self, At, Body},
};

pub(crate) fn router() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .routes(routes!(start, story::list))
        .routes(routes!(budgets::destinations))
        .routes(routes!(story::get))
        .routes(routes!(resend))
        .routes(routes!(check))
        .routes(routes!(cancel))
}

/// Who is at the shop's own door, as far as the shop knows.
#[derive(Clone, Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtTheDoor {
    /// An id that the shop keeps in a cookie of the device. One that succeeded with a number before keeps a send and five guesses of its own
    /// while strangers attack the number.
    device: Option<Uuid>,
    /// The visitor's address; sends are limited for each. Send what your server saw, never a header that a visitor can write.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
}

impl AtTheDoor {
    fn visitor(&self) -> Result<Visitor, Fault> {
        let malformed =
            |_| Fault::invalid("field_malformed", "An address is of IPv4 or IPv6.").field("visitor.address");
        let address =
            self.address.as_deref().map(|text| text.trim().parse().map_err(malformed)).transpose()?;
        Ok(Visitor { device: self.device.map(Id::from_uuid), address, is_recognised: false })
    }
}

/// A proof that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"number": "040 123 4567", "region": "FI", "purpose": "sign_in", "language": "fi"}))]
pub(crate) struct NewVerification {
    /// Any spelling.
    number: String,
    /// Where the number was written, for national spellings.
    region: Option<String>,
    /// `sign_in`, `second_factor`, `step_up`, `recovery`, `number_change`, `delivery_handover` or `caller_check`. A code of one never serves another.
    #[schema(example = "sign_in")]
    purpose: String,
    /// `sms`, `voice` or `whatsapp`; `sms` if not given.
    channel: Option<String>,
    /// Of the text: `en`, `bn`, `ro` or `fi`, with or without a region; English if it is not known.
    language: Option<String>,
    /// What a step-up approves, in one line of at most 60 characters: the text says it.
    #[schema(example = "pay 49.90 EUR to Aurora")]
    approving: Option<String>,
    /// The host of the page that asks for the code, so that phones offer it there and nowhere else.
    #[schema(example = "shop.example")]
    origin: Option<String>,
    /// 4 to 10; the setting's if not given.
    #[schema(minimum = 4, maximum = 10)]
    digits: Option<u8>,
    /// Whose proof it is to be, if that is known.
    customer: Option<Uuid>,
    #[serde(default)]
    visitor: AtTheDoor,
}

impl NewVerification {
    fn start(self) -> Result<Start, Fault> {
        let region = reading::region(self.region.as_deref())?;
        Ok(Start {
            channel: channel(self.channel.as_deref())?.unwrap_or(Channel::Sms),
            language: self.language.unwrap_or_default(),
            approving: self.approving,
            origin: self.origin,
            digits: self.digits,
            customer: self.customer.map(Id::from_uuid),
            visitor: self.visitor.visitor()?,
            ..Start::new(
                reading::possible_number(&self.number, region, "number")?.number,
                self.purpose.parse()?,
            )
        })
    }
}

fn channel(text: Option<&str>) -> Result<Option<Channel>, Fault> {
    text.map(str::parse).transpose()
}

/// A verification as anybody may see it. It says nothing about whether a code was sent.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = Verification)]
pub(crate) struct Shown {
    id: Uuid,
    #[schema(example = "+358••••••567")]
    number: String,
    #[schema(example = "sign_in")]
    purpose: &'static str,
    /// `pending`, `approved`, `vouched`, `canceled`, `expired` or `used_up`.
    #[schema(example = "pending")]
    state: &'static str,
    /// The one that was asked for; left out where none was named. Which one a code was last sent over, the story tells.
    #[schema(example = "sms")]
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    /// How many digits the code has.
    #[schema(example = 6)]
    digits: u8,
    created_at: Moment,
    expires_at: Moment,
    /// When another code may be asked for.
    resend_at: Moment,
}

impl Shown {
    fn of(started: &Started, asked: Option<Channel>) -> Self {
        let one = &started.verification;
        Self {
            id: one.id.uuid(),
            number: one.number.mask(),
            purpose: one.purpose.code(),
            state: one.state.code(),
            channel: asked.map(Channel::code),
            digits: one.digits,
            created_at: one.created_at.into(),
            expires_at: one.expires_at.into(),
            resend_at: started.resend_at.into(),
        }
    }
}

/// Have a code sent. Asking again for the same sends the same code again, as often as the limits allow.
#[utoipa::path(post, path = "/verifications", tag = "verifications", request_body = NewVerification, security(("key" = ["verifications:write"])), responses(
    (status = 201, description = "The same answer whether a code goes out or a limit forbids it.", body = Shown,
     headers(("Location" = String, description = "The verification's address."))),
))]
pub(crate) async fn start(
    caller: WritesVerifications,
    State(app): State<App>,
    Body(new): Body<NewVerification>,
) -> Answer<Response> {
    let start = new.start()?;
    let channel = start.channel;
    let started = app.verifications.start(&caller, start).await?;
    let location = [(header::LOCATION, format!("/v1/verifications/{}", started.verification.id))];
    Ok((StatusCode::CREATED, location, Json(Shown::of(&started, Some(channel)))).into_response())
}

/// Over which channel a code is sent again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"channel": "voice"}))]
pub(crate) struct Again {
    /// `sms`, `voice` or `whatsapp`; the last one if not given.
    channel: Option<String>,
    #[serde(default)]
    visitor: AtTheDoor,
}

/// Have the same code sent again, over another channel if one is named.
#[utoipa::path(post, path = "/verifications/{id}/resend", tag = "verifications", params(IdParam), request_body = Again,
    security(("key" = ["verifications:write"])), responses(
    (status = 200, description = "The same answer whether a code goes out or a limit forbids it.", body = Shown),
))]
pub(crate) async fn resend(
    caller: WritesVerifications,
    State(app): State<App>,
    At(id): At<Uuid>,
    Body(again): Body<Again>,
) -> Answer<Json<Shown>> {
    let (channel, visitor) = (channel(again.channel.as_deref())?, again.visitor.visitor()?);
    let started = app.verifications.resend(&caller, Id::from_uuid(id), channel, visitor).await?;
    Ok(Json(Shown::of(&started, channel)))
}

/// What somebody typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"purpose": "sign_in", "code": "123456"}))]
pub(crate) struct Typed {
    /// What the code was sent for.
    purpose: String,
    /// In any script's digits, with blanks or dashes between them or not.
    code: String,
    #[serde(default)]
    visitor: AtTheDoor,
    /// True where you know by something else that it is the customer whom the start named, because they told what only that customer knows: the proof then
    /// confirms them although nothing was heard of them for long.
    #[serde(default)]
    recognised: bool,
}

/// What came of it.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Looked {
    /// True for one check of a verification and never again.
    approved: bool,
    /// `approved`, `wrong`, `used_up`, `limited`, `expired`, `canceled`, `already_approved` or `vouched`.
    #[schema(example = "wrong")]
    outcome: &'static str,
    /// Guesses that this code has left; there when it was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    guesses_left: Option<u32>,
    /// When a guess for this number is looked at again; there when there were too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<Moment>,
    /// Who holds the number, where that is known at once; `GET` knows it a moment later. Nobody where it may have changed hands; the story then has `holder_silent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Uuid>,
}

impl From<Checked> for Looked {
    fn from(checked: Checked) -> Self {
        let is_approved = checked.outcome == Outcome::Approved;
        let customer = checked.verification.filter(|_| is_approved).and_then(|one| one.customer);
        Self {
            approved: is_approved,
            outcome: checked.outcome.code(),
            guesses_left: match checked.outcome {
                Outcome::Wrong { guesses_left } => Some(guesses_left),
                _ => None,
            },
            retry_at: match checked.outcome {
                Outcome::Limited(refusal) => refusal.retry_at.map(Moment),
                _ => None,
            },
            customer: customer.map(Id::uuid),
        }
    }
}

/// Check a code. Five guesses of a code are looked at, ten wrong ones of a number a day.
#[utoipa::path(post, path = "/verifications/{id}/check", tag = "verifications", params(IdParam), request_body = Typed,
    security(("key" = ["verifications:write"])), responses(
    (status = 200, description = "What came of it.", body = Looked),
))]
pub(crate) async fn check(
    caller: WritesVerifications,
    State(app): State<App>,
    At(id): At<Uuid>,
    Body(typed): Body<Typed>,
) -> Answer<Json<Looked>> {
    let purpose: Purpose = typed.purpose.parse()?;
    let visitor = Visitor { is_recognised: typed.recognised, ..typed.visitor.visitor()? };
    let which = Which::Id(Id::<Verification>::from_uuid(id));
    let check = Check { which, purpose, code: Secret::new(typed.code), visitor };
    Ok(Json(app.verifications.check(&caller, check).await?.known()?.into()))
}

/// End a verification: its code serves no more.
#[utoipa::path(post, path = "/verifications/{id}/cancel", tag = "verifications", params(IdParam),
    security(("key" = ["verifications:write"])), responses(
    (status = 200, description = "As it is now; one that had ended already stays as it was.", body = story::Full),
))]
pub(crate) async fn cancel(
    caller: WritesVerifications,
    State(app): State<App>,
    At(id): At<Uuid>,
) -> Answer<Json<story::Full>> {
    let id = Id::from_uuid(id);
    app.verifications.cancel(&caller, id).await?;
    Ok(Json(app.verifications.get(&caller, id).await?.into()))
}
