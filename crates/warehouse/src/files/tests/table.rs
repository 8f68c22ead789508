//! Parquet, written here by the same crate's writer.

use std::{io::Cursor, sync::Arc};

use parquet::{
    basic::Compression,
    data_type::{
        ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
        Int64Type, Int96, Int96Type,
    },
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};
use proptest::prelude::*;

use super::{read_on, read_with, try_read};
use crate::files::{Field, Format, Options, TimeZone, open_file, open_sealed};

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

fn parquet(schema: &str, groups: &[&dyn Fn(&mut Group<'_>)]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for fill in groups {
        let mut group = writer.next_row_group().unwrap();
        fill(&mut group);
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn required<T: DataType>(group: &mut Group<'_>, values: &[T::T]) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, None, None).unwrap();
    column.close().unwrap();
}

/// `level`: where a value is there.
fn optional<T: DataType>(group: &mut Group<'_>, values: &[Option<T::T>], level: i16)
where
    T::T: Clone,
{
    let levels: Vec<i16> = values.iter().map(|value| if value.is_some() { level } else { 0 }).collect();
    let there: Vec<T::T> = values.iter().flatten().cloned().collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(&there, Some(&levels), None).unwrap();
    column.close().unwrap();
}

fn texts(values: &[&str]) -> Vec<ByteArray> {
    values.iter().map(|value| ByteArray::from(*value)).collect()
}

const ORDERS: &str = "message orders {
    required binary order_id (UTF8);
    required int64 ordered_at (TIMESTAMP(MICROS,true));
    optional int64 number;
    optional group customer { optional binary email (UTF8); }
    optional double unit_price;
    optional int32 quantity;
    optional fixed_len_byte_array(5) amount (DECIMAL(10,2));
    required binary currency (UTF8);
    optional fixed_len_byte_array(16) device_id (UUID);
    optional binary colour (UTF8);
}";

fn orders() -> Vec<u8> {
    let at = 1_709_211_909_000_000i64;
    let first = move |group: &mut Group<'_>| {
        required::<ByteArrayType>(group, &texts(&["1", "2", "3"]));
        required::<Int64Type>(group, &[at, at + 1, at + 2]);
        optional::<Int64Type>(group, &[Some(8_801_712_345_678), None, Some(40)], 1);
        optional::<ByteArrayType>(group, &[Some("a@b.c".into()), None, None], 2);
        optional::<DoubleType>(group, &[Some(12.5), Some(0.1 + 0.2), Some(f64::NAN)], 1);
        optional::<Int32Type>(group, &[Some(3), Some(1), None], 1);
        let decimals = [None, None, Some(-1234i64)]
            .map(|value| value.map(|v| FixedLenByteArray::from(v.to_be_bytes()[3..].to_vec())));
        optional::<FixedLenByteArrayType>(group, &decimals, 1);
        required::<ByteArrayType>(group, &texts(&["EUR", "EUR", "EUR"]));
        let uuid = FixedLenByteArray::from((0u8..16).collect::<Vec<u8>>());
        optional::<FixedLenByteArrayType>(group, &[Some(uuid), None, None], 1);
        optional::<ByteArrayType>(group, &[None, Some("red".into()), None], 1);
    };
    let second = move |group: &mut Group<'_>| {
        required::<ByteArrayType>(group, &texts(&["4"]));
        required::<Int64Type>(group, &[at]);
        optional::<Int64Type>(group, &[None], 1);
        optional::<ByteArrayType>(group, &[Some("d@e.f".into())], 2);
        optional::<DoubleType>(group, &[None], 1);
        optional::<Int32Type>(group, &[None], 1);
        optional::<FixedLenByteArrayType>(group, &[None], 1);
        required::<ByteArrayType>(group, &texts(&[""]));
        optional::<FixedLenByteArrayType>(group, &[None], 1);
        optional::<ByteArrayType>(group, &[None], 1);
    };
    parquet(ORDERS, &[&first, &second])
}

#[test]
fn typed_columns_become_fields() {
    let whole = read_with(orders(), &Options::default());
    assert_eq!(whole.reader.format(), Format::Parquet);
    assert!(whole.rejects.is_empty(), "{:?}", whole.rejects);
    assert_eq!(whole.order_ids(), ["1", "2", "3", "4"]);
    let lines: Vec<u64> = whole.rows.iter().map(|row| row.line_number).collect();
    assert_eq!(lines, [1, 2, 3, 4]);
    assert_eq!(whole.rows[1].ordered_at.to_string(), "2024-02-29T13:05:09.000001Z");
    assert_eq!(whole.texts(Field::Number), [Some("8801712345678"), None, Some("40"), None]);
    assert_eq!(whole.texts(Field::Email), [Some("a@b.c"), None, None, Some("d@e.f")]);
    assert_eq!(whole.rows[0].device_id(), Some("00010203-0405-0607-0809-0a0b0c0d0e0f"));
    let amounts: Vec<_> = whole.rows.iter().map(|row| row.amount).collect();
    assert_eq!(amounts, [Some(3_750), Some(30), Some(-1_234), None]);
    assert_eq!(whole.reader.rows_total(), Some(4));
    assert_eq!(whole.reader.bytes_read(), whole.reader.bytes_total().unwrap());
    let colour = whole.reader.columns().into_iter().find(|column| column.name == "colour").unwrap();
    assert_eq!(colour.field, None);
}

#[test]
fn files_and_streams_are_read_alike() {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&orders()).unwrap();
    file.rewind().unwrap();
    let on_disk = read_on(open_file(file, &Options::default()).unwrap()).unwrap();
    assert_eq!(on_disk.rows, read_with(orders(), &Options::default()).rows);
    let mut sealed = vault::SpoolWriter::scratch(tempfile::tempfile().unwrap());
    sealed.write_all(&orders()).unwrap();
    let sealed = open_sealed(sealed.read_back().unwrap(), &Options::default()).unwrap();
    assert_eq!(read_on(sealed).unwrap().rows, on_disk.rows);
}

#[test]
fn many_rows_pass_in_batches() {
    let count = 5_000i64;
    let ids: Vec<ByteArray> = (0..count).map(|id| ByteArray::from(id.to_string().as_str())).collect();
    let days: Vec<i32> = (0..count).map(|id| 19_000 + i32::try_from(id).unwrap() % 1_000).collect();
    let numbers: Vec<Option<ByteArray>> =
        (0..count).map(|id| (id % 3 == 0).then(|| ByteArray::from(format!("0{id}").as_str()))).collect();
    let fill = |group: &mut Group<'_>| {
        required::<ByteArrayType>(group, &ids);
        required::<Int32Type>(group, &days);
        optional::<ByteArrayType>(group, &numbers, 1);
    };
    let schema =
        "message m { required binary order_id; required int32 date (DATE); optional binary phone (UTF8); }";
    let whole = read_with(parquet(schema, &[&fill, &fill]), &Options::default());
    assert_eq!(whole.rows.len(), 10_000);
    for (place, row) in (0i64..).zip(&whole.rows) {
        let id = place % count;
        assert_eq!(row.order_id(), id.to_string());
        assert_eq!(row.ordered_at.day(), 19_000 + id % 1_000);
        assert_eq!(row.number().map(str::to_owned), (id % 3 == 0).then(|| format!("0{id}")));
    }
}

#[test]
fn moments_of_every_kind() {
    let seconds = 1_709_211_909i64; // 2024-02-29T13:05:09Z
    let one_id = |group: &mut Group<'_>| required::<ByteArrayType>(group, &texts(&["1"]));
    let long = |declared: &str, value: i64| {
        let schema =
            format!("message m {{ required binary order_id (UTF8); required int64 date {declared}; }}");
        parquet(
            &schema,
            &[&|group: &mut Group<'_>| {
                one_id(group);
                required::<Int64Type>(group, &[value]);
            }],
        )
    };
    let (utc, dhaka) = ("2024-02-29T13:05:09Z", "2024-02-29T07:05:09Z");
    let mut julian = Int96::new();
    let nanos = u64::try_from(seconds % 86_400).unwrap() * 1_000_000_000;
    let day = u32::try_from(seconds / 86_400 + 2_440_588).unwrap();
    julian.set_data(u32::try_from(nanos & 0xffff_ffff).unwrap(), u32::try_from(nanos >> 32).unwrap(), day);
    let old = parquet(
        "message m { required binary order_id (UTF8); required int96 date; }",
        &[&|group: &mut Group<'_>| {
            one_id(group);
            required::<Int96Type>(group, &[julian]);
        }],
    );
    let options = Options { time_zone: Some(TimeZone::get("Asia/Dhaka").unwrap()), ..Options::default() };
    for (what, bytes, expected) in [
        ("millis", long("(TIMESTAMP(MILLIS,true))", seconds * 1_000), utc),
        ("micros", long("(TIMESTAMP(MICROS,true))", seconds * 1_000_000), utc),
        ("nanos", long("(TIMESTAMP(NANOS,true))", seconds * 1_000_000_000), utc),
        ("local micros", long("(TIMESTAMP(MICROS,false))", seconds * 1_000_000), dhaka),
        ("older millis", long("(TIMESTAMP_MILLIS)", seconds * 1_000), utc),
        ("plain number", long("", seconds), utc),
        ("int96", old, utc),
    ] {
        let whole = read_with(bytes, &options);
        assert_eq!(whole.rows[0].ordered_at.to_string(), expected, "{what}");
    }
}

#[test]
fn a_day_is_that_day_in_any_zone() {
    let fill = |group: &mut Group<'_>| {
        required::<ByteArrayType>(group, &texts(&["1"]));
        required::<Int32Type>(group, &[19_000]);
    };
    let options = Options { time_zone: Some(TimeZone::get("Asia/Dhaka").unwrap()), ..Options::default() };
    let schema = "message m { required binary order_id; required int32 date (DATE); }";
    let whole = read_with(parquet(schema, &[&fill]), &options);
    assert_eq!(whole.rows[0].ordered_at.to_string(), "2022-01-08T00:00:00Z");
}

#[test]
fn bytes_that_are_no_text_reject_their_row_only() {
    let fill = |group: &mut Group<'_>| {
        required::<ByteArrayType>(group, &texts(&["1", "2"]));
        required::<Int32Type>(group, &[19_000, 19_000]);
        required::<ByteArrayType>(group, &[ByteArray::from(vec![0xff, 0xfe]), ByteArray::from("Ann")]);
    };
    let schema = "message m { required binary order_id; required int32 date (DATE); required binary name; }";
    let whole = read_with(parquet(schema, &[&fill]), &Options::default());
    assert_eq!(whole.rejected(), [(1, None, "invalid_encoding")]);
    assert_eq!(whole.order_ids(), ["2"]);
}

#[test]
fn damaged_files_are_faults() {
    let good = orders();
    for bytes in [b"PAR1".to_vec(), good[..good.len() / 2].to_vec(), good[..good.len() - 1].to_vec()] {
        let fault = try_read(bytes, &Options::default()).err().unwrap();
        assert_eq!(fault.code, "parquet_unreadable");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_byte_anywhere_is_survived(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = orders();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        match try_read(bytes, &Options::default()) {
            Ok(whole) => prop_assert!(whole.reader.rows() <= 4),
            Err(fault) => prop_assert!(!fault.message.is_empty()),
        }
    }
}

#[test]
fn a_stream_that_is_too_long_to_keep_is_refused() {
    let options = Options { spool_bytes_max: 100, ..Options::default() };
    let fault = super::open(Cursor::new(orders()), &options).err().unwrap();
    assert_eq!(fault.code, "file_too_large");
}

#[test]
fn lists_are_no_fields() {
    let schema = "message m { required binary order_id (UTF8); required int32 date (DATE);
        repeated binary phone (UTF8); }";
    let fill = |group: &mut Group<'_>| {
        required::<ByteArrayType>(group, &texts(&["1"]));
        required::<Int32Type>(group, &[19_000]);
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<ByteArrayType>()
            .write_batch(&texts(&["a", "b"]), Some(&[1, 1]), Some(&[0, 1]))
            .unwrap();
        column.close().unwrap();
    };
    let whole = read_with(parquet(schema, &[&fill]), &Options::default());
    assert_eq!(whole.texts(Field::Number), [None]);
    assert_eq!(whole.reader.columns()[2].field, None);
}
