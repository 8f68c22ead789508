//! Text made ready for the library: everything in which it is known to differ from libphonenumber, or to fail.

use std::borrow::Cow;

use super::ascii_digits;

const CONTEXT: &str = ";phone-context=";
const SCHEME: &str = "tel:";
/// A domain, as RFC 3966 allows for numbers that mean something only there.
const NOWHERE: &str = "a.invalid";
/// What may stand between the digits of a number (libphonenumber's `VALID_PUNCTUATION`, and the star).
const PUNCTUATION: &str = "-x\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{30fc}\u{ff0d}\u{ff0e}\u{ff0f} \u{a0}\u{ad}\
                           \u{200b}\u{2060}\u{3000}()\u{ff08}\u{ff09}\u{ff3b}\u{ff3d}.[]/~\u{2053}\u{223c}*X";

/// The text in a form that the library reads as libphonenumber would.
pub fn readable(raw: &str) -> Cow<'_, str> {
    let text = match raw.find(CONTEXT) {
        Some(context) => Cow::Borrowed(without_late_scheme(raw, context)),
        None => without_second_number(raw),
    };
    if text.contains('～') {
        // The wide tilde is missing from the library's punctuation; the narrow one means the same everywhere.
        return Cow::Owned(text.replace('～', "~"));
    }
    text
}

/// `…;phone-context=…tel:…`: the library slices from behind `tel:` up to the context, which panics when `tel:` comes later.
/// Other ports take the part before the context as empty then; so only the context is left to read.
fn without_late_scheme(raw: &str, context: usize) -> &str {
    match raw.find(SCHEME) {
        Some(scheme) if scheme + SCHEME.len() > context => {
            let value = context + CONTEXT.len();
            let end = raw[value..].find(';').map_or(raw.len(), |length| value + length);
            &raw[context..end]
        }
        _ => raw,
    }
}

/// `530 583-6985 x302/x2303` is two numbers, and the first is meant. The library looks for the last such place and stops at line
/// ends; it is the first that counts.
fn without_second_number(raw: &str) -> Cow<'_, str> {
    let is_second = |rest: &str| rest.trim_start_matches(' ').starts_with('x');
    let mut signs =
        raw.match_indices(['/', '\\']).filter(|(at, sign)| is_second(&raw[at + sign.len()..])).peekable();
    if signs.peek().is_none() {
        return Cow::Borrowed(raw);
    }
    let Some(start) = raw.find(starts_number) else { return Cow::Borrowed(raw) };
    match signs.find(|(at, _)| *at > start) {
        // What stands before the sign is read to its last character: a context that names no calling code keeps the library from
        // trimming it again.
        Some((at, _)) => Cow::Owned(format!("{SCHEME}{}{CONTEXT}{NOWHERE}", &raw[start..at])),
        None => Cow::Borrowed(raw),
    }
}

/// `12 ext. 345`, `12 345#`: libphonenumber takes two digits for a number only if they stand alone, the library also before
/// an extension.
pub fn is_two_digits_and_extension(text: &str) -> bool {
    let number = match text.split_once(CONTEXT) {
        Some((_, context)) if context.starts_with('+') => return false,
        Some((number, _)) => number.split_once(SCHEME).map_or(number, |(_, number)| number),
        None => {
            let Some(start) = text.find(starts_number) else { return false };
            text[start..].trim_end_matches(|c: char| !c.is_alphanumeric() && c != '#')
        }
    };
    let number = number.split(";isub=").next().unwrap_or_default();
    let mut rest = number.chars();
    if !rest.by_ref().take(2).all(is_digit) {
        return false;
    }
    let rest = rest.as_str().trim_start_matches(|c: char| PUNCTUATION.contains(c));
    match rest.trim_start_matches(is_digit) {
        words if words.len() == rest.len() => !words.is_empty(),
        suffix => suffix == "#",
    }
}

fn starts_number(c: char) -> bool {
    c == '+' || c == '＋' || is_digit(c)
}

/// A decimal digit of any script.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
        || (!c.is_ascii() && c.is_numeric() && !ascii_digits(c.encode_utf8(&mut [0; 4])).is_empty())
}
