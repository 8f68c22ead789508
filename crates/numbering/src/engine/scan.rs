//! The quick way to digits, for the texts that most numbers are: ASCII digits, separators, perhaps a plus in front.

/// Longer texts are read the slow way.
pub const LENGTH_MAX: usize = 48;

const DIGIT: u8 = 1;
const SEPARATOR: u8 = 2;
const PLUS: u8 = 4;
/// Anything that makes the text one for the slow way.
const OTHER: u8 = 8;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [OTHER; 256];
    let mut at = 0;
    while at < 128 {
        classes[at] = match at as u8 {
            b'0'..=b'9' => DIGIT,
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'[' | b']' => SEPARATOR,
            b'+' => PLUS,
            _ => OTHER,
        };
        at += 1;
    }
    classes
}

/// Digits and whether a plus stands before them.
pub struct Scanned {
    digits: [u8; LENGTH_MAX + 1],
    count: usize,
    pub plus: bool,
}

impl Scanned {
    #[inline]
    pub fn digits(&self) -> &[u8] {
        &self.digits[..self.count]
    }
}

/// Nothing if the text needs the slow way: a plus elsewhere than once in front, fewer than three digits, or anything but digits and
/// separators.
#[inline]
pub fn scan(raw: &[u8]) -> Option<Scanned> {
    if raw.len() > LENGTH_MAX {
        return None;
    }
    let mut scanned = Scanned { digits: [0; LENGTH_MAX + 1], count: 0, plus: false };
    let mut seen = 0;
    for byte in raw {
        let class = CLASSES[usize::from(*byte)];
        // A plus after a digit or another plus is none of a number's.
        let late = seen & (DIGIT | PLUS) != 0 && class == PLUS;
        seen |= if late { OTHER } else { class };
        scanned.digits[scanned.count] = *byte;
        scanned.count += usize::from(class == DIGIT);
    }
    scanned.plus = seen & PLUS != 0;
    (seen & OTHER == 0 && scanned.count > 2).then_some(scanned)
}
