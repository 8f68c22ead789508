//! Ways of writing numbers, made ready: templates in which a byte below ten stands for a group, and the facts about each way that
//! formatting as somebody types asks for.

use std::collections::HashMap;

use super::source::Way;
use crate::Failure;

/// Stands for the code of a carrier in a template.
const CARRIER: u8 = 10;
/// The punctuation that libphonenumber knows between groups.
const PUNCTUATION: &str = "-x\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{30fc}\u{ff0d}\u{ff0e}\u{ff0f} \u{a0}\u{ad}\u{200b}\u{2060}\u{3000}()\u{ff08}\u{ff09}\u{ff3b}\u{ff3d}.[]/~\u{2053}\u{223c}\u{ff5e}";

const HAS_RULE: u8 = 1;
const PREFIX_OPTIONAL: u8 = 2;
const FIRST_GROUP_ONLY: u8 = 4;
const HAS_CARRIER_RULE: u8 = 8;
const ELIGIBLE: u8 = 16;
const GAP: u8 = 32;

/// All texts, each kept once; one is named by its offset and length.
#[derive(Default)]
pub struct Texts {
    bytes: Vec<u8>,
    places: HashMap<Vec<u8>, u32>,
}

impl Texts {
    pub fn add(&mut self, text: &[u8]) -> Result<u32, Failure> {
        if let Some(place) = self.places.get(text) {
            return Ok(*place);
        }
        let place = u32::try_from(self.bytes.len())? << 8 | u32::from(u8::try_from(text.len())?);
        self.bytes.extend(text);
        self.places.insert(text.to_owned(), place);
        Ok(place)
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// `\1 \2` with bytes for the groups.
pub fn template(format: &str) -> Vec<u8> {
    let mut template = Vec::new();
    let mut rest = format.bytes().peekable();
    while let Some(byte) = rest.next() {
        match rest.peek() {
            Some(digit @ b'1'..=b'9') if byte == b'\\' => {
                template.push(digit - b'0');
                rest.next();
            }
            _ => template.push(byte),
        }
    }
    template
}

/// The template with its first group replaced by a rule, in which `\1` means that group.
fn with_rule(format: &[u8], rule: &str) -> Vec<u8> {
    let Some(at) = format.iter().position(|byte| (1..10).contains(byte)) else { return format.to_owned() };
    let carrier = (CARRIER as char).to_string();
    let rule = template(&rule.replace("$CC", &carrier));
    let rule = rule.iter().map(|byte| if *byte == 1 { format[at] } else { *byte });
    format[..at].iter().copied().chain(rule).chain(format[at + 1..].iter().copied()).collect()
}

/// Digits, perhaps with one sign to wait for the tone: the one prefix there is.
pub fn is_single_prefix(prefix: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match prefix.split_once(['~', '\u{2053}', '\u{223c}', '\u{ff5e}']) {
        Some((before, after)) => is_digits(before) && is_digits(after),
        None => is_digits(prefix),
    }
}

/// The engine takes a pattern to match either all the digits or, repeatedly, some of them; that is the same only where a pattern is
/// a row of groups of digits.
pub fn check(way: &Way) -> Result<(), Failure> {
    let is_plain = way.pattern.starts_with('(')
        && way.pattern.ends_with(')')
        && way
            .pattern
            .trim_matches(['(', ')'])
            .split(")(")
            .all(|group| !group.contains(['(', ')', '|', '?']) && Groups::of(group).is_some());
    if is_plain { Ok(()) } else { Err(format!("{} is no row of groups of digits", way.pattern).into()) }
}

/// How many digits a group takes at most, and whether nines may stand in it.
struct Groups {
    most: usize,
    nines: bool,
}

impl Groups {
    fn of(group: &str) -> Option<Self> {
        let mut most = 0;
        let mut nines = true;
        let mut rest = group;
        while !rest.is_empty() {
            let (takes_nine, after) = if let Some(after) = rest.strip_prefix("\\d") {
                (true, after)
            } else if let Some((set, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                (set.contains('9'), after)
            } else {
                let digit = rest.bytes().next().filter(u8::is_ascii_digit)?;
                (digit == b'9', &rest[1..])
            };
            let (times, after) = match after.strip_prefix('{').and_then(|after| after.split_once('}')) {
                Some((times, after)) => (times.rsplit(',').next()?.parse().ok()?, after),
                None => (1, after),
            };
            most += times;
            nines &= takes_nine;
            rest = after;
        }
        Some(Self { most, nines })
    }
}

/// The longest number of nines that fits, and the way filled with them. Empty where nines do not fit.
fn nines(way: &Way, format: &[u8]) -> (u8, Vec<u8>) {
    let groups: Vec<Groups> =
        way.pattern.trim_matches(['(', ')']).split(")(").filter_map(Groups::of).collect();
    let total: usize = groups.iter().map(|group| group.most).sum();
    if total > 15 || !groups.iter().all(|group| group.nines) {
        return (0, Vec::new());
    }
    let filled = format.iter().flat_map(|byte| match usize::from(*byte) {
        group @ 1..10 => vec![b'9'; groups.get(group - 1).map_or(0, |group| group.most)],
        _ => vec![*byte],
    });
    (u8::try_from(total).unwrap_or_default(), filled.collect())
}

/// Whether a way may be shown while somebody types: groups in order, nothing but punctuation between them.
fn is_eligible(format: &[u8]) -> bool {
    let text = String::from_utf8_lossy(format).into_owned();
    let mut groups = text.chars().filter(|c| !PUNCTUATION.contains(*c));
    groups.next() == Some('\u{1}') && groups.all(|c| ('\u{1}'..'\u{a}').contains(&c))
}

pub fn record(
    way: &Way,
    texts: &mut Texts,
    [pattern, leads_first, number]: [u16; 3],
) -> Result<Vec<u8>, Failure> {
    let format = template(&way.format);
    let at_home = way.prefix_rule.as_ref().map_or_else(|| format.clone(), |rule| with_rule(&format, rule));
    let by_carrier = way.carrier_rule.as_ref().map(|rule| with_rule(&format, rule)).unwrap_or_default();
    let rule = way.prefix_rule.as_deref();
    let first_group_only = rule.is_none_or(|rule| ["\\1", "(\\1", "\\1)", "(\\1)"].contains(&rule));
    let flags = [
        (HAS_RULE, rule.is_some()),
        (PREFIX_OPTIONAL, way.prefix_optional),
        (FIRST_GROUP_ONLY, first_group_only),
        (HAS_CARRIER_RULE, way.carrier_rule.is_some()),
        (ELIGIBLE, is_eligible(&format)),
        (GAP, rule.is_some_and(|rule| rule.contains(['-', ' ']))),
    ];
    let flags = flags.iter().filter(|(_, holds)| *holds).fold(0, |set, (flag, _)| set | flag);
    let (nines, filled) = nines(way, &format);
    let mut record = Vec::new();
    for text in [&format, &at_home, &by_carrier, &filled, &template(rule.unwrap_or_default())] {
        record.extend(texts.add(text)?.to_le_bytes());
    }
    for short in [pattern, leads_first, number] {
        record.extend(short.to_le_bytes());
    }
    record.extend([u8::try_from(way.leading.len())?, flags, nines, 0]);
    record.resize(32, 0);
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_take_the_place_of_the_first_group() {
        assert_eq!(with_rule(&template("\\1 \\2"), "0\\1"), b"0\x01 \x02");
        assert_eq!(with_rule(&template("\\2 15-\\3"), "0\\1"), b"0\x02 15-\x03");
        assert_eq!(with_rule(&template("\\1-\\2"), "0$CC (\\1)"), b"0\x0a (\x01)-\x02");
    }

    #[test]
    fn single_prefixes_are_digits() {
        for (prefix, is) in [("00", true), ("8~10", true), ("0(?:0|1)", false), ("0[01]", false), ("", false)]
        {
            assert_eq!(is_single_prefix(prefix), is, "{prefix}");
        }
    }

    #[test]
    fn ways_to_show_while_typing_have_groups_in_front() {
        for (format, is) in
            [("\\1 \\2", true), ("(\\1) \\2-\\3", true), ("*\\1", false), ("\\2 15 \\3", false)]
        {
            assert_eq!(is_eligible(&template(format)), is, "{format}");
        }
    }
}
