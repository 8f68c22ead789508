//! A record as a file holds it, before anybody knows what its cells mean: the one shape that CSV, JSON Lines and Parquet share.

use std::fmt;

/// How a cell was written, where that changes what its text means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// As a person or program spelled it.
    Text,
    /// A number of the format itself: the decimal mark is a point, and nothing groups digits.
    Number,
    /// Microseconds since 1970 in UTC, in digits.
    Instant,
    /// Microseconds since 1970 on the wall clock of the file's time zone, in digits.
    Local,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    start: u32,
    end: u32,
    kind: Kind,
}

/// The cells of one record in one reusable buffer.
#[derive(Clone, Default)]
pub struct Record {
    pub line_number: u64,
    text: String,
    cells: Vec<Cell>,
}

impl Record {
    pub fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
    }

    /// The cell of a column; blank if the record does not reach so far.
    pub fn cell(&self, column: usize) -> (&str, Kind) {
        match self.cells.get(column) {
            Some(cell) => {
                (self.text.get(cell.start as usize..cell.end as usize).unwrap_or_default(), cell.kind)
            }
            None => ("", Kind::Text),
        }
    }

    /// Bytes held: what a sample of records counts.
    pub fn size(&self) -> usize {
        self.text.len() + self.cells.len() * size_of::<Cell>()
    }

    /// Takes over a whole record's text, whose cells [`Record::push_span`] then marks.
    pub fn take_text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The next column is `start..end` of the text taken over.
    pub fn push_span(&mut self, start: usize, end: usize) {
        self.cells.push(cell(start, end, Kind::Text));
    }

    /// The next column is what `fill` appends.
    pub fn push_with(&mut self, kind: Kind, fill: impl FnOnce(&mut String)) {
        let start = self.text.len();
        fill(&mut self.text);
        self.cells.push(cell(start, self.text.len(), kind));
    }

    /// Sets any column to what `fill` appends, leaving the columns before it blank.
    pub fn set_with(&mut self, column: usize, kind: Kind, fill: impl FnOnce(&mut String)) {
        let start = self.text.len();
        fill(&mut self.text);
        if self.cells.len() <= column {
            self.cells.resize(column + 1, cell(0, 0, Kind::Text));
        }
        self.cells[column] = cell(start, self.text.len(), kind);
    }
}

/// Offsets fit: a record is bounded to far less than 4 GiB before it gets here.
fn cell(start: usize, end: usize, kind: Kind) -> Cell {
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Cell { start: offset(start), end: offset(end), kind }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("line_number", &self.line_number)
            .field("cells", &self.cells.len())
            .finish_non_exhaustive()
    }
}
