//! What must hold for every number and every text.

use std::collections::BTreeSet;

use numbering::{
    AsYouType, Format, LineType, ParseError, ParsedLine, PhoneNumber, Region, example, find, parse, regions,
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Text that looks as if it might become a number, with everything known to be awkward.
fn number_like() -> impl Strategy<Value = String> {
    let fragments = vec![
        ";phone-context=",
        "tel:",
        "ext",
        "ext.",
        "x",
        "#",
        ",",
        ",,",
        ";",
        ";ext=",
        ";isub=",
        "+",
        "＋",
        "-",
        ".",
        " ",
        "/",
        "\\",
        "(",
        ")",
        "[",
        "*",
        "~",
        "～",
        "0",
        "00",
        "011",
        "1",
        "12",
        "44",
        "880",
        "1712",
        "345678",
        "202",
        "٣",
        "۴",
        "৫",
        "৭৮৯",
        "７",
        "𝟙",
        "a",
        "ABC",
        "FLOWERS",
        "доб",
        "int",
        "anexo",
        "ſ",
        "ı",
        "İ",
        "½",
        "²",
        "〇",
        "\0",
        "\n",
        "\r\n",
        "\t",
        "\u{200f}",
        "\u{301}",
        "\u{a0}",
        "é",
        "😀",
        "A.com",
        "+64",
        "=",
    ];
    vec(select(fragments), 0..14).prop_map(|fragments| fragments.concat())
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![number_like(), any::<String>(), "[+(]?[0-9 ().-]{2,24}"]
}

fn some_region() -> impl Strategy<Value = Option<Region>> {
    let mut known: Vec<Option<Region>> = regions().iter().map(|(region, _)| Some(*region)).collect();
    known.extend([None, Some(Region::UNKNOWN), "XX".parse().ok()]);
    select(known)
}

/// Numbers in the neighbourhood of the plans' examples: the last digits changed, valid or not.
fn numbers() -> impl Strategy<Value = (Region, PhoneNumber)> {
    let examples: Vec<(Region, PhoneNumber)> = regions()
        .iter()
        .flat_map(|(region, _)| {
            LineType::ALL.iter().filter_map(|kind| Some((*region, example(*region, *kind)?)))
        })
        .collect();
    (select(examples), 0..10_000u32).prop_map(|((region, number), tail)| {
        let e164 = number.e164();
        let (head, old) = e164.as_str().split_at(e164.as_str().len() - 4);
        let tail = format!("{tail:04}");
        assert_eq!(tail.len(), old.len());
        (region, PhoneNumber::from_e164(&format!("{head}{tail}")).expect("as long as the example"))
    })
}

fn national_digits_shown(number: PhoneNumber, shown: &str) -> usize {
    let national =
        shown.strip_prefix(&format!("+{}", number.country_code())).expect("the calling code is shown");
    national.chars().filter(|c| c.is_numeric()).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_text_is_a_number_or_says_why(raw in texts(), region in some_region()) {
        let line = ParsedLine::of(&raw, region);
        prop_assert!(!line.columns().iter().any(|column| column.contains(['\t', '\n', '\r'])));
        match parse(&raw, region) {
            Ok(parsed) => {
                let number = parsed.number;
                let e164 = number.e164();
                prop_assert_eq!(PhoneNumber::from_e164(e164.as_str()), Ok(number));
                prop_assert_eq!(PhoneNumber::from_bits(number.to_bits()), Some(number));
                prop_assert_eq!(line.columns()[1], e164.as_str());
                prop_assert_eq!(line.columns()[2], number.is_valid().to_string());
                prop_assert_eq!(number.is_valid(), number.line_type() != LineType::Unknown);
                prop_assert!(national_digits_shown(number, &number.mask()) <= 3);
                for format in Format::ALL {
                    prop_assert!(!number.format(*format).is_empty());
                }
            }
            Err(error) => {
                prop_assert!(!error.to_string().contains(|c: char| c.is_numeric()));
                // The one reason of our own: a number with more digits than any plan has.
                if error != ParseError::TooLong {
                    prop_assert_eq!(line.columns()[6], error.code());
                }
            }
        }
    }

    #[test]
    fn debug_shows_no_more_than_the_mask((_, number) in numbers(), extension in "[0-9]{4,7}") {
        let raw = format!("{} ext. {extension}", number.e164());
        let parsed = parse(&raw, None).expect("E.164 with an extension");
        let national = number.national_significant();
        let secret = &national.as_str()[..national.len() - 3];
        // Two or three digits may stand anywhere by chance.
        if secret.len() < 4 {
            return Ok(());
        }
        for shown in [
            format!("{parsed:?}"),
            format!("{:?}", ParsedLine::of(&raw, None)),
            format!("{number} {number:?} {:?} {national:?}", number.e164()),
        ] {
            prop_assert!(!shown.contains(secret), "{shown}");
            prop_assert!(!shown.contains(&extension), "{shown}");
        }
    }

    #[test]
    fn what_is_written_is_read_back((region, number) in numbers()) {
        if !number.is_valid() {
            return Ok(());
        }
        for format in [Format::E164, Format::International, Format::Rfc3966] {
            let written = number.format(format);
            prop_assert_eq!(parse(&written, None).map(|parsed| parsed.number), Ok(number), "{}", written);
        }
        let home = number.region().expect("valid numbers have a region");
        if home != Region::NON_GEOGRAPHIC && home == region {
            let written = number.format(Format::National);
            prop_assert_eq!(parse(&written, Some(home)).map(|parsed| parsed.number), Ok(number), "{}", written);
        }
    }

    #[test]
    fn every_digit_string_is_kept((code, national) in (select(regions()), "[0-9]{2,16}|00[0-9]{15}")) {
        let e164 = format!("+{}{national}", code.1);
        let number = PhoneNumber::from_e164(&e164).expect("fits");
        prop_assert_eq!(number.e164().to_string(), e164);
        prop_assert_eq!(number.country_code(), code.1);
        prop_assert_eq!(number.national_significant().to_string(), national);
    }

    #[test]
    fn order_is_by_calling_code_length_and_digits(
        a in (select(regions()), "[0-9]{2,16}"), b in (select(regions()), "[0-9]{2,16}"),
    ) {
        let key = |(code, digits): &((Region, u16), String)| (code.1, digits.len(), digits.clone());
        let number = |(code, digits): &((Region, u16), String)| {
            PhoneNumber::from_e164(&format!("+{}{digits}", code.1)).expect("fits")
        };
        prop_assert_eq!(number(&a).cmp(&number(&b)), key(&a).cmp(&key(&b)));
        prop_assert_eq!(number(&a).to_bits().cmp(&number(&b).to_bits()), key(&a).cmp(&key(&b)));
    }

    #[test]
    fn bits_that_no_number_has_are_refused(bits in any::<u64>()) {
        if let Some(number) = PhoneNumber::from_bits(bits) {
            prop_assert_eq!(number.to_bits(), bits);
            prop_assert!((1..=999).contains(&number.country_code()));
            prop_assert!((2..=17).contains(&number.national_significant().len()));
        }
    }

    #[test]
    fn numbers_are_found_where_they_stand(
        before in "[^0-9+]{0,12}[.!?] ", (_, number) in numbers(), after in " [a-z ]{0,12}", noise in texts(), region in some_region(),
    ) {
        let text = format!("{noise}\n{before}{}{after}", number.format(Format::International));
        for found in find(&text, region) {
            let written = text.get(found.range.clone());
            prop_assert!(written.is_some());
            prop_assert!(found.number.is_valid());
        }
        let alone = format!("Ring {} now.", number.format(Format::International));
        let found: Vec<PhoneNumber> = find(&alone, None).map(|found| found.number).collect();
        prop_assert_eq!(found, if number.is_valid() { vec![number] } else { vec![] });
    }

    #[test]
    fn typing_loses_and_adds_no_digit(keys in prop_oneof!["[+]?[0-9]{0,20}", texts()], region in some_region()) {
        let digits = |text: &str| text.chars().filter(|c| c.is_numeric()).collect::<String>();
        let mut field = AsYouType::new(region);
        for key in keys.chars() {
            field.push(key);
        }
        if keys.chars().all(|c| c.is_ascii_digit() || c == '+') {
            prop_assert_eq!(digits(field.shown()), digits(&keys));
        }
        if keys.chars().any(|c| !c.is_numeric() && c != '+' && c != '＋') {
            prop_assert_eq!(field.shown(), &keys);
        }
        for _ in keys.chars() {
            field.pop();
        }
        prop_assert_eq!(field.shown(), "");
    }
}

#[test]
fn every_region_has_examples_of_what_it_has() {
    let mut kinds = BTreeSet::new();
    for (region, calling_code) in regions() {
        for kind in LineType::ALL {
            let Some(number) = example(*region, *kind) else { continue };
            assert!(
                number.line_type() == *kind || number.line_type() == LineType::FixedLineOrMobile,
                "{region} {kind}"
            );
            assert!(*region == Region::NON_GEOGRAPHIC || number.country_code() == *calling_code);
            kinds.insert(*kind);
        }
    }
    // Between them the regions have numbers of every type.
    let expected: BTreeSet<_> =
        LineType::ALL.iter().copied().filter(|kind| *kind != LineType::Unknown).collect();
    assert_eq!(kinds, expected);
}
