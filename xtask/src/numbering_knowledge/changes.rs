//! What a new table says otherwise than the one that stood, in plain words: by calling code for prefixes, by region for names of
//! countries and short numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    automata::Automata,
    file::{section, stated_version, text},
    prefixes,
    tables::LANGUAGE,
};

/// All answers of a table by prefix, as texts that can be compared.
type Answers = BTreeMap<String, String>;

/// Sentences that say what changed; none when nothing did.
pub fn between(name: &str, old: Option<&[u8]>, new: &[u8], codes: &[u16]) -> Vec<String> {
    let Some(old) = old else {
        let count = answers(name, new).map_or(0, |answers| answers.len());
        let what = if name == "short_numbers" { "regions" } else { "prefixes" };
        return vec![format!("{name}: a new table of {} {what}", count.max(short_regions(name, new).len()))];
    };
    let mut said = Vec::new();
    let (from, to) = (stated_version(old), stated_version(new));
    if from != to {
        said.push(format!("{name}: from release {} to {}", from.unwrap_or("?"), to.unwrap_or("?")));
    }
    if let (Some(old), Some(new)) = (answers(name, old), answers(name, new)) {
        said.extend(prefixes_changed(name, &old, &new, codes));
    }
    said.extend(fields_changed(name, old, new));
    said.extend(short_changed(name, old, new));
    said
}

fn answers(name: &str, file: &[u8]) -> Option<Answers> {
    match name {
        "carriers" | "places" => names(file),
        "time_zones" => zones(file),
        _ => None,
    }
}

fn names(file: &[u8]) -> Option<Answers> {
    let (languages, rows, texts) = (section(file, 0)?, section(file, 3)?, section(file, 4)?);
    let read = |place: u32| {
        let mut said = String::new();
        for row in rows.get(place as usize * 4..)?.chunks_exact(4) {
            let row = u32::from_le_bytes(row.try_into().ok()?);
            let language = languages.chunks(LANGUAGE).nth((row >> 24 & 127) as usize)?;
            said += &format!("{}={} ", String::from_utf8_lossy(language), text(texts, row & 0xff_ffff)?);
            if row >> 31 == 1 {
                break;
            }
        }
        Some(said)
    };
    let places = prefixes::decode(section(file, 1)?, section(file, 2)?);
    places.into_iter().map(|(prefix, place)| Some((prefix, read(place)?))).collect()
}

fn zones(file: &[u8]) -> Option<Answers> {
    let (sets, texts) = (section(file, 2)?, section(file, 3)?);
    let read = |place: u32| {
        let (count, rest) = sets.get(place as usize..)?.split_first()?;
        let zones = rest.chunks_exact(3).take(usize::from(*count));
        zones
            .map(|zone| text(texts, u32::from_le_bytes([zone[0], zone[1], zone[2], 0])))
            .collect::<Option<Vec<_>>>()
    };
    let places = prefixes::decode(section(file, 0)?, section(file, 1)?);
    places.into_iter().map(|(prefix, place)| Some((prefix, read(place)?.join(" ")))).collect()
}

fn prefixes_changed(name: &str, old: &Answers, new: &Answers, codes: &[u16]) -> Vec<String> {
    let mut counts: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    let mut count = |prefix: &str, what: usize| {
        let code = codes.iter().map(u16::to_string).find(|code| prefix.starts_with(code.as_str()));
        counts.entry(code.unwrap_or_else(|| prefix.to_owned())).or_default()[what] += 1;
    };
    for (prefix, answer) in new {
        match old.get(prefix) {
            None => count(prefix, 0),
            Some(before) if before != answer => count(prefix, 2),
            Some(_) => {}
        }
    }
    old.keys().filter(|prefix| !new.contains_key(*prefix)).for_each(|prefix| count(prefix, 1));
    let sentence = |(code, [added, removed, otherwise]): (String, [u64; 3])| {
        let unit = if added == 1 { "prefix" } else { "prefixes" };
        format!("{name}: +{code}: {added} {unit} added, {removed} removed, {otherwise} answered otherwise")
    };
    counts.into_iter().map(sentence).collect()
}

/// Regions with portable numbers; names of countries.
fn fields_changed(name: &str, old: &[u8], new: &[u8]) -> Vec<String> {
    let regions = |file: &[u8], number: usize| -> BTreeSet<String> {
        let fields = section(file, number).unwrap_or_default().chunks(2);
        fields.map(|field| String::from_utf8_lossy(field).into_owned()).collect()
    };
    let mut said = Vec::new();
    if name == "carriers" {
        let (before, after) = (regions(old, 5), regions(new, 5));
        said.extend(
            after.difference(&before).map(|region| format!("{name}: numbers of {region} can now move")),
        );
        said.extend(
            before.difference(&after).map(|region| format!("{name}: numbers of {region} move no more")),
        );
    }
    if name == "places" {
        let (before, after) = (countries(old), countries(new));
        let changed: BTreeSet<&String> = (before.iter().chain(&after))
            .filter(|(key, name)| before.get(*key) != Some(name) || after.get(*key) != Some(name))
            .map(|(key, _)| key)
            .collect();
        if !changed.is_empty() {
            said.push(format!("{name}: {} names of countries changed: {changed:?}", changed.len()));
        }
        said.extend(ranges_changed(name, old, new));
    }
    said
}

/// Where regions share a calling code: a number that is now another region's.
fn ranges_changed(name: &str, old: &[u8], new: &[u8]) -> Vec<String> {
    let starts = |file: &[u8]| -> BTreeMap<u16, u16> {
        let codes = section(file, 8).unwrap_or_default().chunks_exact(6);
        let shared = codes.filter(|code| code[2] == 0);
        shared.map(|code| (two_bytes(code, 0), two_bytes(code, 4))).collect()
    };
    let (before, after) = (starts(old), starts(new));
    let (old, new) = (automata(old, 9), automata(new, 9));
    let differs = |(code, start): (&u16, &u16)| {
        let digits = old.difference(*before.get(code)?, &new, *start)?;
        Some(format!("{name}: +{code}: some ranges are another country's, for example {digits}"))
    };
    after.iter().filter_map(differs).collect()
}

/// Names by region and language.
fn countries(file: &[u8]) -> BTreeMap<String, String> {
    let part = |number| section(file, number).unwrap_or_default();
    let (texts, languages, regions, table) = (part(4), part(5), part(6), part(7));
    let mut names = BTreeMap::new();
    let pairs = regions
        .chunks(2)
        .flat_map(|region| languages.chunks(LANGUAGE).map(move |language| (region, language)));
    for ((region, language), place) in pairs.zip(table.chunks_exact(3)) {
        let key = format!("{} {}", String::from_utf8_lossy(region), String::from_utf8_lossy(language));
        let place = u32::from_le_bytes([place[0], place[1], place[2], 0]);
        names.insert(key.replace('\0', ""), text(texts, place).unwrap_or_default().to_owned());
    }
    names
}

/// What is known of short numbers by region: where its automaton starts, its lengths and examples.
fn short_regions(name: &str, file: &[u8]) -> BTreeMap<String, (u16, String)> {
    let known = section(file, 2).filter(|_| name == "short_numbers").unwrap_or_default();
    let texts = section(file, 5).unwrap_or_default();
    let region = |known: &[u8]| {
        let examples = (8..16).step_by(2).filter_map(|at| text(texts, u32::from(two_bytes(known, at))));
        let rest = format!("{:?} {}", &known[4..8], examples.collect::<Vec<_>>().join(" "));
        (String::from_utf8_lossy(&known[..2]).into_owned(), (two_bytes(known, 2), rest))
    };
    known.chunks_exact(16).map(region).collect()
}

fn two_bytes(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// The steps in one section and the answers in the next.
fn automata(file: &[u8], first: usize) -> Automata {
    let numbers = |number| -> Vec<u16> {
        section(file, number).unwrap_or_default().chunks_exact(2).map(|pair| two_bytes(pair, 0)).collect()
    };
    Automata {
        next: numbers(first).chunks_exact(10).map(|next| next.try_into().expect("ten")).collect(),
        answers: numbers(first + 1),
        starts: Vec::new(),
    }
}

fn short_changed(name: &str, old: &[u8], new: &[u8]) -> Vec<String> {
    let (before, after) = (short_regions(name, old), short_regions(name, new));
    let (old, new) = (automata(old, 3), automata(new, 3));
    let mut said = Vec::new();
    for (region, (start, rest)) in &after {
        match before.get(region) {
            None => said.push(format!("{name}: {region} is new")),
            Some((old_start, old_rest)) => {
                if old_rest != rest {
                    said.push(format!("{name}: {region} has other lengths or examples"));
                }
                if let Some(digits) = old.difference(*old_start, &new, *start) {
                    said.push(format!("{name}: {region} answers otherwise, for example for {digits}"));
                }
            }
        }
    }
    let gone = before.keys().filter(|region| !after.contains_key(*region));
    said.extend(gone.map(|region| format!("{name}: {region} is gone")));
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbering_knowledge::{
        automata::Pattern,
        file::{Origin, body, header},
        source::{Kind, Plan, Source},
        tables,
    };

    fn pattern(text: &str) -> Pattern {
        Pattern { text: text.to_owned(), lengths: Some(vec![text.len()]) }
    }

    fn named(entries: &[(&str, &str)]) -> BTreeMap<String, BTreeMap<String, String>> {
        let name = |name: &str| BTreeMap::from([("en".to_owned(), name.to_owned())]);
        entries.iter().map(|(prefix, text)| ((*prefix).to_owned(), name(text))).collect()
    }

    /// A world of three countries: `carrier` has +1 2, the plans of one of two that share +1 and the short number are given.
    fn source(carriers: &[(&str, &str)], canada: &str, emergency: &str) -> Source {
        let plan = |text| Plan { general: Some(pattern(text)), kinds: vec![pattern(text)] };
        let kind = |text: &str| Kind { pattern: pattern(text), example: text.to_owned() };
        let kinds =
            ["general_desc", "short_code", "emergency"].map(|name| (name.to_owned(), kind(emergency)));
        Source {
            carriers: named(carriers),
            portable: vec!["US".to_owned()],
            places: named(&[("358", "Finland"), ("3589", "Helsinki")]),
            countries: named(&[("CA", "Canada"), ("FI", "Finland"), ("US", "United States")]),
            calling_codes: vec![(1, vec!["US".to_owned(), "CA".to_owned()]), (358, vec!["FI".to_owned()])],
            plans: BTreeMap::from([("US".to_owned(), plan("20")), ("CA".to_owned(), plan(canada))]),
            zones: BTreeMap::from([("358".to_owned(), vec!["Europe/Helsinki".to_owned()])]),
            short: BTreeMap::from([("FI".to_owned(), BTreeMap::from(kinds))]),
        }
    }

    fn changes(old: &Source, new: &Source) -> Vec<String> {
        let origin = Origin { version: "1.0.0".to_owned(), package_hash: "ab".to_owned() };
        let written = |source: &Source| {
            tables::all(source).unwrap().map(|(name, sections)| {
                (name, [header(name, &origin, "cd").unwrap(), body(&sections)].concat())
            })
        };
        let pairs = written(old).into_iter().zip(written(new));
        pairs.flat_map(|((name, old), (_, new))| between(name, Some(&old), &new, &[1, 358])).collect()
    }

    #[test]
    fn what_changed_is_said_by_calling_code_and_region() {
        let old = source(&[("12", "Bell"), ("13", "Other"), ("3584", "Elisa")], "21", "112");
        let new =
            source(&[("12", "Ma Bell"), ("14", "Third"), ("15", "Fourth"), ("3584", "Elisa")], "22", "911");
        assert_eq!(changes(&old, &old), Vec::<String>::new());
        assert_eq!(
            changes(&old, &new),
            [
                "carriers: +1: 2 prefixes added, 1 removed, 1 answered otherwise",
                "places: +1: some ranges are another country's, for example 21",
                "short_numbers: FI has other lengths or examples",
                "short_numbers: FI answers otherwise, for example for 112",
            ]
        );
    }

    #[test]
    fn a_first_table_is_counted() {
        let new = source(&[("12", "Bell")], "21", "112");
        let [(_, carriers), _, _, (_, short)] = tables::all(&new).unwrap();
        let file = |sections: &[Vec<u8>]| [vec![b' '; 512], body(sections)].concat();
        assert_eq!(
            between("carriers", None, &file(&carriers), &[1]),
            ["carriers: a new table of 1 prefixes"]
        );
        assert_eq!(
            between("short_numbers", None, &file(&short), &[1]),
            ["short_numbers: a new table of 1 regions"]
        );
    }
}
