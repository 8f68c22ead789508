//! The audit trail: who did what to whom and why, and the proof that nobody changed it.

use app::App;
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::shapes::{Moment, PageOf};
use crate::{
    caller::ReadsAudit,
    problem::Answer,
    reading::{Paging, Query},
};

/// An entry of the trail.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Entry {
    /// 1, 2, 3 … a shop, without gaps.
    #[schema(minimum = 1)]
    seq: i64,
    at: Moment,
    actor: String,
    #[schema(example = "customers.merge")]
    action: String,
    /// Kind and id of what was acted on.
    #[schema(example = "customer:018df0f4-9d3c-7a63-8f1a-5b5d8e3c7a10")]
    subject: String,
    customer: Option<Uuid>,
    reason: String,
    /// Identifiers and counts, never personal data.
    #[schema(value_type = Object)]
    details: serde_json::Value,
}

impl From<db::audit::Recorded> for Entry {
    fn from(entry: db::audit::Recorded) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.into(),
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
            customer: entry.customer,
            reason: entry.reason,
            details: entry.details,
        }
    }
}

/// What a walk over the whole chain found.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Verified {
    entries: i64,
    /// The last hash, in hexadecimal digits: keep it elsewhere, and a tail that was cut off shows.
    head: String,
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// An action or its beginning: `customers.merge`, or `customers.` for whatever was done to customers.
    #[param(example = "customers.reveal")]
    action: Option<String>,
    /// A part of the actor, in letters of either case: a name, an id, or `staff:`.
    #[param(example = "staff:")]
    actor: Option<String>,
    /// Number of items wanted, 1 to 200; 50 if not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The trail of the shop, newest first. With a wish, a page looks at 20,000 entries at most: it may be short, or empty, and yet have a next one.
#[utoipa::path(get, path = "/audit", tag = "audit", params(Wanted), security(("key" = ["audit:read"])), responses(
    (status = 200, description = "A page of entries.", body = PageOf<Entry>),
))]
pub(crate) async fn list(
    caller: ReadsAudit,
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<PageOf<Entry>>> {
    let paging = Paging { limit: wanted.limit, after: wanted.after }.by::<i64>()?;
    let sought = db::audit::Sought {
        customer: None,
        action: wanted.action.unwrap_or_default(),
        actor: wanted.actor.unwrap_or_default(),
    };
    let page = db::audit::find(&app.db, caller.shop, sought, &paging).await?;
    Ok(Json(PageOf::of(page, Entry::from)))
}

/// Walk the whole chain and prove every hash.
#[utoipa::path(get, path = "/audit/verify", tag = "audit", security(("key" = ["audit:read"])), responses(
    (status = 200, description = "It holds.", body = Verified),
    (status = 409, description = "It does not hold; `seq` names the first entry at fault.", body = crate::problem::ProblemBody<'static>,
        content_type = "application/problem+json"),
))]
pub(crate) async fn verify(caller: ReadsAudit, State(app): State<App>) -> Answer<Json<Verified>> {
    let found = db::audit::verify(&app.db, caller.shop, &app.vault.indexes(caller.shop)).await?;
    Ok(Json(Verified { entries: found.entries, head: found.head }))
}
