//! What numbering plans say: kinds of lines, possible lengths, ways of writing, the regions there are, examples.

use std::fmt;

use crate::{PhoneNumber, Plans, Region, engine};

const REGION_COUNT: usize = Plans::BUILT_IN.territory_count();

static REGIONS: [(Region, u16); REGION_COUNT] = regions_in_order();

/// In order of the regions, then of the calling codes, by insertion: the table is in order of the calling codes.
const fn regions_in_order() -> [(Region, u16); REGION_COUNT] {
    let mut regions = [(Region::UNKNOWN, 0); REGION_COUNT];
    let mut count = 0;
    while count < REGION_COUNT {
        let (id, code) = Plans::BUILT_IN.territory_name(count);
        let mut at = count;
        while at > 0 && is_after(regions[at - 1].0.bytes(), id) {
            regions[at] = regions[at - 1];
            at -= 1;
        }
        regions[at] = (Region::of_plan(id), code);
        count += 1;
    }
    regions
}

const fn is_after(one: [u8; 2], other: [u8; 2]) -> bool {
    one[0] > other[0] || (one[0] == other[0] && one[1] > other[1])
}

/// All regions with a numbering plan and their calling codes, in the order of the region codes; those of no place first, one
/// entry a calling code.
pub fn regions() -> &'static [(Region, u16)] {
    &REGIONS
}

/// A number that is valid in the region and of that type, made up by the plan's editors: for help texts and tests. For
/// [`Region::NON_GEOGRAPHIC`] the first of any calling code.
pub fn example(region: Region, line_type: LineType) -> Option<PhoneNumber> {
    let plans = Plans::BUILT_IN;
    if line_type == LineType::Unknown {
        return None;
    }
    let of_territory = |territory: u8| {
        let number = PhoneNumber::pack(engine::example(plans, territory, line_type)?.parts)?;
        // Where the plan does not tell fixed from mobile, an example of either is one of both; elsewhere there is none of both.
        let is_of_type = line_type != LineType::FixedLineOrMobile || number.line_type() == line_type;
        is_of_type.then_some(number)
    };
    match plans.territory_of(region.bytes()) {
        Some(territory) => of_territory(territory),
        None if region == Region::NON_GEOGRAPHIC => (0..u8::MAX)
            .take_while(|territory| usize::from(*territory) < plans.territory_count())
            .filter(|territory| plans.territory(*territory).region() == region.bytes())
            .filter_map(of_territory)
            .find(|number| number.line_type() == line_type),
        None => None,
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in libphonenumber; stable, for storing and for interfaces.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The value that [`Self::code`] names.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.code())
            }
        }
    };
}

named! {
    /// What kind of line a number is, as far as its numbering plan tells.
    LineType {
        FixedLine = "FIXED_LINE",
        Mobile = "MOBILE",
        /// The plan does not tell the two apart (as in North America).
        FixedLineOrMobile = "FIXED_LINE_OR_MOBILE",
        TollFree = "TOLL_FREE",
        PremiumRate = "PREMIUM_RATE",
        SharedCost = "SHARED_COST",
        Voip = "VOIP",
        /// Follows a person to whatever line they choose.
        PersonalNumber = "PERSONAL_NUMBER",
        Pager = "PAGER",
        /// Universal access number: one number of a company for all its offices.
        Uan = "UAN",
        Voicemail = "VOICEMAIL",
        /// Not in the plan.
        Unknown = "UNKNOWN",
    }
}

impl LineType {
    /// Whether a text message may reach it.
    pub const fn may_be_mobile(self) -> bool {
        matches!(self, Self::Mobile | Self::FixedLineOrMobile)
    }
}

named! {
    /// Whether a number's length can be right.
    Possibility {
        Possible = "IS_POSSIBLE",
        /// Enough to be dialled within its area only: the area code is missing.
        LocalOnly = "IS_POSSIBLE_LOCAL_ONLY",
        InvalidCountryCode = "INVALID_COUNTRY_CODE",
        TooShort = "TOO_SHORT",
        /// Between the shortest and the longest, yet no number there is has this length.
        InvalidLength = "INVALID_LENGTH",
        TooLong = "TOO_LONG",
    }
}

named! {
    /// Ways of writing a number.
    Format {
        /// `+8801712345678`: for storing and for programs.
        E164 = "E164",
        /// `+880 1712-345678`: for people anywhere.
        International = "INTERNATIONAL",
        /// `01712-345678`: for people in the same region.
        National = "NATIONAL",
        /// `tel:+880-1712-345678`: for links.
        Rfc3966 = "RFC3966",
    }
}
