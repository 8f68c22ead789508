//! Digits of other scripts, for dates and amounts. (Phone numbers keep theirs: reading those is another crate's work.)

/// The zeros of the decimal digit runs that shops' files are likely to hold.
const ZEROS: [char; 14] = [
    '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}',
    '\u{ce6}', '\u{d66}', '\u{e50}', '\u{1040}', '\u{ff10}',
];

/// The same text with ASCII digits; no-break and thin spaces become spaces, the Arabic decimal comma a comma.
pub fn to_ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{a0}' | '\u{2009}' | '\u{202f}' => ' ',
            '\u{66b}' => ',',
            c => ascii_digit(c).unwrap_or(c),
        })
        .collect()
}

fn ascii_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let zero = ZEROS.iter().map(|zero| u32::from(*zero)).find(|zero| (*zero..*zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    #[test]
    fn digits_of_several_scripts() {
        assert_eq!(super::to_ascii("২৯/০২/২০২৪"), "29/02/2024");
        assert_eq!(super::to_ascii("١٢٫٥٠"), "12,50");
        assert_eq!(super::to_ascii("１２\u{a0}３４５"), "12 345");
    }
}
