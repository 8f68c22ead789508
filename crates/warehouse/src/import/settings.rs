//! What an upload is and how it is to be read, as JSON in its row: it is read by another process than the one that was asked.

use base::{DecimalMark, Fault};
use jiff::{fmt::temporal, tz::TimeZone};
use numbering::Region;
use serde::{Deserialize, Serialize};

use super::Request;
use crate::files::{DateOrder, Field, Options};

/// Every part of a [`Request`], in words. What an older program did not write is left to be found out from the file, as it was then.
#[derive(Serialize, Deserialize)]
struct Told {
    source: String,
    file_name: String,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    map: Vec<(String, String)>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    decimal: Option<String>,
    #[serde(default)]
    month_first: Option<bool>,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
    /// The byte, because a tab is no text to look at.
    #[serde(default)]
    delimiter: Option<u8>,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    record_bytes_max: Option<usize>,
    #[serde(default)]
    spool_bytes_max: Option<u64>,
}

pub(super) fn write(request: &Request) -> Result<serde_json::Value, Fault> {
    // Every option by name: one that is added and forgotten here does not compile.
    let Options {
        format,
        map,
        delimiter,
        encoding,
        decimal,
        date_order,
        currency_default,
        time_zone,
        record_bytes_max,
        spool_bytes_max,
    } = &request.options;
    let zone = time_zone.as_ref().map(|zone| temporal::DateTimePrinter::new().time_zone_to_string(zone));
    let told = Told {
        source: request.source.code().to_owned(),
        file_name: request.file_name.clone(),
        region: request.region.map(|region| region.to_string()),
        map: map.iter().map(|(field, column)| (field.to_string(), column.clone())).collect(),
        currency: currency_default.map(|currency| currency.to_string()),
        decimal: decimal.map(|mark| mark.sign().to_string()),
        month_first: date_order.map(|order| order == DateOrder::MonthFirst),
        encoding: encoding.clone(),
        time_zone: zone.transpose().map_err(Fault::internal)?,
        delimiter: *delimiter,
        format: format.map(|format| format.to_string()),
        record_bytes_max: Some(*record_bytes_max),
        spool_bytes_max: Some(*spool_bytes_max),
    };
    serde_json::to_value(told).map_err(Fault::internal)
}

pub(super) fn read(settings: &serde_json::Value) -> Result<Request, Fault> {
    let told = Told::deserialize(settings).map_err(Fault::internal)?;
    let usual = Options::default();
    let field = |(field, column): (String, String)| Ok((field.parse::<Field>()?, column));
    let options = Options {
        format: told.format.map(|format| format.parse()).transpose()?,
        map: told.map.into_iter().map(field).collect::<Result<_, Fault>>()?,
        delimiter: told.delimiter,
        encoding: told.encoding,
        decimal: told.decimal.map(|sign| sign.parse::<DecimalMark>()).transpose().map_err(Fault::internal)?,
        date_order: told
            .month_first
            .map(|first| if first { DateOrder::MonthFirst } else { DateOrder::DayFirst }),
        currency_default: told.currency.map(|code| code.parse()).transpose().map_err(Fault::internal)?,
        time_zone: told.time_zone.map(|zone| time_zone(&zone)).transpose()?,
        record_bytes_max: told.record_bytes_max.unwrap_or(usual.record_bytes_max),
        spool_bytes_max: told.spool_bytes_max.unwrap_or(usual.spool_bytes_max),
    };
    Ok(Request {
        source: told.source.parse()?,
        file_name: told.file_name,
        region: told
            .region
            .map(|code| code.parse::<Region>())
            .transpose()
            .map_err(|error| Fault::internal(error.to_string()))?,
        options,
    })
}

fn time_zone(text: &str) -> Result<TimeZone, Fault> {
    temporal::DateTimeParser::new().parse_time_zone(text).map_err(Fault::internal)
}

#[cfg(test)]
mod tests {
    use history::Source;
    use proptest::{option::of, prelude::*, sample::select};

    use super::*;
    use crate::files::Format;

    fn zones() -> impl Strategy<Value = TimeZone> {
        let named = select(vec!["Europe/Helsinki", "Asia/Dhaka", "America/St_Johns", "UTC"])
            .prop_map(|name| TimeZone::get(name).expect("it is in the bundled database"));
        let fixed = (-50_000i32..50_000).prop_map(|minutes| {
            TimeZone::fixed(jiff::tz::Offset::from_seconds(minutes / 60 * 60).expect("within a day"))
        });
        prop_oneof![named, fixed]
    }

    prop_compose! {
        fn options()(
            format in of(select(vec![Format::Csv, Format::JsonLines, Format::Parquet])),
            map in proptest::collection::vec((select(Field::ALL.to_vec()), any::<String>()), 0..4),
            delimiter in of(0u8..128),
            encoding in of(select(vec!["utf-8", "windows-1252", "utf-16le"])),
            decimal in of(select(vec![DecimalMark::Point, DecimalMark::Comma])),
            date_order in of(select(vec![DateOrder::DayFirst, DateOrder::MonthFirst])),
            currency in of(select(vec!["EUR", "BDT", "RON"])),
            time_zone in of(zones()),
            record_bytes_max in any::<u32>(),
            spool_bytes_max in 0..i64::MAX as u64,
        ) -> Options {
            Options {
                format, map, delimiter, encoding: encoding.map(str::to_owned), decimal, date_order,
                currency_default: currency.map(|code| code.parse().unwrap()), time_zone,
                record_bytes_max: record_bytes_max as usize, spool_bytes_max,
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_was_said_of_a_file_is_still_known_when_it_is_read(
            options in options(),
            source in select(Source::ALL.to_vec()),
            file_name in any::<String>(),
            region in of(select(vec!["FI", "BD", "RO"])),
        ) {
            let region = region.map(|code| code.parse::<Region>().unwrap());
            let asked = Request { source, file_name, region, options };
            // Through text, as the database keeps it.
            let kept: serde_json::Value = write(&asked).unwrap().to_string().parse().unwrap();
            let found = read(&kept).unwrap();
            prop_assert_eq!(format!("{asked:?}"), format!("{found:?}"));
            prop_assert_eq!(asked.options.time_zone, found.options.time_zone);
        }
    }

    #[test]
    fn what_an_older_program_queued_is_still_run() {
        let kept = serde_json::json!({
            "source": "pos", "file_name": "a.csv", "region": "FI", "map": [["number", "Puhelin"]],
            "currency": null, "decimal": ",", "month_first": false, "encoding": null,
        });
        let found = read(&kept).unwrap();
        assert_eq!(found.options.decimal, Some(DecimalMark::Comma));
        assert_eq!(found.options.map, [(Field::Number, "Puhelin".to_owned())]);
        assert_eq!(found.options.record_bytes_max, Options::default().record_bytes_max);
    }
}
