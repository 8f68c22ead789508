//! A message as it is shown: its number masked by its type, its text only where it is kept.

use base::{Fault, Id, Timestamp};
use numbering::PhoneNumber;

use super::{Messages, body_place, open_number, recipient_place};
use crate::{Channel, Message, Price, Purpose, State, Text, rows::MessageRow};

/// The text of a message as far as there is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BodyView {
    Kept(Text),
    /// Made at the moment of sending by this composer, and kept nowhere.
    NeverKept {
        composer: String,
        reference: String,
    },
    /// Its key was destroyed.
    Erased,
}

/// A message as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageView {
    pub id: Id<Message>,
    /// `None` after erasure.
    pub to: Option<PhoneNumber>,
    pub channel: Channel,
    pub purpose: Purpose,
    pub body: BodyView,
    pub state: State,
    /// A code and a sentence.
    pub reason: Option<String>,
    pub provider: Option<String>,
    pub provider_reference: Option<String>,
    pub segments: Option<u32>,
    pub price: Option<Price>,
    pub created_at: Timestamp,
    pub give_up_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl MessageView {
    /// What may be shown of the text to whoever may not read it.
    pub fn masked_text(&self) -> Option<String> {
        match &self.body {
            BodyView::Kept(text) => Some(text.mask()),
            _ => None,
        }
    }
}

impl Messages {
    pub(super) fn view(&self, row: MessageRow) -> Result<MessageView, Fault> {
        let id = row.id;
        let key = row.wrapped_key.as_deref().map(|key| self.vault.unwrap(key, id.as_bytes())).transpose()?;
        let to =
            key.as_ref().map(|key| open_number(key, recipient_place(&id), &row.recipient)).transpose()?;
        let body = match (&key, &row.body, row.composer) {
            (_, _, Some(composer)) => {
                BodyView::NeverKept { composer, reference: row.reference.unwrap_or_default() }
            }
            (Some(key), Some(body), None) => {
                let text = String::from_utf8(key.open(body_place(&id), body)?).map_err(Fault::internal)?;
                BodyView::Kept(Text::parse(&text)?)
            }
            _ => BodyView::Erased,
        };
        Ok(MessageView {
            id,
            to,
            channel: row.channel,
            purpose: row.purpose,
            body,
            state: row.state,
            reason: row.reason,
            provider: row.provider,
            provider_reference: row.provider_reference,
            segments: row.segments,
            price: row.price,
            created_at: row.created_at,
            give_up_at: row.give_up_at,
            sent_at: row.sent_at,
            ended_at: row.ended_at,
        })
    }
}
