//! Whether a number in a text is grouped as people group such numbers.

use super::{
    super::{
        resolve::CodeSource,
        script::{ascii_digit, symbol},
        table::{NONE, Plans, Way},
        writing::{fill, hyphenate},
    },
    digits_of,
};
use crate::{Extension, Format, Number};

/// More than one slash in the national number.
pub fn has_surplus_slash(number: &Number, written: &str) -> bool {
    let Some((before, after)) = written.split_once('/') else { return false };
    let Some((_, rest)) = after.split_once('/') else { return false };
    let has_code = matches!(number.source, CodeSource::Plus | CodeSource::Digits);
    if has_code && digits_of(number.plans, before) == number.country_code().to_string() {
        return rest.contains('/');
    }
    true
}

/// Whether the groups are those of the plan, or of another way that people are known to have.
pub fn is_sound(number: &Number, written: &str, exactly: bool) -> bool {
    let plans = number.plans;
    let digit = |c: char| ascii_digit(symbol(plans, c)).map_or(c, char::from);
    let written: Vec<char> = written.chars().map(digit).collect();
    let check = |groups: &[String]| {
        if exactly {
            are_present(number, &written, groups)
        } else {
            remain_together(number, &written, groups)
        }
    };
    if check(&own_groups(number)) {
        return true;
    }
    let national = number.national_significant();
    let digits = national.as_str().as_bytes();
    let Some(code) = plans.code(number.country_code()) else { return false };
    code.alternate_ways().any(|way| {
        let way = plans.way(way);
        let leads = way.leads().next().is_none_or(|lead| plans.matches(plans.lead(lead), digits));
        leads && check(&groups_in(plans, way, digits))
    })
}

fn own_groups(number: &Number) -> Vec<String> {
    let link = number.format(Format::Rfc3966);
    let link = link.split(';').next().unwrap_or_default();
    let national = link.split_once('-').map_or(link, |(_, national)| national);
    national.split('-').map(str::to_owned).collect()
}

/// The digits as a way groups them, whether or not it is meant for so many.
fn groups_in(plans: &Plans, way: Way, digits: &[u8]) -> Vec<String> {
    let mut spaced = String::new();
    let mut at = 0;
    while at < digits.len() {
        let rest = &digits[at..];
        match plans.whole(way.pattern(), rest).filter(|place| *place != NONE) {
            Some(place) => {
                let spans = plans.spans(place);
                fill(&mut spaced, plans.text(way.template()), spans, rest, "");
                at += spans.end().max(1);
            }
            None => {
                spaced.push(char::from(digits[at]));
                at += 1;
            }
        }
    }
    let mut joined = String::new();
    hyphenate(plans, &mut joined, &spaced);
    joined.split('-').map(str::to_owned).collect()
}

fn find(text: &[char], wanted: &str, from: usize) -> Option<usize> {
    let wanted: Vec<char> = wanted.chars().collect();
    if wanted.is_empty() {
        return (from <= text.len()).then_some(from);
    }
    let rest = text.get(from..)?;
    rest.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
}

/// Whether no group is broken up.
fn remain_together(number: &Number, written: &[char], groups: &[String]) -> bool {
    let mut from = 0;
    if number.source != CodeSource::DefaultRegion {
        let code = number.country_code().to_string();
        from = find(written, &code, 0).map_or(code.len() - 1, |at| at + code.len());
    }
    for (index, group) in groups.iter().enumerate() {
        let Some(at) = find(written, group, from) else { return false };
        from = at + group.len();
        if index == 0 && from < written.len() && has_national_prefix(number) && written[from].is_ascii_digit()
        {
            // Nothing stands behind the area code; then nothing may stand anywhere.
            let national = number.national_significant();
            return find(&written[at..], national.as_str(), 0) == Some(0);
        }
    }
    let extension = number.extension().map_or("", Extension::as_str);
    find(written, extension, from).is_some()
}

fn has_national_prefix(number: &Number) -> bool {
    let region = number.plans.main_region(number.country_code());
    region.is_some_and(|region| number.plans.national_prefix(region).is_some())
}

/// Whether the groups are there one by one, or the number is written in one block.
fn are_present(number: &Number, written: &[char], groups: &[String]) -> bool {
    let text: String = written.iter().collect();
    let mut parts: Vec<&str> = Vec::new();
    let mut start = None;
    // As splitting at everything that is no digit does, with an empty part where that stands at an end.
    for (at, c) in text.char_indices() {
        match (c.is_ascii_digit(), start) {
            (true, None) => start = Some(at),
            (false, Some(first)) => {
                parts.push(&text[first..at]);
                start = None;
            }
            (false, None) if at == 0 => parts.push(""),
            _ => {}
        }
    }
    parts.push(start.map_or("", |first| &text[first..]));
    let last = parts.len().checked_sub(if number.extension().is_some() { 2 } else { 1 });
    let national = number.national_significant();
    if parts.len() == 1 || last.is_some_and(|last| parts[last].contains(national.as_str())) {
        return true;
    }
    let Some(mut at) = last else { return false };
    for group in groups[1..].iter().rev() {
        if parts[at] != group {
            return false;
        }
        match at.checked_sub(1) {
            Some(before) => at = before,
            None => return false,
        }
    }
    parts[at].ends_with(&groups[0])
}
