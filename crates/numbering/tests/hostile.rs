//! Input made to break things. Each of these once broke some phone-number library.

use numbering::{AsYouType, ParseError, ParsedLine, Region, find, parse};

fn outcome(raw: &str, region: &str) -> Result<String, ParseError> {
    parse(raw, region.parse().ok()).map(|parsed| parsed.number.e164().to_string())
}

#[test]
fn contexts_out_of_place() {
    for raw in [
        ".;phone-context=",
        "+dwPAA;phone-context=AA",
        ";phone-context=",
        ";phone-context=;phone-context=",
        "tel:;phone-context=",
        ";phone-context=tel:",
        ";phone-context=a.com;tel:12345678",
        "12345678;phone-context=a.com;tel:",
        "tel:tel:;phone-context=tel:",
        "1;phone-context=+",
        "x;phone-context=৫",
    ] {
        for region in ["US", "BD", "ZZ"] {
            assert_eq!(outcome(raw, region), Err(ParseError::NotANumber), "{raw} in {region}");
        }
    }
    // A context that is a whole number of its own, with the scheme behind it: there is no part before it to add.
    assert_eq!(outcome("x;phone-context=+12025550173;tel:5", "ZZ"), Ok("+12025550173".to_owned()));
}

#[test]
fn control_characters_and_line_ends() {
    assert_eq!(outcome("\0\0\0", "US"), Err(ParseError::NotANumber));
    assert_eq!(outcome("202\x00555\x000173", "US"), Err(ParseError::NotANumber));
    assert_eq!(outcome("202-555-0173\0", "US"), Ok("+12025550173".to_owned()));
    assert_eq!(outcome("\n202-555-0173\r\n", "US"), Ok("+12025550173".to_owned()));
    // What stands before a line end is not dropped in favour of what stands behind it.
    assert_eq!(outcome("020 7946 0000\n12345/x6", "GB"), Err(ParseError::NotANumber));
    let line = ParsedLine::of("020\t7946\n0000\r", "GB".parse().ok());
    assert_eq!(line.raw(), "020 7946 0000 ");
    assert_eq!(line.columns()[6], "NOT_A_NUMBER");
}

#[test]
fn length_is_bounded_in_characters() {
    let digits = |count: usize| format!("{}2025550173", " ".repeat(count - 10));
    assert_eq!(outcome(&digits(250), "US"), Ok("+12025550173".to_owned()));
    assert_eq!(outcome(&digits(251), "US"), Err(ParseError::TooLong));
    // Four bytes each, and still not too long.
    let wide = format!("{}2025550173", "😀".repeat(240));
    assert_eq!(outcome(&wide, "US"), Ok("+12025550173".to_owned()));
    for unit in ["1", "+", "(", "৭", "1 ", ";phone-context=", "tel:", "1/x", "\0", "ext", "+1 202 555 0173,"]
    {
        let megabyte = unit.repeat(1_000_000 / unit.len());
        assert_eq!(outcome(&megabyte, "US"), Err(ParseError::TooLong), "{unit}");
        assert_eq!(ParsedLine::of(&megabyte, None).columns()[6], "TOO_LONG");
    }
    let mut field = AsYouType::new("US".parse().ok());
    for key in "1".repeat(1000).chars() {
        field.push(key);
    }
    assert_eq!(field.shown(), "1".repeat(1000));
}

#[test]
fn a_megabyte_of_text_is_searched() {
    let text = "Call +1 202-555-0173, ".repeat(1000);
    assert_eq!(find(&text, None).count(), 1000);
    for unit in ["1", "+", "(", "1 ", "1/x", "[1]", "1-", "12 345678 "] {
        let text = unit.repeat(20_000 / unit.len());
        assert_eq!(find(&text, Some(Region::UNKNOWN)).count(), 0, "{unit}");
    }
}

#[test]
fn more_digits_than_a_number_holds() {
    // Seventeen national digits: no plan has them unless they start with 00 (Indonesia and Japan).
    assert_eq!(outcome("+880 12345 67890 12345 67", "ZZ"), Err(ParseError::TooLong));
    let line = ParsedLine::of("+8801234567890123 4567", None);
    assert_eq!(line.columns()[1..4], ["+88012345678901234567", "false", "UNKNOWN"]);
    assert_eq!(outcome("+81 0037 12345 67890 123", "ZZ"), Ok("+8100371234567890123".to_owned()));
    assert_eq!(outcome("+62 001803 12345 678901", "ZZ"), Ok("+6200180312345678901".to_owned()));
    // Nothing but zeros keeps all of them.
    assert_eq!(outcome("+39 0000 0000 0000 0000", "ZZ"), Ok("+390000000000000000".to_owned()));
}

#[test]
fn punctuation_of_the_world() {
    for raw in [
        "０２０　７９４６　００００",
        "020～7946 0000",
        "020~7946 0000",
        "020–7946—0000",
        "020ー7946ー0000",
        "(020)7946.0000",
        "[020] 7946/0000",
        "\u{202a}020\u{a0}7946\u{a0}0000\u{202c}",
        "020\u{ad}7946\u{2060}0000",
    ] {
        assert_eq!(outcome(raw, "GB"), Ok("+442079460000".to_owned()), "{raw}");
    }
    // Before the last digits a tilde, wide or not, announces an extension.
    for raw in ["020 7946 0000～12", "020 7946 0000 ~12"] {
        let parsed = parse(raw, "GB".parse().ok()).expect(raw);
        assert_eq!(parsed.number.e164().as_str(), "+442079460000");
        assert_eq!(parsed.extension.expect(raw).as_str(), "12");
    }
}
