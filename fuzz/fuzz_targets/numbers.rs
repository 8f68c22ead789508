//! Whatever is typed is a number or says why, and what is read is written so that it is read back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use numbering::{
    AsYouType, Format, LineType, ParseError, ParsedLine, PhoneNumber, Plans, Region, agreement, current, parse, regions,
    short,
};

/// The first byte says where the text was typed.
fn split(data: &[u8]) -> Option<(Option<Region>, &str)> {
    let (&first, rest) = data.split_first()?;
    let region = regions().get(usize::from(first)).map(|(region, _)| *region);
    Some((region, std::str::from_utf8(rest).ok()?))
}

fuzz_target!(|data: &[u8]| {
    let Some((region, text)) = split(data) else { return };
    let line = ParsedLine::of(text, region);
    assert!(!line.columns().iter().any(|column| column.contains(['\t', '\n', '\r'])));
    match parse(text, region) {
        Ok(parsed) => {
            let number = parsed.number;
            check(number, region, text);
            assert_eq!(line.columns()[1], number.e164().as_str());
            assert_eq!(line.columns()[2], number.is_valid().to_string());
        }
        Err(ParseError::TooLong) => {}
        Err(error) => assert_eq!(line.columns()[6], error.code()),
    }
    if let Ok(written) = Plans::BUILT_IN.parse(text, region) {
        for from in [region, None] {
            let _ = (written.format_like(text, from), written.format_with_letters(text, from));
            let _ = (written.format_for_mobile(from, true), written.format_from(from));
        }
        let _ = (written.without_surplus(), written.format_by_carrier("15"), written.destination_code_length());
        assert!(written.area_code_length() <= written.national_significant().as_str().len());
    }
    let mut field = AsYouType::new(region);
    for key in text.chars().take(40) {
        field.push(key);
    }
    for _ in text.chars().take(40) {
        field.pop();
    }
    assert_eq!(field.shown(), "", "every key was taken away again");
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let (one, other) = text.split_at(middle);
    assert_eq!(agreement(one, other), agreement(other, one));
});

fn check(number: PhoneNumber, region: Option<Region>, text: &str) {
    let e164 = number.e164();
    assert_eq!(PhoneNumber::from_e164(e164.as_str()), Ok(number));
    assert_eq!(PhoneNumber::from_bits(number.to_bits()), Some(number));
    assert_eq!(number.is_valid(), number.line_type() != LineType::Unknown);
    assert!(!number.mask().contains(e164.without_plus()) || e164.without_plus().len() < 7);
    for format in Format::ALL {
        assert!(!number.format(*format).is_empty());
    }
    // libphonenumber takes a national prefix away behind the calling code, too, and so takes a part of the few numbers that begin with its digits: Belarus' +375 810 113 3825.
    let prefix = number.region().and_then(|region| Plans::BUILT_IN.national_prefix(region));
    let is_ambiguous = prefix.is_some_and(|prefix| number.national_significant().as_str().starts_with(prefix));
    if number.is_valid() && !is_ambiguous {
        for format in [Format::E164, Format::International, Format::Rfc3966] {
            let written = number.format(format);
            assert_eq!(parse(&written, None).map(|parsed| parsed.number), Ok(number), "{written}");
        }
    }
    let _ = number.possibility();
    if let Some((now, _)) = current(number) {
        assert_eq!(current(now).map(|(again, _)| again), None, "a number is written anew once");
    }
    short::is_valid(number);
    short::is_possible(number);
}
