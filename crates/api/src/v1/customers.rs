//! Customers: register, find, look at whole; their numbers, orders, timeline, and why their records are theirs.

mod acts;
mod register;
mod timeline;

use app::App;
use axum::{Json, extract::State};
use base::{Id, PageRequest};
use customers::{Customer, CustomerView, PersonaView, Query as Search};
use history::Totals;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    acts::Act,
    audit::Entry,
    orders::{OrderAnswer, SourceName, with_lines},
    shapes::{Amount, CustomerSummary, IdParam, Moment, Observation, PageOf, Tenure, observations},
};
use crate::{
    Doors,
    caller::{ReadsAudit, ReadsCustomers},
    problem::Answer,
    reading::{self, At, Paging, Query},
};

pub(crate) fn router() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .routes(routes!(find))
        .routes(routes!(register::register))
        .routes(routes!(get))
        .routes(routes!(tenures))
        .routes(routes!(orders))
        .routes(routes!(timeline::timeline))
        .routes(routes!(why))
        .routes(routes!(acts_of))
        .routes(routes!(audit_of))
        .routes(routes!(acts::merge))
        .routes(routes!(acts::split))
        .routes(routes!(acts::change_number))
        .routes(routes!(acts::reveal))
        .routes(routes!(acts::erase))
}

/// Search by one thing, or page through all.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Find {
    /// Any spelling; a plus is `%2B` in an address.
    number: Option<String>,
    /// Where the number was written, for national spellings.
    #[param(example = "FI")]
    region: Option<String>,
    email: Option<String>,
    /// Words of the name; all must occur.
    name: Option<String>,
    loyalty_id: Option<String>,
    /// Number of items wanted, 1 to 200; 50 if not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl Find {
    /// What is searched for; nothing means all.
    fn search(&self) -> Result<Option<Search>, base::Fault> {
        let number = reading::wanted_number(self.number.as_deref(), self.region.as_deref())?;
        let searches = [
            number.map(Search::Number),
            self.email.clone().map(Search::Email),
            self.name.clone().map(Search::Name),
            self.loyalty_id.clone().map(Search::Loyalty),
        ];
        let mut searches = searches.into_iter().flatten();
        match (searches.next(), searches.next()) {
            (search, None) => Ok(search),
            _ => Err(base::Fault::invalid(
                "search_ambiguous",
                "Search by one of number, email, name or loyalty_id.",
            )),
        }
    }
}

/// Find customers by number, e-mail address, name or loyalty id, best known first; without any, list all by id.
#[utoipa::path(get, path = "/customers", tag = "customers", params(Find), security(("key" = ["customers:read"])), responses(
    (status = 200, description = "Those who were found.", body = PageOf<CustomerSummary>),
))]
pub(crate) async fn find(
    caller: ReadsCustomers,
    State(app): State<App>,
    Query(find): Query<Find>,
) -> Answer<Json<PageOf<CustomerSummary>>> {
    let search = find.search()?;
    let paging = Paging { limit: find.limit, after: find.after };
    let found = match search {
        Some(search) => searched(&app, &caller, search, &paging.by::<usize>()?).await?,
        None => app.customers.list(&caller, &paging.by::<Uuid>()?).await?,
    };
    Ok(Json(PageOf::of(found, CustomerSummary::from)))
}

/// A page of those who were found. Its cursor is how many came before.
async fn searched(
    app: &App,
    cx: &base::Context,
    search: Search,
    page: &base::PageRequest,
) -> Result<base::Page<customers::Summary>, base::Fault> {
    let before: usize = page.after_key().unwrap_or(0);
    let until = before.saturating_add(page.limit);
    let mut found = app.customers.search(cx, search, until.saturating_add(1)).await?;
    found.drain(..before.min(found.len()));
    Ok(base::Page::of(found, page.limit, |_| until.to_string()))
}

/// Orders of one source.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct OfSource {
    source: SourceName,
    orders: u64,
}

/// Sums over a customer's orders.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct TotalsAnswer {
    orders: u64,
    /// One for each currency.
    spent: Vec<Amount>,
    by_source: Vec<OfSource>,
}

impl From<Totals> for TotalsAnswer {
    fn from(totals: Totals) -> Self {
        let by_source = totals.orders_by_source.into_iter();
        Self {
            orders: totals.orders,
            spent: totals.spent.into_iter().map(Amount::from).collect(),
            by_source: by_source.map(|(source, orders)| OfSource { source: source.into(), orders }).collect(),
        }
    }
}

/// A customer with numbers and sums.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct CustomerAnswer {
    #[serde(flatten)]
    customer: CustomerSummary,
    /// Numbers held, oldest first.
    tenures: Vec<Tenure>,
    totals: TotalsAnswer,
}

/// One customer, details masked. An id that was given out earlier and has become part of another customer finds that one; mind the answer's `id`.
#[utoipa::path(get, path = "/customers/{id}", tag = "customers", params(IdParam), security(("key" = ["customers:read"])), responses(
    (status = 200, description = "The customer.", body = CustomerAnswer),
))]
pub(crate) async fn get(
    caller: ReadsCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
) -> Answer<Json<CustomerAnswer>> {
    let CustomerView { summary, tenures, personas } = app.customers.get(&caller, id).await?;
    let totals = app.history.totals(&personas).await?.into();
    let tenures = tenures.into_iter().map(Tenure::from).collect();
    Ok(Json(CustomerAnswer { customer: summary.into(), tenures, totals }))
}

/// All of a short list.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct ListOf<T: ToSchema> {
    /// The current id of the customer.
    customer: Uuid,
    items: Vec<T>,
}

/// The numbers that a customer held and holds, oldest first, with the evidence.
#[utoipa::path(get, path = "/customers/{id}/tenures", tag = "customers", params(IdParam), security(("key" = ["customers:read"])), responses(
    (status = 200, description = "The tenures.", body = ListOf<Tenure>),
))]
pub(crate) async fn tenures(
    caller: ReadsCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
) -> Answer<Json<ListOf<Tenure>>> {
    let view = app.customers.get(&caller, id).await?;
    Ok(Json(ListOf {
        customer: view.summary.id.uuid(),
        items: view.tenures.into_iter().map(Tenure::from).collect(),
    }))
}

/// A customer's orders from all sources with their lines, newest first.
#[utoipa::path(get, path = "/customers/{id}/orders", tag = "customers", params(IdParam, Paging), security(("key" = ["customers:read"])),
    responses((status = 200, description = "A page of orders.", body = PageOf<OrderAnswer>)))]
pub(crate) async fn orders(
    caller: ReadsCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
    Query(paging): Query<Paging>,
) -> Answer<Json<PageOf<OrderAnswer>>> {
    let page = paging.by_two::<i64, usize>()?;
    let view = app.customers.get(&caller, id).await?;
    let found = app.history.of_customer(&caller, &view.personas, &page).await?;
    let items = with_lines(&app, &caller, view.summary.id, found.items).await?;
    Ok(Json(PageOf { items, next: found.next.map(|cursor| cursor.0) }))
}

/// A record of a customer as a source wrote it (number and e-mail address masked), and why it is theirs.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Record {
    /// `split` takes it as `persona`.
    persona: Uuid,
    #[schema(example = "+358••••••567")]
    number: Option<String>,
    name: Option<String>,
    #[schema(example = "a•••@e•••.fi")]
    email: Option<String>,
    country: Option<String>,
    recorded_at: Moment,
    /// Which of its orders are theirs: those from here …
    from: Option<Moment>,
    /// … until before here. Absent where all are.
    until: Option<Moment>,
    /// The rule that linked it: `founder`, `number`, `number_only`, `time`, `contact` or `act`.
    #[schema(example = "number")]
    rule: Option<&'static str>,
    evidence: Vec<Observation>,
}

impl From<PersonaView> for Record {
    fn from(persona: PersonaView) -> Self {
        let details = persona.identity.details;
        Self {
            persona: persona.id.uuid(),
            number: persona.identity.number.map(numbering::PhoneNumber::mask),
            name: details.name,
            email: details.email.as_deref().map(customers::mask_email),
            country: details.country,
            recorded_at: persona.recorded_at.into(),
            from: persona.from.map(Moment),
            until: persona.until.map(Moment),
            rule: persona.rule.map(customers::linking::Rule::code),
            evidence: observations(persona.evidence),
        }
    }
}

/// Why these records are one person: each with its evidence, in words and weights.
#[utoipa::path(get, path = "/customers/{id}/why", tag = "customers", params(IdParam), security(("key" = ["customers:read"])), responses(
    (status = 200, description = "The records.", body = ListOf<Record>),
))]
pub(crate) async fn why(
    caller: ReadsCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
) -> Answer<Json<ListOf<Record>>> {
    let view = app.customers.get(&caller, id).await?;
    Ok(Json(ListOf {
        customer: view.summary.id.uuid(),
        items: view.personas.into_iter().map(Record::from).collect(),
    }))
}

/// The acts that touch a customer, newest first.
#[utoipa::path(get, path = "/customers/{id}/acts", tag = "customers", params(IdParam), security(("key" = ["customers:read"])), responses(
    (status = 200, description = "The acts.", body = ListOf<Act>),
))]
pub(crate) async fn acts_of(
    caller: ReadsCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
) -> Answer<Json<ListOf<Act>>> {
    let view = app.customers.get(&caller, id).await?;
    let acts = app.customers.acts_of(&caller, view.summary.id).await?;
    Ok(Json(ListOf { customer: view.summary.id.uuid(), items: acts.into_iter().map(Act::from).collect() }))
}

/// What was done to a customer, and who looked, newest first. An erased customer's id still answers.
#[utoipa::path(get, path = "/customers/{id}/audit", tag = "customers", params(IdParam, Paging), security(("key" = ["audit:read"])),
    responses((status = 200, description = "A page of entries.", body = PageOf<Entry>)))]
pub(crate) async fn audit_of(
    caller: ReadsAudit,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
    Query(paging): Query<Paging>,
) -> Answer<Json<PageOf<Entry>>> {
    let page: PageRequest = paging.by::<i64>()?;
    let entries = app.customers.audit_of(&caller, id, &page).await?;
    if entries.items.is_empty() && page.after.is_none() {
        app.customers.get(&caller, id).await?;
    }
    Ok(Json(PageOf::of(entries, Entry::from)))
}
