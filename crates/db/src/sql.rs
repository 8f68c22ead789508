//! `sql!`: one text for both databases. Placeholders are `$1`, `$2`; for SQLite they become `?1`, `?2` at compile time, because SQLite takes
//! `$2` for a *name* and numbers names in the order in which they appear.

/// A statement, in both spellings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sql {
    pub(crate) postgres: &'static str,
    pub(crate) sqlite: &'static str,
}

impl Sql {
    #[doc(hidden)]
    pub const fn of(postgres: &'static str, sqlite: &'static str) -> Self {
        Self { postgres, sqlite }
    }

    pub(crate) fn is_insert(&self) -> bool {
        self.postgres.trim_start().starts_with("INSERT")
    }

    /// The text as written.
    pub const fn text(&self) -> &'static str {
        self.postgres
    }
}

/// Replaces `$` before a digit by `?`; the length stays.
#[doc(hidden)]
pub const fn question_marks<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    let mut out = [0u8; N];
    let mut at = 0;
    while at < N {
        let placeholder = bytes[at] == b'$' && at + 1 < N && bytes[at + 1].is_ascii_digit();
        out[at] = if placeholder { b'?' } else { bytes[at] };
        at += 1;
    }
    out
}

/// Makes a [`Sql`] of a literal: `sql!("SELECT name FROM shops WHERE id = $1")`.
#[macro_export]
macro_rules! sql {
    ($text:expr) => {{
        const TEXT: &str = $text;
        const BYTES: [u8; TEXT.len()] = $crate::question_marks(TEXT);
        const SQLITE: &str = match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("SQL is text"),
        };
        $crate::Sql::of(TEXT, SQLITE)
    }};
}

#[cfg(test)]
mod tests {
    #[test]
    fn placeholders_are_numbered_for_sqlite() {
        let statement = sql!("UPDATE t SET a = $2, b = '$', c = $10 WHERE id = $1");
        assert_eq!(statement.sqlite, "UPDATE t SET a = ?2, b = '$', c = ?10 WHERE id = ?1");
        assert_eq!(statement.postgres, statement.text());
    }
}
