//! Whether two spellings mean one number.

use crate::{Extension, Number, ParseError, Plans, engine::resolve::Home, number::Parts};

/// How far two numbers agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Agreement {
    /// One of the texts is no phone number.
    NotANumber,
    None,
    /// One could be a shorter way to write the other: without its area code, say, or without an extension.
    Short,
    /// All digits agree, but one has no calling code.
    National,
    /// The same number with the same extension.
    Exact,
}

/// Compares two texts, of which none need have a calling code.
///
/// ```
/// use numbering::{Agreement, agreement};
///
/// assert_eq!(agreement("+64 3 331 6005", "+64-3331 6005"), Agreement::Exact);
/// assert_eq!(agreement("+64 3 331 6005", "03 331 6005"), Agreement::National);
/// assert_eq!(agreement("+64 3 331 6005", "331 6005"), Agreement::Short);
/// assert_eq!(agreement("+64 3 331 6005", "+64 3 331 6006"), Agreement::None);
/// ```
pub fn agreement(one: &str, other: &str) -> Agreement {
    Plans::BUILT_IN.agreement(one, other)
}

impl Plans {
    /// As [`agreement`], under these plans.
    pub fn agreement(&'static self, one: &str, other: &str) -> Agreement {
        match self.parse_at(one, Home::Nowhere) {
            Ok(number) => return number.agreement_with_text(other),
            Err(ParseError::InvalidCountryCode) => {}
            Err(_) => return Agreement::NotANumber,
        }
        match self.parse_at(other, Home::Nowhere) {
            Ok(number) => return number.agreement_with_text(one),
            Err(ParseError::InvalidCountryCode) => {}
            Err(_) => return Agreement::NotANumber,
        }
        match (self.parse_at(one, Home::Anywhere), self.parse_at(other, Home::Anywhere)) {
            (Ok(one), Ok(other)) => one.agreement(&other),
            _ => Agreement::NotANumber,
        }
    }
}

impl Number {
    /// How far it agrees with another.
    pub fn agreement(&self, other: &Self) -> Agreement {
        let (one, other) = (self.facts(), other.facts());
        if let ((_, Some(extension)), (_, Some(others))) = (one, other)
            && extension != others
        {
            return Agreement::None;
        }
        let (code, other_code) = (one.0.country_code, other.0.country_code);
        let are_equal =
            Parts { country_code: 0, ..one.0 } == Parts { country_code: 0, ..other.0 } && one.1 == other.1;
        let may_be_short = is_end_of_other(one.0.rest, other.0.rest);
        if code != 0 && other_code != 0 && code != other_code {
            return Agreement::None;
        }
        match (are_equal, code != 0 && other_code != 0) {
            (true, true) => Agreement::Exact,
            (true, false) => Agreement::National,
            (false, _) if may_be_short => Agreement::Short,
            (false, _) => Agreement::None,
        }
    }

    /// How far it agrees with a text. One without calling code is read in the region of this number.
    pub fn agreement_with_text(&self, text: &str) -> Agreement {
        match self.plans.parse_at(text, Home::Nowhere) {
            Ok(other) => return self.agreement(&other),
            Err(ParseError::InvalidCountryCode) => {}
            Err(_) => return Agreement::NotANumber,
        }
        let Some(region) = self.plans.main_region(self.parts.country_code) else {
            return self
                .plans
                .parse_at(text, Home::Anywhere)
                .map_or(Agreement::NotANumber, |other| self.agreement(&other));
        };
        match self.plans.parse(text, Some(region)).map(|other| self.agreement(&other)) {
            Ok(Agreement::Exact) => Agreement::National,
            Ok(agreement) => agreement,
            Err(_) => Agreement::NotANumber,
        }
    }

    fn facts(&self) -> (Parts, Option<&str>) {
        (self.parts, self.extension.as_ref().map(Extension::as_str).filter(|text| !text.is_empty()))
    }
}

/// Whether the digits of one number are the last digits of the other.
fn is_end_of_other(one: u64, other: u64) -> bool {
    let (short, long) = (one.min(other), one.max(other));
    let digits = short.checked_ilog10().map_or(1, |log| log + 1);
    long % 10u64.pow(digits) == short
}
