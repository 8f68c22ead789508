//! What a proof is for. A code of one purpose never serves another, and its text says what it is for.

base::coded! {
    /// What a proof is for.
    Purpose, "purpose_unknown", "purpose" {
        SignIn = "sign_in",
        /// After a password.
        SecondFactor = "second_factor",
        /// A sensitive act of somebody signed in; the text says which.
        StepUp = "step_up",
        /// Getting back into an account.
        Recovery = "recovery",
        /// The new or the old number of somebody who changes it.
        NumberChange = "number_change",
        /// Handing a parcel over.
        DeliveryHandover = "delivery_handover",
        /// The agent asks the person on the line for it; the only code that staff ask for.
        CallerCheck = "caller_check",
    }
}

impl Purpose {
    /// What messages with such a code are for; routes may go by it.
    pub const fn of_message(self) -> messaging::Purpose {
        messaging::Purpose::known(match self {
            Self::SignIn => "verification.sign_in",
            Self::SecondFactor => "verification.second_factor",
            Self::StepUp => "verification.step_up",
            Self::Recovery => "verification.recovery",
            Self::NumberChange => "verification.number_change",
            Self::DeliveryHandover => "verification.delivery_handover",
            Self::CallerCheck => "verification.caller_check",
        })
    }

    /// Whether the text must say what is being approved.
    pub const fn approves_something(self) -> bool {
        matches!(self, Self::StepUp)
    }

    /// Whether the text may hold a link in the code's place.
    pub const fn may_be_by_link(self) -> bool {
        matches!(self, Self::Recovery | Self::CallerCheck)
    }

    /// Whether the code is typed into a page, so that the SMS may be bound to its origin.
    pub const fn is_typed_into_a_page(self) -> bool {
        !matches!(self, Self::DeliveryHandover | Self::CallerCheck)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_has_one_code_and_one_kind_of_message() {
        for purpose in Purpose::ALL.iter().copied() {
            assert_eq!(purpose.code().parse::<Purpose>().unwrap(), purpose);
            assert_eq!(purpose.of_message().as_str(), format!("verification.{purpose}"));
        }
        assert_eq!("login".parse::<Purpose>().unwrap_err().code, "purpose_unknown");
    }
}
