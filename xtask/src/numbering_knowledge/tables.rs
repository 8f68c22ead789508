//! What the package knows, brought into the form in which `numbering` looks it up: one list of sections for each table.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    automata::{Automata, Pattern, Pool},
    file::{Texts, field},
    prefixes,
    source::{Kind, Source, Texts as Names},
};
use crate::Failure;

pub type Sections = Vec<Vec<u8>>;

/// The tables by the names of their files.
pub fn all(source: &Source) -> Result<[(&'static str, Sections); 4], Failure> {
    Ok([
        ("carriers", carriers(source)?),
        ("places", places(source)?),
        ("time_zones", time_zones(source)?),
        ("short_numbers", short_numbers(source)?),
    ])
}

/// Bytes of a language's name, `zh_Hant_TW` at most.
pub const LANGUAGE: usize = 12;
/// Marks the last name of a prefix.
const LAST: u32 = 1 << 31;

/// Five sections: languages, tree, values, names (language and place of the text), texts.
fn names(by_prefix: &BTreeMap<String, Names>, texts: &mut Texts) -> Result<Sections, Failure> {
    let languages: BTreeSet<&String> = by_prefix.values().flat_map(BTreeMap::keys).collect();
    let languages: Vec<&String> = languages.into_iter().collect();
    if languages.len() > 127 {
        return Err("seven bits number the languages".into());
    }
    let mut rows = Vec::new();
    let mut known: BTreeMap<&Names, u32> = BTreeMap::new();
    let mut values = BTreeMap::new();
    for (prefix, names) in by_prefix.iter().filter(|(_, names)| !names.is_empty()) {
        let next = (rows.len() / 4) as u32;
        let place = *known.entry(names).or_insert(next);
        values.insert(prefix.clone(), place);
        if place == next {
            for (turn, (language, name)) in names.iter().enumerate() {
                let language = languages.binary_search(&language).expect("it was collected above") as u32;
                let last = if turn + 1 == names.len() { LAST } else { 0 };
                let row = texts.place(name)? | language << 24 | last;
                rows.extend_from_slice(&row.to_le_bytes());
            }
        }
    }
    let tree = prefixes::encode(&values);
    Ok(vec![fields(languages, LANGUAGE)?, tree.lines, tree.values, rows])
}

fn fields<'a>(names: impl IntoIterator<Item = &'a String>, width: usize) -> Result<Vec<u8>, Failure> {
    let fields: Result<Vec<_>, _> = names.into_iter().map(|name| field(name, width)).collect();
    Ok(fields?.concat())
}

fn carriers(source: &Source) -> Result<Sections, Failure> {
    let mut texts = Texts::default();
    let mut sections = names(&source.carriers, &mut texts)?;
    sections.extend([texts.bytes, fields(&source.portable, 2)?]);
    Ok(sections)
}

/// The names by prefix, then what falls back on the country: languages, regions, a name for each pair, calling codes, and the
/// automata of those that several regions share.
fn places(source: &Source) -> Result<Sections, Failure> {
    let mut texts = Texts::default();
    let mut sections = names(&source.places, &mut texts)?;
    let regions: Vec<&String> = source.countries.keys().collect();
    let languages: BTreeSet<&String> = source.countries.values().flat_map(BTreeMap::keys).collect();
    let mut table = Vec::new();
    for names in source.countries.values() {
        for language in &languages {
            let name = names.get(*language).map_or("", String::as_str);
            table.extend_from_slice(&texts.place(name)?.to_le_bytes()[..3]);
        }
    }
    let mut pool = Pool::default();
    for (_, sharing) in source.calling_codes.iter().filter(|(_, regions)| regions.len() > 1) {
        add_plans(&mut pool, source, sharing, &regions)?;
    }
    let automata = pool.finish()?;
    let mut starts = automata.starts.iter();
    let mut codes = Vec::new();
    for (code, regions) in &source.calling_codes {
        codes.extend_from_slice(&code.to_le_bytes());
        match regions.as_slice() {
            [region] => {
                codes.extend(region_field(region)?);
                codes.extend([0, 0]);
            }
            _ => {
                codes.extend([0, 0]);
                codes.extend_from_slice(&starts.next().expect("one for each").to_le_bytes());
            }
        }
    }
    sections.extend([texts.bytes, fields(languages, LANGUAGE)?, fields(regions, 2)?, table, codes]);
    sections.extend(states(&automata));
    Ok(sections)
}

/// As `numbering::Region` keeps it: `001` is two bytes too.
fn region_field(region: &str) -> Result<Vec<u8>, Failure> {
    field(if region == "001" { "01" } else { region }, 2)
}

/// An automaton that answers in which region alone a number is valid: its place in the list of regions, from one; zero where
/// it is valid in none or in several.
fn add_plans(
    pool: &mut Pool,
    source: &Source,
    sharing: &[String],
    regions: &[&String],
) -> Result<(), Failure> {
    let mut patterns: Vec<Pattern> = Vec::new();
    // For each region: its place in the list, where its general pattern stands, and where its kinds end.
    let mut parts = Vec::new();
    for region in sharing {
        let plan = source.plans.get(region).ok_or_else(|| format!("{region} has no plan"))?;
        let Some(general) = &plan.general else { continue };
        let first = patterns.len();
        patterns.push(general.clone());
        patterns.extend(plan.kinds.iter().cloned());
        let place = regions.binary_search(&region).map_or(0, |place| place + 1);
        parts.push((u16::try_from(place)?, first, patterns.len()));
    }
    pool.add(&patterns, None, |matched, _| {
        let mut valid = parts
            .iter()
            .filter(|(_, first, end)| matched[*first] && matched[first + 1..*end].contains(&true));
        match (valid.next(), valid.next()) {
            (Some((place, ..)), None) => *place,
            _ => 0,
        }
    })
}

/// Two sections: steps and answers.
fn states(automata: &Automata) -> Sections {
    let steps = automata.next.iter().flatten().flat_map(|next| next.to_le_bytes()).collect();
    vec![steps, automata.answers.iter().flat_map(|answer| answer.to_le_bytes()).collect()]
}

/// Four sections: tree, values, sets (a count and the places of the names), texts.
fn time_zones(source: &Source) -> Result<Sections, Failure> {
    let mut texts = Texts::default();
    let mut sets = Vec::new();
    let mut known: BTreeMap<&Vec<String>, u32> = BTreeMap::new();
    let mut values = BTreeMap::new();
    for (prefix, zones) in &source.zones {
        let next = sets.len() as u32;
        let place = *known.entry(zones).or_insert(next);
        values.insert(prefix.clone(), place);
        if place == next {
            sets.push(u8::try_from(zones.len())?);
            for zone in zones {
                sets.extend_from_slice(&texts.place(zone)?.to_le_bytes()[..3]);
            }
        }
    }
    let tree = prefixes::encode(&values);
    Ok(vec![tree.lines, tree.values, sets, texts.bytes])
}

/// The kinds that an answer has a bit for, from the lowest; the emergency numbers have a second one, for numbers that begin
/// with one.
const KINDS: [&str; 8] = [
    "general_desc",
    "short_code",
    "premium_rate",
    "standard_rate",
    "toll_free",
    "carrier_specific",
    "sms_services",
    EMERGENCY,
];
const EMERGENCY: &str = "emergency";
/// Kinds with an example in the table.
const EXAMPLES: [&str; 4] = ["short_code", "premium_rate", "standard_rate", "toll_free"];

/// Six sections: calling codes with the range of their regions, those regions, what is known by region, the automata, texts.
fn short_numbers(source: &Source) -> Result<Sections, Failure> {
    let mut pool = Pool::default();
    for kinds in source.short.values() {
        add_short(&mut pool, kinds)?;
    }
    let automata = pool.finish()?;
    let (mut codes, mut regions) = (Vec::new(), Vec::new());
    for (code, sharing) in &source.calling_codes {
        codes.extend_from_slice(&code.to_le_bytes());
        codes.extend_from_slice(&u16::try_from(regions.len() / 2)?.to_le_bytes());
        codes.extend_from_slice(&u16::try_from(sharing.len())?.to_le_bytes());
        for region in sharing {
            regions.extend(region_field(region)?);
        }
    }
    let mut texts = Texts::default();
    let mut known = Vec::new();
    for ((region, kinds), start) in source.short.iter().zip(&automata.starts) {
        known.extend(region_field(region)?);
        known.extend_from_slice(&start.to_le_bytes());
        let lengths = kinds.get(KINDS[0]).and_then(|kind| kind.pattern.lengths.as_ref());
        let lengths = lengths.into_iter().flatten().fold(0u32, |bits, length| bits | 1 << length);
        known.extend_from_slice(&lengths.to_le_bytes());
        for kind in EXAMPLES {
            let example = kinds.get(kind).map_or("", |kind| kind.example.as_str());
            known.extend_from_slice(&u16::try_from(texts.place(example)?)?.to_le_bytes());
        }
    }
    let mut sections = vec![codes, regions, known];
    sections.extend(states(&automata));
    sections.push(texts.bytes);
    Ok(sections)
}

fn add_short(pool: &mut Pool, kinds: &BTreeMap<String, Kind>) -> Result<(), Failure> {
    let present: Vec<(usize, &str)> =
        KINDS.iter().copied().enumerate().filter(|(_, kind)| kinds.contains_key(*kind)).collect();
    let patterns: Vec<Pattern> = present
        .iter()
        .map(|(_, kind)| {
            let pattern = kinds[*kind].pattern.clone();
            // Whether a number is an emergency number is asked without regard to its length.
            let lengths = pattern.lengths.filter(|_| *kind != EMERGENCY);
            Pattern { lengths, ..pattern }
        })
        .collect();
    let sticky = present.iter().position(|(_, kind)| *kind == EMERGENCY);
    pool.add(&patterns, sticky, |matched, seen| {
        let matched = present.iter().zip(matched).filter(|(_, matched)| **matched);
        matched.fold(u16::from(seen) << KINDS.len(), |bits, ((bit, _), _)| bits | 1 << bit)
    })
}
