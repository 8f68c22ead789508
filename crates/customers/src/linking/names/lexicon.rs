//! What is known of names: which first names are forms of one another, and which surnames are common.

use std::{collections::HashMap, sync::LazyLock};

use super::fold::{fold_part, letters};

/// What the lexicon knows of one word.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Entry(Option<&'static Word>);

#[derive(Debug, Default)]
struct Word {
    /// The names of which it is a form, ascending.
    names: Vec<u16>,
    surname: bool,
}

impl Entry {
    pub fn is_given(self) -> bool {
        self.0.is_some_and(|word| !word.names.is_empty())
    }

    pub fn is_surname(self) -> bool {
        self.0.is_some_and(|word| word.surname)
    }

    /// Forms of one name, as Bob and Robert.
    pub fn shares_name(self, other: Self) -> bool {
        match (self.0, other.0) {
            (Some(a), Some(b)) => a.names.iter().any(|name| b.names.contains(name)),
            _ => false,
        }
    }

    /// All forms of the names of which it is a form.
    pub fn forms(self) -> impl Iterator<Item = &'static str> {
        let names: &'static [u16] = self.0.map_or(&[], |word| &word.names);
        names.iter().flat_map(|&name| lexicon().names[usize::from(name)].iter().map(String::as_str))
    }
}

pub(super) struct Lexicon {
    words: HashMap<String, Word, foldhash::fast::FixedState>,
    names: Vec<Vec<String>>,
}

impl Lexicon {
    pub fn entry(&'static self, folded: &str) -> Entry {
        Entry(self.words.get(folded))
    }

    fn read() -> Self {
        let mut this = Self { words: HashMap::default(), names: Vec::new() };
        for line in include_str!("../given.txt").lines().filter(|line| !line.starts_with('#')) {
            let forms: Vec<String> = line.split_whitespace().map(|form| fold_part(&letters(form))).collect();
            let name = u16::try_from(this.names.len()).expect("the file has far fewer than 65,536 lines");
            for form in &forms {
                let word = this.words.entry(form.clone()).or_default();
                if word.names.last() != Some(&name) {
                    word.names.push(name);
                }
            }
            this.names.push(forms);
        }
        for line in include_str!("../surnames.txt").lines().filter(|line| !line.starts_with('#')) {
            for surname in line.split_whitespace() {
                this.words.entry(fold_part(&letters(surname))).or_default().surname = true;
            }
        }
        this
    }
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}
