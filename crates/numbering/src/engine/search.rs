//! Numbers in running text, found as libphonenumber finds them: whatever has the shape of a number is a candidate; one that proves
//! to be none may still hold one.

mod grouping;
mod shapes;

use super::{
    resolve::{CodeSource, has_national_prefix},
    script::{ascii_digit, is_word, symbol},
    table::Plans,
    writing,
};
use crate::{Agreement, Extension, Number, Possibility, Region};

/// How sure one wants to be that what is found is a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Leniency {
    /// Its length can be right.
    Possible,
    /// It is valid, and a national prefix is there if the region writes one.
    Valid,
    /// Also, no group of digits that belongs together is broken up.
    StrictGrouping,
    /// Also, it is grouped as the plan groups it, or not at all.
    ExactGrouping,
}

/// A text and the symbols of its characters.
pub struct Text<'t> {
    pub text: &'t str,
    symbols: Vec<u8>,
    /// Where each character begins, and the end.
    offsets: Vec<usize>,
}

impl<'t> Text<'t> {
    pub fn new(plans: &Plans, text: &'t str) -> Self {
        let symbols = text.chars().map(|c| symbol(plans, c)).collect();
        let offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { text, symbols, offsets }
    }

    /// The characters in a range of their numbers.
    fn slice(&self, start: usize, end: usize) -> &'t str {
        &self.text[self.offsets[start]..self.offsets[end]]
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text[*self.offsets.get(at)?..].chars().next()
    }
}

/// Goes through a text from candidate to candidate.
pub struct Search<'t> {
    plans: &'static Plans,
    text: Text<'t>,
    region: Option<Region>,
    leniency: Leniency,
    tries: u64,
    at: usize,
}

/// A number, and the characters that it is made of.
pub struct Hit {
    pub number: Number,
    pub start: usize,
    pub end: usize,
}

impl<'t> Search<'t> {
    pub fn new(
        plans: &'static Plans,
        text: &'t str,
        region: Option<Region>,
        leniency: Leniency,
        tries: u64,
    ) -> Self {
        Self { plans, text: Text::new(plans, text), region, leniency, tries, at: 0 }
    }

    /// The bytes of a hit.
    pub fn range(&self, hit: &Hit) -> std::ops::Range<usize> {
        self.text.offsets[hit.start]..self.text.offsets[hit.end]
    }

    fn inside(&mut self, start: usize, end: usize) -> Option<Hit> {
        let symbols = &self.text.symbols[start..end];
        let is_time =
            shapes::ends_like_time(symbols) && shapes::begins_like_minutes(&self.text.symbols[end..]);
        if shapes::has_date(symbols) || is_time {
            return None;
        }
        if let Some(hit) = self.verified(start, end) {
            return Some(hit);
        }
        shapes::BREAKS.iter().find_map(|breaks| self.between_breaks(start, end, *breaks))
    }

    /// Tries what stands before the first break, then what follows each.
    fn between_breaks(&mut self, start: usize, end: usize, breaks: shapes::Break) -> Option<Hit> {
        let mut from = start;
        let mut is_first = true;
        while self.tries > 0 {
            let symbols = &self.text.symbols[start..end];
            let found = breaks(symbols, from - start)?;
            if is_first {
                is_first = false;
                if let Some(hit) = self.trimmed(start, start + found.at) {
                    return Some(hit);
                }
                self.tries -= 1;
            }
            if let Some(hit) = self.trimmed(start + found.start, start + found.end) {
                return Some(hit);
            }
            self.tries -= 1;
            from = start + found.at + 1;
        }
        None
    }

    fn trimmed(&self, start: usize, end: usize) -> Option<Hit> {
        let symbols = &self.text.symbols[start..end];
        let kept =
            symbols.iter().rposition(|symbol| is_word(*symbol) || *symbol == b'#').map_or(0, |at| at + 1);
        self.verified(start, start + kept)
    }

    /// The number that these characters are, all of them, if one may believe it.
    fn verified(&self, start: usize, end: usize) -> Option<Hit> {
        let symbols = &self.text.symbols[start..end];
        let written = self.text.slice(start, end);
        if !shapes::has_matching_brackets(written) || shapes::has_pages(symbols, written) {
            return None;
        }
        if self.leniency >= Leniency::Valid {
            let before = start
                .checked_sub(1)
                .filter(|_| !symbols.first().is_some_and(|first| shapes::is_lead(*first, written)));
            let touches = |at: usize| self.text.char_at(at).is_some_and(shapes::is_part_of_word);
            if before.is_some_and(touches) || touches(end) {
                return None;
            }
        }
        let number = self.plans.parse(written, self.region).ok()?;
        self.is_believed(&number, written).then_some(Hit { number, start, end })
    }

    fn is_believed(&self, number: &Number, written: &str) -> bool {
        if self.leniency == Leniency::Possible {
            let possibility = number.possibility(crate::LineType::Unknown);
            return matches!(possibility, Possibility::Possible | Possibility::LocalOnly);
        }
        if !number.is_valid() || !has_sound_letters(number, written) {
            return false;
        }
        if self.leniency == Leniency::Valid {
            return has_prefix_if_required(number, written);
        }
        !grouping::has_surplus_slash(number, written)
            && has_prefix_if_required(number, written)
            && grouping::is_sound(number, written, self.leniency == Leniency::ExactGrouping)
    }
}

impl Iterator for Search<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        while self.tries > 0 {
            let (start, end) =
                shapes::candidate(&self.text.symbols, self.text.text, &self.text.offsets, self.at)?;
            let end = shapes::second_number(&self.text.symbols[start..end]).map_or(end, |at| start + at);
            if let Some(hit) = self.inside(start, end) {
                self.at = hit.end;
                return Some(hit);
            }
            self.tries = self.tries.saturating_sub(1);
            self.at = end;
        }
        None
    }
}

/// An x stands for a carrier's code, doubled and before the number, or announces the extension; anything else is no number.
fn has_sound_letters(number: &Number, written: &str) -> bool {
    let characters: Vec<(usize, char)> = written.char_indices().collect();
    let is_x = |at: usize| matches!(characters.get(at), Some((_, 'x' | 'X')));
    let mut at = 0;
    while at + 1 < characters.len() {
        if is_x(at) && is_x(at + 1) {
            at += 1;
            if number.agreement_with_text(&written[characters[at].0..]) != Agreement::National {
                return false;
            }
        } else if is_x(at) {
            let digits = digits_of(number.plans, &written[characters[at].0..]);
            if number.extension().map(Extension::as_str) != Some(&digits) {
                return false;
            }
        }
        at += 1;
    }
    true
}

/// All digits of a text, as ASCII digits.
fn digits_of(plans: &Plans, text: &str) -> String {
    text.chars().filter_map(|c| ascii_digit(symbol(plans, c))).map(char::from).collect()
}

/// Whether a number that was read by its region alone begins with the prefix that the region writes for it.
fn has_prefix_if_required(number: &Number, written: &str) -> bool {
    if number.source != CodeSource::DefaultRegion {
        return true;
    }
    let plans = number.plans;
    let Some(code) = plans.code(number.country_code()) else { return true };
    let territory = plans.territory(code.main());
    if territory.region() == Region::NON_GEOGRAPHIC.bytes() {
        return true;
    }
    let national = number.national_significant();
    let Some((way, _)) = writing::way(plans, territory, false, national.as_str().as_bytes()) else {
        return true;
    };
    if !way.has_rule() || way.is_prefix_optional() || way.is_without_prefix() {
        return true;
    }
    let digits = digits_of(plans, written);
    has_national_prefix(plans, territory, digits.as_bytes())
}
