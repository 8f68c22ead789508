//! Made-up numbers as people write them: near the examples of all plans, nine in ten with nothing but ASCII digits and separators.

use numbering::{Format, LineType, PhoneNumber, Region, example, regions};
use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::SmallRng};

pub struct Corpus {
    pub name: &'static str,
    pub texts: Vec<String>,
    pub regions: Vec<Option<Region>>,
}

/// Numbers in E.164 and nothing else.
pub fn clean(rows: usize, seed: u64) -> Corpus {
    let mut chance = SmallRng::seed_from_u64(seed);
    let examples = examples();
    let numbers = (0..rows).map(|_| near(&mut chance, &examples));
    let (regions, texts) = numbers.map(|(region, number)| (Some(region), number.e164().to_string())).unzip();
    Corpus { name: "clean E.164", texts, regions }
}

/// Spellings of all kinds.
pub fn mixed(rows: usize, seed: u64) -> Corpus {
    let mut chance = SmallRng::seed_from_u64(seed);
    let examples = examples();
    let numbers = (0..rows).map(|_| {
        let (region, number) = near(&mut chance, &examples);
        (Some(region), spelt(&mut chance, number))
    });
    let (regions, texts) = numbers.unzip();
    Corpus { name: "mixed", texts, regions }
}

fn examples() -> Vec<(Region, PhoneNumber)> {
    // Mobile twice: it is what shops are given.
    let kinds = [LineType::Mobile, LineType::FixedLine, LineType::Mobile, LineType::TollFree];
    let of_region = |(region, _): &(Region, u16)| {
        let region = *region;
        kinds.into_iter().filter_map(move |kind| Some((region, example(region, kind)?)))
    };
    regions().iter().flat_map(of_region).collect()
}

/// An example with other digits at its end, so valid more often than not.
fn near(chance: &mut SmallRng, examples: &[(Region, PhoneNumber)]) -> (Region, PhoneNumber) {
    let (region, number) = examples[chance.random_range(0..examples.len())];
    let e164 = number.e164();
    let (front, end) = e164.as_str().split_at(e164.as_str().len() - 4);
    let changed = format!("{front}{:04}", chance.next_u32() % 10_000);
    debug_assert_eq!(end.len(), 4);
    (region, PhoneNumber::from_e164(&changed).unwrap_or(number))
}

fn spelt(chance: &mut SmallRng, number: PhoneNumber) -> String {
    let e164 = number.e164();
    match chance.random_range(0..10u8) {
        0..3 => e164.to_string(),
        3 => number.format(Format::International),
        4 | 5 => number.format(Format::National),
        6 => format!("00{}", e164.without_plus()),
        7 => e164.without_plus().to_owned(),
        8 => number.national_significant().to_string(),
        _ => oddly_spelt(chance, number),
    }
}

fn oddly_spelt(chance: &mut SmallRng, number: PhoneNumber) -> String {
    let international = number.format(Format::International);
    match chance.random_range(0..6u8) {
        0 => format!("{international} ext. {}", chance.random_range(1..1000u32)),
        1 => format!("{} x{}", number.format(Format::National), chance.random_range(1..100u32)),
        2 => number.format(Format::Rfc3966),
        3 => format!("Tel: {international}"),
        4 => in_script(&international, '০'),
        _ => in_script(number.e164().as_str(), '٠'),
    }
}

fn in_script(text: &str, zero: char) -> String {
    let digit = |value: u32| char::from_u32(u32::from(zero) + value).unwrap_or(zero);
    text.chars().map(|c| c.to_digit(10).map_or(c, digit)).collect()
}
