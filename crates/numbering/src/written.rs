//! A number with all that was read of it, under any table of plans: what [`crate::PhoneNumber`] leaves out to be small.

use std::fmt;

use crate::{
    Extension, Format, LineType, ParseError, PhoneNumber, Plans, Possibility, Region,
    digits::{Digits, E164},
    engine::{
        self,
        place::{self, place_of_parts},
        resolve::{Carrier, Home},
        writing,
    },
    number::Parts,
};

pub use crate::engine::resolve::CodeSource;

/// A number as it was written: with extension, carrier and the way its calling code was known. It may have seventeen national
/// digits of any kind, which no [`PhoneNumber`] has. `Debug` shows none of them.
///
/// ```
/// use numbering::{CodeSource, Format, Plans};
///
/// let number = Plans::BUILT_IN.parse("0 31 11 96123-4567 x8", "BR".parse().ok()).unwrap();
/// assert_eq!(number.carrier(), "31");
/// assert_eq!(number.code_source(), CodeSource::DefaultRegion);
/// assert_eq!(number.format(Format::International), "+55 11 96123-4567 ext. 8");
/// assert_eq!(number.format_with_carrier("15"), "0 31 (11) 96123-4567 ext. 8");
/// ```
#[derive(Clone)]
pub struct Number {
    pub(crate) plans: &'static Plans,
    pub(crate) parts: Parts,
    pub(crate) extension: Option<Extension>,
    pub(crate) source: CodeSource,
    pub(crate) carrier: Carrier,
}

impl Plans {
    /// Reads a number as [`crate::parse`] does, and keeps everything.
    ///
    /// # Errors
    /// Says which of libphonenumber's five reasons it is.
    pub fn parse(&'static self, raw: &str, default_region: Option<Region>) -> Result<Number, ParseError> {
        self.parse_at(raw, engine::home(self, default_region))
    }

    /// Reads a number that may have neither calling code nor region: then its calling code is 0.
    ///
    /// # Errors
    /// Says which of libphonenumber's five reasons it is.
    pub fn parse_anywhere(&'static self, raw: &str) -> Result<Number, ParseError> {
        self.parse_at(raw, Home::Anywhere)
    }

    pub(crate) fn parse_at(&'static self, raw: &str, home: Home) -> Result<Number, ParseError> {
        let (resolved, extension) = engine::parse(self, raw, home)?;
        Ok(Number {
            plans: self,
            parts: resolved.parts,
            extension,
            source: resolved.source,
            carrier: resolved.carrier,
        })
    }

    /// A number from its parts, of which nothing is checked but that the national digits are at most seventeen.
    pub fn number(
        &'static self,
        country_code: u16,
        national: &str,
        extension: Option<&str>,
    ) -> Option<Number> {
        let is_digits =
            (1..=17).contains(&national.len()) && national.bytes().all(|byte| byte.is_ascii_digit());
        let zeros = national.bytes().take(national.len().saturating_sub(1)).take_while(|byte| *byte == b'0');
        let leading_zeros = u8::try_from(zeros.count()).ok()?;
        let rest = national.parse().ok().filter(|_| is_digits)?;
        Some(Number {
            plans: self,
            parts: Parts { country_code, leading_zeros, rest },
            extension: extension.map(Extension::of_text),
            source: CodeSource::Nowhere,
            carrier: Carrier::default(),
        })
    }

    /// The plan's example of a type of number.
    pub fn example(&'static self, region: Region, line_type: LineType) -> Option<Number> {
        let resolved = engine::example(self, self.territory_of(region.bytes())?, line_type)?;
        Some(Number {
            plans: self,
            parts: resolved.parts,
            extension: None,
            source: resolved.source,
            carrier: resolved.carrier,
        })
    }

    /// An example of a calling code of no place.
    pub fn example_of_no_place(&'static self, country_code: u16) -> Option<Number> {
        use LineType::{Mobile, PremiumRate, SharedCost, TollFree, Uan, Voicemail, Voip};
        let territory = self.code(country_code)?.main();
        if self.territory(territory).region() != Region::NON_GEOGRAPHIC.bytes() {
            return None;
        }
        let kinds = [Mobile, TollFree, SharedCost, Voip, Voicemail, Uan, PremiumRate];
        let resolved = kinds.iter().find_map(|kind| engine::example(self, territory, *kind))?;
        self.number(resolved.parts.country_code, resolved.parts.national().as_str(), None)
    }

    /// The region whose rules all numbers of a calling code follow.
    pub fn main_region(&self, country_code: u16) -> Option<Region> {
        let code = self.code(country_code)?;
        Some(Region::of_plan(self.territory(code.main()).region()))
    }

    /// All regions that share a calling code, the main one first.
    pub fn regions_of(&self, country_code: u16) -> impl Iterator<Item = Region> {
        let territories = self.code(country_code).into_iter().flat_map(engine::table::Code::territories);
        territories.map(|territory| Region::of_plan(self.territory(territory).region()))
    }

    /// All calling codes.
    pub fn calling_codes(&self) -> impl Iterator<Item = u16> {
        self.codes().map(engine::table::Code::number)
    }

    pub fn calling_code(&self, region: Region) -> Option<u16> {
        Some(self.territory(self.territory_of(region.bytes())?).code())
    }

    /// What is dialled before a national number at home, such as `0`; with `~` where one waits for a tone.
    pub fn national_prefix(&self, region: Region) -> Option<&'static str> {
        let territory = self.territory(self.territory_of(region.bytes())?);
        territory.has_national_prefix().then(|| self.plain(territory.national_prefix_text()))
    }

    /// Whether people keep their mobile numbers when they change the operator there.
    pub fn is_portable(&self, region: Region) -> bool {
        self.territory_of(region.bytes()).is_some_and(|territory| self.territory(territory).is_portable())
    }

    /// Whether a text reads like a phone number, valid or not.
    pub fn is_viable(&self, raw: &str) -> bool {
        let symbols: Vec<u8> = raw.chars().map(|c| engine::script::symbol(self, c)).collect();
        engine::extension::is_viable(&symbols)
    }

    /// Whether a text is a number of which some digits are spelt with letters.
    pub fn is_spelt(&self, raw: &str) -> bool {
        let symbols: Vec<u8> = raw.chars().map(|c| engine::script::symbol(self, c)).collect();
        let number =
            engine::extension::extension(&symbols).map_or(&*symbols, |suffix| &symbols[..suffix.start]);
        engine::extension::is_viable(&symbols)
            && number.iter().filter(|symbol| engine::script::is_letter(**symbol)).nth(2).is_some()
    }

    /// A number that can be read in the region and is not valid there, made from its example.
    pub fn invalid_example(&'static self, region: Region) -> Option<Number> {
        let territory = self.territory(self.territory_of(region.bytes())?);
        let example = self.plain(territory.example(place::kind_of(LineType::FixedLine)));
        let mut shorter =
            (2..example.len()).rev().filter_map(|length| self.parse(&example[..length], Some(region)).ok());
        shorter.find(|number| !number.is_valid())
    }
}

impl Number {
    pub fn e164(&self) -> E164 {
        self.parts.e164()
    }

    pub fn country_code(&self) -> u16 {
        self.parts.country_code
    }

    /// The digits after the calling code, in the clear.
    pub fn national_significant(&self) -> Digits {
        self.parts.national()
    }

    pub fn extension(&self) -> Option<&Extension> {
        self.extension.as_ref()
    }

    /// The code of the carrier that the writer would call by; empty if there is none.
    pub fn carrier(&self) -> &str {
        self.carrier.as_str()
    }

    /// The same number, as if it had been written in another way.
    #[must_use]
    pub fn written_with(self, source: CodeSource, carrier: &str) -> Self {
        Self { source, carrier: Carrier::of_text(carrier), ..self }
    }

    pub fn code_source(&self) -> CodeSource {
        self.source
    }

    /// The number alone; `None` if it has more digits than one holds.
    pub fn number(&self) -> Option<PhoneNumber> {
        PhoneNumber::pack(self.parts)
    }

    pub fn region_and_line_type(&self) -> (Option<Region>, LineType) {
        place_of_parts(self.plans, self.parts)
    }

    pub fn is_valid(&self) -> bool {
        self.region_and_line_type().1 != LineType::Unknown
    }

    /// Whether the plan of this one region has the number; several may share a calling code, and even a number.
    pub fn is_valid_for(&self, region: Region) -> bool {
        let (plans, code) = (self.plans, self.parts.country_code);
        let territory = match plans.territory_of(region.bytes()) {
            Some(territory) => plans.territory(territory),
            None if region == Region::NON_GEOGRAPHIC => {
                let Some(code) = plans.code(code) else { return false };
                plans.territory(code.main())
            }
            None => return false,
        };
        territory.code() == code
            && territory.region() == region.bytes()
            && place::kind_in(plans, territory, self.parts.national().as_str().as_bytes())
                != LineType::Unknown
    }

    /// Whether its length can be right for a type of number; for any with [`LineType::Unknown`].
    pub fn possibility(&self, line_type: LineType) -> Possibility {
        let length = self.parts.national_length() as usize;
        place::possibility(self.plans, self.parts.country_code, length, line_type)
    }

    /// Whether it can be called from other countries.
    pub fn is_callable_from_abroad(&self) -> bool {
        place::is_callable_from_abroad(self.plans, self.parts)
    }

    /// Writes it, with its extension except in E.164.
    pub fn format(&self, format: Format) -> String {
        writing::format(self.plans, self.parts, format, self.extension_text())
    }

    /// As somebody in `region` dials it: in national form at home, else after the prefix that the region has for calls abroad.
    pub fn format_from(&self, region: Option<Region>) -> String {
        let from = region.and_then(|region| self.plans.territory_of(region.bytes()));
        writing::format_from(self.plans, self.parts, from, self.extension_text())
    }

    /// In national form with the code of the carrier that it was written with, or of another if it has none.
    pub fn format_with_carrier(&self, otherwise: &str) -> String {
        let carrier = if self.carrier().is_empty() { otherwise } else { self.carrier() };
        self.format_by_carrier(carrier)
    }

    /// In national form with the code of a carrier, where the plan has a place for it.
    pub fn format_by_carrier(&self, carrier: &str) -> String {
        writing::format_for_carrier(self.plans, self.parts, Format::National, self.extension_text(), carrier)
    }

    /// Without the digits at the end that make it longer than a valid number; `None` if no valid number is left.
    #[must_use]
    pub fn without_surplus(&self) -> Option<Self> {
        let parts = writing::without_surplus(self.plans, self.parts)?;
        Some(Self { parts, ..self.clone() })
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number(+{}, {} digits)", self.parts.country_code, self.parts.national_length())
    }
}
