//! What a peer sends: receipts and people's messages. Kept first, acknowledged then, so that nothing is lost between the two.

use base::{Context, Fault};
use numbering::PhoneNumber;
use tokio::sync::mpsc;

use super::{
    SmppSettings,
    pdu::{Short, status, tag},
    receipt,
};
use crate::{Channel, Coding, Inbound, InboundPart, Messages, Place, Receipt, Text};

/// A message of the peer.
#[derive(Debug)]
pub(super) struct Heard {
    pub sequence: u32,
    pub short: Short,
}

/// What the peer is told about it.
#[derive(Debug)]
pub(super) struct Ack {
    pub sequence: u32,
    pub status: u32,
}

/// Kept with one commit at most.
const BATCH: usize = 500;

/// Keeps what comes, until nothing more can.
pub(super) async fn keep(
    settings: &SmppSettings,
    messages: &Messages,
    cx: &Context,
    mut hearing: mpsc::Receiver<Heard>,
    acks: mpsc::Sender<Ack>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while hearing.recv_many(&mut batch, BATCH).await > 0 {
        let (receipts, others): (Vec<_>, Vec<_>) =
            batch.drain(..).partition(|heard| heard.short.is_receipt());
        let told = status_of(keep_receipts(settings, messages, cx, &receipts).await);
        for heard in &receipts {
            if acks.send(Ack { sequence: heard.sequence, status: told }).await.is_err() {
                return;
            }
        }
        for heard in others {
            let told = status_of(keep_inbound(settings, messages, cx, &heard.short).await);
            if acks.send(Ack { sequence: heard.sequence, status: told }).await.is_err() {
                return;
            }
        }
    }
}

/// What could not be kept comes again.
fn status_of(kept: Result<(), Fault>) -> u32 {
    match kept {
        Ok(()) => status::OK,
        Err(fault) => {
            tracing::warn!(%fault, "what an SMPP peer sent could not be kept");
            status::RECEIVER_TEMPORARY
        }
    }
}

async fn keep_receipts(
    settings: &SmppSettings,
    messages: &Messages,
    cx: &Context,
    heard: &[Heard],
) -> Result<(), Fault> {
    let receipts: Vec<Receipt> = heard
        .iter()
        .filter_map(|heard| {
            let said = receipt::read(&heard.short);
            if said.is_none() {
                tracing::warn!(peer = settings.name, "a receipt that cannot be understood");
            }
            said
        })
        .map(|said| Receipt {
            provider: settings.name.clone(),
            reference: settings.receipt_ids.of_receipt(said.id),
            state: said.state,
            reason: said.reason,
            at: cx.now(),
        })
        .collect();
    if receipts.is_empty() { Ok(()) } else { messages.receipts(&cx.clock(), receipts).await }
}

async fn keep_inbound(
    settings: &SmppSettings,
    messages: &Messages,
    cx: &Context,
    short: &Short,
) -> Result<(), Fault> {
    let digits = short.source.text.trim_start_matches('+');
    let Ok(from) = PhoneNumber::from_e164(&format!("+{digits}")) else {
        // Nobody to answer: sent again it would be no better.
        tracing::warn!(peer = settings.name, "a message without a number");
        return Ok(());
    };
    let (coding, provider) = (Coding(short.data_coding), settings.name.clone());
    if let Some(place) = place_of(short) {
        let (to, body) = (short.destination.text.clone(), short.body().to_vec());
        return messages.inbound_part(cx, InboundPart { from, to, provider, place, coding, body }).await;
    }
    let Some(text) = Text::heard(&coding.read(short.body())) else {
        tracing::warn!(peer = settings.name, "a message that says nothing");
        return Ok(());
    };
    let reference = cx.new_id::<Inbound>().to_string();
    let inbound = Inbound { from, channel: Channel::Sms, text, provider, reference };
    messages.inbound(cx, inbound).await.map(drop)
}

/// Which part of a longer message it is: by the header before the text (3GPP TS 23.040, 9.2.3.24), with a reference of one octet or of two, else by tagged fields.
fn place_of(short: &Short) -> Option<Place> {
    let mut header = short.header();
    while let [kind, length, rest @ ..] = header {
        let (value, after) = rest.split_at_checked((*length).into())?;
        match (*kind, value) {
            (0x00, [reference, total, place]) => {
                return Place::of(format!("udh8:{reference}"), *total, *place);
            }
            (0x08, [high, low, total, place]) => {
                let reference = u16::from_be_bytes([*high, *low]);
                return Place::of(format!("udh16:{reference}"), *total, *place);
            }
            _ => header = after,
        }
    }
    let field = |name| short.field(name);
    match (field(tag::SAR_REFERENCE), field(tag::SAR_TOTAL), field(tag::SAR_PLACE)) {
        (Some([high, low]), Some([total]), Some([place])) => {
            Place::of(format!("sar:{}", u16::from_be_bytes([*high, *low])), *total, *place)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(esm_class: u8, text: &[u8], fields: &[(u16, &[u8])]) -> Option<(String, u8, u8)> {
        let fields = fields.iter().map(|(tag, value)| (*tag, value.to_vec())).collect();
        let short = Short { esm_class, text: text.to_vec(), fields, ..Short::default() };
        place_of(&short).map(|place| (place.reference, place.total, place.place))
    }

    #[test]
    fn a_part_is_known_by_its_header_or_its_fields() {
        let sar: &[(u16, &[u8])] =
            &[(tag::SAR_REFERENCE, &[1, 2]), (tag::SAR_TOTAL, &[3]), (tag::SAR_PLACE, &[1])];
        for (esm_class, text, fields, expected) in [
            (0x40, &b"\x05\x00\x03\x11\x03\x02text"[..], &[][..], Some(("udh8:17".to_owned(), 3, 2))),
            (0x40, b"\x06\x08\x04\x01\x02\x02\x01text", &[], Some(("udh16:258".to_owned(), 2, 1))),
            // A port before it.
            (0x40, b"\x09\x04\x02\x00\x50\x00\x03\x07\x02\x02x", &[], Some(("udh8:7".to_owned(), 2, 2))),
            (0x00, b"text", sar, Some(("sar:258".to_owned(), 3, 1))),
            // No header is said to be there; one part; a place that there is not; a header that breaks off.
            (0x00, b"\x05\x00\x03\x11\x03\x02text", &[], None),
            (0x40, b"\x05\x00\x03\x11\x01\x01text", &[], None),
            (0x40, b"\x05\x00\x03\x11\x03\x04text", &[], None),
            (0x40, b"\x05\x00\x09\x11\x03\x02text", &[], None),
            (0x40, b"", &[], None),
        ] {
            assert_eq!(place(esm_class, text, fields), expected, "{text:?}");
        }
    }
}
