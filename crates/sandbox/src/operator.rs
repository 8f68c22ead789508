//! The sandbox as the operator of its phones: what it knows of a line, and when it cannot say.

use std::time::Duration;

use base::{Context, Fault, Timestamp};
use numbering::{LineType, PhoneNumber};

use crate::{Behaviour, PhoneView, Sandbox};

/// How long the operator of a late phone takes to answer: longer than anybody waits.
const LATE: Duration = Duration::from_secs(3);
/// Since when phones have their holders, if nothing else is known.
const HELD_DAYS: i64 = 3 * 365;

/// Why the operator says nothing.
#[derive(Clone, Debug)]
pub enum Silence {
    /// It has no such number.
    UnknownNumber,
    /// It does not say such things of such lines.
    NotOfThisLine,
    /// It was asked too much.
    Busy,
    Broken(Fault),
}

impl From<Fault> for Silence {
    fn from(fault: Fault) -> Self {
        Self::Broken(fault)
    }
}

impl Sandbox {
    /// What the operator knows of a phone. It answers as the phone behaves: one that does not exist is unknown to it, a busy one asks for patience, a late one takes its time;
    /// of fixed lines it says nothing.
    pub async fn as_operator(&self, cx: &Context, number: PhoneNumber) -> Result<PhoneView, Silence> {
        let phone = self.phone(cx, number).await?;
        match phone.behaviour {
            Behaviour::UnknownNumber => return Err(Silence::UnknownNumber),
            Behaviour::Busy => return Err(Silence::Busy),
            Behaviour::Late => tokio::time::sleep(LATE).await,
            _ => {}
        }
        if number.region_and_line_type().1 == LineType::FixedLine {
            return Err(Silence::NotOfThisLine);
        }
        Ok(phone)
    }
}

impl PhoneView {
    /// Whether its SIM was swapped in the last hours.
    pub fn was_swapped(&self, now: Timestamp, hours: i64) -> bool {
        let since = now.plus_micros(-hours.saturating_mul(3_600 * Timestamp::SECOND));
        self.sim_swapped_at.is_some_and(|at| at >= since)
    }

    /// Since when its holder has had it.
    pub fn held_since(&self, now: Timestamp) -> Timestamp {
        self.holder_changed_at.unwrap_or(now.plus_micros(-HELD_DAYS * Timestamp::DAY))
    }

    /// Whether it has another holder since a day; the day itself counts, since nobody knows the hour that was meant.
    pub fn has_changed_hands(&self, since_day: i64) -> bool {
        self.holder_changed_at.is_some_and(|at| at.day() >= since_day)
    }
}
