//! What an assessment is asked about: a number, what it is wanted for, and who wants it, as far as that is known.

use std::{fmt, net::IpAddr};

use base::{Fault, Secret, Timestamp};
use messaging::Channel;
use numbering::PhoneNumber;

use crate::rules::{Purpose, Subject};

/// What the phone that asks got from its own operator, over its mobile connection: lets the operator say whether it has the number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PhoneCode {
    /// An authorization code for number verification.
    pub code: Secret<String>,
    /// Where it was sent to.
    pub redirect_uri: String,
}

/// What is asked. Printing it for debugging shows the number masked, and of the rest only what is there.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    pub number: PhoneNumber,
    pub purpose: Purpose,
    /// Over which channel a code is to go, if one is.
    pub channel: Option<Channel>,
    /// Whoever asks, on the network.
    pub network: Option<IpAddr>,
    /// An id that the shop keeps in the device.
    pub device: Option<String>,
    /// Where something is to be sent.
    pub address: Option<String>,
    /// Since when its holder is known; the operator is asked whether it has another one since.
    pub known_since: Option<Timestamp>,
    pub phone: Option<PhoneCode>,
}

/// Longest id of a device and place of delivery.
pub const TEXT_CHARS_MAX: usize = 500;

impl Question {
    pub fn new(number: PhoneNumber, purpose: Purpose) -> Self {
        Self {
            number,
            purpose,
            channel: None,
            network: None,
            device: None,
            address: None,
            known_since: None,
            phone: None,
        }
    }

    pub fn subject(&self) -> Subject {
        Subject { purpose: self.purpose, channel: self.channel }
    }

    /// Refuses what is too long to be what it is said to be.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let phone = self.phone.as_ref();
        for (field, text) in [
            ("device", self.device.as_deref()),
            ("address", self.address.as_deref()),
            ("phone.redirect_uri", phone.map(|phone| phone.redirect_uri.as_str())),
            ("phone.code", phone.map(|phone| phone.code.reveal().as_str())),
        ] {
            let most = if field == "phone.code" { TEXT_CHARS_MAX * 8 } else { TEXT_CHARS_MAX };
            if text.is_some_and(|text| text.chars().count() > most) {
                let message = format!("This has at most {most} characters.");
                return Err(Fault::invalid("field_too_long", message).field(field));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("number", &self.number)
            .field("purpose", &self.purpose)
            .field("channel", &self.channel)
            .field("network", &self.network.is_some())
            .field("device", &self.device.is_some())
            .field("address", &self.address.is_some())
            .finish_non_exhaustive()
    }
}
