//! One telephone number for each customer, from the mobile ranges of ten countries, and the many ways people write it.

/// A range of numbers of a country, and how its people write them.
#[derive(Debug)]
struct Plan {
    country: &'static str,
    calling_code: &'static str,
    /// The digits before the part that differs from customer to customer.
    prefix: &'static str,
    /// How many digits differ.
    digits: usize,
    /// What is dialled before a number inside the country.
    trunk: &'static str,
    /// What is dialled to leave the country.
    exit: &'static str,
    /// How the national number is grouped, such as 3-3-4.
    groups: &'static [usize],
    /// How many of sixteen customers have such a number.
    share: u32,
    /// Zero of the digits that people there also write; ASCII where they write no others.
    zero: char,
}

const PLANS: &[Plan] = &[
    plan("US", "1", "212", 7, "", "011", &[3, 3, 4], 4, '0'),
    plan("BD", "880", "17", 8, "0", "00", &[4, 6], 2, '০'),
    plan("RO", "40", "72", 7, "0", "00", &[3, 3, 3], 2, '0'),
    plan("FI", "358", "40", 7, "0", "00", &[2, 3, 4], 2, '0'),
    plan("GB", "44", "7400", 6, "0", "00", &[4, 6], 1, '0'),
    plan("DE", "49", "151", 8, "0", "00", &[3, 8], 1, '0'),
    plan("FR", "33", "61", 7, "0", "00", &[1, 2, 2, 2, 2], 1, '0'),
    plan("IN", "91", "98", 8, "0", "00", &[5, 5], 1, '०'),
    plan("SE", "46", "70", 7, "0", "00", &[2, 3, 2, 2], 1, '0'),
    plan("SA", "966", "50", 7, "0", "00", &[2, 3, 4], 1, '٠'),
];

#[allow(clippy::too_many_arguments)] // a row of the table above
const fn plan(
    country: &'static str,
    calling_code: &'static str,
    prefix: &'static str,
    digits: usize,
    trunk: &'static str,
    exit: &'static str,
    groups: &'static [usize],
    share: u32,
    zero: char,
) -> Plan {
    Plan { country, calling_code, prefix, digits, trunk, exit, groups, share, zero }
}

/// A customer's number.
#[derive(Debug)]
pub struct Number {
    plan: &'static Plan,
    national: String,
}

impl Number {
    /// Always the same number for a customer, another one for another customer.
    pub fn of_customer(customer: u32) -> Self {
        let mut place = customer % 16;
        let plan = PLANS.iter().find(|plan| {
            let here = place < plan.share;
            place = place.wrapping_sub(if here { 0 } else { plan.share });
            here
        });
        let plan = plan.expect("the shares sum up to sixteen");
        // A multiplication by an odd number not divisible by five goes through all residues of a power of ten once, so
        // distinct customers get distinct digits. The first digit of seven is kept from 0 and 1 for North America's sake.
        let span = 10u64.pow(u32::try_from(plan.digits).expect("a few digits") - 1);
        let scattered = u64::from(customer) * 7_654_321 % span;
        let leading = 2 + customer % 7;
        let national = format!("{}{leading}{scattered:0width$}", plan.prefix, width = plan.digits - 1);
        Self { plan, national }
    }

    /// ISO 3166 code of the country, without which a national spelling means nothing.
    pub fn country(&self) -> &'static str {
        self.plan.country
    }

    /// One of the spellings: `+`, exit code and national ones, with and without punctuation, other scripts' digits.
    pub fn spelled(&self, way: usize) -> String {
        let Plan { calling_code, trunk, exit, .. } = self.plan;
        let national = &self.national;
        let grouped = |separator: &str| self.groups().join(separator);
        match way % 12 {
            0 => format!("+{calling_code}{national}"),
            1 => format!("{trunk}{national}"),
            2 => format!("{exit}{calling_code}{national}"),
            3 => format!("{trunk}{}", grouped(" ")),
            4 => format!("+{calling_code} {}", grouped(" ")),
            5 => format!("{trunk}{}", grouped("-")),
            6 => format!("+{calling_code}-{}", grouped("-")),
            7 => format!(" {exit} {calling_code} {} ", grouped(" ")),
            8 => format!("tel:+{calling_code}-{}", grouped("-")),
            9 => self.with_bracket(),
            10 => format!("+{calling_code}\u{a0}{}", grouped(".")),
            _ => self.in_own_digits(&format!("{trunk}{national}")),
        }
    }

    fn groups(&self) -> Vec<&str> {
        let mut rest = self.national.as_str();
        let mut groups = Vec::new();
        for length in self.plan.groups {
            let (group, after) = rest.split_at(*length);
            groups.push(group);
            rest = after;
        }
        groups
    }

    /// `(212) 555-0100`, `+44 (0)7400 123456`.
    fn with_bracket(&self) -> String {
        let groups = self.groups();
        if self.plan.trunk.is_empty() {
            return format!("({}) {}", groups[0], groups[1..].join("-"));
        }
        format!("+{} ({}){}", self.plan.calling_code, self.plan.trunk, groups.join(" "))
    }

    fn in_own_digits(&self, text: &str) -> String {
        let own = |c: char| match c.to_digit(10) {
            Some(digit) => {
                char::from_u32(self.plan.zero as u32 + digit).expect("ten digits follow each other")
            }
            None => c,
        };
        text.chars().map(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_customer_has_another_number() {
        let numbers: BTreeSet<String> =
            (1..=23_570).map(|customer| Number::of_customer(customer).spelled(0)).collect();
        assert_eq!(numbers.len(), 23_570);
    }

    #[test]
    fn all_countries_have_customers_and_every_digit_is_grouped() {
        assert_eq!(PLANS.iter().map(|plan| plan.share).sum::<u32>(), 16);
        for plan in PLANS {
            assert_eq!(
                plan.groups.iter().sum::<usize>(),
                plan.prefix.len() + plan.digits,
                "{}",
                plan.country
            );
        }
    }

    #[test]
    fn spellings_differ_in_all_but_their_digits() {
        let number = Number { plan: &PLANS[1], national: "1712345678".to_owned() };
        let spellings: Vec<String> = (0..12).map(|way| number.spelled(way)).collect();
        assert_eq!(
            spellings,
            [
                "+8801712345678",
                "01712345678",
                "008801712345678",
                "01712 345678",
                "+880 1712 345678",
                "01712-345678",
                "+880-1712-345678",
                " 00 880 1712 345678 ",
                "tel:+880-1712-345678",
                "+880 (0)1712 345678",
                "+880\u{a0}1712.345678",
                "০১৭১২৩৪৫৬৭৮",
            ]
        );
    }

    #[test]
    fn the_numbering_plans_know_every_number_in_every_spelling() {
        for customer in 1..=320 {
            let number = Number::of_customer(customer);
            let region = number.country().parse().expect("a country is a region");
            for way in 0..12 {
                let spelling = number.spelled(way);
                let parsed = numbering::parse(&spelling, Some(region)).map(|parsed| parsed.number);
                let parsed = parsed.unwrap_or_else(|error| panic!("{spelling} in {region:?}: {error:?}"));
                assert_eq!(parsed.e164().as_str(), number.spelled(0), "{spelling} in {region:?}");
                assert!(parsed.is_valid() && parsed.region() == Some(region), "{spelling} in {region:?}");
            }
        }
    }
}
