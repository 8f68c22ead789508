//! The part of the configuration that is about webhooks.

use serde::{Deserialize, Serialize};

/// How a shop's own programs are told of what happens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Calls that one process makes at once.
    pub in_flight_max: usize,
    /// Calls that one process makes at once to one endpoint, so that a slow one does not hold up the others.
    pub in_flight_of_endpoint_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { in_flight_max: 64, in_flight_of_endpoint_max: 4 }
    }
}
