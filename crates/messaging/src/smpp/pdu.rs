//! The frames of SMPP: sixteen octets of head (length, command, status, sequence), then fields in a fixed order, then tagged ones.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// The longest frame that is read: a message of 64 KiB and its fields are longer than any that exists.
pub const FRAME_OCTETS_MAX: usize = 70_000;
const HEAD: usize = 16;
const RESPONSE: u32 = 0x8000_0000;

/// Tags of the fields that we know.
pub mod tag {
    pub const RECEIPTED_MESSAGE_ID: u16 = 0x001e;
    pub const SAR_REFERENCE: u16 = 0x020c;
    pub const SAR_TOTAL: u16 = 0x020e;
    pub const SAR_PLACE: u16 = 0x020f;
    pub const MESSAGE_PAYLOAD: u16 = 0x0424;
    pub const MESSAGE_STATE: u16 = 0x0427;
}

/// What a peer says of a request.
pub mod status {
    pub const OK: u32 = 0x00;
    pub const INVALID_COMMAND: u32 = 0x03;
    pub const NOT_BOUND: u32 = 0x04;
    pub const SYSTEM_ERROR: u32 = 0x08;
    pub const INVALID_DESTINATION: u32 = 0x0b;
    pub const BIND_FAILED: u32 = 0x0d;
    pub const QUEUE_FULL: u32 = 0x14;
    pub const THROTTLED: u32 = 0x58;
    /// The receiver of a message cannot take it now.
    pub const RECEIVER_TEMPORARY: u32 = 0x64;
    pub const RECEIVER_PERMANENT: u32 = 0x65;
}

/// An address with how it is written. Printing it for debugging shows no number.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// 0 unknown, 1 international, 2 national, 3 network's own, 5 letters.
    pub kind: u8,
    /// 0 unknown, 1 E.164.
    pub plan: u8,
    pub text: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({}, {}, …)", self.kind, self.plan)
    }
}

impl Address {
    /// A number without its plus.
    pub fn international(digits: &str) -> Self {
        Self { kind: 1, plan: 1, text: digits.trim_start_matches('+').to_owned() }
    }

    /// As senders are written: a number with its plus, a short code of digits, or a name.
    pub fn sender(text: &str) -> Self {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        match (is_digits, text.starts_with('+') || digits.len() > SHORT_CODE_DIGITS_MAX) {
            (true, true) => Self::international(digits),
            (true, false) => Self { kind: 3, plan: 0, text: digits.to_owned() },
            (false, _) if text.is_empty() => Self::default(),
            (false, _) => Self { kind: 5, plan: 0, text: text.to_owned() },
        }
    }
}

const SHORT_CODE_DIGITS_MAX: usize = 7;

/// A message, either way. Printing it for debugging shows nothing of what it says, nor to whom.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Short {
    pub source: Address,
    pub destination: Address,
    /// 0x40: a header stands before the text. 0x04 in the bits 0x3c: a receipt.
    pub esm_class: u8,
    pub registered_delivery: u8,
    /// 0 seven-bit default, 8 sixteen-bit units.
    pub data_coding: u8,
    pub text: Vec<u8>,
    pub fields: Vec<(u16, Vec<u8>)>,
}

impl std::fmt::Debug for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tags: Vec<u16> = self.fields.iter().map(|(tag, _)| *tag).collect();
        f.debug_struct("Short")
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("octets", &self.text.len())
            .field("tags", &tags)
            .finish_non_exhaustive()
    }
}

impl Short {
    pub fn field(&self, tag: u16) -> Option<&[u8]> {
        self.fields.iter().find(|(known, _)| *known == tag).map(|(_, value)| value.as_slice())
    }

    /// The text, wherever it stands, without the header before it.
    pub fn body(&self) -> &[u8] {
        self.parted().1
    }

    /// The header before the text, without its length; empty when there is none.
    pub fn header(&self) -> &[u8] {
        self.parted().0
    }

    fn parted(&self) -> (&[u8], &[u8]) {
        let whole = match self.field(tag::MESSAGE_PAYLOAD) {
            Some(payload) if self.text.is_empty() => payload,
            _ => &self.text,
        };
        match whole.split_first() {
            Some((length, rest)) if self.esm_class & 0x40 != 0 => {
                rest.split_at_checked(usize::from(*length)).unwrap_or((&[], &[]))
            }
            _ => (&[], whole),
        }
    }

    pub const fn is_receipt(&self) -> bool {
        self.esm_class & 0x3c == 0x04 || self.esm_class & 0x3c == 0x20
    }
}

/// Who wants in, and as what.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bind {
    pub system_id: String,
    pub password: String,
    pub system_type: String,
    /// 0x34 or 0x50.
    pub version: u8,
}

impl std::fmt::Debug for Bind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bind({}, …)", self.system_id)
    }
}

/// What a frame says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    BindTransceiver(Bind),
    BindTransceiverResponse {
        system_id: String,
    },
    Submit(Short),
    SubmitResponse {
        message_id: String,
    },
    Deliver(Short),
    DeliverResponse,
    EnquireLink,
    EnquireLinkResponse,
    Unbind,
    UnbindResponse,
    /// A frame that makes no sense to its receiver.
    Nack,
    /// Something else: known by its number, its fields skipped.
    Other(u32),
}

impl Body {
    const fn command(&self) -> u32 {
        match self {
            Self::Nack => RESPONSE,
            Self::BindTransceiver(_) => 0x09,
            Self::BindTransceiverResponse { .. } => RESPONSE | 0x09,
            Self::Submit(_) => 0x04,
            Self::SubmitResponse { .. } => RESPONSE | 0x04,
            Self::Deliver(_) => 0x05,
            Self::DeliverResponse => RESPONSE | 0x05,
            Self::Unbind => 0x06,
            Self::UnbindResponse => RESPONSE | 0x06,
            Self::EnquireLink => 0x15,
            Self::EnquireLinkResponse => RESPONSE | 0x15,
            Self::Other(command) => *command,
        }
    }

    /// Whether it answers something.
    pub const fn is_response(&self) -> bool {
        self.command() & RESPONSE != 0
    }
}

/// A frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pdu {
    pub status: u32,
    pub sequence: u32,
    pub body: Body,
}

/// Why octets are no frame. The stream cannot be read on after `Length`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PduError {
    Length(u32),
    /// The frame's fields end too early; its head is right.
    Fields {
        sequence: u32,
    },
}

impl std::fmt::Display for PduError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Length(length) => write!(f, "a frame of {length} octets, which is none"),
            Self::Fields { .. } => f.write_str("a frame whose fields end too early"),
        }
    }
}

impl Pdu {
    pub const fn request(sequence: u32, body: Body) -> Self {
        Self { status: status::OK, sequence, body }
    }

    pub const fn response(status: u32, sequence: u32, body: Body) -> Self {
        Self { status, sequence, body }
    }

    /// Writes the frame behind what is there.
    pub fn write(&self, out: &mut BytesMut) {
        let start = out.len();
        out.put_u32(0);
        out.put_u32(self.body.command());
        out.put_u32(self.status);
        out.put_u32(self.sequence);
        match &self.body {
            Body::BindTransceiver(bind) => {
                put_text(out, &bind.system_id, 15);
                put_text(out, &bind.password, PASSWORD_OCTETS_MAX);
                put_text(out, &bind.system_type, 12);
                out.put_u8(bind.version);
                out.put_slice(&[0, 0, 0]); // kind and plan of addresses, and which: all
            }
            Body::BindTransceiverResponse { system_id } => put_text(out, system_id, 15),
            Body::Submit(short) | Body::Deliver(short) => put_short(out, short),
            // A refusal names no message.
            Body::SubmitResponse { message_id } if self.status == status::OK => put_text(out, message_id, 64),
            Body::DeliverResponse => out.put_u8(0),
            _ => {}
        }
        let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    /// Reads one frame off the front; `None` when it is not all there yet.
    pub fn read(from: &mut BytesMut) -> Result<Option<Self>, PduError> {
        let Some(length) = from.get(..4) else { return Ok(None) };
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        let octets = length as usize;
        if !(HEAD..=FRAME_OCTETS_MAX).contains(&octets) {
            return Err(PduError::Length(length));
        }
        if from.len() < octets {
            return Ok(None);
        }
        let mut frame = from.split_to(octets).freeze();
        frame.advance(4);
        let (command, status, sequence) = (frame.get_u32(), frame.get_u32(), frame.get_u32());
        let body = body(command, status, &mut frame).ok_or(PduError::Fields { sequence })?;
        Ok(Some(Self { status, sequence, body }))
    }
}

/// Longer than the specification's eight: most peers take as much.
const PASSWORD_OCTETS_MAX: usize = 64;

fn body(command: u32, status: u32, frame: &mut Bytes) -> Option<Body> {
    Some(match command {
        0x09 => {
            let (system_id, password, system_type) = (text(frame)?, text(frame)?, text(frame)?);
            Body::BindTransceiver(Bind { system_id, password, system_type, version: octet(frame)? })
        }
        // What answers a refusal is often empty.
        0x8000_0009 => Body::BindTransceiverResponse { system_id: text(frame).unwrap_or_default() },
        0x04 => Body::Submit(short(frame)?),
        0x8000_0004 if status != status::OK => Body::SubmitResponse { message_id: String::new() },
        0x8000_0004 => Body::SubmitResponse { message_id: text(frame).unwrap_or_default() },
        0x05 => Body::Deliver(short(frame)?),
        0x8000_0005 => Body::DeliverResponse,
        0x06 => Body::Unbind,
        0x8000_0006 => Body::UnbindResponse,
        0x15 => Body::EnquireLink,
        0x8000_0015 => Body::EnquireLinkResponse,
        RESPONSE => Body::Nack,
        other => Body::Other(other),
    })
}

fn put_text(out: &mut BytesMut, text: &str, octets_max: usize) {
    out.extend(text.bytes().filter(|b| *b != 0).take(octets_max));
    out.put_u8(0);
}

fn put_address(out: &mut BytesMut, address: &Address) {
    out.put_u8(address.kind);
    out.put_u8(address.plan);
    put_text(out, &address.text, 20);
}

fn put_short(out: &mut BytesMut, short: &Short) {
    out.put_u8(0); // service type: the default
    put_address(out, &short.source);
    put_address(out, &short.destination);
    // protocol, priority, scheduled, valid until, registered, replace, coding, canned
    out.put_slice(&[short.esm_class, 0, 0, 0, 0, short.registered_delivery, 0, short.data_coding, 0]);
    // What does not fit goes where there is room for it.
    let (text, payload) = match short.text.len() {
        ..=254 => (short.text.as_slice(), None),
        _ => (&[][..], Some(short.text.as_slice())),
    };
    out.put_u8(u8::try_from(text.len()).unwrap_or(0));
    out.put_slice(text);
    let fields = short.fields.iter().map(|(tag, value)| (*tag, value.as_slice()));
    for (tag, value) in fields.chain(payload.map(|payload| (tag::MESSAGE_PAYLOAD, payload))) {
        out.put_u16(tag);
        out.put_u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
        out.put_slice(&value[..value.len().min(usize::from(u16::MAX))]);
    }
}

fn octet(frame: &mut Bytes) -> Option<u8> {
    frame.try_get_u8().ok()
}

/// Octets up to a zero.
fn text(frame: &mut Bytes) -> Option<String> {
    let end = frame.iter().position(|b| *b == 0)?;
    let octets = frame.split_to(end);
    frame.advance(1);
    Some(String::from_utf8_lossy(&octets).into_owned())
}

fn address(frame: &mut Bytes) -> Option<Address> {
    Some(Address { kind: octet(frame)?, plan: octet(frame)?, text: text(frame)? })
}

fn short(frame: &mut Bytes) -> Option<Short> {
    text(frame)?; // service type
    let (source, destination, esm_class) = (address(frame)?, address(frame)?, octet(frame)?);
    octet(frame)?; // protocol
    octet(frame)?; // priority
    text(frame)?; // scheduled
    text(frame)?; // valid until
    let registered_delivery = octet(frame)?;
    octet(frame)?; // replace
    let data_coding = octet(frame)?;
    octet(frame)?; // canned
    let length = usize::from(octet(frame)?);
    if frame.len() < length {
        return None;
    }
    let text = frame.split_to(length).to_vec();
    let mut fields = Vec::new();
    // Fields at the end that are cut off are left out: what came before them is right.
    while frame.len() >= 4 {
        let (tag, length) = (frame.get_u16(), usize::from(frame.get_u16()));
        if frame.len() < length {
            break;
        }
        fields.push((tag, frame.split_to(length).to_vec()));
    }
    Some(Short { source, destination, esm_class, registered_delivery, data_coding, text, fields })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn octets(pdu: &Pdu) -> BytesMut {
        let mut out = BytesMut::new();
        pdu.write(&mut out);
        out
    }

    #[test]
    fn frames_are_written_as_the_specification_draws_them() {
        // The example of the specification's section on binding, with our version.
        let bind = Bind {
            system_id: "SMPP3TEST".to_owned(),
            password: "secret08".to_owned(),
            system_type: "SUBMIT1".to_owned(),
            version: 0x34,
        };
        let expected = [
            &[0, 0, 0, 0x2f, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1][..],
            b"SMPP3TEST\0secret08\0SUBMIT1\0",
            &[0x34, 0, 0, 0],
        ]
        .concat();
        assert_eq!(octets(&Pdu::request(1, Body::BindTransceiver(bind))), expected);
        let nack = Pdu::response(status::INVALID_COMMAND, 7, Body::Nack);
        assert_eq!(octets(&nack), [0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 7][..]);
    }

    #[test]
    fn a_frame_that_is_not_all_there_waits_and_one_of_no_length_is_refused() {
        let whole = octets(&Pdu::request(3, Body::EnquireLink));
        for end in 0..whole.len() {
            let mut part = BytesMut::from(&whole[..end]);
            assert_eq!(Pdu::read(&mut part), Ok(None));
            assert_eq!(part.len(), end);
        }
        for length in [0u32, 15, 70_001, u32::MAX] {
            let mut frame = BytesMut::from(&length.to_be_bytes()[..]);
            assert_eq!(Pdu::read(&mut frame), Err(PduError::Length(length)));
        }
        // A submit without its fields: the next frame is read on.
        let mut stream = BytesMut::from(&[0, 0, 0, 17, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9, 0][..]);
        stream.extend_from_slice(&whole);
        assert_eq!(Pdu::read(&mut stream), Err(PduError::Fields { sequence: 9 }));
        assert_eq!(Pdu::read(&mut stream).unwrap().unwrap().body, Body::EnquireLink);
    }

    #[test]
    fn senders_are_numbers_short_codes_or_names() {
        for (text, kind, plan, written) in [
            ("+358401234567", 1, 1, "358401234567"),
            ("358401234567", 1, 1, "358401234567"),
            ("16400", 3, 0, "16400"),
            ("Kivi&Kaari", 5, 0, "Kivi&Kaari"),
            ("", 0, 0, ""),
        ] {
            let address = Address::sender(text);
            assert_eq!((address.kind, address.plan, address.text.as_str()), (kind, plan, written));
        }
    }

    #[test]
    fn a_text_stands_in_one_of_two_places_behind_a_header_or_none() {
        let plain = Short { text: b"hello".to_vec(), ..Short::default() };
        assert_eq!(plain.body(), b"hello");
        let headed =
            Short { esm_class: 0x40, text: b"\x05\x00\x03\x01\x02\x01hello".to_vec(), ..Short::default() };
        assert_eq!(headed.body(), b"hello");
        let payload = Short { fields: vec![(tag::MESSAGE_PAYLOAD, b"long".to_vec())], ..Short::default() };
        assert_eq!(payload.body(), b"long");
        let broken = Short { esm_class: 0x40, text: vec![200, 1], ..Short::default() };
        assert_eq!(broken.body(), b"");
    }

    #[test]
    fn nothing_personal_is_printed() {
        let short = Short {
            destination: Address::international("+358401234567"),
            text: b"Hello Aino".to_vec(),
            fields: vec![(tag::MESSAGE_PAYLOAD, b"Aino".to_vec())],
            ..Short::default()
        };
        let address = format!("{:?}", short.destination);
        let printed = format!("{address} {:?}", Pdu::request(1, Body::Submit(short)));
        // 65 is what the octet of an A would be printed as.
        for hidden in ["358401234567", "Aino", "65, 105"] {
            assert!(!printed.contains(hidden), "{printed}");
        }
    }

    fn addresses() -> impl Strategy<Value = Address> {
        (any::<u8>(), any::<u8>(), "[0-9A-Za-z]{0,20}").prop_map(|(kind, plan, text)| Address {
            kind,
            plan,
            text,
        })
    }

    fn shorts() -> impl Strategy<Value = Short> {
        let fields = prop::collection::vec((1u16.., prop::collection::vec(any::<u8>(), 0..80)), 0..5);
        (
            addresses(),
            addresses(),
            any::<u8>(),
            any::<u8>(),
            any::<u8>(),
            prop::collection::vec(any::<u8>(), 0..=254),
            fields,
        )
            .prop_map(
                |(source, destination, esm_class, registered_delivery, data_coding, text, fields)| Short {
                    source,
                    destination,
                    esm_class,
                    registered_delivery,
                    data_coding,
                    text,
                    fields,
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(sequence: u32, short in shorts(), is_submit: bool, cut in 0usize..400) {
            let body = if is_submit { Body::Submit(short) } else { Body::Deliver(short) };
            let pdu = Pdu::request(sequence, body);
            let whole = octets(&pdu);
            let mut stream = BytesMut::from(&whole[..cut.min(whole.len() - 1)]);
            prop_assert_eq!(Pdu::read(&mut stream), Ok(None));
            stream.extend_from_slice(&whole[cut.min(whole.len() - 1)..]);
            prop_assert_eq!(Pdu::read(&mut stream), Ok(Some(pdu)));
            prop_assert!(stream.is_empty());
        }

        #[test]
        fn long_texts_go_where_there_is_room(text in prop::collection::vec(any::<u8>(), 255..2_000)) {
            let pdu = Pdu::request(1, Body::Submit(Short { text: text.clone(), ..Short::default() }));
            let read = Pdu::read(&mut octets(&pdu)).unwrap().unwrap();
            let Body::Submit(short) = read.body else { panic!("a submit") };
            prop_assert_eq!(short.body(), &text[..]);
        }

        #[test]
        fn any_octets_are_read_or_refused(stream: Vec<u8>) {
            let mut stream = BytesMut::from(&stream[..]);
            while let Ok(Some(_)) | Err(PduError::Fields { .. }) = Pdu::read(&mut stream) {}
        }

        #[test]
        fn a_damaged_frame_never_panics(short in shorts(), at: prop::sample::Index, to: u8) {
            let mut stream = octets(&Pdu::request(1, Body::Submit(short)));
            let at = at.index(stream.len());
            stream[at] = to;
            let _ = Pdu::read(&mut stream);
        }
    }
}
