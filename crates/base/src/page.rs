//! Cursor pages: every list has a limit, and says how to go on.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where the next page starts: opaque to callers, the last key seen to us.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cursor(pub String);

/// What a caller asks of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRequest {
    /// Number of items wanted, 1 to [`PageRequest::LIMIT_MAX`].
    pub limit: usize,
    pub after: Option<Cursor>,
}

impl PageRequest {
    pub const LIMIT_DEFAULT: usize = 50;
    pub const LIMIT_MAX: usize = 200;

    pub fn new(limit: Option<usize>, after: Option<String>) -> Self {
        let limit = limit.unwrap_or(Self::LIMIT_DEFAULT).clamp(1, Self::LIMIT_MAX);
        Self { limit, after: after.map(Cursor) }
    }

    /// The cursor's parts, if there is one and it is well formed (`a.b` for two parts).
    pub fn after_parts<A: FromStr, B: FromStr>(&self) -> Option<(A, B)> {
        let (a, b) = self.after.as_ref()?.0.split_once('.')?;
        Some((a.parse().ok()?, b.parse().ok()?))
    }

    /// The cursor as one key, if there is one and it is well formed.
    pub fn after_key<A: FromStr>(&self) -> Option<A> {
        self.after.as_ref()?.0.parse().ok()
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::new(None, None)
    }
}

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass it as `after` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page from up to `limit + 1` items: the one too many says that there is more, and `cursor` names the last one kept.
    pub fn of(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(|last| Cursor(cursor(last))) } else { None };
        Self { items, next }
    }

    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}
