//! Personal text on its way to a page: shown in markup, never in `Debug`.

use std::fmt;

use maud::Render;

/// A name, an e-mail, an address. Rendering it is the one way to read it; `Debug` shows a dot for it, so no log tells.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Personal(String);

impl Personal {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text itself, for an attribute of markup.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The first letters of the first and last word, for the disc before a name; a question mark for no name.
    pub fn initials(&self) -> String {
        if self.0.trim().is_empty() {
            return "?".to_owned();
        }
        let mut words = self.0.split_whitespace();
        let first = words.next().and_then(|word| word.chars().next());
        let last = words.next_back().and_then(|word| word.chars().next());
        first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
    }
}

impl From<&str> for Personal {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(…)")
    }
}

impl Render for Personal {
    fn render_to(&self, buffer: &mut String) {
        self.0.as_str().render_to(buffer);
    }
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;

    #[test]
    fn debug_never_shows_the_text() {
        let name = Personal::new("Aino Virtanen");
        assert!(!format!("{name:?}").contains("Aino"));
    }

    #[test]
    fn markup_shows_it_escaped() {
        let name = Personal::new("<b>Aino");
        assert_eq!(html! { (name) }.into_string(), "&lt;b&gt;Aino");
    }

    #[test]
    fn initials_take_first_and_last_word() {
        assert_eq!(Personal::new("Md. Rahim Uddin").initials(), "MU");
        assert_eq!(Personal::new("aino").initials(), "A");
        assert_eq!(Personal::new(" ").initials(), "?");
    }
}
