//! The part of the configuration that is about risk.

use std::collections::BTreeMap;

use base::{Secret, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

/// What is asked, how long one waits for it, and when something counts as lately or as much.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Operators that are asked by the CAMARA interfaces.
    pub operators: Vec<OperatorSettings>,
    /// How long an assessment waits for all answers together.
    pub wait_millis: u64,
    /// A SIM counts as swapped lately for so long, 1 to 2,400.
    pub sim_swapped_hours: u32,
    /// A phone counts as changed lately for so long, 1 to 2,400.
    pub device_swapped_hours: u32,
    /// Where nobody says since when a holder is known: the operator is asked about so many days.
    pub recycled_days: u32,
    /// A number held for less than this is held for a short time.
    pub tenure_days: u32,
    /// By the shop's own records a number has changed hands lately for so long.
    pub changed_hands_days: u32,
    pub velocity: Velocity,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            operators: Vec::new(),
            wait_millis: 800,
            sim_swapped_hours: 72,
            device_swapped_hours: 72,
            recycled_days: 90,
            tenure_days: 30,
            changed_hands_days: 30,
            velocity: Velocity::default(),
        }
    }
}

/// The hours of one question that operators take.
const HOURS_MAX: u32 = 2_400;

impl Settings {
    pub(crate) fn sim_hours(&self) -> u32 {
        self.sim_swapped_hours.clamp(1, HOURS_MAX)
    }

    pub(crate) fn device_hours(&self) -> u32 {
        self.device_swapped_hours.clamp(1, HOURS_MAX)
    }
}

pub(crate) const HOUR: i64 = 3_600 * Timestamp::SECOND;

/// How much is much, in any 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Velocity {
    /// Assessments of one number.
    pub of_number_max: u32,
    /// Numbers that one network address asks about; many people may share one.
    pub numbers_of_network_max: u32,
    pub numbers_of_device_max: u32,
    pub numbers_of_address_max: u32,
}

impl Default for Velocity {
    fn default() -> Self {
        Self {
            of_number_max: 30,
            numbers_of_network_max: 30,
            numbers_of_device_max: 3,
            numbers_of_address_max: 5,
        }
    }
}

/// An operator, or a broker of operators, that speaks CAMARA.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OperatorSettings {
    pub name: String,
    /// Beginnings of the numbers that it is asked about, `+358`; all if there are none. The longest that fits wins.
    pub prefixes: Vec<String>,
    /// Where its interfaces are, before `/sim-swap/v2`.
    pub base_url: String,
    /// Where it gives out access tokens.
    pub token_url: String,
    pub client_id: String,
    #[serde(skip_serializing, deserialize_with = "secret")]
    pub client_secret: Secret<String>,
    /// The purpose that tokens are asked for, as it was agreed with the operator.
    pub purpose: String,
    /// Which of `sim-swap`, `device-swap`, `number-recycling`, `call-forwarding-signal`, `kyc-tenure`, `number-verification` it offers, each with the path before its
    /// operations where that is not the usual one; all on the usual paths if none is named.
    pub interfaces: BTreeMap<String, String>,
    /// How long an answer serves again.
    pub lifetime_seconds: u32,
}

impl Default for OperatorSettings {
    fn default() -> Self {
        Self {
            name: "operator".to_owned(),
            prefixes: Vec::new(),
            base_url: String::new(),
            token_url: String::new(),
            client_id: String::new(),
            client_secret: Secret::new(String::new()),
            purpose: "dpv:FraudPreventionAndDetection".to_owned(),
            interfaces: BTreeMap::new(),
            lifetime_seconds: 600,
        }
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
