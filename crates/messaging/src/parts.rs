//! Long texts from people come in parts, in any order, some of them twice. Which parts make a message, and what it says, decided purely; what is kept is the business of
//! [`Messages::inbound_part`](crate::Messages::inbound_part).

use std::{collections::BTreeMap, fmt};

use numbering::PhoneNumber;

use crate::segments;

/// Stands for parts that never came.
const GAP: &str = "[…]";

/// How the octets of a text are read, as SMPP numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coding(pub u8);

impl Coding {
    pub fn read(self, octets: &[u8]) -> String {
        match self.0 {
            8 => segments::from_ucs2(octets),
            3 => octets.iter().map(|octet| char::from(*octet)).collect(),
            0 | 1 => segments::from_gsm7(octets),
            _ => String::from_utf8_lossy(octets).into_owned(),
        }
    }
}

/// Which part of which message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// What the sender's phone calls the message, and by what kind of header: `udh8:17`.
    pub reference: String,
    pub total: u8,
    /// From 1.
    pub place: u8,
}

impl Place {
    /// None when it is no part of several: such a message is whole.
    pub fn of(reference: String, total: u8, place: u8) -> Option<Self> {
        (total > 1 && (1..=total).contains(&place)).then_some(Self { reference, total, place })
    }
}

/// A part of a message from a number.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundPart {
    pub from: PhoneNumber,
    /// The shop's own number, as the provider wrote it.
    pub to: String,
    pub provider: String,
    pub place: Place,
    pub coding: Coding,
    pub body: Vec<u8>,
}

/// Shows nothing of what it says, nor of whom it is.
impl fmt::Debug for InboundPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundPart")
            .field("provider", &self.provider)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// The parts of one message that are there, by their place.
pub(crate) type Kept = BTreeMap<u8, (Coding, Vec<u8>)>;

/// What a part that comes does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// It is there already.
    Again,
    /// It waits for the others.
    Waits,
    /// It was the last: the message says this.
    Whole(String),
    /// The phone took its reference for another message. What is there of the first says this, unless it was whole; the part begins the second.
    Anew(Option<String>),
}

/// Decides about a part. `is_joined` is whether the kept ones were put together already.
pub(crate) fn step(kept: &Kept, is_joined: bool, total: u8, place: u8, part: (Coding, &[u8])) -> Step {
    match kept.get(&place) {
        Some((coding, body)) if (*coding, body.as_slice()) == part => Step::Again,
        Some(_) => Step::Anew((!is_joined).then(|| text(kept, total))),
        // Put together without this part, since it did not come in time.
        None if is_joined => Step::Anew(None),
        None if kept.len() + 1 < usize::from(total) => Step::Waits,
        None => {
            let mut all = kept.clone();
            all.insert(place, (part.0, part.1.to_vec()));
            Step::Whole(text(&all, total))
        }
    }
}

/// What the parts say, with a mark for each gap. Octets of one coding are put together before they are read: phones cut characters in two.
pub(crate) fn text(kept: &Kept, total: u8) -> String {
    let mut text = String::new();
    let mut run: Option<(Coding, Vec<u8>)> = None;
    let mut was_gap = false;
    for place in 1..=total {
        let part = kept.get(&place);
        if let (Some((coding, body)), Some((same, octets))) = (part, run.as_mut())
            && same == coding
        {
            octets.extend_from_slice(body);
            continue;
        }
        text.extend(run.take().map(|(coding, octets)| coding.read(&octets)));
        if part.is_none() && !was_gap {
            text.push_str(GAP);
        }
        was_gap = part.is_none();
        run = part.cloned();
    }
    text.extend(run.map(|(coding, octets)| coding.read(&octets)));
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const GSM: Coding = Coding(0);

    fn kept(parts: &[(u8, &str)]) -> Kept {
        parts.iter().map(|(place, text)| (*place, (GSM, text.as_bytes().to_vec()))).collect()
    }

    #[test]
    fn the_last_part_makes_it_whole_and_a_copy_nothing() {
        let two = kept(&[(1, "one "), (3, "three")]);
        assert_eq!(step(&two, false, 3, 2, (GSM, b"two ")), Step::Whole("one two three".to_owned()));
        assert_eq!(step(&two, false, 3, 3, (GSM, b"three")), Step::Again);
        assert_eq!(step(&two, false, 4, 2, (GSM, b"two ")), Step::Waits);
        // The same place with other words is another message under the same reference.
        assert_eq!(
            step(&two, false, 3, 3, (GSM, b"other")),
            Step::Anew(Some("one [\u{2026}]three".to_owned()))
        );
        assert_eq!(step(&two, true, 3, 3, (GSM, b"other")), Step::Anew(None));
        assert_eq!(step(&two, true, 3, 3, (GSM, b"three")), Step::Again);
    }

    #[test]
    fn gaps_are_marked_once_each() {
        assert_eq!(text(&kept(&[(2, "b"), (5, "e")]), 5), "[…]b[…]e");
        assert_eq!(text(&kept(&[(1, "a")]), 3), "a[…]");
        assert_eq!(text(&kept(&[]), 2), "[…]");
    }

    #[test]
    fn a_character_that_was_cut_in_two_is_read_whole() {
        let octets: Vec<u8> = "নৌকা 🚣".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for cut in 1..octets.len() {
            let parts = [(1, (Coding(8), octets[..cut].to_vec())), (2, (Coding(8), octets[cut..].to_vec()))];
            assert_eq!(text(&parts.into_iter().collect(), 2), "নৌকা 🚣");
        }
    }

    #[test]
    fn one_part_is_no_part() {
        for (total, place, is_part) in
            [(2, 1, true), (2, 2, true), (2, 3, false), (2, 0, false), (1, 1, false)]
        {
            assert_eq!(Place::of("udh8:1".to_owned(), total, place).is_some(), is_part, "{place} of {total}");
        }
    }

    proptest! {
        /// Two messages under references of their own, their parts in any order and some of them twice, come out as they were written, each once.
        #[test]
        fn messages_come_out_as_they_were_written(
            texts in prop::collection::vec("[a-zà-ü ক-হ]{150,600}", 2..4),
            order in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..60),
        ) {
            let mut all = Vec::new();
            for (message, text) in texts.iter().enumerate() {
                let cut = segments::split(text);
                let coding = if cut.encoding == segments::Encoding::Gsm7 { GSM } else { Coding(8) };
                let total = u8::try_from(cut.parts.len()).unwrap();
                for (at, body) in cut.parts.into_iter().enumerate() {
                    all.push((message, total, u8::try_from(at + 1).unwrap(), coding, body));
                }
            }
            for (index, is_copied) in order {
                let at = index.index(all.len());
                let moved = all.remove(at);
                if is_copied {
                    all.insert(0, moved.clone());
                }
                all.push(moved);
            }
            let mut groups: HashMap<usize, (Kept, bool)> = HashMap::new();
            let mut whole: Vec<Option<String>> = vec![None; texts.len()];
            for (message, total, place, coding, body) in all {
                if total == 1 {
                    whole[message] = Some(coding.read(&body));
                    continue;
                }
                let (kept, is_joined) = groups.entry(message).or_default();
                match step(kept, *is_joined, total, place, (coding, &body)) {
                    Step::Again => continue,
                    Step::Waits => {}
                    Step::Whole(text) => {
                        prop_assert!(whole[message].is_none(), "twice");
                        whole[message] = Some(text);
                        *is_joined = true;
                    }
                    Step::Anew(_) => prop_assert!(false, "nothing was reused"),
                }
                kept.insert(place, (coding, body));
            }
            let came: Vec<String> = whole.into_iter().map(Option::unwrap).collect();
            prop_assert_eq!(came, texts);
        }
    }
}
