//! The plans' rules for writing numbers, asked one digit string at a time: what writing as somebody types needs.

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region as LibraryRegion, interfaces::AsOriginal};

use super::to_library_region;
use crate::Region;

/// The rules of one calling code.
#[derive(Clone, Copy)]
pub struct Plan {
    pub calling_code: u16,
    region: LibraryRegion,
}

/// One way of writing national numbers, seen for certain digits.
pub struct Way {
    /// The digits written out, if they are a whole number of this kind.
    pub written: Option<String>,
    /// A number of this kind with every digit a `9`.
    pub template: String,
    /// Whether the trunk prefix is written: never, perhaps, or always.
    pub trunk: Trunk,
    /// Whether a space or hyphen stands behind the trunk prefix.
    pub gap_after_trunk: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trunk {
    Never,
    Perhaps,
    Always,
}

/// A rule begins to apply when this many national digits are known.
pub const LEADING_DIGITS_MIN: usize = 3;

impl Plan {
    /// Regions that share a calling code share the rules of the main one.
    pub fn of_region(region: Region) -> Option<Self> {
        let region = to_library_region(region)?;
        let calling_code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
        Self::of_calling_code(u16::try_from(calling_code).ok()?)
    }

    pub fn of_calling_code(calling_code: u16) -> Option<Self> {
        let region = PHONE_NUMBER_UTIL.get_region_for_country_code(i32::from(calling_code))?;
        Some(Self { calling_code, region })
    }

    /// How many digits at the start are the prefix for calling abroad.
    pub fn international_prefix(self, digits: &str) -> Option<usize> {
        let library = PHONE_NUMBER_UTIL.as_original();
        let plan = library.get_metadata_for_region(self.region)?;
        let found = plan.international_prefix().anchor_start().ok()??.find(digits)?;
        Some(found.end())
    }

    /// How many digits at the start are the trunk prefix, `0` if none.
    pub fn trunk_prefix(self, digits: &str) -> usize {
        let nanp_trunk = self.calling_code == 1 && matches!(digits.as_bytes(), [b'1', b'2'..=b'9', ..]);
        if nanp_trunk {
            return 1;
        }
        let library = PHONE_NUMBER_UTIL.as_original();
        library
            .get_metadata_for_region(self.region)
            .and_then(|plan| plan.national_prefix_for_parsing().anchor_start().ok()?)
            .and_then(|prefix| prefix.find(digits))
            .map_or(0, |found| found.end())
    }

    /// The ways of writing that these national digits may turn out to follow, in the plan's order.
    pub fn ways(self, national: &str, international: bool) -> Vec<Way> {
        let library = PHONE_NUMBER_UTIL.as_original();
        let calling_code = i32::from(self.calling_code);
        let Some(plan) = library.get_metadata_for_region_or_calling_code(calling_code, self.region) else {
            return Vec::new();
        };
        let rules = if international && !plan.intl_number_format.is_empty() {
            &plan.intl_number_format
        } else {
            &plan.number_format
        };
        let mut ways = Vec::new();
        for rule in rules {
            let facts = &rule.original;
            let leading = rule.leading_digits_pattern();
            let depth = (national.len() - LEADING_DIGITS_MIN).min(leading.len().saturating_sub(1));
            let leads = leading.get(depth).is_none_or(|pattern| {
                pattern.anchor_start().ok().flatten().is_some_and(|pattern| pattern.is_match(national))
            });
            if !leads || !library.is_format_eligible_for_as_you_type_formatter(&facts.format) {
                continue;
            }
            let Ok(Some(pattern)) = rule.pattern().original() else { continue };
            let Some(nines) = pattern.find("999999999999999") else { continue };
            let written = pattern
                .find(national)
                .filter(|found| found.as_str() == national)
                .map(|_| pattern.replace(national, facts.format.as_str()).into_owned());
            let prefix_rule = facts.national_prefix_formatting_rule();
            let trunk = if facts.national_prefix_optional_when_formatting() {
                Trunk::Perhaps
            } else if !library.formatting_rule_has_first_group_only(prefix_rule) {
                Trunk::Always
            } else if facts.domestic_carrier_code_formatting_rule.is_some() {
                // The prefix may be a carrier's.
                Trunk::Perhaps
            } else {
                Trunk::Never
            };
            ways.push(Way {
                written,
                template: pattern.replace(nines.as_str(), facts.format.as_str()).into_owned(),
                trunk,
                gap_after_trunk: prefix_rule.contains([' ', '-']),
            });
        }
        ways
    }
}
