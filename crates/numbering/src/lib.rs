//! Telephone numbers: read whatever people write, know what the numbering plans say, write it back.
//!
//! ```
//! use numbering::{Format, LineType, Region, parse};
//!
//! let finland: Region = "FI".parse().unwrap();
//! let number = parse("040 123 4567", Some(finland)).unwrap().number;
//! assert_eq!(number.to_string(), "+358••••••567"); // masked unless you ask
//! assert_eq!(number.e164().as_str(), "+358401234567");
//! assert_eq!(number.format(Format::International), "+358 40 1234567");
//! assert_eq!((number.region(), number.line_type()), (Some(finland), LineType::Mobile));
//! ```
//!
//! Also: whole columns at once ([`Batch`]; as Arrow arrays with the feature `arrow`), numbers in running text ([`find`]), while somebody types ([`AsYouType`]), whether two spellings
//! mean one number ([`agreement`]), and everything that was read of one ([`Number`]: extension, carrier, how to dial it).
//!
//! Pure: no input or output, no clock, no configuration, no start-up, no memory for reading a number, and no dependency. The
//! numbering plans are libphonenumber's, release [`METADATA_VERSION`], as one table of automata in the binary; what is said of a number is what
//! libphonenumber says.

#[cfg(feature = "arrow")]
pub mod arrow;
mod as_you_type;
mod bulk;
mod dialling;
mod digits;
mod engine;
mod find;
#[cfg(any(feature = "carrier", feature = "places", feature = "time-zones"))]
pub mod know;
mod line;
mod number;
mod parse;
mod plan;
mod region;
mod release;
mod renormalise;
mod same;
#[cfg(feature = "short-numbers")]
pub mod short;
#[cfg(any(feature = "carrier", feature = "places", feature = "time-zones", feature = "short-numbers"))]
mod tables;
mod written;

pub use as_you_type::AsYouType;
pub use bulk::Batch;
pub use digits::{Digits, E164};
pub use engine::{search::Leniency, table::Plans};
pub use find::{Found, find, find_with};
pub use line::{KnownNumber, ParsedLine};
pub use number::PhoneNumber;
pub use parse::{Extension, ParseError, Parsed, parse};
pub use plan::{Format, LineType, Possibility, example, regions};
pub use region::{NotARegion, Region};
pub use release::{METADATA_SHA256, METADATA_VERSION, TABLE_BYTES, TABLE_SHA256};
pub use renormalise::{Cause, RECIPES, RECIPES_REVISION, Recipe, current, renormalised};
pub use same::{Agreement, agreement};
pub use written::{CodeSource, Number};
