//! Reads questions from standard input, one a line with tabs between its parts, and writes an answer for each: a way to compare with
//! other software.
//!
//! `number E164 LANGUAGE READER`, `zones E164`, `short E164 REGION`, `dialled TEXT REGION`, `example REGION`

use std::io::{self, BufRead, BufWriter, Write};

use numbering::{
    PhoneNumber, Region,
    know::{self, Language},
    short::{self, Cost},
};

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let parts: Vec<&str> = line.split('\t').collect();
        writeln!(out, "{}", answer(&parts).unwrap_or_else(|| "unreadable".to_owned()))?;
    }
    out.flush()
}

fn answer(parts: &[&str]) -> Option<String> {
    match *parts {
        ["number", e164, language, reader] => {
            let number = PhoneNumber::from_e164(e164).ok()?;
            named(number, language.parse().ok()?, reader.parse().unwrap_or(Region::UNKNOWN))
        }
        ["zones", e164] => {
            let number = PhoneNumber::from_e164(e164).ok()?;
            let joined = |zones: know::TimeZones| zones.iter().collect::<Vec<_>>().join(" ");
            Some([joined(know::time_zones(number)), joined(know::time_zones_of_valid(number))].join("\t"))
        }
        ["short", e164, region] => {
            let number = PhoneNumber::from_e164(e164).ok()?;
            Some(short_answers(number, region.parse().unwrap_or(Region::UNKNOWN)))
        }
        ["dialled", text, region] => {
            let region = region.parse().ok()?;
            let emergency = short::is_emergency_number(text, region);
            Some(format!("{emergency} {}", short::connects_to_emergency_number(text, region)))
        }
        ["example", region] => {
            let region = region.parse().ok()?;
            let costs = [Cost::TollFree, Cost::StandardRate, Cost::PremiumRate];
            let costs = costs.map(|cost| short::example_of_cost(region, cost).unwrap_or_default());
            Some(format!("{} {}", short::example(region).unwrap_or_default(), costs.join(" ")))
        }
        _ => None,
    }
}

fn named(number: PhoneNumber, language: Language, reader: Region) -> Option<String> {
    let answers = [
        know::carrier(number, language),
        know::carrier_of_valid(number, language),
        know::unported_carrier(number, language),
        know::place(number, language),
        know::place_of_valid(number, language),
        know::country(number, language),
        know::place_seen_from(number, language, reader),
    ];
    Some(answers.map(Option::unwrap_or_default).join("\t"))
}

fn short_answers(number: PhoneNumber, region: Region) -> String {
    let yes = [
        short::is_possible(number),
        short::is_possible_in(number, region),
        short::is_valid(number),
        short::is_valid_in(number, region),
        short::is_carrier_specific(number),
        short::is_carrier_specific_in(number, region),
        short::is_sms_service_in(number, region),
    ];
    let costs = [short::expected_cost(number), short::expected_cost_in(number, region)];
    let yes = yes.map(|yes| if yes { "1" } else { "0" }).concat();
    format!("{yes} {} {}", costs[0], costs[1])
}
