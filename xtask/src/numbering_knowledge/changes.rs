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
        format!("{name}: +{code}: {added} prefixes added, {removed} removed, {otherwise} answered otherwise")
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
        let plans = |file| (section(file, 9).map(<[u8]>::to_vec), section(file, 10).map(<[u8]>::to_vec));
        if plans(old) != plans(new) {
            said.push(format!("{name}: where regions share a calling code, the ranges of some changed"));
        }
    }
    said
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

/// What is known of short numbers by region: where its automaton starts, and the bytes after that.
fn short_regions<'a>(name: &str, file: &'a [u8]) -> BTreeMap<String, (u16, &'a [u8])> {
    let known = section(file, 2).filter(|_| name == "short_numbers").unwrap_or_default();
    let region = |known: &'a [u8]| {
        let start = u16::from_le_bytes([known[2], known[3]]);
        (String::from_utf8_lossy(&known[..2]).into_owned(), (start, &known[4..]))
    };
    known.chunks_exact(16).map(region).collect()
}

fn short_automata(file: &[u8]) -> Automata {
    let numbers = |section: &[u8]| -> Vec<u16> {
        section.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
    };
    let steps = numbers(section(file, 3).unwrap_or_default());
    Automata {
        next: steps.chunks_exact(10).map(|next| next.try_into().expect("ten")).collect(),
        answers: numbers(section(file, 4).unwrap_or_default()),
        starts: Vec::new(),
    }
}

fn short_changed(name: &str, old: &[u8], new: &[u8]) -> Vec<String> {
    let (before, after) = (short_regions(name, old), short_regions(name, new));
    let (old, new) = (short_automata(old), short_automata(new));
    let mut said = Vec::new();
    for (region, (start, _)) in &after {
        match before.get(region) {
            None => said.push(format!("{name}: {region} is new")),
            Some((old_start, _)) => {
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
