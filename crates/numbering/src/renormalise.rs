//! Numbering plans change: what was a number yesterday is written otherwise today. The table of such changes, and the way to bring old
//! spellings and stored numbers up to date.

use crate::{PhoneNumber, parse};

/// One change of a numbering plan, as data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recipe {
    /// Stable name, to be kept with what it changed.
    pub id: &'static str,
    pub country_code: u16,
    /// The day from which the new form was the right one everywhere, ISO 8601.
    pub effective: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// National digits before the change.
    length: usize,
    changes: &'static [Change],
}

/// Why a number is written otherwise today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// Its plan changed in a way that is known here.
    Recipe(&'static Recipe),
    /// Its digits, read once more, are a number of today's plan: an older plan did not know, say, that they begin with a national prefix.
    Plan,
}

impl Cause {
    /// Stable: the recipe's id, or `plan`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Recipe(recipe) => recipe.id,
            Self::Plan => "plan",
        }
    }
}

/// Raised with every change of [`RECIPES`]. With [`crate::METADATA_VERSION`] it says by what a stored number was read.
pub const RECIPES_REVISION: u32 = 2;

/// What happens to the numbers that start in a certain way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Change {
    /// The digits allowed at the first place, at the second, and so on.
    starts: &'static [&'static str],
    /// How many of the first digits stay in front.
    keep: usize,
    /// How many of the next ones go.
    remove: usize,
    /// What comes in their place.
    add: &'static str,
}

const fn add(add: &'static str, starts: &'static [&'static str]) -> Change {
    Change { starts, keep: 0, remove: 0, add }
}

/// The first three digits, one choice for each, give way to others.
const fn three(starts: &'static [&'static str], add: &'static str) -> Change {
    Change { starts, keep: 0, remove: 3, add }
}

/// The changes known here. Others are left out because the new number does not follow from the old one alone, or because no
/// reliable source was at hand. Argentina has none: its 9 and 15 before mobile numbers are ways of dialling, and both are read.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        id: "mu-2013-mobile-5",
        country_code: 230,
        effective: "2013-09-01",
        source: "ICTA (Mauritius), decision of 11 February 2013 on the migration from seven to eight digits: 5 before every mobile \
                 number. Mobile numbers that began like fixed ones (2, 4, 8) stay out.",
        length: 7,
        changes: &[add("5", &["79"])],
    },
    Recipe {
        id: "cm-2014-mobile-6",
        country_code: 237,
        effective: "2014-11-21",
        source: "ART (Cameroun), communication of 6 October 2014 to the ITU, Operational Bulletin: nine digits, 6 before mobile \
                 numbers. Fixed numbers stay out: those that began with 33 became 233 or 243.",
        length: 8,
        changes: &[add("6", &["79"]), add("6", &["6", "6"])],
    },
    Recipe {
        id: "br-2016-mobile-9",
        country_code: 55,
        effective: "2016-11-06",
        source: "Anatel (Brazil), Resolução 553/2010: a 9 between area code and mobile number, area by area since July 2012. \
                 Numbers with a 7 stay out: some of them belonged to trunked radio, which kept eight digits.",
        length: 10,
        changes: &[Change { starts: &["123456789", "123456789", "689"], keep: 2, remove: 0, add: "9" }],
    },
    Recipe {
        id: "vn-2018-mobile-ten-digits",
        country_code: 84,
        effective: "2018-11-15",
        source: "MIC (Việt Nam), plan for the conversion of mobile network codes, 15 September 2018, both forms valid until 14 November: \
                 mobile numbers of eleven digits get ten; the last seven stay.",
        length: 10,
        changes: &[
            // MobiFone.
            three(&["1", "2", "0"], "70"),
            three(&["1", "2", "1"], "79"),
            three(&["1", "2", "2"], "77"),
            three(&["1", "2", "6"], "76"),
            three(&["1", "2", "8"], "78"),
            // VinaPhone.
            three(&["1", "2", "3"], "83"),
            three(&["1", "2", "4"], "84"),
            three(&["1", "2", "5"], "85"),
            three(&["1", "2", "7"], "81"),
            three(&["1", "2", "9"], "82"),
            // Viettel: 162 to 169 became 32 to 39.
            Change { starts: &["1", "6", "23456789"], keep: 0, remove: 2, add: "3" },
            // Vietnamobile, Gmobile.
            three(&["1", "8", "6"], "56"),
            three(&["1", "8", "8"], "58"),
            three(&["1", "9", "9"], "59"),
        ],
    },
    Recipe {
        id: "mx-2019-mobile-1",
        country_code: 52,
        effective: "2019-08-03",
        source: "IFT (Mexico), Plan Técnico Fundamental de Numeración, Diario Oficial of 11 May 2018: the 1 before mobile \
                 numbers that are called from abroad goes.",
        length: 11,
        changes: &[Change { starts: &["1"], keep: 0, remove: 1, add: "" }],
    },
    Recipe {
        id: "ci-2021-ten-digits",
        country_code: 225,
        effective: "2021-01-31",
        source: "ARTCI (Côte d'Ivoire), plan national de numérotation à 10 chiffres: before the old number comes the prefix of \
                 the operator that its range was assigned to, which the second digit of mobile numbers (Moov, MTN, Orange) and \
                 the third of fixed ones (MTN, Moov, Orange) tells. Service numbers (80, 90) stay as they are.",
        length: 8,
        changes: &[
            add("01", &["0", "123"]),
            add("01", &["4567", "0123"]),
            add("05", &["0456789", "456"]),
            add("07", &["0456789", "789"]),
            add("25", &["23", "0123456", "0"]),
            add("21", &["2", "0123", "8"]),
            add("27", &["2", "01234", "1234579"]),
            add("27", &["3", "0123456", "12345679"]),
        ],
    },
    Recipe {
        id: "co-2021-fixed-60",
        country_code: 57,
        effective: "2021-09-01",
        source: "CRC (Colombia), Resolución 5826 de 2019, marcación única nacional: fixed numbers begin with 60 before the \
                 indicative of their region.",
        length: 8,
        changes: &[add("60", &["1245678", "23456789"])],
    },
    Recipe {
        id: "bj-2024-ten-digits",
        country_code: 229,
        effective: "2024-11-30",
        source: "ARCEP (Bénin), plan national de numérotation à 10 chiffres: 01 before every fixed and mobile number. Service \
                 numbers (8…) keep eight digits.",
        length: 8,
        changes: &[add("01", &["24569"])],
    },
];

/// The number that this one became when its numbering plan changed, and by which change. `None` if it is valid as it is, or if no
/// change known here makes a valid number of it. So it is safe to ask for every number, read or stored.
///
/// ```
/// use numbering::{PhoneNumber, renormalised};
///
/// let written_in_2018 = PhoneNumber::from_e164("+5215512345678").unwrap();
/// let (today, recipe) = renormalised(written_in_2018).unwrap();
/// assert_eq!(today.e164().as_str(), "+525512345678");
/// assert_eq!(recipe.effective, "2019-08-03");
/// assert_eq!(renormalised(today), None);
/// ```
pub fn renormalised(number: PhoneNumber) -> Option<(PhoneNumber, &'static Recipe)> {
    let country_code = number.country_code();
    let mut recipes = RECIPES.iter().filter(|recipe| recipe.country_code == country_code).peekable();
    recipes.peek()?;
    if number.is_valid() {
        return None;
    }
    let national = number.national_significant();
    recipes.find_map(|recipe| {
        let changed = changed(recipe, national.as_str())?;
        let number = PhoneNumber::from_e164(&format!("+{country_code}{changed}")).ok()?;
        number.is_valid().then_some((number, recipe))
    })
}

/// The number as it is written today, and why it is another: [`renormalised`], else its digits read anew. `None` if nothing is to be
/// changed; what this gives is never changed again.
///
/// ```
/// use numbering::{PhoneNumber, current};
///
/// let old = PhoneNumber::from_e164("+22997123456").unwrap();
/// let (today, cause) = current(old).unwrap();
/// assert_eq!((today.e164().as_str(), cause.code()), ("+2290197123456", "bj-2024-ten-digits"));
/// // A system that left the national prefix in.
/// let (today, cause) = current(PhoneNumber::from_e164("+4407911123456").unwrap()).unwrap();
/// assert_eq!((today.e164().as_str(), cause.code()), ("+447911123456", "plan"));
/// assert_eq!(current(today), None);
/// ```
pub fn current(number: PhoneNumber) -> Option<(PhoneNumber, Cause)> {
    if number.is_valid() {
        return None;
    }
    if let Some((today, recipe)) = renormalised(number) {
        return Some((today, Cause::Recipe(recipe)));
    }
    let today = parse(number.e164().as_str(), None).ok()?.number;
    (today != number && today.is_valid()).then_some((today, Cause::Plan))
}

fn changed(recipe: &Recipe, national: &str) -> Option<String> {
    let applies = |change: &&Change| {
        let allowed = |(digits, digit): (&&str, char)| digits.contains(digit);
        change.starts.iter().zip(national.chars()).all(allowed)
    };
    let change = recipe.changes.iter().filter(|_| national.len() == recipe.length).find(applies)?;
    let (kept, rest) = national.split_at(change.keep);
    Some(format!("{kept}{}{}", change.add, &rest[change.remove..]))
}
