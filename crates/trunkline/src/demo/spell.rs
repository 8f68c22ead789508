//! How names and numbers end up in files: short forms, capitals, slips, missing marks, every way to write a number.

use numbering::{Format, PhoneNumber};
use rand::{RngExt as _, rngs::StdRng};

use super::people::Country;

/// How careless whoever types names is; shares of a hundred.
#[derive(Clone, Copy, Debug)]
pub struct Care {
    pub nameless: u32,
    pub first_only: u32,
    pub capitals: u32,
    pub plain: u32,
    pub surname_first: u32,
}

/// At the till names are typed in a hurry, if at all.
pub const TILL: Care = Care { nameless: 45, first_only: 8, capitals: 25, plain: 50, surname_first: 10 };
/// People write their own names well, mostly.
pub const OWN: Care = Care { nameless: 2, first_only: 2, capitals: 3, plain: 12, surname_first: 2 };

fn happens(share: u32, rng: &mut StdRng) -> bool {
    rng.random_range(0..100) < share
}

pub fn name(country: &Country, given: &str, surname: &str, care: Care, rng: &mut StdRng) -> Option<String> {
    if happens(care.nameless, rng) {
        return None;
    }
    let mut given = given.to_owned();
    match rng.random_range(0..100) {
        0..10 => given = country.short(&given, rng).unwrap_or(&given).to_owned(),
        10..15 => given = format!("{}.", given.chars().next().unwrap_or('X')),
        15..17 => given = slip(&given, rng),
        _ => {}
    }
    let mut name = match rng.random_range(0..100) {
        at if at < care.first_only && given.len() > 2 => given,
        at if at < care.first_only + care.surname_first => format!("{surname}, {given}"),
        _ => format!("{given} {surname}"),
    };
    if happens(care.plain, rng) {
        name = plain(&name);
    }
    Some(if happens(care.capitals, rng) { name.to_uppercase() } else { name })
}

/// Two neighbouring letters swapped.
fn slip(word: &str, rng: &mut StdRng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() > 3 {
        let at = rng.random_range(1..letters.len() - 1);
        letters.swap(at, at + 1);
    }
    letters.into_iter().collect()
}

/// Without the marks that a till's keyboard lacks.
pub fn plain(text: &str) -> String {
    const MARKED: &str = "äáàăâöóüúéíîșțñÄÁÖÜÉÍÎȘȚøõ";
    const PLAIN: &str = "aaaaaoouueiistnAAOUEIISToo";
    let fold = |c: char| match c {
        'ß' => 's',
        _ => MARKED.chars().position(|marked| marked == c).and_then(|at| PLAIN.chars().nth(at)).unwrap_or(c),
    };
    text.chars().map(fold).collect()
}

/// One of the many ways in which people write this number.
pub fn number(number: PhoneNumber, country: &Country, rng: &mut StdRng) -> String {
    let e164 = number.format(Format::E164);
    let national = number.format(Format::National);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match rng.random_range(0..12) {
        0 | 1 => e164,
        2 | 3 => number.format(Format::International),
        4 => number.format(Format::International).replace(' ', "-"),
        // Where people dial 00 for abroad.
        5 if !["US", "NG"].contains(&country.code) => format!("00{}", &e164[1..]),
        6 => digits(&national),
        7 => national.replace([' ', '-'], "."),
        8 if country.code == "BD" => bengali(&digits(&national)),
        9 => format!("({}) {}", &e164[..e164.len().min(4)], digits(&e164[e164.len().min(4)..])),
        10 => format!(" {national} "),
        _ => national,
    }
}

fn bengali(digits: &str) -> String {
    let letter =
        |digit: char| digit.to_digit(10).and_then(|value| char::from_u32(0x09E6 + value)).unwrap_or(digit);
    digits.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng as _;

    use super::*;
    use crate::demo::people::COUNTRIES;

    #[test]
    fn every_spelling_reads_back_as_the_number() {
        let (mut rng, mut taken) = (StdRng::seed_from_u64(3), HashSet::new());
        for country in COUNTRIES {
            for _ in 0..120 {
                let meant = country.number(&mut taken, &mut rng);
                let text = number(meant, country, &mut rng);
                let read = numbering::parse(&text, Some(country.region())).map(|parsed| parsed.number);
                assert_eq!(read, Ok(meant), "{} {text}", country.code);
            }
        }
    }

    #[test]
    fn marks_are_taken_off_letter_by_letter() {
        assert_eq!(plain("Ștefan Țurcanu Päivi Weiß Muñoz"), "Stefan Turcanu Paivi Weis Munoz");
    }
}
