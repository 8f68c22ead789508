//! Rust text without what is not code: comments and the contents of literals become spaces, so that a rule about calls is
//! not upset by a sentence about them. Line numbers stay as they are.

use std::collections::HashSet;

/// The code of one file.
#[derive(Debug, Default)]
pub struct Code {
    text: String,
    /// Lines inside items compiled for tests only, counted from one.
    test_lines: HashSet<usize>,
}

impl Code {
    pub fn of(text: &str) -> Self {
        let text = without_comments_and_literals(text);
        let test_lines = test_lines(&text);
        Self { text, test_lines }
    }

    /// Number, text, and whether it is compiled for tests only.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line, self.test_lines.contains(&(index + 1))))
    }
}

/// Whether a line of code contains this path or name as a whole: `axum` is in `use axum::Router`, not in `maxum`.
pub fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Reads a file's characters once, keeping those that are code.
struct Reader<'a> {
    characters: Vec<char>,
    at: usize,
    kept: &'a mut String,
}

fn without_comments_and_literals(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut reader = Reader { characters: text.chars().collect(), at: 0, kept: &mut kept };
    while let Some(c) = reader.peek(0) {
        match (c, reader.peek(1)) {
            ('/', Some('/')) => reader.blank_while(|reader| reader.peek(0) != Some('\n')),
            ('/', Some('*')) => reader.block_comment(),
            ('"', _) => reader.string(),
            ('\'', _) => reader.quote(),
            ('r', Some('"' | '#')) if !reader.after_name() => reader.raw_string(),
            _ => reader.keep(),
        }
    }
    kept
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        self.kept.extend(self.peek(0));
        self.at += 1;
    }

    fn blank(&mut self) {
        if let Some(c) = self.peek(0) {
            self.kept.push(if c == '\n' { '\n' } else { ' ' });
        }
        self.at += 1;
    }

    fn blank_while(&mut self, condition: impl Fn(&Self) -> bool) {
        while self.peek(0).is_some() && condition(self) {
            self.blank();
        }
    }

    /// Whether the character before belongs to a longer name; `br` and `cr` begin raw strings, `for` does not.
    fn after_name(&self) -> bool {
        let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
        let before = |distance: usize| self.at.checked_sub(distance).map(|at| self.characters[at]);
        match before(1) {
            Some('b' | 'c') => before(2).as_ref().is_some_and(is_part),
            other => other.as_ref().is_some_and(is_part),
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.peek(0).is_some() {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                _ => {
                    self.blank();
                    continue;
                }
            }
            self.blank();
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.keep();
        while let Some(c) = self.peek(0) {
            if c == '"' {
                return self.keep();
            }
            if c == '\\' {
                self.blank();
            }
            self.blank();
        }
    }

    fn raw_string(&mut self) {
        let hashes = self.characters[self.at + 1..].iter().take_while(|c| **c == '#').count();
        if self.peek(1 + hashes) != Some('"') {
            return self.keep(); // a raw name such as r#type
        }
        (0..hashes + 2).for_each(|_| self.keep());
        let ends = |reader: &Self| {
            reader.peek(0) == Some('"') && (1..=hashes).all(|ahead| reader.peek(ahead) == Some('#'))
        };
        self.blank_while(|reader| !ends(reader));
        (0..=hashes).for_each(|_| self.keep());
    }

    /// A character, or a lifetime.
    fn quote(&mut self) {
        let is_character = self.peek(1) == Some('\\') || self.peek(2) == Some('\'');
        self.keep();
        if !is_character {
            return;
        }
        if self.peek(0) == Some('\\') {
            self.blank();
        }
        self.blank();
        self.blank_while(|reader| reader.peek(0) != Some('\''));
        self.keep();
    }
}

/// Finds the items under `#[cfg(test)]` and `#[test]`.
fn test_lines(code: &str) -> HashSet<usize> {
    let mut lines = HashSet::new();
    for attribute in ["#[cfg(test)]", "#[cfg(all(test", "#[test]", "#[tokio::test"] {
        for (start, _) in code.match_indices(attribute) {
            let end = item_end(&code[start..]) + start;
            let first = code[..start].matches('\n').count() + 1;
            let last = first + code[start..end].matches('\n').count();
            lines.extend(first..=last);
        }
    }
    lines
}

/// Where the item that starts here ends: after its block, or at the semicolon if it has none.
fn item_end(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_go_and_lines_stay() {
        for (text, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d\n */ e", "a               \n    e"),
            (r#"f("x \" y") z"#, r#"f("      ") z"#),
            (r##"r#"a " b"# c"##, r##"r#"     "# c"##),
            (r##"br"\" d"##, r##"br" " d"##),
            ("r#type x", "r#type x"),
            ("for\"a\"", "for\" \""),
            ("'a' 'b", "' ' 'b"),
            (r"'\'' x", r"'  ' x"),
            (r"'\u{41}' x", r"'      ' x"),
            ("<'a>('\"') x", "<'a>(' ') x"),
            ("\"a\nb\" c", "\" \n \" c"),
        ] {
            assert_eq!(without_comments_and_literals(text), code, "{text}");
        }
    }

    #[test]
    fn what_is_for_tests_is_known() {
        let code = Code::of(
            "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { {} }\n}\nfn c() {}\n#[test]\nfn d() {}\nfn e() {}",
        );
        let tests: Vec<usize> =
            code.lines().filter(|(_, _, test)| *test).map(|(number, ..)| number).collect();
        assert_eq!(tests, [2, 3, 4, 5, 7, 8]);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("use axum::Router;", "axum"));
        assert!(has_word("axum", "axum"));
        assert!(!has_word("use maxum::Router;", "axum"));
        assert!(!has_word("use axum_extra::Router;", "axum"));
    }
}
