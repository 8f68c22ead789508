//! Which proofs are looked at for risk before a code is sent: those by which a stranger could take over an account. Sign-in is not among them, so that it stays as quick as it is.

use base::{Context, Fault};
use numbering::PhoneNumber;
use risk::{Decision, Question};

use super::{Channel, Purpose, Verifications, Visitor};

/// What risk calls a purpose that is looked at. Pure.
const fn looked_at(purpose: Purpose) -> Option<risk::Purpose> {
    match purpose {
        Purpose::Recovery => Some(risk::Purpose::Recovery),
        Purpose::NumberChange => Some(risk::Purpose::NumberChange),
        Purpose::StepUp => Some(risk::Purpose::StepUp),
        Purpose::SignIn | Purpose::SecondFactor | Purpose::DeliveryHandover | Purpose::CallerCheck => None,
    }
}

impl Verifications {
    /// Whether the rules deny that a code is sent. Operators are asked here, with no transaction open; whatever they do not say denies nothing.
    pub(super) async fn is_denied(
        &self,
        cx: &Context,
        (number, purpose, channel): (PhoneNumber, Purpose, Channel),
        visitor: Visitor,
    ) -> Result<bool, Fault> {
        let Some(purpose) = looked_at(purpose) else { return Ok(false) };
        let question = Question {
            channel: Some(channel),
            network: visitor.address,
            device: visitor.device.map(|device| device.to_string()),
            ..Question::new(number, purpose)
        };
        Ok(self.means.risk.assess(cx, question).await?.decision == Decision::Deny)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_that_is_looked_at_has_the_same_name_there() {
        let looked: Vec<&str> = Purpose::ALL
            .iter()
            .filter_map(|purpose| {
                let there = looked_at(*purpose)?;
                assert_eq!(there.code(), purpose.code());
                Some(there.code())
            })
            .collect();
        assert_eq!(looked, ["step_up", "recovery", "number_change"]);
    }
}
