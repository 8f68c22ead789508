//! Many rows by one run of a statement. Each run opens its cursors anew, and a new cursor goes down from the root; one that has just written at the end of a table
//! sees at once that the next row belongs there. So an `INSERT` of eight rows at a time takes two thirds of the time of eight.
//!
//! It is written as `INSERT OR IGNORE`, because a statement of several rows that could fail half way keeps copies of all pages that it touches. That it ignored
//! something is seen by the count; then the plain statement, row by row, says what is wrong, or that nothing is.

use rusqlite::Connection;

use super::bind_changed;
use crate::{Batch, DbError, Value};

/// Rows of one run. More bring nothing.
const ROWS: usize = 8;
/// Fewer rows are not worth a text of their own.
const FROM: usize = 64;

/// Rows taken from the front of a batch, and how many of them were inserted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Groups {
    pub rows: usize,
    pub inserted: u64,
}

/// Inserts rows from the first one on, as many as make whole groups; the caller inserts the rest. None at all if the statement is not of that kind.
pub(super) fn insert_groups(
    connection: &Connection,
    sql: &str,
    batch: &Batch<'_>,
) -> Result<Groups, DbError> {
    let mut done = Groups::default();
    if batch.len() < FROM {
        return Ok(done);
    }
    let Some(Many { text, leaves_out }) = of_rows(sql, batch.width()) else { return Ok(done) };
    let mut statement = connection.prepare_cached(&text)?;
    let rows: Vec<_> = batch.rows().collect();
    for group in rows.chunks_exact(ROWS) {
        let before = done.rows.checked_sub(ROWS).map(|from| &rows[from..]);
        for (place, row) in group.iter().enumerate() {
            let before = before.map(|before| before[place]);
            bind_changed(&mut statement, place * batch.width(), row, before)?;
        }
        let inserted = statement.raw_execute()?;
        if inserted != ROWS {
            check(connection, sql, group, leaves_out)?;
        }
        done.rows += ROWS;
        done.inserted += inserted as u64;
    }
    Ok(done)
}

/// Runs the plain statement for the rows of a group that was not inserted whole. Each row is there now, or is one that must not be.
fn check(
    connection: &Connection,
    sql: &str,
    group: &[&[Value<'_>]],
    leaves_out: bool,
) -> Result<(), DbError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut there = None;
    for row in group {
        bind_changed(&mut statement, 0, row, None)?;
        match statement.raw_execute() {
            Ok(_) => {}
            // Those that the group has just inserted are there, too: it is this only if it is nothing else.
            Err(error) if error.to_string().contains("UNIQUE") => there = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    match there {
        Some(error) => Err(error.into()),
        None if leaves_out => Ok(()),
        None => Err(DbError::Sqlite("rows were left out of an insert".to_owned())),
    }
}

/// An insert of several rows.
#[derive(PartialEq, Eq, Debug)]
struct Many {
    text: String,
    /// Rows that are there already are left out, as the statement says.
    leaves_out: bool,
}

/// `INSERT INTO t (…) VALUES (?1, ?2) [ON CONFLICT … DO NOTHING]` for several rows. None of any other statement.
fn of_rows(sql: &str, width: usize) -> Option<Many> {
    let rest = sql.trim().strip_prefix("INSERT INTO ")?;
    let (head, rest) = rest.split_once("VALUES (")?;
    let (tuple, tail) = rest.split_once(')')?;
    let leaves_out = match tail.trim() {
        "" => false,
        tail if tail.starts_with("ON CONFLICT") && tail.ends_with("DO NOTHING") => true,
        _ => return None,
    };
    if tuple.contains(['(', '\'']) {
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
    Some(Many { text, leaves_out })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{Groups, insert_groups, of_rows};
    use crate::{Batch, params};

    #[test]
    fn inserts_that_may_leave_rows_out_or_none_are_for_several_rows() {
        let many = of_rows("INSERT INTO t (a, b, c) VALUES (?1, NULL, ?2)", 2).expect("plain");
        let begin = "INSERT OR IGNORE INTO t (a, b, c) VALUES (?1, NULL, ?2), (?3, NULL, ?4), ";
        assert!(many.text.starts_with(begin), "{}", many.text);
        assert!(many.text.ends_with("(?15, NULL, ?16)"), "{}", many.text);
        assert!(!many.leaves_out);
        let many =
            of_rows("INSERT INTO t (a)\n VALUES (?1) ON CONFLICT (a, b) DO NOTHING", 1).expect("leaves out");
        assert!(many.text.ends_with("(?8)") && many.leaves_out, "{}", many.text);
        for other in [
            "INSERT INTO t (a) VALUES (?1) ON CONFLICT (a) DO UPDATE SET a = excluded.a",
            "INSERT INTO t (a) VALUES (?1) RETURNING a",
            "INSERT INTO t (a) VALUES (abs(?1))",
            "INSERT INTO t (a) VALUES (')')",
            "INSERT INTO t (a) SELECT ?1",
            "UPDATE t SET a = ?1",
        ] {
            assert_eq!(of_rows(other, 1), None, "{other}");
        }
    }

    const PLAIN: &str = "INSERT INTO t (a, b) VALUES (?1, ?2)";
    const NEW: &str = "INSERT INTO t (a, b) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

    fn table() -> Connection {
        let connection = Connection::open_in_memory().expect("memory");
        let table = "CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY, b TEXT NOT NULL) STRICT, WITHOUT ROWID";
        connection.execute_batch(table).expect("a table");
        connection
    }

    fn numbers(values: std::ops::Range<i64>) -> Batch<'static> {
        let mut batch = Batch::with_capacity(2, 100);
        values.for_each(|value| batch.push(params![value, "text"]));
        batch
    }

    fn count(connection: &Connection) -> i64 {
        connection.query_row("SELECT COUNT(*) FROM t", [], |row| row.get(0)).expect("a number")
    }

    #[test]
    fn every_row_is_there_once_or_it_is_an_error() {
        let table = table();
        assert_eq!(insert_groups(&table, PLAIN, &numbers(0..63)).expect("too few"), Groups::default());
        let all = Groups { rows: 96, inserted: 96 };
        assert_eq!(insert_groups(&table, PLAIN, &numbers(0..101)).expect("all new"), all);
        assert_eq!(count(&table), 96);
        let error = insert_groups(&table, PLAIN, &numbers(90..190)).expect_err("six are there").to_string();
        assert!(error.contains("UNIQUE"), "{error}");
    }

    #[test]
    fn rows_that_are_there_are_left_out_and_others_are_not() {
        let table = table();
        insert_groups(&table, NEW, &numbers(0..64)).expect("all new");
        let some = Groups { rows: 64, inserted: 30 };
        assert_eq!(insert_groups(&table, NEW, &numbers(30..94)).expect("thirty are new"), some);
        assert_eq!(count(&table), 94);
    }

    #[test]
    fn a_row_that_cannot_be_is_an_error_and_not_left_out() {
        for sql in [PLAIN, NEW] {
            let mut rows = numbers(0..67);
            rows.push(params![67, Option::<&str>::None]);
            (68..72).for_each(|value| rows.push(params![value, "text"]));
            let error = insert_groups(&table(), sql, &rows).expect_err("one has no text").to_string();
            assert!(error.contains("NOT NULL"), "{error}");
        }
    }
}
