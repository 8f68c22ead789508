//! What comes back: receipts of providers, which are kept first and matched then, and messages that people send.

use base::{Actor, Clock, Context, Fault, Id, Page, PageRequest, ShopId, Timestamp};
use db::{
    Tx,
    audit::{self, Entry},
};
use numbering::PhoneNumber;
use serde_json::json;
use std::sync::Arc;
use vault::Place;
use webhooks::{Happening, Kind, announce, announce_each};

use super::{Messages, current, open_number, provider_reference};
use crate::{
    Channel, Message, Purpose, State, Text,
    rows::{self, InboundRow, ReceiptRow, ReceiptTarget},
};

/// What a provider says about a message that it took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    pub provider: String,
    /// What the provider calls the message.
    pub reference: String,
    /// `Sent` for "on its way", `Delivered` or `Undelivered`.
    pub state: State,
    /// The provider's code or words.
    pub reason: Option<String>,
    pub at: Timestamp,
}

/// A message from a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inbound {
    pub from: PhoneNumber,
    pub channel: Channel,
    pub text: Text,
    pub provider: String,
    /// What the provider calls it: the same twice is one message.
    pub reference: String,
}

/// A message from a number as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboundView {
    pub id: Id<Inbound>,
    /// `None` after erasure.
    pub from: Option<PhoneNumber>,
    pub text: Option<Text>,
    pub channel: Channel,
    pub provider: String,
    pub received_at: Timestamp,
}

/// How long a receipt waits for the message that it is about.
const RECEIPT_WAIT_MICROS: i64 = 3_600 * Timestamp::SECOND;
/// Receipts that are matched at a time.
const RECEIPTS_MAX: usize = 500;
/// Longest reason for reading a message in the clear.
const WHY_CHARS_MAX: usize = 500;
/// Longest reason of a provider that is kept, in characters.
const REASON_CHARS_MAX: usize = 300;

/// What becomes of a message in a state when a provider says another; `None` when it stays.
pub(crate) const fn after_receipt(now: State, said: State) -> Option<State> {
    match (now, said) {
        // What the provider gave up too early has arrived after all.
        (State::Sent | State::Undelivered, State::Delivered) => Some(said),
        (State::Sent, State::Undelivered) => Some(said),
        _ => None,
    }
}

/// A receipt as it can be kept: providers may say much.
fn bounded(receipt: Receipt) -> Receipt {
    let words =
        |text: String| text.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect::<String>();
    Receipt {
        reference: provider_reference(&receipt.reference),
        reason: receipt.reason.map(words),
        ..receipt
    }
}

impl Messages {
    /// Takes in what providers say. Kept when this returns; what is about a message that has no reference yet waits for it. `clock` is by what subscribers are told.
    pub async fn receipts(&self, clock: &Arc<dyn Clock>, receipts: Vec<Receipt>) -> Result<(), Fault> {
        let kept: Vec<ReceiptRow> = receipts
            .into_iter()
            .map(|receipt| ReceiptRow {
                id: Id::new(receipt.at, &mut rand::rng()),
                receipt: bounded(receipt),
            })
            .collect();
        let (this, clock) = (self.clone(), Arc::clone(clock));
        self.db
            .write_bulk(async move |tx| {
                rows::insert_receipts(tx, &kept).await?;
                this.match_receipts(tx, &clock, &kept).await.map(drop)
            })
            .await
    }

    /// Looks once more for the messages of receipts that came before them. Returns how many were found.
    pub async fn settle_receipts(&self, clock: &Arc<dyn Clock>) -> Result<usize, Fault> {
        let since = clock.now().plus_micros(-RECEIPT_WAIT_MICROS);
        let waiting =
            self.db.read(async move |tx| rows::waiting_receipts(tx, since, RECEIPTS_MAX).await).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let (this, clock) = (self.clone(), Arc::clone(clock));
        self.db.write_bulk(async move |tx| this.match_receipts(tx, &clock, &waiting).await).await
    }

    async fn match_receipts(
        &self,
        tx: &mut Tx,
        clock: &Arc<dyn Clock>,
        kept: &[ReceiptRow],
    ) -> Result<usize, Fault> {
        let targets = rows::targets(tx, kept).await?;
        let all: Vec<(&ReceiptRow, &ReceiptTarget)> =
            targets.iter().map(|target| (&kept[target.at], target)).collect();
        // Each message once, by the receipt that says most: a statement for many rows changes a row once.
        let mut changes: Vec<(&ReceiptRow, &ReceiptTarget)> = Vec::new();
        for (row, target) in &all {
            if after_receipt(target.state, row.receipt.state).is_none() {
                continue;
            }
            match changes.iter_mut().find(|(_, known)| known.message == target.message) {
                Some(known) if after_receipt(known.0.receipt.state, row.receipt.state).is_some() => {
                    *known = (row, target);
                }
                Some(_) => {}
                None => changes.push((row, target)),
            }
        }
        rows::matched(tx, &all, &changes).await?;
        let mut happened = Vec::new();
        for (row, target) in &changes {
            let cx = context(target.shop, clock);
            let reference = target.reference.as_deref();
            self.tell(tx, &cx, target.message, row.receipt.state, &target.purpose, reference).await?;
            happened.extend(happening(&cx, target.message, row.receipt.state, &target.purpose));
        }
        announce_each(tx, &happened).await?;
        Ok(all.len())
    }

    /// Tells subscribers what has become of a message. What the shop's own programs are told of it is [`happening`].
    pub(crate) async fn tell(
        &self,
        tx: &mut Tx,
        cx: &Context,
        message: Id<Message>,
        state: State,
        purpose: &Purpose,
        reference: Option<&str>,
    ) -> Result<(), Fault> {
        for subscriber in self.subscribers.iter().filter(|subscriber| purpose.is_of(subscriber.purpose)) {
            let payload = json!({ "message": message, "state": state.code(), "purpose": purpose.as_str(), "reference": reference });
            jobs::enqueue(tx, cx, subscriber.job_kind, &payload, cx.now()).await?;
        }
        Ok(())
    }

    /// Takes in a message that a person sent; kept, and told to subscribers, when this returns. The same one twice is one.
    pub async fn inbound(&self, cx: &Context, inbound: Inbound) -> Result<Id<Inbound>, Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.db.write(async move |tx| this.take_in(tx, &cx, inbound.clone()).await).await
    }

    pub(super) async fn take_in(
        &self,
        tx: &mut Tx,
        cx: &Context,
        inbound: Inbound,
    ) -> Result<Id<Inbound>, Fault> {
        let id: Id<Inbound> = cx.new_id();
        let (key, wrapped_key) = self.vault.new_data_key(id.as_bytes());
        let from = current(inbound.from);
        let row = InboundRow {
            id,
            wrapped_key: Some(wrapped_key),
            sender: key.seal(sender_place(&id), from.e164().as_str().as_bytes()),
            body: key.seal(text_place(&id), inbound.text.reveal().as_bytes()),
            channel: inbound.channel,
            provider: inbound.provider,
            provider_reference: provider_reference(&inbound.reference),
            received_at: cx.now(),
        };
        let told = json!({ "message": id, "number": from.mask(), "channel": row.channel.code(), "provider": row.provider });
        if rows::insert_inbound(tx, cx.shop, &self.number_key(cx, from), &row).await? {
            jobs::emit(tx, cx, &self.inbound_subscribers, &json!({ "inbound": id })).await?;
            announce(tx, cx, Kind::MessageReceived, told).await?;
        }
        Ok(id)
    }

    /// What came in, newest first, of one number or of all.
    pub async fn list_inbound(
        &self,
        cx: &Context,
        from: Option<PhoneNumber>,
        page: &PageRequest,
    ) -> Result<Page<InboundView>, Fault> {
        let (shop, limit) = (cx.shop, page.limit);
        let number = from.map(|number| self.number_key(cx, current(number)));
        let before = page.after_key().unwrap_or(Id::from_uuid(uuid::Uuid::max()));
        let found = self
            .db
            .read(async move |tx| rows::inbound_by_number(tx, shop, number, before, limit + 1).await)
            .await?;
        let views = found.into_iter().map(|row| self.inbound_view(row)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(views, limit, |last| last.id.to_string()))
    }

    /// One that came in.
    pub async fn get_inbound(&self, cx: &Context, id: Id<Inbound>) -> Result<InboundView, Fault> {
        let shop = cx.shop;
        let row = self.db.read(async move |tx| rows::inbound(tx, shop, id).await).await?;
        self.inbound_view(row.ok_or_else(unknown)?)
    }

    /// One that came in, to be read in the clear: the audit trail keeps who looked, and why.
    pub async fn reveal_inbound(
        &self,
        cx: &Context,
        id: Id<Inbound>,
        why: &str,
    ) -> Result<InboundView, Fault> {
        let why = why.trim().to_owned();
        if why.is_empty() || why.chars().count() > WHY_CHARS_MAX {
            let message = "Say why, in at most 500 characters; the reason is kept in the audit trail.";
            return Err(Fault::invalid("reason_missing", message).field("reason"));
        }
        let (cx, indexes) = (cx.clone(), self.vault.indexes(cx.shop));
        let row = self
            .db
            .write(async move |tx| {
                let row = rows::inbound(tx, cx.shop, id).await?.ok_or_else(unknown)?;
                let (action, subject) = ("messages.reveal", audit::subject("message", id));
                let entry = Entry { action, subject, customer: None, reason: &why, details: json!({}) };
                audit::append(tx, &cx, &indexes, entry).await?;
                Ok(row)
            })
            .await?;
        self.inbound_view(row)
    }

    fn inbound_view(&self, row: InboundRow) -> Result<InboundView, Fault> {
        let id = row.id;
        let key = row.wrapped_key.as_deref().map(|key| self.vault.unwrap(key, id.as_bytes())).transpose()?;
        let (from, text) = match &key {
            Some(key) => {
                let text =
                    String::from_utf8(key.open(text_place(&id), &row.body)?).map_err(Fault::internal)?;
                (Some(open_number(key, sender_place(&id), &row.sender)?), Some(Text::parse(&text)?))
            }
            None => (None, None),
        };
        Ok(InboundView {
            id,
            from,
            text,
            channel: row.channel,
            provider: row.provider,
            received_at: row.received_at,
        })
    }
}

/// What the shop's own programs are told when a message has come to this state, if they are told of it.
pub(crate) fn happening(
    cx: &Context,
    message: Id<Message>,
    state: State,
    purpose: &Purpose,
) -> Option<Happening> {
    let kind = match state {
        State::Delivered => Kind::MessageDelivered,
        State::Undelivered => Kind::MessageUndelivered,
        State::Failed => Kind::MessageFailed,
        State::Expired => Kind::MessageExpired,
        State::Unknown => Kind::MessageUnknown,
        State::Queued | State::Sending | State::Sent => return None,
    };
    let data = json!({ "message": message, "purpose": purpose.as_str() });
    Some(Happening { cx: cx.clone(), kind, data })
}

/// The circumstances in which messaging itself acts.
pub(crate) fn context(shop: ShopId, clock: &Arc<dyn Clock>) -> Context {
    Context::new(shop, Actor::System("messaging"), Arc::clone(clock))
}

fn unknown() -> Fault {
    Fault::not_found("message_unknown", "There is no message with this id.")
}

fn sender_place(id: &Id<Inbound>) -> Place<'_> {
    Place { table: "inbound_messages", column: "sender", row: id.as_bytes() }
}

fn text_place(id: &Id<Inbound>) -> Place<'_> {
    Place { table: "inbound_messages", column: "body", row: id.as_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_tells_better_and_never_worse() {
        use State::*;
        for (now, said, then) in [
            (Sent, Delivered, Some(Delivered)),
            (Sent, Undelivered, Some(Undelivered)),
            (Sent, Sent, None),
            // What is in doubt has no name by which a provider could speak of it.
            (Unknown, Delivered, None),
            (Undelivered, Delivered, Some(Delivered)),
            (Delivered, Undelivered, None),
            (Delivered, Delivered, None),
            (Delivered, Sent, None),
            (Failed, Delivered, None),
            (Queued, Delivered, None),
        ] {
            assert_eq!(after_receipt(now, said), then, "{now} {said}");
        }
    }

    #[test]
    fn a_receipt_is_kept_as_a_database_can_keep_it() {
        let receipt = Receipt {
            provider: "first".to_owned(),
            reference: format!("a\u{0}b{}", "x".repeat(1_000)),
            state: State::Undelivered,
            reason: Some(format!("no\u{0}\n{}", "y".repeat(1_000))),
            at: Timestamp::from_micros(0),
        };
        let kept = bounded(receipt);
        assert_eq!(kept.reference, format!("ab{}", "x".repeat(253)));
        assert_eq!(kept.reason, Some(format!("no{}", "y".repeat(298))));
    }
}
