//! Why a link was made or a doubt raised: kinds of evidence with weights, in a short code for the store and in words for people.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! evidence_kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal, $words:literal;)*) => {
        /// What was observed. The code is kept in the store and never changes its meaning.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum EvidenceKind { $($(#[$doc])* $kind,)* }

        impl EvidenceKind {
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code,)* }
            }

            /// One clause of plain English, without personal data.
            pub const fn in_words(self) -> &'static str {
                match self { $(Self::$kind => $words,)* }
            }
        }
    };
}

evidence_kinds! {
    First = "first", "it is the first record of this customer";
    NumberSame = "number", "both came over the same number";
    NumberOnly = "number-only", "it gives nothing but the number, which has one holder";
    NumberGeneric = "number-generic", "the number is used by very many people, so it says nothing about who it is";
    NameSame = "name-same", "the name is the same";
    NameOrder = "name-order", "the names have the same parts";
    NameVariant = "name-variant", "the first names are forms of one name";
    NameTypo = "name-typo", "the names differ by a slip of spelling";
    NameInitial = "name-initial", "the initials fit the name";
    NamePart = "name-part", "a part of the name fits";
    NameGiven = "name-given", "the first name is the same but the surname differs, as after a marriage";
    NameLookalike = "name-lookalike", "the first names look alike but are different names";
    NameShort = "name-short", "one first name may be a short form of the other";
    NameSurname = "name-surname", "the surname is the same but the first name differs, as in a family";
    NameInitialOther = "name-initial-other", "the initials do not fit the name";
    NameOther = "name-other", "the names have nothing in common";
    NameSteady = "name-steady", "each of the two spellings was written several times";
    EmailSame = "email-same", "the e-mail address is the same";
    EmailOther = "email-other", "the e-mail addresses differ";
    EmailNames = "email-names", "the e-mail address carries the name";
    EmailNamesOther = "email-names-other", "the e-mail address carries another person's name";
    EmailLikeness = "email-likeness", "the e-mail addresses are much alike";
    LoyaltySame = "loyalty-same", "the loyalty id is the same";
    LoyaltyOther = "loyalty-other", "the loyalty ids differ";
    AddressSame = "address-same", "the address is the same";
    AddressOther = "address-other", "the addresses differ";
    DeviceSame = "device-same", "the device is the same";
    DeviceOther = "device-other", "the devices differ";
    Silence = "silence", "the number was silent for a long time in between";
    Interleaved = "interleaved", "their orders alternate in time";
    Sequence = "sequence", "the one begins where the other ends";
    TimeOnly = "time", "it was placed when this customer held the number";
    TimeShare = "time-share", "it was placed nearest to this customer's other orders over the shared number";
    ActMerge = "act-merge", "staff said that both are one person";
    ActSplit = "act-split", "staff said that it belongs to another person";
    ActNumber = "act-number", "staff recorded a change of number";
    ActKeep = "act-keep", "staff said that they are different people";
}

impl FromStr for EvidenceKind {
    type Err = UnknownEvidence;
    fn from_str(text: &str) -> Result<Self, UnknownEvidence> {
        Self::ALL.iter().copied().find(|kind| kind.code() == text).ok_or(UnknownEvidence)
    }
}

/// One observation and how much it speaks for (positive) or against (negative) one person, in decibans: ten times the
/// decimal logarithm of the likelihood ratio.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Evidence {
    pub kind: EvidenceKind,
    pub weight: i16,
}

impl Evidence {
    pub const fn new(kind: EvidenceKind, weight: i16) -> Self {
        Self { kind, weight }
    }

    /// A sentence for people: what was observed and how strongly it speaks. What staff said is not weighed.
    pub fn in_words(&self) -> String {
        use EvidenceKind::{ActKeep, ActMerge, ActNumber, ActSplit};
        let words = self.kind.in_words();
        if matches!(self.kind, ActMerge | ActSplit | ActNumber | ActKeep) {
            return format!("{words}.");
        }
        let strength = match self.weight.unsigned_abs() {
            0 => return format!("{words}."),
            1..=3 => "weakly",
            4..=9 => "clearly",
            _ => "strongly",
        };
        let side = if self.weight > 0 { "for" } else { "against" };
        format!("{words} ({strength} {side} one person, {:+}).", self.weight)
    }
}

/// The short form, `name-same:+12`.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:+}", self.kind.code(), self.weight)
    }
}

/// The text is not the short form of an [`Evidence`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownEvidence;

impl fmt::Display for UnknownEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a known kind of evidence")
    }
}

impl std::error::Error for UnknownEvidence {}

impl FromStr for Evidence {
    type Err = UnknownEvidence;
    fn from_str(text: &str) -> Result<Self, UnknownEvidence> {
        let (kind, weight) = text.split_once(':').ok_or(UnknownEvidence)?;
        Ok(Self { kind: kind.parse()?, weight: weight.parse().map_err(|_| UnknownEvidence)? })
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Evidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
