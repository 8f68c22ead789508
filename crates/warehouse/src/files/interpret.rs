//! Turns a record's cells into a canonical row, or says why that cannot be done.

use std::borrow::Cow;

use base::{Currency, Decimal, DecimalMark, MoneyError, Timestamp};

use super::{
    Note,
    amounts::{self, AmountProblem},
    columns::Plan,
    dates::{DateProblem, DateRules, Moment},
    names,
    record::{Kind, Record},
    row::{Field, OrderRow, Reject},
};

/// The fields kept as text, in the order in which they are filled: the order's id first, since what a row may take over from
/// the row above depends on it.
const TEXTS: [Field; 14] = [
    Field::OrderId,
    Field::Number,
    Field::Name,
    Field::Email,
    Field::Address,
    Field::Postcode,
    Field::Country,
    Field::LoyaltyId,
    Field::DeviceId,
    Field::Status,
    Field::Store,
    Field::Sku,
    Field::Product,
    Field::Category,
];

/// What exports write where there is no value. As a loyalty id, any of these would make one customer of many.
const NULLS: [&str; 12] =
    ["null", "\\n", "nan", "n/a", "#n/a", "none", "nil", "(null)", "<null>", "nat", "undefined", "-"];

/// Reads records of one file.
pub struct Interpreter {
    pub plan: Plan,
    dates: DateRules,
    mark: Option<DecimalMark>,
    currency_default: Option<Currency>,
    /// The row above, as far as it could be read: a follow-on line of the same order takes over what it leaves out.
    above: OrderRow,
    above_dated: bool,
    currency_last: Option<KnownCurrency>,
    /// For a value that is joined from several columns.
    scratch: String,
    zone_assumed: bool,
    prices_rounded: u64,
    /// Whether the column of amounts holds the totals of whole orders. It stays as it was at the beginning of the file.
    is_of_order: bool,
}

/// The last currency seen: files hold the same one on row after row.
struct KnownCurrency {
    text: String,
    currency: Currency,
}

type Outcome<T> = Result<T, (Field, &'static str, Cow<'static, str>)>;

impl Interpreter {
    pub fn new(
        plan: Plan,
        dates: DateRules,
        mark: Option<DecimalMark>,
        currency_default: Option<Currency>,
    ) -> Self {
        Self {
            is_of_order: plan.order_total().is_some(),
            plan,
            dates,
            mark,
            currency_default,
            above: OrderRow::default(),
            above_dated: false,
            currency_last: None,
            scratch: String::new(),
            zone_assumed: false,
            prices_rounded: 0,
        }
    }

    /// The row above could not even be split into cells.
    pub fn forget_above(&mut self) {
        self.above.clear();
        self.above_dated = false;
    }

    /// Fills `row` from the record.
    pub fn row(&mut self, record: &Record, row: &mut OrderRow) -> Result<(), Reject> {
        row.clear();
        row.line_number = record.line_number;
        let outcome = self.read(record, row);
        outcome.map_err(|(field, code, reason)| Reject::field(record.line_number, field, code, reason))
    }

    fn read(&mut self, record: &Record, row: &mut OrderRow) -> Outcome<()> {
        let same_order = match self.texts(record, row) {
            Ok(same_order) => same_order,
            Err(problem) => {
                self.forget_above();
                return Err(problem);
            }
        };
        let dated = self.moment(record, same_order);
        if let Ok(at) = dated {
            row.ordered_at = at;
        }
        let currency = self.currency(record, same_order);
        row.currency = *currency.as_ref().unwrap_or(&None);
        self.above.clone_from(row);
        self.above_dated = dated.is_ok();
        dated.map_err(|problem| match problem {
            Undated::Blank => (Field::OrderedAt, "missing_field", "The row has no date.".into()),
            Undated::Problem(problem) => (Field::OrderedAt, problem.code(), problem.reason().into()),
        })?;
        currency?;
        self.money(record, row)?;
        row.line = self.line(record)?;
        Ok(())
    }

    /// Fills the text fields; says whether the row goes on with the order of the row above.
    fn texts(&mut self, record: &Record, row: &mut OrderRow) -> Outcome<bool> {
        let mut same_order = false;
        for field in TEXTS {
            let value = cell(&self.plan, &mut self.scratch, record, field).0;
            if value.is_empty() {
                if field == Field::OrderId {
                    return Err((field, "missing_field", "The row has no order id.".into()));
                }
                if same_order
                    && field.is_of_order()
                    && let Some(value) = self.above.text(field)
                {
                    row.set(field, value);
                }
                continue;
            }
            row.write(field, |text| push_clean(text, value)).map_err(|Control| {
                (field, "control_character", "The value holds a control character.".into())
            })?;
            if row.text(field).is_some_and(|value| value.len() > field.bytes_max()) {
                let reason = format!("The value is longer than {} bytes.", field.bytes_max());
                return Err((field, "field_too_long", reason.into()));
            }
            if field == Field::OrderId && row.text(field).is_some_and(names::is_of_a_sum) {
                return Err((
                    field,
                    "row_is_a_sum",
                    "The row looks like the sum below a table, and not like an order.".into(),
                ));
            }
            same_order |= field == Field::OrderId && self.above.text(field) == row.text(field);
        }
        Ok(same_order)
    }

    fn moment(&mut self, record: &Record, same_order: bool) -> Result<Timestamp, Undated> {
        let columns = &self.plan.origin(Field::OrderedAt).columns;
        let (value, kind) = columns.first().map_or(("", Kind::Text), |column| filled(record, *column));
        if value.is_empty() {
            return if same_order && self.above_dated {
                Ok(self.above.ordered_at)
            } else {
                Err(Undated::Blank)
            };
        }
        let micros = || value.parse::<i64>().map_err(|_| DateProblem::Unreadable);
        let moment: Result<Moment, DateProblem> = match kind {
            Kind::Instant => micros().and_then(DateRules::instant),
            Kind::Local => micros().and_then(|micros| self.dates.local(micros)),
            // A second column has the time of day, unless the first one has it too.
            Kind::Text if columns.len() > 1 && !value.contains(':') => {
                let value = cell(&self.plan, &mut self.scratch, record, Field::OrderedAt).0;
                self.dates.parse(value)
            }
            Kind::Text | Kind::Number => self.dates.parse(value),
        };
        let moment = moment.map_err(Undated::Problem)?;
        self.zone_assumed |= moment.zone_assumed;
        Ok(moment.at)
    }

    /// The row's own currency; the default comes in only where there is money.
    fn currency(&mut self, record: &Record, same_order: bool) -> Outcome<Option<Currency>> {
        let value = cell(&self.plan, &mut self.scratch, record, Field::Currency).0;
        if value.is_empty() {
            return Ok(if same_order { self.above.currency } else { None });
        }
        if let Some(last) = self.currency_last.as_ref().filter(|last| last.text == value) {
            return Ok(Some(last.currency));
        }
        let shared = || self.currency_default.filter(|_| amounts::is_shared_sign(value));
        let currency = amounts::named_currency(value).or_else(shared).ok_or_else(|| {
            let reason = "The currency is not an ISO 4217 code or a sign that one currency only has.";
            (Field::Currency, "unknown_currency", Cow::Borrowed(reason))
        })?;
        self.currency_last = Some(KnownCurrency { text: value.to_owned(), currency });
        Ok(Some(currency))
    }

    fn money(&mut self, record: &Record, row: &mut OrderRow) -> Outcome<()> {
        let quantity = self.decimal(record, Field::Quantity)?;
        let price = self.decimal(record, Field::UnitPrice)?;
        let amount = self.decimal(record, Field::Amount)?;
        row.quantity_milli = match quantity {
            Some(quantity) => Some(quantity.exact(3).map_err(|error| unfit(Field::Quantity, error))?),
            None => None,
        };
        if price.is_none() && amount.is_none() {
            return Ok(());
        }
        let currency = self.currency_of_money(record, row.currency)?;
        row.currency = Some(currency);
        self.above.currency = row.currency;
        let exponent = currency.exponent();
        if let Some(price) = price {
            let exact = price.exact(exponent);
            self.prices_rounded += u64::from(exact == Err(MoneyError::TooPrecise));
            row.unit_price = Some(price.nearest(exponent).map_err(|error| unfit(Field::UnitPrice, error))?);
        }
        let stated = amount.map(|amount| amount.exact(exponent).map_err(|error| unfit(Field::Amount, error)));
        if self.is_of_order {
            row.order_total = stated.transpose()?;
            return Ok(());
        }
        row.amount = match (stated, quantity, price) {
            (Some(amount), _, _) => Some(amount?),
            (None, Some(quantity), Some(price)) => {
                let product = quantity.times(price).and_then(|product| product.nearest(exponent));
                Some(product.map_err(|error| unfit(Field::Amount, error))?)
            }
            _ => None,
        };
        Ok(())
    }

    /// The currency column's, or the one beside the amounts, which must not contradict it; else the default.
    fn currency_of_money(&mut self, record: &Record, own: Option<Currency>) -> Outcome<Currency> {
        let mut stated = own;
        for field in [Field::Amount, Field::UnitPrice] {
            let value = cell(&self.plan, &mut self.scratch, record, field).0;
            let Some(beside) = amounts::currency_beside(value) else { continue };
            if stated.is_some_and(|stated| stated != beside) {
                let reason = "The currency beside the amount is not the row's currency.";
                return Err((field, "currency_mismatch", reason.into()));
            }
            stated = Some(beside);
        }
        stated.or(self.currency_default).ok_or_else(|| {
            let reason = "The row has an amount but no currency; --currency says which one the file is in.";
            (Field::Currency, "missing_currency", reason.into())
        })
    }

    fn decimal(&mut self, record: &Record, field: Field) -> Outcome<Option<Decimal>> {
        let (value, kind) = cell(&self.plan, &mut self.scratch, record, field);
        if value.is_empty() {
            return Ok(None);
        }
        amounts::decimal(value, kind, self.mark).map(Some).map_err(|problem| match problem {
            AmountProblem::Ambiguous => {
                let reason = "The value has one sign before three digits, which may be decimals or thousands; --decimal point or --decimal comma says which.";
                (field, "ambiguous_amount", reason.into())
            }
            AmountProblem::Unreadable(error) => unfit(field, error),
        })
    }

    fn line(&mut self, record: &Record) -> Outcome<Option<u32>> {
        let (value, _) = cell(&self.plan, &mut self.scratch, record, Field::Line);
        if value.is_empty() {
            return Ok(None);
        }
        let whole = value.strip_suffix(".0").unwrap_or(value);
        whole.parse().map(Some).map_err(|_| {
            (Field::Line, "invalid_line", "The line is not a whole number from 0 to 4294967295.".into())
        })
    }

    /// What was assumed or changed on the way.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if self.zone_assumed {
            notes.push(Note::new(
                "time_zone_assumed",
                "Dates without an offset were read as UTC; --time-zone says otherwise.",
            ));
        }
        if self.prices_rounded > 0 {
            notes.push(Note::new(
                "unit_prices_rounded",
                format!(
                    "{} unit prices have more decimals than their currency; amounts were computed from them exactly, the prices kept rounded.",
                    self.prices_rounded
                ),
            ));
        }
        if self.plan.has(Field::UnitPrice) && !self.plan.has(Field::Amount) && !self.plan.has(Field::Quantity)
        {
            notes.push(Note::new(
                "no_amounts",
                "There are prices but neither amounts nor quantities, so rows have no amount. --map amount=COLUMN says if the price is one.",
            ));
        }
        notes
    }
}

enum Undated {
    Blank,
    Problem(DateProblem),
}

fn unfit(field: Field, error: MoneyError) -> (Field, &'static str, Cow<'static, str>) {
    let (code, reason) = match (field, error) {
        (Field::Quantity, MoneyError::TooPrecise) => {
            ("invalid_quantity", "The quantity has more than three decimals.")
        }
        (Field::Quantity, MoneyError::TooLarge) => ("invalid_quantity", "The quantity is too large."),
        (Field::Quantity, _) => ("invalid_quantity", "The quantity is not a number."),
        (_, MoneyError::TooPrecise) => ("invalid_amount", "The amount has more decimals than its currency."),
        (_, MoneyError::TooLarge) => ("invalid_amount", "The amount is too large."),
        _ => ("invalid_amount", "The value is not an amount in the form of this file's amounts."),
    };
    (field, code, reason.into())
}

/// The value of a field, without what only dresses it up; empty if blank.
fn cell<'a>(plan: &Plan, scratch: &'a mut String, record: &'a Record, field: Field) -> (&'a str, Kind) {
    let origin = plan.origin(field);
    let (value, kind) = match (&origin.columns[..], origin.joined_by) {
        ([], _) => return ("", Kind::Text),
        ([column], _) => filled(record, *column),
        (columns, None) => {
            let found = columns.iter().map(|column| filled(record, *column));
            found.into_iter().find(|(value, _)| !value.is_empty()).unwrap_or(("", Kind::Text))
        }
        (columns, Some(between)) => {
            scratch.clear();
            for column in columns {
                let (value, _) = filled(record, *column);
                if !value.is_empty() {
                    if !scratch.is_empty() {
                        scratch.push_str(between);
                    }
                    scratch.push_str(value);
                }
            }
            (scratch.as_str(), Kind::Text)
        }
    };
    (undressed(field, value, kind), kind)
}

/// A cell without spaces around it; empty if it only says that there is nothing.
fn filled(record: &Record, column: usize) -> (&str, Kind) {
    let (text, kind) = record.cell(column);
    let text = trimmed(text);
    // Spreadsheets keep leading zeros by writing ="0171…".
    let text = text.strip_prefix("=\"").and_then(|t| t.strip_suffix('"')).map_or(text, trimmed);
    if is_null(text) { ("", kind) } else { (text, kind) }
}

fn trimmed(text: &str) -> &str {
    let unseen = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}');
    match text.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim_matches(unseen),
    }
}

fn is_null(text: &str) -> bool {
    // Most values are told apart by their first byte already.
    let could_be = matches!(
        text.as_bytes().first(),
        Some(b'n' | b'N' | b'\\' | b'#' | b'(' | b'<' | b'u' | b'U' | b'-')
    );
    could_be && text.len() <= 9 && NULLS.iter().any(|null| text.eq_ignore_ascii_case(null))
}

fn undressed(field: Field, value: &str, kind: Kind) -> &str {
    let is_code = matches!(
        field,
        Field::OrderId | Field::Number | Field::Postcode | Field::LoyaltyId | Field::DeviceId | Field::Sku
    );
    let mut value = value;
    if is_code && let Some(rest) = value.strip_prefix('\'') {
        // The apostrophe with which spreadsheets mark a text.
        if rest.starts_with(|c: char| c.is_ascii_digit() || c == '+') {
            value = rest;
        }
    }
    if kind == Kind::Text && matches!(field, Field::Number | Field::Postcode | Field::LoyaltyId) {
        // A column that passed through floats: 8801712345678.0
        if let Some(whole) = value.strip_suffix(".0")
            && whole.bytes().all(|byte| byte.is_ascii_digit())
        {
            value = whole;
        }
    }
    value
}

struct Control;

/// Appends a value; line ends and tabs within it become one space, other control characters are refused.
fn push_clean(text: &mut String, value: &str) -> Result<(), Control> {
    if value.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        text.push_str(value);
        return Ok(());
    }
    let mut spaced = false;
    for c in value.chars() {
        match c {
            '\t' | '\n' | '\r' => {
                if !spaced {
                    text.push(' ');
                }
                spaced = true;
            }
            c if c.is_control() => return Err(Control),
            c => {
                text.push(c);
                spaced = false;
            }
        }
    }
    Ok(())
}
