//! Folding: one plain ASCII form for the ways in which one name is written.

use super::word::Word;

/// Lower-case ASCII letters for any script, everything else left as it is.
pub(in super::super) fn letters(raw: &str) -> String {
    let mut latin = if raw.is_ascii() { raw.to_owned() } else { any_ascii::any_ascii(raw) };
    latin.make_ascii_lowercase();
    latin
}

/// As [`letters`], for names: an initial of another script stays one letter, though it is written with two or more in ours (Х is Kh, Ю is Yu,
/// Greek Χ is Ch). Only scripts that have capitals have initials; a lone Chinese character is a whole name.
pub(super) fn name_letters(raw: &str) -> String {
    if raw.is_ascii() {
        return letters(raw);
    }
    let mut latin = String::with_capacity(raw.len());
    let mut before = false;
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        let alone = !before && !rest.peek().is_some_and(|next| next.is_alphanumeric());
        let written = letters(c.encode_utf8(&mut [0; 4]));
        match written.chars().next() {
            Some(first) if alone && (c.is_uppercase() || c.is_lowercase()) => latin.push(first),
            _ => latin += &written,
        }
        before = c.is_alphanumeric();
    }
    latin
}

/// Whether a letter is beyond Latin with its diacritics.
pub(super) fn has_other_script(raw: &str) -> bool {
    !raw.is_ascii()
        && raw.chars().any(|c| c.is_alphabetic() && c > '\u{24f}' && !('\u{1e00}'..='\u{1eff}').contains(&c))
}

/// Folds spellings that transliteration and umlauts make differ: ae, oe, ue; ph and f; y and i; w and v; double letters.
pub(in super::super) fn fold_part(word: &str) -> Word {
    let bytes = word.as_bytes();
    let mut folded = Word::EMPTY;
    let mut at = 0;
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        let (letter, taken) = match (bytes[at], next) {
            (b'a' | b'o' | b'u', b'e') if bytes.len() > 4 => (bytes[at], 2),
            (b'p', b'h') => (b'f', 2),
            (b'c', b'k') | (b'k', b'h') => (b'k', 2),
            (b'k', b's') => (b'x', 2),
            (b'e', b'e') => (b'i', 2),
            (b'o', b'o' | b'u') => (b'u', 2),
            (b'y', _) if bytes.len() > 1 => (b'i', 1),
            (b'w', _) if bytes.len() > 1 => (b'v', 1),
            (b'q', _) if bytes.len() > 1 => (b'k', 1),
            (letter, _) => (letter, 1),
        };
        if folded.bytes().last() != Some(&letter) {
            folded.push(letter);
        }
        at += taken;
    }
    folded
}

/// The consonants alone: what scripts that leave out vowels have in common with Latin spelling.
pub(super) fn consonants(part: &str) -> Word {
    let mut rest = Word::EMPTY;
    part.bytes().filter(|c| !matches!(c, b'a' | b'e' | b'i' | b'o' | b'u' | b'h')).for_each(|c| rest.push(c));
    rest
}
