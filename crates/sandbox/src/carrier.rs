//! The carrier: its phones, what they got, and what is done to them.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex},
};

use base::{Clock, Context, Fault, Id, Timestamp};
use db::{Db, Tx};
use messaging::{Channel, Inbound, Messages, Purpose, Receipt, Text};
use numbering::PhoneNumber;
use tokio::sync::watch;
use vault::{DataKey, Place, Vault};

use crate::{
    phone::{Behaviour, fixed},
    provider::PROVIDER,
    rows::{self, ItemRow, PhoneRow},
};

/// A phone of the sandbox.
#[derive(Debug)]
pub enum Phone {}

/// Something that a phone got or sent.
#[derive(Debug)]
pub enum Item {}

/// A phone as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PhoneView {
    pub id: Id<Phone>,
    pub number: PhoneNumber,
    pub behaviour: Behaviour,
    pub is_fixed: bool,
    pub sim_swapped_at: Option<Timestamp>,
    pub holder_changed_at: Option<Timestamp>,
    pub is_forwarded: bool,
    pub touched_at: Timestamp,
}

/// A text, a call or an answer as the phone shows it. Printing it for debugging shows nothing of what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct ItemView {
    pub id: Id<Item>,
    pub channel: Channel,
    /// Whether the phone sent it.
    pub is_outgoing: bool,
    /// The shop's own number or name.
    pub correspondent: String,
    pub purpose: String,
    pub text: String,
    /// Keys pressed in a call.
    pub keys: Option<String>,
    pub at: Timestamp,
}

impl fmt::Debug for ItemView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemView")
            .field("id", &self.id)
            .field("channel", &self.channel)
            .field("is_outgoing", &self.is_outgoing)
            .field("purpose", &self.purpose)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Phones shown at once.
pub const PHONES_MAX: usize = 50;
/// Items of a phone shown at once.
pub const ITEMS_MAX: usize = 100;
/// Receipts told with one commit.
const RECEIPTS_MAX: usize = 500;
/// Most keys that one presses in a call.
const KEYS_MAX: usize = 32;

/// The carrier in the box. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sandbox {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) messages: Messages,
    pub(crate) clock: Arc<dyn Clock>,
    /// Goes up whenever a phone of this process shows something new.
    changes: Arc<watch::Sender<u64>>,
    /// Messages that a busy carrier has asked to wait, each by a number made of what it is known by.
    pub(crate) asked_to_wait: Arc<Mutex<HashSet<u64>>>,
}

impl Sandbox {
    pub fn new(db: Db, vault: Vault, messages: Messages, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            vault,
            messages,
            clock,
            changes: Arc::new(watch::channel(0).0),
            asked_to_wait: Arc::default(),
        }
    }

    /// Wakes whoever shows phones. What other processes do is seen by looking again after a while.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn key_of(&self, shop: base::ShopId, number: PhoneNumber) -> [u8; 32] {
        self.vault.indexes(shop).number.of(number.e164().as_str().as_bytes())
    }

    /// The phones of the shop, those with the latest news first.
    pub async fn phones(&self, cx: &Context) -> Result<Vec<PhoneView>, Fault> {
        let shop = cx.shop;
        let found = self.db.read(async move |tx| rows::phones(tx, shop, PHONES_MAX).await).await?;
        found.iter().map(|row| self.phone_view(row, cx.now())).collect()
    }

    /// One phone; one that nothing was ever sent to is as good as new.
    pub async fn phone(&self, cx: &Context, number: PhoneNumber) -> Result<PhoneView, Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.db
            .read(async move |tx| {
                let row = rows::phone(tx, cx.shop, &this.key_of(cx.shop, number)).await?;
                match row {
                    Some(row) => this.phone_view(&row, cx.now()),
                    None => this.phone_view(&this.new_phone(&cx, number).0, cx.now()),
                }
            })
            .await
    }

    /// What a phone shows now, newest first.
    pub async fn items(&self, cx: &Context, number: PhoneNumber) -> Result<Vec<ItemView>, Fault> {
        let (this, cx) = (self.clone(), cx.clone());
        self.db
            .read(async move |tx| {
                let key = this.key_of(cx.shop, number);
                let Some(phone) = rows::phone(tx, cx.shop, &key).await? else { return Ok(Vec::new()) };
                let data_key = this.vault.unwrap(&phone.wrapped_key, phone.id.as_bytes())?;
                let items = rows::items(tx, cx.shop, &key, cx.now(), ITEMS_MAX).await?;
                items.into_iter().map(|item| item_view(&data_key, item)).collect()
            })
            .await
    }

    /// Brings a phone to the screen, to which nothing has been sent yet.
    pub async fn add(&self, cx: &Context, number: PhoneNumber) -> Result<PhoneView, Fault> {
        self.change(cx, number, |_, _| {}).await
    }

    pub async fn behave(
        &self,
        cx: &Context,
        number: PhoneNumber,
        behaviour: Behaviour,
    ) -> Result<PhoneView, Fault> {
        self.change(cx, number, move |phone, _| phone.behaviour = behaviour.code().to_owned()).await
    }

    /// The number is on another SIM from now on.
    pub async fn swap_sim(&self, cx: &Context, number: PhoneNumber) -> Result<PhoneView, Fault> {
        self.change(cx, number, |phone, now| phone.sim_swapped_at = Some(now)).await
    }

    /// The operator gave the number to somebody else.
    pub async fn change_holder(&self, cx: &Context, number: PhoneNumber) -> Result<PhoneView, Fault> {
        self.change(cx, number, |phone, now| phone.holder_changed_at = Some(now)).await
    }

    /// Calls go to another number, or no longer do.
    pub async fn forward(
        &self,
        cx: &Context,
        number: PhoneNumber,
        is_forwarded: bool,
    ) -> Result<PhoneView, Fault> {
        self.change(cx, number, move |phone, _| phone.is_forwarded = is_forwarded).await
    }

    async fn change(
        &self,
        cx: &Context,
        number: PhoneNumber,
        change: impl Fn(&mut PhoneRow, Timestamp) + Send + 'static,
    ) -> Result<PhoneView, Fault> {
        let (this, context) = (self.clone(), cx.clone());
        let row = self
            .db
            .write(async move |tx| {
                let (mut phone, _) = this.ensure_phone(tx, &context, number).await?;
                change(&mut phone, context.now());
                phone.touched_at = context.now();
                rows::put_phone(tx, context.shop, &phone).await?;
                Ok(phone)
            })
            .await?;
        self.changed();
        self.phone_view(&row, cx.now())
    }

    /// The phone's owner writes to the shop.
    pub async fn answer(&self, cx: &Context, number: PhoneNumber, text: Text) -> Result<(), Fault> {
        let item = self.outgoing(cx, number, Channel::Sms, text.clone()).await?;
        let inbound = Inbound {
            from: number,
            channel: Channel::Sms,
            text,
            provider: PROVIDER.to_owned(),
            reference: item.to_string(),
        };
        self.messages.inbound(cx, inbound).await.map(drop)
    }

    async fn outgoing(
        &self,
        cx: &Context,
        number: PhoneNumber,
        channel: Channel,
        text: Text,
    ) -> Result<Id<Item>, Fault> {
        let (this, context) = (self.clone(), cx.clone());
        let id = self
            .db
            .write(async move |tx| {
                let (mut phone, key) = this.ensure_phone(tx, &context, number).await?;
                let id: Id<Item> = context.new_id();
                let item = ItemRow {
                    id,
                    channel: channel.code().to_owned(),
                    is_outgoing: true,
                    correspondent: String::new(),
                    purpose: String::new(),
                    body: key.seal(body_place(&id), text.reveal().as_bytes()),
                    keys: None,
                    arrives_at: context.now(),
                    receipt: None,
                    receipt_at: None,
                };
                phone.touched_at = context.now();
                rows::put_phone(tx, context.shop, &phone).await?;
                rows::insert_item(tx, context.shop, &phone.number_key, &item).await?;
                Ok(id)
            })
            .await?;
        self.changed();
        Ok(id)
    }

    /// Keys pressed in a call; the shop hears them.
    pub async fn press(
        &self,
        cx: &Context,
        number: PhoneNumber,
        call: Id<Item>,
        keys: &str,
    ) -> Result<(), Fault> {
        let is_key = |c: char| c.is_ascii_digit() || c == '*' || c == '#';
        if keys.is_empty() || keys.len() > KEYS_MAX || !keys.chars().all(is_key) {
            let message = format!("Keys are one to {KEYS_MAX} of 0 to 9, * and #.");
            return Err(Fault::invalid("keys_malformed", message).field("keys"));
        }
        let (this, context, pressed) = (self.clone(), cx.clone(), keys.to_owned());
        self.db
            .write(async move |tx| {
                let unknown = || Fault::not_found("call_unknown", "This phone had no such call.");
                let key = this.key_of(context.shop, number);
                let phone = rows::phone(tx, context.shop, &key).await?.ok_or_else(unknown)?;
                let data_key = this.vault.unwrap(&phone.wrapped_key, phone.id.as_bytes())?;
                let sealed = data_key.seal(keys_place(&call), pressed.as_bytes());
                if rows::set_keys(tx, context.shop, &key, call, &sealed).await? {
                    Ok(())
                } else {
                    Err(unknown())
                }
            })
            .await?;
        self.changed();
        let inbound = Inbound {
            from: number,
            channel: Channel::Voice,
            text: Text::parse(keys)?,
            provider: PROVIDER.to_owned(),
            reference: format!("{call}:{keys}"),
        };
        self.messages.inbound(cx, inbound).await.map(drop)
    }

    /// Tells the receipts that are due; returns how many.
    pub async fn tell_receipts(&self) -> Result<usize, Fault> {
        let now = self.clock.now();
        let owed = self.db.read(async move |tx| rows::owed(tx, now, RECEIPTS_MAX).await).await?;
        if owed.is_empty() {
            return Ok(0);
        }
        let receipt = |one: &rows::Owed| {
            Ok(Receipt {
                provider: PROVIDER.to_owned(),
                reference: one.id.to_string(),
                state: one.state.parse()?,
                reason: (one.state == "undelivered").then(|| "absent: The phone is switched off.".to_owned()),
                at: now,
            })
        };
        let receipts = owed.iter().map(receipt).collect::<Result<_, Fault>>()?;
        self.messages.receipts(&self.clock, receipts).await?;
        let count = owed.len();
        self.db.write(async move |tx| rows::paid(tx, &owed).await).await?;
        self.changed();
        Ok(count)
    }

    /// The phone of a number and its key, made if nothing was ever sent to it. The caller writes it.
    pub(crate) async fn ensure_phone(
        &self,
        tx: &mut Tx,
        cx: &Context,
        number: PhoneNumber,
    ) -> Result<(PhoneRow, DataKey), Fault> {
        match rows::phone(tx, cx.shop, &self.key_of(cx.shop, number)).await? {
            Some(phone) => {
                let key = self.vault.unwrap(&phone.wrapped_key, phone.id.as_bytes())?;
                Ok((phone, key))
            }
            None => Ok(self.new_phone(cx, number)),
        }
    }

    fn new_phone(&self, cx: &Context, number: PhoneNumber) -> (PhoneRow, DataKey) {
        let id: Id<Phone> = cx.new_id();
        let (key, wrapped_key) = self.vault.new_data_key(id.as_bytes());
        let row = PhoneRow {
            id,
            number_key: self.key_of(cx.shop, number),
            wrapped_key,
            number: key.seal(number_place(&id), number.e164().as_str().as_bytes()),
            behaviour: Behaviour::Answer.code().to_owned(),
            sim_swapped_at: None,
            holder_changed_at: None,
            is_forwarded: false,
            touched_at: cx.now(),
        };
        (row, key)
    }

    fn phone_view(&self, row: &PhoneRow, now: Timestamp) -> Result<PhoneView, Fault> {
        let key = self.vault.unwrap(&row.wrapped_key, row.id.as_bytes())?;
        let text =
            String::from_utf8(key.open(number_place(&row.id), &row.number)?).map_err(Fault::internal)?;
        let number = PhoneNumber::from_e164(&text).map_err(Fault::internal)?;
        let fixed = fixed(number);
        let ago = |micros: Option<i64>| micros.map(|micros| now.plus_micros(-micros));
        Ok(PhoneView {
            id: row.id,
            number,
            behaviour: match fixed {
                Some(fixed) => fixed.behaviour,
                None => row.behaviour.parse()?,
            },
            is_fixed: fixed.is_some(),
            sim_swapped_at: fixed.map_or(row.sim_swapped_at, |fixed| ago(fixed.sim_swapped_micros_ago)),
            holder_changed_at: fixed
                .map_or(row.holder_changed_at, |fixed| ago(fixed.holder_changed_micros_ago)),
            is_forwarded: fixed.map_or(row.is_forwarded, |fixed| fixed.is_forwarded),
            touched_at: row.touched_at,
        })
    }
}

/// What a message of this purpose is called on the phone.
pub(crate) fn purpose_of(purpose: &Purpose) -> String {
    purpose.as_str().to_owned()
}

fn item_view(key: &DataKey, item: ItemRow) -> Result<ItemView, Fault> {
    let text = String::from_utf8(key.open(body_place(&item.id), &item.body)?).map_err(Fault::internal)?;
    let keys = item.keys.as_deref().map(|keys| key.open(keys_place(&item.id), keys)).transpose()?;
    Ok(ItemView {
        id: item.id,
        channel: item.channel.parse()?,
        is_outgoing: item.is_outgoing,
        correspondent: item.correspondent,
        purpose: item.purpose,
        text,
        keys: keys.map(String::from_utf8).transpose().map_err(Fault::internal)?,
        at: item.arrives_at,
    })
}

pub(crate) fn body_place(id: &Id<Item>) -> Place<'_> {
    Place { table: "sandbox_items", column: "body", row: id.as_bytes() }
}

fn keys_place(id: &Id<Item>) -> Place<'_> {
    Place { table: "sandbox_items", column: "keys", row: id.as_bytes() }
}

fn number_place(id: &Id<Phone>) -> Place<'_> {
    Place { table: "sandbox_phones", column: "number", row: id.as_bytes() }
}
