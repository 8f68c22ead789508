//! From text to digits, for every text that is not just digits and separators: other scripts, letters, extensions, `tel:`.

use super::{
    digits::Buffer,
    extension::{Suffix, extension, is_viable},
    script::{ascii_digit, is_digit, is_letter, is_plus, is_word, key, symbol},
    table::Plans,
};
use crate::{Extension, ParseError};

/// libphonenumber refuses longer texts unread, and so do we: it bounds the time that hostile input can take.
pub const CHARACTERS_MAX: usize = 250;
const CONTEXT: &[u8] = b";phone-context=";
const SCHEME: &[u8] = b"tel:";
const SUBADDRESS: &[u8] = b";isub=";

/// What was read.
pub struct Read {
    pub digits: Buffer,
    /// Whether a plus stood before the digits.
    pub plus: bool,
    pub extension: Option<Extension>,
}

/// A text as symbols, each with the number of the character that it stands for.
struct Symbols {
    symbols: [u8; CHARACTERS_MAX],
    origins: [u8; CHARACTERS_MAX],
    count: usize,
}

impl Symbols {
    fn of(plans: &Plans, raw: &str) -> Result<Self, ParseError> {
        let mut symbols = Self { symbols: [0; CHARACTERS_MAX], origins: [0; CHARACTERS_MAX], count: 0 };
        for c in raw.chars() {
            let count = symbols.count;
            *symbols.symbols.get_mut(count).ok_or(ParseError::TooLong)? = symbol(plans, c);
            symbols.origins[count] = u8::try_from(count).unwrap_or_default();
            symbols.count += 1;
        }
        Ok(symbols)
    }

    fn text(&self) -> &[u8] {
        &self.symbols[..self.count]
    }

    /// Keeps what lies in the range and lets it begin the text.
    fn keep(&mut self, start: usize, end: usize) {
        self.symbols.copy_within(start..end, 0);
        self.origins.copy_within(start..end, 0);
        self.count = end - start;
    }

    /// Puts two parts of the text in a row, whatever their order.
    fn join(&mut self, first: (usize, usize), second: (usize, usize)) {
        let (symbols, origins) = (self.symbols, self.origins);
        let length = first.1 - first.0;
        self.keep(first.0, first.1);
        let (start, end) = second;
        let total = length + end - start;
        self.symbols[length..total].copy_from_slice(&symbols[start..end]);
        self.origins[length..total].copy_from_slice(&origins[start..end]);
        self.count = total;
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// Reads a text that may hold a number. The answer has fewer than two digits only if there are letters instead.
pub fn read(plans: &Plans, raw: &str) -> Result<Read, ParseError> {
    if raw.len() > 4 * CHARACTERS_MAX {
        return Err(ParseError::TooLong);
    }
    let mut symbols = Symbols::of(plans, raw)?;
    select(&mut symbols)?;
    if let Some(at) = find(symbols.text(), SUBADDRESS).filter(|at| *at > 0) {
        symbols.count = at;
    }
    let text = symbols.text();
    if !is_viable(text) {
        return Err(ParseError::NotANumber);
    }
    let suffix = extension(text);
    let mut read = Read { digits: Buffer::new(), plus: is_plus(text[0]), extension: None };
    read.extension = suffix.map(|suffix| digits_of(raw, &symbols, suffix));
    normalise(&text[..suffix.map_or(text.len(), |suffix| suffix.start)], &mut read.digits);
    Ok(read)
}

/// Leaves only the part that may be a number.
fn select(symbols: &mut Symbols) -> Result<(), ParseError> {
    let Some(context) = find(symbols.text(), CONTEXT) else {
        let (start, end) = possible_number(symbols.text());
        symbols.keep(start, end);
        return Ok(());
    };
    let text = symbols.text();
    let start = context + CONTEXT.len();
    let end = text[start..].iter().position(|symbol| *symbol == b';').map_or(text.len(), |at| start + at);
    let value = &text[start..end];
    if !is_global_number(value) && !is_domain(value) {
        return Err(ParseError::NotANumber);
    }
    let number_start = find(text, SCHEME).map_or(0, |at| at + SCHEME.len()).min(context);
    // A context that is a calling code goes before the number; a domain says nothing of it.
    let prefix = if value.first() == Some(&b'+') { (start, end) } else { (start, start) };
    symbols.join(prefix, (number_start, context));
    Ok(())
}

/// From the first digit or plus to the last letter, digit or hash sign, and not beyond what begins a second number.
fn possible_number(text: &[u8]) -> (usize, usize) {
    let Some(start) = text.iter().position(|symbol| is_digit(*symbol) || is_plus(*symbol)) else {
        return (0, 0);
    };
    let end = text.iter().rposition(|symbol| is_word(*symbol) || *symbol == b'#').map_or(start, |at| at + 1);
    let end = end.max(start);
    let second = (start..end).find(|at| {
        let after = text[*at + 1..end].iter().find(|symbol| **symbol != b' ');
        matches!(text[*at], b'/' | b'\\') && after == Some(&b'x')
    });
    (start, second.unwrap_or(end))
}

/// A plus, then digits and what may separate them.
fn is_global_number(value: &[u8]) -> bool {
    let Some((b'+', rest)) = value.split_first() else { return false };
    rest.iter().any(|symbol| is_digit(*symbol))
        && rest.iter().all(|symbol| is_digit(*symbol) || matches!(symbol, b'-' | b'.' | b'(' | b')'))
}

/// Labels of letters and digits with hyphens inside, joined by stops, the last beginning with a letter.
fn is_domain(value: &[u8]) -> bool {
    let value = value.strip_suffix(b".").unwrap_or(value);
    let is_alphanumeric = |symbol: &u8| is_digit(*symbol) || is_letter(*symbol);
    let is_label = |label: &[u8]| {
        label.first().is_some_and(is_alphanumeric)
            && label.last().is_some_and(is_alphanumeric)
            && label.iter().all(|symbol| is_alphanumeric(symbol) || *symbol == b'-')
    };
    let last = value.rsplit(|symbol| *symbol == b'.').next().unwrap_or_default();
    last.first().is_some_and(|symbol| is_letter(*symbol))
        && value.split(|symbol| *symbol == b'.').all(is_label)
}

/// The digits of an extension as they were written.
fn digits_of(raw: &str, symbols: &Symbols, suffix: Suffix) -> Extension {
    let (start, end) = suffix.digits;
    let digits = &symbols.text()[start..end];
    if digits.is_ascii() {
        return Extension::of_ascii(digits);
    }
    let origins = &symbols.origins[start..end];
    let written: String = origins.iter().filter_map(|origin| raw.chars().nth(usize::from(*origin))).collect();
    Extension::of_text(&written)
}

/// Digits as ASCII digits, and letters as the keys they are on if there are at least three of them.
fn normalise(text: &[u8], digits: &mut Buffer) {
    let is_spelt = text.iter().filter(|symbol| is_letter(**symbol)).nth(2).is_some();
    let value = if is_spelt { key } else { ascii_digit };
    text.iter().filter_map(|symbol| value(*symbol)).for_each(|digit| digits.push(digit));
}
