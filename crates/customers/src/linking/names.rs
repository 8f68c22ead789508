//! Personal names: cut into folded parts, and compared part by part whatever their order, script, spelling or form.

mod compare;
mod edits;
mod fold;
mod lexicon;
mod word;

pub(super) use compare::{Kinship, NameCheck, check};
pub(super) use fold::{fold_part, letters};

use fold::{has_other_script, name_letters};
use lexicon::{Entry, lexicon};
use smallvec::SmallVec;
use word::Word;

/// One part of a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Folded.
    pub text: Word,
    /// As it was written, in small Latin letters.
    pub raw: Word,
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
    pub parts: SmallVec<[Part; 3]>,
    /// Made of the parts in alphabetical order: equal for the same name in another order.
    pub key: u64,
    /// A comma says which part is the surname.
    pub comma: bool,
    /// Junior, senior, the third: tells a father from a son.
    pub generation: Option<u8>,
}

const PARTS_MAX: usize = 8;

fn is_title(word: &Word) -> bool {
    matches!(
        word.bytes(),
        b"mr"
            | b"mrs"
            | b"ms"
            | b"miss"
            | b"mister"
            | b"dr"
            | b"prof"
            | b"sir"
            | b"madam"
            | b"mx"
            | b"herr"
            | b"frau"
            | b"fr"
            | b"hr"
            | b"dipl"
            | b"ing"
            | b"sra"
            | b"srta"
            | b"sr"
            | b"dna"
            | b"dl"
            | b"dnul"
            | b"doamna"
            | b"domnul"
            | b"shri"
            | b"sri"
            | b"smt"
            | b"mst"
            | b"mosammat"
            | b"mosammad"
            | b"mosa"
            | b"alhaj"
            | b"haji"
            | b"hazi"
            | b"engr"
            | b"adv"
            | b"phd"
            | b"esq"
            | b"dona"
            | b"rva"
            | b"rouva"
            | b"gospodin"
            | b"signora"
            | b"signor"
            | b"sig"
            | b"mme"
            | b"mlle"
            | b"monsieur"
    )
}

fn is_particle(word: &Word) -> bool {
    matches!(
        word.bytes(),
        b"de"
            | b"la"
            | b"del"
            | b"van"
            | b"von"
            | b"der"
            | b"den"
            | b"bin"
            | b"ibn"
            | b"al"
            | b"el"
            | b"da"
            | b"dos"
            | b"di"
            | b"du"
            | b"le"
            | b"y"
            | b"of"
            | b"ul"
            | b"ur"
            | b"las"
            | b"los"
            | b"bint"
            | b"zu"
            | b"ter"
            | b"ten"
            | b"und"
    )
}

/// Usual first words of South Asian names, folded.
fn is_prefix(folded: &Word) -> bool {
    matches!(
        folded.bytes(),
        b"md"
            | b"mohd"
            | b"mohamad"
            | b"mohamed"
            | b"mohammad"
            | b"mohammed"
            | b"muhamad"
            | b"muhammad"
            | b"muhammed"
            | b"mohamod"
            | b"muhamod"
            | b"sheik"
            | b"sied"
    )
}

/// What tills and forms hold in place of a name.
fn is_nobody(latin: &str) -> bool {
    let mut spoken = String::with_capacity(20);
    for word in latin.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| !w.is_empty()) {
        if spoken.len() + word.len() > 18 {
            return false;
        }
        if !spoken.is_empty() {
            spoken.push(' ');
        }
        spoken.push_str(word);
    }
    matches!(
        spoken.as_str(),
        "" | "na"
            | "n a"
            | "none"
            | "null"
            | "nil"
            | "unknown"
            | "guest"
            | "customer"
            | "walk in"
            | "walkin"
            | "walk in customer"
            | "cash"
            | "cash customer"
            | "anonymous"
            | "test"
            | "client"
            | "no name"
            | "noname"
            | "asiakas"
            | "kunde"
            | "cliente"
            | "anonim"
            | "not given"
            | "not provided"
            | "undefined"
            | "gast"
            | "invitado"
            | "vieras"
            | "retail customer"
            | "pos customer"
            | "guest checkout"
            | "guest customer"
            | "guest user"
            | "user"
            | "nan"
    )
}

impl Name {
    /// `None` for texts that name nobody.
    pub fn parse(raw: &str) -> Option<Self> {
        let latin = name_letters(raw.trim());
        if is_nobody(&latin) {
            return None;
        }
        let other_script = has_other_script(raw);
        // "Last, First": what stands behind the comma comes first, unless it is only a title or "Jr".
        let (head, tail) = latin.split_once(',').unwrap_or((latin.as_str(), ""));
        let mut generation = None;
        let mut words: SmallVec<[Word; 4]> = SmallVec::new();
        let comma = cut(tail, &mut generation, &mut words) > 0;
        cut(head, &mut generation, &mut words);
        if words.iter().any(is_particle) && words.iter().any(|w| w.bytes().len() > 1 && !is_particle(w)) {
            // The Spanish "y" stands between surnames; at an end it is somebody's initial.
            let (last, mut at) = (words.len() - 1, 0..);
            words.retain(|w| {
                let is_at_end = at.next().is_some_and(|at| at == 0 || at == last);
                !is_particle(w) || w.bytes() == b"y" && is_at_end
            });
        }
        words.truncate(PARTS_MAX);
        Self::of_words(&words, generation, other_script, comma)
    }

    fn of_words(words: &[Word], generation: Option<u8>, other_script: bool, comma: bool) -> Option<Self> {
        let count = words.len();
        let part = |(at, word): (usize, &Word)| {
            let text = fold_part(word);
            Part {
                initial: text.bytes().len() == 1,
                given: at == 0,
                front: at == 0,
                middle: at > 0 && at + 1 < count,
                optional: at + 1 < count && is_prefix(&text),
                other_script,
                entry: lexicon().entry(&text),
                text,
                raw: *word,
            }
        };
        let mut parts: SmallVec<[Part; 3]> =
            words.iter().enumerate().map(part).filter(|p| !p.text.bytes().is_empty()).collect();
        if parts.is_empty() {
            return None;
        }
        if parts.iter().any(|p| p.optional) && parts.iter().filter(|p| !p.optional).count() >= 2 {
            parts.retain(|p| !p.optional);
        }
        if !comma {
            tell_roles(&mut parts);
        }
        Some(Self { key: key(&parts), parts, comma, generation })
    }

    /// Whether both have the same parts and agree on which one is the first name.
    pub fn same_order(&self, other: &Self) -> bool {
        let front = |name: &Self| name.parts.iter().find(|p| p.front).map(|p| p.text);
        self.key == other.key && front(self) == front(other)
    }

    /// Whether it has a first name and a surname written out.
    pub fn is_full(&self) -> bool {
        self.parts.iter().filter(|p| !p.initial && !p.optional).count() >= 2
    }
}

/// FNV-1a over the parts in alphabetical order.
fn key(parts: &[Part]) -> u64 {
    let mut texts: SmallVec<[Word; 3]> = parts.iter().map(|p| p.text).collect();
    texts.sort_unstable();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in texts.iter().flat_map(|text| text.bytes().iter().chain(b" ")) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// Cuts a text into words without titles; says how many it found.
fn cut(text: &str, generation: &mut Option<u8>, words: &mut SmallVec<[Word; 4]>) -> usize {
    let before = words.len();
    let ends = |c: char| {
        c.is_ascii_whitespace() || matches!(c, '.' | '-' | '/' | '(' | ')' | '_' | ',' | ';' | '&' | '+')
    };
    for raw in text.split(ends) {
        let mut word = Word::EMPTY;
        raw.bytes().filter(u8::is_ascii_alphabetic).for_each(|letter| word.push(letter));
        match word.bytes() {
            b"" => {}
            b"jr" | b"junior" | b"ii" => *generation = Some(2),
            b"senior" => *generation = Some(1),
            b"iii" => *generation = Some(3),
            _ if is_title(&word) => {}
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
    let swapped =
        first < 0 && last >= 0 && !parts[0].initial || parts[count - 1].initial && !parts[0].initial;
    for (at, part) in parts.iter_mut().enumerate() {
        let place = if swapped { count - 1 - at } else { at };
        part.front = place == 0;
        part.given = place == 0 || (part.middle && part.entry.is_given() && !part.entry.is_surname());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linking::EvidenceKind;

    #[test]
    fn an_initial_fits_the_letter_that_the_name_is_written_with() {
        for (initial, name) in [
            ("O. Järvinen", "Outi Järvinen"),
            ("E. Laine", "Eetu Laine"),
            ("Koskinen Y.", "Yrjö Koskinen"),
            ("José Ortega Gasset", "Jose Ortega y Gasset"),
            ("W. Brown", "Walter Brown"),
            ("P. Sandu", "Philip Sandu"),
            ("K. Ivanova", "Ksenia Ivanova"),
            ("Q. Martin", "Quentin Martin"),
        ] {
            let (short, full) = (Name::parse(initial).unwrap(), Name::parse(name).unwrap());
            assert_eq!(check(&short, &full), check(&full, &short));
            let kinship = check(&short, &full).kinship;
            assert!(matches!(kinship, Kinship::Fits | Kinship::Same), "{initial} and {name}: {kinship:?}");
        }
        // Letters that fold into one are two when somebody writes them alone.
        for (other, name) in [
            ("U. Järvinen", "Pekka Järvinen"),
            ("Y. Koskinen", "Ilkka Koskinen"),
            ("W. Brown", "Victor Brown"),
            ("Q. Khan", "Kamran Khan"),
        ] {
            let (other, full) = (Name::parse(other).unwrap(), Name::parse(name).unwrap());
            let found = check(&other, &full);
            assert!(found.kinship != Kinship::Fits && found.weight < 0, "{name}: {found:?}");
        }
    }

    #[test]
    fn a_slip_is_one_even_where_it_breaks_a_pair_of_letters() {
        for (slip, name) in [
            ("Eteu Laine", "Eetu Laine"),
            ("RKEHA NAIR", "Rekha Nair"),
            ("RKEHA NAIR", "Rekha"),
            ("Otui Virtanen", "Outi Virtanen"),
        ] {
            let (slip, name) = (Name::parse(slip).unwrap(), Name::parse(name).unwrap());
            let found = check(&slip, &name);
            assert_eq!(found, check(&name, &slip));
            assert_eq!(found.kind, EvidenceKind::NameTypo);
            assert!(found.weight > 0, "{found:?}");
        }
    }

    #[test]
    fn an_initial_of_another_script_is_one_letter_and_fits_its_name() {
        for (initial, name) in [
            ("Χ. Αναστασάκη", "Χρυσοβαλάντου Αναστασάκη"),
            ("Назаров Ж", "Жорес Назаров"),
            ("щ. волкова", "Щукина Волкова"),
            ("É. Dupont", "Élodie Dupont"),
        ] {
            let (short, full) = (Name::parse(initial).unwrap(), Name::parse(name).unwrap());
            assert_eq!(short.parts.iter().filter(|part| part.initial).count(), 1, "{initial}");
            assert_eq!(check(&short, &full).kinship, Kinship::Fits, "{initial} and {name}");
        }
        let (other, full) = (Name::parse("Ж. Назаров").unwrap(), Name::parse("Юлий Назаров").unwrap());
        assert_ne!(check(&other, &full).kinship, Kinship::Fits, "another letter");
        // A lone Chinese character is no initial.
        assert!(Name::parse("王 伟").unwrap().parts.iter().all(|part| !part.initial));
    }
}
