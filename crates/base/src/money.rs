//! Money in integer minor units with its ISO 4217 currency. Never a float.

use std::{fmt, str::FromStr};

use serde::Serialize;

/// An ISO 4217 currency, three letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three ASCII letters by construction")
    }

    /// Digits after the decimal point (2 for EUR, 0 for JPY, 3 for KWD), from ISO 4217.
    pub fn exponent(&self) -> u32 {
        iso_currency::Currency::from_code(self.code()).and_then(|c| c.exponent()).map_or(2, u32::from)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        let mut code = [0u8; 3];
        if text.len() != 3 || !text.is_ascii() {
            return Err(MoneyError::UnknownCurrency);
        }
        code.copy_from_slice(text.as_bytes());
        code.make_ascii_uppercase();
        let this = Self(code);
        iso_currency::Currency::from_code(this.code()).map(|_| this).ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MoneyError {
    NotAnAmount,
    /// More decimals than the currency has, and they are not zero.
    TooPrecise,
    TooLarge,
    UnknownCurrency,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnAmount => "is not an amount of money",
            Self::TooPrecise => "has more decimals than its currency",
            Self::TooLarge => "is too large",
            Self::UnknownCurrency => "is not an ISO 4217 currency code",
        })
    }
}

impl std::error::Error for MoneyError {}

/// An amount in minor units (cents, paisa) of a currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// Reads `1234.5`, `1,234.50`, `1.234,50`, `1 234,50`, `€ 12`, `(12.00)`, `-3`. With one separator only, three digits after a
    /// comma or point mean thousands when groups before it allow it and the currency has not three decimals; otherwise decimals.
    pub fn parse(text: &str, currency: &str) -> Result<Self, MoneyError> {
        let currency = currency.parse()?;
        Ok(Self { minor: parse_minor(text, currency)?, currency })
    }

    /// As [`Money::parse`], but told which sign divides: for sources where "1.234" may mean either. The other sign, spaces and
    /// apostrophes may only group digits.
    ///
    /// ```
    /// use base::{DecimalMark, Money};
    ///
    /// let euro = "EUR".parse().unwrap();
    /// assert_eq!(Money::parse_with("1.234", euro, DecimalMark::Comma).unwrap().minor, 123_400);
    /// assert_eq!(Money::parse_with("1.230", euro, DecimalMark::Point).unwrap().minor, 123);
    /// assert!(Money::parse_with("1.234", euro, DecimalMark::Point).is_err()); // a tenth of a cent
    /// ```
    pub fn parse_with(text: &str, currency: Currency, mark: DecimalMark) -> Result<Self, MoneyError> {
        let minor = Decimal::parse(text, mark)?.exact(currency.exponent())?;
        Ok(Self { minor, currency })
    }

    pub const fn of(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
}

/// The sign between whole units and their parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum DecimalMark {
    Point,
    Comma,
}

impl DecimalMark {
    pub const fn sign(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

impl FromStr for DecimalMark {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text {
            "." | "point" => Ok(Self::Point),
            "," | "comma" => Ok(Self::Comma),
            _ => Err(MoneyError::NotAnAmount),
        }
    }
}

/// An exact decimal number, `units` ÷ 10^`places`: an amount or a quantity before it is fitted to a currency or a scale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decimal {
    pub units: i128,
    pub places: u32,
}

impl Decimal {
    /// More digits than this are refused: no shop counts so far, and products of two still fit 128 bits.
    const DIGITS_MAX: u32 = 19;

    /// Reads `1234.5`, `1,234.50`, `12,34,567`, `৳ 250/-`, `Rs. 12`, `(12.00)`, `3.10-` with the given mark.
    pub fn parse(text: &str, mark: DecimalMark) -> Result<Self, MoneyError> {
        let (core, negative) = strip_signs(text);
        let (mut units, mut places, mut digits) = (0i128, 0u32, 0u32);
        let (mut seen_mark, mut group, mut grouped) = (false, 0u32, false);
        let mut any = false;
        for c in core.chars() {
            if let Some(digit) = c.to_digit(10) {
                any = true;
                digits += u32::from(digits > 0 || digit > 0);
                if digits > Self::DIGITS_MAX {
                    return Err(MoneyError::TooLarge);
                }
                units = units * 10 + i128::from(digit);
                if seen_mark {
                    places += 1
                } else {
                    group += 1
                }
                if places > Self::DIGITS_MAX {
                    return Err(MoneyError::TooPrecise);
                }
            } else if c == mark.sign() && !seen_mark {
                if grouped && group != 3 {
                    return Err(MoneyError::NotAnAmount);
                }
                seen_mark = true;
            } else if is_grouping(c) && !seen_mark {
                // 1,234,567 and 12,34,567 (South Asia): first one to three digits, then two or three, three at last.
                let fits = if grouped { group == 2 || group == 3 } else { (1..=3).contains(&group) };
                if !fits {
                    return Err(MoneyError::NotAnAmount);
                }
                (grouped, group) = (true, 0);
            } else {
                return Err(MoneyError::NotAnAmount);
            }
        }
        if !any || (grouped && !seen_mark && group != 3) {
            return Err(MoneyError::NotAnAmount);
        }
        Ok(Self { units: if negative { -units } else { units }, places })
    }

    /// The value as whole units of 10^-`places`, refused if anything would be lost.
    pub fn exact(self, places: u32) -> Result<i64, MoneyError> {
        let (quotient, remainder) = self.divided(places)?;
        if remainder != 0 {
            return Err(MoneyError::TooPrecise);
        }
        i64::try_from(quotient).map_err(|_| MoneyError::TooLarge)
    }

    /// The value as whole units of 10^-`places`, rounded to the nearest, a half away from zero.
    pub fn nearest(self, places: u32) -> Result<i64, MoneyError> {
        let (quotient, remainder) = self.divided(places)?;
        let divisor = power_of_ten(self.places.saturating_sub(places))?;
        let up = remainder.abs() * 2 >= divisor && remainder != 0;
        let rounded = if up { quotient + self.units.signum() } else { quotient };
        i64::try_from(rounded).map_err(|_| MoneyError::TooLarge)
    }

    /// The exact product.
    pub fn times(self, other: Self) -> Result<Self, MoneyError> {
        let units = self.units.checked_mul(other.units).ok_or(MoneyError::TooLarge)?;
        Ok(Self { units, places: self.places + other.places })
    }

    /// Quotient and remainder of the value by 10^-`places`.
    fn divided(self, places: u32) -> Result<(i128, i128), MoneyError> {
        if places >= self.places {
            let factor = power_of_ten(places - self.places)?;
            return Ok((self.units.checked_mul(factor).ok_or(MoneyError::TooLarge)?, 0));
        }
        let divisor = power_of_ten(self.places - places)?;
        Ok((self.units / divisor, self.units % divisor))
    }
}

fn power_of_ten(exponent: u32) -> Result<i128, MoneyError> {
    10i128.checked_pow(exponent).ok_or(MoneyError::TooLarge)
}

const fn is_grouping(c: char) -> bool {
    matches!(c, '.' | ',' | ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '’' | '_')
}

fn is_decoration(c: char) -> bool {
    c.is_alphabetic() || c.is_whitespace() || "$€£¥₹৳₽₺₴₦฿".contains(c)
}

/// The digits and separators of an amount without currency words, `/-`, parentheses and sign; and whether it is negative.
fn strip_signs(text: &str) -> (&str, bool) {
    let mut text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',') {
        return (text, false);
    }
    let mut negative = false;
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        (text, negative) = (inner.trim(), true);
    }
    text = strip_currency(text);
    for ending in ["/-", "/=", ",-", ".-"] {
        text = text.strip_suffix(ending).unwrap_or(text);
    }
    if let Some(rest) = text.strip_prefix(['-', '−']).or_else(|| text.strip_suffix(['-', '−'])) {
        (text, negative) = (rest, !negative);
    } else {
        text = text.strip_prefix('+').unwrap_or(text);
    }
    (strip_currency(text), negative)
}

/// Without the currency's word or sign on either side; a point that ends an abbreviation (`Tk.`, `kr.`) goes with it.
fn strip_currency(text: &str) -> &str {
    let start = text.trim_start_matches(is_decoration);
    let abbreviated = text[..text.len() - start.len()].ends_with(char::is_alphabetic);
    let text = if abbreviated { start.strip_prefix('.').unwrap_or(start) } else { start };
    let text = match text.strip_suffix('.') {
        Some(rest) if rest.ends_with(char::is_alphabetic) => rest,
        _ => text,
    };
    text.trim_end_matches(is_decoration).trim_start()
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.currency.exponent();
        let unit = 10u64.pow(exponent);
        let magnitude = self.minor.unsigned_abs();
        let sign = if self.minor < 0 { "-" } else { "" };
        if exponent == 0 {
            write!(f, "{sign}{magnitude} {}", self.currency)
        } else {
            let width = exponent as usize;
            write!(f, "{sign}{}.{:0width$} {}", magnitude / unit, magnitude % unit, self.currency)
        }
    }
}

/// The digits of an amount, split where the decimals begin.
fn parse_minor(text: &str, currency: Currency) -> Result<i64, MoneyError> {
    let exponent = currency.exponent();
    let (digits, negative) = strip_decoration(text)?;
    let (whole, fraction) = split_decimals(&digits, exponent)?;
    let kept = fraction.len().min(exponent as usize);
    if fraction.bytes().skip(kept).any(|b| b != b'0') {
        return Err(MoneyError::TooPrecise);
    }
    let mut minor: i64 = 0;
    let padding = std::iter::repeat_n(b'0', exponent as usize - kept);
    for byte in whole.bytes().chain(fraction.bytes().take(kept)).chain(padding) {
        minor = minor
            .checked_mul(10)
            .and_then(|m| m.checked_add(i64::from(byte - b'0')))
            .ok_or(MoneyError::TooLarge)?;
    }
    Ok(if negative { -minor } else { minor })
}

/// Removes currency signs, letters at the ends, spaces and the sign; leaves digits, points, commas.
fn strip_decoration(text: &str) -> Result<(String, bool), MoneyError> {
    let mut text = text.trim();
    let mut negative = false;
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        (text, negative) = (inner, true);
    }
    let text =
        text.trim_matches(|c: char| c.is_alphabetic() || c.is_whitespace() || "$€£¥₹৳₽₺₴₦฿".contains(c));
    let text = match text.strip_prefix(['-', '−']).or_else(|| text.strip_suffix('-')) {
        Some(rest) => {
            negative = true;
            rest
        }
        None => text.strip_prefix('+').unwrap_or(text),
    };
    let text =
        text.trim_matches(|c: char| c.is_alphabetic() || c.is_whitespace() || "$€£¥₹৳₽₺₴₦฿".contains(c));
    let mut digits = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' | '.' | ',' => digits.push(c),
            ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’' | '_' => {}
            _ => return Err(MoneyError::NotAnAmount),
        }
    }
    if !digits.bytes().any(|b| b.is_ascii_digit()) {
        return Err(MoneyError::NotAnAmount);
    }
    Ok((digits, negative))
}

/// Decides which separator is the decimal one; returns whole and fraction digits without separators.
fn split_decimals(digits: &str, exponent: u32) -> Result<(String, String), MoneyError> {
    let without = |s: &str| s.chars().filter(char::is_ascii_digit).collect::<String>();
    let (points, commas) = (digits.matches('.').count(), digits.matches(',').count());
    let decimal = match (points, commas) {
        (0, 0) => None,
        (1.., 1..) => {
            let last = digits.rfind(['.', ',']).expect("counted above");
            // The decimal separator stands last and once; the other one groups.
            let sign = &digits[last..=last];
            if digits.matches(sign).count() > 1 {
                return Err(MoneyError::NotAnAmount);
            }
            Some(last)
        }
        (1, 0) | (0, 1) => {
            let at = digits.find(['.', ',']).expect("counted above");
            let (before, after) = (at, digits.len() - at - 1);
            let groups = after == 3 && (1..=3).contains(&before) && !digits.starts_with('0') && exponent != 3;
            if groups { None } else { Some(at) }
        }
        _ => None, // the same separator several times: it groups
    };
    match decimal {
        None => {
            let groups: Vec<&str> = digits.split(['.', ',']).collect();
            // 1,234,567 and 12,34,567 (South Asia): every later group has two or three digits, the last one three.
            let grouped_well = groups.len() == 1
                || (groups[1..].iter().all(|g| g.len() == 2 || g.len() == 3)
                    && groups.last().is_some_and(|g| g.len() == 3));
            if !grouped_well {
                return Err(MoneyError::NotAnAmount);
            }
            Ok((without(digits), String::new()))
        }
        Some(at) => Ok((without(&digits[..at]), without(&digits[at + 1..]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        for (text, currency, minor) in [
            ("12", "EUR", 1_200),
            ("12.5", "EUR", 1_250),
            ("12,50", "EUR", 1_250),
            ("1,234.50", "USD", 123_450),
            ("1.234,50", "EUR", 123_450),
            ("1 234,50", "EUR", 123_450),
            ("1,234", "USD", 123_400),
            ("0.500", "USD", 50),
            ("1.234.567", "EUR", 123_456_700),
            ("12,34,567.00", "BDT", 123_456_700),
            ("৳ 250", "BDT", 25_000),
            ("€12.30", "EUR", 1_230),
            ("12.30 EUR", "EUR", 1_230),
            ("-3.10", "EUR", -310),
            ("(3.10)", "EUR", -310),
            ("$-3.10", "USD", -310),
            ("500", "JPY", 500),
            ("1.234", "KWD", 1_234),
            ("19.9900", "EUR", 1_999),
            (".5", "EUR", 50),
        ] {
            assert_eq!(Money::parse(text, currency).map(|m| m.minor), Ok(minor), "{text} {currency}");
        }
    }

    #[test]
    fn amounts_with_a_known_mark() {
        use DecimalMark::{Comma, Point};
        for (text, currency, mark, minor) in [
            ("1.234", "EUR", Comma, Ok(123_400)),
            ("1.234", "EUR", Point, Err(MoneyError::TooPrecise)),
            ("1.234", "KWD", Point, Ok(1_234)),
            ("1.230", "EUR", Point, Ok(123)),
            ("1,234", "EUR", Point, Ok(123_400)),
            ("1,234", "EUR", Comma, Err(MoneyError::TooPrecise)),
            ("12,5", "EUR", Comma, Ok(1_250)),
            ("12,5", "EUR", Point, Err(MoneyError::NotAnAmount)),
            ("12.50", "EUR", Comma, Err(MoneyError::NotAnAmount)),
            ("1.234.567,89", "EUR", Comma, Ok(123_456_789)),
            ("12,34,567.5", "BDT", Point, Ok(123_456_750)),
            ("12,34,56.5", "BDT", Point, Err(MoneyError::NotAnAmount)),
            ("1 234,50 lei", "RON", Comma, Ok(123_450)),
            ("1’234.50", "CHF", Point, Ok(123_450)),
            ("৳ 250/-", "BDT", Point, Ok(25_000)),
            ("Tk. 250", "BDT", Point, Ok(25_000)),
            ("Tk.250.5", "BDT", Point, Ok(25_050)),
            ("250,50 kr.", "SEK", Comma, Ok(25_050)),
            ("12,-", "EUR", Comma, Ok(1_200)),
            ("(3.10)", "EUR", Point, Ok(-310)),
            ("3.10-", "EUR", Point, Ok(-310)),
            ("$-3.10", "USD", Point, Ok(-310)),
            (".5", "EUR", Point, Ok(50)),
            ("1.2.3", "EUR", Point, Err(MoneyError::NotAnAmount)),
            ("1,234,5", "EUR", Point, Err(MoneyError::NotAnAmount)),
            (",234", "EUR", Point, Err(MoneyError::NotAnAmount)),
            ("", "EUR", Point, Err(MoneyError::NotAnAmount)),
            (".", "EUR", Point, Err(MoneyError::NotAnAmount)),
            ("1e3", "EUR", Point, Err(MoneyError::NotAnAmount)),
            ("99999999999999999999", "EUR", Point, Err(MoneyError::TooLarge)),
            ("9999999999999999999", "EUR", Point, Err(MoneyError::TooLarge)),
            ("0.00000000000000000001", "EUR", Point, Err(MoneyError::TooPrecise)),
        ] {
            let currency = currency.parse().unwrap();
            assert_eq!(
                Money::parse_with(text, currency, mark).map(|m| m.minor),
                minor,
                "{text} {currency} {mark:?}"
            );
        }
    }

    #[test]
    fn decimals_multiply_exactly_and_round_half_away_from_zero() {
        let decimal = |text| Decimal::parse(text, DecimalMark::Point).unwrap();
        let product = decimal("0.350").times(decimal("19.90")).unwrap();
        assert_eq!(product.exact(3), Ok(6_965));
        assert_eq!(product.exact(2), Err(MoneyError::TooPrecise));
        assert_eq!(product.nearest(2), Ok(697));
        assert_eq!(decimal("-0.125").nearest(2), Ok(-13));
        assert_eq!(decimal("0.1249").nearest(2), Ok(12));
        assert_eq!(decimal("7").nearest(2), Ok(700));
    }

    #[test]
    fn amounts_that_are_none() {
        for (text, currency, error) in [
            ("", "EUR", MoneyError::NotAnAmount),
            ("free", "EUR", MoneyError::NotAnAmount),
            ("1.999", "KWDX", MoneyError::UnknownCurrency),
            ("12.345", "XXZ", MoneyError::UnknownCurrency),
            ("0.125", "EUR", MoneyError::TooPrecise),
            ("12.3.4,5,6", "EUR", MoneyError::NotAnAmount),
            ("99999999999999999999", "EUR", MoneyError::TooLarge),
            ("1,2,3", "EUR", MoneyError::NotAnAmount),
            ("12abc3", "EUR", MoneyError::NotAnAmount),
        ] {
            assert_eq!(Money::parse(text, currency), Err(error), "{text} {currency}");
        }
    }
}
