//! A verification with its story: why it was sent, why not, what was guessed.

use app::App;
use axum::{Json, extract::State};
use base::{Fault, Id};
use identity::verification::{Filter, Happening, Story, Verification};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    caller::ReadsVerifications,
    problem::Answer,
    reading::{self, At, Paging, Query},
    v1::shapes::{IdParam, Moment, PageOf},
};

/// One thing that happened.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = Happening)]
pub(crate) struct Told {
    at: Moment,
    /// `sent`, `refused`, `wrong`, `not_evaluated`, `known_device`, `recognised`, `approved`, `holder_silent`, `holder_other`, `vouched`, `canceled`, `superseded`. The same refusal again is told once.
    #[schema(example = "refused")]
    kind: String,
    /// Why it was refused, or would have been were budgets not in shadow mode.
    #[schema(example = "sends_of_number")]
    reason: Option<&'static str>,
    /// The same in words, for staff; whoever asked for a code must not learn it.
    reason_words: Option<&'static str>,
    channel: Option<&'static str>,
    #[schema(example = "key:018df0f4-9d3c-7a63-8f1a-5b5d8e3c7a10 (till)")]
    actor: String,
    /// With `holder_silent` and `holder_other`: the customer whose proof it was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Uuid>,
}

impl From<Happening> for Told {
    fn from(happening: Happening) -> Self {
        Self {
            at: happening.at.into(),
            kind: happening.kind,
            reason: happening.reason.map(|reason| reason.code()),
            reason_words: happening.reason.map(|reason| reason.in_words()),
            channel: happening.channel.map(|channel| channel.code()),
            actor: happening.actor,
            customer: happening.about.map(Id::uuid),
        }
    }
}

/// A verification as the shop sees it.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = VerificationStory)]
pub(crate) struct Full {
    id: Uuid,
    /// Masked.
    #[schema(example = "+358••••••567")]
    number: String,
    #[schema(example = "sign_in")]
    purpose: &'static str,
    /// `pending`, `approved`, `vouched` (called approved by a program, without a code), `canceled`, `expired` or `used_up`.
    #[schema(example = "approved")]
    state: &'static str,
    #[schema(example = "sms")]
    channel: &'static str,
    /// Whether the text holds a link in the code's place.
    by_link: bool,
    language: String,
    /// Whether something specific is approved; what it is, only the text says.
    approves_something: bool,
    digits: u8,
    /// How often the code was sent.
    sends: u32,
    /// Guesses that were looked at.
    guesses: u32,
    /// Whose proof it is.
    customer: Option<Uuid>,
    created_at: Moment,
    expires_at: Moment,
    sent_at: Option<Moment>,
    /// When it was approved, vouched for, canceled or used up.
    ended_at: Option<Moment>,
    /// What happened, in order; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    story: Option<Vec<Told>>,
}

impl From<Verification> for Full {
    fn from(one: Verification) -> Self {
        Self {
            id: one.id.uuid(),
            number: one.number.mask(),
            purpose: one.purpose.code(),
            state: one.state.code(),
            channel: one.channel.code(),
            by_link: one.link.is_some(),
            language: one.language,
            approves_something: one.approving.is_some(),
            digits: one.digits,
            sends: one.sends,
            guesses: one.guesses,
            customer: one.customer.map(Id::uuid),
            created_at: one.created_at.into(),
            expires_at: one.expires_at.into(),
            sent_at: one.sent_at.map(Moment),
            ended_at: one.ended_at.map(Moment),
            story: None,
        }
    }
}

impl From<Story> for Full {
    fn from(story: Story) -> Self {
        let happenings = story.happenings.into_iter().map(Told::from).collect();
        Self { story: Some(happenings), ..story.verification.into() }
    }
}

/// See a verification and its story.
#[utoipa::path(get, path = "/verifications/{id}", tag = "verifications", params(IdParam), security(("key" = ["verifications:read"])), responses(
    (status = 200, description = "The verification.", body = Full),
))]
pub(crate) async fn get(
    caller: ReadsVerifications,
    State(app): State<App>,
    At(id): At<Uuid>,
) -> Answer<Json<Full>> {
    Ok(Json(app.verifications.get(&caller, Id::from_uuid(id)).await?.into()))
}

/// Which verifications.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Only those of this number, in any spelling; a plus is `%2B` in an address.
    number: Option<String>,
    /// Where the number was written, for national spellings.
    region: Option<String>,
    /// Only those in this state. States change by time alone, so such a page may have fewer items than its limit and yet a next page.
    state: Option<String>,
    /// Number of items wanted, 1 to 200; 50 if not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl Wanted {
    fn filter(&self) -> Result<Filter, Fault> {
        let number = reading::wanted_number(self.number.as_deref(), self.region.as_deref())?;
        let state = self.state.as_deref().map(str::parse).transpose()?;
        Ok(Filter { number, state })
    }
}

/// List verifications, the newest first.
#[utoipa::path(get, path = "/verifications", tag = "verifications", params(Wanted), security(("key" = ["verifications:read"])), responses(
    (status = 200, description = "A page of verifications.", body = PageOf<Full>),
))]
pub(crate) async fn list(
    caller: ReadsVerifications,
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<PageOf<Full>>> {
    let filter = wanted.filter()?;
    let page = Paging { limit: wanted.limit, after: wanted.after }.by::<Uuid>()?;
    Ok(Json(PageOf::of(app.verifications.list(&caller, filter, &page).await?, Full::from)))
}
