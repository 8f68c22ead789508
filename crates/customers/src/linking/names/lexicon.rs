//! What is known of names: which first names are forms of one another, and which surnames are common.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    fold::{fold_part, letters},
    word::Word,
};

/// What the lexicon says of one word of a name.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Entry(Option<&'static Known>);

#[derive(Debug, Default)]
struct Known {
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
    pub fn forms(self) -> impl Iterator<Item = &'static [u8]> {
        let names: &'static [u16] = self.0.map_or(&[], |word| &word.names);
        names.iter().flat_map(|&name| lexicon().names[usize::from(name)].iter().map(Word::bytes))
    }
}

pub(super) struct Lexicon {
    words: HashMap<Word, Known, foldhash::fast::FixedState>,
    names: Vec<Vec<Word>>,
}

impl Lexicon {
    pub fn entry(&'static self, folded: &Word) -> Entry {
        Entry(self.words.get(folded))
    }

    fn read() -> Self {
        let mut this = Self { words: HashMap::default(), names: Vec::new() };
        for line in include_str!("../given.txt").lines().filter(|line| !line.starts_with('#')) {
            let forms: Vec<Word> = line.split_whitespace().map(|form| fold_part(&letters(form))).collect();
            let name = u16::try_from(this.names.len()).expect("the file has far fewer than 65,536 lines");
            for form in &forms {
                let word = this.words.entry(*form).or_default();
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
