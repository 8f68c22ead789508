//! Numbers whose right reading is public knowledge: national numbering plans, ITU-T E.164 and E.123, RFC 3966, and the cases that
//! libphonenumber's own documentation and tests give as examples of what must happen.

use numbering::{Format, LineType, ParseError, Possibility, Region, parse, regions};

fn region(code: &str) -> Option<Region> {
    (code != "ZZ").then(|| code.parse().expect("a region code"))
}

#[test]
fn spellings_of_one_number_are_one_number() {
    let same: &[(&str, &[(&str, &str)])] = &[
        // Bangladesh: trunk prefix 0, mobile 013 to 019 and eight digits.
        (
            "+8801712345678",
            &[
                ("BD", "01712345678"),
                ("BD", "01712-345678"),
                ("BD", "+880 1712 345678"),
                ("BD", "8801712345678"),
                ("BD", "008801712345678"),
                ("BD", "+880 (0) 1712-345678"),
                ("BD", "০১৭১২-৩৪৫৬৭৮"),
                ("BD", "+৮৮০ ১৭১২ ৩৪৫৬৭৮"),
                ("US", "011 880 1712 345678"),
                ("FI", "tel:+880-1712-345678"),
                ("ZZ", "＋８８０１７１２３４５６７８"),
                ("ZZ", "Mobile: +8801712345678"),
            ],
        ),
        (
            "+40712345678",
            &[("RO", "0712 345 678"), ("RO", "0712.345.678"), ("DE", "0040712345678"), ("RO", "40712345678")],
        ),
        ("+358401234567", &[("FI", "040-1234567"), ("FI", "040 123 4567"), ("FI", "+358 (0)40 123 4567")]),
        // London numbers that Ofcom keeps for drama.
        (
            "+442079460000",
            &[("GB", "020 7946 0000"), ("GB", "(020) 7946 0000"), ("AU", "0011 44 20 7946 0000")],
        ),
        ("+41446681800", &[("CH", "044 668 18 00"), ("CH", "0041 44 668 18 00"), ("CH", "044/668 18 00")]),
        // Keypad letters, ITU-T E.161.
        ("+18003569377", &[("US", "1-800-FLOWERS"), ("US", "(800) flowers"), ("US", "1 (800) 356-9377")]),
        // Argentina: 0 and 15 at home, 9 abroad.
        (
            "+5491187654321",
            &[("AR", "011 15-8765-4321"), ("AR", "+54 9 11 8765 4321"), ("AR", "54 9 11 8765 4321")],
        ),
        // Brazil: the code of a carrier may follow the 0.
        (
            "+5511961234567",
            &[("BR", "011 96123-4567"), ("BR", "021 11 96123-4567"), ("BR", "+55 11 96123-4567")],
        ),
        // Trunk prefixes that are not 0.
        ("+74951234567", &[("RU", "8 (495) 123-45-67"), ("RU", "+7 495 123 45 67")]),
        ("+3612345678", &[("HU", "06 1 234 5678"), ("HU", "+36 1 234 5678")]),
        // Italy keeps its zero abroad.
        ("+390669812345", &[("IT", "06 698 12345"), ("US", "011 39 06 69812345")]),
        // Arabic-Indic and Persian digits.
        ("+201001234567", &[("EG", "٠١٠ ٠١٢٣ ٤٥٦٧"), ("EG", "+۲۰ ۱۰ ۰۱۲۳ ۴۵۶۷")]),
        // RFC 3966 with a context.
        (
            "+6433316005",
            &[("US", "tel:03-331-6005;phone-context=+64"), ("US", "tel:331-6005;phone-context=+64-3")],
        ),
    ];
    for (e164, spellings) in same {
        for (code, raw) in *spellings {
            let number = parse(raw, region(code)).map(|parsed| parsed.number.e164().as_str().to_owned());
            assert_eq!(number.as_deref(), Ok(*e164), "{raw} in {code}");
        }
    }
}

#[test]
fn line_types_and_regions_are_the_plans() {
    use LineType::*;
    for (e164, home, line_type) in [
        ("+8801712345678", "BD", Mobile),
        ("+40712345678", "RO", Mobile),
        ("+40213123456", "RO", FixedLine),
        ("+358401234567", "FI", Mobile),
        ("+12025550173", "US", FixedLineOrMobile),
        ("+16045550123", "CA", FixedLineOrMobile),
        ("+17875550123", "PR", FixedLineOrMobile),
        ("+18005550199", "US", TollFree),
        // Ofcom's National Telephone Numbering Plan.
        ("+442079460000", "GB", FixedLine),
        ("+448001234567", "GB", TollFree),
        ("+449098790000", "GB", PremiumRate),
        ("+445601234567", "GB", Voip),
        ("+447012345678", "GB", PersonalNumber),
        ("+447640123456", "GB", Pager),
        ("+445512345678", "GB", Uan),
        ("+441481256789", "GG", FixedLine),
        // The Vatican's numbers lie in Rome's, San Marino has its own code.
        ("+390669812345", "VA", FixedLine),
        ("+3780549886377", "SM", FixedLine),
        ("+77011234567", "KZ", Mobile),
        ("+74951234567", "RU", FixedLine),
        ("+81120123456", "JP", TollFree),
        // ITU-T E.169.1: universal international freephone; E.164: Inmarsat.
        ("+80012345678", "001", TollFree),
        ("+870773111632", "001", Mobile),
    ] {
        let number = numbering::PhoneNumber::from_e164(e164).expect(e164);
        assert_eq!((number.region(), number.line_type()), (region(home), line_type), "{e164}");
        assert!(number.is_valid(), "{e164}");
        assert_eq!(number.possibility(), Possibility::Possible, "{e164}");
    }
}

#[test]
fn numbers_are_written_as_the_plans_write_them() {
    for (e164, international, national, link) in [
        ("+41446681800", "+41 44 668 18 00", "044 668 18 00", "tel:+41-44-668-18-00"),
        ("+12025550173", "+1 202-555-0173", "(202) 555-0173", "tel:+1-202-555-0173"),
        ("+442079460000", "+44 20 7946 0000", "020 7946 0000", "tel:+44-20-7946-0000"),
        ("+5491187654321", "+54 9 11 8765-4321", "011 15-8765-4321", "tel:+54-9-11-8765-4321"),
        ("+33123456789", "+33 1 23 45 67 89", "01 23 45 67 89", "tel:+33-1-23-45-67-89"),
        ("+8801712345678", "+880 1712-345678", "01712-345678", "tel:+880-1712-345678"),
    ] {
        let number = numbering::PhoneNumber::from_e164(e164).expect(e164);
        assert_eq!(number.format(Format::E164), e164);
        assert_eq!(number.format(Format::International), international);
        assert_eq!(number.format(Format::National), national);
        assert_eq!(number.format(Format::Rfc3966), link);
    }
}

#[test]
fn extensions_are_kept_apart() {
    for (code, raw, e164, extension) in [
        ("NZ", "03 331 6005 ext 3456", "+6433316005", "3456"),
        ("NZ", "03-331-6005x3456", "+6433316005", "3456"),
        ("NZ", "03 331 6005 #3456", "+6433316005", "3456"),
        ("ZZ", "tel:+64-3-331-6005;ext=3456", "+6433316005", "3456"),
        ("US", "(800) 901-3355 ,,7246433", "+18009013355", "7246433"),
        ("US", "+1 (202) 555-0173 - 910#", "+12025550173", "910"),
        ("RU", "8 495 123-45-67 доб. 12", "+74951234567", "12"),
        ("ES", "912 345 678 extensión 7", "+34912345678", "7"),
        // Two numbers with different extensions: the first one is meant.
        ("US", "(530) 583-6985 x302/x2303", "+15305836985", "302"),
    ] {
        let parsed = parse(raw, region(code)).expect(raw);
        assert_eq!(parsed.number.e164().as_str(), e164, "{raw}");
        assert_eq!(parsed.extension.expect(raw).as_str(), extension, "{raw}");
    }
    assert_eq!(parse("03 331 6005", region("NZ")).expect("a number").extension, None);
}

#[test]
fn what_is_not_a_number_says_why() {
    use ParseError::*;
    for (code, raw, error) in [
        ("US", "This is not a phone number", NotANumber),
        ("US", "1 Still not a number", NotANumber),
        ("US", "", NotANumber),
        ("US", "+---", NotANumber),
        ("US", "+***", NotANumber),
        ("US", "tel:253-0000;phone-context=", NotANumber),
        ("GB", "12 ext. 345", NotANumber),
        ("ZZ", "123 456 7890", InvalidCountryCode),
        ("001", "123 456 7890", InvalidCountryCode),
        ("NZ", "+210 3456 56789", InvalidCountryCode),
        ("ZZ", "+0 123 456", InvalidCountryCode),
        ("US", "0119", TooShortAfterIdd),
        ("US", "011", TooShortAfterIdd),
        ("ZZ", "+49 0", TooShortNsn),
        ("GB", "01495 72553301873 810104", TooLong),
    ] {
        assert_eq!(parse(raw, region(code)), Err(error), "{raw} in {code}");
    }
    for error in ParseError::ALL {
        assert_eq!(ParseError::from_code(error.code()), Some(*error));
    }
}

#[test]
fn possible_is_less_than_valid() {
    use Possibility::*;
    for (e164, possibility) in [
        ("+12025550173", Possible),
        // North American area codes do not start with 1.
        ("+11235550173", Possible),
        ("+15550173", LocalOnly),
        ("+1202555", TooShort),
        ("+120255501734", TooLong),
    ] {
        let number = numbering::PhoneNumber::from_e164(e164).expect(e164);
        assert_eq!(number.possibility(), possibility, "{e164}");
    }
    assert!(!numbering::PhoneNumber::from_e164("+11235550173").expect("a number").is_valid());
}

#[test]
fn strict_e164_is_strict() {
    use ParseError::*;
    for (text, error) in [
        ("8801712345678", NotANumber),
        ("+880 1712345678", NotANumber),
        (" +8801712345678", NotANumber),
        ("+৮৮০১৭১২৩৪৫৬৭৮", NotANumber),
        ("++8801712345678", NotANumber),
        ("+", NotANumber),
        ("", NotANumber),
        ("+0123456789", InvalidCountryCode),
        ("+2101234567", InvalidCountryCode),
        ("+8", InvalidCountryCode),
        ("+880", TooShortNsn),
        ("+8801", TooShortNsn),
        ("+88012345678901234567", TooLong),
        ("+880123456789012345678", TooLong),
    ] {
        assert_eq!(numbering::PhoneNumber::from_e164(text), Err(error), "{text}");
    }
}

#[test]
fn regions_know_their_calling_codes() {
    for (code, calling_code) in
        [("BD", 880), ("RO", 40), ("FI", 358), ("US", 1), ("CA", 1), ("VA", 39), ("KZ", 7), ("XK", 383)]
    {
        assert_eq!(region(code).expect(code).calling_code(), Some(calling_code), "{code}");
        assert!(regions().contains(&(region(code).expect(code), calling_code)));
    }
    assert!(regions().contains(&(Region::NON_GEOGRAPHIC, 800)));
    assert!(!Region::UNKNOWN.is_supported());
    assert_eq!(Region::NON_GEOGRAPHIC.calling_code(), None);
}
