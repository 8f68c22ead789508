//! The digits of a text as somebody would dial them.

/// The digits from the first digit or plus sign on, up to where a second number starts (`911/x912`). `None` if it starts with a plus
/// sign: that is no short number.
pub fn digits(text: &str) -> Option<impl Iterator<Item = u8>> {
    let starts = |c: char| is_plus(c) || decimal(c).is_some();
    let from = text.find(starts).unwrap_or(text.len());
    let text = &text[from..];
    (!text.starts_with(is_plus)).then(|| text[..end(text)].chars().filter_map(digit))
}

fn is_plus(c: char) -> bool {
    c == '+' || c == '＋'
}

/// Where a slash, spaces and an `x` announce a second number.
fn end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut slash = None;
    for (at, byte) in bytes.iter().enumerate() {
        match (byte, slash) {
            (b'/' | b'\\', _) => slash = Some(at),
            (b'x', Some(slash)) => return slash,
            (b' ', _) => {}
            _ => slash = None,
        }
    }
    text.len()
}

/// The zeros of Unicode's sets of decimal digits (general category Nd, Unicode 14); nine further digits follow each.
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
    0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
    0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066,
    0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950,
    0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
    0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// Characters with a digit's value that are no decimal digits, such as superscripts and circled ones: the first, its value, and how
/// many follow in order. They start no number and count inside one.
const OTHERS: [(u32, u8, u32); 21] = [
    (0xb2, 2, 2),
    (0xb9, 1, 1),
    (0x1369, 1, 9),
    (0x19da, 1, 1),
    (0x2070, 0, 1),
    (0x2074, 4, 6),
    (0x2080, 0, 10),
    (0x2460, 1, 9),
    (0x2474, 1, 9),
    (0x2488, 1, 9),
    (0x24ea, 0, 1),
    (0x24f5, 1, 9),
    (0x24ff, 0, 1),
    (0x2776, 1, 9),
    (0x2780, 1, 9),
    (0x278a, 1, 9),
    (0x10a40, 1, 4),
    (0x10e60, 1, 9),
    (0x11052, 1, 9),
    (0x1f100, 0, 1),
    (0x1f101, 0, 10),
];

fn decimal(c: char) -> Option<u8> {
    let code = u32::from(c);
    let zeros = ZEROS.partition_point(|zero| *zero <= code);
    let value = code - ZEROS.get(zeros.checked_sub(1)?)?;
    u8::try_from(value).ok().filter(|value| *value < 10)
}

fn digit(c: char) -> Option<u8> {
    decimal(c).or_else(|| {
        let code = u32::from(c);
        let run = OTHERS.iter().find(|(first, _, count)| (*first..first + count).contains(&code))?;
        u8::try_from(code - run.0).ok().map(|after| run.1 + after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        digits(text).map(|digits| digits.map(|digit| char::from(b'0' + digit)).collect())
    }

    #[test]
    fn digits_are_read_in_every_script() {
        for (text, expected) in [
            ("911", "911"),
            ("9-1-1", "911"),
            ("Tel: (1 1 2)", "112"),
            ("١١٢", "112"),
            ("১১২", "112"),
            ("９９９", "999"),
            ("𝟗𝟙𝟣", "911"),
            ("1①²", "112"),
            ("①12", "12"),
            ("911/x912", "911"),
            ("911\\  x912", "911"),
            ("911 / 912", "911912"),
            ("911 x912", "911912"),
            ("911/ /x2", "911"),
            ("", ""),
            ("police", ""),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["+911", "＋911", "call +1 911", "++1"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("1+911").as_deref(), Some("1911"));
    }
}
