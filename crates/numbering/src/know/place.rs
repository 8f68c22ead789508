//! Where a number was issued.

use super::{Language, belonging::has_place, digits};
use crate::{
    LineType, PhoneNumber, Region, parse,
    tables::{
        Aligned,
        automata::Automata,
        names::{LANGUAGE_WIDTH, Names},
        region_key, row, section, text, three_bytes, two_bytes,
    },
};

static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!("../../tables/places.bin"));
static PLACES: Names = Names::of(&FILE.0);
static COUNTRY_LANGUAGES: &[u8] = section(&FILE.0, 5);
/// Regions that have names, sorted.
static COUNTRIES: &[u8] = section(&FILE.0, 6);
/// Three bytes for each region and language: where its name stands.
static COUNTRY_NAMES: &[u8] = section(&FILE.0, 7);
/// Calling codes, sorted: the code, its region if it has one alone, else where the automaton of its regions starts.
static CODES: &[u8] = section(&FILE.0, 8);
const CODE_WIDTH: usize = 6;
/// They answer in which region alone a number is valid: its place in the list of regions, counted from one.
static PLANS: Automata = Automata { steps: section(&FILE.0, 9), answers: section(&FILE.0, 10) };

const ARGENTINA: u16 = 54;
/// Stands between Argentina's calling code and the area codes of mobile numbers.
const ARGENTINA_MOBILE: &str = "9";

/// Where the number was issued: the town or area if its range tells, else the country. Only fixed lines, and mobile ones in the few
/// countries where these have area codes, have a town. It does not say where the phone is.
///
/// `None` for numbers that are not valid, and where several countries or territories have the same range (`+1 800`; mobile numbers of
/// Finland and Åland).
///
/// ```
/// use numbering::{PhoneNumber, know::{Language, place}};
///
/// let number = PhoneNumber::from_e164("+41443643532").unwrap();
/// assert_eq!(place(number, "it".parse().unwrap()), Some("Zurigo"));
/// let mobile = PhoneNumber::from_e164("+8801712345678").unwrap();
/// assert_eq!(place(mobile, Language::ENGLISH), Some("Bangladesh"));
/// ```
pub fn place(number: PhoneNumber, language: Language) -> Option<&'static str> {
    place_for(number, language, None)
}

/// The place for a reader in a region: the town for a number of the same region, the country for any other.
pub fn place_seen_from(number: PhoneNumber, language: Language, reader: Region) -> Option<&'static str> {
    place_for(number, language, Some(reader))
}

fn place_for(number: PhoneNumber, language: Language, reader: Option<Region>) -> Option<&'static str> {
    let (region, line_type) = number.region_and_line_type();
    if line_type == LineType::Unknown {
        None
    } else if !has_place(number, line_type) {
        country(number, language)
    } else if reader.is_some() && reader != region {
        country_name(country_row(region?)?, language)
    } else {
        place_of_valid(number, language)
    }
}

/// The place of a number of which the caller knows that it is valid and belongs to one: nothing is checked.
pub fn place_of_valid(number: PhoneNumber, language: Language) -> Option<&'static str> {
    let area = PLACES.find(digits(without_mobile_token(number)), language);
    area.or_else(|| country(number, language))
}

/// Mobile numbers of Argentina have a 9 before their area code, which the table does not have.
fn without_mobile_token(number: PhoneNumber) -> PhoneNumber {
    if number.country_code() != ARGENTINA {
        return number;
    }
    let national = number.national_significant();
    let rest = national.as_str().strip_prefix(ARGENTINA_MOBILE);
    rest.and_then(|rest| parse(rest, "AR".parse().ok()).ok()).map_or(number, |parsed| parsed.number)
}

/// The name of the country whose number it is, in this language: here nothing falls back on English. `None` where several countries
/// have the range, and where the country has no name in the language.
pub fn country(number: PhoneNumber, language: Language) -> Option<&'static str> {
    let code = row(CODES, CODE_WIDTH, number.country_code(), |row| two_bytes(row, 0))?;
    let place = match [code[2], code[3]] {
        [0, 0] => {
            let national = number.national_significant();
            let digits = national.as_str().bytes().map(|byte| byte - b'0');
            usize::from(PLANS.answer(two_bytes(code, 4), digits)).checked_sub(1)?
        }
        region => country_row_of(region)?,
    };
    country_name(place, language)
}

fn country_row(region: Region) -> Option<usize> {
    country_row_of(region_key(region))
}

fn country_row_of(key: [u8; 2]) -> Option<usize> {
    let (pairs, _) = COUNTRIES.as_chunks::<2>();
    pairs.binary_search(&key).ok()
}

fn country_name(place: usize, language: Language) -> Option<&'static str> {
    let column = language.bare().position(COUNTRY_LANGUAGES)?;
    let languages = COUNTRY_LANGUAGES.len() / LANGUAGE_WIDTH;
    text(PLACES.texts, three_bytes(COUNTRY_NAMES, (place * languages + column) * 3) as usize)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_prefix_of_the_table_is_found_and_has_a_name() {
        let all = PLACES.prefixes.all();
        assert_eq!(all.len() * 3, PLACES.prefixes.values.len());
        let english = Language::ENGLISH;
        let mut named = 0;
        for (prefix, value) in &all {
            let digits = || prefix.bytes().map(|byte| byte - b'0');
            assert_eq!(PLACES.prefixes.matches(digits()).longest_first().next(), Some(*value), "{prefix}");
            named += usize::from(PLACES.find(digits(), english).is_some());
        }
        // A few hundred have no English name, nor has a shorter prefix of theirs.
        assert!(named > all.len() - 1_000);
    }

    #[test]
    fn the_longest_prefix_wins() {
        let known: BTreeMap<String, u32> = PLACES.prefixes.all().into_iter().collect();
        let mut longer = 0;
        // Every prefix with a digit more, and with one less: shorter ones, longer ones and none at all.
        for prefix in known.keys() {
            for text in [format!("{prefix}0"), format!("{prefix}7"), prefix[..prefix.len() - 1].to_owned()] {
                let digits = text.bytes().map(|byte| byte - b'0');
                let mut expected =
                    (1..=text.len()).rev().filter_map(|length| known.get(&text[..length]).copied());
                let matches = PLACES.prefixes.matches(digits);
                longer += usize::from(matches.longest_first().count() > 1);
                assert!(matches.longest_first().all(|found| expected.next() == Some(found)), "{text}");
                assert_eq!(expected.next(), None, "{text}");
            }
        }
        assert!(longer > 1_000, "prefixes of prefixes were among them: {longer}");
    }

    #[test]
    fn every_country_with_a_calling_code_of_its_own_has_a_name() {
        let alone = CODES.chunks_exact(CODE_WIDTH).filter(|code| code[2] != 0 && code[2] != b'0');
        let named = |code: &&[u8]| {
            let place = country_row_of([code[2], code[3]]);
            place.and_then(|place| country_name(place, Language::ENGLISH)).is_some()
        };
        let unnamed: Vec<u16> = alone.filter(|code| !named(code)).map(|code| two_bytes(code, 0)).collect();
        // The data have no names for Ascension and Kosovo.
        assert_eq!(unnamed, [247, 383]);
    }
}
