//! Extractors that parse or refuse: JSON bodies, query strings, ids in paths, pages. What they refuse they name by field, and never repeat a value.

use std::str::FromStr;

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use base::{Cursor, Fault, PageRequest};
use numbering::{ParseError, Parsed, PhoneNumber, Possibility, Region};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::problem::{Answer, Problem};

/// The largest JSON body.
pub const JSON_BYTES_MAX: usize = 1024 * 1024;

/// A JSON body.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Answer<Self> {
        if !is_json(request.headers()) {
            let fault = Fault::invalid(
                "media_type_unsupported",
                "Send JSON, and say so: Content-Type: application/json.",
            );
            return Err(Problem::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault));
        }
        let bytes = whole(request.into_body()).await?;
        // A list would be taken for the fields in their order.
        if bytes.trim_ascii_start().starts_with(b"[") {
            return Err(misfit("", "expected an object").into());
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| json_fault(&error))?;
        json.end().map_err(|error| syntax_fault(&error))?;
        Ok(Self(value))
    }
}

/// All of a body that must not be longer than [`JSON_BYTES_MAX`].
pub(crate) async fn whole(body: axum::body::Body) -> Answer<axum::body::Bytes> {
    axum::body::to_bytes(body, JSON_BYTES_MAX).await.map_err(|_| {
        let fault =
            Fault::invalid("body_too_large", "The body is larger than is taken here, or it broke off.");
        Problem::with_status(StatusCode::PAYLOAD_TOO_LARGE, fault.detail("bytes_max", JSON_BYTES_MAX))
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn json_fault(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if !error.inner().is_data() {
        return syntax_fault(error.inner());
    }
    let text = error.inner().to_string();
    misfit(&path_of(error.path()), text.split(" at line ").next().unwrap_or_default()).into()
}

fn syntax_fault(error: &serde_json::Error) -> Problem {
    let message =
        format!("The body is not JSON: it breaks at line {}, column {}.", error.line(), error.column());
    Problem::with_status(StatusCode::BAD_REQUEST, Fault::invalid("json_malformed", message))
}

fn path_of(path: &serde_path_to_error::Path) -> String {
    match path.to_string() {
        path if path == "." => String::new(),
        path => path,
    }
}

/// What a value should have been, in the words of JSON.
fn expected(told: &str) -> Option<&str> {
    if told.contains("UUID") {
        return Some("a UUID, as in 018df0f4-9d3c-7a63-8f1a-5b5d8e3c7a10");
    }
    let (_, expected) = told.rsplit_once("expected ")?;
    let expected = expected.split(" at line ").next().unwrap_or(expected);
    Some(match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a map" => "an object",
        "a sequence" => "a list",
        rust if rust.starts_with("struct ") || rust.starts_with("internally tagged enum") => "an object",
        rust if rust.starts_with("tuple") => "a list",
        other => other,
    })
}

/// What does not fit, without the value: of the parser's sentence only what it expected is repeated, and names that we know.
fn misfit(path: &str, told: &str) -> Fault {
    let named =
        |prefix: &str| told.strip_prefix(prefix).and_then(|rest| rest.split('`').next()).map(str::to_owned);
    let below = |name: &str| match path.rsplit_once('.') {
        _ if path.is_empty() || path == name => name.to_owned(),
        Some((_, last)) if last == name => path.to_owned(),
        _ => format!("{path}.{name}"),
    };
    if let Some(name) = named("missing field `") {
        return Fault::invalid("field_missing", "This field is needed.").field(below(&name));
    }
    if let Some(name) = named("unknown field `") {
        let known =
            told.split_once(", expected ").map_or("none", |(_, known)| known.trim_start_matches("one of "));
        let fault = Fault::invalid("field_unknown", format!("There is no such field; there are {known}."));
        // A name that is no name may be a value in the wrong place, so it is not repeated.
        let harmless = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
        return if harmless { fault.field(below(&name)) } else { fault };
    }
    if let Some(name) = named("duplicate field `") {
        return Fault::invalid("field_repeated", "This field is given twice.").field(below(&name));
    }
    let message = match expected(told) {
        Some(expected) => format!("The value does not fit; expected {expected}."),
        None => "The value does not fit.".to_owned(),
    };
    let fault = Fault::invalid("field_malformed", message);
    if path.is_empty() { fault } else { fault.field(path) }
}

/// A query string.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let value = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        Ok(Self(value.map_err(|error| misfit(&path_of(error.path()), &error.inner().to_string()))?))
    }
}

/// What stands in the path for an id or a name.
#[derive(Clone, Copy, Debug)]
pub struct At<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        let malformed =
            || Fault::invalid("id_malformed", "An id in the address is not written as ids are: a UUID.");
        found.map(|Path(value)| Self(value)).map_err(|_| malformed().field("id").into())
    }
}

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Number of items wanted, 1 to 200; 50 if not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl Paging {
    /// Checks the limit, and that the cursor is one of this list's.
    fn checked(self, is_cursor: impl Fn(&PageRequest) -> bool) -> Result<PageRequest, Fault> {
        if self.limit.is_some_and(|limit| !(1..=PageRequest::LIMIT_MAX).contains(&limit)) {
            let message = format!("A page has 1 to {} items.", PageRequest::LIMIT_MAX);
            return Err(Fault::invalid("limit_out_of_range", message).field("limit"));
        }
        let page = PageRequest::new(self.limit, self.after);
        if page.after.is_some() && !is_cursor(&page) {
            return Err(Fault::invalid(
                "cursor_malformed",
                "This is no cursor of this list; take `next` of its last page.",
            )
            .field("after"));
        }
        Ok(page)
    }

    /// A page of a list whose cursor is one key.
    pub fn by<K: FromStr>(self) -> Result<PageRequest, Fault> {
        self.checked(|page| page.after_key::<K>().is_some())
    }

    /// A page of a list whose cursor has two parts.
    pub fn by_two<A: FromStr, B: FromStr>(self) -> Result<PageRequest, Fault> {
        self.checked(|page| page.after_parts::<A, B>().is_some())
    }

    /// A page of a list whose cursor is two parts around a sign.
    pub fn divided_by(self, sign: char) -> Result<PageRequest, Fault> {
        self.checked(|page| matches!(&page.after, Some(Cursor(text)) if text.contains(sign)))
    }
}

/// A region code, if there is one.
pub(crate) fn region(text: Option<&str>) -> Result<Option<Region>, Fault> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let unknown = || {
        Fault::invalid(
            "region_unknown",
            "A region is two letters such as BD, of a country with a numbering plan.",
        )
        .field("region")
    };
    text.parse::<Region>().ok().filter(|region| region.is_supported()).map(Some).ok_or_else(unknown)
}

/// A phone number however it is written.
pub(crate) fn number(text: &str, region: Option<Region>, field: &str) -> Result<Parsed, Fault> {
    customers::identity::read_number(text, region).map_err(|error| number_fault(error, field))
}

/// The number that a list is asked for, where one is named.
pub(crate) fn wanted_number(
    text: Option<&str>,
    region_text: Option<&str>,
) -> Result<Option<PhoneNumber>, Fault> {
    let region = region(region_text)?;
    text.map(|text| number(text, region, "number").map(|parsed| parsed.number)).transpose()
}

/// A phone number that can exist: what is kept must not be nonsense.
pub(crate) fn possible_number(text: &str, region: Option<Region>, field: &str) -> Result<Parsed, Fault> {
    let parsed = number(text, region, field)?;
    match parsed.number.possibility() {
        Possibility::Possible => Ok(parsed),
        other => {
            let message = "The number cannot exist: its length does not fit the numbering plan.";
            Err(Fault::invalid("number_impossible", message).field(field).detail("reason", other.code()))
        }
    }
}

fn number_fault(error: ParseError, field: &str) -> Fault {
    Fault::invalid("number_malformed", error.to_string()).field(field).detail("reason", error.code())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        reason: String,
        parts: Vec<Inner>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        count: u32,
    }

    fn fault(json: &str) -> Fault {
        let mut reader = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, Outer>(&mut reader).unwrap_err();
        json_fault(&error).fault().clone()
    }

    #[test]
    fn what_was_expected_is_said_in_the_words_of_json() {
        for (json, words) in [
            (r#"{"reason":"x","parts":[{"count":"6"}]}"#, "a whole number that is not negative"),
            (r#"{"reason":6,"parts":[]}"#, "a string"),
            (r#"{"reason":"x","parts":{}}"#, "a list"),
            ("null", "an object"),
        ] {
            let message = fault(json).message;
            assert!(message.ends_with(&format!("expected {words}.")), "{json}: {message}");
        }
        assert!(
            expected("UUID parsing failed: invalid length").is_some_and(|words| words.starts_with("a UUID"))
        );
    }

    #[test]
    fn a_fault_names_the_field_and_never_the_value() {
        for (json, code, field) in [
            (r#"{"parts":[]}"#, "field_missing", Some("reason")),
            (r#"{"reason":"x","parts":[{}]}"#, "field_missing", Some("parts[0].count")),
            (
                r#"{"reason":"x","parts":[{"count":"+358401234567"}]}"#,
                "field_malformed",
                Some("parts[0].count"),
            ),
            (r#"{"reason":"x","colour":1}"#, "field_unknown", Some("colour")),
            (r#"{"reason":"x","+358401234567":1}"#, "field_unknown", None),
            (r#"{"reason":"x","reason":"y"}"#, "field_repeated", Some("reason")),
            (r#"{"reason":"x","#, "json_malformed", None),
        ] {
            let fault = fault(json);
            assert_eq!((fault.code, fault.field.as_deref()), (code, field), "{json}");
            assert!(!fault.message.contains("358"), "{json}");
        }
    }
}
