//! Typed identifiers. An `Id<Customer>` cannot be handed where an `Id<Order>` is wanted.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use uuid::Uuid;

use crate::Timestamp;

/// A UUID (version 7 where we make it: it sorts by the time it was made) that says what it identifies.
pub struct Id<T> {
    uuid: Uuid,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// A new UUIDv7 (RFC 9562) from the given time and 80 bits of chance.
    pub fn new(now: Timestamp, rng: &mut impl rand::Rng) -> Self {
        let mut chance = [0u8; 10];
        rng.fill_bytes(&mut chance);
        let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
        Self::from(uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid())
    }

    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, of: PhantomData }
    }

    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        self.uuid.as_bytes()
    }

    /// The same value as an identifier of something else, for the few places where one thing is named by another.
    pub const fn cast<U>(self) -> Id<U> {
        Id::from_uuid(self.uuid)
    }
}

impl<T> From<Uuid> for Id<T> {
    fn from(uuid: Uuid) -> Self {
        Self::from_uuid(uuid)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<T> hash::Hash for Id<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}
impl<T> FromStr for Id<T> {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::from_uuid)
    }
}
impl<T> serde::Serialize for Id<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.uuid)
    }
}
impl<'de, T> serde::Deserialize<'de> for Id<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from_uuid)
    }
}

/// Makes UUIDv7s that sort in the order in which they were made, however many fall into one millisecond (RFC 9562, 6.2, method 1: twelve bits
/// of counter; when they run out, the time is moved on).
#[derive(Clone, Debug, Default)]
pub struct IdSequence {
    millis: u64,
    counter: u16,
}

impl IdSequence {
    pub fn next<T>(&mut self, now: Timestamp, rng: &mut impl rand::Rng) -> Id<T> {
        let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
        if millis > self.millis {
            (self.millis, self.counter) = (millis, 0);
        } else if self.counter == 0xfff {
            (self.millis, self.counter) = (self.millis + 1, 0);
        } else {
            self.counter += 1;
        }
        let mut chance = [0u8; 10];
        rng.fill_bytes(&mut chance);
        chance[..2].copy_from_slice(&self.counter.to_be_bytes());
        Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(self.millis, &chance).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_ascends_even_when_the_clock_stands_or_goes_back() {
        let mut sequence = IdSequence::default();
        let mut rng = rand::rng();
        let mut last: Option<Id<()>> = None;
        for at in 0..20_000i64 {
            let now = Timestamp::from_micros(1_700_000_000_000_000 - (at % 7) * 1000);
            let next = sequence.next(now, &mut rng);
            assert_eq!(next.uuid().get_version_num(), 7);
            assert!(last.is_none_or(|last| last < next), "{at}");
            last = Some(next);
        }
    }
}
