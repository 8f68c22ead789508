//! Taking orders in, many at a time, so that the same order twice changes nothing.
//!
//! The identity of an order is shop, source and order id; that of a line is its order and its number. Files seldom number their lines, so a line is
//! recognised by its key (line number, else SKU, else product) and by which of the equal ones it is in the file. A line that was seen by this import
//! already is not matched again.

use std::collections::{BTreeMap, HashMap};

use base::{Currency, Fault, Id, ShopId, Timestamp};
use compact_str::CompactString;
use customers::Persona;
use db::{Batch, Tx, Value};

use crate::{
    Source,
    placing::Unplaced,
    rows::{self, LINE_WIDTH, LineRow, ORDER_WIDTH},
};

/// An order as a file tells it, with its persona found.
#[derive(Clone, Debug)]
pub struct NewOrder {
    pub order_id: CompactString,
    pub anchor: i64,
    pub persona: Id<Persona>,
    /// Whether the file says a number for it.
    pub has_number: bool,
    pub ordered_at: Timestamp,
    pub currency: Option<Currency>,
    /// Of the whole order, when the file gives one beside the lines' prices.
    pub total: Option<i64>,
    pub status: Option<CompactString>,
    pub store: Option<CompactString>,
    pub lines: Vec<NewLine>,
}

impl NewOrder {
    /// What the file says of the whole order, else the sum of its lines.
    fn amount(&self) -> Option<i64> {
        self.total.or_else(|| self.lines.iter().filter_map(|line| line.amount).reduce(i64::saturating_add))
    }
}

/// A line as a file tells it. Money is in minor units of the order's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewLine {
    pub number: Option<u32>,
    pub sku: Option<CompactString>,
    pub product: Option<CompactString>,
    pub category: Option<CompactString>,
    pub quantity_milli: Option<i64>,
    pub unit_price: Option<i64>,
    pub amount: Option<i64>,
}

/// What tells the lines of an order apart: the number, else the SKU, else the product.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum LineKey<'a> {
    Number(i64),
    Article(&'a str),
}

impl<'a> LineKey<'a> {
    fn of(number: Option<i64>, sku: Option<&'a str>, product: Option<&'a str>) -> Self {
        number.map_or_else(|| Self::Article(sku.or(product).unwrap_or_default()), Self::Number)
    }
}

impl NewLine {
    fn key(&self) -> LineKey<'_> {
        LineKey::of(self.number.map(i64::from), self.sku.as_deref(), self.product.as_deref())
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
    /// Orders that are there and for which the file says another number. They stay whose they are.
    pub conflicts: u64,
}

impl Stored {
    fn add(&mut self, other: Self) {
        self.orders_new += other.orders_new;
        self.lines_new += other.lines_new;
        self.lines_changed += other.lines_changed;
        self.lines_same += other.lines_same;
        self.conflicts += other.conflicts;
    }
}

/// Takes in the orders of one source.
#[derive(Clone, Copy, Debug)]
pub struct OrderStore {
    pub shop: ShopId,
    pub source: Source,
    /// The import that brings them.
    pub import: uuid::Uuid,
}

/// Orders written by one statement: values of many rows at a time, but not of all that a transaction brings.
const ORDERS_AT_A_TIME: usize = 1_000;

/// What is added to the sums of a day, by day and currency: orders, lines, amount.
type Days = BTreeMap<(i64, String), [i64; 3]>;

/// What some orders will write.
struct Writes<'o> {
    lines: Batch<'o>,
    unplaced: Unplaced,
    line_updates: Batch<'o>,
    line_touches: Batch<'o>,
    order_updates: Batch<'o>,
    days: Days,
    stored: Stored,
}

impl OrderStore {
    /// Records orders, each id at most once in a batch. What is there already stays, except for what the file says differently.
    pub async fn record(&self, tx: &mut Tx, orders: &[NewOrder]) -> Result<Stored, Fault> {
        let (stored, mut unplaced) = self.record_unplaced(tx, orders).await?;
        unplaced.sort();
        self.place(tx, &unplaced, 0..unplaced.len()).await?;
        Ok(stored)
    }

    /// The same, but the new ones are not found by their personas yet: see [`OrderStore::place`].
    pub async fn record_unplaced(
        &self,
        tx: &mut Tx,
        orders: &[NewOrder],
    ) -> Result<(Stored, Unplaced), Fault> {
        let (mut stored, mut unplaced, mut days) = (Stored::default(), Unplaced::default(), Days::new());
        for some in orders.chunks(ORDERS_AT_A_TIME) {
            stored.add(self.record_some(tx, some, &mut unplaced, &mut days).await?);
        }
        self.add_days(tx, &days).await?;
        Ok((stored, unplaced))
    }

    async fn record_some(
        &self,
        tx: &mut Tx,
        orders: &[NewOrder],
        unplaced: &mut Unplaced,
        days: &mut Days,
    ) -> Result<Stored, Fault> {
        let mut rows = Batch::with_capacity(ORDER_WIDTH, orders.len());
        orders.iter().for_each(|order| rows.push(self.order_row(order)));
        let ids = orders.iter().map(|order| order.order_id.as_str());
        let new = rows::insert_orders(tx, self.shop, self.source, &rows, ids).await?;
        drop(rows);
        let mut writes = Writes {
            lines: Batch::with_capacity(LINE_WIDTH, orders.len() * 2),
            unplaced: std::mem::take(unplaced),
            line_updates: Batch::new(11),
            line_touches: Batch::new(5),
            order_updates: Batch::new(8),
            days: std::mem::take(days),
            stored: Stored::default(),
        };
        let mut old = Vec::new();
        for (order, new) in orders.iter().zip(new) {
            if new {
                self.add(&mut writes, order);
            } else {
                old.push(order);
            }
        }
        if !old.is_empty() {
            let ids: Vec<&str> = old.iter().map(|order| order.order_id.as_str()).collect();
            let kept = rows::kept(tx, self.shop, self.source, &ids).await?;
            let lines = rows::kept_lines(tx, self.shop, self.source, &ids).await?;
            for ((order, kept), kept_lines) in old.into_iter().zip(kept).zip(lines) {
                let kept = kept.ok_or_else(|| Fault::internal("an order is there and is not"))?;
                self.compare(&mut writes, order, Kept { kept_lines, ..kept });
            }
        }
        rows::insert_lines(tx, &writes.lines).await?;
        rows::update_lines(tx, &writes.line_updates).await?;
        rows::touch_lines(tx, &writes.line_touches).await?;
        rows::update_orders(tx, &writes.order_updates).await?;
        (*days, *unplaced) = (writes.days, writes.unplaced);
        Ok(writes.stored)
    }

    fn order_row<'o>(&'o self, order: &'o NewOrder) -> [Value<'o>; ORDER_WIDTH] {
        [
            self.shop.into(),
            self.source.code().into(),
            order.order_id.as_str().into(),
            order.anchor.into(),
            order.persona.into(),
            order.ordered_at.into(),
            order.currency.as_ref().map(Currency::code).into(),
            order.amount().into(),
            order.lines.len().into(),
            order.status.as_deref().into(),
            order.store.as_deref().into(),
            self.import.into(),
        ]
    }

    fn add<'o>(&self, writes: &mut Writes<'o>, order: &'o NewOrder) {
        writes.unplaced.push(order);
        for (at, line) in order.lines.iter().enumerate() {
            self.add_line(writes, &order.order_id, at + 1, line);
        }
        let day = writes
            .days
            .entry(day_key(order.ordered_at, order.currency.as_ref().map(Currency::code)))
            .or_default();
        day[0] += 1;
        day[1] += i64::try_from(order.lines.len()).unwrap_or(i64::MAX);
        day[2] = day[2].saturating_add(order.amount().unwrap_or(0));
        writes.stored.orders_new += 1;
    }

    fn add_line<'o>(&self, writes: &mut Writes<'o>, order_id: &'o str, number: usize, line: &'o NewLine) {
        writes.lines.push::<LINE_WIDTH>([
            self.shop.into(),
            self.source.code().into(),
            order_id.into(),
            number.into(),
            line.number.into(),
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
    fn compare<'o>(&self, writes: &mut Writes<'o>, order: &'o NewOrder, kept: Kept) {
        let mut free: HashMap<LineKey<'_>, Vec<usize>> = HashMap::new();
        for (at, line) in kept.kept_lines.iter().enumerate().rev() {
            if line.seen != self.import {
                free.entry(LineKey::of(line.number, line.sku.as_deref(), line.product.as_deref()))
                    .or_default()
                    .push(at);
            }
        }
        let mut amounts: Vec<Option<i64>> = kept.kept_lines.iter().map(|line| line.amount).collect();
        let mut number = usize::try_from(kept.lines).unwrap_or(0);
        let same_before = writes.stored.lines_same;
        writes.stored.conflicts += u64::from(order.has_number && order.anchor != kept.anchor);
        for line in &order.lines {
            let known = free.get_mut(&line.key()).and_then(Vec::pop);
            match known {
                Some(at) => {
                    self.see_again(writes, order, &kept.kept_lines[at], line);
                    amounts[at] = line.amount.or(amounts[at]);
                }
                None => {
                    number += 1;
                    self.add_line(writes, &order.order_id, number, line);
                    amounts.push(line.amount);
                }
            }
        }
        let sum = amounts.into_iter().flatten().reduce(|a, b| a.saturating_add(b));
        let amount = order.total.or(sum).or(kept.amount);
        let currency = kept.currency.clone().or_else(|| order.currency.map(|c| c.code().to_owned()));
        let status = or(&order.status, &kept.status);
        let store = or(&order.store, &kept.store);
        let lines = i64::try_from(number).unwrap_or(i64::MAX);
        let same = (&currency, amount, lines, &status, &store)
            == (&kept.currency, kept.amount, kept.lines, &kept.status, &kept.store);
        if same {
            return;
        }
        // Its rows say something new, though nothing of the lines themselves.
        let is_told = (&currency, &status, &store) != (&kept.currency, &kept.status, &kept.store)
            || order.total.is_some() && amount != kept.amount;
        if is_told {
            writes.stored.lines_changed += writes.stored.lines_same - same_before;
            writes.stored.lines_same = same_before;
        }
        let day = writes.days.entry(day_key(kept.ordered_at, currency.as_deref())).or_default();
        day[1] += lines - kept.lines;
        day[2] = day[2].saturating_add(amount.unwrap_or(0) - kept.amount.unwrap_or(0));
        writes.order_updates.push::<8>([
            self.shop.into(),
            self.source.code().into(),
            order.order_id.as_str().into(),
            currency.into(),
            amount.into(),
            lines.into(),
            status.into(),
            store.into(),
        ]);
    }

    fn see_again<'o>(&self, writes: &mut Writes<'o>, order: &'o NewOrder, old: &LineRow, line: &NewLine) {
        let now = LineRow {
            sku: or(&line.sku, &old.sku),
            product: or(&line.product, &old.product),
            category: or(&line.category, &old.category),
            quantity_milli: line.quantity_milli.or(old.quantity_milli),
            unit_price: line.unit_price.or(old.unit_price),
            amount: line.amount.or(old.amount),
            ..old.clone()
        };
        let key: [Value<'o>; 4] =
            [self.shop.into(), self.source.code().into(), order.order_id.as_str().into(), old.line.into()];
        let [shop, source, id, number] = key;
        if now == *old {
            writes.line_touches.push::<5>([shop, source, id, number, self.import.into()]);
            writes.stored.lines_same += 1;
            return;
        }
        writes.stored.lines_changed += 1;
        writes.line_updates.push::<11>([
            shop,
            source,
            id,
            number,
            now.sku.into(),
            now.product.into(),
            now.category.into(),
            now.quantity_milli.into(),
            now.unit_price.into(),
            now.amount.into(),
            self.import.into(),
        ]);
    }

    async fn add_days(&self, tx: &mut Tx, days: &Days) -> Result<(), Fault> {
        let mut rows = Batch::with_capacity(7, days.len());
        for ((day, currency), [orders, lines, amount]) in days {
            rows.push([
                self.shop.into(),
                (*day).into(),
                self.source.code().into(),
                currency.into(),
                (*orders).into(),
                (*lines).into(),
                (*amount).into(),
            ]);
        }
        rows::add_days(tx, &rows).await
    }
}

fn day_key(at: Timestamp, currency: Option<&str>) -> (i64, String) {
    (at.day(), currency.unwrap_or_default().to_owned())
}

/// What the file says, else what is kept.
fn or(new: &Option<CompactString>, old: &Option<String>) -> Option<String> {
    new.as_ref().map(ToString::to_string).or_else(|| old.clone())
}
