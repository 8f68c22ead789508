//! Receipts in their various shapes: tagged fields where a peer has them, else the text that most peers write, read leniently.
//!
//! `id:1234 sub:001 dlvrd:001 submit date:2403011200 done date:2403011201 stat:DELIVRD err:000 text:Hello`

use super::pdu::{Short, tag};
use crate::State;

/// What a receipt says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// What the peer calls the message, as it wrote it.
    pub id: String,
    pub state: State,
    /// The peer's words for it, `UNDELIV 045`.
    pub reason: Option<String>,
}

/// The value of a key of the text, up to the next blank. Keys are written in any case, some peers put blanks after the colon.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut from = 0;
    let folded = text.to_ascii_lowercase();
    while let Some(at) = folded[from..].find(key).map(|at| at + from) {
        let begins_word = at == 0 || !folded.as_bytes()[at - 1].is_ascii_alphanumeric();
        let rest = &text[at + key.len()..];
        if begins_word && rest.starts_with(':') {
            return rest[1..].split_whitespace().next();
        }
        from = at + key.len();
    }
    None
}

/// The states of the text and of the tagged field.
fn state_of(words: &str) -> Option<State> {
    let folded = words.to_ascii_uppercase();
    Some(match folded.as_str() {
        "DELIVRD" | "DELIVERED" => State::Delivered,
        "EXPIRED" | "DELETED" | "UNDELIV" | "UNDELIVERABLE" | "UNDELIVERED" | "REJECTD" | "REJECTED"
        | "FAILED" => State::Undelivered,
        "ENROUTE" | "ACCEPTD" | "ACCEPTED" | "SCHEDULED" | "BUFFERED" | "SENT" => State::Sent,
        _ => return None,
    })
}

const fn state_by_number(number: u8) -> Option<State> {
    match number {
        2 => Some(State::Delivered),
        3 | 4 | 5 | 8 | 9 => Some(State::Undelivered),
        0 | 1 | 6 => Some(State::Sent),
        _ => None,
    }
}

/// Reads a receipt; `None` when it is none that can be understood.
pub fn read(short: &Short) -> Option<Said> {
    let text = String::from_utf8_lossy(short.body()).into_owned();
    let tagged = short
        .field(tag::RECEIPTED_MESSAGE_ID)
        .map(|id| String::from_utf8_lossy(id).trim_end_matches('\0').trim().to_owned())
        .filter(|id| !id.is_empty());
    let id = tagged.or_else(|| value(&text, "id").map(str::to_owned))?;
    let stat = value(&text, "stat");
    let by_field =
        short.field(tag::MESSAGE_STATE).and_then(|state| state.first()).copied().and_then(state_by_number);
    let state = by_field.or_else(|| stat.and_then(state_of))?;
    let reason = match (stat, value(&text, "err")) {
        (Some(stat), Some(error)) => Some(format!("{stat} {error}")),
        (Some(stat), None) => Some(stat.to_owned()),
        _ => None,
    };
    Some(Said { id, state, reason: reason.filter(|_| state == State::Undelivered) })
}

/// The same id as it may be written in the response and in the receipt: some peers write it in hexadecimal there and in decimal here, or with zeros before it.
pub fn hex_to_decimal(id: &str) -> String {
    rewritten(id, 16, |number| number.to_string())
}

/// The other way round.
pub fn decimal_to_hex(id: &str) -> String {
    rewritten(id, 10, |number| format!("{number:x}"))
}

/// A hexadecimal id in the one form that [`decimal_to_hex`] writes.
pub fn hex(id: &str) -> String {
    rewritten(id, 16, |number| format!("{number:x}"))
}

/// A decimal id in the one form that [`hex_to_decimal`] writes.
pub fn decimal(id: &str) -> String {
    rewritten(id, 10, |number| number.to_string())
}

/// What is no number stays as it is.
fn rewritten(id: &str, radix: u32, write: impl Fn(u128) -> String) -> String {
    u128::from_str_radix(id.trim(), radix).map_or_else(|_| id.to_owned(), write)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Short {
        Short { esm_class: 0x04, text: text.as_bytes().to_vec(), ..Short::default() }
    }

    #[test]
    fn the_shapes_that_peers_write() {
        for (written, id, state, reason) in [
            (
                "id:0123456789 sub:001 dlvrd:001 submit date:2403011200 done date:2403011201 stat:DELIVRD err:000 text:Hello",
                "0123456789",
                State::Delivered,
                None,
            ),
            ("id:a1-b2 stat:UNDELIV err:045", "a1-b2", State::Undelivered, Some("UNDELIV 045")),
            ("ID: 77 SUB: 001 STAT: Expired ERR: 1", "77", State::Undelivered, Some("Expired 1")),
            ("id:5 stat:ACCEPTD", "5", State::Sent, None),
            // The text of the message comes last and may hold anything.
            ("id:6 stat:REJECTD err:11 text:id:9 stat:DELIVRD", "6", State::Undelivered, Some("REJECTD 11")),
            ("sub:001 id:7 dlvrd:000 stat:ENROUTE", "7", State::Sent, None),
        ] {
            let expected = Said { id: id.to_owned(), state, reason: reason.map(str::to_owned) };
            assert_eq!(read(&text(written)), Some(expected), "{written}");
        }
        for none in ["", "hello", "id:5", "stat:DELIVRD", "id:5 stat:MOON"] {
            assert_eq!(read(&text(none)), None, "{none}");
        }
    }

    #[test]
    fn tagged_fields_count_more_than_the_text() {
        let mut short = text("id:5 stat:UNDELIV err:001");
        short.fields = vec![(tag::RECEIPTED_MESSAGE_ID, b"abc\0".to_vec()), (tag::MESSAGE_STATE, vec![2])];
        assert_eq!(read(&short), Some(Said { id: "abc".to_owned(), state: State::Delivered, reason: None }));
    }

    #[test]
    fn ids_are_one_number_in_two_writings() {
        assert_eq!((hex_to_decimal("1A"), hex_to_decimal("x-1")), ("26".to_owned(), "x-1".to_owned()));
        assert_eq!((decimal_to_hex("26"), decimal_to_hex("zz")), ("1a".to_owned(), "zz".to_owned()));
        assert_eq!((hex("001A"), decimal("0026")), ("1a".to_owned(), "26".to_owned()));
    }
}
