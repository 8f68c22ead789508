//! Lookup: what a number is, by its plan. What only an operator could say is null.

use app::App;
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use identity::Scope;
use numbering::{
    Format, LineType, ParseError, PhoneNumber, Possibility,
    know::{Known, Language},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    account::Account,
    services::base,
    trouble::{Answer, Trouble},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Asked {
    fields: Option<String>,
    country_code: Option<String>,
}

pub(super) async fn fetch(
    State(app): State<App>,
    Extension(account): Extension<Account>,
    Path(text): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer<Json<Value>> {
    account.needs(Scope::NumbersRead)?;
    let region = asked.country_code.as_deref().filter(|code| !code.is_empty());
    let region =
        region.map(|code| code.parse().map_err(|_| Trouble::parameter("CountryCode"))).transpose()?;
    let fields = asked.fields.unwrap_or_default();
    let found = numbering::parse(&text, region).map(|parsed| parsed.number);
    let mut value = match found {
        Ok(number) => about(number, fields.split(',').any(|field| field.trim() == "line_type_intelligence")),
        Err(error) => nothing(&text, error),
    };
    for field in [
        "caller_name",
        "sim_swap",
        "call_forwarding",
        "line_status",
        "identity_match",
        "reassigned_number",
        "sms_pumping_risk",
        "phone_number_quality_score",
        "pre_fill",
    ] {
        value[field] = Value::Null;
    }
    value["url"] =
        format!("{}/v2/PhoneNumbers/{}", base(&app), value["phone_number"].as_str().unwrap_or(&text)).into();
    Ok(Json(value))
}

fn about(number: PhoneNumber, line_type: bool) -> Value {
    let known = Known::of(number, Language::ENGLISH);
    let errors: Vec<&str> = match (number.is_valid(), number.possibility()) {
        (true, _) => Vec::new(),
        (false, Possibility::TooShort) => vec!["TOO_SHORT"],
        (false, Possibility::TooLong) => vec!["TOO_LONG"],
        (false, Possibility::InvalidLength) => vec!["INVALID_LENGTH"],
        (false, Possibility::InvalidCountryCode) => vec!["INVALID_COUNTRY_CODE"],
        (false, _) => vec!["INVALID_BUT_POSSIBLE"],
    };
    let intelligence = json!({
        "error_code": Value::Null,
        "mobile_country_code": Value::Null,
        "mobile_network_code": Value::Null,
        "carrier_name": known.carrier,
        "type": kind(number.line_type()),
    });
    json!({
        "calling_country_code": number.country_code().to_string(),
        "country_code": known.region.map(|region| region.to_string()),
        "phone_number": number.e164().as_str(),
        "national_format": number.format(Format::National),
        "valid": number.is_valid(),
        "validation_errors": errors,
        "line_type_intelligence": if line_type { intelligence } else { Value::Null },
    })
}

fn nothing(text: &str, error: ParseError) -> Value {
    let reason = match error {
        ParseError::InvalidCountryCode => "INVALID_COUNTRY_CODE",
        ParseError::TooShortNsn | ParseError::TooShortAfterIdd => "TOO_SHORT",
        ParseError::TooLong => "TOO_LONG",
        ParseError::NotANumber => "NOT_A_NUMBER",
    };
    json!({
        "calling_country_code": Value::Null,
        "country_code": Value::Null,
        "phone_number": text,
        "national_format": Value::Null,
        "valid": false,
        "validation_errors": [reason],
        "line_type_intelligence": Value::Null,
    })
}

/// The line type in this shape's words. Our plans do not tell two kinds of internet telephony apart; where a plan does not tell landlines from mobiles, nor do we.
const fn kind(line_type: LineType) -> &'static str {
    match line_type {
        LineType::FixedLine => "landline",
        LineType::Mobile => "mobile",
        LineType::TollFree => "tollFree",
        LineType::PremiumRate => "premium",
        LineType::SharedCost => "sharedCost",
        LineType::Voip => "nonFixedVoip",
        LineType::PersonalNumber => "personal",
        LineType::Pager => "pager",
        LineType::Uan => "uan",
        LineType::Voicemail => "voicemail",
        LineType::FixedLineOrMobile | LineType::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plan_does_not_tell_is_not_called_mobile() {
        for (number, expected) in
            [("+358401234567", "mobile"), ("+358941234567", "landline"), ("+12125550123", "unknown")]
        {
            let number = PhoneNumber::from_e164(number).unwrap();
            assert_eq!(about(number, true)["line_type_intelligence"]["type"], expected, "{number}");
        }
    }
}
