//! The kinds of events that a shop is told of, with what each tells.

use serde_json::{Value, json};

base::coded! {
    /// What happened. A code never changes its meaning, and the fields of its data are only added to.
    Kind, "event_kind_unknown", "kind" {
        /// The code was typed: somebody holds the number.
        VerificationApproved = "verification.approved",
        /// Called approved by whoever asked for it, without a code.
        VerificationVouched = "verification.vouched",
        /// Ended before its code was typed, or another code was sent in its place.
        VerificationCanceled = "verification.canceled",
        /// All its guesses were wrong.
        VerificationUsedUp = "verification.used_up",
        /// The phone has the message.
        MessageDelivered = "message.delivered",
        /// The provider took the message and could not deliver it.
        MessageUndelivered = "message.undelivered",
        /// Nobody would take the message.
        MessageFailed = "message.failed",
        /// Its time passed before it could be sent.
        MessageExpired = "message.expired",
        /// It was handed over, and nobody knows whether it was taken.
        MessageUnknown = "message.unknown",
        /// A person wrote.
        MessageReceived = "message.received",
        /// A customer is reached over another number now.
        CustomerNumberChanged = "customer.number_changed",
        /// Two customers are one person.
        CustomerMerged = "customer.merged",
        /// Some records of a customer are another person's.
        CustomerSplit = "customer.split",
        /// A customer's personal data was destroyed; destroy what you keep of it.
        CustomerErased = "customer.erased",
        /// What was said about who is who was taken back.
        CustomerUndone = "customer.undone",
        /// Somebody signed in to their account, with everything that it asks for.
        AccountSignedIn = "account.signed_in",
        /// A call to try an endpoint with. It is sent to the endpoint that it is asked for, whatever that listens to.
        Ping = "webhook.ping",
    }
}

impl Kind {
    /// Those that an endpoint can listen to.
    pub fn subscribable() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| *kind != Self::Ping)
    }

    /// When it comes, in words.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::VerificationApproved => "The code was typed: somebody holds the number",
            Self::VerificationVouched => {
                "A verification was called approved by your own program, without a code"
            }
            Self::VerificationCanceled => "A verification ended before its code was typed",
            Self::VerificationUsedUp => "All guesses of a code were wrong",
            Self::MessageDelivered => "The phone has the message",
            Self::MessageUndelivered => "The provider could not deliver the message",
            Self::MessageFailed => "Nobody would take the message",
            Self::MessageExpired => "The message's time passed before it could be sent",
            Self::MessageUnknown => "The message was handed over, and nobody knows whether it was taken",
            Self::MessageReceived => "A person wrote to the shop",
            Self::CustomerNumberChanged => "A customer is reached over another number now",
            Self::CustomerMerged => "Two customers are one person",
            Self::CustomerSplit => "Some records of a customer are another person's",
            Self::CustomerErased => "A customer's personal data was destroyed",
            Self::CustomerUndone => "A merge, a split or a change of number was taken back",
            Self::AccountSignedIn => "Somebody signed in to their account",
            Self::Ping => "Somebody tried the endpoint",
        }
    }

    /// The data of one, for the documentation and for tests.
    pub fn example(self) -> Value {
        const ONE: &str = "0190a7c2-5b1e-7c3a-9d52-1f0e6b8a4c11";
        const OTHER: &str = "0190a7c2-6d40-7f18-8a07-9c3b2e5d7f22";
        const ACT: &str = "0190a7c2-7e62-7a90-b3c4-5d6e7f809133";
        const NUMBER: &str = "+358•••••••567";
        match self {
            Self::VerificationApproved
            | Self::VerificationVouched
            | Self::VerificationCanceled
            | Self::VerificationUsedUp => {
                json!({ "verification": ONE, "number": NUMBER, "purpose": "sign_in", "channel": "sms", "customer": OTHER })
            }
            Self::MessageDelivered
            | Self::MessageUndelivered
            | Self::MessageFailed
            | Self::MessageExpired
            | Self::MessageUnknown => json!({ "message": ONE, "purpose": "order.dispatched" }),
            Self::MessageReceived => {
                json!({ "message": ONE, "number": NUMBER, "channel": "sms", "provider": "operator" })
            }
            Self::CustomerNumberChanged => {
                json!({ "customer": ONE, "from": NUMBER, "to": "+358•••••••890", "act": ACT })
            }
            Self::CustomerMerged => json!({ "customer": ONE, "merged": OTHER, "act": ACT }),
            Self::CustomerSplit => json!({ "customer": ONE, "new_customer": OTHER, "act": ACT }),
            Self::CustomerErased => json!({ "customer": ONE }),
            Self::CustomerUndone => json!({ "customer": ONE, "undone": OTHER, "act": ACT }),
            Self::AccountSignedIn => json!({ "account": ONE, "session": OTHER, "methods": ["sms", "totp"] }),
            Self::Ping => json!({ "endpoint": ONE }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words_and_an_example() {
        for kind in Kind::ALL {
            assert_eq!(kind.code().parse::<Kind>().unwrap(), *kind);
            assert!(kind.in_words().len() > 10, "{kind}");
            assert!(kind.example().as_object().is_some_and(|data| !data.is_empty()), "{kind}");
        }
        assert!(Kind::subscribable().all(|kind| kind != Kind::Ping));
        assert_eq!("order.paid".parse::<Kind>().unwrap_err().code, "event_kind_unknown");
    }
}
