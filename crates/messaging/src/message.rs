//! What a message is: its channel, its purpose, its text or who makes it, and the states it goes through.

use std::{borrow::Cow, fmt, str::FromStr};

use base::{Fault, Secret, Timestamp};
use numbering::PhoneNumber;

/// A message to a number.
#[derive(Debug)]
pub enum Message {}

base::coded! {
    /// How a message reaches a person.
    Channel, "channel_unknown", "channel" {
        Sms = "sms",
        /// A call that speaks the text.
        Voice = "voice",
        Whatsapp = "whatsapp",
    }
}

base::coded! {
    /// Where a message is on its way.
    State, "message_state_unknown", "state" {
        /// Waits for its turn, perhaps after a try that certainly did not send it.
        Queued = "queued",
        /// A sender has it in hand.
        Sending = "sending",
        /// A provider took it.
        Sent = "sent",
        /// The phone has it.
        Delivered = "delivered",
        /// The provider took it and could not deliver it.
        Undelivered = "undelivered",
        /// Nobody would take it.
        Failed = "failed",
        /// Its time passed, or it was no longer wanted, before it was sent.
        Expired = "expired",
        /// It was handed over, and nobody knows whether it was taken. It is never sent again by itself.
        Unknown = "unknown",
    }
}

impl State {
    /// Whether nothing more is expected. Only a provider that gave up too early may still tell better of `Undelivered`.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sending | Self::Sent)
    }
}

/// What a message is for, in a word of two or three parts: `verification.sign_in`, `order.update`. Routes, prices and policies go by it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Purpose(Cow<'static, str>);

impl Purpose {
    pub const CHARS_MAX: usize = 64;

    /// A purpose that the program itself names.
    pub const fn known(purpose: &'static str) -> Self {
        Self(Cow::Borrowed(purpose))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `other` or a part of it: `verification.sign_in` is of `verification`.
    pub fn is_of(&self, other: &str) -> bool {
        self.0.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Purpose {
    type Err = Fault;
    fn from_str(text: &str) -> Result<Self, Fault> {
        let is_word = |part: &str| {
            part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
                && !part.is_empty()
        };
        if text.len() <= Self::CHARS_MAX && text.split('.').all(is_word) {
            return Ok(Self(Cow::Owned(text.to_owned())));
        }
        let message =
            "A purpose is small letters, digits and underscores, its parts joined by points: order.update.";
        Err(Fault::invalid("purpose_malformed", message).field("purpose"))
    }
}

/// The text of a message. Never printed; wiped from memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text(Secret<String>);

impl Text {
    /// Ten segments of the shortest kind hold 670 characters, of the other 1,530.
    pub const CHARS_MAX: usize = 1_530;

    /// Something to read, of bounded length, without control characters other than the end of a line.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Fault::invalid("text_missing", "A message says something.").field("text"));
        }
        if text.chars().count() > Self::CHARS_MAX {
            let message = format!("A message has at most {} characters.", Self::CHARS_MAX);
            return Err(Fault::invalid("text_too_long", message).field("text"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            let message = "A message has no control characters other than the end of a line.";
            return Err(Fault::invalid("text_malformed", message).field("text"));
        }
        Ok(Self(Secret::new(text.to_owned())))
    }

    /// What a person wrote, as far as it can be kept: nobody can be told to write otherwise. Ends of lines and tabs become ours, other control characters go, and what is
    /// longer than a text may be is cut. `None` when nothing is left.
    pub fn heard(text: &str) -> Option<Self> {
        let lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
        let clean: String = lines.chars().filter(|c| !c.is_control() || *c == '\n').collect();
        let cut: String = clean.trim().chars().take(Self::CHARS_MAX).collect();
        Self::parse(&cut).ok()
    }

    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// For the log: the first words, every digit and everything after them hidden.
    pub fn mask(&self) -> String {
        let mut words = 0;
        let mut shown = String::new();
        for c in self.reveal().chars() {
            if c.is_whitespace() {
                words += 1;
                shown.push(' ');
            } else if c.is_alphanumeric() && (words >= Self::WORDS_SHOWN || c.is_numeric()) {
                shown.push('•');
            } else {
                shown.push(c);
            }
        }
        shown
    }

    /// Enough to recognise a text by, too little to name anybody in most.
    const WORDS_SHOWN: usize = 2;
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Kept sealed.
    Plain(Text),
    /// Made at the moment of sending by the composer of this name, and kept nowhere. `reference` is an id that the composer understands, never anything personal.
    Composed { composer: &'static str, reference: String },
}

/// A message to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMessage {
    pub to: PhoneNumber,
    pub channel: Channel,
    pub purpose: Purpose,
    pub content: Content,
    /// Not sent later than this.
    pub give_up_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_words_joined_by_points() {
        for good in ["order.update", "verification.sign_in", "a", "a.b.c2"] {
            assert_eq!(good.parse::<Purpose>().unwrap().as_str(), good);
        }
        for bad in ["", ".", "a.", ".a", "A.b", "a b", "a..b", "ä", &"a".repeat(65)] {
            assert_eq!(bad.parse::<Purpose>().unwrap_err().code, "purpose_malformed", "{bad}");
        }
        let purpose = Purpose::known("verification.sign_in");
        assert!(purpose.is_of("verification") && purpose.is_of("verification.sign_in"));
        assert!(!purpose.is_of("verif") && !purpose.is_of("verification.sign"));
    }

    #[test]
    fn a_text_is_bounded_and_never_printed() {
        let text = Text::parse("  Hello Aino,\nyour code is 123456  ").unwrap();
        assert_eq!(text.reveal(), "Hello Aino,\nyour code is 123456");
        assert_eq!(format!("{text:?}"), "Text(Secret(…))");
        assert_eq!(text.mask(), "Hello Aino, •••• •••• •• ••••••");
        assert_eq!(Text::parse("4 you 2").unwrap().mask(), "• you •");
        for (bad, code) in [
            (" \n", "text_missing"),
            ("a\u{7}b", "text_malformed"),
            (&*"ä".repeat(Text::CHARS_MAX + 1), "text_too_long"),
        ] {
            assert_eq!(Text::parse(bad).unwrap_err().code, code);
        }
    }

    #[test]
    fn what_people_write_is_kept_as_far_as_it_can_be() {
        for (written, kept) in [
            ("STOP", Some("STOP")),
            (" one\r\ntwo\rthree\tfour\u{7}\u{0} ", Some("one\ntwo\nthree four")),
            ("", None),
            (" \r\n\u{0}", None),
        ] {
            let heard = Text::heard(written);
            assert_eq!(heard.as_ref().map(Text::reveal), kept, "{written:?}");
        }
        let long = Text::heard(&"ä".repeat(5_000)).unwrap();
        assert_eq!(long.reveal(), "ä".repeat(1_530));
        // A cut may fall behind a blank; what is kept is read again as it is.
        let cut = Text::heard(&format!("{} and more", "x".repeat(1_529))).unwrap();
        assert_eq!(cut.reveal(), "x".repeat(1_529));
    }

    #[test]
    fn states_and_channels_have_one_code_each() {
        for state in State::ALL {
            assert_eq!(state.code().parse::<State>().unwrap(), *state);
        }
        assert_eq!("pigeon".parse::<Channel>().unwrap_err().code, "channel_unknown");
        let going: Vec<_> = State::ALL.iter().filter(|state| !state.is_final()).collect();
        assert_eq!(going, [&State::Queued, &State::Sending, &State::Sent]);
    }
}
