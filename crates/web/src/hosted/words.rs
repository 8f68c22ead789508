//! What the pages say, by language: a file of `name=text` a line, and one of countries, `code|name` a line. Another language is two files and a line here.

use base::Timestamp;
use jiff::tz::TimeZone;

use crate::routes::region;

/// A language of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Language {
    pub code: &'static str,
    text: &'static str,
    countries: &'static str,
}

macro_rules! language {
    ($code:literal, $countries:expr) => {
        Language { code: $code, text: include_str!(concat!("words/", $code, ".txt")), countries: $countries }
    };
}

pub(crate) const LANGUAGES: [Language; 4] = [
    language!("en", region::NAMES),
    language!("bn", include_str!("words/bn.countries.txt")),
    language!("ro", include_str!("words/ro.countries.txt")),
    language!("fi", include_str!("words/fi.countries.txt")),
];

impl Language {
    /// The language of a code, with or without a region.
    pub fn of(code: &str) -> Option<Self> {
        let primary = code.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        LANGUAGES.into_iter().find(|language| language.code == primary)
    }

    /// The first of a list of preferences that there is: `fi-FI,fi;q=0.9,en;q=0.8`. Browsers write it in order.
    pub fn preferred(list: &str) -> Option<Self> {
        list.split(',').find_map(|tag| Self::of(tag.split(';').next()?))
    }

    /// A text by its name. All names are written in this crate, and every language has all of them.
    pub fn say(self, name: &str) -> &'static str {
        let lines = self.text.lines().filter_map(|line| line.split_once('='));
        lines.filter(|(key, _)| *key == name).map(|(_, text)| text).next().unwrap_or_default()
    }

    /// Codes and names of the countries that have numbers, by name.
    pub fn countries(self) -> Vec<(String, String)> {
        region::sorted(region::read(self.countries))
    }

    /// A moment in UTC, as people who read this language write it.
    pub fn moment(self, at: Timestamp) -> String {
        let Some(at) = at.to_jiff().map(|at| at.to_zoned(TimeZone::UTC)) else { return "?".to_owned() };
        let month = usize::try_from(at.month()).unwrap_or(1) - 1;
        let values = [
            ("day", at.day().to_string()),
            ("month", self.say("months").split(' ').nth(month).unwrap_or_default().to_owned()),
            ("year", at.year().to_string()),
            ("time", at.strftime("%H:%M").to_string()),
        ];
        self.fill("moment", &values.each_ref().map(|(name, value)| (*name, value.as_str())))
    }

    /// A text with what stands in its braces.
    pub fn fill(self, name: &str, values: &[(&str, &str)]) -> String {
        values
            .iter()
            .fold(self.say(name).to_owned(), |text, (key, value)| text.replace(&format!("{{{key}}}"), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(language: Language) -> Vec<&'static str> {
        language.text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_says_everything() {
        let [english, others @ ..] = LANGUAGES;
        for language in others {
            assert_eq!(names(language), names(english), "{}", language.code);
            for name in names(english) {
                let braces = |language: Language| {
                    let mut found: Vec<&str> = language
                        .say(name)
                        .split('{')
                        .skip(1)
                        .filter_map(|rest| rest.split('}').next())
                        .collect();
                    found.sort_unstable();
                    found
                };
                assert_eq!(braces(language), braces(english), "{name} in {}", language.code);
                assert!(!language.say(name).is_empty(), "{name} in {}", language.code);
            }
        }
    }

    #[test]
    fn countries_are_named_and_sorted_in_every_language() {
        let [english, others @ ..] = LANGUAGES;
        let codes = |language: Language| {
            let mut codes: Vec<String> = language.countries().into_iter().map(|(code, _)| code).collect();
            codes.sort();
            codes
        };
        for language in others {
            assert_eq!(codes(language), codes(english), "{}", language.code);
        }
        let named = |code: &str, region: &str| {
            let all = Language::of(code).unwrap().countries();
            all.into_iter().find(|(one, _)| one == region).unwrap().1
        };
        for (language, region, name) in [
            ("en", "NL", "Netherlands"),
            ("fi", "NL", "Alankomaat"),
            ("ro", "NL", "Țările de Jos"),
            ("bn", "NL", "নেদারল্যান্ডস"),
            ("fi", "HK", "Hongkong"),
        ] {
            assert_eq!(named(language, region), name, "{region} in {language}");
        }
        // The Ț of the Netherlands stands with T, after Tanzania and before Turkey.
        let romanian = Language::of("ro").unwrap().countries();
        let at = |code: &str| romanian.iter().position(|(one, _)| one == code).unwrap();
        assert!(at("TZ") < at("NL") && at("NL") < at("TR"));
    }

    #[test]
    fn every_language_writes_moments_in_its_own_way() {
        let at = Timestamp::from_micros(1_709_571_900_000_000);
        let written: Vec<String> = LANGUAGES.into_iter().map(|language| language.moment(at)).collect();
        let expected = [
            "4 March 2024, 17:05 UTC",
            "4 মার্চ 2024, 17:05 UTC",
            "4 martie 2024, 17:05 UTC",
            "4. maaliskuuta 2024 klo 17:05 UTC",
        ];
        assert_eq!(written, expected);
        for language in LANGUAGES {
            assert_eq!(language.say("months").split(' ').count(), 12, "{}", language.code);
        }
    }

    #[test]
    fn the_first_language_that_there_is_is_taken() {
        for (list, code) in [
            ("fi-FI,fi;q=0.9,en;q=0.8", Some("fi")),
            ("sv-SE, ro;q=0.5", Some("ro")),
            ("xx", None),
            ("", None),
        ] {
            assert_eq!(Language::preferred(list).map(|language| language.code), code, "{list}");
        }
    }
}
