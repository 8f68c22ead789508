//! `cargo xtask conformance --suites`: the test suites of libphonenumber's Python port are run in Python, under the plans made up for
//! them; each call that a test makes is made again here, under the same plans, and the answers are compared.

use std::{collections::BTreeMap, process::Stdio};

use numbering::{
    Agreement, AsYouType, CodeSource, Format, Leniency, LineType, METADATA_VERSION, Number, ParseError,
    Plans, Possibility, Region,
};
use serde_json::{Value, json};

use crate::{
    Failure, numbering as tables,
    python::{self, Python},
    shell,
};

const RECORDER: &str = include_str!("record.py");
/// Disagreements that are printed of each suite and call.
const SHOWN: usize = 3;

#[derive(Default)]
struct Tally {
    agree: usize,
    differ: usize,
    not_offered: usize,
}

pub fn run() -> Result<(), Failure> {
    let python = Python::with_release(METADATA_VERSION)?;
    let (folder, _) = python.source()?;
    let script = python::kept("record.py", RECORDER)?;
    let mut command = python.command();
    command.arg(script).arg(folder).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("`{}` failed ({})", shell::written(&command), output.status).into());
    }
    let table: &'static [u8] = tables::table_of_tests(METADATA_VERSION)?.leak();
    let tests: &'static Plans =
        Box::leak(Box::new(Plans::read(table).ok_or("the table of the tests is broken")?));
    let mut tallies: BTreeMap<(String, String), Tally> = BTreeMap::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let entry: Value = serde_json::from_slice(line)?;
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let (suite, call) = (text("suite"), text("call"));
        let plans = if entry["table"] == "tests" { tests } else { Plans::BUILT_IN };
        let tally = tallies.entry((suite.clone(), call.clone())).or_default();
        match answer(plans, &call, &entry["arguments"]) {
            None => tally.not_offered += 1,
            Some(ours) if ours == theirs(&call, &entry["answer"]) => tally.agree += 1,
            Some(ours) => {
                tally.differ += 1;
                if tally.differ <= SHOWN {
                    let (arguments, theirs) = (&entry["arguments"], theirs(&call, &entry["answer"]));
                    println!("{suite}: {call}{arguments}: ours {ours}, theirs {theirs}");
                }
            }
        }
    }
    print(&tallies)
}

fn print(tallies: &BTreeMap<(String, String), Tally>) -> Result<(), Failure> {
    println!("\n{:<24} {:<46} {:>7} {:>7} {:>12}", "suite", "call", "agree", "differ", "not offered");
    let mut differ = 0;
    for ((suite, call), tally) in tallies {
        println!("{suite:<24} {call:<46} {:>7} {:>7} {:>12}", tally.agree, tally.differ, tally.not_offered);
        differ += tally.differ;
    }
    if differ == 0 { Ok(()) } else { Err(format!("{differ} calls differ").into()) }
}

/// What a suite's answer is, as far as we mean to give the same.
fn theirs(call: &str, answer: &Value) -> Value {
    match call {
        "parse" | "example_number" | "example_number_for_type" | "example_number_for_non_geo_entity" => {
            number_facts(answer)
        }
        "invalid_example_number" => json!(!answer.is_null()),
        "find" => {
            let found = answer.as_array().into_iter().flatten();
            found.map(|found| json!([found[0], found[1], number_facts(&found[2])])).collect()
        }
        "truncate_too_long_number" => json!([answer[0], answer[1]["national"]]),
        _ => answer.clone(),
    }
}

fn number_facts(number: &Value) -> Value {
    match number {
        Value::Object(facts) if facts.contains_key("code") => {
            json!([facts["code"], facts["national"], facts["extension"]])
        }
        other => other.clone(),
    }
}

fn facts_of(number: &Number) -> Value {
    let extension = number.extension().map(|extension| extension.as_str());
    json!([number.country_code(), number.national_significant().as_str(), extension])
}

fn region(value: &Value) -> Option<Region> {
    value.as_str()?.parse().ok()
}

/// A number as a suite has it; none if it was made without national digits.
fn number(plans: &'static Plans, value: &Value) -> Option<Number> {
    let code = u16::try_from(value["code"].as_u64()?).ok()?;
    plans.number(code, value["national"].as_str()?, value["extension"].as_str())
}

fn source(value: &Value) -> CodeSource {
    match value.as_u64() {
        Some(1) => CodeSource::Plus,
        Some(5) => CodeSource::InternationalPrefix,
        Some(10) => CodeSource::Digits,
        Some(20) => CodeSource::DefaultRegion,
        _ => CodeSource::Nowhere,
    }
}

fn error_number(error: ParseError) -> Value {
    let place = ParseError::ALL.iter().position(|other| *other == error);
    json!({ "error": place })
}

fn line_type(value: &Value) -> Option<LineType> {
    match value.as_u64()? {
        99 => Some(LineType::Unknown),
        code => LineType::ALL.get(usize::try_from(code).ok()?).copied(),
    }
}

fn type_number(line_type: LineType) -> Value {
    match line_type {
        LineType::Unknown => json!(99),
        known => json!(known as u8),
    }
}

fn possibility_number(possibility: Possibility) -> Value {
    json!(match possibility {
        Possibility::Possible => 0,
        Possibility::InvalidCountryCode => 1,
        Possibility::TooShort => 2,
        Possibility::TooLong => 3,
        Possibility::LocalOnly => 4,
        Possibility::InvalidLength => 5,
    })
}

fn is_possible(possibility: Possibility) -> Value {
    json!(matches!(possibility, Possibility::Possible | Possibility::LocalOnly))
}

fn agreement_number(agreement: Agreement) -> Value {
    json!(match agreement {
        Agreement::NotANumber => 0,
        Agreement::None => 1,
        Agreement::Short => 2,
        Agreement::National => 3,
        Agreement::Exact => 4,
    })
}

/// Our answer to a call; nothing where we offer no such thing.
fn answer(plans: &'static Plans, call: &str, arguments: &Value) -> Option<Value> {
    let first = &arguments[0];
    match call {
        "parse" => {
            let text = first.as_str()?;
            let without_region =
                arguments.as_array()?.iter().any(|argument| *argument == json!(["_check_region", false]));
            let parsed = if without_region {
                plans.parse_anywhere(text)
            } else {
                plans.parse(text, region(&arguments[1]))
            };
            Some(parsed.map_or_else(error_number, |number| facts_of(&number)))
        }
        "input_digit" => typed(plans, arguments),
        "find" => found(plans, arguments),
        "ndd_prefix_for_region" => {
            let prefix = region(first).and_then(|region| plans.national_prefix(region));
            let strips = arguments[1].as_bool()?;
            Some(json!(prefix.map(|prefix| if strips { prefix.replace('~', "") } else { prefix.to_owned() })))
        }
        "is_number_match" => agreement(plans, first, &arguments[1]),
        "is_possible_number_string" => {
            let parsed = plans.parse(first.as_str()?, region(&arguments[1]));
            Some(parsed.map_or(json!(false), |number| is_possible(number.possibility(LineType::Unknown))))
        }
        "_is_viable_phone_number" => Some(json!(plans.is_viable(first.as_str()?))),
        "is_alpha_number" => Some(json!(plans.is_spelt(first.as_str()?))),
        "example_number" => example(plans, first, LineType::FixedLine),
        "example_number_for_type" if !first.is_null() => example(plans, first, line_type(&arguments[1])?),
        "example_number_for_non_geo_entity" => {
            let code = u16::try_from(first.as_u64()?).ok()?;
            Some(plans.example_of_no_place(code).map_or(Value::Null, |number| facts_of(&number)))
        }
        "invalid_example_number" => {
            Some(json!(region(first).is_some_and(|region| plans.invalid_example(region).is_some())))
        }
        _ => of_region(plans, call, first).or_else(|| of_number(plans, call, arguments)),
    }
}

fn of_region(plans: &'static Plans, call: &str, first: &Value) -> Option<Value> {
    let code = || u16::try_from(first.as_u64()?).ok();
    Some(match call {
        "country_code_for_region" => {
            json!(region(first).and_then(|region| plans.calling_code(region)).unwrap_or(0))
        }
        "region_code_for_country_code" => {
            json!(code().and_then(|code| plans.main_region(code)).unwrap_or(Region::UNKNOWN).to_string())
        }
        "region_codes_for_country_code" => {
            let regions = code().into_iter().flat_map(|code| plans.regions_of(code));
            regions.map(|region| json!(region.to_string())).collect()
        }
        "is_nanpa_country" => json!(region(first).and_then(|region| plans.calling_code(region)) == Some(1)),
        "is_mobile_number_portable_region" => {
            json!(region(first).is_some_and(|region| plans.is_portable(region)))
        }
        "supported_calling_codes" => {
            let mut codes: Vec<u16> = plans.calling_codes().collect();
            codes.sort_unstable();
            json!(codes)
        }
        _ => return None,
    })
}

fn of_number(plans: &'static Plans, call: &str, arguments: &Value) -> Option<Value> {
    let given = &arguments[0];
    let second = &arguments[1];
    let number = number(plans, given)?;
    // What was typed is kept by none of our numbers, but may be given again.
    let has_raw = given["raw"].is_string();
    let raw = given["raw"].as_str().unwrap_or_default();
    let number = number.written_with(source(&given["source"]), given["carrier"].as_str().unwrap_or_default());
    Some(match call {
        "format_number" if !has_raw => {
            let formats = [Format::E164, Format::International, Format::National, Format::Rfc3966];
            json!(number.format(formats[usize::try_from(second.as_u64()?).ok()?]))
        }
        "format_out_of_country_calling_number" => json!(number.format_from(region(second))),
        "format_national_number_with_carrier_code" => json!(number.format_by_carrier(second.as_str()?)),
        "format_national_number_with_preferred_carrier_code" => {
            let own = given["carrier"].as_str().filter(|carrier| !carrier.is_empty());
            json!(number.format_by_carrier(own.unwrap_or(second.as_str()?)))
        }
        "format_number_for_mobile_dialing"
            if plans.main_region(number.country_code()).is_some() || !has_raw =>
        {
            json!(number.format_for_mobile(region(second), arguments[2].as_bool()?))
        }
        "format_in_original_format" => json!(number.format_like(raw, region(second))),
        "format_out_of_country_keeping_alpha_chars" => json!(number.format_with_letters(raw, region(second))),
        "is_number_geographical" => json!(number.is_geographical()),
        "length_of_geographical_area_code" => json!(number.area_code_length()),
        "length_of_national_destination_code" => json!(number.destination_code_length()),
        "national_significant_number" => json!(number.national_significant().as_str()),
        "number_type" => type_number(number.region_and_line_type().1),
        "region_code_for_number" => json!(number.region_and_line_type().0.map(|region| region.to_string())),
        "is_valid_number" => json!(number.is_valid()),
        "is_valid_number_for_region" => {
            json!(region(second).is_some_and(|region| number.is_valid_for(region)))
        }
        "is_possible_number" => is_possible(number.possibility(LineType::Unknown)),
        "is_possible_number_for_type" => is_possible(number.possibility(line_type(second)?)),
        "is_possible_number_with_reason" => possibility_number(number.possibility(LineType::Unknown)),
        "is_possible_number_for_type_with_reason" => {
            possibility_number(number.possibility(line_type(second)?))
        }
        "can_be_internationally_dialled" => json!(number.is_callable_from_abroad()),
        "truncate_too_long_number" => {
            let short = number.without_surplus();
            let kept = short.as_ref().unwrap_or(&number).national_significant();
            json!([short.is_some(), kept.as_str()])
        }
        _ => return None,
    })
}

fn example(plans: &'static Plans, place: &Value, line_type: LineType) -> Option<Value> {
    let number = region(place).and_then(|region| plans.example(region, line_type));
    Some(number.map_or(Value::Null, |number| facts_of(&number)))
}

fn agreement(plans: &'static Plans, one: &Value, other: &Value) -> Option<Value> {
    Some(agreement_number(match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => plans.agreement(one, other),
        (Some(text), None) => number(plans, other)?.agreement_with_text(text),
        (None, Some(text)) => number(plans, one)?.agreement_with_text(text),
        (None, None) => number(plans, one)?.agreement(&number(plans, other)?),
    }))
}

fn typed(plans: &'static Plans, arguments: &Value) -> Option<Value> {
    let mut field = AsYouType::under(plans, region(&arguments[0]));
    let mut remembers = false;
    for key in arguments[1].as_array()? {
        let character = key[0].as_str()?.chars().next()?;
        if key[1] == true {
            remembers = true;
            field.push_and_remember(character);
        } else {
            field.push(character);
        }
    }
    Some(json!([field.shown(), remembers.then(|| field.position())]))
}

fn found(plans: &'static Plans, arguments: &Value) -> Option<Value> {
    let text = arguments[0].as_str()?;
    let leniency = [Leniency::Possible, Leniency::Valid, Leniency::StrictGrouping, Leniency::ExactGrouping];
    let leniency = leniency[usize::try_from(arguments[2].as_u64()?).ok()?];
    let hits = plans.find(text, region(&arguments[1]), leniency, arguments[3].as_u64()?);
    let characters = |bytes: usize| text[..bytes].chars().count();
    let found = hits
        .map(|(range, number)| json!([characters(range.start), characters(range.end), facts_of(&number)]));
    Some(found.collect())
}
