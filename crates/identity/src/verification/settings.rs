//! The settings of verification.

use base::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    budget::Budgets,
    code::{DIGITS_MAX, DIGITS_MIN},
    destination::Destinations,
    limits::Limits,
};

/// Codes and what bounds them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Digits of a code, 4 to 10.
    pub code_digits: u8,
    /// How long a code serves, in seconds, at most 600.
    pub life_seconds: i64,
    /// The host that origin-bound codes name, `shop.example`; that of `public_url` if not given.
    pub origin: Option<String>,
    pub limits: Limits,
    pub budgets: Budgets,
    pub destinations: Destinations,
}

/// No code serves longer, whatever the settings say.
pub const LIFE_SECONDS_MAX: i64 = 600;
/// A code is not sent again when it has less than this part of its life left; a new one is made.
const LAST_PART: i64 = 5;

impl Default for Settings {
    fn default() -> Self {
        Self {
            code_digits: 6,
            life_seconds: LIFE_SECONDS_MAX,
            origin: None,
            limits: Limits::default(),
            budgets: Budgets::default(),
            destinations: Destinations::default(),
        }
    }
}

impl Settings {
    pub(crate) fn digits(&self) -> u8 {
        self.code_digits.clamp(DIGITS_MIN, DIGITS_MAX)
    }

    pub(crate) fn life_micros(&self) -> i64 {
        self.life_seconds.clamp(30, LIFE_SECONDS_MAX) * Timestamp::SECOND
    }

    /// How much of its life a code must have left to be sent again.
    pub(crate) fn left_micros_min(&self) -> i64 {
        self.life_micros() / LAST_PART
    }
}
