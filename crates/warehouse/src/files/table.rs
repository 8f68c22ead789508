//! Parquet: reads the columns that matter, a batch of rows at a time, so that memory does not grow with the file.

use std::{
    fmt::Write,
    panic::{AssertUnwindSafe, catch_unwind},
};

use base::Fault;
use parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical},
    column::reader::ColumnReader,
    data_type::{AsBytes, ByteArray, FixedLenByteArray, Int96},
    errors::ParquetError,
    file::reader::{ChunkReader, FileReader, SerializedFileReader},
    schema::types::ColumnDescriptor,
};

use super::{
    Options,
    record::{Kind, Record},
    row::Reject,
};

const BATCH_ROWS: usize = 1024;

/// A Parquet file.
pub struct Table {
    file: Box<dyn FileReader>,
    names: Vec<String>,
    shapes: Vec<Shape>,
    selected: Vec<usize>,
    columns: Vec<Column>,
    group: usize,
    group_rows_left: u64,
    batch_rows: usize,
    /// The row within the batch that comes next.
    at: usize,
    row: u64,
    rows_total: u64,
    record_bytes_max: usize,
}

/// What a column's physical values stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    Plain,
    Unsigned,
    Decimal {
        places: usize,
    },
    Days,
    Instant {
        per_second: i64,
    },
    Local {
        per_second: i64,
    },
    TimeOfDay {
        per_second: i64,
    },
    Uuid,
    /// In a list or map: many values a row.
    Repeated,
    Unsupported,
}

/// One column of the current row group.
struct Column {
    index: usize,
    reader: ColumnReader,
    shape: Shape,
    /// The level at which a value is there; 0 if it always is.
    level_max: i16,
    levels: Vec<i16>,
    values: Values,
    next_value: usize,
}

enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

impl Table {
    pub fn open(file: impl ChunkReader + 'static, options: &Options) -> Result<Self, Fault> {
        let file: Box<dyn FileReader> = Box::new(guarded(|| SerializedFileReader::new(file))?);
        let metadata = file.metadata().file_metadata();
        let schema = metadata.schema_descr();
        let names = schema.columns().iter().map(|column| column.path().parts().join(".")).collect();
        let shapes = schema.columns().iter().map(|column| shape(column)).collect();
        let rows_total = u64::try_from(metadata.num_rows()).unwrap_or(0);
        Ok(Self {
            file,
            names,
            shapes,
            selected: Vec::new(),
            columns: Vec::new(),
            group: 0,
            group_rows_left: 0,
            batch_rows: 0,
            at: 0,
            row: 0,
            rows_total,
            record_bytes_max: options.record_bytes_max,
        })
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub const fn rows_total(&self) -> u64 {
        self.rows_total
    }

    pub const fn rows_read(&self) -> u64 {
        self.row
    }

    /// The names of the columns that have one value a row, of a type that a field can be read from; the others blank.
    pub fn usable_names(&self) -> Vec<String> {
        let unusable = |shape: &Shape| matches!(shape, Shape::Unsupported | Shape::Repeated);
        let columns = self.names.iter().zip(&self.shapes);
        columns.map(|(name, shape)| if unusable(shape) { String::new() } else { name.clone() }).collect()
    }

    /// Chooses the columns to read; the others are never touched.
    pub fn select(&mut self, wanted: impl Fn(usize) -> bool) {
        self.selected = (0..self.names.len()).filter(|column| wanted(*column)).collect();
    }

    pub fn next(&mut self, record: &mut Record) -> Result<Option<Result<(), Reject>>, Fault> {
        while self.at == self.batch_rows {
            if self.group_rows_left == 0 && !self.next_group()? {
                return Ok(None);
            }
            self.next_batch()?;
        }
        self.row += 1;
        record.clear();
        record.line_number = self.row;
        let mut not_text = false;
        for column in &mut self.columns {
            not_text |= column.take(self.at, record).is_err();
        }
        self.at += 1;
        if not_text {
            let reason = "The row holds bytes that are no text.";
            return Ok(Some(Err(Reject::row(self.row, "invalid_encoding", reason))));
        }
        if record.size() > self.record_bytes_max {
            let reason = "The record is longer than a record may be.";
            return Ok(Some(Err(Reject::row(self.row, "record_too_long", reason))));
        }
        Ok(Some(Ok(())))
    }

    fn next_group(&mut self) -> Result<bool, Fault> {
        if self.group == self.file.num_row_groups() {
            return Ok(false);
        }
        let (file, group) = (&self.file, self.group);
        let (selected, shapes) = (&self.selected, &self.shapes);
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let (columns, rows) = guarded(|| {
            let reader = file.get_row_group(group)?;
            let rows = reader.metadata().num_rows();
            let columns: Result<Vec<Column>, ParquetError> = selected
                .iter()
                .map(|index| {
                    let level_max = schema.column(*index).max_def_level();
                    Ok(Column::new(*index, reader.get_column_reader(*index)?, shapes[*index], level_max))
                })
                .collect();
            Ok((columns?, rows))
        })?;
        self.columns = columns;
        self.group_rows_left = u64::try_from(rows).unwrap_or(0);
        self.group += 1;
        Ok(true)
    }

    fn next_batch(&mut self) -> Result<(), Fault> {
        let rows = usize::try_from(self.group_rows_left).map_or(BATCH_ROWS, |left| left.min(BATCH_ROWS));
        let columns = &mut self.columns;
        guarded(|| columns.iter_mut().try_for_each(|column| column.fill(rows)))?;
        (self.batch_rows, self.at) = (rows, 0);
        self.group_rows_left -= rows as u64;
        Ok(())
    }
}

/// Runs the Parquet reader. On a damaged file it may fail or panic; either is the file's fault.
fn guarded<T>(act: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, Fault> {
    let damaged = || {
        Fault::invalid("parquet_unreadable", "The Parquet file is damaged or of a kind that cannot be read.")
    };
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(result) => result.map_err(|error| damaged().cause(error)),
        Err(_) => Err(damaged()),
    }
}

impl Column {
    fn new(index: usize, reader: ColumnReader, shape: Shape, level_max: i16) -> Self {
        let values = match &reader {
            ColumnReader::BoolColumnReader(_) => Values::Bool(Vec::new()),
            ColumnReader::Int32ColumnReader(_) => Values::Int32(Vec::new()),
            ColumnReader::Int64ColumnReader(_) => Values::Int64(Vec::new()),
            ColumnReader::Int96ColumnReader(_) => Values::Int96(Vec::new()),
            ColumnReader::FloatColumnReader(_) => Values::Float(Vec::new()),
            ColumnReader::DoubleColumnReader(_) => Values::Double(Vec::new()),
            ColumnReader::ByteArrayColumnReader(_) => Values::Bytes(Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(_) => Values::Fixed(Vec::new()),
        };
        Self { index, reader, shape, level_max, levels: Vec::new(), values, next_value: 0 }
    }

    fn fill(&mut self, rows: usize) -> Result<(), ParquetError> {
        macro_rules! read {
            ($reader:expr, $values:expr) => {{
                $values.clear();
                $reader.read_records(rows, Some(&mut self.levels), None, $values)?
            }};
        }
        self.levels.clear();
        self.next_value = 0;
        let (records, _, levels) = match (&mut self.reader, &mut self.values) {
            (ColumnReader::BoolColumnReader(reader), Values::Bool(values)) => read!(reader, values),
            (ColumnReader::Int32ColumnReader(reader), Values::Int32(values)) => read!(reader, values),
            (ColumnReader::Int64ColumnReader(reader), Values::Int64(values)) => read!(reader, values),
            (ColumnReader::Int96ColumnReader(reader), Values::Int96(values)) => read!(reader, values),
            (ColumnReader::FloatColumnReader(reader), Values::Float(values)) => read!(reader, values),
            (ColumnReader::DoubleColumnReader(reader), Values::Double(values)) => read!(reader, values),
            (ColumnReader::ByteArrayColumnReader(reader), Values::Bytes(values)) => read!(reader, values),
            (ColumnReader::FixedLenByteArrayColumnReader(reader), Values::Fixed(values)) => {
                read!(reader, values)
            }
            _ => return Err(ParquetError::General("the column's type changed".to_owned())),
        };
        if records != rows || (self.level_max > 0 && levels != rows) {
            return Err(ParquetError::General("a column ends before its row group".to_owned()));
        }
        Ok(())
    }

    /// Writes the value of row `at` of the batch; fails if it should be text and is not.
    fn take(&mut self, at: usize, record: &mut Record) -> Result<(), std::str::Utf8Error> {
        if self.level_max > 0 && self.levels.get(at).is_none_or(|level| *level < self.level_max) {
            record.set_with(self.index, Kind::Text, |_| {});
            return Ok(());
        }
        let value = self.next_value;
        self.next_value += 1;
        let (index, shape) = (self.index, self.shape);
        match &self.values {
            Values::Bool(values) => set(record, index, Kind::Text, values.get(value)),
            Values::Int32(values) => {
                let value = values.get(value).copied();
                #[allow(clippy::cast_sign_loss)] // the schema says that the bits are unsigned
                let wide =
                    value.map(|v| if shape == Shape::Unsigned { i128::from(v as u32) } else { v.into() });
                integer(record, index, shape, wide);
            }
            Values::Int64(values) => {
                let value = values.get(value).copied();
                #[allow(clippy::cast_sign_loss)]
                let wide =
                    value.map(|v| if shape == Shape::Unsigned { i128::from(v as u64) } else { v.into() });
                integer(record, index, shape, wide);
            }
            Values::Int96(values) => {
                set(record, index, Kind::Instant, values.get(value).map(Int96::to_micros))
            }
            Values::Float(values) => {
                set(record, index, Kind::Number, values.get(value).filter(|value| !value.is_nan()));
            }
            Values::Double(values) => {
                set(record, index, Kind::Number, values.get(value).filter(|value| !value.is_nan()));
            }
            Values::Bytes(values) => {
                return bytes(record, index, shape, values.get(value).map_or(&[], |value| value.data()));
            }
            Values::Fixed(values) => {
                return bytes(record, index, shape, values.get(value).map_or(&[], |value| value.as_bytes()));
            }
        }
        Ok(())
    }
}

fn set(record: &mut Record, index: usize, kind: Kind, value: Option<impl std::fmt::Display>) {
    record.set_with(index, kind, |text| {
        if let Some(value) = value {
            write!(text, "{value}").expect("writing to a String cannot fail");
        }
    });
}

fn integer(record: &mut Record, index: usize, shape: Shape, value: Option<i128>) {
    let micros = |value: i128, per_second: i64| (value * 1_000_000).div_euclid(per_second.into());
    match (shape, value) {
        (Shape::Decimal { places }, Some(value)) => decimal(record, index, value, places),
        (Shape::Days, value) => {
            set(record, index, Kind::Instant, value.map(|days| days * i128::from(base::Timestamp::DAY)));
        }
        (Shape::Instant { per_second }, value) => {
            set(record, index, Kind::Instant, value.map(|value| micros(value, per_second)));
        }
        (Shape::Local { per_second }, value) => {
            set(record, index, Kind::Local, value.map(|value| micros(value, per_second)));
        }
        (Shape::TimeOfDay { per_second }, Some(value)) => {
            let seconds = value / i128::from(per_second);
            let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
            set(record, index, Kind::Text, Some(clock));
        }
        (_, value) => set(record, index, Kind::Number, value),
    }
}

fn bytes(record: &mut Record, index: usize, shape: Shape, bytes: &[u8]) -> Result<(), std::str::Utf8Error> {
    match shape {
        Shape::Decimal { places } if (1..=16).contains(&bytes.len()) => {
            // Two's complement, the high byte first.
            let negative = bytes[0] >= 0x80;
            let start = if negative { -1i128 } else { 0 };
            let value = bytes.iter().fold(start, |value, byte| (value << 8) | i128::from(*byte));
            decimal(record, index, value, places);
        }
        Shape::Uuid if bytes.len() == 16 => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
            set(record, index, Kind::Text, Some(groups.join("-")));
        }
        _ => set(record, index, Kind::Text, Some(std::str::from_utf8(bytes)?)),
    }
    Ok(())
}

fn decimal(record: &mut Record, index: usize, value: i128, places: usize) {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let point = if places == 0 { "" } else { "." };
    set(record, index, Kind::Number, Some(format_args!("{sign}{whole}{point}{fraction}")));
}

fn shape(column: &ColumnDescriptor) -> Shape {
    if column.max_rep_level() > 0 {
        return Shape::Repeated;
    }
    let places = usize::try_from(column.type_scale()).unwrap_or(0).min(38);
    match column.logical_type_ref() {
        Some(LogicalType::Timestamp(stamp)) => {
            let per_second = per_second(&stamp.unit);
            return if stamp.is_adjusted_to_u_t_c {
                Shape::Instant { per_second }
            } else {
                Shape::Local { per_second }
            };
        }
        Some(LogicalType::Time(time)) => return Shape::TimeOfDay { per_second: per_second(&time.unit) },
        Some(LogicalType::Date) => return Shape::Days,
        Some(LogicalType::Decimal(_)) => return Shape::Decimal { places },
        Some(LogicalType::Uuid) => return Shape::Uuid,
        Some(LogicalType::Integer(integer)) if !integer.is_signed => return Shape::Unsigned,
        Some(
            LogicalType::Float16
            | LogicalType::Variant(_)
            | LogicalType::Geometry(_)
            | LogicalType::Geography(_)
            | LogicalType::Bson
            | LogicalType::File,
        ) => return Shape::Unsupported,
        _ => {}
    }
    match column.converted_type() {
        ConvertedType::TIMESTAMP_MILLIS => Shape::Instant { per_second: 1_000 },
        ConvertedType::TIMESTAMP_MICROS => Shape::Instant { per_second: 1_000_000 },
        ConvertedType::TIME_MILLIS => Shape::TimeOfDay { per_second: 1_000 },
        ConvertedType::TIME_MICROS => Shape::TimeOfDay { per_second: 1_000_000 },
        ConvertedType::DATE => Shape::Days,
        ConvertedType::DECIMAL => Shape::Decimal { places },
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => {
            Shape::Unsigned
        }
        ConvertedType::INTERVAL | ConvertedType::BSON => Shape::Unsupported,
        _ if column.physical_type() == Physical::FIXED_LEN_BYTE_ARRAY => Shape::Unsupported,
        _ => Shape::Plain,
    }
}

const fn per_second(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    }
}
