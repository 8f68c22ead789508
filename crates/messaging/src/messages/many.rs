//! Asking for many messages at once: one statement for all of their rows.

use base::{Context, Fault, Id};
use db::Tx;

use super::{Messages, REFERENCE_CHARS_MAX, body_place, current, recipient_place};
use crate::{
    Asked, Content, Message, NewMessage,
    rows::{self, NewRow},
};

impl Messages {
    /// [`Messages::enqueue`] for many, each in its own circumstances. While the sender of this process has room for them, they are written as in its hands, and
    /// [`Messages::send_off`] gives them to it once that is committed.
    pub async fn enqueue_each(
        &self,
        tx: &mut Tx,
        messages: &[(Context, NewMessage)],
    ) -> Result<Asked, Fault> {
        let Some((cx, _)) = messages.first() else { return Ok(Asked::default()) };
        let rows =
            messages.iter().map(|(cx, message)| self.row(cx, message)).collect::<Result<Vec<_>, _>>()?;
        let room = self.hands.room(rows.len(), cx.now());
        rows::insert_each(tx, &rows, room.as_ref()).await?;
        Ok(room.map_or_else(Asked::default, |room| {
            let claimed = rows.into_iter().map(|row| row.claimed(&room)).collect();
            Asked::in_hand(room, claimed)
        }))
    }

    /// Has sent what was asked for in a transaction that is committed now.
    pub fn send_off(&self, asked: Asked) {
        if !asked.give() {
            self.wake();
        }
    }

    /// A message, sealed under a data key of its own.
    pub(super) fn row<'m>(&self, cx: &Context, message: &'m NewMessage) -> Result<NewRow<'m>, Fault> {
        let id: Id<Message> = cx.new_id();
        let (key, wrapped_key) = self.vault.new_data_key(id.as_bytes());
        let to = current(message.to);
        let (body, composer, reference) = match &message.content {
            Content::Plain(text) => (Some(key.seal(body_place(&id), text.reveal().as_bytes())), None, None),
            Content::Composed { composer, reference } => {
                if reference.chars().count() > REFERENCE_CHARS_MAX {
                    return Err(Fault::internal(format!("a reference for {composer} is too long")));
                }
                (None, Some(*composer), Some(reference.as_str()))
            }
        };
        Ok(NewRow {
            shop: cx.shop,
            id,
            number_key: self.number_key(cx, to),
            wrapped_key,
            recipient: key.seal(recipient_place(&id), to.e164().as_str().as_bytes()),
            body,
            channel: message.channel,
            purpose: &message.purpose,
            composer,
            reference,
            created_at: cx.now(),
            give_up_at: message.give_up_at,
        })
    }
}
