//! What a proof is for. A code of one purpose never serves another, and its text says what it is for.

use std::{fmt, str::FromStr};

use base::Fault;

/// What a proof is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    SignIn,
    /// After a password.
    SecondFactor,
    /// A sensitive act of somebody signed in; the text says which.
    StepUp,
    /// Getting back into an account.
    Recovery,
    /// The new or the old number of somebody who changes it.
    NumberChange,
    /// Handing a parcel over.
    DeliveryHandover,
    /// The agent asks the person on the line for it; the only code that staff ask for.
    CallerCheck,
}

impl Purpose {
    pub const ALL: [Self; 7] = [
        Self::SignIn,
        Self::SecondFactor,
        Self::StepUp,
        Self::Recovery,
        Self::NumberChange,
        Self::DeliveryHandover,
        Self::CallerCheck,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SecondFactor => "second_factor",
            Self::StepUp => "step_up",
            Self::Recovery => "recovery",
            Self::NumberChange => "number_change",
            Self::DeliveryHandover => "delivery_handover",
            Self::CallerCheck => "caller_check",
        }
    }

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

    /// Whether the code is typed into a page, so that the SMS may be bound to its origin.
    pub const fn is_typed_into_a_page(self) -> bool {
        !matches!(self, Self::DeliveryHandover | Self::CallerCheck)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Purpose {
    type Err = Fault;
    fn from_str(text: &str) -> Result<Self, Fault> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|purpose| purpose.code()).collect();
            Fault::invalid("purpose_unknown", format!("A purpose is one of {}.", known.join(", ")))
                .field("purpose")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_has_one_code_and_one_kind_of_message() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.code().parse::<Purpose>().unwrap(), purpose);
            assert_eq!(purpose.of_message().as_str(), format!("verification.{purpose}"));
        }
        assert_eq!("login".parse::<Purpose>().unwrap_err().code, "purpose_unknown");
    }
}
