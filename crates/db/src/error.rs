//! What can go wrong below, and what callers learn of it.

use std::fmt;

use base::Fault;

#[derive(Debug, Clone)]
pub enum DbError {
    /// The database URL makes no sense.
    Url(String),
    Sqlite(String),
    Postgres(String),
    /// The database cannot be reached or has refused us.
    Unreachable(String),
    /// A serializable transaction lost to others too often.
    Contended {
        attempts: u32,
    },
    /// A column is not what the code takes it for.
    Column {
        at: usize,
        wanted: &'static str,
    },
    /// Another write ruined the transaction that both were to be committed by.
    Undone(String),
    /// A write closure awaited something that is not the database.
    ForeignAwait,
    /// The closure panicked; its work was rolled back.
    Panicked,
    /// The database is closing.
    Closed,
    Migration {
        name: String,
        reason: String,
    },
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(reason) => write!(f, "the database URL is not usable: {reason}"),
            Self::Sqlite(reason) => write!(f, "SQLite: {reason}"),
            Self::Postgres(reason) => write!(f, "PostgreSQL: {reason}"),
            Self::Unreachable(reason) => write!(f, "the database cannot be reached: {reason}"),
            Self::Contended { attempts } => write!(f, "the transaction lost to others {attempts} times"),
            Self::Column { at, wanted } => write!(f, "column {at} is not a {wanted}"),
            Self::Undone(reason) => write!(f, "the transaction was undone: {reason}"),
            Self::ForeignAwait => f.write_str("a transaction waited for something that is not the database"),
            Self::Panicked => f.write_str("a transaction panicked and was rolled back"),
            Self::Closed => f.write_str("the database is closed"),
            Self::Migration { name, reason } => write!(f, "migration {name} failed: {reason}"),
        }
    }
}

impl std::error::Error for DbError {}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error.to_string())
    }
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            // The detail may quote values of the row, so it stays out.
            Some(db) => Self::Postgres(format!("{} ({})", db.message(), db.code().code())),
            None if error.is_closed() => Self::Unreachable(error.to_string()),
            None => Self::Postgres(error.to_string()),
        }
    }
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        match &error {
            DbError::Url(reason) => Fault::invalid("database_url", reason.clone()).field("database"),
            DbError::Unreachable(_) | DbError::Closed => {
                Fault::unavailable("database_unreachable", "The database cannot be reached.").cause(&error)
            }
            DbError::Contended { .. } => {
                Fault::unavailable("database_contended", "Too many others changed the same thing; try again.")
                    .cause(&error)
            }
            DbError::Undone(_) => Fault::unavailable(
                "database_undone",
                "Another write failed and took this one along; try again.",
            )
            .cause(&error),
            _ => Fault::internal(&error),
        }
    }
}
