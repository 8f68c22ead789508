//! Acts: what was said about who is who, and taking it back.

use app::App;
use axum::{Json, extract::State};
use base::Id;
use customers::{Recorded, linking};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::shapes::{Because, IdParam, Moment, PageOf};
use crate::{
    caller::{ReadsCustomers, WritesCustomers},
    problem::Answer,
    reading::{At, Body, Paging, Query},
};

/// An act as it stands in the log.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Act {
    pub id: Uuid,
    /// `merge`, `split`, `change_number`, `keep` or `undo`.
    #[schema(example = "merge")]
    pub kind: String,
    pub at: Moment,
    /// Who did it: kind, id and name.
    #[schema(example = "key:018df0f4-9d3c-7a63-8f1a-5b5d8e3c7a10 (till)")]
    pub actor: String,
    pub reason: String,
    /// Whom it was done to, as known then.
    pub customer: Uuid,
    /// The other customer, where there is one.
    pub other: Option<Uuid>,
    /// The act that this one takes back.
    pub undoes: Option<Uuid>,
    /// The act that took this one back.
    pub undone_by: Option<Uuid>,
}

impl From<Recorded> for Act {
    fn from(act: Recorded) -> Self {
        Self {
            id: act.id.uuid(),
            kind: act.kind,
            at: act.at.into(),
            actor: act.actor,
            reason: act.reason,
            customer: act.customer,
            other: act.other,
            undoes: act.undoes.map(Id::uuid),
            undone_by: act.undone_by.map(Id::uuid),
        }
    }
}

/// An act just done.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Done {
    /// Its id: `POST /v1/acts/{id}/undo` takes it back.
    pub act: Uuid,
}

/// The acts of the shop, newest first.
#[utoipa::path(get, path = "/acts", tag = "acts", params(Paging), security(("key" = ["customers:read"])), responses(
    (status = 200, description = "A page of acts.", body = PageOf<Act>),
))]
pub(crate) async fn list(
    caller: ReadsCustomers,
    State(app): State<App>,
    Query(paging): Query<Paging>,
) -> Answer<Json<PageOf<Act>>> {
    let page = app.customers.acts(&caller, &paging.by::<Uuid>()?).await?;
    Ok(Json(PageOf::of(page, Act::from)))
}

/// Take an act back. Refused while a later act stands on it; the problem's `blocking_act` names that one.
#[utoipa::path(post, path = "/acts/{id}/undo", tag = "acts", params(IdParam), request_body = Because,
    security(("key" = ["customers:write"])), responses(
    (status = 200, description = "It is as if the act had not been done. The answer names the undo.", body = Done),
))]
pub(crate) async fn undo(
    caller: WritesCustomers,
    State(app): State<App>,
    At(id): At<Id<linking::Act>>,
    Body(because): Body<Because>,
) -> Answer<Json<Done>> {
    let act = app.customers.undo(&caller, id, &because.reason).await?;
    Ok(Json(Done { act: act.uuid() }))
}
