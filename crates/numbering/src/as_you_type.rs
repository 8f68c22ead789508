//! Writing a number neatly while somebody is still typing it.

use std::fmt;

use crate::{Plans, Region, engine::typing::Typing};

/// Longer input is shown as typed: no number is as long, even with every prefix.
const KEYS_MAX: usize = 64;

/// Takes characters one by one and answers with the whole text so far, grouped as the numbering plan groups it. Once a character
/// is neither a digit nor a leading plus, the text is shown as typed: whoever types the punctuation wants their own.
///
/// ```
/// let mut field = numbering::AsYouType::new("GB".parse().ok());
/// let shown: Vec<String> = "02079460000".chars().map(|key| field.push(key).to_owned()).collect();
/// assert_eq!(shown[4], "020 79");
/// assert_eq!(shown[10], "020 7946 0000");
/// ```
#[derive(Clone)]
pub struct AsYouType {
    fresh: Typing,
    typing: Typing,
    shown: String,
    count: usize,
}

impl AsYouType {
    /// Without a region only numbers with a plus are grouped.
    pub fn new(region: Option<Region>) -> Self {
        Self::under(Plans::BUILT_IN, region)
    }

    /// Under plans other than those built in.
    pub fn under(plans: &'static Plans, region: Option<Region>) -> Self {
        let fresh = Typing::new(plans, region);
        Self { typing: fresh.clone(), fresh, shown: String::new(), count: 0 }
    }

    /// Adds a character and returns what to show now.
    pub fn push(&mut self, key: char) -> &str {
        self.add(key, false)
    }

    /// The same, and remembers the character: [`AsYouType::position`] tells where it is.
    pub fn push_and_remember(&mut self, key: char) -> &str {
        self.add(key, true)
    }

    fn add(&mut self, key: char, remember: bool) -> &str {
        self.count += 1;
        if self.count > KEYS_MAX {
            // Given up for good, so that the time a key takes does not grow with what was typed before.
            if self.count == KEYS_MAX + 1 {
                self.shown = self.typing.typed().to_owned();
            }
            self.shown.push(key);
        } else {
            self.shown = self.typing.push(key, remember);
        }
        &self.shown
    }

    /// Behind how many characters of what is shown the cursor stands that stood behind the remembered one.
    pub fn position(&self) -> usize {
        self.typing.remembered(&self.shown)
    }

    /// Takes the last character back and returns what to show now.
    pub fn pop(&mut self) -> &str {
        let mut keys: Vec<char> = if self.count > KEYS_MAX {
            self.shown.chars().collect()
        } else {
            self.typing.typed().chars().collect()
        };
        keys.pop();
        self.clear();
        for key in keys {
            self.push(key);
        }
        &self.shown
    }

    pub fn clear(&mut self) {
        self.typing = self.fresh.clone();
        self.shown.clear();
        self.count = 0;
    }

    pub fn shown(&self) -> &str {
        &self.shown
    }
}

impl fmt::Debug for AsYouType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsYouType({} characters)", self.count)
    }
}
