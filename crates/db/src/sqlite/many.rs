//! Many rows by one run of a statement. Each run opens its cursors anew, and a new cursor goes down from the root; one that has just written at the end of a table
//! sees at once that the next row belongs there. So an `INSERT` of eight rows at a time takes two thirds of the time of eight.
//!
//! It is written as `INSERT OR IGNORE`, because a statement of several rows that could fail half way keeps copies of all pages that it touches. What it ignores is seen
//! by the count, and is an error.

use rusqlite::Connection;

use super::bind_changed;
use crate::{Batch, DbError};

/// Rows of one run. More bring nothing.
const ROWS: usize = 8;
/// Fewer rows are not worth a text of their own.
const FROM: usize = 64;

/// Inserts rows from the first one on, as many as make whole groups, and returns how many; the caller inserts the rest. None at all if the statement is more than a
/// plain insert.
pub(super) fn insert_groups(
    connection: &Connection,
    sql: &str,
    batch: &Batch<'_>,
) -> Result<usize, DbError> {
    if batch.len() < FROM {
        return Ok(0);
    }
    let Some(text) = of_rows(sql, batch.width()) else { return Ok(0) };
    let mut statement = connection.prepare_cached(&text)?;
    let rows: Vec<_> = batch.rows().collect();
    let groups = rows.chunks_exact(ROWS);
    let done = rows.len() - groups.remainder().len();
    for (at, group) in groups.enumerate() {
        let before = at.checked_sub(1).map(|before| &rows[before * ROWS..]);
        for (place, row) in group.iter().enumerate() {
            let before = before.map(|before| before[place]);
            bind_changed(&mut statement, place * batch.width(), row, before)?;
        }
        if statement.raw_execute()? != ROWS {
            return Err(why(connection, sql, batch, at * ROWS)?);
        }
    }
    Ok(done)
}

/// What is wrong with one of the rows from this one on: the plain statement says it.
fn why(connection: &Connection, sql: &str, batch: &Batch<'_>, from: usize) -> Result<DbError, DbError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut there = None;
    for row in batch.rows().skip(from).take(ROWS) {
        bind_changed(&mut statement, 0, row, None)?;
        match statement.raw_execute() {
            Ok(_) => {}
            // Those that the group has just inserted are there, too.
            Err(error) if error.to_string().contains("UNIQUE") => there = Some(error),
            Err(error) => return Ok(error.into()),
        }
    }
    Ok(there.map_or_else(|| DbError::Sqlite("rows were left out".to_owned()), DbError::from))
}

/// `INSERT INTO t (…) VALUES (?1, ?2)` for several rows. None if anything follows the values.
fn of_rows(sql: &str, width: usize) -> Option<String> {
    let rest = sql.trim().strip_prefix("INSERT INTO ")?;
    let (head, tuple) = rest.split_once("VALUES (")?;
    let tuple = tuple.strip_suffix(')')?;
    if tuple.contains(['(', ')', '\'']) {
        return None;
    }
    let mut text = format!("INSERT OR IGNORE INTO {head}VALUES ");
    for row in 0..ROWS {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for (at, value) in tuple.split(',').map(str::trim).enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            match value.strip_prefix('?') {
                Some(number) => {
                    let number: usize = number.parse().ok()?;
                    text.push_str(&format!("?{}", row * width + number));
                }
                None => text.push_str(value),
            }
        }
        text.push(')');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{insert_groups, of_rows};
    use crate::{Batch, params};

    #[test]
    fn only_plain_inserts_are_for_several_rows() {
        let text = of_rows("INSERT INTO t (a, b, c) VALUES (?1, NULL, ?2)", 2).expect("plain");
        assert!(text.starts_with("INSERT OR IGNORE INTO t (a, b, c) VALUES (?1, NULL, ?2), (?3, NULL, ?4), "), "{text}");
        assert!(text.ends_with("(?15, NULL, ?16)"), "{text}");
        for other in [
            "INSERT INTO t (a) VALUES (?1) ON CONFLICT DO NOTHING",
            "INSERT INTO t (a) VALUES (abs(?1))",
            "INSERT INTO t (a) SELECT ?1",
            "UPDATE t SET a = ?1",
        ] {
            assert_eq!(of_rows(other, 1), None, "{other}");
        }
    }

    fn numbers(values: impl Iterator<Item = i64>) -> Batch<'static> {
        let mut batch = Batch::with_capacity(2, 100);
        values.for_each(|value| batch.push(params![value, "text"]));
        batch
    }

    #[test]
    fn every_row_is_there_once_or_it_is_an_error() {
        let connection = Connection::open_in_memory().expect("memory");
        let table = "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY, b TEXT NOT NULL) STRICT, WITHOUT ROWID";
        connection.execute_batch(table).expect("a table");
        let sql = "INSERT INTO t (a, b) VALUES (?1, ?2)";
        let count = || connection.query_row("SELECT COUNT(*) FROM t", [], |row| row.get::<_, i64>(0));
        assert_eq!(insert_groups(&connection, sql, &numbers(0..63)).expect("too few"), 0);
        assert_eq!(insert_groups(&connection, sql, &numbers(0..101)).expect("all new"), 96);
        assert_eq!(count().expect("a number"), 96);
        let error = insert_groups(&connection, sql, &numbers(90..190)).expect_err("six are there").to_string();
        assert!(error.contains("UNIQUE"), "{error}");
        let mut without = numbers(200..300);
        without.push(params![300, Option::<&str>::None]);
        (301..308).for_each(|value| without.push(params![value, "text"]));
        let error = insert_groups(&connection, sql, &without).expect_err("one has no text").to_string();
        assert!(error.contains("NOT NULL"), "{error}");
    }
}
