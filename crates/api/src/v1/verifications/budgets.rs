//! Where codes go, what they cost and what comes back.

use app::App;
use axum::{Json, extract::State};
use identity::verification::figures::PartNow;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{caller::ReadsVerifications, problem::Answer};

/// A part of the world, today. Money is in millionths of the currency's unit.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Destination {
    /// The country, or the calling code of no country.
    #[schema(example = "FI")]
    part: String,
    /// Codes sent today, in UTC.
    sends: i64,
    /// Sends that were refused.
    refused: i64,
    /// Sends that went out although budgets would have refused them, in shadow mode.
    would_be_refused: i64,
    approved: i64,
    cost_micros: i64,
    day_micros_max: i64,
    /// Whether sends to numbers that never succeeded are stopped, because hardly any comes back.
    stopped: bool,
}

impl From<PartNow> for Destination {
    fn from(now: PartNow) -> Self {
        Self {
            part: now.part,
            sends: now.today.sends,
            refused: now.today.refused,
            would_be_refused: now.today.would_be_refused,
            approved: now.today.approved,
            cost_micros: now.today.cost_micros,
            day_micros_max: now.day_micros_max,
            stopped: now.is_stopped,
        }
    }
}

/// Limits and budgets as they stand.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Destinations {
    #[schema(example = "EUR")]
    currency: String,
    /// Whether budgets only note what they would refuse.
    shadow: bool,
    destinations: Vec<Destination>,
}

/// See where codes go today, what they cost, and where sending is stopped.
#[utoipa::path(get, path = "/verifications/destinations", tag = "verifications", security(("key" = ["verifications:read"])), responses(
    (status = 200, description = "Every country that codes were asked for.", body = Destinations),
))]
pub(crate) async fn destinations(
    caller: ReadsVerifications,
    State(app): State<App>,
) -> Answer<Json<Destinations>> {
    let parts = app.verifications.parts(&caller).await?;
    let budgets = &app.verifications.settings().budgets;
    Ok(Json(Destinations {
        currency: budgets.currency.clone(),
        shadow: budgets.shadow,
        destinations: parts.into_iter().map(Destination::from).collect(),
    }))
}
