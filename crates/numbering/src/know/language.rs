//! The language of an answer, and which other ones will do where it is missing.

use std::{fmt, str::FromStr};

use crate::{Region, tables::names::LANGUAGE_WIDTH};

/// A language as in BCP 47, with a script and a country if they matter: `en`, `zh-Hant`, `pt-BR`. Underscores will do as well.
///
/// Where something has no name in a language, the answer is in the language without its script or country, then in English; Chinese,
/// Japanese and Korean do not fall back on English. `zh-TW`, `zh-HK` and `zh-MO` are read as `zh-Hant` first.
///
/// ```
/// use numbering::know::Language;
///
/// let language: Language = "zh_hant-tw".parse().unwrap();
/// assert_eq!(language.to_string(), "zh-Hant-TW");
/// assert!("the language of love".parse::<Language>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language {
    /// Two or three letters; a zero after two.
    code: [u8; 3],
    script: Option<[u8; 4]>,
    country: Option<Region>,
}

/// A language as tables name it, `zh_Hant_TW` at most, filled up with zeros.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    bytes: [u8; LANGUAGE_WIDTH],
    length: usize,
}

impl Code {
    fn of(parts: &[&[u8]]) -> Self {
        let mut code = Self { bytes: [0; LANGUAGE_WIDTH], length: 0 };
        for (turn, part) in parts.iter().enumerate() {
            if turn > 0 {
                code.push(b"_");
            }
            code.push(part);
        }
        code
    }

    fn push(&mut self, part: &[u8]) {
        self.bytes[self.length..self.length + part.len()].copy_from_slice(part);
        self.length += part.len();
    }

    /// Where it stands in a list of languages.
    pub(crate) fn position(&self, languages: &'static [u8]) -> Option<usize> {
        languages.as_chunks().0.iter().position(|field| *field == self.bytes)
    }
}

impl Language {
    pub const ENGLISH: Self = Self { code: *b"en\0", script: None, country: None };

    fn letters(&self) -> &[u8] {
        let length = if self.code[2] == 0 { 2 } else { 3 };
        &self.code[..length]
    }

    /// As tables name it without script and country.
    #[cfg(feature = "places")]
    pub(crate) fn bare(self) -> Code {
        Code::of(&[self.letters()])
    }

    /// The languages to look for, the best first.
    pub(crate) fn fallbacks(self) -> impl Iterator<Item = Code> {
        let letters = self.letters();
        let country = self.country.as_ref().map(|country| country.as_str().as_bytes());
        let script = self.script.as_ref().map(<[u8; 4]>::as_slice);
        let full = match (script, country) {
            (Some(script), Some(country)) => Some(Code::of(&[letters, script, country])),
            _ => None,
        };
        let traditional = script.is_none()
            && letters == b"zh"
            && country
                .is_some_and(|country| [b"TW", b"HK", b"MO"].contains(&country.as_array().unwrap_or(b"  ")));
        let may_be_english = !matches!(letters, b"zh" | b"ja" | b"ko");
        [
            traditional.then(|| Code::of(&[b"zh", b"Hant"])),
            full,
            script.map(|script| Code::of(&[letters, script])),
            country.map(|country| Code::of(&[letters, country])),
            Some(Code::of(&[letters])),
            may_be_english.then(|| Code::of(&[b"en"])),
        ]
        .into_iter()
        .flatten()
    }
}

impl FromStr for Language {
    type Err = NotALanguage;

    fn from_str(text: &str) -> Result<Self, NotALanguage> {
        let mut parts = text.split(['-', '_']).peekable();
        let code = parts.next().filter(|code| (2..=3).contains(&code.len()) && is_letters(code));
        let mut language = Self { code: [0; 3], script: None, country: None };
        for (to, letter) in language.code.iter_mut().zip(code.ok_or(NotALanguage)?.bytes()) {
            *to = letter.to_ascii_lowercase();
        }
        if let Some(script) = parts.next_if(|part| part.len() == 4 && is_letters(part)) {
            let mut letters: [u8; 4] = script.as_bytes().try_into().map_err(|_| NotALanguage)?;
            letters.make_ascii_lowercase();
            letters[0].make_ascii_uppercase();
            language.script = Some(letters);
        }
        if let Some(country) = parts.next() {
            // 419 and the like are areas of many countries, for which no table has a language of its own.
            let is_area = country.len() == 3 && country.bytes().all(|byte| byte.is_ascii_digit());
            if !is_area {
                language.country = Some(country.parse().map_err(|_| NotALanguage)?);
            }
        }
        if parts.next().is_some() { Err(NotALanguage) } else { Ok(language) }
    }
}

fn is_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes| std::str::from_utf8(bytes).expect("ASCII letters by construction");
        f.write_str(text(self.letters()))?;
        if let Some(script) = &self.script {
            write!(f, "-{}", text(script))?;
        }
        match &self.country {
            Some(country) => write!(f, "-{country}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({self})")
    }
}

/// The text names no language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotALanguage;

impl fmt::Display for NotALanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "A language is two or three letters, perhaps with a script and a country: en, zh-Hant, pt-BR.",
        )
    }
}

impl std::error::Error for NotALanguage {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_fall_back_as_libphonenumber_has_it() {
        for (language, expected) in [
            ("en", "en en"),
            ("de", "de en"),
            ("pt-BR", "pt_BR pt en"),
            ("zh", "zh"),
            ("zh-TW", "zh_Hant zh_TW zh"),
            ("zh_hk", "zh_Hant zh_HK zh"),
            ("zh-Hans", "zh_Hans zh"),
            ("zh-Hant-TW", "zh_Hant_TW zh_Hant zh_TW zh"),
            ("ja-JP", "ja_JP ja"),
            ("ko", "ko"),
            ("sr-Latn", "sr_Latn sr en"),
            ("es-419", "es en"),
            ("fil-PH", "fil_PH fil en"),
        ] {
            let codes = language.parse::<Language>().expect(language).fallbacks();
            let text = |code: Code| String::from_utf8(code.bytes[..code.length].to_vec()).expect("ASCII");
            let codes: Vec<String> = codes.map(text).collect();
            assert_eq!(codes.join(" "), expected, "{language}");
        }
    }

    #[test]
    fn what_is_no_language_is_refused() {
        for text in [
            "",
            "e",
            "engl",
            "en-",
            "-en",
            "en-Latn-",
            "en-USA",
            "en-US-x",
            "1n",
            "zh-Hant-TW-1",
            "en US",
            "é-",
        ] {
            assert_eq!(text.parse::<Language>(), Err(NotALanguage), "{text}");
        }
    }
}
