//! Amounts and quantities: exact decimals, the decimal mark that a value proves or leaves open, the currency written beside it.

use base::{Currency, Decimal, DecimalMark, MoneyError};

use super::{digits, record::Kind};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AmountProblem {
    /// "1.234" in a file whose other values do not say what its point means.
    Ambiguous,
    Unreadable(MoneyError),
}

/// What one value tells about the decimal mark of its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkEvidence {
    Nothing,
    Proves(DecimalMark),
    /// It has a mark or groups, and could be either.
    Open,
}

/// Reads a value with the file's mark; without one, only values that can be read one way.
pub fn decimal(text: &str, kind: Kind, mark: Option<DecimalMark>) -> Result<Decimal, AmountProblem> {
    let ascii;
    let text = if text.is_ascii() {
        text
    } else {
        ascii = digits::to_ascii(text);
        &ascii
    };
    let mark = match (kind, mark) {
        (Kind::Text, Some(mark)) => mark,
        (Kind::Text, None) => match evidence(text) {
            MarkEvidence::Proves(mark) => mark,
            MarkEvidence::Nothing => DecimalMark::Point,
            MarkEvidence::Open => return Err(AmountProblem::Ambiguous),
        },
        _ => DecimalMark::Point,
    };
    Decimal::parse(text, mark).map(without_float_noise).map_err(AmountProblem::Unreadable)
}

/// Looks at the separators alone.
pub fn evidence(text: &str) -> MarkEvidence {
    use DecimalMark::{Comma, Point};
    let text = text.trim_matches(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
    let (points, commas) = (text.matches('.').count(), text.matches(',').count());
    let prove = |mark: DecimalMark| match Decimal::parse(text, mark) {
        Ok(_) => MarkEvidence::Proves(mark),
        Err(_) => MarkEvidence::Nothing,
    };
    match (points, commas) {
        (0, 0) => MarkEvidence::Nothing,
        (1.., 1..) => prove(if text.rfind('.') > text.rfind(',') { Point } else { Comma }),
        // A mark stands once; what stands several times groups digits.
        (2.., 0) => prove(Comma),
        (0, 2..) => prove(Point),
        (1, 0) | (0, 1) => {
            let mark = if points == 1 { Point } else { Comma };
            let (before, after) = text.split_once(mark.sign()).unwrap_or((text, ""));
            if after.len() == 3 && (1..=3).contains(&before.len()) && before.trim_start_matches('0') == before
            {
                MarkEvidence::Open
            } else if after.is_empty() {
                MarkEvidence::Nothing
            } else {
                prove(mark)
            }
        }
    }
}

/// Decimals beyond these no price list has; a binary float that was printed in full does.
const PLACES_OF_PEOPLE: u32 = 6;

/// `19.990000000000002` is 19.99 that went through a binary float: sixteen digits and more say so, fifteen are exact.
fn without_float_noise(value: Decimal) -> Decimal {
    let mut units = value.units;
    let mut places = value.places;
    if places <= PLACES_OF_PEOPLE || units.unsigned_abs() < 10u128.pow(15) {
        return value;
    }
    let digits = units.unsigned_abs().ilog10() + 1;
    let cut = (digits - 15).min(places);
    let divisor = 10i128.pow(cut);
    units = (units + units.signum() * divisor / 2) / divisor;
    places -= cut;
    Decimal { units, places }
}

/// The currency that stands beside the digits (`12.30 EUR`, `৳250`), if there is one that means one currency only.
pub fn currency_beside(text: &str) -> Option<Currency> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-' | b' ')) {
        return None;
    }
    let is_digit = |c: char| c.is_numeric();
    let before = &text[..text.find(is_digit)?];
    let after = text.rsplit(is_digit).next()?;
    named_currency(before).or_else(|| named_currency(after))
}

/// A currency by its code, or by a word or sign that no other currency has.
pub fn named_currency(text: &str) -> Option<Currency> {
    let word = text.trim_matches(|c: char| c.is_whitespace() || "().-+/=:,".contains(c));
    if word.is_empty() {
        return None;
    }
    let code = match word.to_lowercase().as_str() {
        "€" | "euro" | "euros" => "EUR",
        "£" => "GBP",
        "৳" | "tk" | "taka" | "টাকা" => "BDT",
        "₹" => "INR",
        "₽" => "RUB",
        "₺" => "TRY",
        "₴" => "UAH",
        "₦" => "NGN",
        "฿" => "THB",
        "lei" | "leu" => "RON",
        "us$" => "USD",
        _ => return word.parse().ok(),
    };
    code.parse().ok()
}

/// A sign that several currencies share: which one it means, only the default can say.
pub fn is_shared_sign(text: &str) -> bool {
    matches!(text.trim().trim_end_matches('.').to_lowercase().as_str(), "$" | "¥" | "kr" | "rs" | "₨")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_says_about_its_mark() {
        use DecimalMark::{Comma, Point};
        for (text, said) in [
            ("12.50", MarkEvidence::Proves(Point)),
            ("12,5", MarkEvidence::Proves(Comma)),
            ("1,234.50", MarkEvidence::Proves(Point)),
            ("1.234,50", MarkEvidence::Proves(Comma)),
            ("1.234.567", MarkEvidence::Proves(Comma)),
            ("12,34,567", MarkEvidence::Proves(Point)),
            ("0.350", MarkEvidence::Proves(Point)),
            ("1234,567", MarkEvidence::Proves(Comma)),
            ("€ 12,50", MarkEvidence::Proves(Comma)),
            ("1.234", MarkEvidence::Open),
            ("1,234", MarkEvidence::Open),
            ("1234", MarkEvidence::Nothing),
            ("", MarkEvidence::Nothing),
            ("1.2.3.4", MarkEvidence::Nothing),
        ] {
            assert_eq!(evidence(text), said, "{text}");
        }
    }

    #[test]
    fn floats_lose_their_noise() {
        for (text, units, places) in [
            ("19.990000000000002", 199_900_000_000_000, 13),
            ("0.30000000000000004", 300_000_000_000_000, 15),
            ("59.970000000000006", 599_700_000_000_000, 13),
            ("1234567890123456", 1_234_567_890_123_456, 0),
            ("90071992547409.93", 9_007_199_254_740_993, 2),
            ("12.50", 1250, 2),
        ] {
            assert_eq!(decimal(text, Kind::Number, None), Ok(Decimal { units, places }), "{text}");
        }
    }

    #[test]
    fn currencies_beside_amounts() {
        for (text, code) in [
            ("12.30 EUR", Some("EUR")),
            ("€12.30", Some("EUR")),
            ("৳ 250/-", Some("BDT")),
            ("Tk. 250", Some("BDT")),
            ("12,50 lei", Some("RON")),
            ("$5", None),
            ("2 pcs", None),
            ("12.30", None),
            ("abc", None),
        ] {
            assert_eq!(currency_beside(text).map(|c| c.code().to_owned()).as_deref(), code, "{text}");
        }
    }
}
