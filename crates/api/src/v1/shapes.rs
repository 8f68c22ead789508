//! What several resources show: pages, money, customers in short with their details masked, tenures, evidence.

use std::collections::BTreeSet;

use base::{Money, Page, Timestamp};
use customers::{
    Details, Summary, TenureView,
    linking::{Evidence, NumberKind},
};
use numbering::PhoneNumber;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A moment, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, Debug)]
#[schema(as = Timestamp, value_type = String, format = DateTime, example = "2024-02-29T12:00:00Z")]
pub(crate) struct Moment(#[serde(with = "as_text")] pub Timestamp);

/// Through the base type's own form.
mod as_text {
    use base::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        at.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        // An owned text, because a JSON string with an escape cannot be borrowed.
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("expected a moment such as 2024-02-29T12:00:00Z"))
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// One page of a list.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct PageOf<T: ToSchema> {
    pub items: Vec<T>,
    /// Pass it as `after` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T: ToSchema> PageOf<T> {
    pub fn of<U>(page: Page<U>, show: impl FnMut(U) -> T) -> Self {
        Self { items: page.items.into_iter().map(show).collect(), next: page.next.map(|cursor| cursor.0) }
    }
}

/// An amount of money.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Amount {
    /// In minor units: cents, paisa.
    #[schema(example = 1250)]
    minor: i64,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency.to_string() }
    }
}

/// Why something is done; kept in the audit trail.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Because {
    /// At most 500 characters.
    #[schema(example = "The customer asked for it at the till.", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// A customer in short. Number and e-mail address are masked.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct CustomerSummary {
    pub id: Uuid,
    pub name: Option<String>,
    #[schema(example = "+358••••••567")]
    pub number: Option<String>,
    #[schema(example = "a•••@e•••.fi")]
    pub email: Option<String>,
    #[schema(example = "FI")]
    pub country: Option<String>,
    /// Details that are known beside these; they are shown when revealed.
    pub known: BTreeSet<&'static str>,
    /// The first order, or the registration.
    pub first_at: Moment,
    pub last_at: Moment,
    pub orders: u64,
    /// How many records of sources were found to be this person's.
    pub records: u64,
}

impl From<Summary> for CustomerSummary {
    fn from(summary: Summary) -> Self {
        let details = summary.identity.details;
        Self {
            id: summary.id.uuid(),
            known: known(&details),
            name: details.name,
            number: summary.identity.number.map(PhoneNumber::mask),
            email: details.email.as_deref().map(customers::mask_email),
            country: details.country,
            first_at: summary.first_at.into(),
            last_at: summary.last_at.into(),
            orders: summary.orders,
            records: summary.personas,
        }
    }
}

/// The names of the details that are there but not shown.
pub(crate) fn known(details: &Details) -> BTreeSet<&'static str> {
    let all = [
        ("address", &details.address),
        ("postcode", &details.postcode),
        ("loyalty_id", &details.loyalty_id),
        ("device_id", &details.device_id),
    ];
    all.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect()
}

/// How a number stands among the people of the shop.
#[derive(Clone, Copy, Serialize, ToSchema, Debug)]
#[serde(rename_all = "snake_case")]
#[schema(as = NumberKind)]
pub(crate) enum Kind {
    /// One holder.
    Single,
    /// Several holders at once: a household, a company line.
    Shared,
    /// Handed on by the operator to a stranger.
    Recycled,
    /// On so many people that it says nothing about who: a till, a courier.
    Generic,
}

impl From<NumberKind> for Kind {
    fn from(kind: NumberKind) -> Self {
        match kind {
            NumberKind::Single => Self::Single,
            NumberKind::Shared => Self::Shared,
            NumberKind::Recycled => Self::Recycled,
            NumberKind::Generic => Self::Generic,
        }
    }
}

/// One observation, how much it speaks for one person or against, and the same in words.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Observation {
    /// Stable.
    #[schema(example = "name-same")]
    kind: &'static str,
    /// Decibans (ten times the decimal logarithm of the likelihood ratio); positive speaks for one person.
    #[schema(example = 12)]
    weight: i16,
    #[schema(example = "the name is the same (strongly for one person, +12).")]
    words: String,
}

impl From<Evidence> for Observation {
    fn from(evidence: Evidence) -> Self {
        Self { kind: evidence.kind.code(), weight: evidence.weight, words: evidence.in_words() }
    }
}

pub(crate) fn observations(evidence: Vec<Evidence>) -> Vec<Observation> {
    evidence.into_iter().map(Observation::from).collect()
}

/// This customer held this number from then until then, or still.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct Tenure {
    id: Uuid,
    customer: Uuid,
    /// Masked; absent after erasure.
    #[schema(example = "+358••••••567")]
    number: Option<String>,
    kind: Kind,
    from: Moment,
    /// Absent while it lasts.
    until: Option<Moment>,
    /// Per cent.
    #[schema(maximum = 100)]
    confidence: u32,
    evidence: Vec<Observation>,
    /// When its holder last proved it.
    last_verified_at: Option<Moment>,
}

impl From<TenureView> for Tenure {
    fn from(tenure: TenureView) -> Self {
        Self {
            id: tenure.id,
            customer: tenure.customer.uuid(),
            number: tenure.number.map(PhoneNumber::mask),
            kind: tenure.kind.into(),
            from: tenure.from.into(),
            until: tenure.until.map(Moment),
            confidence: tenure.confidence,
            evidence: observations(tenure.evidence),
            last_verified_at: tenure.last_verified_at.map(Moment),
        }
    }
}

/// The id in an address.
#[derive(IntoParams, Debug)]
#[into_params(parameter_in = Path)]
#[allow(dead_code)] // describes what the extractor takes
pub(crate) struct IdParam {
    /// As a list or another answer gave it.
    pub id: Uuid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_from_an_escaped_text_too() {
        let moment: Moment = serde_json::from_str(r#""2024\u002d02-29T12:00:00Z""#).unwrap();
        assert_eq!(serde_json::to_string(&moment).unwrap(), r#""2024-02-29T12:00:00Z""#);
    }
}
