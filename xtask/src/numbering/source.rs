//! The numbering plans as `plans.py` prints them: facts in the words of their source, before anything is compiled.

use serde_json::Value;

use crate::Failure;

/// The kinds of numbers in the order in which the engine counts them, by their names in the source.
pub const KINDS: [&str; 11] = [
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "general_desc",
];

pub struct Source {
    pub version: String,
    pub territories: Vec<Territory>,
    /// Calling codes with the regions that share them, the main one first.
    pub codes: Vec<(u16, Vec<String>)>,
    /// Further ways in which people group numbers of a calling code.
    pub alternate: Vec<(u16, Vec<Way>)>,
    pub zeros: Vec<u32>,
    pub words: Vec<(u32, u32)>,
}

pub struct Territory {
    pub id: String,
    pub code: u16,
    pub international_prefix: Option<String>,
    pub preferred_international_prefix: Option<String>,
    pub national_prefix: Option<String>,
    pub prefix_for_parsing: Option<String>,
    pub transform: Option<String>,
    pub extension_prefix: Option<String>,
    pub leading: Option<String>,
    pub portable: bool,
    pub same_mobile_and_fixed: bool,
    pub ways: Vec<Way>,
    pub international_ways: Vec<Way>,
    /// In the order of [`KINDS`].
    pub kinds: Vec<Option<Kind>>,
    pub not_from_abroad: Option<Kind>,
}

#[derive(Clone)]
pub struct Kind {
    pub pattern: Option<String>,
    pub lengths: Vec<u8>,
    pub local: Vec<u8>,
    pub example: Option<String>,
}

pub struct Way {
    pub pattern: String,
    pub format: String,
    pub leading: Vec<String>,
    pub prefix_rule: Option<String>,
    pub prefix_optional: bool,
    pub carrier_rule: Option<String>,
}

impl Source {
    pub fn read(text: &[u8]) -> Result<Self, Failure> {
        let value: Value = serde_json::from_slice(text)?;
        let codes = list(&value["codes"], |entry| Ok((number(&entry[0])?, list(&entry[1], text_of)?)))?;
        Ok(Self {
            version: text_of(&value["version"])?,
            territories: list(&value["territories"], territory)?,
            codes,
            alternate: list(&value["alternate"], |entry| Ok((number(&entry[0])?, list(&entry[1], way)?)))?,
            zeros: list(&value["zeros"], number)?,
            words: list(&value["words"], |range| Ok((number(&range[0])?, number(&range[1])?)))?,
        })
    }
}

fn list<T>(value: &Value, read: impl Fn(&Value) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
    value.as_array().ok_or("a list is missing")?.iter().map(read).collect()
}

fn text_of(value: &Value) -> Result<String, Failure> {
    Ok(value.as_str().ok_or("a text is missing")?.to_owned())
}

/// An empty text says as little as none.
fn optional(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn number<T: TryFrom<u64>>(value: &Value) -> Result<T, Failure> {
    let number = value.as_u64().ok_or("a number is missing")?;
    T::try_from(number).map_err(|_| "a number is too large".into())
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or_default()
}

fn territory(value: &Value) -> Result<Territory, Failure> {
    let kinds = KINDS.iter().map(|name| kind(&value["kinds"][name])).collect::<Result<_, _>>()?;
    Ok(Territory {
        id: text_of(&value["id"])?,
        code: number(&value["code"])?,
        international_prefix: optional(&value["international_prefix"]),
        preferred_international_prefix: optional(&value["preferred_international_prefix"]),
        national_prefix: optional(&value["national_prefix"]),
        prefix_for_parsing: optional(&value["prefix_for_parsing"]),
        transform: optional(&value["transform"]),
        extension_prefix: optional(&value["extension_prefix"]),
        leading: optional(&value["leading"]),
        portable: flag(&value["portable"]),
        same_mobile_and_fixed: flag(&value["same_mobile_and_fixed"]),
        ways: list(&value["ways"], way)?,
        international_ways: list(&value["international_ways"], way)?,
        kinds,
        not_from_abroad: kind(&value["kinds"]["no_international_dialling"])?,
    })
}

fn kind(value: &Value) -> Result<Option<Kind>, Failure> {
    if value.is_null() {
        return Ok(None);
    }
    Ok(Some(Kind {
        pattern: optional(&value["pattern"]),
        lengths: list(&value["lengths"], number)?,
        local: list(&value["local"], number)?,
        example: optional(&value["example"]),
    }))
}

fn way(value: &Value) -> Result<Way, Failure> {
    Ok(Way {
        pattern: text_of(&value["pattern"])?,
        format: text_of(&value["format"])?,
        leading: list(&value["leading"], text_of)?,
        prefix_rule: optional(&value["prefix_rule"]),
        prefix_optional: flag(&value["prefix_optional"]),
        carrier_rule: optional(&value["carrier_rule"]),
    })
}
