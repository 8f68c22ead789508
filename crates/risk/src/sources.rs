//! What the house itself can say: the kind of line, how much is asked, and who holds the number by the shop's records.

mod holders;
mod line;
mod velocity;

pub use holders::Holders;
pub use line::Line;
pub use velocity::Counted;

pub(crate) use velocity::{HOURS, counted, hour_of};
