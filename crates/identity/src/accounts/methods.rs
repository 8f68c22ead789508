//! How a person was proved, and how strong that is.

use std::fmt;

use crate::verification::Channel;

/// One way to prove a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Method {
    /// A code in a text message.
    Sms,
    /// A code that was read out in a call.
    Voice,
    /// A code in a messaging app.
    App,
    Password,
    /// A one-time password of an authenticator app.
    Totp,
    /// A passkey that asked for a finger, a face or a PIN.
    Passkey,
}

/// What a factor is; two of one kind are no more than one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Factor {
    Number,
    Knowledge,
    Device,
}

impl Method {
    pub const ALL: [Self; 6] = [Self::Sms, Self::Voice, Self::App, Self::Password, Self::Totp, Self::Passkey];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::App => "app",
            Self::Password => "password",
            Self::Totp => "totp",
            Self::Passkey => "passkey",
        }
    }

    pub const fn of_channel(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::Sms,
            Channel::Voice => Self::Voice,
            Channel::Whatsapp => Self::App,
        }
    }

    /// Its names in RFC 8176.
    const fn references(self) -> &'static [&'static str] {
        match self {
            Self::Sms => &["sms"],
            Self::Voice => &["tel"],
            Self::App | Self::Totp => &["otp"],
            Self::Password => &["pwd"],
            Self::Passkey => &["pop", "user"],
        }
    }

    const fn factor(self) -> Factor {
        match self {
            Self::Sms | Self::Voice | Self::App => Factor::Number,
            Self::Password => Factor::Knowledge,
            Self::Totp | Self::Passkey => Factor::Device,
        }
    }

    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// All ways in which a person was proved in one session.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Methods(u8);

impl Methods {
    pub const fn of(method: Method) -> Self {
        Self(method.bit())
    }

    #[must_use]
    pub const fn and(self, method: Method) -> Self {
        Self(self.0 | method.bit())
    }

    pub const fn has(self, method: Method) -> bool {
        self.0 & method.bit() != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Method> {
        Method::ALL.into_iter().filter(move |method| self.has(*method))
    }

    /// Whether they are of two kinds, or hold a passkey, which is two in one.
    pub fn are_two_factors(self) -> bool {
        let is_used = |factor: &Factor| self.iter().any(|method| method.factor() == *factor);
        let kinds = [Factor::Number, Factor::Knowledge, Factor::Device].into_iter().filter(is_used);
        self.has(Method::Passkey) || kinds.count() > 1
    }

    /// Whether something stronger than a code to the number is among them.
    pub fn has_stronger(self) -> bool {
        self.has(Method::Passkey) || self.has(Method::Totp)
    }

    /// The `amr` of RFC 8176.
    pub fn references(self) -> Vec<&'static str> {
        let mut all: Vec<&str> = self.iter().flat_map(|method| method.references()).copied().collect();
        if self.are_two_factors() {
            all.push("mfa");
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// As [`fmt::Display`] writes it; what is not known is left out.
    pub fn read(text: &str) -> Self {
        let known = |code: &str| Method::ALL.into_iter().find(|method| method.code() == code);
        Self(text.split_ascii_whitespace().filter_map(known).fold(0, |bits, method| bits | method.bit()))
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<&str> = self.iter().map(Method::code).collect();
        f.write_str(&codes.join(" "))
    }
}

impl fmt::Debug for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Methods({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_one_kind_are_one_factor() {
        for (methods, two, references) in [
            (&[Method::Sms][..], false, "sms"),
            (&[Method::Sms, Method::Voice], false, "sms tel"),
            (&[Method::Sms, Method::Password], true, "mfa pwd sms"),
            (&[Method::Password], false, "pwd"),
            (&[Method::Sms, Method::Totp], true, "mfa otp sms"),
            (&[Method::App, Method::Totp], true, "mfa otp"),
            (&[Method::Passkey], true, "mfa pop user"),
        ] {
            let all = methods.iter().fold(Methods::default(), |all, method| all.and(*method));
            assert_eq!(all.are_two_factors(), two, "{all}");
            assert_eq!(all.references().join(" "), references, "{all}");
            assert_eq!(Methods::read(&all.to_string()), all);
        }
    }
}
