//! Writing a number neatly while somebody is still typing it.

use std::fmt;

use crate::{
    Region,
    engine::{self, LEADING_DIGITS_MIN, Plan, Trunk, Way},
};

/// Longer input is shown as typed: no number has more digits.
const DIGITS_MAX: usize = 24;

/// Takes characters one by one and answers with the whole text so far, grouped as the numbering plan groups it. Once a character
/// is neither a digit nor a leading plus, the text is shown as typed: whoever types the punctuation wants their own.
///
/// ```
/// let mut field = numbering::AsYouType::new("GB".parse().ok());
/// let shown: Vec<String> = "02079460000".chars().map(|key| field.push(key).to_owned()).collect();
/// assert_eq!(shown[4], "020 79");
/// assert_eq!(shown[10], "020 7946 0000");
/// ```
#[derive(Clone)]
pub struct AsYouType {
    plan: Option<Plan>,
    typed: String,
    shown: String,
}

impl AsYouType {
    /// Without a region only numbers with a plus are grouped.
    pub fn new(region: Option<Region>) -> Self {
        Self { plan: region.and_then(Plan::of_region), typed: String::new(), shown: String::new() }
    }

    /// Adds a character and returns what to show now.
    pub fn push(&mut self, key: char) -> &str {
        self.typed.push(key);
        self.refresh()
    }

    /// Takes the last character back and returns what to show now.
    pub fn pop(&mut self) -> &str {
        self.typed.pop();
        self.refresh()
    }

    pub fn clear(&mut self) {
        self.typed.clear();
        self.shown.clear();
    }

    pub fn shown(&self) -> &str {
        &self.shown
    }

    fn refresh(&mut self) -> &str {
        self.shown = self.grouped().unwrap_or_else(|| self.typed.clone());
        &self.shown
    }

    /// `None` where the text is better left as typed.
    fn grouped(&self) -> Option<String> {
        let (plus, digits) = digits_of(&self.typed)?;
        if usize::from(plus) + digits.len() < LEADING_DIGITS_MIN || digits.len() > DIGITS_MAX {
            return None;
        }
        if plus {
            return Some(after_international_prefix("+", &digits));
        }
        let plan = self.plan?;
        if let Some(end) = plan.international_prefix(&digits) {
            return Some(after_international_prefix(&format!("{} ", &digits[..end]), &digits[end..]));
        }
        let short = plan.trunk_prefix(&digits[..LEADING_DIGITS_MIN]);
        national(plan, &digits, short, "").or_else(|| {
            // Some trunk prefixes begin like shorter ones (a carrier's code may follow).
            let long = plan.trunk_prefix(&digits);
            (long != short).then(|| national(plan, &digits, long, " "))?
        })
    }
}

/// Whether there is a plus in front, and the digits as ASCII; `None` if there is anything else.
fn digits_of(typed: &str) -> Option<(bool, String)> {
    let digits = typed.strip_prefix(['+', '＋']);
    let plus = digits.is_some();
    let digits = digits.unwrap_or(typed);
    let ascii = engine::ascii_digits(digits);
    (ascii.len() == digits.chars().count()).then_some((plus, ascii))
}

fn after_international_prefix(prefix: &str, digits: &str) -> String {
    let split = engine::split_calling_code(digits);
    let Some((plan, national)) = split.and_then(|(code, rest)| Some((Plan::of_calling_code(code)?, rest)))
    else {
        return format!("{prefix}{digits}");
    };
    let prefix = format!("{prefix}{} ", plan.calling_code);
    if national.len() < LEADING_DIGITS_MIN {
        return format!("{prefix}{national}");
    }
    let ways = plan.ways(national, true);
    fill(&ways, national, |_, number| format!("{prefix}{number}"))
        .unwrap_or_else(|| format!("{prefix}{national}"))
}

/// A number in national form whose first `trunk` digits are the trunk prefix.
fn national(plan: Plan, digits: &str, trunk: usize, gap: &str) -> Option<String> {
    let (prefix, national) = digits.split_at(trunk);
    // North American numbers are written with a space behind the 1.
    let gap = if plan.calling_code == 1 && prefix == "1" { " " } else { gap };
    if national.len() < LEADING_DIGITS_MIN {
        return Some(if prefix.is_empty() {
            national.to_owned()
        } else {
            format!("{prefix}{gap}{national}")
        });
    }
    let unfit = if prefix.is_empty() { Trunk::Always } else { Trunk::Never };
    let mut ways = plan.ways(national, false);
    ways.retain(|way| way.trunk != unfit);
    fill(&ways, national, |way, number| match prefix {
        "" => number.to_owned(),
        _ if !gap.is_empty() => format!("{prefix}{gap}{number}"),
        _ if way.gap_after_trunk => format!("{prefix} {number}"),
        _ => format!("{prefix}{number}"),
    })
}

/// The digits in the first way that they are a whole number of, else in the first that has room for them.
fn fill(ways: &[Way], national: &str, with_prefix: impl Fn(&Way, &str) -> String) -> Option<String> {
    let whole = ways.iter().find_map(|way| {
        let written = way.written.as_deref()?;
        // A rule that drops or adds digits would change what was typed.
        let kept = written.bytes().filter(u8::is_ascii_digit).eq(national.bytes());
        kept.then(|| with_prefix(way, written))
    });
    whole.or_else(|| ways.iter().find_map(|way| Some(with_prefix(way, &filled(&way.template, national)?))))
}

/// The template's beginning with its nines replaced by the digits, cut behind the last one.
fn filled(template: &str, national: &str) -> Option<String> {
    let mut digits = national.chars();
    let mut text = String::with_capacity(template.len());
    for place in template.chars() {
        if place != '9' {
            text.push(place);
            continue;
        }
        match digits.next() {
            Some(digit) => text.push(digit),
            None => break,
        }
    }
    if digits.next().is_some() {
        return None;
    }
    text.truncate(text.rfind(|c: char| c.is_ascii_digit())? + 1);
    Some(text)
}

impl fmt::Debug for AsYouType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsYouType({} characters)", self.typed.chars().count())
    }
}
