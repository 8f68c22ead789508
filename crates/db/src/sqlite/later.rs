//! Rows that wait for the end of their transaction. What goes into a table whose order is not that of the work finds another page with every row; sorted, together with
//! those of all stages of a transaction, rows that are neighbours find the same page.
//!
//! They are kept as bytes, because there are some hundred thousand of them.

use crate::{Batch, DbError, Sql, Value};

/// Rows of one insert, and where each begins in the bytes.
struct Rows {
    sql: Sql,
    width: usize,
    bytes: Vec<u8>,
    begins: Vec<u32>,
}

#[derive(Default)]
pub(super) struct Later {
    inserts: Vec<Rows>,
}

/// Beyond so many bytes of rows nobody waits for the end.
const BYTES_MAX: usize = 16 << 20;
/// Rows of one batch.
const ROWS_AT_A_TIME: usize = 4_096;

impl Later {
    pub(super) fn add(&mut self, sql: Sql, batch: &Batch<'_>) {
        let at = self.inserts.iter().position(|rows| rows.sql == sql).unwrap_or_else(|| {
            self.inserts.push(Rows { sql, width: batch.width(), bytes: Vec::new(), begins: Vec::new() });
            self.inserts.len() - 1
        });
        let rows = &mut self.inserts[at];
        for row in batch.rows() {
            rows.begins.push(u32::try_from(rows.bytes.len()).expect("bounded far below 2^32"));
            row.iter().for_each(|value| encode(value, &mut rows.bytes));
        }
    }

    /// Whether there are more than should wait.
    pub(super) fn is_full(&self) -> bool {
        self.inserts.iter().map(|rows| rows.bytes.len()).sum::<usize>() > BYTES_MAX
    }

    /// Gives the room back.
    pub(super) fn release(&mut self) {
        self.inserts.clear();
    }

    pub(super) fn forget(&mut self) {
        self.inserts.iter_mut().for_each(Rows::clear);
    }

    /// Gives all rows to `insert`, a batch at a time, in the order of their columns; none are left.
    pub(super) fn take(
        &mut self,
        mut insert: impl FnMut(Sql, &Batch<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        for rows in &mut self.inserts {
            rows.sort();
            for some in rows.begins.chunks(ROWS_AT_A_TIME) {
                let mut batch = Batch::with_capacity(rows.width, some.len());
                for begin in some {
                    let mut rest = &rows.bytes[*begin as usize..];
                    batch.push_row((0..rows.width).map(|_| decode(&mut rest)));
                }
                insert(rows.sql, &batch)?;
            }
            rows.clear();
        }
        Ok(())
    }
}

impl Rows {
    fn sort(&mut self) {
        let bytes = &self.bytes;
        // Rows need no ends: two that differ, differ before either ends.
        self.begins.sort_unstable_by(|one, two| bytes[*one as usize..].cmp(&bytes[*two as usize..]));
    }

    /// Keeps the room: the next transaction needs as much.
    fn clear(&mut self) {
        self.bytes.clear();
        self.begins.clear();
    }
}

/// A value as bytes that compare as it does, but for reals, and for texts and bytes of different lengths, of which the shorter come first.
fn encode(value: &Value<'_>, out: &mut Vec<u8>) {
    let mut put = |kind: u8, bytes: &[u8]| {
        out.push(kind);
        out.extend_from_slice(bytes);
    };
    match value {
        Value::Null => put(NULL, &[]),
        Value::Int(v) => put(INT, &(v ^ i64::MIN).to_be_bytes()),
        Value::Real(v) => put(REAL, &v.to_bits().to_be_bytes()),
        Value::Bool(v) => put(BOOL, &[u8::from(*v)]),
        Value::Uuid(v) => put(UUID, v.as_bytes()),
        Value::Text(v) => {
            put(TEXT, &length(v.len()));
            out.extend_from_slice(v.as_bytes());
        }
        Value::Bytes(v) => {
            put(BYTES, &length(v.len()));
            out.extend_from_slice(v);
        }
    }
}

const NULL: u8 = 0;
const INT: u8 = 1;
const REAL: u8 = 2;
const BOOL: u8 = 3;
const UUID: u8 = 4;
const TEXT: u8 = 5;
const BYTES: u8 = 6;

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("SQLite takes no value of four gigabytes").to_be_bytes()
}

/// Reads what [`encode`] wrote off the front.
fn decode<'b>(rest: &mut &'b [u8]) -> Value<'b> {
    let [kind] = fixed(rest);
    match kind {
        NULL => Value::Null,
        INT => Value::Int(i64::from_be_bytes(fixed(rest)) ^ i64::MIN),
        REAL => Value::Real(f64::from_bits(u64::from_be_bytes(fixed(rest)))),
        BOOL => Value::Bool(fixed(rest) == [1]),
        UUID => Value::Uuid(uuid::Uuid::from_bytes(fixed(rest))),
        TEXT => Value::Text(std::str::from_utf8(some(rest)).expect("it was a text").into()),
        BYTES => Value::Bytes(some(rest).into()),
        kind => unreachable!("no value is of kind {kind}"),
    }
}

fn fixed<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (these, after) = rest.split_first_chunk().expect("as many bytes as were written");
    *rest = after;
    *these
}

fn some<'b>(rest: &mut &'b [u8]) -> &'b [u8] {
    let length = u32::from_be_bytes(fixed(rest));
    let (these, after) = rest.split_at(length as usize);
    *rest = after;
    these
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Later, decode, encode};
    use crate::{Batch, Value, params, sql};

    fn value() -> impl Strategy<Value = Value<'static>> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_filter("equal to itself", |v| !v.is_nan()).prop_map(Value::Real),
            any::<bool>().prop_map(Value::Bool),
            any::<[u8; 16]>().prop_map(|v| Value::Uuid(uuid::Uuid::from_bytes(v))),
            any::<String>().prop_map(|v| Value::Text(v.into())),
            any::<Vec<u8>>().prop_map(|v| Value::Bytes(v.into())),
        ]
    }

    proptest! {
        #[test]
        fn values_come_back_as_they_went_in(values in proptest::collection::vec(value(), 0..9)) {
            let mut bytes = Vec::new();
            values.iter().for_each(|value| encode(value, &mut bytes));
            let mut rest = bytes.as_slice();
            for value in &values {
                prop_assert_eq!(&decode(&mut rest), value);
            }
            prop_assert!(rest.is_empty());
        }
    }

    #[test]
    fn rows_of_many_batches_come_in_the_order_of_their_columns() {
        let (one, two) = (sql!("INSERT INTO one VALUES ($1, $2)"), sql!("INSERT INTO two VALUES ($1)"));
        let mut later = Later::default();
        for rows in [[(5, "e"), (-1, "a")], [(5, "d"), (3, "c")]] {
            let mut batch = Batch::new(2);
            rows.iter().for_each(|(number, text)| batch.push(params![*number, *text]));
            later.add(one, &batch);
            let mut batch = Batch::new(1);
            batch.push(params![rows[0].1]);
            later.add(two, &batch);
        }
        let mut seen = Vec::new();
        let mut see = |later: &mut Later| {
            later.take(|sql, batch| {
                batch
                    .rows()
                    .for_each(|row| seen.push(format!("{} {row:?}", sql.text().split(' ').nth(2).unwrap())));
                Ok(())
            })
        };
        see(&mut later).expect("nothing fails");
        see(&mut later).expect("nothing is left");
        let text = |t: &'static str| Value::Text(t.into());
        let row = |table: &str, values: &[Value<'_>]| format!("{table} {values:?}");
        let expected = [
            row("one", &[Value::Int(-1), text("a")]),
            row("one", &[Value::Int(3), text("c")]),
            row("one", &[Value::Int(5), text("d")]),
            row("one", &[Value::Int(5), text("e")]),
            row("two", &[text("d")]),
            row("two", &[text("e")]),
        ];
        assert_eq!(seen, expected);
    }
}
