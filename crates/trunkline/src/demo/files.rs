//! The demo's four order files, each in the dress of its source: web shop, till, loyalty programme and app.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::Path,
};

use base::{Currency, Money};
use history::Source;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Map, Value, json};

use super::{
    lives::{Item, Order},
    spell::{self, OWN, TILL},
};

/// File name and source of each.
pub const FILES: [(&str, Source); 4] = [
    ("web-shop.csv", Source::Online),
    ("till.csv", Source::Pos),
    ("loyalty.jsonl", Source::Loyalty),
    ("app.jsonl", Source::App),
];

const BRANCHES: [&str; 6] = ["Harbour", "Market Square", "Station", "Old Town", "Riverside", "University"];

/// Writes all files into the folder; each appears whole or not at all.
pub fn write(folder: &Path, orders: &[Order]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, source) in FILES {
        let path = folder.join(name);
        let unfinished = folder.join(format!("{name}.unfinished"));
        let mut rng = StdRng::seed_from_u64(source as u64 + 7);
        let orders = orders.iter().filter(|order| order.source == source);
        let file = BufWriter::new(File::create(&unfinished)?);
        match source {
            Source::Online => web_shop(file, orders, &mut rng)?,
            Source::Pos => till(file, orders, &mut rng)?,
            Source::Loyalty => loyalty(file, orders, &mut rng)?,
            Source::App => app(file, orders, &mut rng)?,
        }
        fs::rename(unfinished, path)?;
    }
    Ok(())
}

/// Price of one and of all, in minor units of the order's currency.
fn prices(order: &Order, item: &Item) -> (i64, i64) {
    let each = (item.cents * order.country.euro_minor / 100).max(1);
    (each, each * item.quantity)
}

fn money(minor: i64, order: &Order) -> String {
    let currency: Currency = order.country.currency.parse().expect("the demo's currencies are of ISO 4217");
    let text = Money::of(minor, currency).to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// What stands in the number's column; now and then nothing, or nothing that is a number.
fn number(order: &Order, missing: u32, rng: &mut StdRng) -> String {
    match rng.random_range(0..1000) {
        at if at < missing => String::new(),
        996 => "n/a".to_owned(),
        997 => "12345".to_owned(),
        998 => "ask at the door".to_owned(),
        _ => order.number.map(|number| spell::number(number, order.country, rng)).unwrap_or_default(),
    }
}

fn moment(order: &Order, format: &str) -> String {
    order.at.to_jiff().map(|at| at.strftime(format).to_string()).unwrap_or_default()
}

fn web_shop<'o>(
    file: impl io::Write,
    orders: impl Iterator<Item = &'o Order>,
    rng: &mut StdRng,
) -> io::Result<()> {
    let mut file = csv::Writer::from_writer(file);
    file.write_record([
        "Order Number",
        "Order Date",
        "Customer Name",
        "Email",
        "Billing Phone",
        "Street",
        "City",
        "Postcode",
        "Country",
        "SKU",
        "Product",
        "Category",
        "Quantity",
        "Unit Price",
        "Line Total",
        "Currency",
        "Status",
    ])?;
    for (at, order) in orders.enumerate() {
        let phone = number(order, 20, rng);
        let name = spell::name(order.country, order.given, order.surname, OWN, rng).unwrap_or_default();
        for item in &order.items {
            let (each, all) = prices(order, item);
            file.write_record([
                format!("W-{}", 100_001 + at).as_str(),
                &moment(order, "%Y-%m-%d %H:%M:%S"),
                &name,
                order.email.as_deref().unwrap_or_default(),
                &phone,
                &order.home.street,
                order.home.town,
                &order.home.postcode,
                order.country.code,
                item.sku,
                item.product,
                item.category,
                &item.quantity.to_string(),
                &money(each, order),
                &money(all, order),
                order.country.currency,
                if order.returned { "returned" } else { "completed" },
            ])?;
        }
    }
    file.flush()
}

fn till<'o>(
    file: impl io::Write,
    orders: impl Iterator<Item = &'o Order>,
    rng: &mut StdRng,
) -> io::Result<()> {
    let mut file = csv::WriterBuilder::new().delimiter(b';').from_writer(file);
    file.write_record([
        "Receipt",
        "Date",
        "Time",
        "Customer",
        "Phone",
        "Card Number",
        "Country",
        "Article",
        "Item",
        "Department",
        "Qty",
        "Price",
        "Amount",
        "Currency",
        "Branch",
    ])?;
    for (at, order) in orders.enumerate() {
        let phone = number(order, 60, rng);
        let name = spell::name(order.country, order.given, order.surname, TILL, rng);
        // Who gives no number gives no name either.
        let name = name.filter(|_| !phone.is_empty()).unwrap_or_default();
        let card = order.loyalty.clone().filter(|_| rng.random_bool(0.3)).unwrap_or_default();
        let branch = BRANCHES[rng.random_range(0..BRANCHES.len())];
        for item in &order.items {
            let (each, all) = prices(order, item);
            file.write_record([
                format!("T{:07}", at + 1).as_str(),
                &moment(order, "%d.%m.%Y"),
                &moment(order, "%H:%M"),
                &name,
                &phone,
                &card,
                order.country.code,
                item.sku,
                item.product,
                item.category,
                &item.quantity.to_string(),
                &money(each, order).replace('.', ","),
                &money(all, order).replace('.', ","),
                order.country.currency,
                branch,
            ])?;
        }
    }
    file.flush()
}

fn loyalty<'o>(
    mut file: impl io::Write,
    orders: impl Iterator<Item = &'o Order>,
    rng: &mut StdRng,
) -> io::Result<()> {
    for (at, order) in orders.enumerate() {
        let phone = number(order, 10, rng);
        let name = spell::name(order.country, order.given, order.surname, OWN, rng);
        let email = order.email.clone().filter(|_| rng.random_bool(0.5));
        for item in &order.items {
            let mut row = line(order, item, &format!("L-{}", 50_001 + at));
            row.insert("ordered_at".to_owned(), moment(order, "%Y-%m-%dT%H:%M:%SZ").into());
            row.insert("mobile".to_owned(), phone.as_str().into());
            row.insert("name".to_owned(), json!(name));
            row.insert("email".to_owned(), json!(email));
            row.insert("loyalty_id".to_owned(), json!(order.loyalty));
            writeln!(file, "{}", Value::Object(row))?;
        }
    }
    file.flush()
}

fn app<'o>(
    mut file: impl io::Write,
    orders: impl Iterator<Item = &'o Order>,
    rng: &mut StdRng,
) -> io::Result<()> {
    for (at, order) in orders.enumerate() {
        let phone = order
            .number
            .map(|number| number.format(numbering::Format::E164))
            .filter(|_| rng.random_bool(0.97));
        let name = spell::name(order.country, order.given, order.surname, OWN, rng);
        for item in &order.items {
            let mut row = line(order, item, &format!("A-{}", 900_001 + at));
            row.insert("ordered_at".to_owned(), (order.at.as_micros() / 1_000_000).into());
            row.insert("number".to_owned(), json!(phone));
            row.insert("name".to_owned(), json!(name));
            row.insert("email".to_owned(), json!(order.email));
            row.insert("device_id".to_owned(), order.device.as_str().into());
            row.insert("status".to_owned(), if order.returned { "returned" } else { "delivered" }.into());
            writeln!(file, "{}", Value::Object(row))?;
        }
    }
    file.flush()
}

/// What loyalty programme and app say of a line alike.
fn line(order: &Order, item: &Item, id: &str) -> Map<String, Value> {
    let (each, all) = prices(order, item);
    let row = json!({
        "order_id": id,
        "country": order.country.code,
        "sku": item.sku,
        "product": item.product,
        "category": item.category,
        "quantity": item.quantity,
        "unit_price": money(each, order),
        "amount": money(all, order),
        "currency": order.country.currency,
    });
    match row {
        Value::Object(row) => row,
        _ => Map::new(),
    }
}
