//! The part of the configuration that is about messages.

use std::net::SocketAddr;

use base::Secret;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Route,
    rest::{PlainSettings, TwilioSettings, WhatsappSettings},
    smpp::SmppSettings,
};

/// How messages are sent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which provider carries what. In test mode with no rule at all the sandbox carries everything.
    pub routes: Vec<Route>,
    /// Peers that speak SMPP.
    pub smpp: Vec<SmppSettings>,
    /// Accounts of Twilio's shape.
    pub twilio: Vec<TwilioSettings>,
    /// Business numbers of WhatsApp's Cloud API.
    pub whatsapp: Vec<WhatsappSettings>,
    /// Any other providers over HTTP.
    pub http: Vec<PlainSettings>,
    /// In test mode: where the sandbox speaks SMPP, as an operator would; a loopback address.
    pub sandbox_smpp: Option<SocketAddr>,
    /// What its clients must say; anything if it is not set.
    #[serde(skip_serializing, deserialize_with = "password")]
    pub sandbox_smpp_password: Option<Secret<String>>,
    /// Messages that one process has in hand at once.
    pub in_flight_max: usize,
}

fn password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret<String>>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            smpp: Vec::new(),
            twilio: Vec::new(),
            whatsapp: Vec::new(),
            http: Vec::new(),
            sandbox_smpp: None,
            sandbox_smpp_password: None,
            in_flight_max: 1_000,
        }
    }
}
