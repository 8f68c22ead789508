//! `trunkline customer export`: one record an order line and one a number, so that a shop can check us against what it knows.
//! Streams: a page of orders is in memory, never the whole.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    path::Path,
};

use base::{Currency, Fault, PageRequest, Timestamp};
use customers::Owner;
use history::{Line, Order};
use numbering::Format;
use serde::Serialize;

use crate::{
    opening::InShop,
    output::{counted, remark, unwritable},
};

/// Orders and numbers read at a time.
const PAGE: usize = 2_000;

/// A line of an order, with whose it is.
#[derive(Serialize)]
struct LineRecord<'a> {
    r#type: &'static str,
    source: &'static str,
    order_id: &'a str,
    line: u32,
    customer: Option<uuid::Uuid>,
    tenure: Option<uuid::Uuid>,
    ordered_at: Timestamp,
    sku: Option<&'a str>,
    /// Minor units.
    amount: Option<i64>,
    currency: Option<Currency>,
}

#[derive(Serialize)]
struct NumberLine {
    r#type: &'static str,
    number: Option<String>,
    kind: &'static str,
    tenures: Vec<TenureLine>,
}

#[derive(Serialize)]
struct TenureLine {
    id: uuid::Uuid,
    customer: uuid::Uuid,
    from: Timestamp,
    until: Option<Timestamp>,
    confidence: u32,
}

pub(super) async fn run(shop: &InShop, to: Option<&Path>, why_plain: Option<&str>) -> Result<(), Fault> {
    let mut out: Box<dyn Write + Send> = match to {
        Some(path) => Box::new(BufWriter::with_capacity(1 << 20, create(path)?)),
        None => Box::new(BufWriter::with_capacity(1 << 16, io::stdout())),
    };
    if let Some(why) = why_plain {
        shop.app.customers.reveal_all(&shop.cx, why).await?;
    }
    let lines = lines(shop, &mut out).await?;
    let numbers = numbers(shop, &mut out, why_plain.is_some()).await?;
    out.flush().map_err(unwritable)?;
    if let Some(path) = to {
        let (lines, numbers) =
            (counted(lines, "order line", "order lines"), counted(numbers, "number", "numbers"));
        remark(format_args!("{lines} and {numbers} written to {}", path.display()));
    }
    Ok(())
}

/// A new file for its owner alone: it tells who bought what.
fn create(path: &Path) -> Result<std::fs::File, Fault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Fault::conflict(
            "file_exists",
            format!("{} is there already and is not replaced.", path.display()),
        )
        .field("to"),
        _ => Fault::unavailable("file_unwritable", format!("{} cannot be written: {error}.", path.display()))
            .field("to"),
    })
}

async fn lines(shop: &InShop, out: &mut (dyn Write + Send)) -> Result<u64, Fault> {
    let (mut after, mut count) = (None, 0);
    loop {
        let page = shop.app.history.list(&shop.cx, &PageRequest { limit: PAGE, after }).await?;
        let placed = page.items.iter().map(|order| (order.persona, order.ordered_at)).collect();
        let keys = page.items.iter().map(|order| order.key.clone()).collect();
        let (owners, lines) = tokio::try_join!(
            shop.app.customers.owners(&shop.cx, placed),
            shop.app.history.lines(&shop.cx, keys)
        )?;
        for (order, owner) in page.items.iter().zip(owners) {
            for line in lines.get(&order.key).into_iter().flatten() {
                write(out, &record(order, line, owner))?;
                count += 1;
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

fn record<'a>(order: &'a Order, line: &'a Line, owner: Option<Owner>) -> LineRecord<'a> {
    LineRecord {
        r#type: "line",
        source: order.key.source.code(),
        order_id: &order.key.order_id,
        line: line.line,
        customer: owner.map(|owner| owner.customer.uuid()),
        tenure: owner.and_then(|owner| owner.tenure),
        ordered_at: order.ordered_at,
        sku: line.sku.as_deref(),
        amount: line.amount,
        currency: order.amount.map(|money| money.currency),
    }
}

async fn numbers(shop: &InShop, out: &mut (dyn Write + Send), plain: bool) -> Result<u64, Fault> {
    let (mut after, mut count) = (None, 0);
    loop {
        let page = shop.app.customers.numbers(&shop.cx, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(last.key);
        for known in &page {
            let tenure = |tenure: &customers::TenureView| TenureLine {
                id: tenure.id,
                customer: tenure.customer.uuid(),
                from: tenure.from,
                until: tenure.until,
                confidence: tenure.confidence,
            };
            let shown = |number: numbering::PhoneNumber| {
                if plain { number.format(Format::E164) } else { number.mask() }
            };
            write(
                out,
                &NumberLine {
                    r#type: "number",
                    number: known.number.map(shown),
                    kind: known.kind.code(),
                    tenures: known.tenures.iter().map(tenure).collect(),
                },
            )?;
            count += 1;
        }
    }
}

fn write(out: &mut (dyn Write + Send), record: &impl Serialize) -> Result<(), Fault> {
    serde_json::to_writer(&mut *out, record).map_err(|error| unwritable(error.into()))?;
    out.write_all(b"\n").map_err(unwritable)
}
