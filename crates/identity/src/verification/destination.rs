//! Where codes go at all: never to premium, satellite and other lines that cost the shop and prove nobody, and only to the countries that it serves.

use numbering::{LineType, PhoneNumber, Possibility, Region};
use serde::{Deserialize, Serialize};

use super::{Channel, Reason};

/// Where codes are sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Destinations {
    /// The countries that are served, `FI` or `BD`; all if none is named.
    pub served: Vec<String>,
    /// Countries that are never served.
    pub never_served: Vec<String>,
    /// Whether codes are sent to satellite phones and other numbers of no country.
    pub of_no_country: bool,
}

/// The part of the world that a number belongs to, by which money is budgeted: its country, or its calling code where it has none.
pub fn part_of_world(number: PhoneNumber) -> String {
    match number.region() {
        Some(region) if region != Region::NON_GEOGRAPHIC => region.to_string(),
        _ => format!("+{}", number.country_code()),
    }
}

impl Destinations {
    /// Why a code never goes there, if it does not.
    pub fn refuse(&self, number: PhoneNumber, channel: Channel) -> Option<Reason> {
        if number.possibility() != Possibility::Possible {
            return Some(Reason::Impossible);
        }
        let (region, line_type) = number.region_and_line_type();
        if !carries_codes(line_type, channel) {
            return Some(Reason::LineType);
        }
        let is = |list: &[String], region: Region| {
            list.iter().any(|code| code.eq_ignore_ascii_case(region.as_str()))
        };
        match region {
            None | Some(Region::NON_GEOGRAPHIC) => (!self.of_no_country).then_some(Reason::LineType),
            Some(region) if is(&self.never_served, region) => Some(Reason::Country),
            Some(region) if !self.served.is_empty() && !is(&self.served, region) => Some(Reason::Country),
            Some(_) => None,
        }
    }
}

/// Lines that a person holds and that cost what a message costs. Ranges that no plan knows are a favourite of those who pump messages.
const fn carries_codes(line_type: LineType, channel: Channel) -> bool {
    match line_type {
        LineType::Mobile | LineType::FixedLineOrMobile | LineType::Voip => true,
        LineType::FixedLine => matches!(channel, Channel::Voice),
        LineType::TollFree
        | LineType::PremiumRate
        | LineType::SharedCost
        | LineType::PersonalNumber
        | LineType::Pager
        | LineType::Uan
        | LineType::Voicemail
        | LineType::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(e164: &str) -> PhoneNumber {
        PhoneNumber::from_e164(e164).unwrap()
    }

    #[test]
    fn where_codes_go() {
        let everywhere = Destinations::default();
        let north =
            Destinations { served: vec!["fi".to_owned(), "SE".to_owned()], ..Destinations::default() };
        let not_there = Destinations { never_served: vec!["BD".to_owned()], ..Destinations::default() };
        let sky = Destinations { of_no_country: true, ..Destinations::default() };
        use Channel::{Sms, Voice};
        use Reason::{Country, Impossible, LineType};
        for (rules, e164, channel, refused) in [
            (&everywhere, "+358401234567", Sms, None),
            (&everywhere, "+8801712345678", Sms, None),
            (&everywhere, "+12125550123", Sms, None),
            // A fixed line in Finland hears, but does not read.
            (&everywhere, "+358941234567", Sms, Some(LineType)),
            (&everywhere, "+358941234567", Voice, None),
            // Premium in Finland, Britain and Romania; a British personal number; an American 900.
            (&everywhere, "+358600123456", Sms, Some(LineType)),
            (&everywhere, "+449098790000", Voice, Some(LineType)),
            (&everywhere, "+40906123456", Sms, Some(LineType)),
            (&everywhere, "+447012345678", Sms, Some(LineType)),
            (&everywhere, "+19002345678", Sms, Some(LineType)),
            // Iridium, and where satellite phones are served.
            (&everywhere, "+881612345678", Sms, Some(LineType)),
            (&sky, "+881612345678", Sms, None),
            (&everywhere, "+1212555", Sms, Some(Impossible)),
            (&north, "+358401234567", Sms, None),
            (&north, "+46701234567", Sms, None),
            (&north, "+8801712345678", Sms, Some(Country)),
            (&not_there, "+8801712345678", Sms, Some(Country)),
            (&not_there, "+358401234567", Sms, None),
        ] {
            assert_eq!(rules.refuse(number(e164), channel), refused, "{e164} {channel}");
        }
    }

    #[test]
    fn money_is_budgeted_by_country_or_calling_code() {
        for (e164, part) in [
            ("+358401234567", "FI"),
            ("+12125550123", "US"),
            ("+14165550123", "CA"),
            ("+881612345678", "+881"),
        ] {
            assert_eq!(part_of_world(number(e164)), part);
        }
    }
}
