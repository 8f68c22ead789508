//! Reading history: a customer's orders across all sources, one order, the shop's sums.

use std::collections::{BTreeMap, HashMap};

use base::{Context, Currency, Fault, Id, Money, Page, PageRequest, ShopId, Timestamp};
use customers::{Persona, PersonaView};
use db::Db;

use crate::{
    Source,
    rows::{self, Part},
};

/// What names an order within a shop.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrderKey {
    pub source: Source,
    /// As the source names it.
    pub order_id: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    pub key: OrderKey,
    pub persona: Id<Persona>,
    pub ordered_at: Timestamp,
    /// All lines; `None` when the source gave no amounts.
    pub amount: Option<Money>,
    pub lines: u32,
    pub status: Option<String>,
    pub store: Option<String>,
}

/// A line of an order. Money is in minor units of the order's currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    pub line: u32,
    pub sku: Option<String>,
    pub product: Option<String>,
    pub category: Option<String>,
    /// Thousandths.
    pub quantity_milli: Option<i64>,
    pub unit_price: Option<i64>,
    pub amount: Option<i64>,
}

/// Sums over a customer's history.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    pub orders: u64,
    /// One for each currency; amounts of different currencies are never added.
    pub spent: Vec<Money>,
    pub orders_by_source: Vec<(Source, u64)>,
    /// When the first and the last were placed; `None` without any.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// Orders of one day, source and currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayTotal {
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    pub source: Source,
    pub currency: Option<Currency>,
    pub orders: u64,
    pub lines: u64,
    /// Minor units.
    pub amount: i64,
}

/// The verbs of history.
#[derive(Clone, Debug)]
pub struct History {
    db: Db,
}

impl History {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The orders that a customer's records select, newest first.
    pub async fn of_customer(
        &self,
        cx: &Context,
        personas: &[PersonaView],
        page: &PageRequest,
    ) -> Result<Page<Order>, Fault> {
        let parts = parts(personas);
        let (shop, limit) = (cx.shop, page.limit);
        let (before, skip) = page.after_parts::<i64, usize>().unwrap_or((i64::MAX, 0));
        let mut found = self
            .db
            .read(async move |tx| {
                rows::orders_of(tx, shop, &parts, Timestamp::from_micros(before), limit + skip + 1).await
            })
            .await?;
        found.sort_by(|a, b| b.ordered_at.cmp(&a.ordered_at).then_with(|| a.key.cmp(&b.key)));
        found.drain(..skip.min(found.len()));
        // The cursor is the time of the last order and how many of that very time were shown.
        let shown = found.iter().take(limit).rev();
        let last = shown.clone().next().map(|order| order.ordered_at);
        let equal = shown.take_while(|order| Some(order.ordered_at) == last).count();
        let carried = if last.is_some_and(|at| at.as_micros() == before) { skip } else { 0 };
        Ok(Page::of(found, limit, |order| format!("{}.{}", order.ordered_at.as_micros(), equal + carried)))
    }

    /// Sums over a customer's orders.
    pub async fn totals(&self, personas: &[PersonaView]) -> Result<Totals, Fault> {
        let parts = parts(personas);
        let rows = self.db.read(async move |tx| rows::totals(tx, &parts).await).await?;
        let mut totals = Totals::default();
        let mut spent: BTreeMap<Currency, i64> = BTreeMap::new();
        let mut by_source: BTreeMap<Source, u64> = BTreeMap::new();
        for part in rows {
            totals.orders += part.orders;
            let (first, last) = totals.span.unwrap_or((part.first_at, part.last_at));
            totals.span = Some((first.min(part.first_at), last.max(part.last_at)));
            *by_source.entry(part.source.parse()?).or_default() += part.orders;
            if let Some(currency) = part.currency.and_then(|code| code.parse().ok()) {
                *spent.entry(currency).or_default() += part.amount;
            }
        }
        totals.spent = spent.into_iter().map(|(currency, minor)| Money::of(minor, currency)).collect();
        totals.orders_by_source = by_source.into_iter().collect();
        Ok(totals)
    }

    /// The lines of these orders.
    pub async fn lines(
        &self,
        cx: &Context,
        keys: Vec<OrderKey>,
    ) -> Result<HashMap<OrderKey, Vec<Line>>, Fault> {
        let shop = cx.shop;
        self.db
            .read(async move |tx| {
                let lines = rows::lines_of(tx, shop, &keys).await?;
                Ok(keys.iter().cloned().zip(lines).collect())
            })
            .await
    }

    /// One order with its lines.
    pub async fn order(&self, cx: &Context, key: OrderKey) -> Result<(Order, Vec<Line>), Fault> {
        let shop = cx.shop;
        self.db
            .read(async move |tx| {
                let unknown = || {
                    Fault::not_found("order_unknown", "There is no order with this source and id.")
                        .field("order_id")
                };
                let order = rows::order_by_key(tx, shop, &key).await?.ok_or_else(unknown)?;
                let lines =
                    rows::lines_of(tx, shop, std::slice::from_ref(&key)).await?.pop().unwrap_or_default();
                Ok((order, lines))
            })
            .await
    }

    /// The orders of this id, of whichever source.
    pub async fn named(&self, cx: &Context, order_id: &str) -> Result<Vec<Order>, Fault> {
        let (shop, order_id) = (cx.shop, order_id.to_owned());
        self.db
            .read(async move |tx| {
                let mut found = Vec::new();
                for source in Source::ALL {
                    let key = OrderKey { source, order_id: order_id.clone() };
                    found.extend(rows::order_by_key(tx, shop, &key).await?);
                }
                Ok(found)
            })
            .await
    }

    /// All orders of the shop by source and id. The cursor is `source/order_id`.
    pub async fn list(&self, cx: &Context, page: &PageRequest) -> Result<Page<Order>, Fault> {
        let (shop, limit) = (cx.shop, page.limit);
        let after = page.after.as_ref().and_then(|cursor| cursor.0.split_once('/'));
        let after = after.map(|(source, id)| (source.to_owned(), id.to_owned())).unwrap_or_default();
        let found =
            self.db.read(async move |tx| rows::list_orders(tx, shop, &after, limit + 1).await).await?;
        Ok(Page::of(found, limit, |last| format!("{}/{}", last.key.source, last.key.order_id)))
    }

    /// Sums by day, source and currency since `from`.
    pub async fn days(&self, shop: ShopId, from: Timestamp) -> Result<Vec<DayTotal>, Fault> {
        self.db.read(async move |tx| rows::days(tx, shop, from.day()).await).await
    }
}

fn parts(personas: &[PersonaView]) -> Vec<Part> {
    personas
        .iter()
        .map(|persona| Part {
            persona: persona.id,
            from: persona.from.unwrap_or(Timestamp::MIN),
            until: persona.until.unwrap_or(Timestamp::MAX),
        })
        .collect()
}
