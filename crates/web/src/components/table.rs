//! Data tables: aligned columns on a wide screen, one card a row on a phone, pages by cursor.

use std::fmt;

use maud::{Markup, html};

use crate::components::icon::{Icon, icon};

/// How a column is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Set {
    Text,
    /// Right-aligned with tabular figures.
    Figure,
    /// Grows, wraps.
    Wide,
}

/// A column: its heading and how it is set. An empty heading is read as "Acts".
#[derive(Clone, Copy, Debug)]
pub struct Column(pub &'static str, pub Set);

/// A row. `lines` opens below it.
#[derive(Default)]
pub struct Row {
    pub cells: Vec<Markup>,
    pub lines: Option<Lines>,
}

/// What a row opens to.
pub struct Lines {
    /// Unique in the page.
    pub id: String,
    /// What the button says to screen readers.
    pub label: String,
    pub body: Markup,
}

/// Markup may name people, so it stays out.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("cells", &self.cells.len()).field("lines", &self.lines).finish()
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Row {
    pub fn of(cells: Vec<Markup>) -> Self {
        Self { cells, lines: None }
    }
}

/// Where the neighbouring pages are.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    pub first: Option<String>,
    pub next: Option<String>,
    /// For example "1–50 of 2,310".
    pub words: String,
}

/// The caption names the table to screen readers; its section's title does for the eye.
pub fn table(caption: &str, columns: &[Column], rows: &[Row]) -> Markup {
    let opens = rows.iter().any(|row| row.lines.is_some());
    html! {
        div.table-frame {
            table {
                caption.unseen { (caption) }
                thead {
                    tr {
                        @if opens { th.is-toggle scope="col" { span.unseen { "Lines" } } }
                        @for Column(label, set) in columns {
                            th class=[class(*set)] scope="col" { @if label.is_empty() { span.unseen { "Acts" } } @else { (label) } }
                        }
                    }
                }
                tbody { @for row in rows { (table_row(columns, row, opens)) } }
            }
        }
    }
}

fn table_row(columns: &[Column], row: &Row, opens: bool) -> Markup {
    let width = columns.len() + usize::from(opens);
    html! {
        tr {
            @if opens {
                td.is-toggle {
                    @if let Some(lines) = &row.lines {
                        button.button.is-quiet.is-square type="button" data-expand=(lines.id) aria-controls=(lines.id) aria-expanded="false" {
                            (icon(Icon::Chevron)) span.unseen { (lines.label) }
                        }
                    }
                }
            }
            @for (Column(label, set), cell) in columns.iter().zip(&row.cells) {
                td class=[class(*set)] data-label=(label) { (cell) }
            }
        }
        @if let Some(lines) = &row.lines {
            tr.lines id=(lines.id) hidden { td colspan=(width) { (lines.body) } }
        }
    }
}

const fn class(set: Set) -> Option<&'static str> {
    match set {
        Set::Text => None,
        Set::Figure => Some("is-figure"),
        Set::Wide => Some("is-wide"),
    }
}

pub fn paging(paging: &Paging) -> Markup {
    html! {
        nav.paging aria-label="Pages" {
            span { (paging.words) }
            div.acts {
                @if let Some(url) = &paging.first { a.button.is-small href=(url) { "First page" } }
                @if let Some(url) = &paging.next { a.button.is-small href=(url) rel="next" { "Next page" (icon(Icon::Chevron)) } }
            }
        }
    }
}
