//! WhatsApp's Cloud API: texts within a conversation, approved templates outside of one, receipts and answers by signed webhooks.

use base::{Fault, Secret, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use numbering::PhoneNumber;
use outward::{Client, Reply, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    outcome,
    receiver::{Incoming, Receiver, Told, forged, malformed},
    secret, signatures, throttled,
};
use crate::{Channel, Composed, Inbound, Outcome, Provider, Receipt, State, Submission, Text};

/// A business number.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WhatsappSettings {
    /// What routes call it.
    pub name: String,
    pub base_url: String,
    /// The version of the API.
    pub version: String,
    pub phone_number_id: String,
    #[serde(skip_serializing, deserialize_with = "secret")]
    pub access_token: Secret<String>,
    /// Signs what comes from it.
    #[serde(skip_serializing, deserialize_with = "secret")]
    pub app_secret: Secret<String>,
    /// What it must say when it asks whether we are who it thinks.
    #[serde(skip_serializing, deserialize_with = "secret")]
    pub verify_token: Secret<String>,
}

impl Default for WhatsappSettings {
    fn default() -> Self {
        let none = || Secret::new(String::new());
        Self {
            name: "whatsapp".to_owned(),
            base_url: "https://graph.facebook.com".to_owned(),
            version: "v23.0".to_owned(),
            phone_number_id: String::new(),
            access_token: none(),
            app_secret: none(),
            verify_token: none(),
        }
    }
}

/// The number at work.
#[derive(Debug)]
pub struct Whatsapp {
    settings: WhatsappSettings,
    client: Client,
}

impl Whatsapp {
    pub fn new(settings: WhatsappSettings) -> Self {
        Self { settings, client: Client::default() }
    }
}

/// Codes that say that nobody has WhatsApp there.
const NO_SUCH_NUMBER: [i64; 2] = [131_026, 131_030];
/// Codes that ask for patience.
const THROTTLED: [i64; 4] = [4, 80_007, 130_429, 131_056];

fn body(submission: &Submission) -> Value {
    let to = submission.to.e164();
    let mut body = json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "to": to.as_str().trim_start_matches('+') });
    let Composed { text, template, .. } = &submission.content;
    match template {
        None => {
            body["type"] = "text".into();
            body["text"] = json!({ "body": text.reveal() });
        }
        Some(template) => {
            let values: Vec<Value> = template
                .values
                .iter()
                .map(|value| json!({ "type": "text", "text": value.reveal() }))
                .collect();
            let mut components = vec![json!({ "type": "body", "parameters": values })];
            // Templates of one-time codes have a button that copies the code.
            if submission.purpose.is_of("verification") {
                components
                    .push(json!({ "type": "button", "sub_type": "url", "index": "0", "parameters": values }));
            }
            body["type"] = "template".into();
            body["template"] = json!({
                "name": template.name, "language": { "code": template.language }, "components": components,
            });
        }
    }
    body
}

fn refused(reply: &Reply) -> Outcome {
    let said = reply.json();
    let code = said["error"]["code"].as_i64().unwrap_or_default();
    if THROTTLED.contains(&code) {
        return throttled(reply);
    }
    let reason = format!("It answered {} with code {code}.", reply.status);
    Outcome::Rejected { reason, permanent: NO_SUCH_NUMBER.contains(&code) }
}

impl Provider for Whatsapp {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Whatsapp
    }

    fn send(&self, submission: Submission) -> BoxFuture<'_, Outcome> {
        async move {
            let settings = &self.settings;
            let url = format!(
                "{}/{}/{}/messages",
                settings.base_url.trim_end_matches('/'),
                settings.version,
                settings.phone_number_id
            );
            let request = Request::post(url, body(&submission).to_string().into_bytes())
                .header("authorization", format!("Bearer {}", settings.access_token.reveal()))
                .header("content-type", "application/json");
            let answer = self.client.send(request).await;
            match &answer {
                Ok(reply) if (400..429).contains(&reply.status) => refused(reply),
                _ => outcome(answer, |reply| reply.json()["messages"][0]["id"].as_str().map(str::to_owned)),
            }
        }
        .boxed()
    }
}

impl Receiver for Whatsapp {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn receive(&self, incoming: &Incoming<'_>, now: Timestamp) -> Result<Told, Fault> {
        if incoming.is_question {
            let expected = self.settings.verify_token.reveal();
            let is_it = !expected.is_empty() && incoming.asked("hub.verify_token") == Some(expected);
            let challenge = incoming.asked("hub.challenge").filter(|_| is_it).ok_or_else(forged)?;
            return Ok(Told { answer: Some(("text/plain", challenge.to_owned())), ..Told::default() });
        }
        let secret = self.settings.app_secret.reveal();
        let signature = incoming.signature("x-hub-signature-256")?;
        if secret.is_empty() || !signatures::is_metas(secret, incoming.body, &signature) {
            return Err(forged());
        }
        let said: Value = serde_json::from_slice(incoming.body).map_err(|_| malformed())?;
        let mut told = Told::default();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for change in list(&said["entry"]).iter().flat_map(|entry| list(&entry["changes"])) {
            let value = &change["value"];
            told.receipts
                .extend(list(&value["statuses"]).iter().filter_map(|status| self.receipt(status, now)));
            told.inbound.extend(list(&value["messages"]).iter().filter_map(|message| self.inbound(message)));
        }
        Ok(told)
    }
}

impl Whatsapp {
    fn receipt(&self, status: &Value, at: Timestamp) -> Option<Receipt> {
        let state = match status["status"].as_str()? {
            "sent" => State::Sent,
            "delivered" | "read" => State::Delivered,
            "failed" => State::Undelivered,
            _ => return None,
        };
        let code = status["errors"][0]["code"].as_i64();
        Some(Receipt {
            provider: self.settings.name.clone(),
            reference: status["id"].as_str()?.to_owned(),
            state,
            reason: code.map(|code| format!("failed {code}")),
            at,
        })
    }

    /// A text, or the words of a button; pictures and the like have none.
    fn inbound(&self, message: &Value) -> Option<Inbound> {
        let words = message["text"]["body"].as_str().or_else(|| message["button"]["text"].as_str())?;
        Some(Inbound {
            from: PhoneNumber::from_e164(&format!("+{}", message["from"].as_str()?)).ok()?,
            channel: Channel::Whatsapp,
            text: Text::heard(words)?,
            provider: self.settings.name.clone(),
            reference: message["id"].as_str()?.to_owned(),
        })
    }
}
