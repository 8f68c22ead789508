//! Order files as shops have them: one a source, numbers spelled in many ways.

use std::{io, path::Path};

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

use super::{Number, Row, Source};

/// The spellings in which one number comes in.
pub(super) fn spelled(number: &Number, rng: &mut impl Rng) -> String {
    let e164 = number.e164();
    let national = &number.national;
    let (head, tail) = national.split_at(3);
    match rng.random_range(0..8) {
        0 => e164,
        1 => format!("00{}", &e164[1..]),
        2 => format!("{head} {tail}"),
        3 => format!("{head}-{tail}"),
        4 => {
            let (middle, end) = tail.split_at(tail.len() / 2);
            format!("({head}) {middle} {end}")
        }
        5 => format!("+{} {}", number.calling_code, e164[1 + number.calling_code.len()..].trim()),
        6 => format!("tel:{e164}"),
        _ => national.clone(),
    }
}

const COLUMNS: [&str; 19] = [
    "order_id",
    "ordered_at",
    "number",
    "name",
    "email",
    "address",
    "postcode",
    "country",
    "loyalty_id",
    "device_id",
    "sku",
    "product",
    "category",
    "quantity",
    "unit_price",
    "amount",
    "currency",
    "status",
    "store",
];

/// An order file being written row by row, so that files larger than memory can be made.
#[derive(Debug)]
pub struct OrderFile {
    file: csv::Writer<std::fs::File>,
    rng: StdRng,
    rows: u64,
}

impl OrderFile {
    /// Spellings of numbers depend on `seed` alone.
    pub fn create(path: &Path, seed: u64) -> io::Result<Self> {
        let mut file = csv::Writer::from_path(path)?;
        file.write_record(COLUMNS)?;
        Ok(Self { file, rng: StdRng::seed_from_u64(seed), rows: 0 })
    }

    /// The truth stays out of it.
    pub fn write(&mut self, row: &Row) -> io::Result<()> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let money = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
        let details = &row.details;
        self.rows += 1;
        self.file.write_record([
            row.order_id.clone(),
            row.ordered_at.to_string(),
            row.number.as_ref().map(|number| spelled(number, &mut self.rng)).unwrap_or_default(),
            text(&details.name),
            text(&details.email),
            text(&details.address),
            text(&details.postcode),
            text(&details.country),
            text(&details.loyalty_id),
            text(&details.device_id),
            row.sku.clone(),
            row.product.to_owned(),
            row.category.to_owned(),
            row.quantity.to_string(),
            money(row.unit_price_minor),
            money(row.unit_price_minor * i64::from(row.quantity)),
            row.currency.to_owned(),
            row.status.to_owned(),
            text(&row.store),
        ])?;
        Ok(())
    }

    /// Returns the number of rows.
    pub fn finish(mut self) -> io::Result<u64> {
        self.file.flush()?;
        Ok(self.rows)
    }
}

/// Writes the rows of one source as CSV, in the order in which they come; returns how many.
pub fn write_csv<'r>(
    path: &Path,
    source: Source,
    rows: impl IntoIterator<Item = &'r Row>,
    seed: u64,
) -> io::Result<u64> {
    let mut file = OrderFile::create(path, seed)?;
    for row in rows.into_iter().filter(|row| row.source == source) {
        file.write(row)?;
    }
    file.finish()
}
