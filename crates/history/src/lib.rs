//! Shopping history: orders and their lines as the sources told them, and the same orders as one person's history.
//!
//! An order is kept under the persona that placed it and never moves. A customer's history is what the active links select: personas, each in a
//! range of time. So a merge, a split or an undo moves whole histories by writing links only.

mod dates;
mod orders;
mod placing;
mod rows;
mod store;

pub use dates::LinkDates;
pub use orders::{DayTotal, History, Line, Order, OrderKey, Totals};
pub use placing::Unplaced;
pub use store::{NewLine, NewOrder, OrderStore, Stored};

pub const MIGRATIONS: &[db::Migration] = &[
    ("history/0001_orders", include_str!("../migrations/0001_orders.sql")),
    ("history/0002_orders_by_persona", include_str!("../migrations/0002_orders_by_persona.sql")),
    ("history/0003_persona_orders", include_str!("../migrations/0003_persona_orders.sql")),
];

/// Where orders come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Source {
    Online,
    Pos,
    Loyalty,
    App,
}

impl Source {
    pub const ALL: [Self; 4] = [Self::Online, Self::Pos, Self::Loyalty, Self::App];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Pos => "pos",
            Self::Loyalty => "loyalty",
            Self::App => "app",
        }
    }

    /// As people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Online => "Web shop",
            Self::Pos => "Till",
            Self::Loyalty => "Loyalty programme",
            Self::App => "App",
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::str::FromStr for Source {
    type Err = base::Fault;
    fn from_str(text: &str) -> Result<Self, base::Fault> {
        let known = Self::ALL.into_iter().find(|source| source.code() == text.trim().to_ascii_lowercase());
        known.ok_or_else(|| {
            base::Fault::invalid("source_unknown", "A source is one of online, pos, loyalty, app.")
                .field("source")
        })
    }
}
