//! What somebody says of a file, in words: from an address, a form or the parts of an upload.

use base::{DecimalMark, Fault};
use jiff::tz::TimeZone;

use super::{Field, Options, parse_delimiter};

/// [`Options`] as they are typed. What is blank is left to be found out from the file.
#[derive(Clone, Default, Debug)]
pub struct ToldOptions {
    /// ISO 4217.
    pub currency: Option<String>,
    /// `.` or `,`.
    pub decimal: Option<String>,
    /// `day-first` or `month-first`.
    pub date_order: Option<String>,
    /// A label of the WHATWG encoding standard.
    pub encoding: Option<String>,
    /// A name of the time zone database, as in `Europe/Helsinki`.
    pub time_zone: Option<String>,
    /// One ASCII character, be it a blank, or `tab`.
    pub delimiter: Option<String>,
    /// `csv`, `jsonl` or `parquet`.
    pub format: Option<String>,
    pub map: Vec<(Field, String)>,
}

impl ToldOptions {
    /// The options, or a fault that names the field that makes no sense.
    ///
    /// ```
    /// use warehouse::files::ToldOptions;
    ///
    /// let told = ToldOptions { decimal: Some(",".to_owned()), currency: Some(" ".to_owned()), ..ToldOptions::default() };
    /// assert!(told.options().unwrap().currency_default.is_none());
    ///
    /// let told = ToldOptions { delimiter: Some("\t".to_owned()), ..ToldOptions::default() };
    /// assert_eq!(told.options().unwrap().delimiter, Some(b'\t'));
    ///
    /// let told = ToldOptions { time_zone: Some("Mars".to_owned()), ..ToldOptions::default() };
    /// assert_eq!(told.options().unwrap_err().field.as_deref(), Some("time_zone"));
    /// ```
    pub fn options(self) -> Result<Options, Fault> {
        Ok(Options {
            map: self.map,
            currency_default: read(self.currency, |code| code.parse().map_err(|_| currency_unknown()))?,
            decimal: read(self.decimal, |mark| mark.parse::<DecimalMark>().map_err(|_| decimal_unknown()))?,
            date_order: read(self.date_order, str::parse)?,
            encoding: said(self.encoding),
            time_zone: read(self.time_zone, |zone| TimeZone::get(zone).map_err(|_| time_zone_unknown()))?,
            // A blank may be one.
            delimiter: self
                .delimiter
                .filter(|text| !text.is_empty())
                .map(|text| parse_delimiter(&text))
                .transpose()?,
            format: read(self.format, str::parse)?,
            ..Options::default()
        })
    }
}

fn said(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn read<T>(text: Option<String>, parse: impl Fn(&str) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
    said(text).map(|text| parse(&text)).transpose()
}

fn currency_unknown() -> Fault {
    Fault::invalid("currency_unknown", "A currency is three letters of ISO 4217, such as EUR.")
        .field("currency")
}

fn decimal_unknown() -> Fault {
    Fault::invalid("decimal_unknown", "The decimal mark is . or , alone.").field("decimal")
}

fn time_zone_unknown() -> Fault {
    Fault::invalid("time_zone_unknown", "A time zone is written as in Europe/Helsinki.").field("time_zone")
}
