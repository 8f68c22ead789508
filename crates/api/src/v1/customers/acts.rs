//! What may be done to a customer, each with a reason: merge, split, change of number, reveal, erase.

use app::App;
use axum::{Json, extract::State, http::StatusCode};
use base::Id;
use customers::{Customer, CustomerView, Persona, identity::Identity, linking::Moved};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::shapes::{Because, IdParam, Moment};
use crate::{
    caller::{ErasesCustomers, RevealsCustomers, WritesCustomers},
    problem::Answer,
    reading::{self, At, Body},
};

/// An act just done, and the customer that it left or made.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct DoneTo {
    /// `POST /v1/acts/{id}/undo` takes it back.
    act: Uuid,
    customer: Uuid,
}

/// With whom, and why.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merge {
    /// The other customer.
    #[schema(value_type = Uuid)]
    other: Id<Customer>,
    /// At most 500 characters; kept in the audit trail.
    #[schema(example = "Asked at the till: both cards are hers.", min_length = 1, max_length = 500)]
    reason: String,
}

/// Say that two customers are one person.
#[utoipa::path(post, path = "/customers/{id}/merge", tag = "customers", params(IdParam), request_body = Merge,
    security(("key" = ["customers:write"])), responses(
    (status = 200, description = "They are one; `customer` is the one that remains.", body = DoneTo),
))]
pub(crate) async fn merge(
    caller: WritesCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
    Body(merge): Body<Merge>,
) -> Answer<Json<DoneTo>> {
    let (act, customer) = app.customers.merge(&caller, id, merge.other, &merge.reason).await?;
    Ok(Json(DoneTo { act: act.uuid(), customer: customer.uuid() }))
}

/// A record, or its orders in a range of time.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// From `GET /v1/customers/{id}/why`.
    #[schema(value_type = Uuid)]
    persona: Id<Persona>,
    /// Only orders from here …
    from: Option<Moment>,
    /// … until before here.
    until: Option<Moment>,
}

impl From<Part> for Moved {
    fn from(part: Part) -> Self {
        Self { persona: part.persona, from: part.from.map(|at| at.0), until: part.until.map(|at| at.0) }
    }
}

/// Which records are another person's, and why.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Split {
    #[schema(min_items = 1)]
    personas: Vec<Part>,
    /// At most 500 characters; kept in the audit trail.
    #[schema(example = "These orders are her brother's.", min_length = 1, max_length = 500)]
    reason: String,
}

/// Say that some records of a customer are another person's.
#[utoipa::path(post, path = "/customers/{id}/split", tag = "customers", params(IdParam), request_body = Split,
    security(("key" = ["customers:write"])), responses(
    (status = 200, description = "They are two; `customer` is the new one.", body = DoneTo),
))]
pub(crate) async fn split(
    caller: WritesCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
    Body(split): Body<Split>,
) -> Answer<Json<DoneTo>> {
    let moved = split.personas.into_iter().map(Moved::from).collect();
    let (act, customer) = app.customers.split(&caller, id, moved, &split.reason).await?;
    Ok(Json(DoneTo { act: act.uuid(), customer: customer.uuid() }))
}

/// From which number to which, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "040 123 4567", "to": "050 765 4321", "region": "FI", "reason": "New contract."}))]
pub(crate) struct ChangeNumber {
    /// The number that the customer holds now, in any spelling.
    from: String,
    /// The number from now on, in any spelling.
    to: String,
    /// Where the numbers were written, for national spellings.
    region: Option<String>,
    /// At most 500 characters; kept in the audit trail.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Record that a customer left a number and is reached over another. Orders, points and history stay.
#[utoipa::path(post, path = "/customers/{id}/change-number", tag = "customers", params(IdParam), request_body = ChangeNumber,
    security(("key" = ["customers:write"])), responses(
    (status = 200, description = "It is recorded; the old tenure is closed, a new one is open.", body = DoneTo),
))]
pub(crate) async fn change_number(
    caller: WritesCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
    Body(change): Body<ChangeNumber>,
) -> Answer<Json<DoneTo>> {
    let region = reading::region(change.region.as_deref())?;
    let from = reading::number(&change.from, region, "from")?.number;
    let to = reading::possible_number(&change.to, region, "to")?.number;
    let act = app.customers.change_number(&caller, id, from, to, &change.reason).await?;
    let customer = app.customers.get(&caller, id).await?.summary.id;
    Ok(Json(DoneTo { act: act.uuid(), customer: customer.uuid() }))
}

/// Details in the clear.
#[derive(Serialize, ToSchema)]
pub(crate) struct Clear {
    #[schema(example = "+358401234567")]
    number: Option<String>,
    name: Option<String>,
    email: Option<String>,
    address: Option<String>,
    postcode: Option<String>,
    country: Option<String>,
    loyalty_id: Option<String>,
    device_id: Option<String>,
}

impl From<Identity> for Clear {
    fn from(identity: Identity) -> Self {
        let details = identity.details;
        Self {
            number: identity.number.map(|number| number.e164().to_string()),
            name: details.name,
            email: details.email,
            address: details.address,
            postcode: details.postcode,
            country: details.country,
            loyalty_id: details.loyalty_id,
            device_id: details.device_id,
        }
    }
}

/// A number held, in the clear.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClearTenure {
    #[schema(example = "+358401234567")]
    number: Option<String>,
    from: Moment,
    /// Absent while it lasts.
    until: Option<Moment>,
}

/// A record in the clear.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClearRecord {
    persona: Uuid,
    #[serde(flatten)]
    details: Clear,
}

/// A customer in the clear.
#[derive(Serialize, ToSchema)]
pub(crate) struct Revealed {
    id: Uuid,
    /// As the fullest record has them.
    details: Clear,
    tenures: Vec<ClearTenure>,
    /// Every record as its source wrote it.
    records: Vec<ClearRecord>,
}

impl From<CustomerView> for Revealed {
    fn from(view: CustomerView) -> Self {
        let tenures = view.tenures.into_iter().map(|tenure| ClearTenure {
            number: tenure.number.map(|number| number.e164().to_string()),
            from: tenure.from.into(),
            until: tenure.until.map(Moment),
        });
        let records = view.personas.into_iter();
        Self {
            id: view.summary.id.uuid(),
            details: view.summary.identity.into(),
            tenures: tenures.collect(),
            records: records
                .map(|persona| ClearRecord { persona: persona.id.uuid(), details: persona.identity.into() })
                .collect(),
        }
    }
}

/// See a customer's details in the clear. The audit trail keeps who looked and why.
#[utoipa::path(post, path = "/customers/{id}/reveal", tag = "customers", params(IdParam), request_body = Because,
    security(("key" = ["customers:reveal"])), responses(
    (status = 200, description = "Everything that is known.", body = Revealed),
))]
pub(crate) async fn reveal(
    caller: RevealsCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
    Body(because): Body<Because>,
) -> Answer<Json<Revealed>> {
    Ok(Json(app.customers.reveal(&caller, id, &because.reason).await?.into()))
}

/// Destroy what is known of a customer. Their orders stay, for the books, as nobody's. This cannot be undone.
#[utoipa::path(post, path = "/customers/{id}/erase", tag = "customers", params(IdParam), request_body = Because,
    security(("key" = ["customers:erase"])), responses(
    (status = 204, description = "The keys are destroyed; nobody can read the details any more."),
))]
pub(crate) async fn erase(
    caller: ErasesCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
    Body(because): Body<Because>,
) -> Answer<StatusCode> {
    app.erase(&caller, id, &because.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
