//! What the pages say, by language: one file each, `name=text` a line. Another language is another file and a line here.

/// A language of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Language {
    pub code: &'static str,
    text: &'static str,
}

pub(crate) const LANGUAGES: [Language; 4] = [
    Language { code: "en", text: include_str!("words/en.txt") },
    Language { code: "bn", text: include_str!("words/bn.txt") },
    Language { code: "ro", text: include_str!("words/ro.txt") },
    Language { code: "fi", text: include_str!("words/fi.txt") },
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
