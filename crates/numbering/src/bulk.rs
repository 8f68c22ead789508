//! Whole columns at once: many texts in, arrays out, one for each thing that is asked. Nothing is allocated for a number, and the
//! arrays are kept for the next column.

use std::fmt;

use crate::{Extension, LineType, ParseError, PhoneNumber, Plans, Possibility, Region, digits::E164, engine};

/// What is known of a column of texts, row by row. A row has either an error or a number.
///
/// ```
/// use numbering::{Batch, LineType, ParseError};
///
/// let mut batch = Batch::default();
/// batch.read(&["01712-345678", "+39 06 698 12345", "none"], "BD".parse().ok());
/// assert_eq!(batch.e164[0].as_str(), "+8801712345678");
/// assert_eq!(batch.line_types, [LineType::Mobile, LineType::FixedLine, LineType::Unknown]);
/// assert_eq!(batch.errors, [None, None, Some(ParseError::NotANumber)]);
/// ```
#[derive(Clone, Default)]
pub struct Batch {
    /// `None` for an error, and for the few texts of more digits than a [`PhoneNumber`] holds.
    pub numbers: Vec<Option<PhoneNumber>>,
    /// Empty for an error.
    pub e164: Vec<E164>,
    /// A number is valid exactly when its type is known.
    pub line_types: Vec<LineType>,
    pub regions: Vec<Option<Region>>,
    pub errors: Vec<Option<ParseError>>,
    /// Rows that have an extension, in order.
    pub extensions: Vec<(usize, Extension)>,
}

impl Batch {
    /// Replaces what is there by what these texts are, all of them written in one region.
    pub fn read<T: AsRef<str>>(&mut self, texts: &[T], default_region: Option<Region>) {
        self.clear();
        self.reserve(texts.len());
        let home = engine::home(Plans::BUILT_IN, default_region);
        for text in texts {
            self.push_at(text.as_ref(), home);
        }
    }

    /// The same for texts that have a region each.
    ///
    /// # Panics
    /// If there are not as many regions as texts.
    pub fn read_with_regions<T: AsRef<str>>(&mut self, texts: &[T], default_regions: &[Option<Region>]) {
        assert_eq!(texts.len(), default_regions.len(), "a region for each text");
        self.clear();
        self.reserve(texts.len());
        for (text, region) in texts.iter().zip(default_regions) {
            self.push(text.as_ref(), *region);
        }
    }

    /// Adds one row.
    pub fn push(&mut self, text: &str, default_region: Option<Region>) {
        self.push_at(text, engine::home(Plans::BUILT_IN, default_region));
    }

    #[inline]
    pub(crate) fn push_at(&mut self, text: &str, home: engine::resolve::Home) {
        let plans = Plans::BUILT_IN;
        let outcome = engine::parse_and(plans, text, home, |resolved, extension| {
            let (region, line_type) = resolved.place(plans);
            self.numbers.push(resolved.number());
            self.e164.push(resolved.e164());
            self.line_types.push(line_type);
            self.regions.push(region);
            self.errors.push(None);
            if let Some(extension) = extension {
                self.extensions.push((self.errors.len() - 1, extension));
            }
        });
        if let Err(error) = outcome {
            self.push_error(error);
        }
    }

    #[cold]
    fn push_error(&mut self, error: ParseError) {
        self.numbers.push(None);
        self.e164.push(E164::EMPTY);
        self.line_types.push(LineType::Unknown);
        self.regions.push(None);
        self.errors.push(Some(error));
    }

    pub fn len(&self) -> usize {
        self.errors.len()
    }

    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether the length of a row's number can be right; nothing for an error.
    pub fn possibility(&self, row: usize) -> Option<Possibility> {
        Some(self.numbers[row]?.possibility())
    }

    /// Forgets all rows, and keeps the memory.
    pub fn clear(&mut self) {
        self.numbers.clear();
        self.e164.clear();
        self.line_types.clear();
        self.regions.clear();
        self.errors.clear();
        self.extensions.clear();
    }

    fn reserve(&mut self, rows: usize) {
        self.numbers.reserve(rows);
        self.e164.reserve(rows);
        self.line_types.reserve(rows);
        self.regions.reserve(rows);
        self.errors.reserve(rows);
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} rows)", self.len())
    }
}
