//! The JSON schema of the configuration file: a sentence for each setting, types and defaults from the settings themselves.

use app::Config;
use base::Fault;
use serde_json::{Map, Value, json};

/// Every setting, its type where the default does not tell, and what it is for.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("data", "string", "Folder of the embedded database, the key file and waiting uploads."),
    (
        "database",
        "string",
        "`sqlite:PATH` or `postgres://USER@HOST/DATABASE`; a SQLite file in the data folder if not given.",
    ),
    ("database_connections_max", "integer", "PostgreSQL connections of one process."),
    (
        "key_file",
        "string",
        "The key file; `keys` in the data folder if not given. TRUNKLINE_KEYS may hold its text instead.",
    ),
    ("shop", "string", "Short name of the shop that commands and the console work for."),
    ("listen", "string", "Address and port to listen on."),
    (
        "public_url",
        "string",
        "How the outside world calls this server, `https://…`; decides whether cookies are marked secure.",
    ),
    (
        "proxies",
        "array",
        "Proxies before this server, as addresses or networks: only they are believed when they say for whom they ask (`X-Forwarded-For`).",
    ),
    (
        "private_networks",
        "array",
        "Networks of your own in which the addresses that shops register (for webhooks, for telling a client that somebody signed out) may lie, such as `10.1.0.0/16`. Elsewhere only the public Internet is asked.",
    ),
    ("upload_bytes_max", "integer", "The largest upload that is taken, in bytes."),
    ("log_format", "string", "How log lines are written: `text` or `json`."),
    ("log", "string", "What is logged, as in `info` or `warn,warehouse=debug`."),
    (
        "test_mode",
        "boolean",
        "Nothing leaves the house: messages go to the sandbox's phones, and the sandbox's own addresses answer.",
    ),
    ("sign_in", "object", "How the pages for customers look."),
    ("messaging", "object", "How messages are sent."),
    ("verification", "object", "Codes that prove who holds a number, and what bounds them."),
    (
        "linking",
        "object",
        "The thresholds of linking; the defaults are what the quality report was measured with.",
    ),
];

const SIGN_IN: &[(&str, &str, &str)] = &[
    ("accent", "string", "The shop's colour, as in `#0b6661`."),
    (
        "region",
        "string",
        "The country whose national spellings of numbers are read when the browser does not say one, as in `FI`.",
    ),
];

const MESSAGING: &[(&str, &str, &str)] = &[
    (
        "routes",
        "array",
        "Which provider carries what: `channel` (sms, voice, whatsapp), `prefix` of the number, `purpose`, `provider`, `from`, `price` of a segment (`0.0425 EUR`). The closest rule comes first, the others stand by; `provider = \"refuse\"` ends the search. In test mode without any the sandbox carries everything.",
    ),
    (
        "smpp",
        "array",
        "Peers that speak SMPP: `name` as routes call it, `address` (HOST:PORT), `tls`, `root_certificates`, `system_id`, `password`, `system_type`, `version_5`, `window`, `enquire_link_seconds`, `answer_seconds`, `long_messages` (header, sar, payload), `receipt_ids` (same, hexadecimal, decimal).",
    ),
    (
        "twilio",
        "array",
        "Accounts of Twilio's shape, for texts and calls: `name`, `base_url`, `account_sid`, `auth_token`.",
    ),
    (
        "whatsapp",
        "array",
        "Business numbers of WhatsApp's Cloud API: `name`, `base_url`, `version`, `phone_number_id`, `access_token`, `app_secret`, `verify_token`.",
    ),
    (
        "http",
        "array",
        "Any other providers, sent JSON signed as Standard Webhooks are: `name`, `url`, `secret`, `channels`.",
    ),
    (
        "sandbox_smpp",
        "string",
        "In test mode: where the sandbox speaks SMPP, as an operator would; a loopback address and port.",
    ),
    ("in_flight_max", "integer", "Messages that one process has in hand at once."),
];

const VERIFICATION: &[(&str, &str, &str)] = &[
    ("code_digits", "integer", "Digits of a code, 4 to 10."),
    ("life_seconds", "integer", "How long a code serves, in seconds, at most 600."),
    (
        "origin",
        "string",
        "The host that origin-bound codes name, `shop.example`; that of `public_url` if not given.",
    ),
    ("limits", "object", "How much there may be for one number of one shop."),
    (
        "budgets",
        "object",
        "What sending may cost, in millionths of the currency's unit, and when it stops by itself.",
    ),
    ("destinations", "object", "Where codes are sent."),
];

const LIMITS: &[(&str, &str, &str)] = &[
    ("guesses_of_code_max", "integer", "Guesses that are looked at for one code."),
    (
        "guesses_a_day_max",
        "integer",
        "Wrong guesses for a number that are looked at in any 24 hours, over all codes. Ten at codes of six digits are a chance of 1 in 100,000.",
    ),
    (
        "guesses_since_success_max",
        "integer",
        "Wrong guesses for a number that are looked at since somebody last succeeded.",
    ),
    ("sends_pause_seconds", "integer", "Seconds between two sends to a number."),
    ("sends_in_ten_minutes_max", "integer", "Sends to a number in any ten minutes."),
    ("sends_a_day_max", "integer", "Sends to a number in any 24 hours."),
    (
        "device_sends_a_day_max",
        "integer",
        "Sends a day that a device that is known for the number keeps for itself when strangers have used those of the number.",
    ),
    ("device_guesses_a_day_max", "integer", "Wrong guesses a day that such a device keeps for itself."),
    (
        "address_sends_an_hour_max",
        "integer",
        "Sends asked for from one address in an hour; many people may share one.",
    ),
];

const BUDGETS: &[(&str, &str, &str)] = &[
    ("currency", "string", "ISO 4217; what the amounts here are in."),
    ("price_micros", "integer", "What one code costs where no route and nothing here says otherwise."),
    ("day_micros_max", "integer", "What may be spent on one country a day where nothing else is said."),
    ("prices_micros", "object", "Prices by country, `FI`, or calling code of no country, `+881`."),
    ("days_micros_max", "object", "Budgets a day by country or calling code."),
    ("breaker_sends_min", "integer", "Sends to a country after which it counts how many came back."),
    (
        "breaker_percent_min",
        "integer",
        "Below this many per cent no more is sent there, except to numbers that succeeded before.",
    ),
    (
        "breaker_probe_seconds",
        "integer",
        "While sending is stopped, one send in so many seconds goes through, to see whether things are better.",
    ),
    (
        "shadow",
        "boolean",
        "Records what budgets, breaker, addresses and destinations would refuse, and sends all the same. The limits of a number always hold.",
    ),
];

const DESTINATIONS: &[(&str, &str, &str)] = &[
    ("served", "array", "The countries that are served, `FI` or `BD`; all if none is named."),
    ("never_served", "array", "Countries that are never served."),
    (
        "of_no_country",
        "boolean",
        "Whether codes are sent to satellite phones and other numbers of no country.",
    ),
];

/// The parts of a part.
const WITHIN_VERIFICATION: &[(&str, &[(&str, &str, &str)])] =
    &[("limits", LIMITS), ("budgets", BUDGETS), ("destinations", DESTINATIONS)];

const LINKING: &[(&str, &str, &str)] = &[
    (
        "generic_people",
        "integer",
        "A number, e-mail address or loyalty id with more distinct people than this says nothing about who somebody is.",
    ),
    (
        "likely_percent",
        "integer",
        "An order that says nothing, over a number with several holders, is given to one of them when at least so many per cent speak for that one.",
    ),
    ("silence_days", "integer", "A number that was silent for this many days may have been handed on."),
    ("number_prior", "integer", "How much the same number alone speaks for one person, in decibans."),
    (
        "split_at",
        "integer",
        "Two groups of records on one number with a sum at or below this are two people.",
    ),
    ("sure_at", "integer", "From this sum on, records on one number are joined without a review."),
    (
        "join_at",
        "integer",
        "Records on different numbers are joined from this sum on; below it and above zero there is a review.",
    ),
];

pub(super) fn schema() -> Result<Value, Fault> {
    let defaults = serde_json::to_value(Config::default()).map_err(Fault::internal)?;
    let mut properties = properties(SETTINGS, &defaults);
    properties["log_format"]["enum"] = json!(["text", "json"]);
    properties["sign_in"]["properties"] = self::properties(SIGN_IN, &defaults["sign_in"]);
    properties["sign_in"]["additionalProperties"] = false.into();
    properties["messaging"]["properties"] = self::properties(MESSAGING, &defaults["messaging"]);
    properties["messaging"]["additionalProperties"] = false.into();
    properties["verification"]["properties"] = self::properties(VERIFICATION, &defaults["verification"]);
    properties["verification"]["additionalProperties"] = false.into();
    for (part, settings) in WITHIN_VERIFICATION {
        let schema = &mut properties["verification"]["properties"][part];
        schema["properties"] = self::properties(settings, &defaults["verification"][part]);
        schema["additionalProperties"] = false.into();
    }
    properties["linking"]["properties"] = self::properties(LINKING, &defaults["linking"]);
    properties["linking"]["additionalProperties"] = false.into();
    Ok(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trunkline configuration",
        "description": "The file `trunkline.toml` in the data folder, or the one that --config names. The environment (TRUNKLINE_DATABASE, …) and the command line win over it.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    }))
}

fn properties(settings: &[(&str, &str, &str)], defaults: &Value) -> Value {
    let property = |(name, kind, words): &(&str, &str, &str)| {
        let mut property = json!({ "type": kind, "description": words });
        if let Some(default) = defaults.get(*name).filter(|default| !default.is_null() && *kind != "object") {
            property["default"] = default.clone();
        }
        ((*name).to_owned(), property)
    };
    Value::Object(settings.iter().map(property).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(settings: &[(&str, &str, &str)]) -> Vec<String> {
        let mut names: Vec<String> = settings.iter().map(|(name, ..)| (*name).to_owned()).collect();
        names.sort();
        names
    }

    fn keys(value: &Value) -> Vec<String> {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    }

    #[test]
    fn every_setting_is_described_and_has_its_type() {
        let defaults = serde_json::to_value(Config::default()).unwrap();
        let verification = &defaults["verification"];
        let mut parts = vec![
            (SETTINGS, &defaults),
            (LINKING, &defaults["linking"]),
            (SIGN_IN, &defaults["sign_in"]),
            (MESSAGING, &defaults["messaging"]),
            (VERIFICATION, verification),
        ];
        parts.extend(WITHIN_VERIFICATION.iter().map(|(part, settings)| (*settings, &verification[part])));
        for (settings, defaults) in parts {
            assert_eq!(names(settings), keys(defaults));
            for (name, kind, _) in settings {
                let fits = match &defaults[*name] {
                    Value::Null => true, // not set
                    Value::String(_) => *kind == "string",
                    Value::Number(number) => *kind == "integer" && (number.is_i64() || number.is_u64()),
                    Value::Object(_) => *kind == "object",
                    Value::Bool(_) => *kind == "boolean",
                    Value::Array(_) => *kind == "array",
                };
                assert!(fits, "{name} is no {kind}");
            }
        }
    }
}
