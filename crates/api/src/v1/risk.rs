//! Assessments of risk: what is known of a number and of whoever uses it, what the rules decide, and why.

mod rules;

use app::App;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base::{Fault, Id, Secret};
use risk::{Assessment, Filter, Found, PhoneCode, Question, Reason, Settings};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::shapes::{IdParam, Moment, PageOf};
use crate::{
    Doors,
    caller::{AssessesRisk, ReadsRisk},
    problem::Answer,
    reading::{self, At, Body, Paging, Query},
};

pub(crate) fn router() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .routes(routes!(assess, list))
        .routes(routes!(get))
        .routes(routes!(rules::get, rules::put))
        .routes(routes!(rules::dry_run))
}

/// Who is at the shop's own door, as far as the shop knows.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
struct AskedBy {
    /// An id that the shop keeps in the device.
    device: Option<String>,
    /// The visitor's address on the network. Send what your server saw, never a header that a visitor can write.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
}

/// What the phone that asks got from its own operator over its mobile connection, for number verification.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FromPhone {
    /// The authorization code; it serves once.
    code: String,
    /// Where it was sent to.
    redirect_uri: String,
}

/// What is to be assessed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAssessment, example = json!({"number": "040 123 4567", "region": "FI", "purpose": "order", "visitor": {"device": "d-4711", "address": "203.0.113.7"}, "deliver_to": "Mannerheimintie 5, 00100 Helsinki"}))]
pub(crate) struct Asked {
    /// Any spelling.
    number: String,
    /// Where the number was written, for national spellings.
    region: Option<String>,
    /// `sign_up`, `sign_in`, `second_factor`, `step_up`, `recovery`, `number_change`, `order`, `payment`, `delivery_handover` or `caller_check`.
    #[schema(example = "order")]
    purpose: String,
    /// Over which channel a code is to go, if one is: `sms`, `voice` or `whatsapp`.
    channel: Option<String>,
    #[serde(default)]
    visitor: AskedBy,
    /// Where something is to be sent. It is not kept; only how often the place is asked about is counted.
    deliver_to: Option<String>,
    /// Since when the shop knows the number's holder: the operator is asked whether it has another one since.
    known_since: Option<Moment>,
    phone: Option<FromPhone>,
}

impl Asked {
    fn question(self) -> Result<Question, Fault> {
        let region = reading::region(self.region.as_deref())?;
        let malformed =
            |_| Fault::invalid("field_malformed", "An address is of IPv4 or IPv6.").field("visitor.address");
        let network = self.visitor.address.as_deref().map(|text| text.trim().parse().map_err(malformed));
        let phone =
            |phone: FromPhone| PhoneCode { code: Secret::new(phone.code), redirect_uri: phone.redirect_uri };
        Ok(Question {
            number: reading::number(&self.number, region, "number")?.number,
            purpose: self.purpose.parse()?,
            channel: self.channel.as_deref().map(str::parse).transpose()?,
            network: network.transpose()?,
            device: self.visitor.device,
            address: self.deliver_to,
            known_since: self.known_since.map(|moment| moment.0),
            phone: self.phone.map(phone),
        })
    }
}

/// A signal and what was found.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = Finding)]
struct Signalled {
    #[schema(example = "sim_swapped")]
    signal: &'static str,
    #[schema(example = "SIM swapped lately")]
    words: &'static str,
    /// `yes`, `no` or `unknown`. Nothing is decided by what is unknown.
    #[schema(example = "yes")]
    finding: &'static str,
    /// Why it is unknown: `not_configured`, `not_asked`, `not_given`, `nothing_known`, `timed_out`, `cannot_say` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_words: Option<&'static str>,
    /// When it happened, where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    happened_at: Option<Moment>,
    /// When it was found out; answers of operators serve again for a while.
    asked_at: Moment,
}

impl From<&Found> for Signalled {
    fn from(found: &Found) -> Self {
        let why = found.finding.why();
        Self {
            signal: found.signal.code(),
            words: found.signal.in_words(),
            finding: found.finding.code(),
            why: why.map(|why| why.code()),
            why_words: why.map(|why| why.in_words()),
            happened_at: found.happened_at.map(Moment),
            asked_at: found.asked_at.into(),
        }
    }
}

/// A rule that held.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = RiskReason)]
pub(super) struct Because {
    /// The rule's name.
    #[schema(example = "sim_swapped_takeover")]
    rule: String,
    /// For staff; whoever asked must not learn it.
    #[schema(example = "The SIM was swapped lately.")]
    words: String,
    /// What follows from it alone.
    #[schema(example = "review")]
    decision: &'static str,
    score: u32,
    /// What it goes by.
    signals: Vec<&'static str>,
}

impl From<&Reason> for Because {
    fn from(reason: &Reason) -> Self {
        Self {
            rule: reason.rule.clone(),
            words: reason.words.clone(),
            decision: reason.decision.code(),
            score: reason.score,
            signals: reason.signals.iter().map(|signal| signal.code()).collect(),
        }
    }
}

/// What was found and what was decided.
#[derive(Serialize, ToSchema, Debug)]
#[schema(as = Assessment)]
pub(crate) struct Shown {
    id: Uuid,
    /// Masked; absent once its holder was erased.
    #[schema(example = "+358••••••567")]
    number: Option<String>,
    #[schema(example = "order")]
    purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    /// `allow`, `challenge` (ask for another proof), `review` (wait, and look at it) or `deny`.
    #[schema(example = "review")]
    decision: &'static str,
    score: u32,
    /// The strictest first.
    reasons: Vec<Because>,
    /// One of each signal.
    findings: Vec<Signalled>,
    /// When it is worth asking again, where something has to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_until: Option<Moment>,
    /// By which rules; 0 for those that come with the program.
    rules_version: i64,
    actor: String,
    created_at: Moment,
}

impl Shown {
    fn of(one: &Assessment, settings: &Settings) -> Self {
        Self {
            id: one.id.uuid(),
            number: one.number.map(|number| number.mask()),
            purpose: one.purpose.code(),
            channel: one.channel.map(|channel| channel.code()),
            decision: one.decision.code(),
            score: one.score,
            reasons: one.reasons.iter().map(Because::from).collect(),
            findings: one.findings.iter().map(Signalled::from).collect(),
            waits_until: one.worth_asking_at(settings).map(Moment),
            rules_version: one.rules_version,
            actor: one.actor.clone(),
            created_at: one.created_at.into(),
        }
    }
}

/// Assess a number. Operators are asked where a rule goes by what they know, and nobody is waited for longer than a moment.
#[utoipa::path(post, path = "/assessments", tag = "risk", request_body = Asked, security(("key" = ["risk:assess"])), responses(
    (status = 201, description = "The assessment.", body = Shown, headers(("Location" = String, description = "The assessment's address."))),
))]
pub(crate) async fn assess(
    caller: AssessesRisk,
    State(app): State<App>,
    Body(asked): Body<Asked>,
) -> Answer<Response> {
    let assessment = app.risk.assess(&caller, asked.question()?).await?;
    let location = [(header::LOCATION, format!("/v1/assessments/{}", assessment.id))];
    Ok((StatusCode::CREATED, location, Json(Shown::of(&assessment, app.risk.settings()))).into_response())
}

/// See an assessment.
#[utoipa::path(get, path = "/assessments/{id}", tag = "risk", params(IdParam), security(("key" = ["risk:read"])), responses(
    (status = 200, description = "The assessment.", body = Shown),
))]
pub(crate) async fn get(caller: ReadsRisk, State(app): State<App>, At(id): At<Uuid>) -> Answer<Json<Shown>> {
    let assessment = app.risk.get(&caller, Id::from_uuid(id)).await?;
    Ok(Json(Shown::of(&assessment, app.risk.settings())))
}

/// Which assessments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Only those of this number, in any spelling; a plus is `%2B` in an address.
    number: Option<String>,
    /// Where the number was written, for national spellings.
    region: Option<String>,
    /// Only those that were decided so: `allow`, `challenge`, `review` or `deny`.
    decision: Option<String>,
    /// Number of items wanted, 1 to 200; 50 if not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl Wanted {
    fn filter(&self) -> Result<Filter, Fault> {
        let number = reading::wanted_number(self.number.as_deref(), self.region.as_deref())?;
        let decision = self.decision.as_deref().map(str::parse).transpose()?;
        Ok(Filter { number, decision })
    }
}

/// List assessments, the newest first. They are kept for 90 days.
#[utoipa::path(get, path = "/assessments", tag = "risk", params(Wanted), security(("key" = ["risk:read"])), responses(
    (status = 200, description = "A page of assessments.", body = PageOf<Shown>),
))]
pub(crate) async fn list(
    caller: ReadsRisk,
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<PageOf<Shown>>> {
    let filter = wanted.filter()?;
    let page = Paging { limit: wanted.limit, after: wanted.after }.by::<Uuid>()?;
    let found = app.risk.list(&caller, filter, &page).await?;
    Ok(Json(PageOf::of(found, |one| Shown::of(&one, app.risk.settings()))))
}
