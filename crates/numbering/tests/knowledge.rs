//! What is publicly known of numbers: carriers, places, time zones, short numbers. Expected values are those of national numbering
//! plans and of libphonenumber's data, read there and not here.

use numbering::{
    LineType, PhoneNumber, Region, example,
    know::{self, Known, Language, TimeZones},
    parse, regions,
    short::{self, Cost},
};
use proptest::{prelude::*, sample::select};

fn number(e164: &str) -> PhoneNumber {
    PhoneNumber::from_e164(e164).expect(e164)
}

fn region(code: &str) -> Region {
    code.parse().expect("a region code")
}

fn language(code: &str) -> Language {
    code.parse().expect(code)
}

#[test]
fn towns_have_names_in_the_languages_spoken_there() {
    for (e164, code, place) in [
        ("+41446681800", "de", Some("Zürich")),
        ("+41446681800", "it", Some("Zurigo")),
        ("+41446681800", "en", Some("Zurich")),
        // No French name: English stands in.
        ("+41446681800", "fr", Some("Zurich")),
        ("+442079460000", "en", Some("London")),
        ("+493012345678", "de", Some("Berlin")),
        ("+3213555555", "nl", Some("Diest")),
        // Beijing, and Taipei in the script that is read in Taiwan.
        ("+861012345678", "zh", Some("北京市")),
        ("+861012345678", "en", Some("Beijing")),
        ("+81312345678", "ja", Some("東京")),
        // Area codes 650 and 604, and the country where the range says no more.
        ("+16502530000", "en", Some("Mountain View, CA")),
        ("+16045550123", "en", Some("British Columbia")),
        // Mobile numbers have a country, and in Argentina a town: the 9 is passed over.
        ("+8801712345678", "en", Some("Bangladesh")),
        ("+37251234567", "et", Some("Eesti")),
        // A mobile number of Finland may be one of Åland, which has a region of its own.
        ("+358942452100", "fi", Some("Helsinki")),
        ("+358401234567", "fi", None),
        ("+5491187654321", "en", Some("Buenos Aires")),
        // Toll-free numbers of North America belong to many countries, satellites to none.
        ("+18005550199", "en", None),
        ("+870773111632", "en", None),
        // Not a number of any plan.
        ("+11235550173", "en", None),
    ] {
        assert_eq!(know::place(number(e164), language(code)), place, "{e164} in {code}");
    }
}

#[test]
fn a_reader_abroad_is_told_the_country() {
    let zurich = number("+41446681800");
    assert_eq!(know::place_seen_from(zurich, language("de"), region("CH")), Some("Zürich"));
    assert_eq!(know::place_seen_from(zurich, language("de"), region("DE")), Some("Schweiz"));
    assert_eq!(know::country(zurich, language("fr")), Some("Suisse"));
    // One calling code, several countries: the range decides.
    for (e164, country) in [
        ("+12025550173", "United States"),
        ("+16045550123", "Canada"),
        ("+12423651234", "Bahamas"),
        ("+441481256789", "Guernsey"),
        ("+74951234567", "Russia"),
        ("+77011234567", "Kazakhstan"),
    ] {
        assert_eq!(know::country(number(e164), Language::ENGLISH), Some(country), "{e164}");
    }
}

#[test]
fn carriers_are_those_that_a_range_was_issued_to() {
    for (e164, code, carrier) in [
        ("+8801712345678", "en", Some("Grameenphone")),
        ("+8801812345678", "en", Some("Robi")),
        ("+8801912345678", "en", Some("Banglalink")),
        ("+40721234567", "en", Some("Vodafone")),
        ("+8613912345678", "zh", Some("中国移动")),
        ("+8613912345678", "en", Some("China Mobile")),
        // A fixed line has none.
        ("+442079460000", "en", None),
        ("+11235550173", "en", None),
    ] {
        assert_eq!(know::carrier(number(e164), language(code)), carrier, "{e164} in {code}");
    }
}

#[test]
fn a_carrier_is_a_fact_only_where_numbers_stay() {
    // Romania has had number portability since 2008; Angola's numbers stay where they are.
    let (moves, stays) = (number("+40721234567"), number("+244923123456"));
    assert_eq!(know::unported_carrier(moves, Language::ENGLISH), None);
    assert_eq!(know::unported_carrier(stays, Language::ENGLISH), know::carrier(stays, Language::ENGLISH));
    assert_eq!(know::carrier(stays, Language::ENGLISH), Some("UNITEL"));
}

#[test]
fn time_zones_are_those_of_the_place() {
    for (e164, zones) in [
        ("+358942452100", vec!["Europe/Helsinki"]),
        ("+358401234567", vec!["Europe/Helsinki", "Europe/Mariehamn"]),
        ("+8801712345678", vec!["Asia/Dhaka"]),
        ("+12125550123", vec!["America/New_York"]),
        ("+61236618300", vec!["Australia/Sydney"]),
        ("+11235550173", vec!["Etc/Unknown"]),
    ] {
        let found = know::time_zones(number(e164));
        assert_eq!(found.iter().collect::<Vec<_>>(), zones, "{e164}");
        assert_eq!(found.is_known(), zones != ["Etc/Unknown"]);
    }
    // A toll-free number belongs to the whole of North America.
    let everywhere: Vec<&str> = know::time_zones(number("+18005550199")).iter().collect();
    for zone in ["America/New_York", "America/Los_Angeles", "America/Toronto", "Pacific/Honolulu"] {
        assert!(everywhere.contains(&zone), "{zone}");
    }
    assert_eq!(format!("{:?}", TimeZones::UNKNOWN), "[\"Etc/Unknown\"]");
}

#[test]
fn everything_known_comes_in_one_answer() {
    let vodafone = number("+40721234567");
    let known = Known::of(vodafone, Language::ENGLISH);
    assert_eq!(
        (known.region, known.place, known.carrier),
        (Some(region("RO")), Some("Romania"), Some("Vodafone"))
    );
    assert_eq!(known.time_zones.iter().collect::<Vec<_>>(), ["Europe/Bucharest"]);
}

#[test]
fn emergency_numbers_are_those_of_the_country() {
    for (home, text, is_one, connects) in [
        ("FI", "112", true, true),
        ("GB", "999", true, true),
        ("GB", "112", true, true),
        ("BD", "999", true, true),
        ("US", "911", true, true),
        ("US", "9-1-1", true, true),
        ("US", "999", false, false),
        // Further digits do not keep a call from being connected, but in Brazil they do.
        ("US", "9116666666", false, true),
        ("BR", "190", true, true),
        ("BR", "9111", false, false),
        ("US", "+911", false, false),
        ("US", "", false, false),
        ("JP", "１１０", true, true),
    ] {
        assert_eq!(short::is_emergency_number(text, region(home)), is_one, "{text} in {home}");
        assert_eq!(short::connects_to_emergency_number(text, region(home)), connects, "{text} in {home}");
    }
    assert!(!short::is_emergency_number("112", Region::UNKNOWN));
}

#[test]
fn short_numbers_have_a_country_and_a_price() {
    let dial = |text: &str, home: &str| (parse(text, Some(region(home))).expect(text).number, region(home));
    // From libphonenumber's own suite, and the French plan: 1010 is a service of one carrier, 118 218 directory enquiries.
    for (text, valid, cost) in [
        ("1010", true, None),
        ("118218", true, None),
        ("123456", false, None),
        ("12345", false, Some(Cost::Unknown)),
        ("112", true, Some(Cost::TollFree)),
        // Not valid, and yet it has a cost.
        ("116123", false, Some(Cost::TollFree)),
    ] {
        let (number, france) = dial(text, "FR");
        assert_eq!(short::is_valid_in(number, france), valid, "{text}");
        assert_eq!(short::is_valid(number), valid, "{text}");
        if let Some(cost) = cost {
            assert_eq!(short::expected_cost_in(number, france), cost, "{text}");
            assert_eq!(short::expected_cost(number), cost, "{text}");
        }
    }
    let (possible, france) = dial("123456", "FR");
    assert!(short::is_possible(possible) && short::is_possible_in(possible, france));
    assert!(!short::is_possible_in(possible, region("DE")), "another calling code");
    let (carriers, states) = dial("33669", "US");
    assert!(short::is_carrier_specific_in(carriers, states));
    let (messages, _) = dial("21234", "US");
    assert!(short::is_sms_service_in(messages, states) && short::is_valid_in(messages, states));
}

#[test]
fn every_region_with_short_numbers_has_an_example() {
    assert!(short::regions().len() > 200);
    for home in short::regions() {
        let text = short::example(home).unwrap_or_else(|| panic!("{home} has no example"));
        let number = parse(text, Some(home)).expect(text).number;
        assert!(short::is_valid_in(number, home), "{text} in {home}");
        for cost in Cost::ALL {
            if let Some(text) = short::example_of_cost(home, *cost) {
                let number = parse(text, Some(home)).expect(text).number;
                assert_eq!(short::expected_cost_in(number, home), *cost, "{text} in {home}");
            }
        }
    }
}

#[test]
fn a_lookup_allocates_nothing() {
    let numbers: Vec<PhoneNumber> = regions()
        .iter()
        .filter_map(|(home, _)| example(*home, LineType::Mobile).or(example(*home, LineType::FixedLine)))
        .collect();
    assert!(numbers.len() > 200);
    let languages = ["en", "de", "zh-TW", "ru", "fa"].map(language);
    let (home, texts) = (region("US"), ["911", "9-1-1-1", "٩١١", "+911"]);
    let counted = allocation_counter::measure(|| {
        for number in &numbers {
            for language in languages {
                std::hint::black_box(know::carrier_of_valid(*number, language));
                std::hint::black_box(know::country(*number, language));
                // Argentina's mobile numbers are read again without their 9: that is up to the engine.
                if number.country_code() != 54 {
                    std::hint::black_box(know::place_of_valid(*number, language));
                }
            }
            std::hint::black_box(know::time_zones_of_valid(*number).iter().count());
            std::hint::black_box(short::is_valid(*number) && short::is_possible(*number));
            std::hint::black_box((short::expected_cost(*number), short::is_carrier_specific(*number)));
        }
        for text in texts {
            std::hint::black_box(short::connects_to_emergency_number(text, home));
        }
    });
    assert_eq!(counted.count_total, 0);
}

fn numbers() -> impl Strategy<Value = PhoneNumber> {
    (select(regions()), "[0-9]{2,16}").prop_map(|((_, code), national)| number(&format!("+{code}{national}")))
}

fn languages() -> impl Strategy<Value = Language> {
    "[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?|en|ru|zh(-TW)?".prop_map(|code| language(&code))
}

proptest! {
    #[test]
    fn no_number_and_no_language_is_too_strange(number in numbers(), language in languages(), home in select(regions())) {
        let (home, _) = home;
        for found in [
            know::place(number, language),
            know::place_of_valid(number, language),
            know::place_seen_from(number, language, home),
            know::carrier(number, language),
            know::carrier_of_valid(number, language),
            know::unported_carrier(number, language),
        ] {
            prop_assert!(found.is_none_or(|found| !found.is_empty()));
        }
        prop_assert!(know::time_zones(number).iter().count() > 0);
        // What is valid in a region is possible there, and is valid without the region too.
        if short::is_valid_in(number, home) {
            prop_assert!(short::is_possible_in(number, home) && short::is_valid(number) && short::is_possible(number));
        }
        if !number.is_valid() {
            prop_assert_eq!(know::place(number, language), None);
            prop_assert!(!know::time_zones(number).is_known());
        }
    }

    #[test]
    fn a_language_is_written_as_it_is_read(language in languages()) {
        prop_assert_eq!(language.to_string().parse::<Language>(), Ok(language));
    }

    #[test]
    fn no_text_is_too_strange_to_be_dialled(text in ".{0,40}", digits in "[0-9]{1,12}", home in select(regions())) {
        let (home, _) = home;
        let _ = short::is_emergency_number(&text, home);
        // An emergency number connects, and with it whatever is dialled after it where that is so.
        for text in [text, digits] {
            if short::is_emergency_number(&text, home) {
                prop_assert!(short::connects_to_emergency_number(&text, home));
            }
        }
    }
}
