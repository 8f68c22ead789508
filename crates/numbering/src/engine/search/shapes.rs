//! The shapes that candidates have, and those of other things with digits in them: dates, times, page references.

use super::super::script::{
    ACUTE, BE, DE, NO_BREAK_SPACE, O, O_ACUTE, WIDE_E, WIDE_HASH, WIDE_I, WIDE_N, WIDE_STOP, WIDE_T,
    WIDE_TILDE, WIDE_X, is_between, is_digit, is_plus,
};

/// Digits in a row, and rows of digits.
const DIGITS_MAX: usize = 20;
const BLOCKS_MAX: usize = 20;
const PUNCTUATION_MAX: usize = 4;
const EXPLICIT_MAX: usize = 20;
const AMBIGUOUS_MAX: usize = 9;
const UNSURE_MAX: usize = 6;

/// The star may stand in a number, but is not taken for punctuation in running text.
fn is_punctuation(symbol: u8) -> bool {
    is_between(symbol) && symbol != b'*'
}

fn is_opening(c: char) -> bool {
    matches!(c, '(' | '[' | '（' | '［')
}

fn is_closing(c: char) -> bool {
    matches!(c, ')' | ']' | '）' | '］')
}

/// Whether the first character may lead a number: a plus or an opening bracket.
pub fn is_lead(symbol: u8, text: &str) -> bool {
    is_plus(symbol) || text.starts_with(is_opening)
}

/// The next candidate from a character on: where it starts and ends.
pub fn candidate(symbols: &[u8], text: &str, offsets: &[usize], from: usize) -> Option<(usize, usize)> {
    (from..symbols.len()).find_map(|start| {
        let lead = |at: usize| is_lead(symbols[at], &text[offsets[at]..]);
        let digits = if is_digit(symbols[start]) { start } else { after_leads(symbols, start, &lead)? };
        Some((start, body_end(symbols, digits)))
    })
}

/// Where the first digit is after one or two leads, each with a little punctuation behind it.
fn after_leads(symbols: &[u8], start: usize, is_lead: &impl Fn(usize) -> bool) -> Option<usize> {
    const REACH: usize = 2 * (1 + PUNCTUATION_MAX);
    if !is_lead(start) {
        return None;
    }
    let reach = symbols.len().min(start + REACH + 1);
    let digit = (start + 1..reach).find(|at| is_digit(symbols[*at]))?;
    let all = |range: std::ops::Range<usize>| {
        range.len() <= PUNCTUATION_MAX && symbols[range].iter().all(|symbol| is_punctuation(*symbol))
    };
    let one = all(start + 1..digit);
    let two = || {
        (start + 1..digit).any(|second| is_lead(second) && all(start + 1..second) && all(second + 1..digit))
    };
    (one || two()).then_some(digit)
}

fn run(symbols: &[u8], from: usize, most: usize, belongs: impl Fn(u8) -> bool) -> usize {
    symbols[from..].iter().take(most).take_while(|symbol| belongs(**symbol)).count()
}

/// The end of blocks of digits that begin here, with an extension if one follows.
fn body_end(symbols: &[u8], start: usize) -> usize {
    let mut end = start + run(symbols, start, DIGITS_MAX, is_digit);
    for _ in 0..BLOCKS_MAX {
        let next = end + run(symbols, end, PUNCTUATION_MAX, is_punctuation);
        let count = run(symbols, next, DIGITS_MAX, is_digit);
        if count == 0 {
            break;
        }
        end = next + count;
    }
    extension_end(&symbols[end..]).map_or(end, |length| end + length)
}

/// How long an extension is that begins here. The ways to write one are tried in libphonenumber's order.
fn extension_end(symbols: &[u8]) -> Option<usize> {
    if symbols.len() > 5 && symbols[..5].eq_ignore_ascii_case(b";ext=") {
        let count = run(symbols, 5, EXPLICIT_MAX, is_digit);
        if count > 0 {
            return Some(5 + count);
        }
    }
    let separators =
        run(symbols, 0, usize::MAX, |symbol| matches!(symbol, b' ' | NO_BREAK_SPACE | b'\t' | b','));
    let rest = &symbols[separators..];
    let labelled = |label: Option<usize>, most: usize| {
        let digits = digits_after_label(rest, label?, most)?;
        Some(separators + digits)
    };
    labelled(explicit_label(rest), EXPLICIT_MAX)
        .or_else(|| labelled(ambiguous_label(rest), AMBIGUOUS_MAX))
        .or_else(|| {
            let gap = run(symbols, 0, usize::MAX, |symbol| matches!(symbol, b'-' | b' '));
            let count = run(symbols, gap, UNSURE_MAX, is_digit);
            let end = gap + count;
            (gap > 0 && count > 0 && symbols.get(end) == Some(&b'#')).then_some(end + 1)
        })
}

fn digits_after_label(symbols: &[u8], label: usize, most: usize) -> Option<usize> {
    let stop = usize::from(matches!(symbols.get(label), Some(b':' | b'.' | &WIDE_STOP)));
    let gap = label + stop;
    let is_gap = |symbol| matches!(symbol, b' ' | NO_BREAK_SPACE | b'\t' | b',' | b'-');
    let first = gap + run(symbols, gap, usize::MAX, is_gap);
    let count = run(symbols, first, most, is_digit);
    let end = first + count;
    (count > 0).then(|| end + usize::from(symbols.get(end) == Some(&b'#')))
}

fn word(symbols: &[u8], at: usize, word: &[u8]) -> bool {
    let folded = |symbol: u8| super::super::extension::folded(symbol);
    symbols.len() >= at + word.len()
        && symbols[at..at + word.len()].iter().zip(word).all(|(symbol, wanted)| folded(*symbol) == *wanted)
}

fn explicit_label(symbols: &[u8]) -> Option<usize> {
    for (optional, begin, end) in
        [(b"e".as_slice(), b"xt".as_slice(), b"n".as_slice()), (&[WIDE_E], &[WIDE_X, WIDE_T], &[WIDE_N])]
    {
        let mut at = usize::from(word(symbols, 0, optional));
        if !word(symbols, at, begin) {
            continue;
        }
        at += begin.len();
        if begin == b"xt" && word(symbols, at, b"ensi") {
            if word(symbols, at + 4, b"o") {
                at += 5 + usize::from(word(symbols, at + 5, &[ACUTE]));
            } else if word(symbols, at + 4, &[O_ACUTE]) {
                at += 5;
            }
        }
        return Some(at + usize::from(word(symbols, at, end)));
    }
    [[DE, O, BE].as_slice(), b"anexo"].into_iter().find(|label| word(symbols, 0, label)).map(<[u8]>::len)
}

fn ambiguous_label(symbols: &[u8]) -> Option<usize> {
    match symbols.first()? {
        b'x' | b'X' | &WIDE_X | b'#' | &WIDE_HASH | b'~' | &WIDE_TILDE => Some(1),
        _ => (word(symbols, 0, b"int") || word(symbols, 0, &[WIDE_I, WIDE_N, WIDE_T])).then_some(3),
    }
}

/// Where a second number begins: at a slash before an x.
pub fn second_number(symbols: &[u8]) -> Option<usize> {
    (0..symbols.len()).find(|at| {
        let after = symbols[at + 1..].iter().find(|symbol| **symbol != b' ');
        matches!(symbols[*at], b'/' | b'\\') && after == Some(&b'x')
    })
}

/// `3/10/2011`, `31/10/96`.
pub fn has_date(symbols: &[u8]) -> bool {
    let digit = |at: usize| symbols.get(at).is_some_and(|symbol| is_digit(*symbol));
    (1..symbols.len()).any(|slash| {
        if symbols[slash] != b'/' || !digit(slash - 1) {
            return false;
        }
        let one = digit(slash + 1) && symbols.get(slash + 2) == Some(&b'/');
        let two = matches!(symbols.get(slash + 1), Some(b'0'..=b'3'))
            && digit(slash + 2)
            && symbols.get(slash + 3) == Some(&b'/');
        (one && digit(slash + 3) && digit(slash + 4)) || (two && digit(slash + 4) && digit(slash + 5))
    })
}

/// `2012-01-02 08`, which minutes may follow.
pub fn ends_like_time(symbols: &[u8]) -> bool {
    let mut rest = symbols;
    let mut take = |belongs: &dyn Fn(u8) -> bool| match rest.split_last() {
        Some((last, before)) if belongs(*last) => {
            rest = before;
            true
        }
        _ => false,
    };
    let is = |from: u8, to: u8| move |symbol: u8| (from..=to).contains(&symbol);
    if !(take(&is_digit) && take(&is(b'0', b'2')) && take(&is(b' ', b' '))) {
        return false;
    }
    while take(&is(b' ', b' ')) {}
    if !(take(&is_digit) && take(&is(b'0', b'3'))) {
        return false;
    }
    take(&|symbol| matches!(symbol, b'-' | b'/'));
    if !(take(&is_digit) && take(&is(b'0', b'1'))) {
        return false;
    }
    take(&|symbol| matches!(symbol, b'-' | b'/'));
    take(&is_digit) && take(&is_digit) && take(&is_digit) && take(&is(b'1', b'2'))
}

pub fn begins_like_minutes(symbols: &[u8]) -> bool {
    matches!(symbols, [b':', b'0'..=b'5', digit, ..] if is_digit(*digit))
}

/// Brackets that open are closed, but for one in front, and there is something in them.
pub fn has_matching_brackets(text: &str) -> bool {
    let mut shape = Vec::new();
    for c in text.chars() {
        let kind = if is_opening(c) {
            b'('
        } else if is_closing(c) {
            b')'
        } else {
            b'.'
        };
        if kind != b'.' || shape.last() != Some(&b'.') {
            shape.push(kind);
        }
    }
    let shape = shape.strip_prefix(b"(").unwrap_or(&shape);
    let shape = shape.strip_prefix(b".)").unwrap_or(shape);
    let Some(mut shape) = shape.strip_prefix(b".") else { return false };
    for _ in 0..3 {
        shape = shape.strip_prefix(b"(.)").unwrap_or(shape);
    }
    shape.is_empty() || shape == b"."
}

/// `211-227 (2003)`, pages of a journal.
pub fn has_pages(symbols: &[u8], text: &str) -> bool {
    // Cheap to see that there are none.
    if !text.contains('(') {
        return false;
    }
    let characters: Vec<char> = text.chars().collect();
    let digit = |at: usize| symbols.get(at).is_some_and(|symbol| is_digit(*symbol));
    (1..symbols.len()).filter(|at| symbols[*at] == b'-' && digit(at + 1)).any(|hyphen| {
        let hyphens = symbols[..hyphen].iter().rev().take_while(|symbol| **symbol == b'-').count();
        let before = hyphen.checked_sub(hyphens + 1);
        let pages = run(symbols, hyphen + 1, usize::MAX, is_digit);
        let mut at = hyphen + 1 + pages;
        at += characters[at..].iter().take(4).take_while(|c| is_space(**c)).count();
        before.is_some_and(digit) && pages <= 5 && characters.get(at) == Some(&'(') && digit(at + 1)
    })
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The symbols of characters that part words, among those that a candidate may hold.
const SPACE: [u8; 4] = [b' ', b'\t', NO_BREAK_SPACE, super::super::script::WIDE_SPACE];

fn is_gap(symbol: u8) -> bool {
    SPACE.contains(&symbol)
}

/// Where a candidate may be broken, and what follows.
pub struct Broken {
    pub at: usize,
    pub start: usize,
    pub end: usize,
}

/// Looks for the next break from a place on.
pub type Break = fn(&[u8], usize) -> Option<Broken>;

/// From the most telling sign to the least.
pub const BREAKS: [Break; 6] = [at_slash, at_bracket, at_hyphen, at_wide_hyphen, at_stop, at_space];

fn at_slash(symbols: &[u8], from: usize) -> Option<Broken> {
    let at = (from..symbols.len()).find(|at| symbols[*at] == b'/')?;
    let start = at + run(symbols, at, usize::MAX, |symbol| symbol == b'/');
    Some(Broken { at, start, end: symbols.len() })
}

fn at_bracket(symbols: &[u8], from: usize) -> Option<Broken> {
    let at = (from..symbols.len()).find(|at| symbols[*at] == b'(')?;
    Some(Broken { at, start: at, end: at + 1 + run(symbols, at + 1, usize::MAX, |symbol| symbol != b'(') })
}

/// What follows the spaces after a break; at least one character, though it be one of the spaces.
fn after_spaces(symbols: &[u8], at: usize, from: usize) -> Option<Broken> {
    let spaces = run(symbols, from, usize::MAX, is_gap);
    let end = symbols.len();
    let start = if from + spaces < end { from + spaces } else { (from + spaces).checked_sub(1)? };
    (start >= from && start < end).then_some(Broken { at, start, end })
}

fn at_hyphen(symbols: &[u8], from: usize) -> Option<Broken> {
    (from..symbols.len().saturating_sub(1)).find_map(|at| {
        let pair = (symbols[at], symbols[at + 1]);
        let breaks = (is_gap(pair.0) && pair.1 == b'-') || (pair.0 == b'-' && is_gap(pair.1));
        breaks.then(|| after_spaces(symbols, at, at + 2))?
    })
}

fn at_wide_hyphen(symbols: &[u8], from: usize) -> Option<Broken> {
    (from..symbols.len()).find_map(|at| {
        (symbols[at] == super::super::script::WIDE_HYPHEN).then(|| after_spaces(symbols, at, at + 1))?
    })
}

fn at_stop(symbols: &[u8], from: usize) -> Option<Broken> {
    (from..symbols.len()).filter(|at| symbols[*at] == b'.').find_map(|at| {
        let after = at + run(symbols, at, usize::MAX, |symbol| symbol == b'.');
        let spaces = run(symbols, after, usize::MAX, is_gap);
        let mut start = after + spaces;
        if symbols.get(start).is_none_or(|symbol| *symbol == b'.') {
            start = start.checked_sub(1).filter(|start| *start >= after)?;
        }
        let end = start + run(symbols, start, usize::MAX, |symbol| symbol != b'.');
        Some(Broken { at, start, end })
    })
}

fn at_space(symbols: &[u8], from: usize) -> Option<Broken> {
    let at = (from..symbols.len()).find(|at| is_gap(symbols[*at]))?;
    let start = at + run(symbols, at, usize::MAX, is_gap);
    let end = start + run(symbols, start, usize::MAX, |symbol| !is_gap(symbol));
    (end > start).then_some(Broken { at, start, end })
}

/// A Latin letter, an accent on one, a per cent or currency sign: what touches these is no number of its own.
pub fn is_part_of_word(c: char) -> bool {
    matches!(c,
        'a'..='z' | 'A'..='Z' | 'ª' | 'µ' | 'º' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='\u{24f}' | '\u{300}'..='\u{36f}'
        | '\u{1e00}'..='\u{1eff}'
        | '%' | '$' | '¢'..='¥' | '\u{58f}' | '\u{60b}' | '\u{7fe}' | '\u{7ff}' | '\u{9f2}' | '\u{9f3}' | '\u{9fb}'
        | '\u{af1}' | '\u{bf9}' | '\u{e3f}' | '\u{17db}' | '\u{20a0}'..='\u{20c0}' | '\u{a838}' | '\u{fdfc}' | '\u{fe69}'
        | '\u{ff04}' | '\u{ffe0}' | '\u{ffe1}' | '\u{ffe5}' | '\u{ffe6}' | '\u{11fdd}'..='\u{11fe0}' | '\u{1e2ff}' | '\u{1ecb0}')
}
