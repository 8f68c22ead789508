//! One line of `trunkline number parse`: everything that is known of a text, as plain columns.

use std::{borrow::Cow, fmt};

use crate::{LineType, ParseError, Plans, Region, digits::E164, engine, parse::Extension};

/// What one written number turned out to be. Absent things are empty columns.
///
/// ```
/// use numbering::ParsedLine;
///
/// let line = ParsedLine::of("+39 06 698 12345", None);
/// assert_eq!(line.columns(), ["+39 06 698 12345", "+390669812345", "true", "FIXED_LINE", "VA", "", ""]);
/// let line = ParsedLine::of("12", None);
/// assert_eq!(line.columns(), ["12", "", "false", "", "", "", "INVALID_COUNTRY_CODE"]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ParsedLine<'a> {
    raw: Cow<'a, str>,
    pub outcome: Result<KnownNumber, ParseError>,
}

/// What is known of a text that is a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownNumber {
    pub e164: E164,
    pub valid: bool,
    pub line_type: LineType,
    pub region: Option<Region>,
    pub extension: Option<Extension>,
}

impl<'a> ParsedLine<'a> {
    /// The names of the columns, in order.
    pub const COLUMNS: [&'static str; 7] = ["raw", "e164", "valid", "type", "region", "extension", "error"];

    /// Parses and looks up. Answers what libphonenumber answers, also for the few spellings with more national digits than a
    /// [`crate::PhoneNumber`] holds: those are numbers, and not valid.
    pub fn of(raw: &'a str, default_region: Option<Region>) -> Self {
        let plans = Plans::BUILT_IN;
        let home = engine::home(plans, default_region);
        let outcome = engine::parse_and(plans, raw, home, |resolved, extension| {
            let (region, line_type) = resolved.place(plans);
            let valid = line_type != LineType::Unknown;
            KnownNumber { e164: resolved.e164(), valid, line_type, region, extension }
        });
        let raw = if raw.contains(['\t', '\n', '\r']) {
            Cow::Owned(raw.replace(['\t', '\n', '\r'], " "))
        } else {
            Cow::Borrowed(raw)
        };
        Self { raw, outcome }
    }

    /// The text as given, but for tabs and line ends, which became spaces: it stays one column of one line.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The columns named by [`ParsedLine::COLUMNS`]. In the clear: this is for whoever brought the text.
    pub fn columns(&self) -> [&str; 7] {
        match &self.outcome {
            Ok(known) => [
                self.raw(),
                known.e164.as_str(),
                if known.valid { "true" } else { "false" },
                known.line_type.code(),
                known.region.as_ref().map_or("", Region::as_str),
                known.extension.as_ref().map_or("", Extension::as_str),
                "",
            ],
            Err(error) => [self.raw(), "", "false", "", "", "", error.code()],
        }
    }
}

impl fmt::Debug for ParsedLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedLine").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}
