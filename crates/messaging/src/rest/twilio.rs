//! Twilio's shape: messages by `Messages.json`, calls by `Calls.json` with the words to speak, receipts, answers and pressed keys by signed webhooks. Others offer the same
//! shape under addresses of their own.

use base::{Fault, Secret, Timestamp};
use data_encoding::BASE64;
use futures::{FutureExt as _, future::BoxFuture};
use numbering::PhoneNumber;
use outward::{Client, Reply, Request};
use serde::{Deserialize, Serialize};

use super::{
    outcome,
    receiver::{Incoming, Receiver, Told, forged, malformed},
    secret, signatures,
};
use crate::{Channel, Composed, Inbound, Outcome, Provider, Receipt, State, Submission, Text};

/// An account.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwilioSettings {
    /// What routes call it.
    pub name: String,
    pub base_url: String,
    pub account_sid: String,
    #[serde(skip_serializing, deserialize_with = "secret")]
    pub auth_token: Secret<String>,
}

impl Default for TwilioSettings {
    fn default() -> Self {
        Self {
            name: "twilio".to_owned(),
            base_url: "https://api.twilio.com".to_owned(),
            account_sid: String::new(),
            auth_token: Secret::new(String::new()),
        }
    }
}

/// The account at work.
#[derive(Debug)]
pub struct Twilio {
    settings: TwilioSettings,
    /// Where it reaches us, `https://shop.example/webhooks/twilio`; without it no receipts come.
    webhook: Option<String>,
    client: Client,
}

/// Codes that say that the number is none: no other provider would do better.
const NO_SUCH_NUMBER: [i64; 4] = [21_211, 21_217, 21_614, 21_421];

impl Twilio {
    /// `public_url` is how the outside world calls this server.
    pub fn new(settings: TwilioSettings, public_url: Option<&str>) -> Self {
        let webhook =
            public_url.map(|url| format!("{}/webhooks/{}", url.trim_end_matches('/'), settings.name));
        Self { settings, webhook, client: Client::default() }
    }

    async fn post(&self, resource: &str, fields: &[(&str, &str)]) -> Outcome {
        let account = &self.settings.account_sid;
        let url = format!(
            "{}/2010-04-01/Accounts/{account}/{resource}",
            self.settings.base_url.trim_end_matches('/')
        );
        let key = BASE64.encode(format!("{account}:{}", self.settings.auth_token.reveal()).as_bytes());
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(url, body.into_bytes())
            .header("authorization", format!("Basic {key}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json");
        let answer = self.client.send(request).await;
        match &answer {
            Ok(reply) if (400..429).contains(&reply.status) => refused(reply),
            _ => outcome(answer, |reply| reply.json()["sid"].as_str().map(str::to_owned)),
        }
    }

    async fn submit(&self, submission: Submission) -> Outcome {
        let to = submission.to.e164();
        let mut fields = vec![("To", to.as_str())];
        let is_service = submission.from.starts_with("MG");
        fields.push((if is_service { "MessagingServiceSid" } else { "From" }, &submission.from));
        match submission.channel {
            Channel::Voice => {
                let words = spoken(&submission.content, self.webhook.as_deref());
                fields.push(("Twiml", &words));
                if let Some(webhook) = &self.webhook {
                    fields.push(("StatusCallback", webhook));
                }
                self.post("Calls.json", &fields).await
            }
            _ => {
                fields.push(("Body", submission.content.text.reveal()));
                if let Some(webhook) = &self.webhook {
                    fields.push(("StatusCallback", webhook));
                }
                self.post("Messages.json", &fields).await
            }
        }
    }
}

fn refused(reply: &Reply) -> Outcome {
    let said = reply.json();
    let code = said["code"].as_i64().unwrap_or_default();
    let reason = format!("It answered {} with code {code}.", reply.status);
    Outcome::Rejected { reason, permanent: NO_SUCH_NUMBER.contains(&code) }
}

/// What a call says: the text twice, and keys pressed meanwhile are sent to us.
fn spoken(content: &Composed, webhook: Option<&str>) -> String {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&apos;")
    };
    let language =
        content.language.as_deref().map(|tag| format!(" language=\"{}\"", escaped(tag))).unwrap_or_default();
    let say = format!("<Say{language}>{}</Say>", escaped(content.text.reveal()));
    let words = format!("{say}<Pause length=\"1\"/>{say}");
    match webhook {
        Some(url) => format!(
            "<Response><Gather input=\"dtmf\" timeout=\"3\" action=\"{}\">{words}</Gather></Response>",
            escaped(url)
        ),
        None => format!("<Response>{words}</Response>"),
    }
}

impl Provider for Twilio {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        matches!(channel, Channel::Sms | Channel::Voice)
    }

    fn send(&self, submission: Submission) -> BoxFuture<'_, Outcome> {
        self.submit(submission).boxed()
    }
}

impl Receiver for Twilio {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn receive(&self, incoming: &Incoming<'_>, now: Timestamp) -> Result<Told, Fault> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(incoming.body).into_owned().collect();
        let signature = incoming.signature("x-twilio-signature")?;
        let token = self.settings.auth_token.reveal();
        if token.is_empty() || !signatures::is_twilios(token, incoming.url, &fields, &signature) {
            return Err(forged());
        }
        let field =
            |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let mut told =
            Told { answer: Some(("text/xml", "<Response></Response>".to_owned())), ..Told::default() };
        let (call, message) = (field("CallSid"), field("MessageSid").or(field("SmsSid")));
        let status = field("MessageStatus").or(field("CallStatus"));
        let is_keys = call.is_some() && field("Digits").is_some();
        if is_keys || (message.is_some() && field("Body").is_some() && field("MessageStatus").is_none()) {
            told.inbound.extend(self.heard(call, message, &field)?);
        } else if let (Some(reference), Some(status)) = (call.or(message), status) {
            told.receipts.extend(state_of(status).map(|state| {
                Receipt {
                    provider: self.settings.name.clone(),
                    reference: reference.to_owned(),
                    state,
                    reason: field("ErrorCode")
                        .map(|code| format!("{status} {code}"))
                        .filter(|_| state == State::Undelivered),
                    at: now,
                }
            }));
        } else {
            return Err(malformed());
        }
        Ok(told)
    }
}

impl Twilio {
    fn heard<'f>(
        &self,
        call: Option<&str>,
        message: Option<&str>,
        field: &dyn Fn(&str) -> Option<&'f str>,
    ) -> Result<Option<Inbound>, Fault> {
        // In a call that we made, the person is the one called.
        let is_ours = field("Direction").is_some_and(|direction| direction.starts_with("outbound"));
        let from = field(if is_ours { "To" } else { "From" }).unwrap_or_default();
        let from = PhoneNumber::from_e164(from).map_err(|_| malformed())?;
        let (channel, text, reference) = match (call, field("Digits")) {
            (Some(call), Some(keys)) => (Channel::Voice, keys, format!("{call}:{keys}")),
            _ => (Channel::Sms, field("Body").unwrap_or_default(), message.unwrap_or_default().to_owned()),
        };
        // Without words there is nothing to keep: a picture, say.
        let Some(text) = Text::heard(text) else { return Ok(None) };
        Ok(Some(Inbound { from, channel, text, provider: self.settings.name.clone(), reference }))
    }
}

fn state_of(status: &str) -> Option<State> {
    Some(match status {
        "sent" | "queued" | "accepted" | "sending" | "initiated" | "ringing" | "in-progress" => State::Sent,
        "delivered" | "read" | "completed" => State::Delivered,
        "undelivered" | "failed" | "busy" | "no-answer" | "canceled" => State::Undelivered,
        _ => return None,
    })
}
