//! What the first records of a file prove about the rest: whether days come before months, and which sign is the decimal one.

use base::DecimalMark;

use super::{
    Note,
    amounts::{self, MarkEvidence},
    columns::Plan,
    dates::{DateOrder, Triple},
    digits,
    record::{Kind, Record},
    row::Field,
};

/// So many ambiguous dates that their spread says something.
const SPREAD_DATES_MIN: u32 = 1000;

/// Counts over the records looked at.
#[derive(Default, Debug)]
pub struct Evidence {
    dates: DateEvidence,
    points: u32,
    commas: u32,
    open: u32,
}

#[derive(Default, Debug)]
struct DateEvidence {
    /// Dates such as 03/04/2024, and those among them with a number above 12 in the first or second place.
    seen: u32,
    first_is_day: u32,
    second_is_day: u32,
    /// One bit for each number seen in the place.
    first_values: u32,
    second_values: u32,
}

/// What was decided, and what a person should know of it.
#[derive(Debug)]
pub struct Decisions {
    /// `None`: dates of both orders, each read only if it can be read one way.
    pub date_order: Option<DateOrder>,
    /// `None`: nothing decides, each value is read only if it can be read one way.
    pub mark: Option<DecimalMark>,
    pub notes: Vec<Note>,
}

impl Evidence {
    pub fn observe(&mut self, record: &Record, plan: &Plan) {
        for column in &plan.origin(Field::OrderedAt).columns {
            if let (text, Kind::Text) = record.cell(*column) {
                self.dates.observe(text);
            }
        }
        for field in [Field::Quantity, Field::UnitPrice, Field::Amount] {
            for column in &plan.origin(field).columns {
                let (text, Kind::Text) = record.cell(*column) else { continue };
                match amounts::evidence(text) {
                    MarkEvidence::Nothing => {}
                    MarkEvidence::Proves(DecimalMark::Point) => self.points += 1,
                    MarkEvidence::Proves(DecimalMark::Comma) => self.commas += 1,
                    MarkEvidence::Open => self.open += 1,
                }
            }
        }
    }

    /// Whether more records could still decide something that is open.
    pub const fn is_open(&self, order_given: bool, mark_given: bool) -> bool {
        let dates_open = self.dates.seen > 0 && self.dates.first_is_day == 0 && self.dates.second_is_day == 0;
        let marks_open = self.open > 0 && self.points == 0 && self.commas == 0;
        (dates_open && !order_given) || (marks_open && !mark_given)
    }

    /// `whole`: the records looked at are the whole file.
    pub fn decide(&self, order: Option<DateOrder>, mark: Option<DecimalMark>, whole: bool) -> Decisions {
        let mut notes = Vec::new();
        let date_order = match order {
            Some(order) => Some(order),
            None => self.dates.decide(whole, &mut notes),
        };
        let mark = mark.or_else(|| self.decide_mark(&mut notes));
        Decisions { date_order, mark, notes }
    }

    fn decide_mark(&self, notes: &mut Vec<Note>) -> Option<DecimalMark> {
        match (self.points, self.commas) {
            (0, 0) => {
                if self.open > 0 {
                    notes.push(Note::new(
                        "decimal_mark_open",
                        "Amounts such as 1.234 or 1,234 could mean either, and no other amount decides: such rows are rejected. --decimal point or --decimal comma says what they mean.",
                    ));
                }
                None
            }
            (_, 0) => Some(DecimalMark::Point),
            (0, _) => Some(DecimalMark::Comma),
            _ => {
                notes.push(Note::new(
                    "decimal_marks_mixed",
                    "Some amounts have a decimal point and some a decimal comma. Each is read by its own form; those that could mean either are rejected. --decimal overrides this.",
                ));
                None
            }
        }
    }
}

impl DateEvidence {
    fn observe(&mut self, text: &str) {
        let ascii;
        let text = if text.is_ascii() {
            text
        } else {
            ascii = digits::to_ascii(text);
            &ascii
        };
        let Some(parts) = Triple::parse(text.trim()) else { return };
        if parts.first.len() > 2 || parts.separator == b'.' {
            return;
        }
        let (Ok(first), Ok(second)) = (parts.first.parse::<u32>(), parts.second.parse::<u32>()) else {
            return;
        };
        if !(1..=31).contains(&first) || !(1..=31).contains(&second) {
            return;
        }
        self.seen += 1;
        self.first_is_day += u32::from(first > 12 && second <= 12);
        self.second_is_day += u32::from(second > 12 && first <= 12);
        self.first_values |= 1 << (first - 1);
        self.second_values |= 1 << (second - 1);
    }

    fn decide(&self, whole: bool, notes: &mut Vec<Note>) -> Option<DateOrder> {
        match (self.first_is_day, self.second_is_day) {
            (1.., 0) => return Some(DateOrder::DayFirst),
            (0, 1..) => return Some(DateOrder::MonthFirst),
            (1.., 1..) => {
                notes.push(Note::new(
                    "date_orders_mixed",
                    "Some dates have the day first and some the month. Dates that could be either are rejected; --date-order overrides this.",
                ));
                return None;
            }
            (0, 0) => {}
        }
        if self.seen == 0 {
            return Some(DateOrder::DayFirst);
        }
        // The start of a long file covers few months but many days.
        let (firsts, seconds) = (self.first_values.count_ones(), self.second_values.count_ones());
        let long = !whole && self.seen >= SPREAD_DATES_MIN;
        if long && seconds >= 4 && firsts <= 2 {
            notes.push(Note::new(
                "date_order_assumed",
                "Dates such as 03/04/2024 were read month first, because the second number changes from row to row while the first hardly does. --date-order overrides this.",
            ));
            return Some(DateOrder::MonthFirst);
        }
        notes.push(Note::new(
            "date_order_assumed",
            "Dates such as 03/04/2024 were read day first, because no date in the sample decides. --date-order overrides this.",
        ));
        Some(DateOrder::DayFirst)
    }
}
