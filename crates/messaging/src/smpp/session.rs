//! One bound line: a window of submits without answer, what comes in, and the proof now and then that the peer is there.

use std::{collections::HashMap, time::Duration};

use base::Context;
use bytes::BytesMut;
use outward::Line;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{
    SmppSettings,
    client::{Answer, Request},
    hearing::{self, Ack, Heard},
    pdu::{Body, Pdu, PduError, status},
};
use crate::Messages;

/// How a session ended.
#[derive(Debug)]
pub(super) enum End {
    /// Nobody has anything to send any more; the peer heard a farewell.
    Done,
    Broken(String),
}

/// What is written at once at most before more is taken.
const OUT_OCTETS_MAX: usize = 256 * 1024;
/// Messages of the peer that wait to be kept.
const HEARD_MAX: usize = 2_000;
/// How often times are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How long a peer that asked for patience is left in peace.
const PATIENCE: Duration = Duration::from_millis(500);

struct Waiting {
    answer: oneshot::Sender<Answer>,
    since: Instant,
}

pub(super) struct Session<'a> {
    settings: &'a SmppSettings,
    sequence: u32,
    window: HashMap<u32, Waiting>,
    out: BytesMut,
    incoming: BytesMut,
    /// Until when nothing new is sent, because the peer asked for patience.
    patient_until: Option<Instant>,
    heard_at: Instant,
    /// When we asked whether the peer is there, until it says so.
    asked_at: Option<Instant>,
    /// No more requests are taken: we, or the peer, are about to go.
    is_closing: bool,
    /// The peer, or we, said farewell and it was answered.
    is_over: bool,
}

impl<'a> Session<'a> {
    pub fn new(settings: &'a SmppSettings, incoming: BytesMut) -> Self {
        Self {
            settings,
            sequence: 1,
            window: HashMap::new(),
            out: BytesMut::new(),
            incoming,
            patient_until: None,
            heard_at: Instant::now(),
            asked_at: None,
            is_closing: false,
            is_over: false,
        }
    }

    pub async fn run(
        mut self,
        line: Box<dyn Line>,
        requests: &mut mpsc::Receiver<Request>,
        messages: &Messages,
        cx: &Context,
    ) -> End {
        let (heard, hearing) = mpsc::channel(HEARD_MAX);
        let (acknowledged, acks) = mpsc::channel(HEARD_MAX);
        let keep = hearing::keep(self.settings, messages, cx, hearing, acknowledged);
        let end = tokio::select! {
            end = self.talk(line, requests, heard, acks) => end,
            () = keep => End::Broken("what came in could not be kept".to_owned()),
        };
        // Whatever has no answer now will never have one.
        for (_, waiting) in self.window.drain() {
            drop(waiting.answer.send(Answer::Lost("The line broke before the answer.")));
        }
        end
    }

    async fn talk(
        &mut self,
        line: Box<dyn Line>,
        requests: &mut mpsc::Receiver<Request>,
        heard: mpsc::Sender<Heard>,
        mut acks: mpsc::Receiver<Ack>,
    ) -> End {
        let (mut reader, mut writer) = tokio::io::split(line);
        let mut look = tokio::time::interval(LOOK);
        let mut nobody_asks = false;
        if let Err(why) = self.read_frames(&heard) {
            return End::Broken(why);
        }
        loop {
            if self.is_over && self.out.is_empty() {
                return if nobody_asks {
                    End::Done
                } else {
                    End::Broken("the peer said farewell".to_owned())
                };
            }
            let has_room = self.has_room();
            let result = tokio::select! {
                read = reader.read_buf(&mut self.incoming) => match read {
                    Ok(0) => Err("the peer closed it".to_owned()),
                    Ok(_) => self.read_frames(&heard),
                    Err(error) => Err(error.to_string()),
                },
                written = writer.write_buf(&mut self.out), if !self.out.is_empty() => match written {
                    Ok(0) => Err("the peer takes nothing more".to_owned()),
                    // What TLS holds back is let go when there is nothing to add.
                    Ok(_) if self.out.is_empty() => writer.flush().await.map_err(|error| error.to_string()),
                    Ok(_) => Ok(()),
                    Err(error) => Err(error.to_string()),
                },
                request = requests.recv(), if has_room && !nobody_asks => {
                    match request {
                        Some(request) => self.take(request, requests),
                        None => (nobody_asks, self.is_closing) = (true, true),
                    }
                    Ok(())
                }
                Some(ack) = acks.recv() => {
                    self.acknowledge(ack, &mut acks);
                    Ok(())
                }
                _ = look.tick() => self.look(nobody_asks),
            };
            if let Err(why) = result {
                return End::Broken(why);
            }
        }
    }

    fn has_room(&mut self) -> bool {
        if self.patient_until.is_some_and(|until| until <= Instant::now()) {
            self.patient_until = None;
        }
        !self.is_closing
            && self.patient_until.is_none()
            && self.window.len() < self.settings.window.max(1)
            && self.out.len() < OUT_OCTETS_MAX
    }

    /// Puts a request on the line, and as many more as there are and have room.
    fn take(&mut self, first: Request, requests: &mut mpsc::Receiver<Request>) {
        let mut next = Some(first);
        while let Some(Request { short, answer }) = next.take() {
            // Whoever no longer waits has told already that it was not sent.
            if !answer.is_closed() {
                let sequence = self.next_sequence();
                Pdu::request(sequence, Body::Submit(short)).write(&mut self.out);
                self.window.insert(sequence, Waiting { answer, since: Instant::now() });
            }
            if self.has_room() {
                next = requests.try_recv().ok();
            }
        }
    }

    /// 2 to 0x7fffffff, never one that still waits.
    fn next_sequence(&mut self) -> u32 {
        loop {
            self.sequence = if self.sequence >= 0x7fff_ffff { 2 } else { self.sequence + 1 };
            if !self.window.contains_key(&self.sequence) {
                return self.sequence;
            }
        }
    }

    fn acknowledge(&mut self, first: Ack, acks: &mut mpsc::Receiver<Ack>) {
        let mut next = Some(first);
        while let Some(Ack { sequence, status }) = next {
            Pdu::response(status, sequence, Body::DeliverResponse).write(&mut self.out);
            next = acks.try_recv().ok();
        }
    }

    fn read_frames(&mut self, heard: &mpsc::Sender<Heard>) -> Result<(), String> {
        self.heard_at = Instant::now();
        loop {
            match Pdu::read(&mut self.incoming) {
                Ok(Some(pdu)) => self.hear(pdu, heard),
                Ok(None) => return Ok(()),
                Err(PduError::Fields { sequence }) => {
                    Pdu::response(status::INVALID_COMMAND, sequence, Body::Nack).write(&mut self.out);
                }
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    fn hear(&mut self, pdu: Pdu, heard: &mpsc::Sender<Heard>) {
        match pdu.body {
            Body::SubmitResponse { message_id } if pdu.status == status::OK => {
                self.answer(pdu.sequence, Answer::Taken { id: message_id });
            }
            Body::SubmitResponse { .. } | Body::Nack => {
                if matches!(pdu.status, status::THROTTLED | status::QUEUE_FULL) {
                    self.patient_until = Some(Instant::now() + PATIENCE);
                }
                self.answer(pdu.sequence, Answer::Refused { status: pdu.status });
            }
            Body::Deliver(short) => {
                if heard.try_send(Heard { sequence: pdu.sequence, short }).is_err() {
                    // It will come again.
                    let refused =
                        Pdu::response(status::RECEIVER_TEMPORARY, pdu.sequence, Body::DeliverResponse);
                    refused.write(&mut self.out);
                }
            }
            Body::EnquireLink => {
                Pdu::response(status::OK, pdu.sequence, Body::EnquireLinkResponse).write(&mut self.out);
            }
            Body::EnquireLinkResponse => self.asked_at = None,
            Body::Unbind => {
                Pdu::response(status::OK, pdu.sequence, Body::UnbindResponse).write(&mut self.out);
                (self.is_closing, self.is_over) = (true, true);
            }
            Body::UnbindResponse => self.is_over = true,
            body if body.is_response() => {}
            _ => Pdu::response(status::INVALID_COMMAND, pdu.sequence, Body::Nack).write(&mut self.out),
        }
    }

    fn answer(&mut self, sequence: u32, answer: Answer) {
        match self.window.remove(&sequence) {
            Some(waiting) => drop(waiting.answer.send(answer)),
            None => tracing::warn!(
                peer = self.settings.name,
                sequence,
                "an answer that nobody waits for any more"
            ),
        }
    }

    /// Looks at the times: answers that are late, a peer that is silent, a farewell that is due.
    fn look(&mut self, nobody_asks: bool) -> Result<(), String> {
        let now = Instant::now();
        let limit = Duration::from_secs(self.settings.answer_seconds);
        let late: Vec<u32> = self
            .window
            .iter()
            .filter(|(_, waiting)| now.duration_since(waiting.since) > limit)
            .map(|(sequence, _)| *sequence)
            .collect();
        for sequence in late {
            self.answer(sequence, Answer::Lost("No answer came in time."));
        }
        if self.asked_at.is_some_and(|asked| now.duration_since(asked) > limit) {
            return Err("the peer does not answer any more".to_owned());
        }
        let silence = Duration::from_secs(self.settings.enquire_link_seconds.max(1));
        if self.asked_at.is_none() && now.duration_since(self.heard_at) >= silence {
            self.asked_at = Some(now);
            let sequence = self.next_sequence();
            Pdu::request(sequence, Body::EnquireLink).write(&mut self.out);
        }
        if nobody_asks && self.window.is_empty() && self.asked_at.is_none() && !self.is_over {
            self.asked_at = Some(now);
            let sequence = self.next_sequence();
            Pdu::request(sequence, Body::Unbind).write(&mut self.out);
        }
        Ok(())
    }
}
