//! Taking orders in, many at a time, so that the same order twice changes nothing.
//!
//! The identity of an order is shop, source and order id; that of a line is its order and its number. Files seldom number their lines, so a line is
//! recognised by its key (line number, else SKU, else product) and by which of the equal ones it is in the file. A line that was seen by this import
//! already is not matched again.

use std::collections::{BTreeMap, HashMap};

use base::{Currency, Fault, Id, ShopId, Timestamp};
use customers::Persona;
use db::{Batch, Tx, Value};

use crate::{
    Source,
    rows::{self, LINE_WIDTH, LineRow, ORDER_WIDTH},
};

/// An order as a file tells it, with its persona found.
#[derive(Clone, Debug)]
pub struct NewOrder {
    pub order_id: String,
    pub anchor: i64,
    pub persona: Id<Persona>,
    pub ordered_at: Timestamp,
    pub currency: Option<Currency>,
    /// Of the whole order, when the file gives one beside the lines' prices.
    pub total: Option<i64>,
    pub status: Option<String>,
    pub store: Option<String>,
    pub lines: Vec<NewLine>,
}

/// A line as a file tells it. Money is in minor units of the order's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewLine {
    pub number: Option<u32>,
    pub sku: Option<String>,
    pub product: Option<String>,
    pub category: Option<String>,
    pub quantity_milli: Option<i64>,
    pub unit_price: Option<i64>,
    pub amount: Option<i64>,
}

impl NewLine {
    fn key(&self) -> String {
        match (self.number, &self.sku, &self.product) {
            (Some(number), _, _) => format!("#{number}"),
            (None, Some(sku), _) => sku.clone(),
            (None, None, Some(product)) => product.clone(),
            (None, None, None) => String::new(),
        }
    }
}

/// An order as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub anchor: i64,
    pub ordered_at: Timestamp,
    pub currency: Option<String>,
    pub amount: Option<i64>,
    pub lines: i64,
    pub status: Option<String>,
    pub store: Option<String>,
    pub kept_lines: Vec<LineRow>,
}

/// What came of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Stored {
    pub orders_new: u64,
    pub lines_new: u64,
    pub lines_changed: u64,
    pub lines_same: u64,
}

/// Takes in the orders of one source.
#[derive(Clone, Copy, Debug)]
pub struct OrderStore {
    pub shop: ShopId,
    pub source: Source,
    /// The import that brings them.
    pub import: uuid::Uuid,
}

/// What a batch will write.
struct Writes {
    orders: Batch,
    lines: Batch,
    line_updates: Batch,
    line_touches: Batch,
    order_updates: Batch,
    days: BTreeMap<(i64, String), [i64; 3]>,
    stored: Stored,
}

impl OrderStore {
    /// Records orders, each id at most once in a batch. What is there already stays, except for what the file says differently.
    pub async fn record(&self, tx: &mut Tx, orders: &[NewOrder]) -> Result<Stored, Fault> {
        let ids: Vec<&str> = orders.iter().map(|order| order.order_id.as_str()).collect();
        let mut kept = rows::kept(tx, self.shop, self.source, &ids).await?;
        let old: Vec<usize> = (0..orders.len()).filter(|at| kept[*at].is_some()).collect();
        if !old.is_empty() {
            let ids: Vec<&str> = old.iter().map(|at| ids[*at]).collect();
            let lines = rows::kept_lines(tx, self.shop, self.source, &ids).await?;
            for (at, lines) in old.iter().zip(lines) {
                if let Some(kept) = &mut kept[*at] {
                    kept.kept_lines = lines;
                }
            }
        }
        let mut writes = Writes {
            orders: Batch::with_capacity(ORDER_WIDTH, orders.len()),
            lines: Batch::with_capacity(LINE_WIDTH, orders.len() * 2),
            line_updates: Batch::new(12),
            line_touches: Batch::new(6),
            order_updates: Batch::new(9),
            days: BTreeMap::new(),
            stored: Stored::default(),
        };
        for (order, kept) in orders.iter().zip(kept) {
            match kept {
                None => self.add(&mut writes, order),
                Some(kept) => self.compare(&mut writes, order, kept),
            }
        }
        self.write(tx, writes).await
    }

    fn add(&self, writes: &mut Writes, order: &NewOrder) {
        let sum = order.lines.iter().filter_map(|line| line.amount).reduce(|a, b| a.saturating_add(b));
        let amount = order.total.or(sum);
        writes.orders.push::<ORDER_WIDTH>([
            self.shop.into(),
            self.source.code().into(),
            order.order_id.as_str().into(),
            order.anchor.into(),
            order.persona.into(),
            order.ordered_at.into(),
            order.currency.as_ref().map(Currency::code).into(),
            amount.into(),
            order.lines.len().into(),
            order.status.as_deref().into(),
            order.store.as_deref().into(),
            self.import.into(),
        ]);
        for (at, line) in order.lines.iter().enumerate() {
            self.add_line(writes, &order.order_id, order.anchor, at + 1, line);
        }
        let day = writes.days.entry(day_key(order.ordered_at, order.currency.as_ref().map(Currency::code))).or_default();
        day[0] += 1;
        day[1] += i64::try_from(order.lines.len()).unwrap_or(i64::MAX);
        day[2] = day[2].saturating_add(amount.unwrap_or(0));
        writes.stored.orders_new += 1;
    }

    fn add_line(&self, writes: &mut Writes, order_id: &str, anchor: i64, number: usize, line: &NewLine) {
        writes.lines.push::<LINE_WIDTH>([
            self.shop.into(),
            self.source.code().into(),
            order_id.into(),
            number.into(),
            anchor.into(),
            line.key().into(),
            line.sku.as_deref().into(),
            line.product.as_deref().into(),
            line.category.as_deref().into(),
            line.quantity_milli.into(),
            line.unit_price.into(),
            line.amount.into(),
            self.import.into(),
        ]);
        writes.stored.lines_new += 1;
    }

    /// Matches the lines of an order that is there with those of the file.
    fn compare(&self, writes: &mut Writes, order: &NewOrder, kept: Kept) {
        let mut free: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, line) in kept.kept_lines.iter().enumerate().rev() {
            if line.seen != self.import {
                free.entry(line.key.as_str()).or_default().push(at);
            }
        }
        let mut amounts: Vec<Option<i64>> = kept.kept_lines.iter().map(|line| line.amount).collect();
        let mut number = usize::try_from(kept.lines).unwrap_or(0);
        for line in &order.lines {
            let known = free.get_mut(line.key().as_str()).and_then(Vec::pop);
            match known {
                Some(at) => {
                    self.see_again(writes, order, kept.anchor, &kept.kept_lines[at], line);
                    amounts[at] = line.amount.or(amounts[at]);
                }
                None => {
                    number += 1;
                    self.add_line(writes, &order.order_id, kept.anchor, number, line);
                    amounts.push(line.amount);
                }
            }
        }
        let sum = amounts.into_iter().flatten().reduce(|a, b| a.saturating_add(b));
        let amount = order.total.or(sum).or(kept.amount);
        let currency = kept.currency.clone().or_else(|| order.currency.map(|c| c.code().to_owned()));
        let status = order.status.clone().or_else(|| kept.status.clone());
        let store = order.store.clone().or_else(|| kept.store.clone());
        let lines = i64::try_from(number).unwrap_or(i64::MAX);
        let same = (&currency, amount, lines, &status, &store)
            == (&kept.currency, kept.amount, kept.lines, &kept.status, &kept.store);
        if same {
            return;
        }
        let day = writes.days.entry(day_key(kept.ordered_at, currency.as_deref())).or_default();
        day[1] += lines - kept.lines;
        day[2] = day[2].saturating_add(amount.unwrap_or(0) - kept.amount.unwrap_or(0));
        writes.order_updates.push::<9>([
            self.shop.into(),
            self.source.code().into(),
            order.order_id.as_str().into(),
            kept.anchor.into(),
            currency.into(),
            amount.into(),
            lines.into(),
            status.into(),
            store.into(),
        ]);
    }

    fn see_again(&self, writes: &mut Writes, order: &NewOrder, anchor: i64, old: &LineRow, line: &NewLine) {
        let or = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        let now = LineRow {
            sku: or(&line.sku, &old.sku),
            product: or(&line.product, &old.product),
            category: or(&line.category, &old.category),
            quantity_milli: line.quantity_milli.or(old.quantity_milli),
            unit_price: line.unit_price.or(old.unit_price),
            amount: line.amount.or(old.amount),
            ..old.clone()
        };
        let key: [Value; 5] = [
            self.shop.into(),
            self.source.code().into(),
            order.order_id.as_str().into(),
            old.line.into(),
            anchor.into(),
        ];
        let [shop, source, id, number, anchor] = key;
        if now == *old {
            writes.line_touches.push::<6>([shop, source, id, number, anchor, self.import.into()]);
            writes.stored.lines_same += 1;
            return;
        }
        writes.stored.lines_changed += 1;
        writes.line_updates.push::<12>([
            shop,
            source,
            id,
            number,
            anchor,
            now.sku.into(),
            now.product.into(),
            now.category.into(),
            now.quantity_milli.into(),
            now.unit_price.into(),
            now.amount.into(),
            self.import.into(),
        ]);
    }

    async fn write(&self, tx: &mut Tx, writes: Writes) -> Result<Stored, Fault> {
        rows::insert_orders(tx, &writes.orders).await?;
        rows::insert_lines(tx, &writes.lines).await?;
        rows::update_lines(tx, &writes.line_updates).await?;
        rows::touch_lines(tx, &writes.line_touches).await?;
        rows::update_orders(tx, &writes.order_updates).await?;
        let mut days = Batch::with_capacity(7, writes.days.len());
        for ((day, currency), [orders, lines, amount]) in writes.days {
            days.push([
                self.shop.into(),
                day.into(),
                self.source.code().into(),
                currency.into(),
                orders.into(),
                lines.into(),
                amount.into(),
            ]);
        }
        rows::add_days(tx, &days).await?;
        Ok(writes.stored)
    }
}

fn day_key(at: Timestamp, currency: Option<&str>) -> (i64, String) {
    (at.day(), currency.unwrap_or_default().to_owned())
}
