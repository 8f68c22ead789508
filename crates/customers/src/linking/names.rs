//! Personal names: cut into folded parts, and compared part by part whatever their order, script, spelling or form.

mod compare;
mod edits;
mod fold;
mod lexicon;

pub(super) use compare::{Kinship, NameCheck, check};
pub(super) use fold::{fold_part, letters};

use fold::has_other_script;
use lexicon::{Entry, lexicon};

/// One part of a name.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub text: String,
    /// A single letter.
    pub initial: bool,
    /// Whether it is a first name (rather than a surname), as far as place and lexicon tell.
    pub given: bool,
    /// The first of the first names.
    pub front: bool,
    /// Neither the first nor the last part.
    pub middle: bool,
    /// So usual before South Asian names that it is often left out.
    pub optional: bool,
    /// Written in a script other than Latin, so its vowels may be missing.
    pub other_script: bool,
    pub entry: Entry,
}

/// A name ready to be compared.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub parts: Vec<Part>,
    /// The parts in alphabetical order: equal for the same name in another order.
    pub key: String,
    /// Junior, senior, the third: tells a father from a son.
    pub generation: Option<u8>,
}

const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "miss", "mister", "dr", "prof", "sir", "madam", "mx", "herr", "frau", "fr", "hr", "dipl", "ing", "sra", "srta",
    "sr", "dna", "dl", "dnul", "doamna", "domnul", "shri", "sri", "smt", "mst", "mosammat", "mosammad", "mosa", "alhaj", "haji", "hazi",
    "engr", "adv", "phd", "esq", "dona", "rva", "rouva", "gospodin", "g-n", "signora", "signor", "sig", "mme", "mlle", "monsieur",
];
const PARTICLES: &[&str] = &[
    "de", "la", "del", "van", "von", "der", "den", "bin", "ibn", "al", "el", "da", "dos", "di", "du", "le", "y", "of", "ul", "ur", "las", "los",
    "bint", "zu", "ter", "ten", "und",
];
const PREFIXES: &[&str] =
    &["md", "mohd", "mohamad", "mohamed", "mohammad", "mohammed", "muhamad", "muhammad", "muhammed", "mohamod", "muhamod", "sheik", "sied"];
const NOBODY: &[&str] = &[
    "na", "n a", "none", "null", "nil", "unknown", "guest", "customer", "walk in", "walkin", "walk in customer", "cash", "cash customer",
    "anonymous", "test", "client", "no name", "noname", "asiakas", "kunde", "cliente", "anonim", "not given", "not provided", "undefined",
    "gast", "invitado", "vieras", "retail customer", "pos customer", "guest checkout", "guest customer", "guest user", "user", "nan",
];

impl Name {
    /// `None` for texts that name nobody.
    pub fn parse(raw: &str) -> Option<Self> {
        let raw = raw.trim();
        if raw.is_empty() {
            return None;
        }
        let latin = letters(raw);
        let spoken = latin.split(|c: char| !c.is_ascii_alphabetic()).filter(|t| !t.is_empty());
        if NOBODY.contains(&spoken.collect::<Vec<_>>().join(" ").as_str()) {
            return None;
        }
        let other_script = has_other_script(raw);
        // "Last, First": what stands behind the comma comes first, unless it is only a title or "Jr".
        let (head, tail) = latin.split_once(',').unwrap_or((latin.as_str(), ""));
        let (mut generation, mut words) = (None, Vec::with_capacity(4));
        let comma = cut(tail, &mut generation, &mut words) > 0;
        cut(head, &mut generation, &mut words);
        if words.iter().any(|w| w.len() > 1) && words.iter().any(|w| !PARTICLES.contains(&w.as_str())) {
            words.retain(|w| !PARTICLES.contains(&w.as_str()));
        }
        Self::of_words(words, generation, other_script, comma)
    }

    fn of_words(words: Vec<String>, generation: Option<u8>, other_script: bool, comma: bool) -> Option<Self> {
        let count = words.len().min(8);
        let mut parts: Vec<Part> = words
            .into_iter()
            .take(count)
            .enumerate()
            .map(|(at, word)| {
                let text = fold_part(&word);
                let entry = lexicon().entry(&text);
                let optional = count > 1 && at < count - 1 && PREFIXES.contains(&text.as_str());
                let middle = at > 0 && at + 1 < count;
                Part { initial: text.len() == 1, given: at == 0, front: at == 0, middle, optional, other_script, text, entry }
            })
            .filter(|part| !part.text.is_empty())
            .collect();
        if parts.is_empty() {
            return None;
        }
        if parts.iter().filter(|p| !p.optional).count() >= 2 {
            parts.retain(|p| !p.optional);
        }
        if !comma {
            tell_roles(&mut parts);
        }
        let mut sorted: Vec<&str> = parts.iter().map(|p| p.text.as_str()).collect();
        sorted.sort_unstable();
        let key = sorted.join(" ");
        Some(Self { parts, key, generation })
    }

    /// Whether it has a first name and a surname written out.
    pub fn is_full(&self) -> bool {
        self.parts.iter().filter(|p| !p.initial && !p.optional).count() >= 2
    }
}

/// Cuts a text into words without titles; says how many it found.
fn cut(text: &str, generation: &mut Option<u8>, words: &mut Vec<String>) -> usize {
    let before = words.len();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '.' | '-' | '/' | '(' | ')' | '_' | ',' | ';' | '&' | '+')) {
        let word: String = word.chars().filter(char::is_ascii_alphabetic).collect();
        match word.as_str() {
            "" => {}
            "jr" | "junior" => *generation = Some(2),
            "senior" => *generation = Some(1),
            "ii" => *generation = Some(2),
            "iii" => *generation = Some(3),
            title if TITLES.contains(&title) => {}
            _ => words.push(word),
        }
    }
    words.len() - before
}

/// Says which parts are first names: by place, corrected where the lexicon knows that they stand the other way round.
fn tell_roles(parts: &mut [Part]) {
    let count = parts.len();
    let telling = |p: &Part| i8::from(p.entry.is_given()) - i8::from(p.entry.is_surname());
    if count == 1 {
        parts[0].given = telling(&parts[0]) >= 0;
        parts[0].front = parts[0].given;
        return;
    }
    let (first, last) = (telling(&parts[0]), telling(&parts[count - 1]));
    // "Popescu Ana", "KHAN ROBERT": a surname stands first. A lone initial is nearly always a first name's.
    let swapped = first < 0 && last >= 0 && !parts[0].initial || parts[count - 1].initial && !parts[0].initial;
    for (at, part) in parts.iter_mut().enumerate() {
        let place = if swapped { count - 1 - at } else { at };
        part.front = place == 0;
        part.given = place == 0 || (part.middle && part.entry.is_given() && !part.entry.is_surname());
    }
}
