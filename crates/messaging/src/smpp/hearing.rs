//! What a peer sends: receipts and people's messages. Kept first, acknowledged then, so that nothing is lost between the two.

use base::{Context, Fault};
use numbering::PhoneNumber;
use tokio::sync::mpsc;

use super::{
    SmppSettings,
    pdu::{Short, status},
    receipt,
};
use crate::{Channel, Inbound, Messages, Receipt, Text, segments};

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
    let (Ok(from), Some(text)) =
        (PhoneNumber::from_e164(&format!("+{digits}")), Text::heard(&text_of(short)))
    else {
        // Nobody to answer, or nothing said: sent again it would be no better.
        tracing::warn!(peer = settings.name, "a message without number or text");
        return Ok(());
    };
    let reference = cx.new_id::<Inbound>().to_string();
    let inbound = Inbound { from, channel: Channel::Sms, text, provider: settings.name.clone(), reference };
    messages.inbound(cx, inbound).await.map(drop)
}

fn text_of(short: &Short) -> String {
    let body = short.body();
    match short.data_coding {
        8 => segments::from_ucs2(body),
        3 => body.iter().map(|octet| char::from(*octet)).collect(),
        0 | 1 => segments::from_gsm7(body),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}
