//! Old numbers that became new ones, each from the regulator's own description of the change.

use numbering::{METADATA_VERSION, PhoneNumber, Plans, RECIPES, example, regions, renormalised};

fn now(e164: &str) -> Option<(String, &'static str)> {
    let (number, recipe) = renormalised(PhoneNumber::from_e164(e164).expect(e164))?;
    Some((number.e164().to_string(), recipe.id))
}

#[test]
fn old_numbers_become_the_new_ones() {
    for (old, new, recipe) in [
        ("+5215512345678", "+525512345678", "mx-2019-mobile-1"),
        ("+22997123456", "+2290197123456", "bj-2024-ten-digits"),
        ("+22921301234", "+2290121301234", "bj-2024-ten-digits"),
        // Côte d'Ivoire, mobile: Moov, MTN, Orange.
        ("+22501020304", "+2250101020304", "ci-2021-ten-digits"),
        ("+22540123456", "+2250140123456", "ci-2021-ten-digits"),
        ("+22505060708", "+2250505060708", "ci-2021-ten-digits"),
        ("+22576123456", "+2250576123456", "ci-2021-ten-digits"),
        ("+22507080910", "+2250707080910", "ci-2021-ten-digits"),
        ("+22588123456", "+2250788123456", "ci-2021-ten-digits"),
        // Fixed: Orange, MTN, Moov.
        ("+22520212345", "+2252720212345", "ci-2021-ten-digits"),
        ("+22522412345", "+2252722412345", "ci-2021-ten-digits"),
        ("+22522012345", "+2252522012345", "ci-2021-ten-digits"),
        ("+22520812345", "+2252120812345", "ci-2021-ten-digits"),
        ("+5712281260", "+576012281260", "co-2021-fixed-60"),
        ("+5748402666", "+576048402666", "co-2021-fixed-60"),
        ("+551187654321", "+5511987654321", "br-2016-mobile-9"),
    ] {
        assert_eq!(now(old), Some((new.to_owned(), recipe)), "{old}");
        assert_eq!(now(new), None, "{new} is of today");
    }
}

#[test]
fn what_did_not_change_stays() {
    for e164 in [
        "+525512345678",
        // Benin's service numbers keep eight digits.
        "+22981123456",
        // Brazil: fixed, and trunked radio, which kept eight digits.
        "+551123456789",
        "+551177654321",
        "+8801712345678",
        // No number in either plan.
        "+5219912345",
        "+22500000000",
    ] {
        assert_eq!(now(e164), None, "{e164}");
    }
}

#[test]
fn no_valid_number_is_touched() {
    for (region, _) in regions() {
        for kind in numbering::LineType::ALL {
            if let Some(number) = example(*region, *kind) {
                assert_eq!(renormalised(number), None, "{region} {kind}");
            }
        }
    }
    for recipe in RECIPES {
        assert!(regions().iter().any(|(_, code)| *code == recipe.country_code), "{}", recipe.id);
    }
}

/// The constant is written by the generator, the release in the table as well: they come from one run.
#[test]
fn the_release_is_the_tables() {
    assert_eq!(Plans::BUILT_IN.release(), METADATA_VERSION);
}
