//! Moments as shops write them: ISO and RFC forms, day or month first, month names, compact digits, Unix time.

use base::Timestamp;
use jiff::{civil, tz};

use super::months::month_named;

/// Which of the first two numbers of `03/04/2024` is the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

impl std::str::FromStr for DateOrder {
    type Err = base::Fault;
    fn from_str(text: &str) -> Result<Self, base::Fault> {
        match text {
            "day-first" | "day" | "dmy" => Ok(Self::DayFirst),
            "month-first" | "month" | "mdy" => Ok(Self::MonthFirst),
            _ => {
                Err(base::Fault::invalid("unknown_date_order", "The date order is day-first or month-first.")
                    .field("date_order"))
            }
        }
    }
}

/// How a file's dates are read.
#[derive(Clone, Debug)]
pub struct DateRules {
    /// `None`: the file mixes both orders, so only dates that can be read one way are.
    pub order: Option<DateOrder>,
    /// Somebody said the order, so `29/02/24` is no longer a riddle.
    pub two_digit_years: bool,
    /// For dates without an offset; `None` is UTC.
    pub zone: Option<tz::TimeZone>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateProblem {
    Unreadable,
    /// The form is known, but there is no such day or time.
    NoSuchMoment,
    /// Readable, but only against the order that the file's dates follow.
    OtherOrder,
    Ambiguous,
    TwoDigitYear,
    OutOfRange,
}

impl DateProblem {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable | Self::NoSuchMoment | Self::OtherOrder => "invalid_date",
            Self::Ambiguous => "ambiguous_date",
            Self::TwoDigitYear => "two_digit_year",
            Self::OutOfRange => "date_out_of_range",
        }
    }

    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unreadable => "The date is not written in a form that is known.",
            Self::NoSuchMoment => "There is no such date or time.",
            Self::OtherOrder => {
                "The date fits only if day and month stand the other way round than in this file's other dates; --date-order says how they stand."
            }
            Self::Ambiguous => "The date could be day first or month first; --date-order says which.",
            Self::TwoDigitYear => {
                "The year has two digits; write four, or give --date-order so that 00 to 69 can be read as 2000 to 2069."
            }
            Self::OutOfRange => "The date is not between 1970 and 2200.",
        }
    }
}

/// A moment, and whether its offset was left to the file's time zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    pub at: Timestamp,
    pub zone_assumed: bool,
}

/// 1970-01-01 and 2200-01-01 in microseconds.
const RANGE: std::ops::Range<i64> = 0..7_258_118_400_000_000;

impl DateRules {
    pub fn parse(&self, text: &str) -> Result<Moment, DateProblem> {
        let text = text.trim();
        let folded;
        let text = if text.is_ascii() {
            text
        } else {
            folded = super::digits::to_ascii(text);
            folded.trim()
        };
        if text.len() > 80 {
            return Err(DateProblem::Unreadable);
        }
        let bytes = text.as_bytes();
        if is_number(bytes) {
            return self.digits(text);
        }
        let (date, rest) = self.date(text)?;
        if rest.trim().is_empty() {
            return Self::day(date);
        }
        let time = Clock::parse(rest).ok_or(DateProblem::Unreadable)?;
        self.moment(date, time)
    }

    /// Microseconds since 1970 on the wall clock.
    pub fn local(&self, micros: i64) -> Result<Moment, DateProblem> {
        let wall = jiff::Timestamp::from_microsecond(micros).map_err(|_| DateProblem::OutOfRange)?;
        self.at_zone(tz::Offset::UTC.to_datetime(wall))
    }

    pub fn instant(micros: i64) -> Result<Moment, DateProblem> {
        if !RANGE.contains(&micros) {
            return Err(DateProblem::OutOfRange);
        }
        Ok(Moment { at: Timestamp::from_micros(micros), zone_assumed: false })
    }

    /// A date without a time is that day wherever it is read, not a moment of it: it is kept as its midnight in UTC, whatever the file's time zone.
    pub fn day(date: civil::Date) -> Result<Moment, DateProblem> {
        let at = tz::Offset::UTC.to_timestamp(date.to_datetime(civil::Time::midnight()));
        Self::instant(at.map_err(|_| DateProblem::OutOfRange)?.as_microsecond())
    }

    fn moment(&self, date: civil::Date, clock: Clock) -> Result<Moment, DateProblem> {
        let time = civil::Time::new(clock.hour, clock.minute, clock.second.min(59), clock.nanosecond)
            .map_err(|_| DateProblem::NoSuchMoment)?;
        let wall = date.to_datetime(time);
        match clock.offset_seconds {
            None => self.at_zone(wall),
            Some(seconds) => {
                let offset = tz::Offset::from_seconds(seconds).map_err(|_| DateProblem::NoSuchMoment)?;
                let at = offset.to_timestamp(wall).map_err(|_| DateProblem::OutOfRange)?;
                Self::instant(at.as_microsecond())
            }
        }
    }

    /// A time that the clocks skipped is moved forward, one that they showed twice is the first.
    fn at_zone(&self, wall: civil::DateTime) -> Result<Moment, DateProblem> {
        let at = match &self.zone {
            None => tz::Offset::UTC.to_timestamp(wall),
            Some(zone) => zone.to_ambiguous_timestamp(wall).compatible(),
        };
        let at = at.map_err(|_| DateProblem::OutOfRange)?;
        Ok(Moment { zone_assumed: self.zone.is_none(), ..Self::instant(at.as_microsecond())? })
    }

    /// `20240229`, `20240229130509`, Unix seconds with or without decimals, milli-, micro- and nanoseconds.
    fn digits(&self, text: &str) -> Result<Moment, DateProblem> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let number: i64 = whole.parse().map_err(|_| DateProblem::Unreadable)?;
        let compact = |length: usize| -> Option<Result<Moment, DateProblem>> {
            let date = civil_date(&whole[..4], &whole[4..6], &whole[6..8]).ok()?;
            if length == 8 {
                return Some(Self::day(date));
            }
            let clock = Clock::compact(&whole[8..length])?;
            Some(self.moment(date, clock))
        };
        match whole.len() {
            8 if fraction.is_empty() => compact(8).unwrap_or(Err(DateProblem::NoSuchMoment)),
            9 | 10 => {
                let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
                let micros: i64 = micros.parse().map_err(|_| DateProblem::Unreadable)?;
                Self::instant(number * Timestamp::SECOND + micros)
            }
            12 if !whole.starts_with("19") && !whole.starts_with("20") => Self::instant(number * 1000),
            12 => compact(12).unwrap_or(Err(DateProblem::NoSuchMoment)),
            13 => Self::instant(number * 1000),
            14 => compact(14).unwrap_or(Err(DateProblem::NoSuchMoment)),
            16 => Self::instant(number),
            19 => Self::instant(number / 1000),
            _ => Err(DateProblem::Unreadable),
        }
    }

    /// The date at the text's start, and what follows it.
    fn date<'a>(&self, text: &'a str) -> Result<(civil::Date, &'a str), DateProblem> {
        if let Some(parts) = Triple::parse(text) {
            return Ok((self.numeric_date(&parts)?, parts.rest));
        }
        if let Some((digits, rest)) = text.split_at_checked(8).filter(|(digits, _)| all_digits(digits)) {
            return Ok((civil_date(&digits[..4], &digits[4..6], &digits[6..8])?, rest));
        }
        worded_date(text, self.two_digit_years)
    }

    fn numeric_date(&self, parts: &Triple<'_>) -> Result<civil::Date, DateProblem> {
        let Triple { first, second, third, .. } = *parts;
        if first.len() == 4 {
            return civil_date(first, second, third);
        }
        let year =
            if third.len() == 2 && self.two_digit_years { four_digits(third) } else { third.to_owned() };
        if year.len() != 4 {
            return Err(if third.len() == 2 { DateProblem::TwoDigitYear } else { DateProblem::Unreadable });
        }
        let day_first = || civil_date(&year, second, first);
        let month_first = || civil_date(&year, first, second);
        // Nobody writes 02.29.2024.
        let order = if parts.separator == b'.' { Some(DateOrder::DayFirst) } else { self.order };
        let (chosen, other) = match order {
            Some(DateOrder::DayFirst) => (day_first(), month_first()),
            Some(DateOrder::MonthFirst) => (month_first(), day_first()),
            None => {
                return match (day_first(), month_first()) {
                    (Ok(date), Ok(other)) if date != other => Err(DateProblem::Ambiguous),
                    (date, other) => date.or(other),
                };
            }
        };
        chosen.map_err(|problem| if other.is_ok() { DateProblem::OtherOrder } else { problem })
    }
}

/// Three groups of digits with one separator: `2024-02-29`, `29/2/2024`, `29.02.24`.
pub struct Triple<'a> {
    pub first: &'a str,
    pub second: &'a str,
    pub third: &'a str,
    pub separator: u8,
    rest: &'a str,
}

impl<'a> Triple<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let (first, rest) = split_digits(text);
        let separator = *rest.as_bytes().first().filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
        let rest = &rest[1..];
        let (second, rest) = split_digits(rest.strip_prefix(' ').unwrap_or(rest));
        let rest = rest.strip_prefix(char::from(separator))?;
        let (third, rest) = split_digits(rest.strip_prefix(' ').unwrap_or(rest));
        let sizes = (first.len(), second.len(), third.len());
        matches!(sizes, (1..=2, 1..=2, 1..=4) | (4, 1..=2, 1..=2)).then_some(Self {
            first,
            second,
            third,
            separator,
            rest,
        })
    }
}

/// `29 Feb 2024`, `29. Februar 2024`, `29-Feb-2024`, `Feb 29, 2024`, `Thu, 29 Feb 2024 …`, `Thu Feb 29 2024 …`,
/// `29 de febrero de 2024`.
fn worded_date(text: &str, two_digit_years: bool) -> Result<(civil::Date, &str), DateProblem> {
    let (mut day, mut month, mut year) = (None, None, None);
    let mut rest = text;
    while year.is_none() || day.is_none() || month.is_none() {
        rest = rest.trim_start_matches([' ', ',', '.', '-', '/']);
        let (digits, after) = split_digits(rest);
        if !digits.is_empty() {
            // 1st, 2nd; but not the hour of a date that leaves out its year.
            let after = ["st", "nd", "rd", "th", "er"]
                .iter()
                .find_map(|end| after.strip_prefix(end))
                .unwrap_or(after);
            if after.starts_with(':') {
                return Err(DateProblem::Unreadable);
            }
            match digits.len() {
                1 | 2 if day.is_none() => day = Some(digits),
                4 if year.is_none() => year = Some(digits.to_owned()),
                2 if year.is_none() && two_digit_years => year = Some(four_digits(digits)),
                2 if year.is_none() => return Err(DateProblem::TwoDigitYear),
                _ => return Err(DateProblem::Unreadable),
            }
            rest = after;
            continue;
        }
        // Vowel signs of Indic scripts belong to the word, though they are no letters.
        let ends = |c: char| c.is_whitespace() || c.is_ascii() && !c.is_ascii_alphabetic();
        let length = rest.find(ends).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        match month_named(word) {
            Some(number) if month.is_none() => month = Some(number.to_string()),
            // A weekday before everything else, or "de" between.
            None if !word.is_empty() && (day.is_none() && month.is_none() || word == "de") => {}
            _ => return Err(DateProblem::Unreadable),
        }
        rest = after;
    }
    let (Some(day), Some(month), Some(year)) = (day, month, year) else {
        return Err(DateProblem::Unreadable);
    };
    Ok((civil_date(&year, &month, day)?, rest))
}

/// The time of day after a date, and its offset.
#[derive(Default)]
struct Clock {
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    offset_seconds: Option<i32>,
}

impl Clock {
    /// ` 13:05`, `T13:05:09.123456Z`, ` 13.05`, ` 1:05 PM +0200`, ` 13h05`, `T130509Z`; nothing is midnight.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches([' ', ',', 'T', 't', '_']);
        let text =
            ["um ", "klo ", "ora ", "at "].iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
        if text.is_empty() {
            return Some(Self::default());
        }
        let (hour, rest) = split_digits(text);
        if matches!(hour.len(), 4 | 6) {
            let clock = Self::compact(hour)?;
            return clock.with_rest(rest);
        }
        let mut this = Self { hour: part(hour)?, ..Self::default() };
        let mut rest = rest;
        if let Some((minute, after)) = after_sign(rest, &[':', '.', 'h', 'H']) {
            this.minute = part(minute)?;
            rest = after;
            if let Some((second, after)) = after_sign(rest, &[':', '.']) {
                this.second = part(second).filter(|second| *second <= 60)?;
                rest = after;
            }
        } else if !rest.trim_start().starts_with(['a', 'A', 'p', 'P']) {
            return None; // an hour alone is a year that stands at the end, or nonsense
        }
        this.with_rest(rest)
    }

    /// `1305`, `130509` or nothing.
    fn compact(digits: &str) -> Option<Self> {
        let at = |range: std::ops::Range<usize>| digits.get(range).map_or(Some(0), part);
        Some(Self { hour: at(0..2)?, minute: at(2..4)?, second: at(4..6)?, ..Self::default() })
    }

    /// Fraction, half of the day, offset.
    fn with_rest(mut self, rest: &str) -> Option<Self> {
        let mut rest = rest;
        if let Some(after) = rest.strip_prefix(['.', ',']) {
            let (fraction, after) = split_digits(after);
            let nanos: String = fraction.chars().chain("000000000".chars()).take(9).collect();
            self.nanosecond = nanos.parse().ok().filter(|_| !fraction.is_empty())?;
            rest = after;
        }
        rest = rest.trim_start();
        for (mark, afternoon) in [("am", false), ("a.m.", false), ("pm", true), ("p.m.", true)] {
            let Some((head, after)) = rest.split_at_checked(mark.len()) else { continue };
            if head.eq_ignore_ascii_case(mark) {
                if !(1..=12).contains(&self.hour) {
                    return None;
                }
                self.hour = self.hour % 12 + if afternoon { 12 } else { 0 };
                rest = after.trim_start();
            }
        }
        self.offset_seconds = offset(rest)?;
        Some(self)
    }
}

/// The outer `None` is unreadable, the inner one says that there is none.
#[allow(clippy::option_option)]
fn offset(text: &str) -> Option<Option<i32>> {
    // [Europe/Helsinki] and (EET) after an offset only say it again.
    let text = text.split(['[', '(']).next().unwrap_or_default().trim();
    if text.is_empty() {
        return Some(None);
    }
    let named = ["Z", "z", "UTC", "GMT", "utc"].iter().find_map(|name| text.strip_prefix(name));
    let rest = named.unwrap_or(text).trim();
    if rest.is_empty() {
        return Some(Some(0));
    }
    let sign = match rest.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = rest[1..].chars().filter(|c| *c != ':').collect();
    if !all_digits(&digits) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    (hours <= 14 && minutes < 60).then_some(Some(sign * (hours * 3600 + minutes * 60)))
}

/// One or two digits after one of the signs.
fn after_sign<'a>(text: &'a str, signs: &[char]) -> Option<(&'a str, &'a str)> {
    let (digits, rest) = split_digits(text.strip_prefix(signs)?);
    (digits.len() == 2).then_some((digits, rest))
}

fn part(digits: &str) -> Option<i8> {
    if digits.len() > 2 { None } else { digits.parse().ok() }
}

fn split_digits(text: &str) -> (&str, &str) {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(length)
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits with at most one point between them.
fn is_number(bytes: &[u8]) -> bool {
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let points = bytes.iter().filter(|byte| **byte == b'.').count();
    digits >= 8 && points <= 1 && digits + points == bytes.len() && bytes[0] != b'.'
}

fn four_digits(two: &str) -> String {
    let century = if two < "70" { "20" } else { "19" };
    format!("{century}{two}")
}

fn civil_date(year: &str, month: &str, day: &str) -> Result<civil::Date, DateProblem> {
    let year: i16 = year.parse().map_err(|_| DateProblem::Unreadable)?;
    let (Some(month), Some(day)) = (part(month), part(day)) else {
        return Err(DateProblem::Unreadable);
    };
    civil::Date::new(year, month, day).map_err(|_| DateProblem::NoSuchMoment)
}
