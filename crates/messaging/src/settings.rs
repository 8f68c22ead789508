//! The part of the configuration that is about messages.

use serde::{Deserialize, Serialize};

use crate::{Route, smpp::SmppSettings};

/// How messages are sent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which provider carries what. In test mode with no rule at all the sandbox carries everything.
    pub routes: Vec<Route>,
    /// Peers that speak SMPP.
    pub smpp: Vec<SmppSettings>,
    /// Messages that one process has in hand at once.
    pub in_flight_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { routes: Vec::new(), smpp: Vec::new(), in_flight_max: 1_000 }
    }
}
