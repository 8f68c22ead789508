//! Reviews: two sides that may be one person or two, and a person's decision.

use app::App;
use axum::{Json, extract::State};
use base::Id;
use customers::{Decision, Persona, ReviewView, linking::ReviewKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    acts::Done,
    customers::Record,
    shapes::{CustomerSummary, Observation, PageOf, observations},
};
use crate::{
    caller::{ReadsReviews, WritesReviews},
    problem::Answer,
    reading::{At, Body, Paging, Query},
};

/// What is in doubt.
#[derive(Clone, Copy, Serialize, ToSchema, Debug)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReviewKind)]
#[allow(clippy::enum_variant_names)] // the names that callers read
pub(crate) enum Doubt {
    /// Two customers who may be one person.
    PossibleMerge,
    /// Records of one customer that may be of two people.
    PossibleSplit,
    /// Records of one customer before and after a silence; the number may have a new holder.
    PossibleRecycle,
}

impl From<ReviewKind> for Doubt {
    fn from(kind: ReviewKind) -> Self {
        match kind {
            ReviewKind::PossibleMerge => Self::PossibleMerge,
            ReviewKind::PossibleSplit => Self::PossibleSplit,
            ReviewKind::PossibleRecycle => Self::PossibleRecycle,
        }
    }
}

/// One side of a doubt.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Side {
    /// The record that stands for it, and names the review.
    record: Uuid,
    customer: CustomerSummary,
    records: Vec<Record>,
}

/// A doubt with both sides and the reasons. A review is named by the records that stand for its sides.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Review {
    kind: Doubt,
    left: Side,
    right: Side,
    /// The sum of the weights: positive speaks for one person.
    score: i64,
    reasons: Vec<Observation>,
}

impl From<ReviewView> for Review {
    fn from(review: ReviewView) -> Self {
        let records =
            |personas: Vec<customers::PersonaView>| personas.into_iter().map(Record::from).collect();
        Self {
            kind: review.kind.into(),
            left: Side {
                record: review.left.uuid(),
                customer: review.left_customer.into(),
                records: records(review.left_personas),
            },
            right: Side {
                record: review.right.uuid(),
                customer: review.right_customer.into(),
                records: records(review.right_personas),
            },
            score: review.score,
            reasons: observations(review.reasons),
        }
    }
}

/// Open reviews.
#[utoipa::path(get, path = "/reviews", tag = "reviews", params(Paging), security(("key" = ["reviews:read"])), responses(
    (status = 200, description = "A page of reviews.", body = PageOf<Review>),
))]
pub(crate) async fn list(
    caller: ReadsReviews,
    State(app): State<App>,
    Query(paging): Query<Paging>,
) -> Answer<Json<PageOf<Review>>> {
    let page = app.customers.reviews(&caller, &paging.by_two::<Uuid, Uuid>()?).await?;
    Ok(Json(PageOf::of(page, Review::from)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Sides {
    /// The record that stands for the left side.
    #[param(value_type = Uuid)]
    left: Id<Persona>,
    /// The record that stands for the right side.
    #[param(value_type = Uuid)]
    right: Id<Persona>,
}

/// One open review.
#[utoipa::path(get, path = "/reviews/{left}/{right}", tag = "reviews", params(Sides), security(("key" = ["reviews:read"])), responses(
    (status = 200, description = "The review.", body = Review),
))]
pub(crate) async fn get(
    caller: ReadsReviews,
    State(app): State<App>,
    At(sides): At<Sides>,
) -> Answer<Json<Review>> {
    Ok(Json(app.customers.review(&caller, sides.left, sides.right).await?.into()))
}

/// What was decided.
#[derive(Clone, Copy, Deserialize, ToSchema, Debug)]
#[serde(rename_all = "snake_case")]
#[schema(as = Decision)]
pub(crate) enum Verdict {
    /// Both sides are one person.
    Merge,
    /// They are two people.
    Apart,
}

impl From<Verdict> for Decision {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Merge => Self::Merge,
            Verdict::Apart => Self::Apart,
        }
    }
}

/// A decision and why.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    decision: Verdict,
    /// At most 500 characters; kept in the audit trail.
    #[schema(example = "Same street, same loyalty card.", min_length = 1, max_length = 500)]
    reason: String,
}

/// Decide a review. The answer names the act, which can be undone.
#[utoipa::path(post, path = "/reviews/{left}/{right}", tag = "reviews", params(Sides), request_body = Decided,
    security(("key" = ["reviews:write"])), responses(
    (status = 200, description = "It is decided, and linked anew.", body = Done),
))]
pub(crate) async fn decide(
    caller: WritesReviews,
    State(app): State<App>,
    At(sides): At<Sides>,
    Body(decided): Body<Decided>,
) -> Answer<Json<Done>> {
    let decision = decided.decision.into();
    let act = app.customers.decide(&caller, sides.left, sides.right, decision, &decided.reason).await?;
    Ok(Json(Done { act: act.uuid() }))
}
