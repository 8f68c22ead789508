//! Asking for many messages at once: one statement for all of their rows.

use base::{Context, Fault, Id};
use db::Tx;

use super::{Messages, REFERENCE_CHARS_MAX, body_place, current, recipient_place};
use crate::{
    Content, Message, NewMessage,
    rows::{self, NewRow},
};

impl Messages {
    /// [`Messages::enqueue`] for many, each in its own circumstances; their ids in the same order.
    pub async fn enqueue_each(
        &self,
        tx: &mut Tx,
        messages: &[(Context, NewMessage)],
    ) -> Result<Vec<Id<Message>>, Fault> {
        let rows =
            messages.iter().map(|(cx, message)| self.row(cx, message)).collect::<Result<Vec<_>, _>>()?;
        rows::insert_each(tx, &rows).await?;
        Ok(rows.iter().map(|row| row.id).collect())
    }

    /// A message, sealed under a data key of its own.
    fn row<'m>(&self, cx: &Context, message: &'m NewMessage) -> Result<NewRow<'m>, Fault> {
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
