//! Arrow arrays say what the rows say one by one.

use arrow_array::{
    Array, LargeStringArray, StringArray, StringViewArray, StructArray, cast::AsArray, types::Int8Type,
    types::UInt64Type,
};
use numbering::{
    ParsedLine, PhoneNumber, Region,
    arrow::{Written, fields, read},
};
use proptest::{collection::vec, option, prelude::*};

fn region(code: &str) -> Option<Region> {
    code.parse().ok()
}

/// The text of a cell, through the dictionary where there is one; `None` for null.
fn cell(rows: &StructArray, field: &str, row: usize) -> Option<String> {
    let column = rows.column_by_name(field).expect(field);
    if column.is_null(row) {
        return None;
    }
    if let Some(texts) = column.as_string_opt::<i32>() {
        return Some(texts.value(row).to_owned());
    }
    if let Some(bits) = column.as_primitive_opt::<UInt64Type>() {
        return Some(bits.value(row).to_string());
    }
    if let Some(flags) = column.as_boolean_opt() {
        return Some(flags.value(row).to_string());
    }
    let named = column.as_dictionary::<Int8Type>();
    let key = usize::try_from(named.keys().value(row)).expect("a place in the dictionary");
    Some(named.values().as_string::<i32>().value(key).to_owned())
}

fn row(rows: &StructArray, at: usize) -> [Option<String>; 5] {
    ["number", "valid", "type", "region", "error"].map(|field| cell(rows, field, at))
}

fn said(number: &str, valid: &str, line_type: &str, region: Option<&str>) -> [Option<String>; 5] {
    let some = |text: &str| Some(text.to_owned());
    [some(number), some(valid), some(line_type), region.map(str::to_owned), None]
}

#[test]
fn texts_become_numbers_nulls_and_reasons() {
    let texts = vec![
        Some("01712-345678"),
        None,
        Some("+39 02 3661 8300"),
        Some("call me"),
        Some("+800 1234 5678"),
        Some("+44 123"),
    ];
    let rows = read(&StringArray::from(texts.clone()), region("BD"), Written::E164);
    assert_eq!(rows.fields(), &fields(Written::E164));
    assert_eq!(row(&rows, 0), said("+8801712345678", "true", "MOBILE", Some("BD")));
    assert!(rows.is_null(1));
    assert_eq!(row(&rows, 1), [const { None }; 5]);
    assert_eq!(row(&rows, 2), said("+390236618300", "true", "FIXED_LINE", Some("IT")));
    assert_eq!(row(&rows, 3), [None, Some("false".into()), None, None, Some("NOT_A_NUMBER".into())]);
    assert_eq!(row(&rows, 4), said("+80012345678", "true", "TOLL_FREE", Some("001")));
    assert_eq!(row(&rows, 5)[..3], said("+44123", "false", "UNKNOWN", None)[..3]);

    // The other ways in which Arrow keeps texts.
    assert_eq!(read(&LargeStringArray::from(texts.clone()), region("BD"), Written::E164), rows);
    assert_eq!(read(&StringViewArray::from(texts), region("BD"), Written::E164), rows);
}

#[test]
fn numbers_may_be_bits() {
    let rows = read(&StringArray::from(vec!["+8801712345678", "none"]), None, Written::Bits);
    assert_eq!(rows.fields(), &fields(Written::Bits));
    let bits: u64 = cell(&rows, "number", 0).expect("a number").parse().expect("bits");
    assert_eq!(PhoneNumber::from_bits(bits), PhoneNumber::from_e164("+8801712345678").ok());
    assert_eq!(cell(&rows, "number", 1), None);
}

#[test]
fn a_column_of_nothing_is_one() {
    let rows = read(&StringArray::from(Vec::<Option<&str>>::new()), None, Written::E164);
    assert_eq!((rows.len(), rows.num_columns()), (0, 5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Longer than what is read at a time, and sliced, so that rows and offsets would show.
    #[test]
    fn every_row_says_what_it_says_alone(
        texts in vec(option::weighted(0.9, prop_oneof!["[+]?[0-9 ()./-]{0,20}", "[+0-9a-z;=,# ]{0,16}"]), 1_000..1_100),
        code in prop_oneof![Just("BD"), Just("US"), Just("IT")],
        skip in 0usize..50,
    ) {
        let array = StringArray::from(texts.clone()).slice(skip, texts.len() - skip);
        let rows = read(&array, region(code), Written::E164);
        prop_assert_eq!(rows.len(), texts.len() - skip);
        for (at, text) in texts[skip..].iter().enumerate() {
            let expected = match text.as_deref().map(|text| ParsedLine::of(text, region(code)).outcome) {
                None => [const { None }; 5],
                Some(Ok(known)) => {
                    let valid = known.line_type != numbering::LineType::Unknown;
                    let place = known.region.map(|region| region.to_string());
                    said(known.e164.as_str(), &valid.to_string(), known.line_type.code(), place.as_deref())
                }
                Some(Err(error)) => [None, Some("false".into()), None, None, Some(error.code().to_owned())],
            };
            prop_assert_eq!(row(&rows, at), expected, "{:?}", text);
        }
    }
}
