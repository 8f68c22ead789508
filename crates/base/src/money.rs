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

    pub const fn of(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
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
    let text = text.trim_matches(|c: char| c.is_alphabetic() || c.is_whitespace() || "$€£¥₹৳₽₺₴₦฿".contains(c));
    let text = match text.strip_prefix(['-', '−']).or_else(|| text.strip_suffix('-')) {
        Some(rest) => {
            negative = true;
            rest
        }
        None => text.strip_prefix('+').unwrap_or(text),
    };
    let text = text.trim_matches(|c: char| c.is_alphabetic() || c.is_whitespace() || "$€£¥₹৳₽₺₴₦฿".contains(c));
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
                || (groups[1..].iter().all(|g| g.len() == 2 || g.len() == 3) && groups.last().is_some_and(|g| g.len() == 3));
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
