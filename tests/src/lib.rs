//! Stories of the built binary from outside, and what they share: order files, and the state of a shop in a form that two runs can be compared by.

pub mod kept;

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::Value;
use testkit::process::Http;

/// An order file of `orders` orders by a third as many people, some of whom share or inherit a number; the same for the same seed.
pub fn order_file(orders: usize, seed: u64) -> String {
    let given = ["Aino", "Mikko", "Rahim", "Fatema", "Ion", "Maria", "John", "Emily", "Omar", "Priya"];
    let family = ["Virtanen", "Rahman", "Popescu", "Smith", "Hassan", "Sharma", "Korhonen", "Akter"];
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut file =
        String::from("order_id,ordered_at,phone,name,email,loyalty_id,sku,quantity,unit_price,currency\n");
    let people = orders / 3 + 1;
    for order in 0..orders {
        let person = rng.random_range(0..people);
        // Every tenth number has two people of different names, one in the first year, the other in the third.
        let (number, second) = if person % 10 == 9 { (person - 1, true) } else { (person, false) };
        let day = if person % 10 >= 8 {
            u32::from(second) * 700 + rng.random_range(0..300)
        } else {
            rng.random_range(0..1000)
        };
        let at = 1_640_995_200 + u64::from(day) * 86_400 + rng.random_range(0..86_400u64);
        let name = match rng.random_range(0..4u8) {
            0 => String::new(),
            _ => format!("{} {}", given[person % given.len()], family[(person / 3) % family.len()]),
        };
        let email = if rng.random_bool(0.4) { format!("p{person}@example.org") } else { String::new() };
        let phone = match rng.random_range(0..3u8) {
            0 => format!("+358 40 {:07}", 1_000_000 + number),
            1 => format!("040{:07}", 1_000_000 + number),
            _ => format!("00358 40-{:07}", 1_000_000 + number),
        };
        for line in 0..rng.random_range(1..4u8) {
            writeln!(file, "N{order:06},{at},{phone},{name},{email},,SKU-{line},{},4.50,EUR", 1 + line)
                .expect("a String takes all");
        }
    }
    file
}

/// The first word of the newest text that fits, of those that a phone of the sandbox got, as soon as there is one.
///
/// # Panics
/// When there is none after two minutes.
pub fn word_on(http: &Http, number: &str, fits: impl Fn(&str) -> bool) -> String {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let got = http.get(&format!("/sandbox/v1/phones/%2B{}/messages", &number[1..])).expect(200).json();
        let items = got.get("items").unwrap_or(&got).as_array().cloned().unwrap_or_default();
        let texts: Vec<&str> = items.iter().filter_map(|item| item["text"].as_str()).collect();
        if let Some(word) = texts.iter().flat_map(|text| text.split(' ')).find(|word| fits(word)) {
            return word.to_owned();
        }
        assert!(Instant::now() < until, "the phone of {number} got nothing of the kind");
        std::thread::yield_now();
    }
}

/// The code in the newest text that has one.
pub fn code_on(http: &Http, number: &str) -> String {
    word_on(http, number, |word| {
        (4..=10).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The state of a shop from its export, with ids replaced by the order in which they are met when everything is sorted by what a shop knows it by:
/// two runs that came to the same result have equal states.
pub fn state(export: &[Value]) -> Vec<String> {
    let text = |record: &Value, key: &str| record[key].as_str().unwrap_or("-").to_owned();
    let mut lines: BTreeMap<(String, String, i64), &Value> = BTreeMap::new();
    let mut numbers = Vec::new();
    for record in export {
        match record["type"].as_str() {
            Some("line") => {
                let key =
                    (text(record, "source"), text(record, "order_id"), record["line"].as_i64().unwrap_or(0));
                assert!(lines.insert(key.clone(), record).is_none(), "twice: {key:?}");
            }
            Some("number") => numbers.push(record),
            other => panic!("a record of type {other:?}"),
        }
    }
    let mut names: HashMap<String, String> = HashMap::new();
    let mut alias = |id: String| {
        let next = format!("c{}", names.len());
        if id == "-" { id } else { names.entry(id).or_insert(next).clone() }
    };
    let mut state: Vec<String> = lines
        .iter()
        .map(|(key, record)| {
            let (customer, tenure) = (alias(text(record, "customer")), alias(text(record, "tenure")));
            format!("{key:?} {customer} {tenure} {} {}", record["ordered_at"], record["amount"])
        })
        .collect();
    let mut kinds: Vec<String> = numbers
        .iter()
        .map(|number| {
            let tenures = number["tenures"].as_array().cloned().unwrap_or_default();
            let mut tenures: Vec<String> = tenures
                .iter()
                .map(|tenure| {
                    format!(
                        "{} {} {} {}",
                        tenure["from"],
                        tenure["until"],
                        tenure["confidence"],
                        alias(text(tenure, "customer"))
                    )
                })
                .collect();
            tenures.sort();
            format!("{} {} {tenures:?}", number["number"], number["kind"])
        })
        .collect();
    kinds.sort();
    state.extend(kinds);
    state
}
