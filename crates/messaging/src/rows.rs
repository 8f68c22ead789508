//! Every SQL text of messages, and rows to and from types.

mod inbound;
mod parts;
mod receipts;
mod work;

pub(crate) use inbound::{InboundRow, inbound, inbound_by_number, insert_inbound};
pub(crate) use parts::{
    Group, PartRow, delete_parts, erase_parts, insert_part, join_parts, old_parts, parts,
};
pub(crate) use receipts::{
    ReceiptRow, ReceiptTarget, forget_receipts, insert_receipts, matched, targets, waiting_receipts,
};
pub(crate) use work::{
    Claimed, Due, Ended, Lease, Retried, Sent, claim, due, end, lapse_gone, lapsed, retry, sent,
};

use base::{Currency, Fault, Id, ShopId, Timestamp};
use db::{Batch, Row, Tx, params, sql};

use crate::{Channel, Message, Price, Purpose, State, hands::Room};

/// A message as it is written first.
#[derive(Debug)]
pub(crate) struct NewRow<'a> {
    pub shop: ShopId,
    pub id: Id<Message>,
    pub number_key: [u8; 32],
    pub wrapped_key: Vec<u8>,
    pub recipient: Vec<u8>,
    pub body: Option<Vec<u8>>,
    pub channel: Channel,
    pub purpose: &'a Purpose,
    pub composer: Option<&'static str>,
    pub reference: Option<&'a str>,
    pub created_at: Timestamp,
    pub give_up_at: Timestamp,
}

impl NewRow<'_> {
    /// It, as it stands in the hands of those who had room.
    pub fn claimed(self, room: &Room) -> Claimed {
        let message = MessageRow {
            id: self.id,
            wrapped_key: Some(self.wrapped_key),
            recipient: self.recipient,
            body: self.body,
            channel: self.channel,
            purpose: self.purpose.clone(),
            composer: self.composer.map(str::to_owned),
            reference: self.reference.map(str::to_owned),
            state: State::Sending,
            reason: None,
            provider: None,
            provider_reference: None,
            segments: None,
            price: None,
            created_at: self.created_at,
            give_up_at: self.give_up_at,
            sent_at: None,
            ended_at: None,
        };
        Claimed { shop: self.shop, message, attempt: 1, lease: room.lease, claimed_until: room.until }
    }
}

/// A message as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct MessageRow {
    pub id: Id<Message>,
    pub wrapped_key: Option<Vec<u8>>,
    pub recipient: Vec<u8>,
    pub body: Option<Vec<u8>>,
    pub channel: Channel,
    pub purpose: Purpose,
    pub composer: Option<String>,
    pub reference: Option<String>,
    pub state: State,
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

/// Work is spread over so many buckets.
pub(crate) const BUCKETS: i64 = 16;

pub(crate) fn bucket(id: Id<Message>) -> i64 {
    i64::from(id.as_bytes()[15]) % BUCKETS
}

/// Writes messages and the work of sending them: for whoever claims it, or in the hands of those who have room.
pub(crate) async fn insert_each(tx: &mut Tx, new: &[NewRow<'_>], room: Option<&Room>) -> Result<(), Fault> {
    let insert = sql!(
        "INSERT INTO messages (shop_id, id, anchor, number_key, wrapped_key, recipient, body, channel, purpose, composer, reference, state, created_at, give_up_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    );
    let work = sql!(
        "INSERT INTO message_work (bucket, id, shop_id, run_at, attempts, lease_id, holder) VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    let (mut messages, mut works) = (Batch::with_capacity(14, new.len()), Batch::with_capacity(7, new.len()));
    let state = if room.is_some() { State::Sending } else { State::Queued };
    let (lease, holder) = (room.map(|room| room.lease), room.map(|room| &*room.holder));
    for new in new {
        messages.push(params![
            new.shop,
            new.id,
            vault::anchor_of(&new.number_key),
            &new.number_key,
            &new.wrapped_key,
            &new.recipient,
            new.body.as_deref(),
            new.channel.code(),
            new.purpose.as_str(),
            new.composer,
            new.reference,
            state.code(),
            new.created_at,
            new.give_up_at
        ]);
        let run_at = room.map_or(new.created_at, |room| room.until);
        works.push(params![
            bucket(new.id),
            new.id,
            new.shop,
            run_at,
            i64::from(room.is_some()),
            lease,
            holder
        ]);
    }
    tx.write_each(insert, &messages).await?;
    tx.write_each(work, &works).await?;
    Ok(())
}

/// The columns of [`MessageRow`].
macro_rules! select_message {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT m.id, m.wrapped_key, m.recipient, m.body, m.channel, m.purpose, m.composer, m.reference, m.state, m.reason, m.provider,
                    m.provider_reference, m.segments, m.cost_micros, m.currency, m.created_at, m.give_up_at, m.sent_at, m.ended_at ",
            $rest
        ))
    };
}
pub(crate) use select_message;

/// How many columns these are.
pub(crate) const MESSAGE_COLUMNS: usize = 19;

pub(crate) fn message(row: &Row) -> Result<MessageRow, Fault> {
    let price = match (row.get::<Option<i64>>(13)?, row.get::<Option<String>>(14)?) {
        (Some(micros), Some(currency)) => {
            Some(Price { micros, currency: currency.parse::<Currency>().map_err(Fault::internal)? })
        }
        _ => None,
    };
    Ok(MessageRow {
        id: row.get(0)?,
        wrapped_key: row.get(1)?,
        recipient: row.get(2)?,
        body: row.get(3)?,
        channel: row.get::<String>(4)?.parse()?,
        purpose: row.get::<String>(5)?.parse()?,
        composer: row.get(6)?,
        reference: row.get(7)?,
        state: row.get::<String>(8)?.parse()?,
        reason: row.get(9)?,
        provider: row.get(10)?,
        provider_reference: row.get(11)?,
        segments: row.get(12)?,
        price,
        created_at: row.get(15)?,
        give_up_at: row.get(16)?,
        sent_at: row.get(17)?,
        ended_at: row.get(18)?,
    })
}

pub(crate) async fn get(tx: &mut Tx, shop: ShopId, id: Id<Message>) -> Result<Option<MessageRow>, Fault> {
    let statement = select_message!("FROM messages m WHERE m.shop_id = $1 AND m.id = $2");
    tx.first(statement, &params![shop, id]).await?.as_ref().map(message).transpose()
}

/// Destroys the keys of what was sent to a number and came from it in a time; returns how many there were.
pub(crate) async fn erase(
    tx: &mut Tx,
    shop: ShopId,
    number: &[u8; 32],
    from: Timestamp,
    until: Timestamp,
) -> Result<u64, Fault> {
    let sent = sql!(
        "UPDATE messages SET wrapped_key = NULL
         WHERE shop_id = $1 AND number_key = $2 AND created_at >= $3 AND created_at < $4 AND wrapped_key IS NOT NULL"
    );
    let came = sql!(
        "UPDATE inbound_messages SET wrapped_key = NULL
         WHERE shop_id = $1 AND number_key = $2 AND received_at >= $3 AND received_at < $4 AND wrapped_key IS NOT NULL"
    );
    let values = params![shop, number, from, until];
    let parts = erase_parts(tx, shop, number, from, until).await?;
    Ok(tx.execute(sent, &values).await? + tx.execute(came, &values).await? + parts)
}

/// Messages before `before`, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    shop: ShopId,
    number: Option<[u8; 32]>,
    state: Option<State>,
    before: Id<Message>,
    limit: usize,
) -> Result<Vec<MessageRow>, Fault> {
    let rows = match (number, state) {
        (None, None) => {
            let all = select_message!(
                "FROM messages m WHERE m.shop_id = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3"
            );
            tx.all(all, &params![shop, before, limit]).await?
        }
        (Some(number), None) => {
            let of_number = select_message!(
                "FROM messages m WHERE m.shop_id = $1 AND m.number_key = $4 AND m.id < $2 ORDER BY m.id DESC LIMIT $3"
            );
            tx.all(of_number, &params![shop, before, limit, number]).await?
        }
        (Some(number), Some(state)) => {
            let both = select_message!(
                "FROM messages m WHERE m.shop_id = $1 AND m.number_key = $4 AND m.id < $2 AND m.state = $5 ORDER BY m.id DESC LIMIT $3"
            );
            tx.all(both, &params![shop, before, limit, number, state.code()]).await?
        }
        // What went wrong is rare and has an index of its own.
        (None, Some(state)) if is_trouble(state) => {
            let trouble = select_message!(
                "FROM messages m WHERE m.shop_id = $1 AND m.state = $4 AND (m.state = 'undelivered' OR m.state = 'failed' OR m.state = 'expired' OR m.state = 'unknown')
                 AND m.id < $2 ORDER BY m.id DESC LIMIT $3"
            );
            tx.all(trouble, &params![shop, before, limit, state.code()]).await?
        }
        (None, Some(state)) => {
            let of_state = select_message!(
                "FROM messages m WHERE m.shop_id = $1 AND m.id < $2 AND m.state = $4 ORDER BY m.id DESC LIMIT $3"
            );
            tx.all(of_state, &params![shop, before, limit, state.code()]).await?
        }
    };
    rows.iter().map(message).collect()
}

const fn is_trouble(state: State) -> bool {
    matches!(state, State::Undelivered | State::Failed | State::Expired | State::Unknown)
}
