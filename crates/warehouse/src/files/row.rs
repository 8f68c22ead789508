//! What a reader hands out: the fields an order row may have, the row itself in one reusable buffer, and the reject that
//! says why a row could not be used.

use std::{borrow::Cow, fmt, str::FromStr};

use base::{Currency, Fault, Timestamp};

/// A canonical field of an order row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Field {
    OrderId,
    OrderedAt,
    Number,
    Name,
    Email,
    Address,
    Postcode,
    Country,
    LoyaltyId,
    DeviceId,
    Sku,
    Product,
    Category,
    Quantity,
    UnitPrice,
    Amount,
    Currency,
    Status,
    Store,
    Line,
}

impl Field {
    pub const ALL: [Self; 20] = [
        Self::OrderId,
        Self::OrderedAt,
        Self::Number,
        Self::Name,
        Self::Email,
        Self::Address,
        Self::Postcode,
        Self::Country,
        Self::LoyaltyId,
        Self::DeviceId,
        Self::Sku,
        Self::Product,
        Self::Category,
        Self::Quantity,
        Self::UnitPrice,
        Self::Amount,
        Self::Currency,
        Self::Status,
        Self::Store,
        Self::Line,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderId => "order_id",
            Self::OrderedAt => "ordered_at",
            Self::Number => "number",
            Self::Name => "name",
            Self::Email => "email",
            Self::Address => "address",
            Self::Postcode => "postcode",
            Self::Country => "country",
            Self::LoyaltyId => "loyalty_id",
            Self::DeviceId => "device_id",
            Self::Sku => "sku",
            Self::Product => "product",
            Self::Category => "category",
            Self::Quantity => "quantity",
            Self::UnitPrice => "unit_price",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Status => "status",
            Self::Store => "store",
            Self::Line => "line",
        }
    }

    /// The longest value kept, in bytes: more than any honest value, little enough to bound a row.
    pub const fn bytes_max(self) -> usize {
        match self {
            Self::Number | Self::Country | Self::Currency => 256,
            Self::Address | Self::Product | Self::Category => 4096,
            _ => 512,
        }
    }

    /// May be found in any of several columns, of which a row takes the first that is not blank.
    pub(super) const fn has_alternatives(self) -> bool {
        matches!(self, Self::Number | Self::Name | Self::Email)
    }

    /// Says the same for every line of one order, so a follow-on line may leave it out.
    pub(super) const fn is_of_order(self) -> bool {
        !matches!(
            self,
            Self::Sku
                | Self::Product
                | Self::Category
                | Self::Quantity
                | Self::UnitPrice
                | Self::Amount
                | Self::Line
        )
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Field {
    type Err = Fault;
    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL.into_iter().find(|field| field.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|field| field.as_str()).collect();
            Fault::invalid("unknown_field", format!("The fields of an order row are {}.", known.join(", ")))
                .field(text)
        })
    }
}

impl serde::Serialize for Field {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One canonical row: one order line, or a whole order where the file has one row an order.
///
/// All texts share one buffer. Reading into the same row again costs no allocation, and a clone costs one.
#[derive(PartialEq, Eq, Default)]
pub struct OrderRow {
    /// Where the row starts: the physical line of a text file, the row's ordinal (from 1) of a Parquet file.
    pub line_number: u64,
    pub ordered_at: Timestamp,
    /// Thousandths: 1000 is one piece, 350 is 0.350 kg.
    pub quantity_milli: Option<i64>,
    /// Minor units of `currency`, rounded to the nearest where the file has more decimals.
    pub unit_price: Option<i64>,
    /// Minor units of `currency`: the row's own amount, else quantity × unit price.
    pub amount: Option<i64>,
    /// Minor units of `currency`: what the whole order comes to, where the file says only that. Each of its rows says the same.
    pub order_total: Option<i64>,
    pub currency: Option<Currency>,
    /// The line's number within its order, where the file has one.
    pub line: Option<u32>,
    text: String,
    spans: [(u32, u32); Field::ALL.len()],
}

impl OrderRow {
    /// The text of a field; `None` if it is blank or not a text field.
    pub fn text(&self, field: Field) -> Option<&str> {
        let (start, end) = self.spans[field as usize];
        if start == end { None } else { self.text.get(start as usize..end as usize) }
    }

    /// Gives a text field a value; a later value replaces an earlier one. Meant for rows that come from elsewhere than a file.
    pub fn set(&mut self, field: Field, value: &str) {
        self.write(field, |text| text.push_str(value));
    }

    /// Appends a value straight into the buffer.
    pub(super) fn write<T>(&mut self, field: Field, fill: impl FnOnce(&mut String) -> T) -> T {
        let start = self.text.len();
        let filled = fill(&mut self.text);
        self.spans[field as usize] = (to_offset(start), to_offset(self.text.len()));
        filled
    }

    /// Empties the row, keeping its buffer.
    pub fn clear(&mut self) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        *self = Self { text, ..Self::default() };
    }

    pub fn order_id(&self) -> &str {
        self.text(Field::OrderId).unwrap_or_default()
    }
    /// The phone number as the source wrote it.
    pub fn number(&self) -> Option<&str> {
        self.text(Field::Number)
    }
    pub fn name(&self) -> Option<&str> {
        self.text(Field::Name)
    }
    pub fn email(&self) -> Option<&str> {
        self.text(Field::Email)
    }
    pub fn address(&self) -> Option<&str> {
        self.text(Field::Address)
    }
    pub fn postcode(&self) -> Option<&str> {
        self.text(Field::Postcode)
    }
    pub fn country(&self) -> Option<&str> {
        self.text(Field::Country)
    }
    pub fn loyalty_id(&self) -> Option<&str> {
        self.text(Field::LoyaltyId)
    }
    pub fn device_id(&self) -> Option<&str> {
        self.text(Field::DeviceId)
    }
    pub fn sku(&self) -> Option<&str> {
        self.text(Field::Sku)
    }
    pub fn product(&self) -> Option<&str> {
        self.text(Field::Product)
    }
    pub fn category(&self) -> Option<&str> {
        self.text(Field::Category)
    }
    pub fn status(&self) -> Option<&str> {
        self.text(Field::Status)
    }
    pub fn store(&self) -> Option<&str> {
        self.text(Field::Store)
    }
}

impl Clone for OrderRow {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), ..*self }
    }

    /// Keeps the buffer that is there.
    fn clone_from(&mut self, source: &Self) {
        let mut text = std::mem::take(&mut self.text);
        text.clone_from(&source.text);
        *self = Self { text, ..*source };
    }
}

/// Rows are bounded well below 4 GiB by [`Field::bytes_max`]; a caller who sets more loses the field, not the process.
fn to_offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl fmt::Debug for OrderRow {
    /// Says which personal fields are there, never what they hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given: Vec<&str> =
            Field::ALL.into_iter().filter(|field| self.text(*field).is_some()).map(Field::as_str).collect();
        f.debug_struct("OrderRow")
            .field("line_number", &self.line_number)
            .field("ordered_at", &self.ordered_at)
            .field("quantity_milli", &self.quantity_milli)
            .field("unit_price", &self.unit_price)
            .field("amount", &self.amount)
            .field("order_total", &self.order_total)
            .field("currency", &self.currency)
            .field("line", &self.line)
            .field("given", &given)
            .finish()
    }
}

/// A row that could not be used, and why. Holds no value of the row, so it may be shown and logged.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Reject {
    /// As in [`OrderRow::line_number`].
    pub line_number: u64,
    /// The field at fault; `None` if the row as a whole is.
    pub field: Option<Field>,
    /// Stable, `snake_case`.
    pub code: &'static str,
    /// One plain sentence.
    pub reason: Cow<'static, str>,
}

impl Reject {
    pub(super) fn row(line_number: u64, code: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { line_number, field: None, code, reason: reason.into() }
    }

    pub(crate) fn field(
        line_number: u64,
        field: Field,
        code: &'static str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { line_number, field: Some(field), code, reason: reason.into() }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line_number)?;
        if let Some(field) = self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.reason)
    }
}
