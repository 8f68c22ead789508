//! Verification: proving that somebody holds a number now, by a code sent to it. The types, and which states there are; what may happen is in
//! the rules, limits and budgets below it, the verbs in [`Verifications`].
//!
//! A code is never kept: it is derived, by a key outside the database, from the verification's id, number, purpose and what is being approved, at the moment
//! of sending and again at the moment of checking.

pub mod budget;
pub mod code;
pub mod destination;
pub mod figures;
pub mod jobs;
pub mod limits;
pub mod link;
mod purpose;
mod reputation;
mod risky;
mod rows;
pub mod rules;
mod service;
mod settings;
pub mod texts;
mod turn;

use std::net::IpAddr;

use base::{Fault, Id, Secret, Timestamp};
use customers::Customer;
use numbering::PhoneNumber;

use code::{DIGITS_MAX, DIGITS_MIN};
pub use messaging::Channel;
pub use purpose::Purpose;
pub use reputation::Reputation;
pub use service::Verifications;
pub use settings::Settings;

/// A device that holds our signed cookie; the door has checked the signature. It counts as known for a number after a success with it.
#[derive(Debug)]
pub enum Device {}

/// Who is at the door, as far as the door knows. Forwarding headers count only from configured proxies; that is the door's matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Visitor {
    pub device: Option<Id<Device>>,
    pub address: Option<IpAddr>,
    /// Whether whoever asks knows them by something else for the customer whom they named, as staff do who asked for what only that customer knows.
    pub is_recognised: bool,
}

/// Asks for a code to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Start {
    pub number: PhoneNumber,
    pub purpose: Purpose,
    pub channel: Channel,
    /// `en`, `bn`, `ro`, `fi`, with or without a region; English when it is not known.
    pub language: String,
    /// For a step-up, and for a caller check by a link: what is being approved, as the text will say it.
    pub approving: Option<String>,
    /// For a link in the code's place: the address of the page that it opens, to which the secret is added.
    pub link: Option<String>,
    /// Why nothing may be sent, when whoever asks knows that already; the answer is that of any other start.
    pub withheld: Option<Reason>,
    /// For origin-bound codes: the host of the page that will ask for it, `shop.example`.
    pub origin: Option<String>,
    /// Digits of the code, 4 to 10; the setting's if not given.
    pub digits: Option<u8>,
    /// Whose proof it is to be, when that is known: the customer on the line, the account that asks.
    pub customer: Option<Id<Customer>>,
    pub visitor: Visitor,
}

impl Start {
    /// A code by SMS in English, from nobody in particular.
    pub fn new(number: PhoneNumber, purpose: Purpose) -> Self {
        Self {
            number,
            purpose,
            channel: Channel::Sms,
            language: "en".to_owned(),
            approving: None,
            link: None,
            withheld: None,
            origin: None,
            digits: None,
            customer: None,
            visitor: Visitor::default(),
        }
    }
}

/// Which verification is meant: by its id, or the open one of a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Id(Id<Verification>),
    Number(PhoneNumber),
}

/// A code as somebody typed it. The purpose must be the one that the code was sent for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    pub which: Which,
    pub purpose: Purpose,
    pub code: Secret<String>,
    pub visitor: Visitor,
}

base::coded! {
    /// Where a verification stands.
    State, "state_unknown", "state" {
        Pending = "pending",
        Approved = "approved",
        /// Called approved by whoever asked for it, without a code: it proves nothing.
        Vouched = "vouched",
        Canceled = "canceled",
        Expired = "expired",
        /// All guesses were used.
        UsedUp = "used_up",
    }
}

base::coded! {
    /// Why nothing was sent, or a guess was not looked at.
    Reason {
        /// Sends to this number: one in 30 seconds, three in ten minutes, ten a day.
        SendsOfNumber = "sends_of_number",
        /// Guesses for this number: ten a day.
        GuessesOfNumber = "guesses_of_number",
        /// Guesses for this number since its last success: a hundred.
        GuessesSinceSuccess = "guesses_since_success",
        /// Sends asked for from this address.
        SendsOfAddress = "sends_of_address",
        /// Codes are asked for from this address and hardly any comes back.
        ConversionOfAddress = "conversion_of_address",
        /// The day's money for this part of the world is spent.
        Budget = "budget",
        /// Codes are sent there and hardly any comes back.
        Conversion = "conversion",
        /// Premium-rate, satellite or another number to which codes are never sent.
        LineType = "line_type",
        /// A country that the shop does not serve.
        Country = "country",
        /// The number cannot be called or written to at all.
        Impossible = "impossible",
        /// What is known of the number speaks against it.
        Risk = "risk",
        /// Nobody signs in with the number, and only somebody who does is asked.
        NoAccount = "no_account",
    }
}

impl Reason {
    /// For staff; never for whoever asked, who must not learn it.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::SendsOfNumber => "too many codes were asked for this number",
            Self::GuessesOfNumber => "too many wrong codes were tried for this number today",
            Self::GuessesSinceSuccess => "too many wrong codes were tried since this number last succeeded",
            Self::SendsOfAddress => "too many codes were asked for from this address",
            Self::ConversionOfAddress => {
                "codes were sent for this address in this hour and hardly any came back"
            }
            Self::Budget => "the day's budget for this country is spent",
            Self::Conversion => "codes to this country are sent and hardly ever come back",
            Self::LineType => "codes are not sent to this type of line",
            Self::Country => "the shop does not serve this country",
            Self::Impossible => "there can be no such number",
            Self::Risk => "what is known of the number speaks against it; its assessment says what",
            Self::NoAccount => "nobody signs in with this number",
        }
    }
}

/// Nothing was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub reason: Reason,
    /// When asking again may help.
    pub retry_at: Option<Timestamp>,
}

/// A verification as it may be shown; it never holds a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verification {
    pub id: Id<Self>,
    pub number: PhoneNumber,
    pub purpose: Purpose,
    pub channel: Channel,
    pub language: String,
    pub approving: Option<String>,
    /// The page that the link opens, when there is a link in the code's place.
    pub link: Option<String>,
    pub origin: Option<String>,
    pub digits: u8,
    pub customer: Option<Id<Customer>>,
    pub device: Option<Id<Device>>,
    pub state: State,
    pub sends: u32,
    pub guesses: u32,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// When it was approved, vouched for, canceled or used up.
    pub ended_at: Option<Timestamp>,
    /// When the last code was sent, if any was.
    pub sent_at: Option<Timestamp>,
}

/// What came of asking for a code. Whoever asked over a public door is told the verification only, which looks the same in every case; `refused` is for the shop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Started {
    pub verification: Verification,
    /// When another code may be asked for, as a public page may say it: the same for everybody.
    pub resend_at: Timestamp,
    pub refused: Option<Refusal>,
}

/// What came of a code that was typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The right code; this one check alone is told so.
    Approved,
    /// Looked at and wrong.
    Wrong {
        guesses_left: u32,
    },
    /// Not looked at, and not counted: what was typed cannot be a code.
    Unreadable,
    /// Not looked at: the guesses of this code are used.
    UsedUp,
    /// Not looked at: too many guesses for the number.
    Limited(Refusal),
    Expired,
    Canceled,
    AlreadyApproved,
    /// Not looked at: it was called approved without a code.
    Vouched,
    /// There is no such verification of this purpose.
    Unknown,
}

impl Outcome {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Wrong { .. } => "wrong",
            Self::Unreadable => "unreadable",
            Self::UsedUp => "used_up",
            Self::Limited(_) => "limited",
            Self::Expired => "expired",
            Self::Canceled => "canceled",
            Self::AlreadyApproved => "already_approved",
            Self::Vouched => "vouched",
            Self::Unknown => "unknown",
        }
    }
}

/// The answer to a check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    pub outcome: Outcome,
    /// Absent when it is unknown.
    pub verification: Option<Verification>,
}

impl Checked {
    /// A fault when there is no such verification, or when what was typed cannot be a code.
    pub fn known(self) -> Result<Self, Fault> {
        match self.outcome {
            Outcome::Unknown => Err(service::unknown()),
            Outcome::Unreadable => {
                let message = format!("A code has {DIGITS_MIN} to {DIGITS_MAX} digits.");
                Err(Fault::invalid("code_malformed", message).field("code"))
            }
            _ => Ok(self),
        }
    }
}

/// One thing that happened to a verification, for its story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happening {
    pub at: Timestamp,
    /// `sent`, `refused`, `wrong`, `not_evaluated`, `known_device` and `recognised` (right before the approval that they tell more of), `approved`, `holder_silent` and `holder_other` (right after it), `vouched`, `canceled`, `superseded`.
    pub kind: String,
    pub reason: Option<Reason>,
    pub channel: Option<Channel>,
    /// Who, as the audit trail names them.
    pub actor: String,
    /// The customer whose proof it was to be, where it is not theirs for certain.
    pub about: Option<Id<Customer>>,
}

/// A verification and what happened to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Story {
    pub verification: Verification,
    pub happenings: Vec<Happening>,
}

/// What a story tells of a proof that was to be that of a customer of whom nothing was heard for long.
pub const HOLDER_SILENT: &str = "holder_silent";

/// What a story tells of a proof that was to be that of a customer who does not hold the number.
pub const HOLDER_OTHER: &str = "holder_other";

/// Why a right code does not say that it is the customer whose proof it was to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// Nothing was heard of them for long: the number may have changed hands.
    HolderSilent,
    /// They do not hold the number.
    HolderOther,
}

impl Happening {
    pub fn doubt(&self) -> Option<Doubt> {
        match self.kind.as_str() {
            HOLDER_SILENT => Some(Doubt::HolderSilent),
            HOLDER_OTHER => Some(Doubt::HolderOther),
            _ => None,
        }
    }
}

/// Which verifications a list shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    pub number: Option<PhoneNumber>,
    pub state: Option<State>,
}
