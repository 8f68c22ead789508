//! Short numbers: emergency calls, directory enquiries, numbers that answer text messages. They exist in one country only, and no
//! plan of ordinary numbers has them.
//!
//! ```
//! use numbering::{Region, parse, short};
//!
//! let france: Region = "FR".parse().unwrap();
//! let directory = parse("118218", Some(france)).unwrap().number;
//! assert!(short::is_valid(directory) && !directory.is_valid());
//! assert!(short::is_emergency_number("112", france));
//! let europe = parse("112", Some(france)).unwrap().number;
//! assert_eq!(short::expected_cost_in(europe, france), short::Cost::TollFree);
//! ```
//!
//! A number is short, so nothing can be proved by its length: `115` is an emergency number in one country and a call centre in the
//! next. Where the country is known from which the number is dialled, ask with the country (`…_in`).

mod dialled;

use std::fmt;

use crate::{
    PhoneNumber, Region,
    tables::{Aligned, automata::Automata, four_bytes, region_key, row, section, text, two_bytes},
};

static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!("../tables/short_numbers.bin"));
/// Calling codes, sorted: the code, its first region in the list of regions, and how many it has.
static CODES: &[u8] = section(&FILE.0, 0);
const CODE_WIDTH: usize = 6;
/// The regions of each calling code, the main one first.
static REGIONS: &[u8] = section(&FILE.0, 1);
/// What is known by region, sorted: the region, where its automaton starts, the lengths that short numbers have there, and where
/// four examples stand.
static PLANS: &[u8] = section(&FILE.0, 2);
const PLAN_WIDTH: usize = 16;
static AUTOMATA: Automata = Automata { steps: section(&FILE.0, 3), answers: section(&FILE.0, 4) };
static TEXTS: &[u8] = section(&FILE.0, 5);

// What an automaton answers is a bit for each of these.
const GENERAL: u16 = 1 << 0;
const SHORT: u16 = 1 << 1;
const PREMIUM_RATE: u16 = 1 << 2;
const STANDARD_RATE: u16 = 1 << 3;
const TOLL_FREE: u16 = 1 << 4;
const CARRIER_SPECIFIC: u16 = 1 << 5;
const SMS_SERVICE: u16 = 1 << 6;
const EMERGENCY: u16 = 1 << 7;
/// The digits begin with an emergency number.
const BEGINS_WITH_EMERGENCY: u16 = 1 << 8;

/// Where further digits after an emergency number make it another number: Brazil, Chile, Nicaragua.
const EXACT_ONLY: [[u8; 2]; 3] = [*b"BR", *b"CL", *b"NI"];

/// What a call or message to a short number costs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cost {
    TollFree,
    StandardRate,
    PremiumRate,
    Unknown,
}

impl Cost {
    pub const ALL: &'static [Self] = &[Self::TollFree, Self::StandardRate, Self::PremiumRate, Self::Unknown];

    /// The name in libphonenumber.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TollFree => "TOLL_FREE",
            Self::StandardRate => "STANDARD_RATE",
            Self::PremiumRate => "PREMIUM_RATE",
            Self::Unknown => "UNKNOWN_COST",
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// The short numbers of one region.
#[derive(Clone, Copy)]
struct Plan(&'static [u8]);

impl Plan {
    fn of(wanted: Region) -> Option<Self> {
        row(PLANS, PLAN_WIDTH, region_key(wanted), |row| [row[0], row[1]]).map(Self)
    }

    fn answer(self, digits: impl Iterator<Item = u8>) -> u16 {
        AUTOMATA.answer(two_bytes(self.0, 2), digits)
    }

    fn of_number(self, number: PhoneNumber) -> u16 {
        let national = number.national_significant();
        self.answer(national.as_str().bytes().map(|byte| byte - b'0'))
    }

    fn has_length_of(self, number: PhoneNumber) -> bool {
        four_bytes(self.0, 4) >> number.national_significant().len() & 1 == 1
    }

    /// The most expensive of the categories that the number is in; emergency calls are free.
    fn cost(self, number: PhoneNumber) -> Cost {
        let answer = self.of_number(number);
        if !self.has_length_of(number) {
            Cost::Unknown
        } else if answer & PREMIUM_RATE != 0 {
            Cost::PremiumRate
        } else if answer & STANDARD_RATE != 0 {
            Cost::StandardRate
        } else if answer & (TOLL_FREE | EMERGENCY) != 0 {
            Cost::TollFree
        } else {
            Cost::Unknown
        }
    }

    fn example(self, turn: usize) -> Option<&'static str> {
        text(TEXTS, usize::from(two_bytes(self.0, 8 + turn * 2)))
    }
}

/// The regions that share the number's calling code, the main one first.
fn sharing(number: PhoneNumber) -> impl ExactSizeIterator<Item = Region> + Clone {
    let code = row(CODES, CODE_WIDTH, number.country_code(), |row| two_bytes(row, 0));
    let (first, count) =
        code.map_or((0, 0), |code| (usize::from(two_bytes(code, 2)), usize::from(two_bytes(code, 4))));
    REGIONS[first * 2..(first + count) * 2].chunks_exact(2).map(region)
}

/// The region that two letters of a table name.
fn region(key: &[u8]) -> crate::Region {
    let text = if key == b"01" { "001" } else { std::str::from_utf8(key).expect("two letters") };
    text.parse().expect("the generator writes regions")
}

/// The plan of the region from which it is dialled, if the number has that region's calling code.
fn plan_of(number: PhoneNumber, dialled_from: Region) -> Option<Plan> {
    sharing(number).any(|region| region == dialled_from).then(|| Plan::of(dialled_from)).flatten()
}

/// The first region of its calling code in which it is a short number; the only one if there is but one.
fn home(number: PhoneNumber) -> Option<Region> {
    let mut regions = sharing(number);
    if regions.len() == 1 {
        return regions.next();
    }
    regions.find(|region| Plan::of(*region).is_some_and(|plan| plan.of_number(number) & SHORT != 0))
}

/// Regions whose short numbers are known, in the order of their codes.
pub fn regions() -> impl ExactSizeIterator<Item = Region> {
    PLANS.chunks_exact(PLAN_WIDTH).map(|plan| region(&plan[..2]))
}

/// Whether its length is that of a short number, in any region of its calling code.
pub fn is_possible(number: PhoneNumber) -> bool {
    sharing(number).any(|region| Plan::of(region).is_some_and(|plan| plan.has_length_of(number)))
}

/// Whether its length is that of a short number in the region.
pub fn is_possible_in(number: PhoneNumber, dialled_from: Region) -> bool {
    plan_of(number, dialled_from).is_some_and(|plan| plan.has_length_of(number))
}

/// Whether it is a short number in any region of its calling code. Says nothing about whether somebody answers.
pub fn is_valid(number: PhoneNumber) -> bool {
    match home(number) {
        // With several regions, the one that was found has it.
        Some(region) => sharing(number).len() > 1 || is_valid_in(number, region),
        None => false,
    }
}

/// Whether it is a short number in the region.
pub fn is_valid_in(number: PhoneNumber, dialled_from: Region) -> bool {
    const BOTH: u16 = GENERAL | SHORT;
    plan_of(number, dialled_from).is_some_and(|plan| plan.of_number(number) & BOTH == BOTH)
}

/// What it costs in the region. Asked of numbers that are valid there; others may have a cost too.
pub fn expected_cost_in(number: PhoneNumber, dialled_from: Region) -> Cost {
    plan_of(number, dialled_from).map_or(Cost::Unknown, |plan| plan.cost(number))
}

/// What it costs at most, over the regions of its calling code: premium rate before unknown, since what one of them does not know
/// might be premium rate.
pub fn expected_cost(number: PhoneNumber) -> Cost {
    let mut regions = sharing(number);
    if regions.len() == 0 {
        return Cost::Unknown;
    }
    let mut dearest = Cost::TollFree;
    for cost in regions.by_ref().map(|region| expected_cost_in(number, region)) {
        match cost {
            // The first of these two that turns up decides, as in libphonenumber.
            Cost::PremiumRate | Cost::Unknown => return cost,
            Cost::StandardRate => dearest = cost,
            Cost::TollFree => {}
        }
    }
    dearest
}

/// Whether what answers depends on the caller's carrier, or the number works with some carriers only.
pub fn is_carrier_specific(number: PhoneNumber) -> bool {
    let plan = home(number).and_then(Plan::of);
    plan.is_some_and(|plan| plan.of_number(number) & CARRIER_SPECIFIC != 0)
}

/// The same when dialled in the region.
pub fn is_carrier_specific_in(number: PhoneNumber, dialled_from: Region) -> bool {
    plan_of(number, dialled_from).is_some_and(|plan| plan.of_number(number) & CARRIER_SPECIFIC != 0)
}

/// Whether it is there for text messages, first or only, when used in the region.
pub fn is_sms_service_in(number: PhoneNumber, dialled_from: Region) -> bool {
    plan_of(number, dialled_from).is_some_and(|plan| plan.of_number(number) & SMS_SERVICE != 0)
}

/// Whether these digits, exactly as dialled in the region, are an emergency number. Takes a text, because `+1 911` is not `911`.
/// Separators and other scripts' digits are understood.
pub fn is_emergency_number(dialled: &str, region: Region) -> bool {
    emergency(dialled, region) & EMERGENCY != 0
}

/// Whether dialling this in the region might reach an emergency service: in most places further digits after the number do not keep
/// it from being connected. For whoever must not call one by mistake.
pub fn connects_to_emergency_number(dialled: &str, region: Region) -> bool {
    let exact_only = EXACT_ONLY.contains(&region_key(region));
    let wanted = if exact_only { EMERGENCY } else { BEGINS_WITH_EMERGENCY };
    emergency(dialled, region) & wanted != 0
}

fn emergency(dialled: &str, region: Region) -> u16 {
    let digits = dialled::digits(dialled);
    Plan::of(region).zip(digits).map_or(0, |(plan, digits)| plan.answer(digits))
}

/// A short number of the region, for help texts.
pub fn example(region: Region) -> Option<&'static str> {
    Plan::of(region)?.example(0)
}

/// A short number of the region with that cost; there are none for [`Cost::Unknown`].
pub fn example_of_cost(region: Region, cost: Cost) -> Option<&'static str> {
    let turn = match cost {
        Cost::PremiumRate => 1,
        Cost::StandardRate => 2,
        Cost::TollFree => 3,
        Cost::Unknown => return None,
    };
    Plan::of(region)?.example(turn)
}
