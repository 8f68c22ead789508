//! What the customer page shows, from what the services know.

use std::collections::{BTreeMap, HashMap};

use base::{Cursor, Fault, Id, Money, PageRequest, Timestamp};
use customers::{CustomerView, Persona, PersonaView, TenureView, linking::Rule};
use history::{Line, Order, OrderKey};
use identity::Scope;
use numbering::PhoneNumber;

use super::{
    super::{
        mapping::{self, Hidden},
        region,
        seat::Seat,
    },
    order_id, timeline,
};
use crate::{
    components::{
        badge::{NumberKind, Tone},
        chart::tenures::{TenureBar, TenureRow},
        form::Field,
        table::Paging,
    },
    console::{
        customer::{self, Act, ActState, CustomerPage, MergeForm, OrderLine, WhyLinked},
        paths,
        search::encode,
    },
    format,
    personal::Personal,
};

/// Orders on a page.
const ORDERS: usize = 25;
/// Orders that are looked at for ticks, counts and months; who has more is no ordinary customer.
const ORDERS_READ_MAX: usize = 1_000;
/// Colours for other holders; see the style sheet.
const HUES_MAX: usize = 6;

pub(super) async fn model(
    seat: &Seat,
    view: CustomerView,
    after: Option<String>,
) -> Result<CustomerPage, Fault> {
    let app = &seat.desk.app;
    let id = view.summary.id;
    let orders = all_orders(seat, &view.personas).await?;
    let first = after.is_some().then(|| format!("{}#orders", paths::customer(&id.to_string())));
    let page =
        app.history.of_customer(&seat.cx, &view.personas, &PageRequest::new(Some(ORDERS), after)).await?;
    let totals = app.history.totals(&view.personas).await?;
    let acts = app.customers.acts_of(&seat.cx, id).await?;
    let audit = match seat.may(Scope::AuditRead) {
        true => app.customers.audit_of(&seat.cx, id, &PageRequest::new(Some(20), None)).await?.items,
        false => Vec::new(),
    };
    let tenures = tenures(seat, &view, &orders).await?;
    let region = seat.region().await.map(|region| region.to_string()).unwrap_or_default();
    Ok(CustomerPage {
        name: Personal::new(view.summary.name().unwrap_or_default()),
        also_known_as: other_names(&view),
        email: email(seat, &view),
        since: view.summary.first_at,
        last_order: orders.first().map(|order| order.ordered_at),
        orders_count: totals.orders,
        totals: totals.spent,
        recent: recent(&orders, seat.cx.now()),
        reviews_open: reviews(seat, &view).await?,
        now: seat.cx.now(),
        timeline: timeline::events(&view, &orders, &acts),
        why: view.personas.iter().map(|persona| why(seat, &view, persona, &orders)).collect(),
        acts: acts.iter().filter(|act| act.kind != "undo").map(act_of).collect(),
        merge: MergeForm {
            regions: region::choices(false),
            new_number: Field::default(),
            region: Field::of(region),
        },
        audit: audit.iter().map(mapping::entry).collect(),
        orders_paging: orders_paging(&id.to_string(), first, page.next, page.items.len(), totals.orders),
        orders: shown_orders(seat, &view, page.items).await?,
        tenures,
        id: id.to_string(),
    })
}

fn orders_paging(id: &str, first: Option<String>, next: Option<Cursor>, shown: usize, all: u64) -> Paging {
    Paging {
        first,
        next: next.map(|cursor| format!("{}?after={}#orders", paths::customer(id), encode(&cursor.0))),
        words: format!("{} of {}", format::count(shown as u64), format::counted(all, "order", "orders")),
    }
}

/// Newest first.
async fn all_orders(seat: &Seat, personas: &[PersonaView]) -> Result<Vec<Order>, Fault> {
    let mut orders = Vec::new();
    let mut after = None;
    loop {
        let request = PageRequest { limit: PageRequest::LIMIT_MAX, after };
        let page = seat.desk.app.history.of_customer(&seat.cx, personas, &request).await?;
        orders.extend(page.items);
        after = page.next;
        if after.is_none() || orders.len() >= ORDERS_READ_MAX {
            return Ok(orders);
        }
    }
}

fn other_names(view: &CustomerView) -> Vec<Personal> {
    let mut names: Vec<&str> =
        view.personas.iter().filter_map(|persona| persona.identity.details.name.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    let called = view.summary.name().unwrap_or_default();
    names.into_iter().filter(|name| *name != called).take(4).map(Personal::new).collect()
}

fn email(seat: &Seat, view: &CustomerView) -> Option<crate::components::number::MaskedNumber> {
    let wanted = view.summary.identity.details.email.as_deref();
    let has = |persona: &&PersonaView| persona.identity.details.email.is_some();
    let is_shown =
        |persona: &&PersonaView| wanted.is_some() && persona.identity.details.email.as_deref() == wanted;
    let persona = view.personas.iter().find(is_shown).or_else(|| view.personas.iter().rev().find(has))?;
    Hidden::Email.chip(&view.summary.id.to_string(), persona, seat.may(Scope::CustomersReveal))
}

/// Orders in each of the last twelve months, oldest first.
fn recent(orders: &[Order], now: Timestamp) -> Vec<u64> {
    const MONTH: i64 = Timestamp::DAY * 365 / 12;
    let mut months = vec![0; 12];
    for order in orders {
        let age = (now.as_micros() - order.ordered_at.as_micros()).max(0) / MONTH;
        if let Some(month) = usize::try_from(age).ok().and_then(|age| 11usize.checked_sub(age)) {
            months[month] += 1;
        }
    }
    months
}

/// Doubts looked through for those that name the customer.
const REVIEWS_READ_MAX: usize = 50;

/// Open doubts that name this customer, of the first ones in the queue.
async fn reviews(seat: &Seat, view: &CustomerView) -> Result<Vec<(String, Personal)>, Fault> {
    let id = view.summary.id;
    let open =
        seat.desk.app.customers.reviews(&seat.cx, &PageRequest::new(Some(REVIEWS_READ_MAX), None)).await?;
    let concerns =
        open.items.into_iter().filter(|item| item.left_customer.id == id || item.right_customer.id == id);
    Ok(concerns
        .map(|item| {
            let key = format!("{}.{}", item.left, item.right);
            let other = if item.left_customer.id == id { &item.right_customer } else { &item.left_customer };
            let question = match other.id == id {
                true => "It is in doubt whether these records are of one person.".to_owned(),
                false => format!(
                    "It is in doubt whether {} is the same person.",
                    other.name().unwrap_or("somebody without a name")
                ),
            };
            (key, Personal::new(question))
        })
        .collect())
}

fn persona_of(view: &CustomerView, id: Id<Persona>) -> Option<&PersonaView> {
    view.personas.iter().find(|persona| persona.id == id)
}

/// A record that carries the number: it is what a reveal of the number opens.
fn carrier(view: &CustomerView, number: PhoneNumber) -> Option<&PersonaView> {
    view.personas.iter().find(|persona| persona.identity.number == Some(number))
}

async fn tenures(seat: &Seat, view: &CustomerView, orders: &[Order]) -> Result<Vec<TenureRow>, Fault> {
    let id = view.summary.id;
    let may = seat.may(Scope::CustomersReveal);
    let mut by_number: BTreeMap<PhoneNumber, Vec<&TenureView>> = BTreeMap::new();
    for tenure in &view.tenures {
        if let Some(number) = tenure.number {
            by_number.entry(number).or_default().push(tenure);
        }
    }
    let mut rows = Vec::new();
    for (number, ours) in by_number {
        let Some(chip) =
            carrier(view, number).and_then(|persona| Hidden::Number.chip(&id.to_string(), persona, may))
        else {
            continue;
        };
        let over: Vec<Timestamp> = orders
            .iter()
            .filter(|order| {
                persona_of(view, order.persona).is_some_and(|persona| persona.identity.number == Some(number))
            })
            .map(|order| order.ordered_at)
            .collect();
        let mut bars: Vec<TenureBar> = ours.iter().map(|tenure| bar(view, tenure, &over)).collect();
        let held = seat.desk.app.customers.holders(&seat.cx, number).await?;
        let others = held.holders.iter().filter(|holder| holder.customer.id != id);
        bars.extend(others.enumerate().map(|(at, holder)| TenureBar {
            holder: Personal::new(holder.customer.name().unwrap_or("Name not known")),
            url: Some(paths::customer(&holder.customer.id.to_string())),
            hue: 2 + at % (HUES_MAX - 1),
            from: holder.tenure.from,
            until: holder.tenure.until,
            certainty_percent: u8::try_from(holder.tenure.confidence).unwrap_or(100),
            orders: None,
        }));
        rows.push(TenureRow {
            id: latest(&ours).id.to_string(),
            number: chip,
            kind: held.kind.map_or_else(|| ours[0].kind.into(), NumberKind::from),
            note: mapping::number_note(number),
            bars,
            orders: over,
        });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.is_held()));
    Ok(rows)
}

/// The tenure that stands, else the last.
fn latest<'t>(tenures: &[&'t TenureView]) -> &'t TenureView {
    let by_end = |tenure: &&&TenureView| (tenure.until.is_none(), tenure.from);
    tenures.iter().max_by_key(by_end).expect("a number is in the map because of a tenure")
}

fn bar(view: &CustomerView, tenure: &TenureView, over: &[Timestamp]) -> TenureBar {
    let within = |at: &&Timestamp| **at >= tenure.from && tenure.until.is_none_or(|until| **at < until);
    TenureBar {
        holder: Personal::new(view.summary.name().unwrap_or("This customer")),
        url: None,
        hue: 1,
        from: tenure.from,
        until: tenure.until,
        certainty_percent: u8::try_from(tenure.confidence).unwrap_or(100),
        orders: Some(over.iter().filter(within).count() as u64),
    }
}

async fn shown_orders(
    seat: &Seat,
    view: &CustomerView,
    orders: Vec<Order>,
) -> Result<Vec<customer::Order>, Fault> {
    let keys = orders.iter().map(|order| order.key.clone()).collect();
    let lines = seat.desk.app.history.lines(&seat.cx, keys).await?;
    let may = seat.may(Scope::CustomersReveal);
    let id = view.summary.id.to_string();
    let shown = orders.iter().enumerate().map(|(at, order)| customer::Order {
        id: order_id(order, at),
        reference: order.key.order_id.clone(),
        at: order.ordered_at,
        source: order.key.source.into(),
        number: persona_of(view, order.persona).and_then(|persona| Hidden::Number.chip(&id, persona, may)),
        store: order.store.clone(),
        amount: order.amount,
        status: order.status.clone().map_or_else(|| "–".to_owned(), |status| mapping::sentence(&status)),
        status_tone: status_tone(order.status.as_deref()),
        lines: order_lines(&lines, order),
    });
    Ok(shown.collect())
}

fn status_tone(status: Option<&str>) -> Tone {
    let status = status.unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| status.contains(word));
    if has(&["cancel", "fail", "void"]) {
        Tone::Bad
    } else if has(&["return", "refund", "pending"]) {
        Tone::Warn
    } else if has(&["paid", "complete", "deliver", "fulfil", "sent", "shipped"]) {
        Tone::Good
    } else {
        Tone::Plain
    }
}

fn order_lines(lines: &HashMap<OrderKey, Vec<Line>>, order: &Order) -> Vec<OrderLine> {
    let currency = order.amount.map(|amount| amount.currency);
    let money = |minor: Option<i64>| Some(Money::of(minor?, currency?));
    let line = |line: &Line| OrderLine {
        product: line.product.clone().or_else(|| line.category.clone()).unwrap_or_else(|| "–".to_owned()),
        sku: line.sku.clone().unwrap_or_else(|| "–".to_owned()),
        quantity: line.quantity_milli.map(quantity).unwrap_or_default(),
        unit_price: money(line.unit_price),
        amount: money(line.amount),
    };
    // A line that says no more than its order does need not be opened.
    let says_more = |line: &&Line| line.sku.is_some() || line.product.is_some() || line.category.is_some();
    lines.get(&order.key).into_iter().flatten().filter(says_more).map(line).collect()
}

/// Thousandths as written: `2`, `0.5`.
fn quantity(milli: i64) -> String {
    let (whole, rest) = (milli / 1_000, (milli % 1_000).abs());
    if rest == 0 {
        return whole.to_string();
    }
    let sign = if milli < 0 && whole == 0 { "-" } else { "" };
    format!("{sign}{whole}.{}", format!("{rest:03}").trim_end_matches('0'))
}

fn why(seat: &Seat, view: &CustomerView, persona: &PersonaView, orders: &[Order]) -> WhyLinked {
    let may = seat.may(Scope::CustomersReveal);
    let id = view.summary.id.to_string();
    let inside = |order: &&Order| {
        order.persona == persona.id
            && persona.from.is_none_or(|from| order.ordered_at >= from)
            && persona.until.is_none_or(|until| order.ordered_at < until)
    };
    let own: Vec<&Order> = orders.iter().filter(inside).collect();
    let sum: i64 = persona.evidence.iter().map(|item| i64::from(item.weight)).sum();
    let weighed = persona.evidence.iter().any(|item| item.weight != 0);
    WhyLinked {
        persona: customer::Persona {
            id: persona.id.to_string(),
            source: own.last().map(|order| order.key.source.into()),
            number: Hidden::Number.chip(&id, persona, may),
            details: mapping::details(&id, persona, may),
            orders: own.len() as u64,
            first: own.last().map_or(persona.recorded_at, |order| order.ordered_at),
            last: own.first().map_or(persona.recorded_at, |order| order.ordered_at),
        },
        because: Personal::new(because(persona)),
        rule: persona.rule.map_or("none", Rule::code).to_owned(),
        certainty_percent: weighed.then(|| mapping::percent(sum)),
        founding: persona.rule == Some(Rule::Founder),
        evidence: if weighed { mapping::evidence(&persona.evidence) } else { Vec::new() },
    }
}

fn because(persona: &PersonaView) -> String {
    let reasons: Vec<&str> =
        persona.evidence.iter().filter(|item| item.weight >= 0).map(|item| item.kind.in_words()).collect();
    match (persona.rule, reasons.is_empty()) {
        (Some(Rule::Founder), _) => "The first record of this customer.".to_owned(),
        (_, false) => format!("{}.", mapping::sentence(&reasons.join("; "))),
        _ => "Linked by its number.".to_owned(),
    }
}

fn act_of(act: &customers::Recorded) -> Act {
    Act {
        id: act.id.to_string(),
        words: Personal::new(mapping::kind_words(&act.kind).2),
        reason: Personal::new(&act.reason),
        by: mapping::actor(&act.actor),
        at: act.at,
        state: if act.undone_by.is_some() { ActState::Undone } else { ActState::CanUndo },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_written() {
        for (milli, text) in [(2_000, "2"), (500, "0.5"), (-250, "-0.25"), (-1_500, "-1.5"), (1_005, "1.005")]
        {
            assert_eq!(quantity(milli), text);
        }
    }
}
