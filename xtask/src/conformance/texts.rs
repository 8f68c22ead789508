//! Made-up texts of the kind that people write for phone numbers: from clean ones to junk, with every spelling that the plans and
//! libphonenumber know of.

use numbering::{Format, LineType, PhoneNumber, Plans, Region, example, regions};

use super::chance::Chance;

/// Zeros of scripts whose digits people write numbers in, and a few that hardly anybody does.
const ZEROS: &[char] = &['٠', '۰', '०', '০', '０', '๐', '೦', '꘠', '𝟎', '𝟘', '༠', '߀'];
const SEPARATORS: &[&str] = &[
    " ", "-", ".", " ", "-", "/", "(", ")", "[", "]", " - ", ") ", " (", "~", "*", "x", "X", "\u{a0}",
    "\u{2010}", "\u{2013}", "\u{2015}", "\u{2212}", "\u{30fc}", "－", "／", "．", "\u{ad}", "\u{200b}",
    "\u{2060}", "\u{3000}", "（", "）", "［", "］", "\u{2053}", "\u{223c}", "～", "  ", "--", "\t", ",", ";",
    ":", "_", "é", "\u{200e}", "+", "xx", "\u{2}",
];
const LABELS: &[&str] = &[
    ";ext=",
    " ext. ",
    " ext ",
    "ext",
    "x",
    " x",
    " X ",
    "#",
    " # ",
    "~",
    " ~",
    "～",
    "＃",
    " extn ",
    " xtn:",
    " extension ",
    " extensión ",
    " extensio\u{301}n ",
    " extensio ",
    " extensi ",
    " extensin ",
    "ｅｘｔ",
    "ｘ",
    " ｘｔｎ ",
    " доб. ",
    " ДОБ",
    " anexo ",
    " int ",
    "int.",
    "ｉｎｔ",
    " ,, ",
    ",,",
    ",",
    ", ,",
    " ,,,",
    ";",
    " ; ",
    ";:",
    " - ",
    "-",
    " ",
    " EXT:",
    " e ",
    "ext.-",
    ",-,",
    " ,. ",
    ",,.",
    ",:",
    ", x",
    ",;",
    "ext\u{ff0e}",
    " eXTensIoN ",
    " extenſion ",
    " ıNT ",
    "; ext=",
    ";ext= ",
    " ext ,- ",
    "\text",
    " x.",
    "x:-",
];
const WORDS: &[&str] = &[
    "FLOWERS",
    "call",
    "Tel",
    "abc",
    "xyz",
    "a",
    "AB",
    "KEYPAD",
    "ſ",
    "K",
    "ı",
    "İ",
    "é",
    "Mobile: ",
    "Whatsapp ",
    "N/A",
    "none",
    "office",
];
const JUNK: &[&str] = &[
    "",
    " ",
    "-",
    "+",
    "++",
    "n/a",
    "unknown",
    "0",
    "00",
    "12",
    "112",
    "911",
    "1 2",
    "tel:",
    ";phone-context=",
    "x",
    "#",
    "٣",
    "²³",
    "½",
    "😀",
    "(",
    "()",
    "+0",
    "+1",
    "+()",
    "12x",
    "12#",
    "12 ext 3",
    "123 x",
    "ext 5",
    "1;ext=5",
    "123;ext=5",
    "12345 67890 12345 67890",
    "00000000000000000",
    "+99912345678",
    "+2101234567",
    "+88",
    "0119",
    "011",
    "\u{0}123",
    "123\n456",
    "123-456\n",
];
const CONTEXTS: &[&str] = &[
    "+64",
    "+1",
    "+44-20",
    "+(880)",
    "+",
    "",
    "example.com",
    "a",
    "a.b.",
    "1.a1",
    "-a.com",
    "a-.com",
    "a..b",
    ".",
    "+1-٣",
    "+1x",
    "٣.com",
    "64",
    "+880;x=1",
    "a;b",
    "+1234567890123456",
    "com.1a",
    "A-1.co",
    "a_b.com",
];

/// What lies around numbers in running text.
const AROUND: &[&str] = &[
    " ",
    " or ",
    ", ",
    ". ",
    "\n",
    " (",
    ") ",
    "/",
    " - ",
    ": ",
    "abc",
    "é",
    "$",
    "%",
    "€",
    "£",
    " 3/10/2011 ",
    " 2012-01-02 08:00 ",
    "2012-01-02 08",
    ":30",
    " 211-227 (2003). ",
    " 12345 ",
    "a",
    "ا",
    "、",
    "(",
    "[",
    "Call ",
    " x",
    "xx",
    " ext ",
    "#",
    "–",
    "—",
    "..",
    "  ",
    "\t",
    ";",
    "¡",
    "\u{301}",
];

/// A text and the region in which it is read, and another text to compare it with.
pub struct Text {
    pub region: Region,
    pub raw: String,
    pub other: String,
}

/// Examples of all plans, from which near ones are made.
pub struct Maker {
    examples: Vec<(Region, PhoneNumber)>,
    regions: Vec<Region>,
}

impl Maker {
    pub fn new() -> Self {
        let examples = regions().iter().flat_map(|(region, _)| {
            LineType::ALL.iter().filter_map(|kind| Some((*region, example(*region, *kind)?)))
        });
        let mut codes: Vec<Region> = regions().iter().map(|(region, _)| *region).collect();
        codes.dedup();
        Self { examples: examples.collect(), regions: codes }
    }

    pub fn text(&self, chance: &mut Chance) -> Text {
        let (mut region, number) = chance.pick(&self.examples);
        let national = national_digits(chance, number);
        let code = number.country_code();
        let mut raw = self.spelt(chance, region, code, &national);
        if chance.in_hundred(9) {
            raw = with_extension(chance, &raw);
        }
        if chance.in_hundred(5) {
            raw = in_other_digits(chance, &raw);
        }
        if chance.in_hundred(4) {
            raw = with_noise(chance, &raw);
        }
        if chance.in_hundred(4) {
            raw = as_address(chance, &raw);
        }
        if chance.in_hundred(3) {
            raw = junk(chance);
        }
        if chance.in_hundred(12) {
            region = chance.pick(&self.regions);
        } else if chance.in_hundred(4) {
            region = Region::UNKNOWN;
        }
        Text { region, raw, other: String::new() }
    }

    /// What somebody types: mostly digits.
    pub fn typed(&self, chance: &mut Chance) -> Text {
        let Text { region, raw, other } = self.text(chance);
        let only_digits = chance.in_hundred(80);
        // Java and Python take other signs for digits here, and for a plus.
        let is_key =
            |c: &char| !matches!(c, '＋' | '²' | '³') && (!only_digits || c.is_ascii_digit() || *c == '+');
        Text { region, raw: raw.chars().filter(is_key).take(24).collect(), other }
    }

    /// Numbers in running text.
    pub fn running(&self, chance: &mut Chance) -> Text {
        let Text { region, raw, other } = self.text(chance);
        let mut text = String::new();
        for count in 0..=chance.below(3) {
            for _ in 0..chance.below(3) {
                text += chance.pick(AROUND);
            }
            text += &if count == 0 { raw.clone() } else { self.text(chance).raw };
            for _ in 0..chance.below(3) {
                text += chance.pick(AROUND);
            }
        }
        Text { region, raw: text, other }
    }

    /// Two spellings, mostly of one number.
    pub fn pair(&self, chance: &mut Chance) -> Text {
        let (region, number) = chance.pick(&self.examples);
        let digits = national_digits(chance, number);
        let other = if chance.in_hundred(70) { digits.clone() } else { national_digits(chance, number) };
        let mut spellings =
            [digits, other].map(|digits| self.spelt(chance, region, number.country_code(), &digits));
        for spelling in &mut spellings {
            if chance.in_hundred(15) {
                *spelling = with_extension(chance, spelling);
            }
        }
        let [raw, other] = spellings;
        Text { region, raw, other }
    }

    fn spelt(&self, chance: &mut Chance, region: Region, code: u16, national: &str) -> String {
        let plans = Plans::BUILT_IN;
        let trunk = plans.national_prefix(region).unwrap_or("0").replace('~', "");
        match chance.below(20) {
            0..4 => format!("+{code}{national}"),
            4 | 5 => formatted(chance, code, national),
            6 => format!("+{code} (0){}", spaced(chance, national)),
            7 => format!("{}{code}{}", abroad(chance), spaced(chance, national)),
            8 => format!("{code}{national}"),
            9 => format!("{code}{trunk}{}", spaced(chance, national)),
            10 | 11 => format!("{trunk}{national}"),
            12 | 13 => format!("{trunk}{}", spaced(chance, national)),
            14 => national.to_owned(),
            15 => spaced(chance, national),
            16 => format!("{trunk}{}{}", carrier(chance), spaced(chance, national)),
            17 => format!("++{code} {national}"),
            18 => format!("+{}{code}{national}", abroad(chance)),
            _ => {
                let count = chance.below(22);
                chance.digits(count)
            }
        }
    }
}

/// Digits of a number near an example: the same, changed in places, shorter or longer.
fn national_digits(chance: &mut Chance, number: PhoneNumber) -> String {
    let mut digits = number.national_significant().as_str().to_owned();
    let kept = chance.below(digits.len() + 1);
    match chance.below(10) {
        0 => {}
        1..5 => digits = format!("{}{}", &digits[..kept], chance.digits(digits.len() - kept)),
        5..7 => {
            let at = chance.below(digits.len());
            digits.replace_range(at..=at, &chance.digits(1));
        }
        7 => digits.truncate(kept),
        8 => {
            let more = 1 + chance.below(7);
            digits += &chance.digits(more);
        }
        _ => {
            let zeros = 1 + chance.below(3);
            digits = format!("{}{digits}", "0".repeat(zeros));
        }
    }
    digits
}

fn formatted(chance: &mut Chance, code: u16, national: &str) -> String {
    let formats = [Format::International, Format::National, Format::Rfc3966, Format::International];
    match Plans::BUILT_IN.number(code, national, None) {
        Some(number) => number.format(chance.pick(&formats)),
        None => national.to_owned(),
    }
}

fn abroad(chance: &mut Chance) -> String {
    let prefixes = ["00", "011", "0011", "810", "8~10", "001", "010", "00", "119", "0014", "0", "900"];
    let prefix = chance.pick(&prefixes);
    if chance.in_hundred(40) { format!("{prefix} ") } else { prefix.to_owned() }
}

fn carrier(chance: &mut Chance) -> String {
    let known = [
        "15", "21", "31", "4", "9", "12345", "1411", "183", "003768", "180020", "10", "901", "1579", "19010",
        "10010",
    ];
    if chance.in_hundred(70) { chance.pick(&known).to_owned() } else { chance.digits(2) }
}

fn spaced(chance: &mut Chance, digits: &str) -> String {
    let mut text = String::new();
    let usual = chance.in_hundred(80);
    for digit in digits.chars() {
        text.push(digit);
        if chance.in_hundred(28) {
            let plain = &SEPARATORS[..7];
            text.push_str(chance.pick(if usual { plain } else { SEPARATORS }));
        }
    }
    text
}

fn with_extension(chance: &mut Chance, raw: &str) -> String {
    let label = chance.pick(LABELS);
    let count = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 21][chance.below(15)];
    let digits = chance.digits(count);
    let end = chance.pick(&["", "", "", "", "#", " ", ".", "＃", "x", "/x23", " / x2"]);
    let raw = if chance.in_hundred(8) { with_extension(chance, raw) } else { raw.to_owned() };
    format!("{raw}{label}{digits}{end}")
}

fn in_other_digits(chance: &mut Chance, raw: &str) -> String {
    let zero = chance.pick(ZEROS);
    let share = if chance.in_hundred(70) { 100 } else { 50 };
    let plus = if chance.in_hundred(30) { '＋' } else { '+' };
    raw.chars()
        .map(|c| match c.to_digit(10) {
            Some(value) if chance.in_hundred(share) => {
                char::from_u32(u32::from(zero) + value).expect("ten digits follow each other")
            }
            _ if c == '+' => plus,
            _ => c,
        })
        .collect()
}

fn with_noise(chance: &mut Chance, raw: &str) -> String {
    let mut characters: Vec<char> = raw.chars().collect();
    for _ in 0..=chance.below(3) {
        let at = chance.below(characters.len() + 1);
        let noise = match chance.below(4) {
            0 => WORDS,
            1 => LABELS,
            _ => SEPARATORS,
        };
        let noise = chance.pick(noise);
        characters.splice(at..at, noise.chars());
    }
    characters.into_iter().collect()
}

fn as_address(chance: &mut Chance, raw: &str) -> String {
    let scheme = chance.pick(&["tel:", "tel:", "", "TEL:", "sip:tel:"]);
    match chance.below(5) {
        0 => format!("{scheme}{raw}"),
        1 => format!("{scheme}{raw};isub=12345"),
        2 => format!("{scheme}{raw};isub=1;phone-context={}", chance.pick(CONTEXTS)),
        3 => format!(";phone-context={}{scheme}{raw}", chance.pick(CONTEXTS)),
        _ => format!("{scheme}{raw};phone-context={}", chance.pick(CONTEXTS)),
    }
}

fn junk(chance: &mut Chance) -> String {
    let mut text = String::new();
    for _ in 0..=chance.below(4) {
        match chance.below(5) {
            0 => {
                let count = chance.below(9);
                text += &chance.digits(count);
            }
            1 => text += chance.pick(WORDS),
            2 => text += chance.pick(SEPARATORS),
            3 => text += chance.pick(LABELS),
            _ => text += chance.pick(JUNK),
        }
    }
    if chance.in_hundred(2) { text.repeat(40) } else { text }
}
