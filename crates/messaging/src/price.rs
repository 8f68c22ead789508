//! What a message costs: parts of a cent, so millionths of the currency's unit.

use std::fmt;

use base::{Currency, Fault};
use serde::{Deserialize, Serialize};

/// An amount in millionths of the currency's unit: a segment often costs less than the smallest coin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Price {
    pub micros: i64,
    pub currency: Currency,
}

impl Price {
    /// Reads `0.0425 EUR`.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let fault = || {
            Fault::invalid(
                "price_malformed",
                "A price is an amount with at most six decimals and a currency: 0.0425 EUR.",
            )
            .field("price")
        };
        let (amount, currency) = text.trim().split_once(' ').ok_or_else(fault)?;
        let (whole, decimals) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 9 || decimals.len() > 6 || !digits(whole) || !digits(decimals) {
            return Err(fault());
        }
        let micros = format!("{whole}{decimals:0<6}").parse().map_err(|_| fault())?;
        Ok(Self { micros, currency: currency.trim().parse().map_err(|_| fault())? })
    }

    /// The price of several.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        Self { micros: self.micros.saturating_mul(count as i64), currency: self.currency }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:06}", self.micros.rem_euclid(1_000_000));
        let shown = decimals.trim_end_matches('0');
        let width = (self.currency.exponent() as usize).max(shown.len());
        let point = if width == 0 { "" } else { "." };
        write!(f, "{}{point}{} {}", self.micros.div_euclid(1_000_000), &decimals[..width], self.currency)
    }
}

impl Serialize for Price {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|fault| serde::de::Error::custom(fault.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_parts_of_a_cent() {
        for (text, micros, again) in [
            ("0.0425 EUR", 42_500, "0.0425 EUR"),
            ("1 EUR", 1_000_000, "1.00 EUR"),
            ("12.5 JPY", 12_500_000, "12.5 JPY"),
            ("3 JPY", 3_000_000, "3 JPY"),
            ("0.000001 usd", 1, "0.000001 USD"),
        ] {
            let price = Price::parse(text).unwrap();
            assert_eq!((price.micros, price.to_string().as_str()), (micros, again));
        }
        assert_eq!(Price::parse("0.0425 EUR").unwrap().times(3).to_string(), "0.1275 EUR");
        for bad in ["", "EUR", "1.0000001 EUR", "-1 EUR", "1 XXQ", ".5 EUR", "1,5 EUR"] {
            assert_eq!(Price::parse(bad).unwrap_err().code, "price_malformed", "{bad}");
        }
    }
}
