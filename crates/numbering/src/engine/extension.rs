//! Whether a text is a phone number at all, and the extension at its end.
//!
//! libphonenumber says both with regular expressions. They are looked for from the end here: every way to write an extension ends
//! with its digits, so a text has only one that counts, and only where it begins is in question.

use super::script::{
    ACUTE, BE, DE, DOTLESS_I, DOTTED_I, LONG_S, NO_BREAK_SPACE, O, O_ACUTE, WIDE_E, WIDE_HASH, WIDE_I,
    WIDE_N, WIDE_STOP, WIDE_T, WIDE_TILDE, WIDE_X, is_between, is_digit, is_in_number, is_plus, may_announce,
};

/// Most digits after a label that can only be one.
const EXPLICIT_MAX: usize = 20;
/// Most digits after signs that telephones dial as a pause.
const LIKELY_MAX: usize = 15;
/// Most digits after a sign that may mean something else.
const AMBIGUOUS_MAX: usize = 9;
/// Most digits before a hash sign with nothing in front.
const UNSURE_MAX: usize = 6;

/// An extension in a text: everything from `start` on belongs to it, and its digits are at `digits`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Suffix {
    pub start: usize,
    pub digits: (usize, usize),
}

/// Where the number begins that could stand alone: after its third digit. And how far nothing disturbs it.
struct Extent {
    third_digit: usize,
    undisturbed: usize,
}

fn extent(text: &[u8]) -> Option<Extent> {
    let mut at = text.iter().take_while(|symbol| is_plus(**symbol)).count();
    let mut digits = 0;
    while digits < 3 {
        let symbol = *text.get(at)?;
        if is_digit(symbol) {
            digits += 1;
        } else if !is_between(symbol) {
            return None;
        }
        at += 1;
    }
    let rest = text[at..].iter().take_while(|symbol| is_in_number(**symbol)).count();
    Some(Extent { third_digit: at, undisturbed: at + rest })
}

/// Whether a text reads like a phone number, perhaps with an extension.
pub fn is_viable(text: &[u8]) -> bool {
    is_viable_with(text, || suffix(text))
}

fn is_viable_with(text: &[u8], suffix: impl Fn() -> Option<Suffix>) -> bool {
    if let [first, second] = text
        && is_digit(*first)
        && is_digit(*second)
    {
        return true;
    }
    let Some(extent) = extent(text) else { return false };
    extent.undisturbed == text.len()
        || suffix().is_some_and(|found| (extent.third_digit..=extent.undisturbed).contains(&found.start))
}

/// The extension of a viable text.
pub fn extension(text: &[u8]) -> Option<Suffix> {
    suffix(text).filter(|found| is_viable(&text[..found.start]))
}

/// A text that reads like a phone number: where its extension is, if it has one. Nothing for any other text.
pub fn read(text: &[u8]) -> Option<Option<Suffix>> {
    let found = suffix(text);
    is_viable_with(text, || found).then(|| found.filter(|found| is_viable(&text[..found.start])))
}

/// Whether the symbols may stand between a label and the digits.
fn is_gap(symbol: u8) -> bool {
    matches!(symbol, b' ' | NO_BREAK_SPACE | b'\t' | b',' | b'-')
}

fn is_separator(symbol: u8) -> bool {
    matches!(symbol, b' ' | NO_BREAK_SPACE | b'\t' | b',')
}

fn is_blank(symbol: u8) -> bool {
    matches!(symbol, b' ' | NO_BREAK_SPACE | b'\t')
}

fn is_stop(symbol: u8) -> bool {
    matches!(symbol, b':' | b'.' | WIDE_STOP)
}

/// Where a run of such symbols begins that ends at `end`.
fn run_start(text: &[u8], end: usize, belongs: impl Fn(u8) -> bool) -> usize {
    end - text[..end].iter().rev().take_while(|symbol| belongs(**symbol)).count()
}

/// The longest text at the end that reads like an extension.
fn suffix(text: &[u8]) -> Option<Suffix> {
    let has_hash = text.last() == Some(&b'#');
    let end = text.len() - usize::from(has_hash);
    let first = run_start(text, end, is_digit);
    let count = end - first;
    if count == 0 || count > EXPLICIT_MAX {
        return None;
    }
    let gap = run_start(text, first, is_gap);
    // What is no label, and no pause, is most often there: seen at its last symbol.
    if !has_hash && gap == first && first > 0 && !may_announce(text[first - 1]) {
        return None;
    }
    let mut starts = [None; 8];
    if !has_hash && ends_with(&text[..first], b";ext=") {
        starts[0] = Some(first - b";ext=".len());
    }
    // A label may end at the gap, or before a stop in front of the gap.
    let stop = (gap > 0 && is_stop(text[gap - 1])).then(|| gap - 1);
    for (slot, label_end) in [(1, Some(gap)), (2, stop)] {
        starts[slot] = label_end.and_then(|label_end| label(&text[..label_end], count));
    }
    if count <= LIKELY_MAX {
        starts[3] = pause_in_gap(text, gap, first, count);
        starts[4] = stop.and_then(|stop| pause_before(text, stop, count));
        starts[5] = pause_sign(text, gap).or_else(|| stop.and_then(|stop| pause_sign(text, stop)));
    }
    if has_hash && count <= UNSURE_MAX {
        let start = run_start(text, first, |symbol| matches!(symbol, b'-' | b' '));
        starts[6] = (start < first).then_some(start);
    }
    let start = starts.into_iter().flatten().min()?;
    Some(Suffix { start, digits: (first, end) })
}

fn ends_with(text: &[u8], ending: &[u8]) -> bool {
    text.len() >= ending.len() && text[text.len() - ending.len()..].eq_ignore_ascii_case(ending)
}

/// A semicolon that ends at `end`, with the blanks before it.
fn pause_sign(text: &[u8], end: usize) -> Option<usize> {
    (end > 0 && text[end - 1] == b';').then(|| run_start(text, end - 1, is_blank))
}

/// The first comma in the gap before the digits that may announce an extension of so many digits.
fn pause_in_gap(text: &[u8], gap: usize, first: usize, count: usize) -> Option<usize> {
    let comma = (gap..first).find(|at| {
        text[*at] == b',' && (count <= AMBIGUOUS_MAX || (*at + 1 < first && text[*at + 1] == b','))
    })?;
    Some(run_start(text, comma, is_blank))
}

/// Commas that end at `end`.
fn pause_before(text: &[u8], end: usize, count: usize) -> Option<usize> {
    let commas = run_start(text, end, |symbol| symbol == b',');
    let start = match end - commas {
        0 => return None,
        _ if count <= AMBIGUOUS_MAX => commas,
        1 => return None,
        _ => end - 2,
    };
    Some(run_start(text, start, is_blank))
}

/// Where the words begin that announce an extension of so many digits and end the text, with what separates them from the number.
fn label(text: &[u8], count: usize) -> Option<usize> {
    let explicit = explicit_label(text);
    let ambiguous = ambiguous_label(text).filter(|_| count <= AMBIGUOUS_MAX);
    let start = explicit.into_iter().chain(ambiguous).min()?;
    Some(run_start(text, start, is_separator))
}

/// A symbol as labels are compared: without case.
pub fn folded(symbol: u8) -> u8 {
    match symbol {
        LONG_S => b's',
        DOTLESS_I | DOTTED_I => b'i',
        other => other.to_ascii_lowercase(),
    }
}

/// What is left of the text before a word that ends it.
fn before<'t>(text: &'t [u8], word: &[u8]) -> Option<&'t [u8]> {
    let (front, end) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
    end.iter().zip(word).all(|(symbol, wanted)| folded(*symbol) == *wanted).then_some(front)
}

/// `extension` and its shorter forms, `ｅｘｔｎ`, `доб`, `anexo`.
fn explicit_label(text: &[u8]) -> Option<usize> {
    const WORDS: [&[u8]; 12] = [
        b"xt",
        b"xtn",
        b"xtensio",
        b"xtension",
        &[b'x', b't', b'e', b'n', b's', b'i', b'o', ACUTE],
        &[b'x', b't', b'e', b'n', b's', b'i', b'o', ACUTE, b'n'],
        &[b'x', b't', b'e', b'n', b's', b'i', O_ACUTE],
        &[b'x', b't', b'e', b'n', b's', b'i', O_ACUTE, b'n'],
        &[WIDE_X, WIDE_T],
        &[WIDE_X, WIDE_T, WIDE_N],
        &[DE, O, BE],
        b"anexo",
    ];
    let start = |word: &[u8]| {
        let front = before(text, word)?;
        let optional = match word[0] {
            b'x' => Some(b'e'),
            WIDE_X => Some(WIDE_E),
            _ => None,
        };
        let last = front.last().map(|symbol| folded(*symbol));
        Some(front.len() - usize::from(last.is_some() && last == optional))
    };
    WORDS.into_iter().filter_map(start).min()
}

/// One sign, or `int`.
fn ambiguous_label(text: &[u8]) -> Option<usize> {
    let sign = match *text.last()? {
        b'x' | b'X' | WIDE_X | b'#' | WIDE_HASH | b'~' | WIDE_TILDE => Some(text.len() - 1),
        _ => None,
    };
    let word = before(text, b"int").or_else(|| before(text, &[WIDE_I, WIDE_N, WIDE_T]));
    word.map(<[u8]>::len).into_iter().chain(sign).min()
}
