//! Customers on a terminal and in JSON: numbers and e-mail addresses masked, unless they are being revealed.

use base::{Fault, Page, PageRequest, Timestamp};
use customers::{CustomerView, PersonaView, Summary, TenureView, identity::Identity};
use history::{Order, Totals};
use numbering::Format;
use serde_json::{Map, Value, json};

use crate::{
    opening::InShop,
    output::{Output, Table, counted, grouped},
    trail::{PageArguments, moment, more},
};

/// Orders shown with a customer.
const ORDERS_SHOWN: usize = 20;

pub(super) async fn list(shop: &InShop, output: Output, page: &PageArguments) -> Result<(), Fault> {
    let page = shop.app.customers.list(&shop.cx, &page.request()).await?;
    summaries(output, &page, "There is no customer yet; `trunkline import orders` brings them in.")
}

pub(super) fn summaries(output: Output, page: &Page<Summary>, nothing: &str) -> Result<(), Fault> {
    let items: Vec<Value> = page.items.iter().map(|item| summary(item, false)).collect();
    output.answer(&json!({ "items": items, "next": page.next }), || {
        let mut table = Table::new(&["customer", "name", "number", ">orders", "first", "last"]);
        for item in &page.items {
            table.row([
                item.id.to_string(),
                item.name().unwrap_or("-").to_owned(),
                item.identity.number.map_or_else(|| "-".to_owned(), |number| number.to_string()),
                grouped(item.orders),
                item.first_at.date(),
                item.last_at.date(),
            ]);
        }
        if table.is_empty() { nothing.to_owned() } else { table.text() + &more(page) }
    })
}

fn summary(summary: &Summary, clear: bool) -> Value {
    let mut value = identity_json(&summary.identity, clear);
    value["id"] = json!(summary.id);
    value["orders"] = json!(summary.orders);
    value["records"] = json!(summary.personas);
    value["first_at"] = json!(summary.first_at);
    value["last_at"] = json!(summary.last_at);
    value
}

/// Number and e-mail address masked and the address left out, unless `clear`.
pub fn identity_json(identity: &Identity, clear: bool) -> Value {
    let mut value = Map::new();
    let mut put = |key: &str, text: Option<String>| value.insert(key.to_owned(), json!(text));
    let details = &identity.details;
    put(
        "number",
        identity.number.map(|number| if clear { number.format(Format::E164) } else { number.mask() }),
    );
    put("name", details.name.clone());
    put(
        "email",
        details
            .email
            .as_deref()
            .map(|email| if clear { email.to_owned() } else { customers::mask_email(email) }),
    );
    put("country", details.country.clone());
    if clear {
        put("address", details.address.clone());
        put("postcode", details.postcode.clone());
        put("loyalty_id", details.loyalty_id.clone());
        put("device_id", details.device_id.clone());
    }
    Value::Object(value)
}

/// The same on one line.
pub fn identity_text(identity: &Identity, clear: bool) -> String {
    let details = &identity.details;
    let mut parts = vec![details.name.clone().unwrap_or_else(|| "no name".to_owned())];
    parts.extend(
        identity
            .number
            .map(|number| if clear { number.format(Format::International) } else { number.mask() }),
    );
    parts.extend(
        details
            .email
            .as_deref()
            .map(|email| if clear { email.to_owned() } else { customers::mask_email(email) }),
    );
    if clear {
        parts.extend(details.address.clone());
        parts.extend(details.postcode.clone());
        parts.extend(details.loyalty_id.as_ref().map(|id| format!("loyalty {id}")));
    } else {
        parts.extend(details.address.as_ref().map(|_| "address".to_owned()));
        parts.extend(details.loyalty_id.as_ref().map(|_| "loyalty id".to_owned()));
    }
    parts.extend(details.country.clone());
    parts.join(" · ")
}

pub(super) async fn whole(
    shop: &InShop,
    output: Output,
    view: &CustomerView,
    clear: bool,
) -> Result<(), Fault> {
    let totals = shop.app.history.totals(&view.personas).await?;
    let page = PageRequest::new(Some(ORDERS_SHOWN), None);
    let orders = shop.app.history.of_customer(&shop.cx, &view.personas, &page).await?;
    let mut value = summary(&view.summary, clear);
    value["totals"] = totals_json(&totals);
    value["tenures"] = view.tenures.iter().map(|tenure| tenure_json(tenure, clear)).collect();
    value["linked_records"] = view.personas.iter().map(|persona| record_json(persona, clear)).collect();
    value["orders_newest"] = orders.items.iter().map(order_json).collect();
    output.answer(&value, || text(view, &totals, &orders, clear))
}

fn totals_json(totals: &Totals) -> Value {
    let spent = totals.spent.iter().map(|money| json!({ "amount": money.minor, "currency": money.currency }));
    let sources =
        totals.orders_by_source.iter().map(|(source, orders)| (source.code().to_owned(), json!(orders)));
    json!({ "orders": totals.orders, "spent": spent.collect::<Vec<_>>(), "by_source": sources.collect::<Map<_, _>>() })
}

fn tenure_json(tenure: &TenureView, clear: bool) -> Value {
    let number = tenure.number.map(|number| if clear { number.format(Format::E164) } else { number.mask() });
    json!({ "id": tenure.id, "number": number, "kind": tenure.kind.code(), "from": tenure.from, "until": tenure.until,
            "confidence": tenure.confidence, "evidence": tenure.evidence })
}

fn record_json(persona: &PersonaView, clear: bool) -> Value {
    let mut value = identity_json(&persona.identity, clear);
    value["id"] = json!(persona.id);
    value["from"] = json!(persona.from);
    value["until"] = json!(persona.until);
    value["rule"] = json!(persona.rule.map(customers::linking::Rule::code));
    value["evidence"] = json!(persona.evidence);
    value["why"] = persona.evidence.iter().map(customers::linking::Evidence::in_words).collect();
    value
}

fn order_json(order: &Order) -> Value {
    json!({ "source": order.key.source.code(), "order_id": order.key.order_id, "ordered_at": order.ordered_at,
            "amount": order.amount.map(|money| money.minor), "currency": order.amount.map(|money| money.currency),
            "lines": order.lines, "status": order.status, "store": order.store })
}

fn until(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "now".to_owned(), Timestamp::date)
}

fn text(view: &CustomerView, totals: &Totals, orders: &Page<Order>, clear: bool) -> String {
    let mut text =
        format!("Customer {}\n{}\n", view.summary.id, identity_text(&view.summary.identity, clear));
    let spent: Vec<String> = totals.spent.iter().map(ToString::to_string).collect();
    let sources: Vec<String> = totals
        .orders_by_source
        .iter()
        .map(|(source, orders)| format!("{} {}", source.label(), grouped(*orders)))
        .collect();
    text += &counted(totals.orders, "order", "orders");
    if totals.orders > 0 {
        text += &format!(
            " from {} to {}: {}",
            view.summary.first_at.date(),
            view.summary.last_at.date(),
            sources.join(", ")
        );
    }
    if !spent.is_empty() {
        text += &format!("; spent {}", spent.join(", "));
    }
    text += "\n\nNumbers\n";
    let mut table = Table::new(&["number", "kind", "from", "until", ">sure"]);
    for tenure in &view.tenures {
        let shown = |number: numbering::PhoneNumber| {
            if clear { number.format(Format::International) } else { number.mask() }
        };
        table.row([
            tenure.number.map_or_else(|| "-".to_owned(), shown),
            tenure.kind.code().to_owned(),
            tenure.from.date(),
            until(tenure.until),
            format!("{} %", tenure.confidence),
        ]);
    }
    text += &table.text();
    text += "\nRecords, and why they are this customer's\n";
    for persona in &view.personas {
        let range = match (persona.from, persona.until) {
            (None, None) => String::new(),
            (from, until) => {
                let day =
                    |at: Option<Timestamp>, open: &str| at.map_or_else(|| open.to_owned(), Timestamp::date);
                format!(" (orders from {} until {})", day(from, "the first"), day(until, "now"))
            }
        };
        text += &format!("{}{range}\n  {}\n", persona.id, identity_text(&persona.identity, clear));
        for evidence in &persona.evidence {
            text += &format!("    {}\n", evidence.in_words());
        }
    }
    text += "\nOrders, newest first\n";
    let mut table = Table::new(&["at", "source", "order", ">lines", ">amount", "status"]);
    for order in &orders.items {
        table.row([
            moment(order.ordered_at),
            order.key.source.code().to_owned(),
            order.key.order_id.clone(),
            order.lines.to_string(),
            order.amount.map_or_else(|| "-".to_owned(), |money| money.to_string()),
            order.status.clone().unwrap_or_default(),
        ]);
    }
    text + &table.text()
}
