//! The shapes of CAMARA: where an operation is, what it is sent, what it says, and what its refusals mean.

use base::Timestamp;
use numbering::PhoneNumber;
use serde_json::{Value, json};

use crate::signal::{Signal, Why};

/// Something that an operator is asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Operation {
    SimSwapCheck,
    SimSwapDate,
    DeviceSwapCheck,
    DeviceSwapDate,
    RecyclingCheck,
    Forwarding,
    Tenure,
    Verify,
}

impl Operation {
    /// The interface and the path before its operations.
    pub const fn interface(self) -> (&'static str, &'static str) {
        match self {
            Self::SimSwapCheck | Self::SimSwapDate => ("sim-swap", "sim-swap/v2"),
            Self::DeviceSwapCheck | Self::DeviceSwapDate => ("device-swap", "device-swap/v1"),
            Self::RecyclingCheck => ("number-recycling", "number-recycling/v0.2"),
            Self::Forwarding => ("call-forwarding-signal", "call-forwarding-signal/v0.4"),
            Self::Tenure => ("kyc-tenure", "kyc-tenure/v0.2"),
            Self::Verify => ("number-verification", "number-verification/v2"),
        }
    }

    pub const fn path(self) -> &'static str {
        match self {
            Self::SimSwapCheck | Self::DeviceSwapCheck | Self::RecyclingCheck => "check",
            Self::SimSwapDate | Self::DeviceSwapDate => "retrieve-date",
            Self::Forwarding => "unconditional-call-forwardings",
            Self::Tenure => "check-tenure",
            Self::Verify => "verify",
        }
    }

    /// What an access token must be for.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::SimSwapCheck => "sim-swap:check",
            Self::SimSwapDate => "sim-swap:retrieve-date",
            Self::DeviceSwapCheck => "device-swap:check",
            Self::DeviceSwapDate => "device-swap:retrieve-date",
            Self::RecyclingCheck => "number-recycling:check",
            Self::Forwarding => "call-forwarding-signal:unconditional-call-forwardings:read",
            Self::Tenure => "kyc-tenure:check-tenure",
            Self::Verify => "number-verification:verify",
        }
    }
}

/// The interface that answers for a signal.
pub(super) const fn interface_of(signal: Signal) -> Option<&'static str> {
    let operation = match signal {
        Signal::SimSwapped => Operation::SimSwapCheck,
        Signal::DeviceSwapped => Operation::DeviceSwapCheck,
        Signal::Recycled => Operation::RecyclingCheck,
        Signal::CallsForwarded => Operation::Forwarding,
        Signal::TenureShort => Operation::Tenure,
        Signal::OtherPhone => Operation::Verify,
        _ => return None,
    };
    Some(operation.interface().0)
}

pub(super) fn about(number: PhoneNumber) -> Value {
    json!({ "phoneNumber": number.e164().as_str() })
}

pub(super) fn within(number: PhoneNumber, hours: u32) -> Value {
    json!({ "phoneNumber": number.e164().as_str(), "maxAge": hours })
}

/// Dates are of the civil calendar, `2024-02-29`.
pub(super) fn recycled(number: PhoneNumber, date: &str) -> Value {
    json!({ "phoneNumber": number.e164().as_str(), "specifiedDate": date })
}

pub(super) fn tenure(number: PhoneNumber, date: &str) -> Value {
    json!({ "phoneNumber": number.e164().as_str(), "tenureDate": date })
}

/// A yes or no of an answer. Anything else is an answer that says nothing.
pub(super) fn is(said: &Value, name: &str) -> Result<bool, Why> {
    said.get(name).and_then(Value::as_bool).ok_or(Why::CannotSay)
}

/// When the SIM or the phone was changed, if that is said.
pub(super) fn change(said: &Value) -> Option<Timestamp> {
    let at = said.get("latestSimChange").or_else(|| said.get("latestDeviceChange"))?;
    at.as_str()?.parse().ok()
}

/// What an answer other than 200 means. An operator that does not know the number, does not offer this for it, or may not tell us, has told nothing about the number.
pub(super) const fn refusal(status: u16) -> Why {
    match status {
        400 | 403 | 404 | 422 | 501 => Why::CannotSay,
        _ => Why::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_the_interfaces_take() {
        let number = PhoneNumber::from_e164("+346661113334").unwrap();
        assert_eq!(within(number, 72).to_string(), r#"{"maxAge":72,"phoneNumber":"+346661113334"}"#);
        assert_eq!(
            recycled(number, "2024-10-31").to_string(),
            r#"{"phoneNumber":"+346661113334","specifiedDate":"2024-10-31"}"#
        );
        assert_eq!(
            tenure(number, "2024-10-31").to_string(),
            r#"{"phoneNumber":"+346661113334","tenureDate":"2024-10-31"}"#
        );
    }

    #[test]
    fn a_change_is_read_in_any_zone_and_may_be_missing() {
        let at = change(&json!({ "latestSimChange": "2023-07-03T14:27:08.312+02:00" })).unwrap();
        assert_eq!(at.to_string(), "2023-07-03T12:27:08.312Z");
        assert_eq!(
            change(&json!({ "latestDeviceChange": "2024-09-18T07:37:53Z" })).unwrap().date(),
            "2024-09-18"
        );
        for nothing in [json!({ "latestSimChange": null, "monitoredPeriod": 120 }), json!({}), json!([])] {
            assert_eq!(change(&nothing), None);
        }
    }

    #[test]
    fn only_a_yes_or_a_no_is_an_answer() {
        assert_eq!(is(&json!({ "swapped": true }), "swapped"), Ok(true));
        for nothing in [json!({}), json!({ "swapped": "true" }), json!({ "swapped": null }), Value::Null] {
            assert_eq!(is(&nothing, "swapped"), Err(Why::CannotSay));
        }
    }

    #[test]
    fn refusals_tell_nothing_of_the_number() {
        for (status, why) in [
            (400, Why::CannotSay),
            (401, Why::Failed),
            (403, Why::CannotSay),
            (404, Why::CannotSay),
            (422, Why::CannotSay),
            (429, Why::Failed),
            (500, Why::Failed),
            (501, Why::CannotSay),
            (503, Why::Failed),
        ] {
            assert_eq!(refusal(status), why, "{status}");
        }
    }
}
