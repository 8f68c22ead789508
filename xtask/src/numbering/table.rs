//! The table that the numbering crate carries: all plans in one flat file. Its layout is described where it is read, in
//! `crates/numbering/src/engine/table.rs`; here it is written.

use std::collections::{BTreeMap, HashMap};

use super::{
    automaton::Automata,
    machine::{Notes, Prefix, Tags, Writing},
    source::{Kind, Source, Territory, Way},
    ways::{self, Texts},
};
use crate::{Failure, pattern::Program};

pub const MAGIC: &[u8; 8] = b"TRUNKNP3";
/// Outcome of an automaton that found nothing.
pub const NONE: u16 = u16::MAX;
/// Where the general description stands among the kinds.
const GENERAL: usize = 10;
const UNKNOWN_KIND: u16 = 11;
const NO_TERRITORY: u16 = 0xff;

/// Everything that grows while plans are compiled.
#[derive(Default)]
pub struct Compiler {
    pub automata: Automata,
    pub texts: Texts,
    /// Starts and ends of groups, one byte each behind their number of groups and the end of the match.
    spans: Vec<u8>,
    span_places: HashMap<Vec<u8>, u16>,
    /// What a national prefix did: six bytes each.
    prefixes: Vec<u8>,
    prefix_numbers: HashMap<[u8; 6], u16>,
    /// A way and its groups.
    choices: Vec<u8>,
    choice_numbers: HashMap<(u16, u16), u16>,
    ways: Vec<u8>,
    way_count: u16,
    pattern_numbers: BTreeMap<String, u16>,
    leads: Vec<u8>,
}

impl Compiler {
    fn span(spans: &mut Vec<u8>, places: &mut HashMap<Vec<u8>, u16>, end: u8, notes: &Notes) -> u16 {
        let mut entry = vec![u8::try_from(notes.len() / 2).expect("a handful of groups"), end];
        entry.extend(notes);
        *places.entry(entry).or_insert_with_key(|entry| {
            let place = u16::try_from(spans.len()).expect("few different spans");
            spans.extend(entry);
            place
        })
    }

    /// Whether a pattern matches all digits, or only their beginning.
    fn matching(&mut self, pattern: Option<&str>, is_prefix: bool) -> Result<u16, Failure> {
        let mut tags = Tags::new(|matching: &[u16], _| u16::from(!matching.is_empty()));
        if let Some(pattern) = pattern {
            tags.add(&Program::compile(pattern)?, is_prefix);
        }
        self.automata.add(&mut tags)
    }

    fn international_prefix(&mut self, pattern: Option<&str>) -> Result<u16, Failure> {
        // A prefix that no digits form never matches.
        let program = Program::compile(pattern.unwrap_or("~"))?;
        let judge = |found: Option<(u8, &Notes)>| found.map_or(NONE, |(end, _)| u16::from(end));
        self.automata.add(&mut Prefix { program, judge })
    }

    fn national_prefix(&mut self, territory: &Territory) -> Result<u16, Failure> {
        let program = Program::compile(territory.prefix_for_parsing.as_deref().unwrap_or("~"))?;
        let has_transform = territory.transform.is_some();
        let Self { automata, spans, span_places, prefixes, prefix_numbers, .. } = self;
        let judge = |found: Option<(u8, &Notes)>| {
            let Some((end, notes)) = found else { return NONE };
            let groups = notes.len() / 2;
            // The rule applies when the last group took part; then the carrier's code is the first of several groups.
            let transforms = has_transform && notes.last().is_some_and(|end| *end != u8::MAX);
            let has_carrier = if transforms { groups > 1 } else { groups > 0 };
            let carrier = if has_carrier { [notes[0], notes[1]] } else { [u8::MAX; 2] };
            let place = Self::span(spans, span_places, end, notes).to_le_bytes();
            let entry = [end, u8::from(transforms), carrier[0], carrier[1], place[0], place[1]];
            let next = u16::try_from(prefix_numbers.len()).expect("few different prefixes");
            *prefix_numbers.entry(entry).or_insert_with(|| {
                prefixes.extend(entry);
                next
            })
        };
        automata.add(&mut Prefix { program, judge })
    }

    /// Adds ways one after another and returns the first one's number.
    fn add_ways(&mut self, ways: &[Way]) -> Result<u16, Failure> {
        let first = self.way_count;
        for way in ways {
            ways::check(way)?;
            let program = Program::compile(&way.pattern)?;
            let Self { automata, spans, span_places, .. } = self;
            let judge = |found: Option<(u8, &Notes)>| {
                found.map_or(NONE, |(end, notes)| Self::span(spans, span_places, end, notes))
            };
            let pattern = automata.add(&mut Prefix { program, judge })?;
            let leads_first = u16::try_from(self.leads.len() / 2)?;
            for leading in &way.leading {
                let lead = self.matching(Some(leading), true)?;
                self.leads.extend(lead.to_le_bytes());
            }
            let next = u16::try_from(self.pattern_numbers.len())?;
            let number = *self.pattern_numbers.entry(way.pattern.clone()).or_insert(next);
            let record = ways::record(way, &mut self.texts, [pattern, leads_first, number])?;
            self.ways.extend(record);
            self.way_count += 1;
        }
        Ok(first)
    }

    fn writing(&mut self, ways: &[Way], first: u16) -> Result<u16, Failure> {
        let programs = ways
            .iter()
            .map(|way| {
                let leading = way.leading.last().map(|leading| Program::compile(leading)).transpose()?;
                Ok((leading, Program::compile(&way.pattern)?))
            })
            .collect::<Result<_, Failure>>()?;
        let Self { automata, spans, span_places, choices, choice_numbers, .. } = self;
        let judge = |found: Option<(usize, &Notes)>| {
            let Some((way, notes)) = found else { return NONE };
            let way = first + u16::try_from(way).expect("few ways");
            let end = notes.last().copied().unwrap_or_default();
            let choice = (way, Self::span(spans, span_places, end, notes));
            let next = u16::try_from(choice_numbers.len()).expect("few different choices");
            *choice_numbers.entry(choice).or_insert_with(|| {
                choices.extend(choice.0.to_le_bytes());
                choices.extend(choice.1.to_le_bytes());
                next
            })
        };
        automata.add(&mut Writing { ways: programs, judge })
    }

    /// The kind of a number of one territory, and for a calling code that several share, whose it is.
    fn place(&mut self, territories: &[(u16, &Territory)], shared: bool) -> Result<u16, Failure> {
        let judge = |matching: &[u16], length: u8| place_of(territories, shared, matching, length);
        let mut tags = Tags::new(judge);
        for (_, territory) in territories {
            for kind in &territory.kinds {
                let pattern = kind.as_ref().and_then(|kind| kind.pattern.as_deref());
                tags.add(&Program::compile(pattern.unwrap_or("~"))?, false);
            }
            tags.add(&Program::compile(territory.leading.as_deref().unwrap_or("~"))?, true);
        }
        self.automata.add(&mut tags)
    }
}

/// Patterns of each territory among those of a calling code: the kinds, then the leading digits.
const PER_TERRITORY: u16 = 12;

fn place_of(territories: &[(u16, &Territory)], shared: bool, matching: &[u16], length: u8) -> u16 {
    let mut first_tag = 0;
    for (index, territory) in territories {
        let has =
            |tag: usize| matching.binary_search(&(first_tag + u16::try_from(tag).expect("twelve"))).is_ok();
        let kind = kind_of(territory, &has, length);
        let is_here = match (&territory.leading, shared) {
            (_, false) => true,
            (Some(_), true) => has(11),
            (None, true) => kind != UNKNOWN_KIND,
        };
        if is_here {
            return kind << 8 | index;
        }
        first_tag += PER_TERRITORY;
    }
    UNKNOWN_KIND << 8 | NO_TERRITORY
}

fn kind_of(territory: &Territory, has: &impl Fn(usize) -> bool, length: u8) -> u16 {
    let is = |kind: usize| {
        let described: Option<&Kind> = territory.kinds[kind].as_ref();
        described.is_some_and(|kind| kind.lengths.is_empty() || kind.lengths.contains(&length)) && has(kind)
    };
    if !is(GENERAL) {
        return UNKNOWN_KIND;
    }
    const FIXED: usize = 0;
    const MOBILE: usize = 1;
    // Codes are those of the crate's line types: fixed, mobile, both, toll-free and so on.
    const ASKED_FIRST: [(usize, u16); 8] = [(3, 4), (2, 3), (4, 5), (5, 6), (6, 7), (7, 8), (8, 9), (9, 10)];
    if let Some((_, code)) = ASKED_FIRST.iter().find(|(kind, _)| is(*kind)) {
        return *code;
    }
    match (is(FIXED), territory.same_mobile_and_fixed) {
        (true, true) => 2,
        (true, false) if is(MOBILE) => 2,
        (true, false) => 0,
        (false, false) if is(MOBILE) => 1,
        (false, _) => UNKNOWN_KIND,
    }
}

/// The whole table.
pub fn write(source: &Source) -> Result<Vec<u8>, Failure> {
    let mut compiler = Compiler::default();
    let mut codes = Vec::new();
    let mut roots = Vec::new();
    let mut code_of = vec![0u16; 1000];
    let mut territories = Vec::new();
    let mut next = 0;
    for (number, (code, regions)) in source.codes.iter().enumerate() {
        code_of[usize::from(*code)] = u16::try_from(number + 1)?;
        let own: Vec<(u16, &Territory)> =
            (next..).zip(&source.territories[usize::from(next)..]).take(regions.len()).collect();
        if own.iter().zip(regions).any(|((_, territory), region)| territory.id != *region) {
            return Err(format!("the territories of {code} are out of order").into());
        }
        for (index, territory) in &own {
            territories.extend(territory_record(&mut compiler, *index, territory)?);
        }
        let first = own[0].0;
        let place = compiler.place(&own, own.len() > 1)?;
        let alternate = source.alternate.iter().find(|(other, _)| other == code);
        let alternate: &[Way] = alternate.map_or(&[], |(_, ways)| ways);
        let alternate_first = compiler.add_ways(alternate)?;
        let fields = [
            *code,
            place,
            first,
            u16::try_from(own.len())?,
            alternate_first,
            u16::try_from(alternate.len())?,
        ];
        codes.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
        let mut written = format!("+{code}").into_bytes();
        written.resize(4, 0);
        codes.extend(written);
        roots.extend(compiler.automata.after_two(place));
        next += u16::try_from(own.len())?;
    }
    if next >= NO_TERRITORY {
        return Err("more territories than a byte counts".into());
    }
    let shorts = |values: &[u16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let longs = |values: &[u32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let words: Vec<u32> = source.words.iter().flat_map(|(first, last)| [*first, *last]).collect();
    let rows: Vec<u16> = compiler.automata.rows().flatten().collect();
    Ok(assemble(&[
        shorts(&code_of),
        codes,
        territories,
        shorts(compiler.automata.states.as_flattened()),
        shorts(&rows),
        compiler.prefixes,
        compiler.spans,
        compiler.choices,
        compiler.ways,
        compiler.leads,
        compiler.texts.into_bytes(),
        longs(&source.zeros),
        longs(&words),
        source.version.clone().into_bytes(),
        shorts(&roots),
    ]))
}

fn assemble(sections: &[Vec<u8>]) -> Vec<u8> {
    let mut table = MAGIC.to_vec();
    let mut offset = MAGIC.len() + 8 * sections.len();
    for section in sections {
        table.extend(u32::try_from(offset).expect("a small table").to_le_bytes());
        table.extend(u32::try_from(section.len()).expect("a small table").to_le_bytes());
        offset += section.len().next_multiple_of(8);
    }
    for section in sections {
        table.extend(section);
        table.resize(table.len().next_multiple_of(8), 0);
    }
    table
}

fn lengths(lengths: &[u8]) -> u32 {
    lengths.iter().fold(0, |set, length| set | 1 << length)
}

fn territory_record(compiler: &mut Compiler, index: u16, territory: &Territory) -> Result<Vec<u8>, Failure> {
    let general = territory.kinds[GENERAL].as_ref().ok_or("a plan describes its numbers in general")?;
    let id = if territory.id == "001" { "01" } else { territory.id.as_str() };
    let ways_first = compiler.add_ways(&territory.ways)?;
    let abroad_first = compiler.add_ways(&territory.international_ways)?;
    let at_home = compiler.writing(&territory.ways, ways_first)?;
    let has_own_abroad = !territory.international_ways.is_empty();
    let abroad =
        if has_own_abroad { compiler.writing(&territory.international_ways, abroad_first)? } else { at_home };
    let not_from_abroad = territory.not_from_abroad.as_ref();
    let shorts = [
        territory.code,
        compiler.international_prefix(territory.international_prefix.as_deref())?,
        compiler.national_prefix(territory)?,
        compiler.matching(general.pattern.as_deref(), false)?,
        compiler.place(&[(index, territory)], false)?,
        compiler.matching(not_from_abroad.and_then(|kind| kind.pattern.as_deref()), false)?,
        ways_first,
        u16::try_from(territory.ways.len())?,
        abroad_first,
        u16::try_from(territory.international_ways.len())?,
        at_home,
        abroad,
        u16::from(territory.portable)
            | u16::from(territory.prefix_for_parsing.is_some()) << 1
            | u16::from(territory.international_prefix.is_some()) << 2
            | u16::from(territory.national_prefix.is_some()) << 3,
        (0..11u16)
            .filter(|kind| territory.kinds[usize::from(*kind)].is_some())
            .fold(0, |set, kind| set | 1 << kind),
    ];
    let shorts = {
        let beginnings =
            [compiler.automata.beginnings(shorts[1], NONE), compiler.automata.beginnings(shorts[2], NONE)];
        [shorts.as_slice(), &beginnings].concat()
    };
    let single = territory.international_prefix.as_deref().filter(|prefix| ways::is_single_prefix(prefix));
    let texts = [
        territory.national_prefix.as_deref(),
        single,
        territory.preferred_international_prefix.as_deref(),
        Some(territory.extension_prefix.as_deref().unwrap_or(" ext. ")),
    ];
    let mut longs = vec![
        lengths(&general.lengths),
        lengths(&general.local),
        not_from_abroad.map_or(0, |kind| lengths(&kind.lengths)),
    ];
    for text in texts {
        longs.push(compiler.texts.add(text.unwrap_or_default().as_bytes())?);
    }
    let transform = ways::template(territory.transform.as_deref().unwrap_or_default());
    longs.push(compiler.texts.add(&transform)?);
    for (number, kind) in territory.kinds.iter().enumerate() {
        if number != GENERAL {
            let own = kind.as_ref().filter(|kind| !kind.lengths.is_empty()).unwrap_or(general);
            longs.push(if kind.is_some() { lengths(&own.lengths) } else { 0 });
            longs.push(kind.as_ref().map_or(0, |kind| lengths(&kind.local)));
        }
        let example = kind.as_ref().and_then(|kind| kind.example.as_deref());
        longs.push(compiler.texts.add(example.unwrap_or_default().as_bytes())?);
    }
    let mut record = id.as_bytes().to_vec();
    record.extend(shorts.iter().flat_map(|short| short.to_le_bytes()));
    record.resize(record.len().next_multiple_of(4), 0);
    record.extend(longs.iter().flat_map(|long| long.to_le_bytes()));
    Ok(record)
}
