//! `/sandbox/v1`: the phones of the carrier in the box, for whoever tests against it. It answers in test mode only.

use app::App;
use axum::{Json, extract::State, http::StatusCode};
use base::{Fault, Id};
use messaging::Text;
use numbering::PhoneNumber;
use sandbox::{ItemView, PhoneView};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    Doors,
    caller::UsesSandbox,
    problem::Answer,
    reading::{self, At, Body},
    v1::shapes::{Moment, PageOf},
};

pub(crate) fn router() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(messages, answer))
        .routes(routes!(press))
        .routes(routes!(behave))
        .routes(routes!(swap_sim))
        .routes(routes!(change_holder))
        .routes(routes!(forward))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct NumberParam {
    /// The phone's number, `+358401234567`.
    number: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct CallParam {
    /// The phone's number, `+358401234567`.
    number: String,
    /// The call, by the id that the phone's messages show.
    #[param(value_type = Uuid)]
    call: Id<sandbox::Item>,
}

/// A number as it stands in an address: its plus may be missing.
fn phone(text: &str) -> Result<PhoneNumber, Fault> {
    let with_plus = format!("+{}", text.trim().trim_start_matches('+'));
    Ok(reading::number(&with_plus, None, "number")?.number)
}

/// A phone of the sandbox. Its number is in the clear: nobody has it.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Phone {
    #[schema(example = "+12025550100")]
    number: String,
    /// `answer`, `absent`, `late`, `silent`, `unknown_number`, `busy` or `in_doubt`.
    #[schema(example = "answer")]
    behaviour: &'static str,
    /// Whether the behaviour is the number's own and cannot be changed.
    fixed: bool,
    sim_swapped_at: Option<Moment>,
    /// When the operator gave the number to somebody else.
    holder_changed_at: Option<Moment>,
    /// Whether calls go to another number.
    forwarded: bool,
}

impl From<PhoneView> for Phone {
    fn from(view: PhoneView) -> Self {
        Self {
            number: view.number.e164().as_str().to_owned(),
            behaviour: view.behaviour.code(),
            fixed: view.is_fixed,
            sim_swapped_at: view.sim_swapped_at.map(Moment),
            holder_changed_at: view.holder_changed_at.map(Moment),
            forwarded: view.is_forwarded,
        }
    }
}

/// Something that a phone got or sent.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct PhoneMessage {
    id: Uuid,
    /// `sms`, `voice` or `whatsapp`.
    #[schema(example = "sms")]
    channel: &'static str,
    /// True for what the phone sent.
    outgoing: bool,
    /// Whom it came from.
    from: String,
    purpose: String,
    /// In the clear, whatever it is: the phone is nobody's.
    #[schema(example = "Your parcel is on its way.")]
    text: String,
    /// Keys pressed in a call.
    keys: Option<String>,
    at: Moment,
}

impl From<ItemView> for PhoneMessage {
    fn from(view: ItemView) -> Self {
        Self {
            id: view.id.uuid(),
            channel: view.channel.code(),
            outgoing: view.is_outgoing,
            from: view.correspondent,
            purpose: view.purpose,
            text: view.text,
            keys: view.keys,
            at: view.at.into(),
        }
    }
}

/// The phones, those with the latest news first; at most 50.
#[utoipa::path(get, path = "/phones", tag = "sandbox", security(("key" = ["sandbox"])), responses(
    (status = 200, description = "The phones.", body = PageOf<Phone>),
    (status = 404, description = "There is no sandbox outside of test mode.", body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
))]
pub(crate) async fn list(caller: UsesSandbox, State(app): State<App>) -> Answer<Json<PageOf<Phone>>> {
    let phones = app.sandbox()?.phones(&caller).await?;
    Ok(Json(PageOf { items: phones.into_iter().map(Phone::from).collect(), next: None }))
}

/// One phone; one that nothing was ever sent to is as good as new.
#[utoipa::path(get, path = "/phones/{number}", tag = "sandbox", params(NumberParam), security(("key" = ["sandbox"])), responses(
    (status = 200, description = "The phone.", body = Phone),
))]
pub(crate) async fn get(
    caller: UsesSandbox,
    State(app): State<App>,
    At(at): At<NumberParam>,
) -> Answer<Json<Phone>> {
    Ok(Json(app.sandbox()?.phone(&caller, phone(&at.number)?).await?.into()))
}

/// What a phone got and sent, newest first; at most 100.
#[utoipa::path(get, path = "/phones/{number}/messages", tag = "sandbox", params(NumberParam), security(("key" = ["sandbox"])), responses(
    (status = 200, description = "Texts and calls.", body = PageOf<PhoneMessage>),
))]
pub(crate) async fn messages(
    caller: UsesSandbox,
    State(app): State<App>,
    At(at): At<NumberParam>,
) -> Answer<Json<PageOf<PhoneMessage>>> {
    let items = app.sandbox()?.items(&caller, phone(&at.number)?).await?;
    Ok(Json(PageOf { items: items.into_iter().map(PhoneMessage::from).collect(), next: None }))
}

/// What the phone's owner writes to the shop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    #[schema(example = "STOP")]
    text: String,
}

/// Write to the shop from a phone.
#[utoipa::path(post, path = "/phones/{number}/messages", tag = "sandbox", params(NumberParam), request_body = Written, security(("key" = ["sandbox"])), responses(
    (status = 204, description = "The shop has it."),
))]
pub(crate) async fn answer(
    caller: UsesSandbox,
    State(app): State<App>,
    At(at): At<NumberParam>,
    Body(written): Body<Written>,
) -> Answer<StatusCode> {
    app.sandbox()?.answer(&caller, phone(&at.number)?, Text::parse(&written.text)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keys pressed in a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pressed {
    #[schema(example = "1")]
    keys: String,
}

/// Press keys in a call.
#[utoipa::path(post, path = "/phones/{number}/calls/{call}/keys", tag = "sandbox", params(CallParam), request_body = Pressed, security(("key" = ["sandbox"])), responses(
    (status = 204, description = "The shop has heard them."),
))]
pub(crate) async fn press(
    caller: UsesSandbox,
    State(app): State<App>,
    At(at): At<CallParam>,
    Body(pressed): Body<Pressed>,
) -> Answer<StatusCode> {
    app.sandbox()?.press(&caller, phone(&at.number)?, at.call, &pressed.keys).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is to happen to messages to a phone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Behave {
    /// `answer`, `absent`, `late`, `silent`, `unknown_number`, `busy` or `in_doubt`.
    #[schema(example = "absent")]
    behaviour: String,
}

/// Say what happens to messages to a phone from now on.
#[utoipa::path(post, path = "/phones/{number}/behaviour", tag = "sandbox", params(NumberParam), request_body = Behave, security(("key" = ["sandbox"])), responses(
    (status = 200, description = "The phone.", body = Phone),
))]
pub(crate) async fn behave(
    caller: UsesSandbox,
    State(app): State<App>,
    At(at): At<NumberParam>,
    Body(behave): Body<Behave>,
) -> Answer<Json<Phone>> {
    let behaviour = behave.behaviour.parse()?;
    Ok(Json(app.sandbox()?.behave(&caller, phone(&at.number)?, behaviour).await?.into()))
}

/// Put the number onto another SIM.
#[utoipa::path(post, path = "/phones/{number}/sim-swap", tag = "sandbox", params(NumberParam), security(("key" = ["sandbox"])), responses(
    (status = 200, description = "The phone.", body = Phone),
))]
pub(crate) async fn swap_sim(
    caller: UsesSandbox,
    State(app): State<App>,
    At(at): At<NumberParam>,
) -> Answer<Json<Phone>> {
    Ok(Json(app.sandbox()?.swap_sim(&caller, phone(&at.number)?).await?.into()))
}

/// Give the number to somebody else, as operators do with numbers that were given up.
#[utoipa::path(post, path = "/phones/{number}/new-holder", tag = "sandbox", params(NumberParam), security(("key" = ["sandbox"])), responses(
    (status = 200, description = "The phone.", body = Phone),
))]
pub(crate) async fn change_holder(
    caller: UsesSandbox,
    State(app): State<App>,
    At(at): At<NumberParam>,
) -> Answer<Json<Phone>> {
    Ok(Json(app.sandbox()?.change_holder(&caller, phone(&at.number)?).await?.into()))
}

/// Whether calls go to another number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forwarded {
    forwarded: bool,
}

/// Forward calls to another number, or no longer.
#[utoipa::path(post, path = "/phones/{number}/forwarding", tag = "sandbox", params(NumberParam), request_body = Forwarded, security(("key" = ["sandbox"])), responses(
    (status = 200, description = "The phone.", body = Phone),
))]
pub(crate) async fn forward(
    caller: UsesSandbox,
    State(app): State<App>,
    At(at): At<NumberParam>,
    Body(forwarded): Body<Forwarded>,
) -> Answer<Json<Phone>> {
    let sandbox = app.sandbox()?;
    Ok(Json(sandbox.forward(&caller, phone(&at.number)?, forwarded.forwarded).await?.into()))
}
