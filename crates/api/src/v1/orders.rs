//! Orders: what was bought, as the sources told it, and whose it is.

use std::collections::HashMap;

use app::App;
use axum::{Json, extract::State};
use base::{Context, Fault, Id};
use customers::{Customer, Owner};
use history::{Order, OrderKey, Source};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::shapes::{Amount, Moment, PageOf};
use crate::{
    caller::ReadsOrders,
    problem::Answer,
    reading::{At, Paging, Query},
};

/// Where orders come from.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, Debug)]
#[serde(rename_all = "snake_case")]
#[schema(as = Source)]
pub(crate) enum SourceName {
    /// The web shop.
    Online,
    /// The till.
    Pos,
    /// The loyalty programme.
    Loyalty,
    /// The app.
    App,
}

impl From<Source> for SourceName {
    fn from(source: Source) -> Self {
        match source {
            Source::Online => Self::Online,
            Source::Pos => Self::Pos,
            Source::Loyalty => Self::Loyalty,
            Source::App => Self::App,
        }
    }
}

/// A line of an order. Money is in minor units of the order's currency.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Line {
    line: u32,
    sku: Option<String>,
    product: Option<String>,
    category: Option<String>,
    /// Thousandths: 1000 is one piece.
    quantity_milli: Option<i64>,
    unit_price_minor: Option<i64>,
    amount_minor: Option<i64>,
}

impl From<history::Line> for Line {
    fn from(line: history::Line) -> Self {
        Self {
            line: line.line,
            sku: line.sku,
            product: line.product,
            category: line.category,
            quantity_milli: line.quantity_milli,
            unit_price_minor: line.unit_price,
            amount_minor: line.amount,
        }
    }
}

/// An order.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct OrderAnswer {
    pub source: SourceName,
    /// As the source names it.
    pub order_id: String,
    pub ordered_at: Moment,
    /// Of all lines; absent where the source gave no amounts.
    pub amount: Option<Amount>,
    pub status: Option<String>,
    pub store: Option<String>,
    /// Whose it is; absent when nobody is known.
    pub customer: Option<Uuid>,
    /// How many lines it has.
    pub line_count: u32,
    /// Absent in the list of all orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<Line>>,
}

impl OrderAnswer {
    pub fn new(order: Order, customer: Option<Id<Customer>>, lines: Option<Vec<history::Line>>) -> Self {
        Self {
            source: order.key.source.into(),
            order_id: order.key.order_id,
            ordered_at: order.ordered_at.into(),
            amount: order.amount.map(Amount::from),
            status: order.status,
            store: order.store,
            customer: customer.map(Id::uuid),
            line_count: order.lines,
            lines: lines.map(|lines| lines.into_iter().map(Line::from).collect()),
        }
    }
}

/// Orders of one customer with their lines.
pub(crate) async fn with_lines(
    app: &App,
    cx: &Context,
    customer: Id<Customer>,
    orders: Vec<Order>,
) -> Result<Vec<OrderAnswer>, Fault> {
    let keys: Vec<OrderKey> = orders.iter().map(|order| order.key.clone()).collect();
    let mut lines: HashMap<OrderKey, Vec<history::Line>> = app.history.lines(cx, keys).await?;
    let shown = orders.into_iter().map(|order| {
        let lines = lines.remove(&order.key).unwrap_or_default();
        OrderAnswer::new(order, Some(customer), Some(lines))
    });
    Ok(shown.collect())
}

/// All orders of the shop, by source and id.
#[utoipa::path(get, path = "/orders", tag = "orders", params(Paging), security(("key" = ["orders:read"])), responses(
    (status = 200, description = "A page of orders, without lines.", body = PageOf<OrderAnswer>),
))]
pub(crate) async fn list(
    caller: ReadsOrders,
    State(app): State<App>,
    Query(paging): Query<Paging>,
) -> Answer<Json<PageOf<OrderAnswer>>> {
    let page = app.history.list(&caller, &paging.divided_by('/')?).await?;
    let placed = page.items.iter().map(|order| (order.persona, order.ordered_at)).collect();
    let mut owners = app.customers.owners(&caller, placed).await?.into_iter().map(customer);
    Ok(Json(PageOf::of(page, |order| OrderAnswer::new(order, owners.next().flatten(), None))))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Key {
    /// `online`, `pos`, `loyalty` or `app`.
    #[param(example = "online")]
    source: String,
    /// As the source names it.
    #[param(example = "A-1001")]
    order_id: String,
}

/// One order with its lines and the customer it belongs to.
#[utoipa::path(get, path = "/orders/{source}/{order_id}", tag = "orders", params(Key), security(("key" = ["orders:read"])), responses(
    (status = 200, description = "The order.", body = OrderAnswer),
))]
pub(crate) async fn get(
    caller: ReadsOrders,
    State(app): State<App>,
    At(key): At<Key>,
) -> Answer<Json<OrderAnswer>> {
    let key = OrderKey { source: key.source.parse()?, order_id: key.order_id };
    let (order, lines) = app.history.order(&caller, key).await?;
    let owners = app.customers.owners(&caller, vec![(order.persona, order.ordered_at)]).await?;
    Ok(Json(OrderAnswer::new(order, owners.into_iter().next().and_then(customer), Some(lines))))
}

fn customer(owner: Option<Owner>) -> Option<Id<Customer>> {
    owner.map(|owner| owner.customer)
}
