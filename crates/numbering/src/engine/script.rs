//! Characters as the engine sees them: one byte each, in which ASCII stands for itself and everything else is reduced to what
//! it means in a phone number.

use super::table::Plans;

/// Digits of other scripts are this and their value.
pub const OTHER_DIGIT: u8 = 0x80;
pub const WIDE_PLUS: u8 = 0x8a;
/// Punctuation without a meaning of its own.
pub const PUNCTUATION: u8 = 0x8b;
pub const NO_BREAK_SPACE: u8 = 0x8c;
pub const WIDE_STOP: u8 = 0x8d;
pub const WIDE_TILDE: u8 = 0x8e;
pub const WIDE_HASH: u8 = 0x8f;
/// The full-width letters with which extensions are announced.
pub const WIDE_E: u8 = 0x90;
pub const WIDE_X: u8 = 0x91;
pub const WIDE_T: u8 = 0x92;
pub const WIDE_N: u8 = 0x93;
pub const WIDE_I: u8 = 0x94;
/// The Cyrillic letters with which extensions are announced.
pub const DE: u8 = 0x95;
pub const O: u8 = 0x96;
pub const BE: u8 = 0x97;
pub const O_ACUTE: u8 = 0x98;
pub const ACUTE: u8 = 0x99;
/// Letters that are those of ASCII when case is ignored.
pub const LONG_S: u8 = 0x9a;
pub const KELVIN: u8 = 0x9b;
pub const DOTLESS_I: u8 = 0x9c;
pub const DOTTED_I: u8 = 0x9d;
/// Any other letter or number, and anything else.
pub const WORD: u8 = 0x9e;
pub const OTHER: u8 = 0x9f;
/// Punctuation to us, a letter to Unicode.
pub const LONG_VOWEL: u8 = 0xa0;
/// Punctuation at which a text may be broken.
pub const WIDE_SPACE: u8 = 0xa1;
pub const WIDE_HYPHEN: u8 = 0xa2;

/// The byte for a character.
pub fn symbol(plans: &Plans, c: char) -> u8 {
    if let Ok(byte) = u8::try_from(c)
        && byte.is_ascii()
    {
        return byte;
    }
    if let Some(value) = plans.digit_beyond_ascii(c) {
        return OTHER_DIGIT + value;
    }
    match c {
        '＋' => WIDE_PLUS,
        '\u{ad}' | '\u{200b}' | '\u{2010}' | '\u{2011}' | '\u{2053}' | '\u{2060}' | '\u{2212}' => PUNCTUATION,
        '\u{223c}' | '（' | '）' | '／' | '［' | '］' => PUNCTUATION,
        '\u{30fc}' => LONG_VOWEL,
        '\u{3000}' => WIDE_SPACE,
        '\u{2012}'..='\u{2015}' | '－' => WIDE_HYPHEN,
        '\u{a0}' => NO_BREAK_SPACE,
        '．' => WIDE_STOP,
        '～' => WIDE_TILDE,
        '＃' => WIDE_HASH,
        'Ｅ' | 'ｅ' => WIDE_E,
        'Ｘ' | 'ｘ' => WIDE_X,
        'Ｔ' | 'ｔ' => WIDE_T,
        'Ｎ' | 'ｎ' => WIDE_N,
        'Ｉ' | 'ｉ' => WIDE_I,
        'Д' | 'д' | '\u{1c81}' => DE,
        'О' | 'о' | '\u{1c82}' => O,
        'Б' | 'б' => BE,
        'Ó' | 'ó' => O_ACUTE,
        '\u{301}' => ACUTE,
        'ſ' => LONG_S,
        '\u{212a}' => KELVIN,
        'ı' => DOTLESS_I,
        'İ' => DOTTED_I,
        _ if plans.is_word_beyond_ascii(c) => WORD,
        _ => OTHER,
    }
}

const DIGIT: u8 = 1;
const PLUS: u8 = 2;
/// May stand between digits, the star included.
const BETWEEN: u8 = 4;
/// A letter of the keypad, whatever its case.
const ALPHA: u8 = 8;
/// A letter or number; what a number may end with.
const IS_WORD: u8 = 16;
/// A letter of ASCII.
const LETTER: u8 = 32;
/// May stand directly before the digits of an extension.
const ANNOUNCES: u8 = 64;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let symbol = at as u8;
        let announces = matches!(
            symbol,
            b't' | b'T' | b'n' | b'N' | b'o' | b'O' | b'x' | b'X' | b'#' | b'~' | b';' | b':' | b'.' | b'='
        ) || matches!(
            symbol,
            WIDE_STOP | WIDE_TILDE | WIDE_HASH | WIDE_X | WIDE_T | WIDE_N | BE | O_ACUTE | ACUTE
        );
        classes[at] = if announces { ANNOUNCES } else { 0 };
        classes[at] |= match symbol {
            b'0'..=b'9' | 0x80..=0x89 => DIGIT | IS_WORD,
            b'+' | WIDE_PLUS => PLUS,
            b'x' | b'X' => BETWEEN | ALPHA | IS_WORD | LETTER,
            b'a'..=b'z' | b'A'..=b'Z' => ALPHA | IS_WORD | LETTER,
            LONG_S | KELVIN | DOTLESS_I | DOTTED_I => ALPHA | IS_WORD,
            b'-' | b' ' | b'(' | b')' | b'.' | b'[' | b']' | b'/' | b'~' | b'*' => BETWEEN,
            PUNCTUATION | NO_BREAK_SPACE | WIDE_STOP | WIDE_TILDE | WIDE_SPACE | WIDE_HYPHEN => BETWEEN,
            LONG_VOWEL => BETWEEN | IS_WORD,
            WIDE_E..=WIDE_I | DE..=O_ACUTE | WORD => IS_WORD,
            _ => 0,
        };
        at += 1;
    }
    classes
}

fn has(symbol: u8, class: u8) -> bool {
    CLASSES[usize::from(symbol)] & class != 0
}

pub fn is_digit(symbol: u8) -> bool {
    has(symbol, DIGIT)
}

pub fn is_plus(symbol: u8) -> bool {
    has(symbol, PLUS)
}

pub fn is_between(symbol: u8) -> bool {
    has(symbol, BETWEEN)
}

/// Whether it may follow the first three digits of a number.
pub fn is_in_number(symbol: u8) -> bool {
    has(symbol, DIGIT | BETWEEN | ALPHA)
}

/// Whether an extension's digits may follow; besides a gap.
pub fn may_announce(symbol: u8) -> bool {
    has(symbol, ANNOUNCES)
}

pub fn is_word(symbol: u8) -> bool {
    has(symbol, IS_WORD)
}

pub fn is_letter(symbol: u8) -> bool {
    has(symbol, LETTER)
}

/// The ASCII digit for a digit of any script.
pub fn ascii_digit(symbol: u8) -> Option<u8> {
    match symbol {
        b'0'..=b'9' => Some(symbol),
        0x80..=0x89 => Some(symbol - OTHER_DIGIT + b'0'),
        _ => None,
    }
}

/// The key that a letter or ASCII digit is on. In a number with letters, digits of other scripts do not count.
pub fn key(symbol: u8) -> Option<u8> {
    Some(match symbol.to_ascii_uppercase() {
        digit @ b'0'..=b'9' => digit,
        b'A'..=b'C' => b'2',
        b'D'..=b'F' => b'3',
        b'G'..=b'I' | DOTLESS_I => b'4',
        b'J'..=b'L' => b'5',
        b'M'..=b'O' => b'6',
        b'P'..=b'S' | LONG_S => b'7',
        b'T'..=b'V' => b'8',
        b'W'..=b'Z' => b'9',
        _ => return None,
    })
}
