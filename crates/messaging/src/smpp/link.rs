//! Keeps the line to a peer: connects, binds, hands the bound line to a session, and begins again when it breaks.

use std::{sync::Arc, time::Duration};

use base::Context;
use bytes::BytesMut;
use outward::{Line, Trust};
use rand::RngExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    SmppSettings,
    client::{Answer, Request},
    pdu::{Bind, Body, Pdu, status},
    session::{End, Session},
};
use crate::Messages;

/// The first pause after a failure; it doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// A line that held so long was a good one: the next pause is short again.
const GOOD: Duration = Duration::from_secs(30);

pub(super) struct Link {
    pub settings: Arc<SmppSettings>,
    pub messages: Messages,
    pub cx: Context,
}

impl Link {
    /// Until nobody has requests any more.
    pub async fn run(self, mut requests: mpsc::Receiver<Request>, bound: watch::Sender<bool>) {
        let mut pause = PAUSE_MIN;
        loop {
            let began = Instant::now();
            match self.bind().await {
                Ok((line, rest)) => {
                    tracing::info!(peer = self.settings.name, "bound to the SMPP peer");
                    bound.send_replace(true);
                    let session = Session::new(&self.settings, rest);
                    let end = session.run(line, &mut requests, &self.messages, &self.cx).await;
                    bound.send_replace(false);
                    match end {
                        End::Done => return,
                        End::Broken(why) => {
                            tracing::warn!(peer = self.settings.name, why, "the SMPP line broke")
                        }
                    }
                }
                Err(why) => tracing::warn!(peer = self.settings.name, why, "the SMPP peer is not there"),
            }
            pause = if began.elapsed() >= GOOD { PAUSE_MIN } else { (pause * 2).min(PAUSE_MAX) };
            let chance = rand::rng().random_range(0.75..1.25);
            if !wait(&mut requests, pause.mul_f64(chance)).await {
                return;
            }
        }
    }

    /// Opens the line and asks to be let in. Returns it with what came behind the answer.
    async fn bind(&self) -> Result<(Box<dyn Line>, BytesMut), String> {
        let settings = &self.settings;
        let trust = Trust::of(settings.root_certificates.clone());
        let mut line = outward::open(&settings.address, settings.tls, &trust).await?;
        let bind = Bind {
            system_id: settings.system_id.clone(),
            password: settings.password.reveal().clone(),
            system_type: settings.system_type.clone(),
            version: if settings.version_5 { 0x50 } else { 0x34 },
        };
        let asked = async {
            let mut octets = BytesMut::new();
            Pdu::request(1, Body::BindTransceiver(bind)).write(&mut octets);
            line.write_all(&octets).await.map_err(|error| error.to_string())?;
            line.flush().await.map_err(|error| error.to_string())?;
            octets.clear();
            loop {
                while let Some(pdu) = Pdu::read(&mut octets).map_err(|error| error.to_string())? {
                    match pdu.body {
                        Body::BindTransceiverResponse { .. } | Body::Nack if pdu.status != status::OK => {
                            return Err(format!("it refuses us: {:#010x}", pdu.status));
                        }
                        Body::BindTransceiverResponse { .. } => return Ok(std::mem::take(&mut octets)),
                        _ => {}
                    }
                }
                if line.read_buf(&mut octets).await.map_err(|error| error.to_string())? == 0 {
                    return Err("it closed the line while binding".to_owned());
                }
            }
        };
        let limit = Duration::from_secs(settings.answer_seconds);
        let rest =
            tokio::time::timeout(limit, asked).await.map_err(|_| "no answer to our bind".to_owned())??;
        Ok((line, rest))
    }
}

/// Pauses; whoever asks meanwhile hears that nothing was sent. False when nobody will ask any more.
async fn wait(requests: &mut mpsc::Receiver<Request>, pause: Duration) -> bool {
    let end = tokio::time::sleep(pause);
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return true,
            request = requests.recv() => match request {
                // Whoever gave up waiting needs no answer.
                Some(request) => drop(request.answer.send(Answer::NotSent)),
                None => return false,
            },
        }
    }
}
