//! The verbs of messages: ask for one, look at them, take in what providers say and what people send.

mod forgetting;
mod many;
mod parts;
mod receiving;
mod views;

use std::sync::Arc;

use base::{Context, Fault, Id, Page, PageRequest, Timestamp};
use db::{Db, Tx};
use numbering::PhoneNumber;
use tokio::sync::Notify;
use vault::{DataKey, Place, Vault};

pub use forgetting::{Forgetting, Span};
pub use receiving::{Inbound, InboundView, Receipt};
pub(crate) use receiving::{context, happening};
pub use views::{BodyView, MessageView};

use crate::{Channel, Message, NewMessage, Price, Purpose, Routes, State, hands::Hands, rows};

/// Who hears of what becomes of messages: a job of `job_kind` with `{message, state, purpose, reference}` for each change to `sent`, `delivered`, `undelivered`, `failed`,
/// `expired` or `unknown` of a message whose purpose is of `purpose`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscriber {
    pub purpose: &'static str,
    pub job_kind: &'static str,
}

/// Who hears of messages that people send: a job of this kind with `{inbound}` for each.
pub type InboundSubscriber = &'static str;

/// The messages of the installation; every verb is told by its context which shop's. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Messages {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) routes: Arc<Routes>,
    pub(crate) subscribers: Arc<[Subscriber]>,
    pub(crate) inbound_subscribers: Arc<[InboundSubscriber]>,
    pub(crate) wake: Arc<Notify>,
    pub(crate) hands: Hands,
}

/// Which messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    pub number: Option<PhoneNumber>,
    pub state: Option<State>,
}

/// Longest reference for a composer, in characters.
const REFERENCE_CHARS_MAX: usize = 64;
/// Longest name of a provider for a message, in characters.
const PROVIDER_REFERENCE_CHARS_MAX: usize = 255;
/// How long a message of an outsider may wait to be sent.
const WAIT_MICROS_MAX: i64 = 7 * Timestamp::DAY;
/// Proofs have limits and budgets of their own, which a text under their name would pass by.
const RESERVED: &str = "verification";

impl Messages {
    pub fn new(db: Db, vault: Vault, routes: Routes) -> Self {
        Self {
            db,
            vault,
            routes: Arc::new(routes),
            subscribers: Arc::new([]),
            inbound_subscribers: Arc::new([]),
            wake: Arc::new(Notify::new()),
            hands: Hands::default(),
        }
    }

    /// Who hears of changes and of what comes in; `app` says it.
    #[must_use]
    pub fn told_to(mut self, subscribers: &[Subscriber], inbound: &[InboundSubscriber]) -> Self {
        self.subscribers = subscribers.into();
        self.inbound_subscribers = inbound.into();
        self
    }

    /// Asks for a message, in the caller's transaction: once that is committed, it will be sent or its end will be told. Call
    /// [`Messages::wake`] after the commit, and it is sent at once instead of at the sender's next look.
    pub async fn enqueue(
        &self,
        tx: &mut Tx,
        cx: &Context,
        message: NewMessage,
    ) -> Result<Id<Message>, Fault> {
        let row = self.row(cx, &message)?;
        rows::insert_each(tx, std::slice::from_ref(&row), None).await?;
        Ok(row.id)
    }

    /// Asks for a message that somebody outside of the program wants, in a transaction of its own, and has it sent at once.
    ///
    /// # Errors
    /// `purpose_reserved` for what the program alone sends; `ttl_out_of_range` for one that would wait for no time, or for more than seven days.
    pub async fn send(&self, cx: &Context, message: NewMessage) -> Result<Id<Message>, Fault> {
        if message.purpose.is_of(RESERVED) {
            let words = "Messages of this purpose are sent by the program alone.";
            return Err(Fault::invalid("purpose_reserved", words).field("purpose"));
        }
        let now = cx.now();
        if message.give_up_at <= now || message.give_up_at > now.plus_micros(WAIT_MICROS_MAX) {
            let words = "A message may wait from a second to seven days.";
            return Err(Fault::invalid("ttl_out_of_range", words).field("ttl_seconds"));
        }
        let (this, context) = (self.clone(), cx.clone());
        let id = self.db.write(async move |tx| this.enqueue(tx, &context, message.clone()).await).await?;
        self.wake();
        Ok(id)
    }

    /// Tells the sender of this process that there is something to send.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// What a segment of such a message costs; `None` when no route would carry it or its route has no price.
    pub fn price(&self, channel: Channel, purpose: &Purpose, to: PhoneNumber) -> Option<Price> {
        self.routes.price(channel, purpose, current(to))
    }

    pub async fn get(&self, cx: &Context, id: Id<Message>) -> Result<MessageView, Fault> {
        let shop = cx.shop;
        let row = self.db.read(async move |tx| rows::get(tx, shop, id).await).await?;
        let row =
            row.ok_or_else(|| Fault::not_found("message_unknown", "There is no message with this id."))?;
        self.view(row)
    }

    /// Messages, newest first.
    pub async fn list(
        &self,
        cx: &Context,
        filter: Filter,
        page: &PageRequest,
    ) -> Result<Page<MessageView>, Fault> {
        let (shop, limit) = (cx.shop, page.limit);
        let number = filter.number.map(|number| self.number_key(cx, current(number)));
        let before = page.after_key().unwrap_or(Id::from_uuid(uuid::Uuid::max()));
        let found = self
            .db
            .read(async move |tx| rows::list(tx, shop, number, filter.state, before, limit + 1).await)
            .await?;
        let views = found.into_iter().map(|row| self.view(row)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(views, limit, |last| last.id.to_string()))
    }

    pub(crate) fn number_key(&self, cx: &Context, number: PhoneNumber) -> [u8; 32] {
        self.vault.indexes(cx.shop).number.of(number.e164().as_str().as_bytes())
    }
}

/// A number as its plan writes it today: all spellings of a number are one.
pub(crate) fn current(number: PhoneNumber) -> PhoneNumber {
    numbering::current(number).map_or(number, |(now, _)| now)
}

/// What a provider calls a message, as it is kept: bounded, and without what a database does not take. Receipts are matched by it, so both sides go through here.
pub(crate) fn provider_reference(written: &str) -> String {
    written.chars().filter(|c| !c.is_control()).take(PROVIDER_REFERENCE_CHARS_MAX).collect()
}

pub(crate) fn body_place(id: &Id<Message>) -> Place<'_> {
    Place { table: "messages", column: "body", row: id.as_bytes() }
}

pub(crate) fn recipient_place(id: &Id<Message>) -> Place<'_> {
    Place { table: "messages", column: "recipient", row: id.as_bytes() }
}

/// Opens a sealed number.
pub(crate) fn open_number(key: &DataKey, place: Place<'_>, sealed: &[u8]) -> Result<PhoneNumber, Fault> {
    let text = String::from_utf8(key.open(place, sealed)?).map_err(Fault::internal)?;
    PhoneNumber::from_e164(&text).map_err(Fault::internal)
}
