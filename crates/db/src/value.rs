//! Values as both databases understand them, and rows of them.

use std::borrow::Cow;

use base::{Id, Timestamp};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use uuid::Uuid;

use crate::DbError;

/// One value of the small vocabulary that our schema uses. Texts and bytes are borrowed from whoever asks, so that a batch of many rows copies nothing;
/// an answer owns its own.
#[derive(Clone, PartialEq, Debug)]
pub enum Value<'v> {
    Null,
    Int(i64),
    Real(f64),
    Bool(bool),
    Text(Cow<'v, str>),
    Bytes(Cow<'v, [u8]>),
    Uuid(Uuid),
}

macro_rules! into_value {
    ($($from:ty => |$v:ident| $to:expr),* $(,)?) => { $(
        impl<'v> From<$from> for Value<'v> {
            fn from($v: $from) -> Self { $to }
        }
    )* };
}

into_value! {
    i64 => |v| Self::Int(v),
    i32 => |v| Self::Int(v.into()),
    u32 => |v| Self::Int(v.into()),
    u16 => |v| Self::Int(v.into()),
    u8 => |v| Self::Int(v.into()),
    usize => |v| Self::Int(i64::try_from(v).unwrap_or(i64::MAX)),
    f64 => |v| Self::Real(v),
    bool => |v| Self::Bool(v),
    &'v str => |v| Self::Text(v.into()),
    &'v String => |v| Self::Text(v.as_str().into()),
    String => |v| Self::Text(v.into()),
    &'v [u8] => |v| Self::Bytes(v.into()),
    Vec<u8> => |v| Self::Bytes(v.into()),
    &'v Vec<u8> => |v| Self::Bytes(v.as_slice().into()),
    [u8; 32] => |v| Self::Bytes(v.to_vec().into()),
    &'v [u8; 32] => |v| Self::Bytes(v.as_slice().into()),
    Uuid => |v| Self::Uuid(v),
    Timestamp => |v| Self::Int(v.as_micros()),
    &serde_json::Value => |v| Self::Text(v.to_string().into()),
}

impl<T> From<Id<T>> for Value<'_> {
    fn from(id: Id<T>) -> Self {
        Self::Uuid(id.uuid())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The parameters of a statement: `params![shop, name, Some(3)]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::Value::from($value)),*] };
}

/// Many rows of parameters of one width, kept flat.
#[derive(Clone, Debug)]
pub struct Batch<'v> {
    width: usize,
    values: Vec<Value<'v>>,
}

impl<'v> Batch<'v> {
    pub fn new(width: usize) -> Self {
        assert!(width > 0, "a batch has columns");
        Self { width, values: Vec::new() }
    }

    pub fn with_capacity(width: usize, rows: usize) -> Self {
        let mut batch = Self::new(width);
        batch.values.reserve(width * rows);
        batch
    }

    pub fn push<const N: usize>(&mut self, row: [Value<'v>; N]) {
        assert_eq!(N, self.width, "as many values as the batch has columns");
        self.values.extend(row);
    }

    /// Takes the values of one more row.
    pub(crate) fn push_row(&mut self, row: impl Iterator<Item = Value<'v>>) {
        self.values.extend(row);
        debug_assert_eq!(self.values.len() % self.width, 0, "as many values as the batch has columns");
    }

    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(crate) const fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, Value<'v>> {
        self.values.chunks_exact(self.width)
    }

    /// The values of one column, for array parameters.
    pub(crate) fn column(&self, at: usize) -> Vec<&Value<'v>> {
        self.values.iter().skip(at).step_by(self.width).collect()
    }

    /// The same, for whoever keeps them longer than those they were borrowed from.
    pub(crate) fn own_column(&self, at: usize) -> Vec<Value<'static>> {
        self.values.iter().skip(at).step_by(self.width).map(Value::to_own).collect()
    }
}

/// One row of an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Row(pub(crate) Vec<Value<'static>>);

impl Row {
    /// The value in column `at` (from 0) as `T`.
    pub fn get<T: FromValue>(&self, at: usize) -> Result<T, DbError> {
        let value = self.0.get(at).ok_or(DbError::Column { at, wanted: std::any::type_name::<T>() })?;
        T::from_value(value).ok_or(DbError::Column { at, wanted: std::any::type_name::<T>() })
    }
}

/// What a column can be read as. SQLite has neither UUID nor boolean: there they are bytes and integers.
pub trait FromValue: Sized {
    fn from_value(value: &Value<'_>) -> Option<Self>;
}

macro_rules! from_value {
    ($($to:ty: $($pattern:pat => $value:expr),+ ;)*) => { $(
        impl FromValue for $to {
            fn from_value(value: &Value<'_>) -> Option<Self> {
                match value { $($pattern => $value,)+ _ => None }
            }
        }
    )* };
}

from_value! {
    i64: Value::Int(v) => Some(*v);
    u64: Value::Int(v) => u64::try_from(*v).ok();
    u32: Value::Int(v) => u32::try_from(*v).ok();
    usize: Value::Int(v) => usize::try_from(*v).ok();
    f64: Value::Real(v) => Some(*v);
    bool: Value::Bool(v) => Some(*v), Value::Int(v) => Some(*v != 0);
    String: Value::Text(v) => Some(v.to_string());
    Vec<u8>: Value::Bytes(v) => Some(v.to_vec()), Value::Uuid(v) => Some(v.as_bytes().to_vec());
    [u8; 32]: Value::Bytes(v) => v.as_ref().try_into().ok();
    Uuid: Value::Uuid(v) => Some(*v), Value::Bytes(v) => Uuid::from_slice(v).ok();
    Timestamp: Value::Int(v) => Some(Timestamp::from_micros(*v));
}

impl FromValue for serde_json::Value {
    fn from_value(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }
}

impl<T> FromValue for Id<T> {
    fn from_value(value: &Value<'_>) -> Option<Self> {
        Uuid::from_value(value).map(Self::from_uuid)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput::Borrowed, ValueRef};
        Ok(Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(v) => ValueRef::Integer(*v),
            Self::Real(v) => ValueRef::Real(*v),
            Self::Bool(v) => ValueRef::Integer(i64::from(*v)),
            Self::Text(v) => ValueRef::Text(v.as_bytes()),
            Self::Bytes(v) => ValueRef::Blob(v),
            Self::Uuid(v) => ValueRef::Blob(v.as_bytes()),
        }))
    }
}

impl Value<'_> {
    fn to_own(&self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Int(v) => Value::Int(*v),
            Self::Real(v) => Value::Real(*v),
            Self::Bool(v) => Value::Bool(*v),
            Self::Text(v) => Value::Text(v.to_string().into()),
            Self::Bytes(v) => Value::Bytes(v.to_vec().into()),
            Self::Uuid(v) => Value::Uuid(*v),
        }
    }

    /// Whether both are the same at a glance: equal numbers and ids, the same text at the same place in memory. No texts are compared.
    pub(crate) fn is_evidently(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Self::Null, Value::Null) => true,
            (Self::Int(one), Value::Int(two)) => one == two,
            (Self::Uuid(one), Value::Uuid(two)) => one == two,
            (Self::Text(Cow::Borrowed(one)), Value::Text(Cow::Borrowed(two))) => std::ptr::eq(*one, *two),
            _ => false,
        }
    }
}

impl Value<'static> {
    pub(crate) fn from_sqlite(value: rusqlite::types::ValueRef<'_>) -> Result<Self, DbError> {
        use rusqlite::types::ValueRef;
        Ok(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(v) => Self::Int(v),
            ValueRef::Real(v) => Self::Real(v),
            ValueRef::Text(v) => {
                let text = std::str::from_utf8(v).map_err(|e| DbError::Sqlite(e.to_string()))?;
                Self::Text(text.to_owned().into())
            }
            // SQLite has no UUID; sixteen bytes are kept as one, which needs no memory of its own and reads as bytes too.
            ValueRef::Blob(v) => match Uuid::from_slice(v) {
                Ok(id) => Self::Uuid(id),
                Err(_) => Self::Bytes(v.to_vec().into()),
            },
        })
    }

    pub(crate) fn from_postgres(row: &tokio_postgres::Row, at: usize) -> Result<Self, DbError> {
        let column = row.columns()[at].type_();
        Ok(match *column {
            Type::INT8 => row.try_get::<_, Option<i64>>(at)?.into(),
            Type::INT4 => row.try_get::<_, Option<i32>>(at)?.into(),
            Type::FLOAT8 => row.try_get::<_, Option<f64>>(at)?.into(),
            Type::BOOL => row.try_get::<_, Option<bool>>(at)?.into(),
            Type::UUID => row.try_get::<_, Option<Uuid>>(at)?.into(),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.into(),
            Type::TEXT | Type::VARCHAR | Type::NAME => row.try_get::<_, Option<String>>(at)?.into(),
            _ => {
                return Err(DbError::Postgres(format!(
                    "column {at} is of type {column}, which we never use"
                )));
            }
        })
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(v) => match *ty {
                Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
                _ => v.to_sql(ty, out),
            },
            Self::Real(v) => v.to_sql(ty, out),
            Self::Bool(v) => v.to_sql(ty, out),
            Self::Text(v) => v.as_ref().to_sql(ty, out),
            Self::Bytes(v) => v.as_ref().to_sql(ty, out),
            Self::Uuid(v) => v.to_sql(ty, out),
        }
    }

    // Each value is checked against the column's type by the server: the type is only known here.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
