//! Columns as Arrow arrays: strings in, a struct of arrays out, for engines that keep tables so (DataFusion, Polars, whatever reads
//! Parquet). Behind the feature `arrow`.
//!
//! ```
//! use arrow_array::{Array, StringArray, cast::AsArray};
//! use numbering::arrow::{Written, read};
//!
//! let texts = StringArray::from(vec![Some("01712-345678"), None, Some("+39 06 698 12345"), Some("call me")]);
//! let read = read(&texts, "BD".parse().ok(), Written::E164);
//! let numbers = read.column_by_name("number").unwrap().as_string::<i32>();
//! assert_eq!(numbers.value(0), "+8801712345678");
//! assert_eq!(read.column_by_name("valid").unwrap().as_boolean().value(2), true);
//! assert!(read.is_null(1) && numbers.is_null(3));
//! ```

use std::sync::{Arc, LazyLock};

use arrow_array::{
    ArrayRef, DictionaryArray, StringArray, StructArray,
    array::StringArrayType,
    builder::{BooleanBuilder, Int8Builder, StringBuilder, UInt64Builder},
    types::Int8Type,
};
use arrow_schema::{DataType, Field, Fields};

use crate::{Batch, LineType, ParseError, Plans, Region, engine};

/// How numbers are written into the column `number`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// `+8801712345678`, as `Utf8`.
    E164,
    /// [`crate::PhoneNumber::to_bits`], as `UInt64`: half the memory, in the order of the numbers. Null for the few texts of more digits than
    /// a [`crate::PhoneNumber`] holds.
    Bits,
}

/// Rows read before they are carried over into the arrays; their memory stays in the processor's cache.
const ROWS_AT_A_TIME: usize = 1_024;

const ERRORS: [ParseError; 5] = [
    ParseError::InvalidCountryCode,
    ParseError::NotANumber,
    ParseError::TooShortAfterIdd,
    ParseError::TooShortNsn,
    ParseError::TooLong,
];

/// What is found out of each text:
///
/// | field | type | null |
/// |---|---|---|
/// | `number` | `Utf8` or `UInt64` | where it is no number |
/// | `valid` | `Boolean` | never, but for a null text |
/// | `type` | `Dictionary(Int8, Utf8)`, libphonenumber's names | where it is no number |
/// | `region` | `Utf8` | where it has none |
/// | `error` | `Dictionary(Int8, Utf8)`, libphonenumber's names | where it is a number |
pub fn fields(written: Written) -> Fields {
    let names = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
    let number = match written {
        Written::E164 => DataType::Utf8,
        Written::Bits => DataType::UInt64,
    };
    Fields::from(vec![
        Field::new("number", number, true),
        Field::new("valid", DataType::Boolean, true),
        Field::new("type", names.clone(), true),
        Field::new("region", DataType::Utf8, true),
        Field::new("error", names, true),
    ])
}

/// Reads a column of texts (`Utf8`, `LargeUtf8` or `Utf8View`), all of them written in one region. A null text is a null row.
pub fn read<'a, T: StringArrayType<'a>>(
    texts: T,
    default_region: Option<Region>,
    written: Written,
) -> StructArray {
    let home = engine::home(Plans::BUILT_IN, default_region);
    let mut columns = Columns::with_capacity(texts.len(), written);
    let mut batch = Batch::default();
    for start in (0..texts.len()).step_by(ROWS_AT_A_TIME) {
        batch.clear();
        let rows = start..texts.len().min(start + ROWS_AT_A_TIME);
        for row in rows.clone() {
            let text = if texts.is_null(row) { "" } else { texts.value(row) };
            batch.push_at(text, home);
        }
        rows.enumerate().for_each(|(at, row)| columns.push(&batch, at, texts.is_null(row)));
    }
    StructArray::new(fields(written), columns.finish(), texts.nulls().cloned())
}

enum Numbers {
    E164(StringBuilder),
    Bits(UInt64Builder),
}

struct Columns {
    numbers: Numbers,
    valid: BooleanBuilder,
    line_types: Int8Builder,
    regions: StringBuilder,
    errors: Int8Builder,
}

impl Columns {
    fn with_capacity(rows: usize, written: Written) -> Self {
        let numbers = match written {
            Written::E164 => Numbers::E164(StringBuilder::with_capacity(rows, rows * 13)),
            Written::Bits => Numbers::Bits(UInt64Builder::with_capacity(rows)),
        };
        Self {
            numbers,
            valid: BooleanBuilder::with_capacity(rows),
            line_types: Int8Builder::with_capacity(rows),
            regions: StringBuilder::with_capacity(rows, rows * 2),
            errors: Int8Builder::with_capacity(rows),
        }
    }

    fn push(&mut self, batch: &Batch, at: usize, is_null: bool) {
        let error = batch.errors[at];
        let is_number = error.is_none();
        match &mut self.numbers {
            Numbers::E164(numbers) => numbers.append_option(is_number.then(|| batch.e164[at].as_str())),
            Numbers::Bits(numbers) => {
                numbers.append_option(batch.numbers[at].map(crate::PhoneNumber::to_bits))
            }
        }
        let line_type = batch.line_types[at];
        self.valid.append_option((!is_null).then_some(line_type != LineType::Unknown));
        self.line_types.append_option(is_number.then(|| place(LineType::ALL, line_type)));
        self.regions.append_option(batch.regions[at].as_ref().map(Region::as_str));
        self.errors.append_option(error.filter(|_| !is_null).map(|error| place(&ERRORS, error)));
    }

    /// In the order of [`fields`].
    fn finish(mut self) -> Vec<ArrayRef> {
        let numbers: ArrayRef = match self.numbers {
            Numbers::E164(mut numbers) => Arc::new(numbers.finish()),
            Numbers::Bits(mut numbers) => Arc::new(numbers.finish()),
        };
        let named = |mut keys: Int8Builder, names: &Arc<StringArray>| -> ArrayRef {
            let names: ArrayRef = Arc::clone(names) as ArrayRef;
            Arc::new(DictionaryArray::<Int8Type>::new(keys.finish(), names))
        };
        vec![
            numbers,
            Arc::new(self.valid.finish()),
            named(self.line_types, &LINE_TYPE_NAMES),
            Arc::new(self.regions.finish()),
            named(self.errors, &ERROR_NAMES),
        ]
    }
}

static LINE_TYPE_NAMES: LazyLock<Arc<StringArray>> =
    LazyLock::new(|| Arc::new(LineType::ALL.iter().map(|line_type| Some(line_type.code())).collect()));
static ERROR_NAMES: LazyLock<Arc<StringArray>> =
    LazyLock::new(|| Arc::new(ERRORS.iter().map(|error| Some(error.code())).collect()));

fn place<T: PartialEq>(all: &[T], one: T) -> i8 {
    let place = all.iter().position(|other| *other == one).expect("all of them are listed");
    i8::try_from(place).expect("some twelve")
}
