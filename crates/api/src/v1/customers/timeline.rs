//! What happened to a customer, newest first: orders, numbers taken up and given up, acts.

use std::cmp::Reverse;

use app::App;
use axum::{Json, extract::State};
use base::{Context, Cursor, Fault, Id, PageRequest, Timestamp};
use customers::{Customer, CustomerView};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{
    acts::Act,
    orders::{OrderAnswer, with_lines},
    shapes::{IdParam, Moment, PageOf, Tenure},
};
use crate::{
    caller::ReadsCustomers,
    problem::Answer,
    reading::{At, Paging, Query},
};

/// Something that happened.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Event {
    at: Moment,
    #[serde(flatten)]
    what: What,
}

/// What it was.
#[derive(Serialize, ToSchema, Debug)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum What {
    Order { order: Box<OrderAnswer> },
    TenureOpened { tenure: Box<Tenure> },
    TenureClosed { tenure: Box<Tenure> },
    Act { act: Box<Act> },
}

impl What {
    /// Of things at one moment, which is told first; any fixed order will do, as pages are cut by it.
    const fn rank(&self) -> u8 {
        match self {
            Self::Act { .. } => 0,
            Self::TenureOpened { .. } => 1,
            Self::Order { .. } => 2,
            Self::TenureClosed { .. } => 3,
        }
    }
}

/// What happened to a customer, newest first.
#[utoipa::path(get, path = "/customers/{id}/timeline", tag = "customers", params(IdParam, Paging), security(("key" = ["customers:read"])),
    responses((status = 200, description = "A page of events.", body = PageOf<Event>)))]
pub(crate) async fn timeline(
    caller: ReadsCustomers,
    State(app): State<App>,
    At(id): At<Id<Customer>>,
    Query(paging): Query<Paging>,
) -> Answer<Json<PageOf<Event>>> {
    let page = paging.by_two::<i64, usize>()?;
    let view = app.customers.get(&caller, id).await?;
    // The cursor is a moment and how many of that very moment were shown.
    let (before, skip) = page.after_parts::<i64, usize>().unwrap_or((i64::MAX, 0));
    let before = Timestamp::from_micros(before);
    let mut events = beside_orders(&app, &caller, &view).await?;
    events.retain(|event| event.at.0 <= before);
    // Enough orders to fill the page even if all that is skipped were orders.
    let all =
        PageRequest { limit: page.limit + skip, after: Some(Cursor(format!("{}.0", before.as_micros()))) };
    let orders = app.history.of_customer(&caller, &view.personas, &all).await?;
    let more_orders = orders.next.is_some();
    let orders = with_lines(&app, &caller, view.summary.id, orders.items).await?;
    events.extend(
        orders
            .into_iter()
            .map(|order| Event { at: order.ordered_at, what: What::Order { order: Box::new(order) } }),
    );
    Ok(Json(cut(events, more_orders, before, skip, page.limit)))
}

/// Tenures and acts: few for any customer.
async fn beside_orders(app: &App, cx: &Context, view: &CustomerView) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    for tenure in &view.tenures {
        let shown = || Box::new(Tenure::from(tenure.clone()));
        events.push(Event { at: tenure.from.into(), what: What::TenureOpened { tenure: shown() } });
        if let Some(until) = tenure.until {
            events.push(Event { at: until.into(), what: What::TenureClosed { tenure: shown() } });
        }
    }
    for act in app.customers.acts_of(cx, view.summary.id).await? {
        events.push(Event { at: act.at.into(), what: What::Act { act: Box::new(act.into()) } });
    }
    Ok(events)
}

/// The page out of what was fetched: in order, without what was shown, no longer than wanted.
fn cut(
    mut events: Vec<Event>,
    more_orders: bool,
    before: Timestamp,
    skip: usize,
    limit: usize,
) -> PageOf<Event> {
    events.sort_by_key(|event| (Reverse(event.at), event.what.rank()));
    let shown_already = skip.min(events.iter().take_while(|event| event.at.0 == before).count());
    events.drain(..shown_already);
    let more = events.len() > limit || more_orders;
    events.truncate(limit);
    let next = events.last().filter(|_| more).map(|last| {
        let equal = events.iter().rev().take_while(|event| event.at == last.at).count();
        let carried = if last.at.0 == before { shown_already } else { 0 };
        format!("{}.{}", last.at.0.as_micros(), equal + carried)
    });
    PageOf { items: events, next }
}
