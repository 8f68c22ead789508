//! Old numbers that became new ones, each from the regulator's own description of the change.

use numbering::{
    METADATA_VERSION, PhoneNumber, Plans, RECIPES, RECIPES_REVISION, current, example, regions, renormalised,
};
use sha2::{Digest as _, Sha256};

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
        ("+2307251234", "+23057251234", "mu-2013-mobile-5"),
        ("+23777123456", "+237677123456", "cm-2014-mobile-6"),
        ("+23799123456", "+237699123456", "cm-2014-mobile-6"),
        ("+23766123456", "+237666123456", "cm-2014-mobile-6"),
        // The regulator's and the operators' own examples.
        ("+841204567890", "+84704567890", "vn-2018-mobile-ten-digits"),
        ("+841287878888", "+84787878888", "vn-2018-mobile-ten-digits"),
        ("+841298222888", "+84828222888", "vn-2018-mobile-ten-digits"),
        ("+841699333999", "+84399333999", "vn-2018-mobile-ten-digits"),
        ("+841628555888", "+84328555888", "vn-2018-mobile-ten-digits"),
        ("+841888555888", "+84588555888", "vn-2018-mobile-ten-digits"),
        ("+841995959999", "+84595959999", "vn-2018-mobile-ten-digits"),
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
        // Cameroon's fixed numbers: where 33 went does not follow from the number.
        "+23733123456",
        // Vietnam's network codes that were never given out.
        "+841611234567",
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

#[test]
fn digits_are_read_anew_only_where_that_makes_a_number() {
    let now = |e164| {
        let (number, cause) = current(PhoneNumber::from_e164(e164).expect(e164))?;
        Some((number.e164().to_string(), cause.code()))
    };
    // A national prefix that was taken for a part of the number.
    assert_eq!(now("+4407911123456"), Some(("+447911123456".to_owned(), "plan")));
    assert_eq!(now("+5215512345678"), Some(("+525512345678".to_owned(), "mx-2019-mobile-1")));
    for stays in ["+447911123456", "+390669812345", "+44123", "+22500000000", "+8801712345678"] {
        assert_eq!(now(stays), None, "{stays}");
    }
}

/// Stored numbers are read anew when the revision is another; so whoever changes a recipe raises it, then corrects the sum here.
#[test]
fn a_change_of_the_recipes_raises_their_revision() {
    let sum = Sha256::digest(format!("{RECIPES:?}"));
    let sum: String = sum.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((RECIPES_REVISION, sum.as_str()), (2, "2a42a0f7ec9a9e9a"));
}

/// The constant is written by the generator, the release in the table as well: they come from one run.
#[test]
fn the_release_is_the_tables() {
    assert_eq!(Plans::BUILT_IN.release(), METADATA_VERSION);
}
