//! The sandbox as an SMSC on loopback: shops point their own SMPP clients at it, and what they send appears on the phones.
//!
//! Whoever knows the password that the configuration sets (none if it sets none) is let in. Phones behave as always; receipts come back on the same line.

use std::{collections::HashMap, sync::Arc, time::Duration};

use base::{Context, Fault, Id, Secret};
use bytes::BytesMut;
use messaging::{
    Channel, Composed, Purpose, Submission, Text, segments,
    smpp::pdu::{Body, Pdu, PduError, Short, status, tag},
};
use numbering::PhoneNumber;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
};

use crate::{
    Sandbox,
    carrier::Item,
    phone::{Behaviour, LATE_SECONDS, fixed},
};

/// Frames that wait to be written to one client.
const OUT_MAX: usize = 1_000;
/// How long the last words to a client may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// Parts of unfinished texts that are kept for one client.
const PARTS_MAX: usize = 1_000;

/// What the clients of one listener share.
#[derive(Clone)]
struct Door {
    sandbox: Sandbox,
    cx: Context,
    password: Arc<Option<Secret<String>>>,
}

impl Sandbox {
    /// Lets SMPP clients in until `stop` says so.
    pub async fn listen(
        &self,
        listener: TcpListener,
        cx: Context,
        password: Option<Secret<String>>,
        mut stop: watch::Receiver<bool>,
    ) {
        let door = Door { sandbox: self.clone(), cx, password: Arc::new(password) };
        while !*stop.borrow() {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let (door, mut stop) = (door.clone(), stop.clone());
                        tokio::spawn(async move {
                            tokio::select! {
                                result = door.serve(stream) => {
                                    if let Err(why) = result {
                                        tracing::debug!(%why, "a client of the sandbox's SMPP has gone");
                                    }
                                }
                                _ = stop.wait_for(|stop| *stop) => {}
                            }
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the sandbox's SMPP cannot let anybody in");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                },
                _ = stop.changed() => {}
            }
        }
    }
}

/// Parts of one text: by the sender's number for it, how many there are, and which are there.
type Parts = HashMap<(String, u16), Vec<Option<Vec<u8>>>>;

/// What a client hears.
enum Reply {
    Say(u32, Body),
    Nothing,
    /// The line breaks.
    HangUp,
}

impl Door {
    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut reader, mut writer) = stream.into_split();
        let (out, mut frames) = mpsc::channel::<Pdu>(OUT_MAX);
        let write = async move {
            let mut octets = BytesMut::new();
            while let Some(pdu) = frames.recv().await {
                pdu.write(&mut octets);
                while let Ok(more) = frames.try_recv() {
                    more.write(&mut octets);
                }
                writer.write_all_buf(&mut octets).await?;
            }
            Ok(())
        };
        let read = async {
            let (mut octets, mut is_bound, mut parts) = (BytesMut::new(), false, Parts::new());
            loop {
                let pdu = match Pdu::read(&mut octets) {
                    Ok(Some(pdu)) => pdu,
                    Ok(None) if reader.read_buf(&mut octets).await? == 0 => return Ok(()),
                    Ok(None) => continue,
                    Err(PduError::Fields { sequence }) => Pdu::request(sequence, Body::Other(0)),
                    Err(PduError::Length(_)) => return Ok(()),
                };
                let (sequence, says_farewell) = (pdu.sequence, pdu.body == Body::Unbind);
                let (status, body) = match self.answer(pdu, &mut is_bound, &mut parts, &out).await {
                    Reply::Say(status, body) => (status, body),
                    Reply::Nothing => continue,
                    Reply::HangUp => return Ok(()),
                };
                let is_end = says_farewell || status == status::BIND_FAILED;
                if out.send(Pdu::response(status, sequence, body)).await.is_err() || is_end {
                    return Ok(());
                }
            }
        };
        tokio::pin!(write);
        let result = tokio::select! {
            result = read => result,
            result = &mut write => return result,
        };
        // What is still to be said, such as a farewell, is said; receipts in waiting are not waited for.
        drop(out);
        drop(tokio::time::timeout(FAREWELL, write).await);
        result
    }

    async fn answer(
        &self,
        pdu: Pdu,
        is_bound: &mut bool,
        parts: &mut Parts,
        out: &mpsc::Sender<Pdu>,
    ) -> Reply {
        let (status, body) = match pdu.body {
            Body::BindTransceiver(bind) => {
                let expected = self.password.as_ref().as_ref();
                *is_bound = expected.is_none_or(|password| *password.reveal() == bind.password);
                let status = if *is_bound { status::OK } else { status::BIND_FAILED };
                (status, Body::BindTransceiverResponse { system_id: "sandbox".to_owned() })
            }
            Body::Submit(_) if !*is_bound => {
                (status::NOT_BOUND, Body::SubmitResponse { message_id: String::new() })
            }
            Body::Submit(short) => {
                let (status, message_id) = match self.submit(short, parts, out).await {
                    Ok(Some(id)) => (status::OK, id.to_string()),
                    Ok(None) => return Reply::HangUp,
                    Err(status) => (status, String::new()),
                };
                (status, Body::SubmitResponse { message_id })
            }
            Body::EnquireLink => (status::OK, Body::EnquireLinkResponse),
            Body::Unbind => (status::OK, Body::UnbindResponse),
            body if body.is_response() => return Reply::Nothing,
            _ => (status::INVALID_COMMAND, Body::Nack),
        };
        Reply::Say(status, body)
    }

    /// Takes a submit; a part of a text is taken at once and shown when all are there. `None` when the line breaks before the answer.
    async fn submit(
        &self,
        short: Short,
        parts: &mut Parts,
        out: &mpsc::Sender<Pdu>,
    ) -> Result<Option<Id<Item>>, u32> {
        let digits = short.destination.text.trim_start_matches('+');
        let to = PhoneNumber::from_e164(&format!("+{digits}")).map_err(|_| status::INVALID_DESTINATION)?;
        let behaviour = match fixed(to) {
            Some(fixed) => fixed.behaviour,
            None => self.sandbox.phone(&self.cx, to).await.map_err(system_error)?.behaviour,
        };
        match behaviour {
            Behaviour::UnknownNumber => return Err(status::INVALID_DESTINATION),
            Behaviour::Busy if self.asks_to_wait(&short) => return Err(status::THROTTLED),
            _ => {}
        }
        let Some(octets) = joined(&short, parts) else { return Ok(Some(self.cx.new_id())) };
        let text = match short.data_coding {
            8 => segments::from_ucs2(&octets),
            _ => segments::from_gsm7(&octets),
        };
        let text = Text::heard(&text).ok_or(status::SYSTEM_ERROR)?;
        let submission = Submission {
            message: self.cx.new_id(),
            shop: self.cx.shop,
            to,
            from: short.source.text.clone(),
            channel: Channel::Sms,
            purpose: Purpose::known("sandbox.smpp"),
            content: Composed::of(text),
            at: self.cx.now(),
        };
        let id = self.sandbox.keep(&self.cx, submission, behaviour, false).await.map_err(system_error)?;
        self.sandbox.changed();
        if short.registered_delivery & 1 == 1 {
            self.owe(&short, id, behaviour, out.clone());
        }
        Ok((behaviour != Behaviour::InDoubt).then_some(id))
    }

    /// Whether this is put off: once, and of a text in parts the first, which speaks for all.
    fn asks_to_wait(&self, short: &Short) -> bool {
        let is_first = part_of(short).is_none_or(|part| part.place == 1);
        is_first && self.sandbox.asks_to_wait(&(&short.source.text, &short.destination.text, short.body()))
    }

    /// Says in time what became of it.
    fn owe(&self, short: &Short, id: Id<Item>, behaviour: Behaviour, out: mpsc::Sender<Pdu>) {
        let (stat, pause) = match behaviour {
            Behaviour::Silent | Behaviour::InDoubt => return,
            Behaviour::Absent => ("UNDELIV", 0),
            Behaviour::Late => ("DELIVRD", LATE_SECONDS.unsigned_abs()),
            _ => ("DELIVRD", 0),
        };
        let text = format!("id:{id} sub:001 dlvrd:001 stat:{stat} err:000 text:");
        let receipt = Short {
            source: short.destination.clone(),
            destination: short.source.clone(),
            esm_class: 0x04,
            text: text.into_bytes(),
            fields: vec![(tag::RECEIPTED_MESSAGE_ID, format!("{id}\0").into_bytes())],
            ..Short::default()
        };
        let sequence = u32::from_be_bytes([0, id.as_bytes()[13], id.as_bytes()[14], id.as_bytes()[15]]) | 1;
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            // Whoever has hung up does not hear it.
            drop(out.send(Pdu::request(sequence, Body::Deliver(receipt))).await);
        });
    }
}

fn system_error(fault: Fault) -> u32 {
    tracing::warn!(%fault, "the sandbox could not take a message over SMPP");
    status::SYSTEM_ERROR
}

/// Which part of a text one is.
struct Part {
    /// The sender's number for the text.
    reference: u16,
    total: u8,
    /// From 1.
    place: u8,
}

/// Which part this is; `None` for a whole text.
fn part_of(short: &Short) -> Option<Part> {
    let header = if short.esm_class & 0x40 != 0 { short.text.get(..6) } else { None };
    let number = |tag| {
        short.field(tag).map(|octets| octets.iter().fold(0u16, |all, octet| (all << 8) | u16::from(*octet)))
    };
    let part = match header {
        Some([5, 0, 3, reference, total, place]) => {
            Part { reference: u16::from(*reference), total: *total, place: *place }
        }
        _ => Part {
            reference: number(tag::SAR_REFERENCE)?,
            total: u8::try_from(number(tag::SAR_TOTAL)?).unwrap_or(1),
            place: u8::try_from(number(tag::SAR_PLACE)?).unwrap_or(1),
        },
    };
    (1..=part.total).contains(&part.place).then_some(part)
}

/// The octets of the whole text, once they are all there.
fn joined(short: &Short, parts: &mut Parts) -> Option<Vec<u8>> {
    let Some(Part { reference, total, place }) = part_of(short) else { return Some(short.body().to_vec()) };
    if parts.len() >= PARTS_MAX {
        parts.clear();
    }
    let key = (format!("{}>{}", short.source.text, short.destination.text), reference);
    let text = parts.entry(key.clone()).or_insert_with(|| vec![None; usize::from(total)]);
    if let Some(part) = text.get_mut(usize::from(place) - 1) {
        *part = Some(short.body().to_vec());
    }
    if text.iter().any(Option::is_none) {
        return None;
    }
    parts.remove(&key).map(|all| all.into_iter().flatten().flatten().collect())
}
