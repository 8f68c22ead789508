//! Any other provider, by a plain form of ours: we post JSON signed as Standard Webhooks are, it answers with its name for the message, and tells us what becomes of
//! it, and what people write, signed in the same way.

use base::{Fault, Secret, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use numbering::PhoneNumber;
use outward::{Client, Request};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    outcome,
    receiver::{Incoming, Receiver, Told, forged, malformed},
    secret, signatures,
};
use crate::{Channel, Inbound, Outcome, Provider, Receipt, State, Submission, Text};

/// A provider.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlainSettings {
    /// What routes call it.
    pub name: String,
    /// Where messages are posted to.
    pub url: String,
    /// Signs both ways; `whsec_…` or any text.
    #[serde(skip_serializing, deserialize_with = "secret")]
    pub secret: Secret<String>,
    /// `sms`, `voice`, `whatsapp`.
    pub channels: Vec<String>,
}

impl Default for PlainSettings {
    fn default() -> Self {
        Self {
            name: "http".to_owned(),
            url: String::new(),
            secret: Secret::new(String::new()),
            channels: vec!["sms".to_owned()],
        }
    }
}

/// The provider at work.
#[derive(Debug)]
pub struct Plain {
    settings: PlainSettings,
    client: Client,
}

/// How old a signed message may be.
const AGE_MICROS_MAX: i64 = 300 * Timestamp::SECOND;

/// What it tells: `{"receipts": [{"reference", "state", "reason"}], "inbound": [{"from", "channel", "text", "reference"}]}`.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Said {
    receipts: Vec<SaidReceipt>,
    inbound: Vec<SaidInbound>,
}

#[derive(Deserialize)]
struct SaidReceipt {
    reference: String,
    state: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct SaidInbound {
    from: String,
    channel: Option<String>,
    text: String,
    reference: String,
}

impl Plain {
    pub fn new(settings: PlainSettings) -> Self {
        Self { settings, client: Client::default() }
    }

    fn inbound(&self, said: SaidInbound, text: Text) -> Result<Inbound, Fault> {
        let channel = said.channel.as_deref().unwrap_or("sms");
        Ok(Inbound {
            from: PhoneNumber::from_e164(&said.from).map_err(|_| malformed())?,
            channel: channel.parse().map_err(|_: Fault| malformed())?,
            text,
            provider: self.settings.name.clone(),
            reference: said.reference,
        })
    }

    async fn submit(&self, submission: Submission) -> Outcome {
        let id = submission.message.to_string();
        let to = submission.to.e164();
        let body = json!({
            "id": id, "to": to.as_str(), "from": submission.from, "channel": submission.channel.code(),
            "purpose": submission.purpose.as_str(), "text": submission.content.text.reveal(), "language": submission.content.language,
        });
        let body = body.to_string().into_bytes();
        // The message's own id holds the moment when it was asked for; the signature needs the one when it is sent.
        let timestamp = submission.at.as_micros().div_euclid(Timestamp::SECOND).to_string();
        let signature = signatures::standard(self.settings.secret.reveal(), &id, &timestamp, &body);
        let request = Request::post(&self.settings.url, body)
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature);
        let answer = self.client.send(request).await;
        if let Ok(reply) = &answer
            && reply.status == 422
        {
            // Its word that nobody could deliver this.
            return Outcome::Rejected { reason: "It answered 422.".to_owned(), permanent: true };
        }
        // A provider that has no name for it calls it by ours.
        outcome(answer, |reply| {
            Some(reply.json()["reference"].as_str().map_or_else(|| id.clone(), str::to_owned))
        })
    }
}

impl Provider for Plain {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        self.settings.channels.iter().any(|known| known == channel.code())
    }

    fn send(&self, submission: Submission) -> BoxFuture<'_, Outcome> {
        self.submit(submission).boxed()
    }
}

impl Receiver for Plain {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn receive(&self, incoming: &Incoming<'_>, now: Timestamp) -> Result<Told, Fault> {
        let (id, timestamp) = (incoming.signature("webhook-id")?, incoming.signature("webhook-timestamp")?);
        let signature = incoming.signature("webhook-signature")?;
        let secret = self.settings.secret.reveal();
        if secret.is_empty() || !signatures::is_standard(secret, &id, &timestamp, incoming.body, &signature) {
            return Err(forged());
        }
        // What is too old may be somebody else's recording.
        let age = timestamp
            .parse::<i64>()
            .ok()
            .map(|seconds| now.as_micros() - seconds.saturating_mul(Timestamp::SECOND));
        if age.is_none_or(|age| age.abs() > AGE_MICROS_MAX) {
            return Err(forged());
        }
        let said: Said = serde_json::from_slice(incoming.body).map_err(|_| malformed())?;
        let receipts = said.receipts.into_iter().map(|receipt| {
            let state: State = receipt.state.parse().map_err(|_| malformed())?;
            let is_known = matches!(state, State::Sent | State::Delivered | State::Undelivered);
            let receipt = Receipt {
                provider: self.settings.name.clone(),
                reference: receipt.reference,
                state,
                reason: receipt.reason,
                at: now,
            };
            if is_known { Ok(receipt) } else { Err(malformed()) }
        });
        let inbound = said.inbound.into_iter().filter_map(|inbound| {
            // Without words there is nothing to keep.
            let text = Text::heard(&inbound.text)?;
            Some(self.inbound(inbound, text))
        });
        Ok(Told {
            receipts: receipts.collect::<Result<_, Fault>>()?,
            inbound: inbound.collect::<Result<_, Fault>>()?,
            answer: None,
        })
    }
}
