//! Figures of the shop: how many customers, what its numbers are like, what was ordered by day.

use app::App;
use axum::{Json, extract::State};
use base::{Fault, Timestamp};
use customers::Counts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{orders::SourceName, shapes::Amount};
use crate::{
    caller::{ReadsCustomers, ReadsOrders},
    problem::Answer,
    reading::Query,
};

/// How many there are.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct CountsAnswer {
    customers: u64,
    numbers_single: u64,
    numbers_shared: u64,
    numbers_recycled: u64,
    numbers_generic: u64,
    reviews_open: u64,
    /// Numbers whose records changed since they were last linked: above zero only while an import runs.
    unlinked: u64,
}

impl From<Counts> for CountsAnswer {
    fn from(counts: Counts) -> Self {
        Self {
            customers: counts.customers,
            numbers_single: counts.numbers_single,
            numbers_shared: counts.numbers_shared,
            numbers_recycled: counts.numbers_recycled,
            numbers_generic: counts.numbers_generic,
            reviews_open: counts.reviews_open,
            unlinked: counts.unlinked,
        }
    }
}

/// The figures of the shop.
#[utoipa::path(get, path = "/counts", tag = "counts", security(("key" = ["customers:read"])), responses(
    (status = 200, description = "How many there are.", body = CountsAnswer),
))]
pub(crate) async fn counts(caller: ReadsCustomers, State(app): State<App>) -> Answer<Json<CountsAnswer>> {
    Ok(Json(app.customers.counts(&caller).await?.into()))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// The first day; 90 days ago if not given. At most 3660 days from it on are shown.
    #[param(example = "2024-02-29", format = Date)]
    from: Option<String>,
}

/// Orders of one day, source and currency.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Day {
    #[schema(format = Date, example = "2024-02-29")]
    day: String,
    source: SourceName,
    orders: u64,
    lines: u64,
    /// Absent where the source gave no amounts.
    amount: Option<Amount>,
}

/// What was ordered, by day, source and currency.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Days {
    items: Vec<Day>,
}

const DAYS_DEFAULT: i64 = 90;
const DAYS_MAX: i64 = 3660;

/// What was ordered, by day (UTC), source and currency; oldest first.
#[utoipa::path(get, path = "/days", tag = "counts", params(Since), security(("key" = ["orders:read"])), responses(
    (status = 200, description = "One item for each day, source and currency with orders.", body = Days),
))]
pub(crate) async fn days(
    caller: ReadsOrders,
    State(app): State<App>,
    Query(since): Query<Since>,
) -> Answer<Json<Days>> {
    let from = start(since.from.as_deref(), caller.now())?;
    let days = app.history.days(caller.shop, from).await?;
    Ok(Json(Days {
        items: days.into_iter().filter(|total| total.day < from.day() + DAYS_MAX).map(day).collect(),
    }))
}

fn start(from: Option<&str>, now: Timestamp) -> Result<Timestamp, Fault> {
    let malformed = || Fault::invalid("date_malformed", "A date is written as 2024-02-29.").field("from");
    match from {
        None => Ok(now.plus_micros(-DAYS_DEFAULT * Timestamp::DAY)),
        Some(date) if date.len() == 10 => format!("{date}T00:00:00Z").parse().map_err(|_| malformed()),
        Some(_) => Err(malformed()),
    }
}

fn day(total: history::DayTotal) -> Day {
    Day {
        day: Timestamp::from_micros(total.day * Timestamp::DAY).date(),
        source: total.source.into(),
        orders: total.orders,
        lines: total.lines,
        amount: total.currency.map(|currency| base::Money::of(total.amount, currency).into()),
    }
}
