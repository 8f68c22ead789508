//! Every SQL text of orders.

use std::collections::HashSet;

use base::{Currency, Fault, Id, Money, ShopId, Timestamp};
use customers::{Persona, Span};
use db::{Batch, Row, Tx, params, sql};

use crate::{DayTotal, Line, Order, OrderKey, OrderStore, Source, placing::Place, store::Kept};

/// A part of a persona's orders: those placed in `[from, until)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub persona: Id<Persona>,
    pub from: Timestamp,
    pub until: Timestamp,
}

/// Orders of a part from one source in one currency.
#[derive(Debug)]
pub(crate) struct PartTotal {
    pub source: String,
    pub currency: Option<String>,
    pub orders: u64,
    /// Minor units.
    pub amount: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

pub(crate) async fn spans(tx: &mut Tx, personas: &[Id<Persona>]) -> Result<Vec<Span>, Fault> {
    let statement =
        sql!("SELECT COUNT(*), MIN(ordered_at), MAX(ordered_at) FROM persona_orders WHERE persona_id = $1");
    let mut found = vec![None; personas.len()];
    tx.select_each(statement, &keys(personas), |at, row| {
        let count: u32 = row.get(0)?;
        if count > 0 {
            found[at] = Some((row.get(1)?, row.get(2)?, count));
        }
        Ok(())
    })
    .await?;
    Ok(found)
}

pub(crate) async fn dates(tx: &mut Tx, personas: &[Id<Persona>]) -> Result<Vec<Vec<Timestamp>>, Fault> {
    let statement = sql!("SELECT ordered_at FROM persona_orders WHERE persona_id = $1 ORDER BY ordered_at");
    let mut found: Vec<Vec<Timestamp>> = vec![Vec::new(); personas.len()];
    tx.select_each(statement, &keys(personas), |at, row| {
        found[at].push(row.get(0)?);
        Ok(())
    })
    .await?;
    found.iter_mut().for_each(|dates| dates.sort_unstable());
    Ok(found)
}

fn keys(personas: &[Id<Persona>]) -> Batch<'static> {
    let mut keys = Batch::with_capacity(1, personas.len());
    personas.iter().for_each(|id| keys.push(params![*id]));
    keys
}

/// The orders that are there already, in the order of the ids.
pub(crate) async fn kept(
    tx: &mut Tx,
    shop: ShopId,
    source: Source,
    ids: &[&str],
) -> Result<Vec<Option<Kept>>, Fault> {
    let statement = sql!(
        "SELECT ordered_at, currency, amount, lines, status, store, anchor FROM orders
         WHERE shop_id = $1 AND source = $2 AND order_id = $3"
    );
    let mut keys = Batch::with_capacity(3, ids.len());
    ids.iter().for_each(|id| keys.push([shop.into(), source.code().into(), (*id).into()]));
    let mut found = vec![None; ids.len()];
    tx.select_each(statement, &keys, |at, row| {
        found[at] = Some(Kept {
            ordered_at: row.get(0)?,
            currency: row.get(1)?,
            amount: row.get(2)?,
            lines: row.get(3)?,
            status: row.get(4)?,
            store: row.get(5)?,
            anchor: row.get(6)?,
            kept_lines: Vec::new(),
        });
        Ok(())
    })
    .await?;
    Ok(found)
}

/// A line as it is kept, with the import that saw it last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LineRow {
    pub line: i64,
    pub number: Option<i64>,
    pub sku: Option<String>,
    pub product: Option<String>,
    pub category: Option<String>,
    pub quantity_milli: Option<i64>,
    pub unit_price: Option<i64>,
    pub amount: Option<i64>,
    pub seen: uuid::Uuid,
}

/// The lines of these orders, with the position of the order.
pub(crate) async fn kept_lines(
    tx: &mut Tx,
    shop: ShopId,
    source: Source,
    ids: &[&str],
) -> Result<Vec<Vec<LineRow>>, Fault> {
    let statement = sql!(
        "SELECT line, number, sku, product, category, quantity_milli, unit_price, amount, seen_import FROM order_lines
         WHERE shop_id = $1 AND source = $2 AND order_id = $3 ORDER BY line"
    );
    let mut keys = Batch::with_capacity(3, ids.len());
    ids.iter().for_each(|id| keys.push([shop.into(), source.code().into(), (*id).into()]));
    let mut found: Vec<Vec<LineRow>> = vec![Vec::new(); ids.len()];
    tx.select_each(statement, &keys, |at, row| {
        found[at].push(LineRow {
            line: row.get(0)?,
            number: row.get(1)?,
            sku: row.get(2)?,
            product: row.get(3)?,
            category: row.get(4)?,
            quantity_milli: row.get(5)?,
            unit_price: row.get(6)?,
            amount: row.get(7)?,
            seen: row.get(8)?,
        });
        Ok(())
    })
    .await?;
    found.iter_mut().for_each(|lines| lines.sort_by_key(|line| line.line));
    Ok(found)
}

pub(crate) const ORDER_WIDTH: usize = 12;
pub(crate) const LINE_WIDTH: usize = 12;

/// Adds the orders that are not there; says of each whether it was new. `ids` are theirs.
pub(crate) async fn insert_orders(
    tx: &mut Tx,
    shop: ShopId,
    source: Source,
    rows: &Batch<'_>,
    ids: impl Iterator<Item = &str>,
) -> Result<Vec<bool>, Fault> {
    if tx.writes_alone() && !any_between(tx, shop, source, ids).await? {
        let statement = sql!(
            "INSERT INTO orders (shop_id, source, order_id, anchor, persona_id, ordered_at, currency, amount, lines, status, store, import_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        );
        tx.insert_each(statement, rows).await?;
        return Ok(vec![true; rows.len()]);
    }
    let statement = sql!(
        "INSERT INTO orders (shop_id, source, order_id, anchor, persona_id, ordered_at, currency, amount, lines, status, store, import_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING"
    );
    Ok(tx.insert_new(statement, rows, ("order_id", 2)).await?)
}

/// Whether there is an order between the least and the greatest of these. Where ids are counted up, as shops do, there is none between those of a new part of a file.
async fn any_between(
    tx: &mut Tx,
    shop: ShopId,
    source: Source,
    ids: impl Iterator<Item = &str>,
) -> Result<bool, Fault> {
    let Some((least, greatest)) = ids.fold(None, |ends: Option<(&str, &str)>, id| {
        Some(ends.map_or((id, id), |(least, greatest)| (least.min(id), greatest.max(id))))
    }) else {
        return Ok(false);
    };
    let statement = sql!(
        "SELECT order_id FROM orders WHERE shop_id = $1 AND source = $2 AND order_id >= $3 AND order_id <= $4 LIMIT 1"
    );
    Ok(tx.first(statement, &params![shop, source.code(), least, greatest]).await?.is_some())
}

/// Rows: shop, persona, when, source, order.
pub(crate) async fn place(tx: &mut Tx, rows: &Batch<'_>) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO persona_orders (shop_id, persona_id, ordered_at, source, order_id) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING"
    );
    Ok(tx.write_each(statement, rows).await?)
}

/// Notes that an import has begun; `false` if that is noted already.
pub(crate) async fn begin(tx: &mut Tx, of: &OrderStore) -> Result<bool, Fault> {
    let statement = sql!(
        "INSERT INTO unplaced_imports (shop_id, source, import_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    );
    Ok(tx.execute(statement, &params![of.shop, of.source.code(), of.import]).await? > 0)
}

pub(crate) async fn end(tx: &mut Tx, of: &OrderStore) -> Result<(), Fault> {
    let statement =
        sql!("DELETE FROM unplaced_imports WHERE shop_id = $1 AND source = $2 AND import_id = $3");
    tx.execute(statement, &params![of.shop, of.source.code(), of.import]).await?;
    Ok(())
}

/// The imports that have begun and not ended.
pub(crate) async fn begun(tx: &mut Tx, shop: ShopId) -> Result<Vec<OrderStore>, Fault> {
    let statement = sql!("SELECT source, import_id FROM unplaced_imports WHERE shop_id = $1");
    let rows = tx.all(statement, &params![shop]).await?;
    let store = |row: &Row| {
        let source: Source = row.get::<String>(0)?.parse()?;
        Ok(OrderStore { shop, source, import: row.get(1)? })
    };
    rows.iter().map(store).collect()
}

/// Of the next orders of the source after this one, those that these imports brought first; and the last that was looked at, if there may be more.
pub(crate) async fn recorded(
    tx: &mut Tx,
    of: &OrderStore,
    imports: &HashSet<uuid::Uuid>,
    after: &str,
    limit: usize,
) -> Result<(Vec<Place>, Option<String>), Fault> {
    let statement = sql!(
        "SELECT order_id, persona_id, ordered_at, import_id FROM orders WHERE shop_id = $1 AND source = $2 AND order_id > $3
         ORDER BY order_id LIMIT $4"
    );
    let rows = tx.all(statement, &params![of.shop, of.source.code(), after, limit]).await?;
    let (mut found, mut last) = (Vec::new(), None);
    for row in &rows {
        let order: String = row.get(0)?;
        if imports.contains(&row.get(3)?) {
            found.push((row.get(1)?, row.get(2)?, order.as_str().into()));
        }
        last = Some(order);
    }
    Ok((found, last.filter(|_| rows.len() == limit)))
}

pub(crate) async fn insert_lines(tx: &mut Tx, rows: &Batch<'_>) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO order_lines (shop_id, source, order_id, line, number, sku, product, category, quantity_milli, unit_price, amount, seen_import)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    );
    tx.insert_each(statement, rows).await?;
    Ok(())
}

/// Rows: shop, source, order, line, sku, product, category, quantity, price, amount, import.
pub(crate) async fn update_lines(tx: &mut Tx, rows: &Batch<'_>) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE order_lines SET sku = $5, product = $6, category = $7, quantity_milli = $8, unit_price = $9, amount = $10, seen_import = $11
         WHERE shop_id = $1 AND source = $2 AND order_id = $3 AND line = $4"
    );
    tx.execute_each(statement, rows).await?;
    Ok(())
}

/// Rows: shop, source, order, line, import.
pub(crate) async fn touch_lines(tx: &mut Tx, rows: &Batch<'_>) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE order_lines SET seen_import = $5 WHERE shop_id = $1 AND source = $2 AND order_id = $3 AND line = $4"
    );
    tx.execute_each(statement, rows).await?;
    Ok(())
}

/// Rows: shop, source, order, currency, amount, lines, status, store.
pub(crate) async fn update_orders(tx: &mut Tx, rows: &Batch<'_>) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE orders SET currency = $4, amount = $5, lines = $6, status = $7, store = $8
         WHERE shop_id = $1 AND source = $2 AND order_id = $3"
    );
    tx.execute_each(statement, rows).await?;
    Ok(())
}

/// Rows: shop, day, source, currency, orders, lines, amount; added to what is there.
pub(crate) async fn add_days(tx: &mut Tx, rows: &Batch<'_>) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO order_days (shop_id, day, source, currency, orders, lines, amount) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (shop_id, day, source, currency) DO UPDATE SET orders = order_days.orders + excluded.orders,
             lines = order_days.lines + excluded.lines, amount = order_days.amount + excluded.amount"
    );
    tx.insert_each(statement, rows).await?;
    Ok(())
}

/// The newest orders of a part, before `(at, key)`.
pub(crate) async fn orders_of(
    tx: &mut Tx,
    shop: ShopId,
    parts: &[Part],
    before: Timestamp,
    limit: usize,
) -> Result<Vec<Order>, Fault> {
    let statement = sql!(
        "SELECT o.source, o.order_id, o.persona_id, o.ordered_at, o.currency, o.amount, o.lines, o.status, o.store
         FROM persona_orders p JOIN orders o ON o.shop_id = p.shop_id AND o.source = p.source AND o.order_id = p.order_id
         WHERE p.persona_id = $1 AND p.ordered_at >= $2 AND p.ordered_at < $3 AND p.ordered_at <= $4 AND p.shop_id = $5
         ORDER BY p.ordered_at DESC, p.source, p.order_id LIMIT $6"
    );
    let mut keys = Batch::with_capacity(6, parts.len());
    for part in parts {
        keys.push(params![part.persona, part.from, part.until, before, shop, limit]);
    }
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(order(row)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

fn order(row: &Row) -> Result<Order, db::DbError> {
    let source: String = row.get(0)?;
    let currency: Option<Currency> = row.get::<Option<String>>(4)?.and_then(|code| code.parse().ok());
    let amount: Option<i64> = row.get(5)?;
    Ok(Order {
        key: OrderKey {
            source: source.parse().map_err(|_| db::DbError::Column { at: 0, wanted: "source" })?,
            order_id: row.get(1)?,
        },
        persona: row.get(2)?,
        ordered_at: row.get(3)?,
        amount: currency.zip(amount).map(|(currency, minor)| Money::of(minor, currency)),
        lines: row.get(6)?,
        status: row.get(7)?,
        store: row.get(8)?,
    })
}

/// One order by its key.
pub(crate) async fn order_by_key(tx: &mut Tx, shop: ShopId, key: &OrderKey) -> Result<Option<Order>, Fault> {
    let statement = sql!(
        "SELECT source, order_id, persona_id, ordered_at, currency, amount, lines, status, store FROM orders
         WHERE shop_id = $1 AND source = $2 AND order_id = $3"
    );
    let row = tx.first(statement, &params![shop, key.source.code(), key.order_id.as_str()]).await?;
    Ok(row.as_ref().map(order).transpose()?)
}

/// The orders of a shop by key.
pub(crate) async fn list_orders(
    tx: &mut Tx,
    shop: ShopId,
    after: &(String, String),
    limit: usize,
) -> Result<Vec<Order>, Fault> {
    let statement = sql!(
        "SELECT source, order_id, persona_id, ordered_at, currency, amount, lines, status, store FROM orders
         WHERE shop_id = $1 AND (source, order_id) > ($2, $3) ORDER BY source, order_id LIMIT $4"
    );
    let rows = tx.all(statement, &params![shop, after.0.as_str(), after.1.as_str(), limit]).await?;
    Ok(rows.iter().map(order).collect::<Result<_, _>>()?)
}

/// The lines of orders, in the order of the keys.
pub(crate) async fn lines_of(tx: &mut Tx, shop: ShopId, keys: &[OrderKey]) -> Result<Vec<Vec<Line>>, Fault> {
    let statement = sql!(
        "SELECT line, sku, product, category, quantity_milli, unit_price, amount FROM order_lines
         WHERE shop_id = $1 AND source = $2 AND order_id = $3 ORDER BY line"
    );
    let mut batch = Batch::with_capacity(3, keys.len());
    keys.iter().for_each(|key| batch.push(params![shop, key.source.code(), key.order_id.as_str()]));
    let mut found: Vec<Vec<Line>> = vec![Vec::new(); keys.len()];
    tx.select_each(statement, &batch, |at, row| {
        found[at].push(Line {
            line: row.get(0)?,
            sku: row.get(1)?,
            product: row.get(2)?,
            category: row.get(3)?,
            quantity_milli: row.get(4)?,
            unit_price: row.get(5)?,
            amount: row.get(6)?,
        });
        Ok(())
    })
    .await?;
    found.iter_mut().for_each(|lines| lines.sort_by_key(|line| line.line));
    Ok(found)
}

/// Number, sum and time span of orders by source and currency.
pub(crate) async fn totals(tx: &mut Tx, parts: &[Part]) -> Result<Vec<PartTotal>, Fault> {
    let statement = sql!(
        "SELECT o.source, o.currency, COUNT(*), CAST(COALESCE(SUM(o.amount), 0) AS BIGINT), MIN(p.ordered_at), MAX(p.ordered_at)
         FROM persona_orders p JOIN orders o ON o.shop_id = p.shop_id AND o.source = p.source AND o.order_id = p.order_id
         WHERE p.persona_id = $1 AND p.ordered_at >= $2 AND p.ordered_at < $3 GROUP BY o.source, o.currency"
    );
    let mut keys = Batch::with_capacity(3, parts.len());
    parts.iter().for_each(|part| keys.push(params![part.persona, part.from, part.until]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(PartTotal {
            source: row.get(0)?,
            currency: row.get(1)?,
            orders: row.get(2)?,
            amount: row.get(3)?,
            first_at: row.get(4)?,
            last_at: row.get(5)?,
        });
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Sums by day from `day` on.
pub(crate) async fn days(tx: &mut Tx, shop: ShopId, day: i64) -> Result<Vec<DayTotal>, Fault> {
    let statement = sql!(
        "SELECT day, source, currency, orders, lines, amount FROM order_days WHERE shop_id = $1 AND day >= $2 ORDER BY day, source, currency"
    );
    let rows = tx.all(statement, &params![shop, day]).await?;
    let read = |row: &Row| {
        let source: String = row.get(1)?;
        Ok(DayTotal {
            day: row.get(0)?,
            source: source.parse().map_err(|_| db::DbError::Column { at: 1, wanted: "source" })?,
            currency: row.get::<String>(2)?.parse().ok(),
            orders: row.get(3)?,
            lines: row.get(4)?,
            amount: row.get(5)?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, db::DbError>>()?)
}
