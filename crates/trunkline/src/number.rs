//! `trunkline number`: what numbering plans say, in bulk and one by one.

mod parsing;
mod renormalising;

use std::path::PathBuf;

use base::Fault;
use clap::{Args, Subcommand};
use numbering::{
    Format, METADATA_VERSION, PhoneNumber, Region,
    know::{Known, Language},
};
use serde_json::{Value, json};

use crate::{
    import::region,
    opening::{Opening, Schema, Shop, has_database},
    output::{Output, Table, grouped},
};

#[derive(Debug, Subcommand)]
pub enum NumberCommand {
    /// One line in, one line out: raw, e164, valid, type, region, extension, error, separated by tabs
    Parse(ParseArguments),
    /// Print the version of the numbering-plan data
    Metadata,
    /// Everything known of one number: its forms, its plan, and who holds it in this shop
    Lookup(LookupArguments),
    /// Bring stored numbers up to date with today's numbering plans, and link people by them
    Renormalise(renormalising::RenormaliseArguments),
}

#[derive(Debug, Args)]
pub struct ParseArguments {
    /// Numbers, one a line; `-` is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    pub file: PathBuf,
    /// Country in which national numbers are read
    #[arg(long, value_name = "CC", value_parser = region)]
    pub region: Option<Region>,
    /// Each line is a country, a tab and the number; ZZ for no country
    #[arg(long, conflicts_with = "region")]
    pub with_region: bool,
}

#[derive(Debug, Args)]
pub struct LookupArguments {
    number: String,
    /// Country in which a national number is read
    #[arg(long, value_name = "CC", value_parser = region)]
    region: Option<Region>,
}

pub async fn run(opening: &Opening, output: Output, command: NumberCommand) -> Result<(), Fault> {
    match command {
        NumberCommand::Parse(arguments) => {
            let parsing = move || parsing::run(&arguments, output.json);
            tokio::task::spawn_blocking(parsing).await.map_err(Fault::internal)?
        }
        NumberCommand::Metadata => {
            let value = json!({ "version": METADATA_VERSION, "regions": numbering::regions().len() });
            output.answer(&value, || METADATA_VERSION.to_owned())
        }
        NumberCommand::Lookup(arguments) => lookup(opening, output, &arguments).await,
        NumberCommand::Renormalise(arguments) => renormalising::run(opening, output, &arguments).await,
    }
}

/// Reads a number from the command line.
pub fn read(text: &str, region: Option<Region>, field: &'static str) -> Result<PhoneNumber, Fault> {
    numbering::parse(text, region).map(|parsed| parsed.number).map_err(|error| {
        let hint = if region.is_none() && error == numbering::ParseError::InvalidCountryCode {
            " Write it with + and the country's code, or give --region."
        } else {
            ""
        };
        Fault::invalid("number_malformed", format!("{error}{hint}"))
            .field(field)
            .detail("reason", error.code())
    })
}

async fn lookup(opening: &Opening, output: Output, arguments: &LookupArguments) -> Result<(), Fault> {
    let number = read(&arguments.number, arguments.region, "number")?;
    let publicly = Known::of(number, Language::ENGLISH);
    let zones: Vec<&str> = publicly.time_zones.iter().collect();
    let mut value = json!({
        "e164": number.format(Format::E164),
        "international": number.format(Format::International),
        "national": number.format(Format::National),
        "rfc3966": number.format(Format::Rfc3966),
        "valid": number.is_valid(),
        "possible": number.possibility().code(),
        "type": number.line_type().code(),
        "region": publicly.region.map(|region| region.to_string()),
        "place": publicly.place,
        "carrier": publicly.carrier,
        "time_zones": zones,
        "country_code": number.country_code(),
        "renormalised": numbering::current(number).map(|(today, _)| today.format(Format::E164)),
    });
    let known = known(opening, number).await?;
    let mut text = String::new();
    for (label, key) in [
        ("E.164", "e164"),
        ("International", "international"),
        ("National", "national"),
        ("Valid", "valid"),
        ("Type", "type"),
        ("Region", "region"),
        ("Issued in", "place"),
        ("First carrier", "carrier"),
    ] {
        text += &format!("{label:<14} {}\n", plain(&value[key]));
    }
    text += &format!("{:<14} {}\n", "Time zones", zones.join(", "));
    if let Some((known, lines)) = known {
        value["known"] = known;
        text += &lines;
    }
    output.answer(&value, || text)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// What the shop knows of a number, if there is a database.
async fn known(opening: &Opening, number: PhoneNumber) -> Result<Option<(Value, String)>, Fault> {
    if !has_database(&opening.config()?) {
        return Ok(None);
    }
    let shop = match opening.in_shop(Schema::Expect, Shop::Expect).await {
        Ok(shop) => shop,
        Err(fault) if fault.code == "shop_unknown" => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let found = shop.app.customers.holders(&shop.cx, number).await?;
    let kind = found.kind.map(|kind| kind.code());
    let holders: Vec<Value> = found
        .holders
        .iter()
        .map(|holder| {
            json!({ "customer": holder.customer.id, "name": holder.customer.name(), "from": holder.tenure.from, "until": holder.tenure.until,
                    "confidence": holder.tenure.confidence, "orders": holder.customer.orders })
        })
        .collect();
    let mut text = format!("{:<14} {}\n", "In this shop", kind.unwrap_or("never seen"));
    if !holders.is_empty() {
        let mut table = Table::new(&["customer", "name", "from", "until", ">orders"]);
        for holder in &found.holders {
            let until = holder.tenure.until.map_or_else(|| "now".to_owned(), base::Timestamp::date);
            table.row([
                holder.customer.id.to_string(),
                holder.customer.name().unwrap_or("-").to_owned(),
                holder.tenure.from.date(),
                until,
                grouped(holder.customer.orders),
            ]);
        }
        text += &format!("\n{}", table.text());
    }
    Ok(Some((json!({ "kind": kind, "holders": holders }), text)))
}
