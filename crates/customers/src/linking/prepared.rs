//! Sightings made ready for comparison: everything folded once.

use std::cmp::Ordering;

use base::Timestamp;
use smallvec::SmallVec;

use super::names::{Name, letters};
use crate::persona::{NumberKey, Sighting};

/// A sighting with its details folded.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub sighting: &'a Sighting,
    pub name: Option<Name>,
    pub email: Option<Email>,
    pub loyalty: Option<String>,
    pub address: Option<Address>,
    pub device: Option<&'a str>,
    /// The times of its orders, ascending, in microseconds.
    pub times: Times<'a>,
}

/// Moments in microseconds.
#[derive(Debug)]
pub(super) struct Times<'a> {
    loaded: &'a [Timestamp],
    /// What stands for them when they are not loaded: the first and the last.
    ends: [Timestamp; 2],
}

impl Times<'_> {
    fn all(&self) -> &[Timestamp] {
        match self.loaded {
            [] if self.ends[0] == self.ends[1] => &self.ends[..1],
            [] => &self.ends,
            loaded => loaded,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = i64> {
        self.all().iter().map(|at| at.as_micros())
    }

    pub fn first(&self) -> i64 {
        self.all()[0].as_micros()
    }

    pub fn last(&self) -> i64 {
        self.all()[self.all().len() - 1].as_micros()
    }
}

/// An e-mail address without what does not matter to where it is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Email {
    pub folded: String,
    /// Length of what stands before the @.
    local: usize,
}

impl Email {
    pub fn local(&self) -> &str {
        &self.folded[..self.local]
    }

    fn domain(&self) -> &str {
        self.folded[self.local..].trim_start_matches('@')
    }

    /// Whether both are with the same provider.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.domain() == other.domain()
    }

    fn parse(raw: &str) -> Option<Self> {
        let lower = letters(raw.trim());
        let (local, domain) = lower.rsplit_once('@')?;
        let local = local.split('+').next().unwrap_or(local);
        if local.is_empty() || domain.is_empty() {
            return None;
        }
        let gmail = matches!(domain, "gmail.com" | "googlemail.com");
        let local: String = local.chars().filter(|&c| c != '.' || !gmail).collect();
        let domain = if gmail { "gmail.com" } else { domain };
        Some(Self { folded: format!("{local}@{domain}"), local: local.len() })
    }
}

/// The first four letters of words.
type Words = SmallVec<[[u8; 4]; 6]>;

/// A postal address as letters and numbers, so that its many ways of writing compare.
#[derive(Debug, Clone)]
pub(super) struct Address {
    /// Street, place: words of three letters or more, cut to four letters, ascending.
    words: Words,
    /// House, flat and the like, ascending.
    numbers: Words,
    pub postcode: Option<String>,
}

impl Address {
    fn parse(address: Option<&str>, postcode: Option<&str>) -> Option<Self> {
        let (mut words, mut numbers) = (Words::new(), Words::new());
        let latin = letters(address.unwrap_or_default());
        for token in latin.split(|c: char| !c.is_ascii_alphanumeric()).filter(|t| !t.is_empty()) {
            let list = if token.as_bytes()[0].is_ascii_digit() { &mut numbers } else { &mut words };
            let mut start = [0; 4];
            start.iter_mut().zip(token.bytes()).for_each(|(slot, letter)| *slot = letter);
            list.push(start);
        }
        words.retain(|word| word[2] != 0);
        words.sort_unstable();
        words.dedup();
        numbers.sort_unstable();
        numbers.dedup();
        let postcode =
            postcode.map(|p| letters(p).chars().filter(char::is_ascii_alphanumeric).collect::<String>());
        let postcode = postcode.filter(|p| !p.is_empty());
        (!words.is_empty() || !numbers.is_empty() || postcode.is_some()).then_some(Self {
            words,
            numbers,
            postcode,
        })
    }

    /// Whether both are the same place; `None` when they do not say enough.
    pub fn same(&self, other: &Self) -> Option<bool> {
        let postcodes = self.postcode.as_ref().zip(other.postcode.as_ref()).map(|(a, b)| a == b);
        if self.words.is_empty() || other.words.is_empty() {
            // A postcode alone is a whole town in some countries: a different one says more than the same one.
            return postcodes.filter(|same| !same);
        }
        let numbers =
            self.numbers.is_empty() && other.numbers.is_empty() || overlap(&self.numbers, &other.numbers) > 0;
        let (common, shorter) = (overlap(&self.words, &other.words), self.words.len().min(other.words.len()));
        let alike = common * 2 >= shorter;
        Some(numbers && alike && (postcodes != Some(false) || common == shorter))
    }
}

/// The number of values that two ascending lists share.
pub(super) fn overlap<T: Ord>(a: &[T], b: &[T]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal => (i, j, count) = (i + 1, j + 1, count + 1),
        }
    }
    count
}

impl<'a> Prepared<'a> {
    pub fn new(sighting: &'a Sighting) -> Self {
        let details = &sighting.details;
        let kept = |text: &'a Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty());
        Self {
            sighting,
            name: kept(&details.name).and_then(Name::parse),
            email: kept(&details.email).and_then(Email::parse),
            loyalty: kept(&details.loyalty_id).map(str::to_ascii_lowercase),
            address: Address::parse(kept(&details.address), kept(&details.postcode)),
            device: kept(&details.device_id),
            times: Times {
                loaded: &sighting.dates,
                ends: [sighting.first_at, sighting.last_at.max(sighting.first_at)],
            },
        }
    }

    pub fn number(&self) -> Option<NumberKey> {
        self.sighting.number
    }

    /// Whether it gives something that says who it is.
    pub fn says_who(&self) -> bool {
        self.name.is_some() || self.email.is_some() || self.loyalty.is_some()
    }

    /// Whether it could find the same person again without a number. A name alone could not: many people have it.
    pub fn can_be_reached(&self) -> bool {
        self.email.is_some() || self.loyalty.is_some()
    }
}
