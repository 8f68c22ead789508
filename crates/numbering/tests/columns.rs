//! Whole columns, comparisons and the finer points of numbers in text: the same answers as one by one, and those of the plans.

use numbering::{
    Agreement, Batch, CodeSource, Format, Leniency, LineType, ParseError, ParsedLine, Plans, Possibility,
    Region, agreement, find_with, parse,
};
use proptest::{collection::vec, prelude::*};

fn region(code: &str) -> Option<Region> {
    code.parse().ok()
}

proptest! {
    #[test]
    fn a_column_is_its_rows(
        texts in vec(prop_oneof!["[+]?[0-9 ()./-]{0,24}", "[+0-9a-z;=,# ]{0,20}", any::<String>()], 0..40),
        code in prop_oneof![Just("BD"), Just("IT"), Just("US"), Just("AR"), Just("ZZ")],
    ) {
        let mut batch = Batch::default();
        batch.read(&texts, region(code));
        prop_assert_eq!(batch.len(), texts.len());
        for (row, text) in texts.iter().enumerate() {
            let line = ParsedLine::of(text, region(code));
            let extension = batch.extensions.iter().find(|(at, _)| *at == row).map(|(_, extension)| extension.as_str());
            match &line.outcome {
                Ok(known) => {
                    prop_assert_eq!(batch.errors[row], None);
                    prop_assert_eq!(batch.e164[row], known.e164);
                    prop_assert_eq!(batch.line_types[row], known.line_type);
                    prop_assert_eq!(batch.regions[row], known.region);
                    prop_assert_eq!(extension, known.extension.as_ref().map(|extension| extension.as_str()));
                    prop_assert_eq!(batch.numbers[row], parse(text, region(code)).ok().map(|parsed| parsed.number));
                }
                Err(error) => {
                    prop_assert_eq!(batch.errors[row], Some(*error));
                    prop_assert_eq!(batch.numbers[row], None);
                    prop_assert!(batch.e164[row].is_empty());
                }
            }
        }
    }

    /// The quick way must say what the slow one says; an ideographic space is a separator that only the slow one takes.
    #[test]
    fn the_quick_way_agrees_with_the_slow_one(
        text in "[+(]{0,2}[0-9][0-9 ().+/\\[\\]-]{1,22}[0-9]",
        code in prop_oneof![Just("BD"), Just("IT"), Just("US"), Just("MX"), Just("ZZ")],
    ) {
        let slow = format!("\u{3000}{}", text.replace(' ', "\u{3000}"));
        prop_assert_eq!(ParsedLine::of(&text, region(code)).outcome, ParsedLine::of(&slow, region(code)).outcome);
    }
}

#[test]
fn every_ascii_character_means_the_same_on_both_ways() {
    for place in
        ["%2025550173", "2025550173%", "202%5550173", "+1%2025550173", "+%12025550173", "%+12025550173"]
    {
        for character in (0..128u8).map(char::from) {
            let quick = place.replace('%', &character.to_string());
            // Nothing in front counts, but for what may begin a number.
            let slow = format!("\u{3000}{quick}");
            let us = region("US");
            assert_eq!(ParsedLine::of(&quick, us).outcome, ParsedLine::of(&slow, us).outcome, "{quick:?}");
        }
    }
}

#[test]
fn a_column_may_have_a_region_for_each_row() {
    let mut batch = Batch::default();
    batch.read_with_regions(
        &["040 123 4567", "020 7946 0000", "1"],
        &[region("FI"), region("GB"), region("FI")],
    );
    assert_eq!(batch.e164[0].as_str(), "+358401234567");
    assert_eq!(batch.e164[1].without_plus(), "442079460000");
    assert_eq!(batch.errors[2], Some(ParseError::NotANumber));
    assert_eq!(batch.possibility(0), Some(Possibility::Possible));
    assert_eq!(batch.possibility(2), None);
}

#[test]
fn spellings_agree_as_far_as_they_say_the_same() {
    for (one, other, expected) in [
        ("+64 3 331 6005", "+64 03 331 6005", Agreement::Exact),
        ("+64 3 331 6005", "tel:+64-3-331-6005;isub=123", Agreement::Exact),
        ("+64 3 331 6005 extn 3456", "+64 3 331 6005", Agreement::Short),
        ("+64 3 331 6005 extn 3456", "+64 3 331 6005 extn 3457", Agreement::None),
        ("+64 3 331 6005", "3 331 6005", Agreement::National),
        ("3 331 6005", "331 6005", Agreement::Short),
        ("+64 3 331 6005", "+16433316005", Agreement::None),
        ("+64 3 331 6005", "word", Agreement::NotANumber),
        ("4", "3 331 6043", Agreement::NotANumber),
    ] {
        assert_eq!(agreement(one, other), expected, "{one} and {other}");
        assert_eq!(agreement(other, one), expected, "{other} and {one}");
    }
}

#[test]
fn calls_from_elsewhere_are_dialled_as_there() {
    for (e164, from, dialled) in [
        ("+442079460000", "GB", "020 7946 0000"),
        ("+442079460000", "US", "011 44 20 7946 0000"),
        ("+442079460000", "AU", "0011 44 20 7946 0000"),
        // Russia waits for a tone.
        ("+442079460000", "RU", "8~10 44 20 7946 0000"),
        ("+12025550173", "CA", "1 (202) 555-0173"),
        ("+12025550173", "ZZ", "+1 202-555-0173"),
    ] {
        let number = Plans::BUILT_IN.parse(e164, None).expect(e164);
        assert_eq!(number.format_from(region(from)), dialled, "{e164} from {from}");
    }
}

#[test]
fn carriers_and_codes_are_told_apart() {
    let number = Plans::BUILT_IN.parse("0 31 11 96123-4567", region("BR")).expect("a number");
    assert_eq!((number.carrier(), number.code_source()), ("31", CodeSource::DefaultRegion));
    for (raw, source) in [
        ("+8801712345678", CodeSource::Plus),
        ("008801712345678", CodeSource::InternationalPrefix),
        ("8801712345678", CodeSource::Digits),
        ("01712345678", CodeSource::DefaultRegion),
    ] {
        assert_eq!(Plans::BUILT_IN.parse(raw, region("BD")).expect(raw).code_source(), source, "{raw}");
    }
    assert_eq!(Plans::BUILT_IN.parse_anywhere("331 6005").expect("digits").country_code(), 0);
}

#[test]
fn lengths_depend_on_the_type() {
    // Bangladesh: mobile numbers have ten digits, fixed ones six to ten; Sweden's numbers of both kinds differ likewise.
    let number = Plans::BUILT_IN.parse("+880171234567", None).expect("a number");
    assert_eq!(number.possibility(LineType::Mobile), Possibility::TooShort);
    assert_eq!(number.possibility(LineType::FixedLine), Possibility::Possible);
    // Nobody has pagers there.
    assert_eq!(number.possibility(LineType::Pager), Possibility::InvalidLength);
}

#[test]
fn what_is_too_long_can_be_cut() {
    let number = Plans::BUILT_IN.parse("+1 202 555 0173 99", None).expect("a number");
    assert_eq!(number.without_surplus().expect("a valid beginning").e164().as_str(), "+12025550173");
    assert!(Plans::BUILT_IN.parse("+1 123", None).expect("digits").without_surplus().is_none());
}

#[test]
fn strictness_is_a_choice() {
    let count = |text: &str, code: &str, leniency| find_with(text, region(code), leniency).count();
    use Leniency::{ExactGrouping, Possible, StrictGrouping, Valid};
    for (text, code, expected) in [
        ("Ring (202) 555-0173 now", "US", [1, 1, 1, 1]),
        ("Ring 2025550173 now", "US", [1, 1, 1, 1]),
        ("Ring 202 5550173 now", "US", [1, 1, 1, 0]),
        ("Ring 20 25 55 01 73 now", "US", [1, 1, 0, 0]),
        ("Ring 1235550173 now", "US", [1, 0, 0, 0]),
        ("abc2025550173", "US", [1, 0, 0, 0]),
        ("on 3/10/2011 at nine", "US", [0, 0, 0, 0]),
        ("2012-01-02 08:00", "US", [0, 0, 0, 0]),
    ] {
        let found =
            [Possible, Valid, StrictGrouping, ExactGrouping].map(|leniency| count(text, code, leniency));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn extensions_are_written_as_the_plan_says() {
    let number = Plans::BUILT_IN.parse("+44 20 7946 0000 x12", None).expect("a number");
    assert_eq!(number.format(Format::International), "+44 20 7946 0000 x12");
    assert_eq!(number.format(Format::Rfc3966), "tel:+44-20-7946-0000;ext=12");
    assert_eq!(number.format(Format::E164), "+442079460000");
    let number = Plans::BUILT_IN.parse("+1 202 555 0173 x12", None).expect("a number");
    assert_eq!(number.format(Format::National), "(202) 555-0173 ext. 12");
}
