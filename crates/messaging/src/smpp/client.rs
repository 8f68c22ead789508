//! A peer that speaks SMPP as a provider of messages: texts become parts, parts become submits, answers become outcomes.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use base::{Context, Secret, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Deserializer, Serialize};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use super::{
    link,
    pdu::{Address, Short, status, tag},
    receipt,
};
use crate::{Channel, Messages, Outcome, Provider, Submission, segments, segments::Encoding};

/// How a text of several parts is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongMessages {
    /// Parts with a header in the text; every peer knows it.
    #[default]
    Header,
    /// Parts with tagged fields (`sar_…`).
    Sar,
    /// The whole in one tagged field (`message_payload`); the peer cuts it.
    Payload,
}

/// How a peer writes the id of a message in receipts, beside how it wrote it when it took the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptIds {
    #[default]
    Same,
    /// Hexadecimal in receipts, decimal before.
    Hexadecimal,
    /// Decimal in receipts, hexadecimal before.
    Decimal,
}

impl ReceiptIds {
    /// What a message is called by whose id the peer wrote so when it took it; the same as [`ReceiptIds::of_receipt`] of the same message.
    fn of_response(self, id: String) -> String {
        match self {
            Self::Same => id,
            Self::Hexadecimal => receipt::decimal(&id),
            Self::Decimal => receipt::hex(&id),
        }
    }

    /// What a message is called whose id stands so in a receipt.
    pub(super) fn of_receipt(self, id: String) -> String {
        match self {
            Self::Same => id,
            Self::Hexadecimal => receipt::hex_to_decimal(&id),
            Self::Decimal => receipt::decimal_to_hex(&id),
        }
    }
}

/// A peer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmppSettings {
    /// What routes call it.
    pub name: String,
    /// `HOST:PORT`.
    pub address: String,
    /// Whether the line is encrypted, to a peer that proves its name.
    pub tls: bool,
    /// A file of certificates in place of the system's roots.
    pub root_certificates: Option<PathBuf>,
    pub system_id: String,
    #[serde(skip_serializing, deserialize_with = "secret")]
    pub password: Secret<String>,
    pub system_type: String,
    /// Whether to say 5.0 when binding, in place of 3.4.
    pub version_5: bool,
    /// Submits that may be without answer at once.
    pub window: usize,
    pub enquire_link_seconds: u64,
    /// After so long without answer a submit is in doubt.
    pub answer_seconds: u64,
    pub long_messages: LongMessages,
    pub receipt_ids: ReceiptIds,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

impl Default for SmppSettings {
    fn default() -> Self {
        Self {
            name: "smpp".to_owned(),
            address: "127.0.0.1:2775".to_owned(),
            tls: false,
            root_certificates: None,
            system_id: String::new(),
            password: Secret::new(String::new()),
            system_type: String::new(),
            version_5: false,
            window: 200,
            enquire_link_seconds: 30,
            answer_seconds: 15,
            long_messages: LongMessages::Header,
            receipt_ids: ReceiptIds::Same,
        }
    }
}

/// A part on its way to the line.
#[derive(Debug)]
pub(super) struct Request {
    pub short: Short,
    pub answer: oneshot::Sender<Answer>,
}

/// What became of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Taken {
        id: String,
    },
    Refused {
        status: u32,
    },
    /// It never reached the line.
    NotSent,
    /// It reached the line, and no answer came.
    Lost(&'static str),
}

/// Parts that wait for room in the window.
const WAITING_MAX: usize = 64;
/// How long a part waits for room before it is certainly not sent.
const ROOM: Duration = Duration::from_secs(10);
/// How long the peer wants to be left in peace when it says that it is too much.
const PATIENCE_MICROS: i64 = Timestamp::SECOND;
/// How often a part after the first is tried again when the peer has no time.
const PART_TRIES_MAX: u32 = 5;

/// The provider. Its line lives as long as it does.
pub struct Smpp {
    settings: Arc<SmppSettings>,
    requests: mpsc::Sender<Request>,
    bound: watch::Receiver<bool>,
    reference: AtomicU8,
}

impl Smpp {
    /// Opens the line and keeps it open in the background; the task ends, with a farewell to the peer, after the provider was dropped. What people send comes
    /// in for the shop of `cx`.
    pub fn open(settings: SmppSettings, messages: Messages, cx: Context) -> (Arc<Self>, JoinHandle<()>) {
        let settings = Arc::new(settings);
        let (requests, waiting) = mpsc::channel(WAITING_MAX);
        let (told, bound) = watch::channel(false);
        let line = link::Link { settings: Arc::clone(&settings), messages, cx };
        let task = tokio::spawn(line.run(waiting, told));
        (Arc::new(Self { settings, requests, bound, reference: AtomicU8::new(rand::random()) }), task)
    }

    /// True while the peer has us in.
    pub fn is_bound(&self) -> watch::Receiver<bool> {
        self.bound.clone()
    }

    /// The submits that a text becomes.
    fn shorts(&self, submission: &Submission) -> Vec<Short> {
        let text = submission.content.text.reveal();
        let mut cut = segments::split(text);
        let total = cut.parts.len();
        if self.settings.long_messages == LongMessages::Payload && total > 1 {
            cut.parts = vec![cut.parts.concat()];
        }
        let count = cut.parts.len();
        let reference = self.reference.fetch_add(1, Ordering::Relaxed);
        let mut shorts = Vec::with_capacity(count);
        for (at, text) in cut.parts.into_iter().enumerate() {
            let mut short = Short {
                source: Address::sender(&submission.from),
                destination: Address::international(submission.to.e164().as_str()),
                // The receipt of the last part stands for all: with it the phone has the whole.
                registered_delivery: u8::from(at + 1 == count),
                data_coding: if cut.encoding == Encoding::Ucs2 { 8 } else { 0 },
                text,
                ..Short::default()
            };
            if count > 1 {
                self.join(&mut short, reference, count, at);
            } else if total > 1 {
                short.fields.push((tag::MESSAGE_PAYLOAD, std::mem::take(&mut short.text)));
            }
            shorts.push(short);
        }
        shorts
    }

    /// Says of a part which one it is of how many.
    fn join(&self, short: &mut Short, reference: u8, count: usize, at: usize) {
        let octet = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        let (total, place) = (octet(count), octet(at + 1));
        if self.settings.long_messages == LongMessages::Sar {
            short.fields.push((tag::SAR_REFERENCE, vec![0, reference]));
            short.fields.push((tag::SAR_TOTAL, vec![total]));
            short.fields.push((tag::SAR_PLACE, vec![place]));
            return;
        }
        short.esm_class |= 0x40;
        let header = [5, 0, 3, reference, total, place];
        short.text.splice(0..0, header);
    }

    async fn submit(&self, short: Short) -> Answer {
        let (answer, answered) = oneshot::channel();
        match tokio::time::timeout(ROOM, self.requests.send(Request { short, answer })).await {
            Ok(Ok(())) => answered.await.unwrap_or(Answer::Lost("The line's keeper ended.")),
            Ok(Err(_)) | Err(_) => Answer::NotSent,
        }
    }

    async fn send_all(&self, submission: &Submission) -> Outcome {
        let shorts = self.shorts(submission);
        let mut last = String::new();
        for (at, short) in shorts.into_iter().enumerate() {
            let mut tries = 0;
            last = loop {
                tries += 1;
                match outcome_of(self.submit(short.clone()).await) {
                    Outcome::Accepted { reference } => break reference,
                    other if at == 0 => return other,
                    // Its first parts are with the peer: only the rest may be tried again, and not for long.
                    Outcome::Throttled { .. } if tries < PART_TRIES_MAX => {
                        tokio::time::sleep(Duration::from_micros(PATIENCE_MICROS.unsigned_abs())).await;
                    }
                    _ => return Outcome::Unknown { reason: "Only some of its parts were taken.".to_owned() },
                }
            };
        }
        Outcome::Accepted { reference: self.settings.receipt_ids.of_response(last) }
    }
}

fn outcome_of(answer: Answer) -> Outcome {
    match answer {
        Answer::Taken { id } => Outcome::Accepted { reference: id },
        Answer::NotSent => Outcome::Unavailable { reason: "The peer is not there.".to_owned() },
        Answer::Lost(reason) => Outcome::Unknown { reason: reason.to_owned() },
        Answer::Refused { status: status::THROTTLED | status::QUEUE_FULL } => {
            Outcome::Throttled { retry_after_micros: PATIENCE_MICROS }
        }
        Answer::Refused { status: code } => Outcome::Rejected {
            reason: format!("The peer answered {code:#010x}."),
            permanent: code == status::INVALID_DESTINATION || code == status::RECEIVER_PERMANENT,
        },
    }
}

impl Provider for Smpp {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn send(&self, submission: Submission) -> BoxFuture<'_, Outcome> {
        async move {
            if !*self.bound.borrow() {
                return Outcome::Unavailable { reason: "The peer is not there.".to_owned() };
            }
            self.send_all(&submission).await
        }
        .boxed()
    }
}

impl fmt::Debug for Smpp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smpp({})", self.settings.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_and_a_receipt_call_a_message_the_same() {
        for (how, response, receipt) in [
            (ReceiptIds::Same, "0a1B", "0a1B"),
            (ReceiptIds::Hexadecimal, "0000002587", "A1B"),
            (ReceiptIds::Hexadecimal, "2587", "00000a1b"),
            (ReceiptIds::Decimal, "A1B", "2587"),
            (ReceiptIds::Decimal, "00000a1b", "0000002587"),
            (ReceiptIds::Decimal, "m-1", "m-1"),
        ] {
            let (response, receipt) =
                (how.of_response(response.to_owned()), how.of_receipt(receipt.to_owned()));
            assert_eq!(response, receipt, "{how:?}");
        }
    }
}
