//! From text to digits, for every text that is not just digits and separators: other scripts, letters, extensions, `tel:`.

use super::{
    digits::Buffer,
    extension::{self, Suffix},
    script::{OTHER_DIGIT, ascii_digit, is_digit, is_letter, is_plus, is_word, key, symbol},
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

/// A text as symbols, or a part of it.
struct Symbols {
    symbols: [u8; CHARACTERS_MAX],
    start: usize,
    end: usize,
    /// Whether there is a semicolon, with which all parameters begin.
    has_parameters: bool,
}

impl Symbols {
    fn of(plans: &Plans, raw: &str) -> Result<Self, ParseError> {
        let mut symbols = Self { symbols: [0; CHARACTERS_MAX], start: 0, end: 0, has_parameters: false };
        if raw.is_ascii() {
            let text = symbols.symbols.get_mut(..raw.len()).ok_or(ParseError::TooLong)?;
            text.copy_from_slice(raw.as_bytes());
            symbols.has_parameters = text.contains(&b';');
            symbols.end = raw.len();
            return Ok(symbols);
        }
        // Digits of another script seldom come alone: the next one is first looked for beside the last.
        const BEYOND_ALL: u32 = char::MAX as u32 + 1;
        let mut zero = BEYOND_ALL;
        for c in raw.chars() {
            let near = u32::from(c).wrapping_sub(zero);
            let symbol = if near < 10 { OTHER_DIGIT + near as u8 } else { symbol(plans, c) };
            if near >= 10 && (OTHER_DIGIT..OTHER_DIGIT + 10).contains(&symbol) {
                zero = u32::from(c) - u32::from(symbol - OTHER_DIGIT);
            }
            *symbols.symbols.get_mut(symbols.end).ok_or(ParseError::TooLong)? = symbol;
            symbols.has_parameters |= symbol == b';';
            symbols.end += 1;
        }
        Ok(symbols)
    }

    #[inline]
    fn text(&self) -> &[u8] {
        &self.symbols[self.start..self.end]
    }

    /// Puts two parts of the text in a row, whatever their order.
    fn join(&mut self, first: (usize, usize), second: (usize, usize)) {
        let symbols = self.symbols;
        let (length, more) = (first.1 - first.0, second.1 - second.0);
        self.symbols[..length].copy_from_slice(&symbols[first.0..first.1]);
        self.symbols[length..length + more].copy_from_slice(&symbols[second.0..second.1]);
        (self.start, self.end) = (0, length + more);
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
    let number_characters = select(&mut symbols)?;
    if symbols.has_parameters
        && let Some(at) = find(symbols.text(), SUBADDRESS).filter(|at| *at > 0)
    {
        symbols.end = symbols.start + at;
    }
    let text = symbols.text();
    let suffix = extension::read(text).ok_or(ParseError::NotANumber)?;
    let mut read = Read { digits: Buffer::new(), plus: is_plus(text[0]), extension: None };
    read.extension = suffix.map(|suffix| digits_of(raw, text, suffix, &number_characters));
    normalise(&text[..suffix.map_or(text.len(), |suffix| suffix.start)], &mut read.digits);
    Ok(read)
}

/// Which characters of the raw text the symbols are, in two runs: how many come from the first one, and where both begin.
struct Origin {
    first: usize,
    starts: (usize, usize),
}

impl Origin {
    fn of(&self, symbol: usize) -> usize {
        if symbol < self.first { self.starts.0 + symbol } else { self.starts.1 + symbol - self.first }
    }
}

/// Leaves only the part that may be a number.
fn select(symbols: &mut Symbols) -> Result<Origin, ParseError> {
    let text = symbols.text();
    let context = if symbols.has_parameters { find(text, CONTEXT) } else { None };
    let Some(context) = context else {
        (symbols.start, symbols.end) = possible_number(text);
        return Ok(Origin { first: 0, starts: (0, symbols.start) });
    };
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
    Ok(Origin { first: prefix.1 - prefix.0, starts: (start, number_start) })
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
fn digits_of(raw: &str, text: &[u8], suffix: Suffix, origin: &Origin) -> Extension {
    let (start, end) = suffix.digits;
    let digits = &text[start..end];
    if digits.is_ascii() {
        return Extension::of_ascii(digits);
    }
    let written: String = (start..end).filter_map(|at| raw.chars().nth(origin.of(at))).collect();
    Extension::of_text(&written)
}

/// Digits as ASCII digits, and letters as the keys they are on if there are at least three of them.
fn normalise(text: &[u8], digits: &mut Buffer) {
    let is_spelt = text.iter().filter(|symbol| is_letter(**symbol)).nth(2).is_some();
    let value = if is_spelt { key } else { ascii_digit };
    text.iter().filter_map(|symbol| value(*symbol)).for_each(|digit| digits.push(digit));
}
