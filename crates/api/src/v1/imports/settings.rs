//! How an uploaded file is to be read: told by the address, or by the parts of a form.

use base::Fault;
use serde::Deserialize;
use utoipa::IntoParams;
use warehouse::{
    Request,
    files::{ToldOptions, parse_map},
};

use crate::reading;

/// The longest file name that is kept, in characters.
const FILE_NAME_CHARS_MAX: usize = 200;
/// More mappings than a file has fields make no sense.
const MAPS_MAX: usize = 64;

/// What the caller says of the file. Everything but the source is found out from the file if it is left out.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Told {
    /// `online`, `pos`, `loyalty` or `app`. Needed, here or as a part of the form.
    #[param(example = "online")]
    pub source: Option<String>,
    /// Whose numbering plan national numbers follow, unless a row's country says otherwise.
    #[param(example = "FI")]
    pub region: Option<String>,
    /// For showing only.
    #[param(example = "orders-2024-02.csv")]
    pub file_name: Option<String>,
    /// For rows that do not say theirs; ISO 4217.
    #[param(example = "EUR")]
    pub currency: Option<String>,
    /// `.` or `,`.
    #[param(example = ",")]
    pub decimal: Option<String>,
    /// `day-first` or `month-first`.
    #[param(example = "day-first")]
    pub date_order: Option<String>,
    /// A label of the WHATWG encoding standard.
    #[param(example = "windows-1252")]
    pub encoding: Option<String>,
    /// Time zone of moments that name none, of the time zone database; UTC if not given. A date without a time is that day in any zone.
    #[param(example = "Europe/Helsinki")]
    pub time_zone: Option<String>,
    /// The character between columns of a CSV file, or `tab`.
    #[param(example = ";")]
    pub delimiter: Option<String>,
    /// `csv`, `jsonl` or `parquet`.
    #[param(example = "csv")]
    pub format: Option<String>,
    /// `field=column`, as often as needed; wins over every guess.
    #[param(example = json!(["number=Billing Phone"]))]
    pub map: Vec<String>,
}

impl Told {
    /// From the address.
    pub fn from_query(query: &str) -> Result<Self, Fault> {
        let mut told = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            told.take(&name, value.into_owned())?;
        }
        Ok(told)
    }

    /// One setting by its name.
    pub fn take(&mut self, name: &str, value: String) -> Result<(), Fault> {
        let place = match name {
            "source" => &mut self.source,
            "region" => &mut self.region,
            "file_name" => &mut self.file_name,
            "currency" => &mut self.currency,
            "decimal" => &mut self.decimal,
            "date_order" => &mut self.date_order,
            "encoding" => &mut self.encoding,
            "time_zone" => &mut self.time_zone,
            "delimiter" => &mut self.delimiter,
            "format" => &mut self.format,
            "map" if self.map.len() < MAPS_MAX => {
                self.map.push(value);
                return Ok(());
            }
            _ => {
                let known = "source, region, file_name, currency, decimal, date_order, encoding, time_zone, delimiter, \
                     format and map";
                return Err(Fault::invalid(
                    "field_unknown",
                    format!("There is no such setting; there are {known}."),
                ));
            }
        };
        match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(Fault::invalid("field_repeated", "This setting is given twice.").field(name)),
        }
    }

    /// The settings, understood.
    pub fn request(self) -> Result<Request, Fault> {
        let source = self.source.ok_or_else(|| {
            Fault::invalid("field_missing", "Say where the orders come from.").field("source")
        })?;
        let map = self.map.iter().map(|map| parse_map(map)).collect::<Result<_, _>>()?;
        let told = ToldOptions {
            currency: self.currency,
            decimal: self.decimal,
            date_order: self.date_order,
            encoding: self.encoding,
            time_zone: self.time_zone,
            delimiter: self.delimiter,
            format: self.format,
            map,
        };
        Ok(Request {
            source: source.parse()?,
            file_name: plain_name(self.file_name.as_deref().unwrap_or("upload")),
            region: reading::region(self.region.as_deref())?,
            options: told.options()?,
        })
    }
}

/// The last part of a path, without control characters.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(FILE_NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use base::DecimalMark;

    use super::*;

    #[test]
    fn settings_are_read_from_an_address() {
        let told = Told::from_query("source=pos&region=FI&map=number%3DBilling+Phone&map=name%3DCustomer&file_name=..%2Fa%2Fb.csv&decimal=%2C").unwrap();
        let request = told.request().unwrap();
        assert_eq!(request.file_name, "b.csv");
        assert_eq!(request.options.map.len(), 2);
        assert_eq!(request.options.decimal, Some(DecimalMark::Comma));
        let told = Told::from_query("source=pos&delimiter=%09&currency=").unwrap();
        let options = told.request().unwrap().options;
        assert_eq!((options.delimiter, options.currency_default), (Some(b'\t'), None), "a tab is no blank");
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (query, code, field) in [
            ("region=FI", "field_missing", Some("source")),
            ("source=fax", "source_unknown", Some("source")),
            ("source=pos&source=app", "field_repeated", Some("source")),
            ("source=pos&colour=red", "field_unknown", None),
            ("source=pos&region=XX", "region_unknown", Some("region")),
            ("source=pos&currency=LEAF", "currency_unknown", Some("currency")),
            ("source=pos&decimal=x", "decimal_unknown", Some("decimal")),
            ("source=pos&date_order=xyz", "unknown_date_order", Some("date_order")),
            ("source=pos&map=number", "invalid_map", Some("map")),
            ("source=pos&time_zone=Mars", "time_zone_unknown", Some("time_zone")),
            ("source=pos&delimiter=%C3%A4", "invalid_delimiter", Some("delimiter")),
            ("source=pos&format=doc", "unknown_format", Some("format")),
        ] {
            let fault = Told::from_query(query).and_then(Told::request).unwrap_err();
            assert_eq!((fault.code, fault.field.as_deref()), (code, field), "{query}");
        }
    }
}
