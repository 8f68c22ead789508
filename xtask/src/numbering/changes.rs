//! What is different between two releases of the plans, in words. Patterns are compared by the numbers that they match, not by their
//! letters.

use super::{
    automaton::{Automata, COLUMNS, ROW},
    machine::Tags,
    source::{KINDS, Kind, Source, Territory, Way},
};
use crate::{Failure, pattern::Program};

/// Lines of text, one for each change.
pub fn describe(old: &Source, new: &Source) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for territory in &new.territories {
        let name = format!("{} (+{})", territory.id, territory.code);
        let before = old.territories.iter().find(|other| is_same(other, territory));
        match before {
            None => lines.push(format!("{name} has a plan now")),
            Some(before) => {
                lines.extend(
                    of_territory(before, territory)?.into_iter().map(|line| format!("{name}: {line}")),
                );
            }
        }
    }
    let gone = old.territories.iter().filter(|old| !new.territories.iter().any(|other| is_same(other, old)));
    lines.extend(gone.map(|gone| format!("{} (+{}) has no plan any more", gone.id, gone.code)));
    Ok(lines)
}

fn is_same(one: &Territory, other: &Territory) -> bool {
    one.id == other.id && one.code == other.code
}

fn of_territory(old: &Territory, new: &Territory) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for (name, (before, after)) in KINDS.iter().zip(old.kinds.iter().zip(&new.kinds)) {
        let name = if *name == "general_desc" { "any" } else { name };
        let name = name.replace('_', "-");
        match (before, after) {
            (None, None) => {}
            (None, Some(_)) => lines.push(format!("there are {name} numbers now")),
            (Some(_), None) => lines.push(format!("there are no {name} numbers any more")),
            (Some(before), Some(after)) => {
                lines
                    .extend(of_kind(before, after)?.map(|where_| format!("{name} numbers changed {where_}")));
            }
        }
    }
    for (what, before, after) in [
        ("the prefix for calls abroad", &old.international_prefix, &new.international_prefix),
        ("the national prefix", &old.national_prefix, &new.national_prefix),
        ("what is read as national prefix", &old.prefix_for_parsing, &new.prefix_for_parsing),
        ("what replaces the national prefix", &old.transform, &new.transform),
        ("the digits that tell the region", &old.leading, &new.leading),
    ] {
        if before != after {
            let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
            lines.push(format!("{what} was {}, is {}", said(before), said(after)));
        }
    }
    for (what, before, after) in
        [("", &old.ways, &new.ways), (" for people abroad", &old.international_ways, &new.international_ways)]
    {
        if !before.iter().map(facts).eq(after.iter().map(facts)) {
            lines.push(format!("numbers are grouped otherwise{what}"));
        }
    }
    Ok(lines)
}

fn facts(way: &Way) -> (&str, &str, &[String], Option<&str>, bool, Option<&str>) {
    (
        &way.pattern,
        &way.format,
        &way.leading,
        way.prefix_rule.as_deref(),
        way.prefix_optional,
        way.carrier_rule.as_deref(),
    )
}

/// Where the numbers of a kind begin to differ.
fn of_kind(old: &Kind, new: &Kind) -> Result<Option<String>, Failure> {
    let mut automata = Automata::default();
    let mut compile = |kind: &Kind| {
        let fits = |matching: &[u16], length: u8| {
            u16::from(!matching.is_empty() && (kind.lengths.is_empty() || kind.lengths.contains(&length)))
        };
        let mut tags = Tags::new(fits);
        tags.add(&Program::compile(kind.pattern.as_deref().unwrap_or("~"))?, false);
        automata.add(&mut tags)
    };
    let (before, after) = (compile(old)?, compile(new)?);
    Ok(difference(&automata, before, after, String::new()))
}

/// The first digits in order after which different numbers are valid, and of which lengths.
fn difference(automata: &Automata, old: u16, new: u16, digits: String) -> Option<String> {
    if old == new {
        return None;
    }
    if old & new & ROW != 0 {
        let rows = (automata.row_at(old), automata.row_at(new));
        let lengths = |row: [u16; 18], other: [u16; 18]| -> Vec<String> {
            (digits.len()..18)
                .filter(|at| row[*at] == 1 && other[*at] == 0)
                .map(|length| length.to_string())
                .collect()
        };
        let (more, less) = (lengths(rows.1, rows.0), lengths(rows.0, rows.1));
        let said = |what: &str, lengths: &[String]| {
            (!lengths.is_empty()).then(|| format!("{} digits {what}", lengths.join(" or ")))
        };
        let said: Vec<String> =
            said("valid now", &more).into_iter().chain(said("no longer valid", &less)).collect();
        let place = if digits.is_empty() { String::new() } else { format!("at {digits}: ") };
        return (!said.is_empty()).then(|| format!("{place}{}", said.join(", ")));
    }
    let column = |reference: u16, digit: usize| match reference & ROW {
        0 => automata.states[usize::from(reference)][digit],
        _ => reference,
    };
    let found = (0..COLUMNS - 2).find_map(|digit| {
        difference(automata, column(old, digit), column(new, digit), format!("{digits}{digit}"))
    });
    found.or_else(|| Some(format!("for numbers that are just {digits}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(pattern: &str, lengths: &[u8]) -> Kind {
        Kind {
            pattern: Some(pattern.to_owned()),
            lengths: lengths.to_vec(),
            local: Vec::new(),
            example: None,
        }
    }

    fn change(old: (&str, &[u8]), new: (&str, &[u8])) -> Option<String> {
        of_kind(&kind(old.0, old.1), &kind(new.0, new.1)).expect("patterns of the dialect")
    }

    #[test]
    fn patterns_are_compared_by_what_they_match() {
        assert_eq!(change(("1(?:2|3)\\d", &[3]), ("1[23]\\d", &[3])), None);
        assert_eq!(change(("1\\d{2,3}", &[3]), ("1\\d\\d", &[3])), None);
        assert_eq!(change(("12?", &[]), ("12", &[])).as_deref(), Some("for numbers that are just 1"));
        for (old, new, said) in [
            (("1\\d\\d", [3]), ("1[0-5]\\d", [3]), "at 16: 3 digits no longer valid"),
            (("1[0-5]\\d", [3]), ("1\\d\\d", [3]), "at 16: 3 digits valid now"),
            (("1\\d{2,3}", [3]), ("1\\d{2,3}", [4]), "at 1: 4 digits valid now, 3 digits no longer valid"),
        ] {
            assert_eq!(change((old.0, &old.1), (new.0, &new.1)).as_deref(), Some(said), "{old:?} {new:?}");
        }
    }
}
