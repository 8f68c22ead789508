//! Migrations: one file for both databases, in a small vocabulary of types that each database's words replace.

use std::collections::HashMap;

use base::{Clock as _, Fault, SystemClock};

use crate::{Db, DbError, Kind, Migration, params, postgres, sql, sqlite};

const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)";

pub(crate) async fn pending(db: &Db, migrations: &[Migration]) -> Result<Vec<String>, Fault> {
    let kind = db.kind();
    let applied: Vec<String> = db
        .read(async move |tx| {
            let exists = match kind {
                Kind::Sqlite => sql!("SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'"),
                Kind::Postgres => sql!("SELECT 1 FROM pg_tables WHERE tablename = 'schema_migrations'"),
            };
            if tx.first(exists, &[]).await?.is_none() {
                return Ok(Vec::new());
            }
            let rows = tx.all(sql!("SELECT name FROM schema_migrations"), &[]).await?;
            Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?)
        })
        .await?;
    Ok(migrations.iter().map(|m| m.0.to_owned()).filter(|name| !applied.contains(name)).collect())
}

pub(crate) async fn run(db: &Db, migrations: &[Migration]) -> Result<Vec<String>, Fault> {
    let waiting = pending(db, migrations).await?;
    if waiting.is_empty() {
        return Ok(waiting);
    }
    let kind = db.kind();
    db.write(async move |tx| {
        if kind == Kind::Postgres {
            // Two processes that start together: the second one waits and then finds the work done.
            tx.execute(sql!("SELECT pg_advisory_xact_lock(7205759)"), &[]).await?;
        }
        Ok(tx.script(TABLE).await?)
    })
    .await?;
    for (name, text) in migrations.iter().filter(|m| waiting.iter().any(|w| w == m.0)) {
        let text = match kind {
            Kind::Sqlite => sqlite::translate(text),
            Kind::Postgres => postgres::translate(text),
        };
        let name = *name;
        // Not from a snapshot that is older than the locks which it takes: what others committed meanwhile would be left behind.
        db.write_bulk(async move |tx| {
            if kind == Kind::Postgres {
                tx.execute(sql!("SELECT pg_advisory_xact_lock(7205759)"), &[]).await?;
            }
            let done = sql!("SELECT 1 FROM schema_migrations WHERE name = $1");
            if tx.first(done, &params![name]).await?.is_some() {
                return Ok(());
            }
            tx.script(&text)
                .await
                .map_err(|error| DbError::Migration { name: name.to_owned(), reason: error.to_string() })?;
            let note = sql!("INSERT INTO schema_migrations (name, applied_at) VALUES ($1, $2)");
            tx.execute(note, &params![name, SystemClock.now()]).await?;
            Ok(())
        })
        .await?;
    }
    if kind == Kind::Sqlite {
        db.write(async move |tx| Ok(tx.script(sqlite::statistics::TELL).await?)).await?;
    }
    Ok(waiting)
}

/// Replaces whole words outside remarks (`-- …` to the end of the line stays as it is).
pub(crate) fn replace_words(text: &str, words: &HashMap<&str, &str>) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let (code, remark) = line.split_at(line.find("--").unwrap_or(line.len()));
        for piece in code.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let end = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_').len();
            let (word, rest) = piece.split_at(end);
            out.push_str(words.get(word).unwrap_or(&word));
            out.push_str(rest);
        }
        out.push_str(remark);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "CREATE TABLE t (\n  id UUID NOT NULL, -- plain: the BOOL of it\n  seal BYTES,\n  is_BOOL BOOL\n);\nCREATE TABLE u (\n  a BIGINT PRIMARY KEY\n) CLUSTERED;\nALTER TABLE u SET (fillfactor = 60);\n";

    #[test]
    fn types_are_translated_and_remarks_are_not() {
        let sqlite = sqlite::translate(TEXT);
        assert!(sqlite.contains("id BLOB NOT NULL, -- plain: the BOOL of it"), "{sqlite}");
        assert!(
            sqlite.contains("is_BOOL INTEGER\n) STRICT;")
                && sqlite.contains("a INTEGER PRIMARY KEY\n) STRICT, WITHOUT ROWID;")
        );
        assert!(!sqlite.contains("fillfactor"), "{sqlite}");
        let postgres = postgres::translate(TEXT);
        assert!(postgres.contains("ALTER TABLE u SET (fillfactor = 60);"), "{postgres}");
        assert!(postgres.contains("seal BYTEA") && postgres.contains("is_BOOL BOOLEAN\n);"), "{postgres}");
        assert!(postgres.contains("a BIGINT PRIMARY KEY\n) ;"), "{postgres}");
    }
}
