//! Labelled timelines: invented people who buy over three years through four sources, with the truth of who placed every order.
//!
//! Everything comes from a seed. A profile says how messy life and spelling are. The truth travels beside the rows and never
//! into the files, so that what linking finds can be measured.

mod people;
mod person;
mod profile;
mod scene;
mod spell;
mod write;

pub use profile::{Life, Mix, Noise, Profile};
pub use scene::{Holder, NumberTruth, Relation, Scene};
pub use write::{OrderFile, write_csv};

use base::Timestamp;
use customers::persona::Details;
use rand::{SeedableRng, rngs::StdRng};

/// Where an order came from.
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
}

/// A mobile number: the region and the digits as written nationally.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Number {
    pub region: &'static str,
    pub calling_code: &'static str,
    pub national: String,
}

impl Number {
    /// E.164: what every spelling of it means.
    pub fn e164(&self) -> String {
        // Of our countries only those that write a trunk zero have national numbers that begin with one.
        format!("+{}{}", self.calling_code, self.national.strip_prefix('0').unwrap_or(&self.national))
    }
}

/// One order of one line, and who truly placed it.
#[derive(Clone, Debug)]
pub struct Row {
    pub source: Source,
    pub order_id: String,
    pub ordered_at: Timestamp,
    pub number: Option<Number>,
    pub details: Details,
    pub sku: String,
    pub product: &'static str,
    pub category: &'static str,
    pub quantity: u32,
    pub unit_price_minor: i64,
    pub currency: &'static str,
    pub status: &'static str,
    pub store: Option<String>,
    pub truth_person: u64,
}

/// An endless, repeatable stream of scenes: a number with everybody who used it, and their other numbers.
#[derive(Debug)]
pub struct Timelines {
    profile: Profile,
    rng: StdRng,
    counters: Counters,
}

/// What has been handed out so far.
#[derive(Debug, Default)]
struct Counters {
    people: u64,
    orders: u64,
    numbers: std::collections::HashSet<Number>,
}

impl Timelines {
    pub fn new(profile: Profile, seed: u64) -> Self {
        Self { profile, rng: StdRng::seed_from_u64(seed), counters: Counters::default() }
    }

    /// Rows of as many scenes as it takes to have at least `rows` rows.
    pub fn at_least(self, rows: usize) -> impl Iterator<Item = Scene> {
        let mut made = 0;
        self.take_while(move |scene| {
            let wanted = made < rows;
            made += scene.rows.len();
            wanted
        })
    }
}

impl Iterator for Timelines {
    type Item = Scene;
    fn next(&mut self) -> Option<Scene> {
        Some(scene::invent(&self.profile, &mut self.rng, &mut self.counters))
    }
}
