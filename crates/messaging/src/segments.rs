//! How a text becomes short messages: seven-bit characters where the text has no others, sixteen-bit units else, and parts that a phone joins again.
//!
//! A message of one part holds 160 septets or 70 units. In parts, six octets of each go to the header by which they are joined: 153 and 67 remain.
//! A character of two septets (€, [, ~ …) or of two units (most emoji) is never split between parts.
//!
//! ```
//! use messaging::segments::{Encoding, count};
//!
//! assert_eq!(count(&"a".repeat(160)).segments, 1);
//! assert_eq!(count(&"a".repeat(161)).segments, 2);
//! assert_eq!(count(&"€".repeat(80)).units, 160);
//! assert_eq!(count("আপনার কোড").encoding, Encoding::Ucs2);
//! ```

/// How the characters of a text are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// GSM 03.38's default alphabet and its extension.
    Gsm7,
    /// Sixteen bits a unit, UTF-16 in effect.
    Ucs2,
}

impl Encoding {
    /// Units in a message of one part, and in each part of several.
    const fn capacity(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// What a text comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    pub encoding: Encoding,
    /// Septets or units of sixteen bits.
    pub units: usize,
    pub segments: u32,
}

/// A text, cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts {
    pub encoding: Encoding,
    /// Each part's octets: one septet an octet, not packed, or two octets a unit, the greater first.
    pub parts: Vec<Vec<u8>>,
}

const ESCAPE: u8 = 0x1b;

/// The default alphabet in the order of its codes; the escape stands as a character that no text has.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension: each follows an escape.
const EXTENSION: [(char, u8); 10] = [
    ('\u{c}', 0x0a),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2f),
    ('[', 0x3c),
    ('~', 0x3d),
    (']', 0x3e),
    ('|', 0x40),
    ('€', 0x65),
];

/// The septets of a character, the escape first where it has one.
fn septets(c: char) -> Option<([u8; 2], usize)> {
    // Most of ASCII has its own code.
    if matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '!' | '"' | '#' | '%'..='?') {
        return Some(([c as u8, 0], 1));
    }
    if c == '\u{1b}' {
        return None;
    }
    if let Some(at) = BASIC.chars().position(|known| known == c) {
        return Some(([u8::try_from(at).ok()?, 0], 1));
    }
    EXTENSION.iter().find(|(known, _)| *known == c).map(|(_, code)| ([ESCAPE, *code], 2))
}

/// How many parts a text takes, without making them.
pub fn count(text: &str) -> Count {
    let widths: Option<Vec<usize>> = text.chars().map(|c| septets(c).map(|(_, width)| width)).collect();
    match widths {
        Some(widths) => counted(Encoding::Gsm7, widths.into_iter()),
        None => counted(Encoding::Ucs2, text.chars().map(char::len_utf16)),
    }
}

fn counted(encoding: Encoding, widths: impl Iterator<Item = usize> + Clone) -> Count {
    let (single, each) = encoding.capacity();
    let units: usize = widths.clone().sum();
    if units <= single {
        return Count { encoding, units, segments: 1 };
    }
    let (mut segments, mut filled) = (1, 0);
    for width in widths {
        if filled + width > each {
            (segments, filled) = (segments + 1, 0);
        }
        filled += width;
    }
    Count { encoding, units, segments }
}

/// Cuts a text into the parts that are sent.
pub fn split(text: &str) -> Parts {
    let gsm: Option<Vec<Vec<u8>>> =
        text.chars().map(|c| septets(c).map(|(codes, width)| codes[..width].to_vec())).collect();
    match gsm {
        Some(characters) => cut(Encoding::Gsm7, &characters, 1),
        None => {
            let wide =
                |c: char| c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()).collect();
            cut(Encoding::Ucs2, &text.chars().map(wide).collect::<Vec<Vec<u8>>>(), 2)
        }
    }
}

fn cut(encoding: Encoding, characters: &[Vec<u8>], octets_a_unit: usize) -> Parts {
    let (single, each) = encoding.capacity();
    let total: usize = characters.iter().map(Vec::len).sum();
    let room = if total <= single * octets_a_unit { single } else { each } * octets_a_unit;
    let mut parts = vec![Vec::with_capacity(room)];
    for character in characters {
        if parts.last().is_some_and(|part: &Vec<u8>| part.len() + character.len() > room) {
            parts.push(Vec::with_capacity(room));
        }
        if let Some(part) = parts.last_mut() {
            part.extend_from_slice(character);
        }
    }
    Parts { encoding, parts }
}

/// Reads septets, one an octet, back; what is no character becomes a question mark.
pub fn from_gsm7(septets: &[u8]) -> String {
    let basic: Vec<char> = BASIC.chars().collect();
    let mut text = String::with_capacity(septets.len());
    let mut rest = septets.iter().copied();
    while let Some(code) = rest.next() {
        text.push(if code == ESCAPE {
            let extended = rest.next().and_then(|code| EXTENSION.iter().find(|(_, known)| *known == code));
            extended.map_or('?', |(c, _)| *c)
        } else {
            basic.get(usize::from(code)).copied().unwrap_or('?')
        });
    }
    text
}

/// Reads units of sixteen bits back.
pub fn from_ucs2(octets: &[u8]) -> String {
    let units: Vec<u16> = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_default_alphabet_has_128_codes() {
        assert_eq!(BASIC.chars().count(), 128);
        for (c, code) in [
            ('@', 0x00),
            ('Δ', 0x10),
            ('Å', 0x0e),
            (' ', 0x20),
            ('¤', 0x24),
            ('¡', 0x40),
            ('¿', 0x60),
            ('à', 0x7f),
            ('A', 0x41),
            ('§', 0x5f),
            ('_', 0x11),
        ] {
            assert_eq!(septets(c), Some(([code, 0], 1)), "{c}");
        }
        assert_eq!(septets('€'), Some(([0x1b, 0x65], 2)));
        assert_eq!(septets('`'), None);
        assert_eq!(septets('ç'), None);
    }

    #[test]
    fn parts_are_counted_as_operators_count_them() {
        use Encoding::{Gsm7, Ucs2};
        for (text, encoding, units, segments) in [
            (String::new(), Gsm7, 0, 1),
            ("a".repeat(160), Gsm7, 160, 1),
            ("a".repeat(161), Gsm7, 161, 2),
            ("a".repeat(306), Gsm7, 306, 2),
            ("a".repeat(307), Gsm7, 307, 3),
            // 152 letters and a sign of two septets do not fit into 153: the sign begins the second part.
            (format!("{}€{}", "a".repeat(152), "a".repeat(151)), Gsm7, 305, 2),
            (format!("{}€{}", "a".repeat(152), "a".repeat(152)), Gsm7, 306, 3),
            ("ä".repeat(160), Gsm7, 160, 1),
            ("ক".repeat(70), Ucs2, 70, 1),
            ("ক".repeat(71), Ucs2, 71, 2),
            ("ক".repeat(134), Ucs2, 134, 2),
            ("ক".repeat(135), Ucs2, 135, 3),
            ("😀".repeat(35), Ucs2, 70, 1),
            // 33 emoji are 66 units; the 34th would be split between the parts.
            ("😀".repeat(67), Ucs2, 134, 3),
        ] {
            assert_eq!(count(&text), Count { encoding, units, segments }, "{text}");
            assert_eq!(split(&text).parts.len(), segments as usize, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_cut_is_the_text_again(text in "[a-zäöñ€\\[\\]~ ক😀\n]{0,400}") {
            let cut = split(&text);
            let counted = count(&text);
            prop_assert_eq!(cut.encoding, counted.encoding);
            prop_assert_eq!(cut.parts.len(), counted.segments as usize);
            // Each part reads well by itself, so no character is split.
            let read = |part: &Vec<u8>| match cut.encoding {
                Encoding::Gsm7 => from_gsm7(part),
                Encoding::Ucs2 => from_ucs2(part),
            };
            prop_assert_eq!(cut.parts.iter().map(read).collect::<String>(), text);
            let octets_max = if cut.parts.len() == 1 { [160, 140] } else { [153, 134] };
            let most = octets_max[usize::from(cut.encoding == Encoding::Ucs2)];
            prop_assert!(cut.parts.iter().all(|part| part.len() <= most));
        }

        #[test]
        fn any_octets_read_as_something(octets: Vec<u8>) {
            from_gsm7(&octets);
            from_ucs2(&octets);
        }
    }
}
