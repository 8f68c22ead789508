//! What lies on the desk in a turn: everything that its requests are about, read at its beginning, changed in memory, written at its end.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ::jobs::NewJob;
use base::{Context, Fault, Id, ShopId, Timestamp};
use customers::{Confirmation, Confirmed, NumberKey, Proof, Whose};
use db::Tx;
use messaging::{Content, NewMessage};
use webhooks::Kind;

use super::{
    Answer, Asked, Means, Request, Target,
    settle::{self, Holders, LATER_MICROS, Unsettled},
};
use crate::verification::{
    Device, HOLDER_OTHER, HOLDER_SILENT, Purpose, State, Verification,
    budget::{Breaker, Day, Ledger},
    jobs::{self, COMPOSER, PROOF_JOB},
    limits::{AddressHour, Record},
    rows::{self, Kept, Sealed, records},
};

/// A value and whether it must be written.
#[derive(Clone, Default, Debug)]
struct Slot<T> {
    value: T,
    is_changed: bool,
}

impl<T: Clone + Default> Slot<T> {
    fn found(value: Option<T>) -> Self {
        Self { value: value.unwrap_or_default(), is_changed: false }
    }

    fn put(&mut self, value: T) {
        (self.value, self.is_changed) = (value, true);
    }
}

/// A verification on the desk.
#[derive(Debug)]
pub(super) struct Case {
    pub kept: Kept,
    /// Of a new one: its sealed details.
    pub sealed: Option<Sealed>,
    /// Its state when it was laid down.
    pub was: State,
    pub is_changed: bool,
}

pub(super) struct Desk<'m> {
    pub means: &'m Means,
    pub cases: BTreeMap<Id<Verification>, Case>,
    numbers: BTreeMap<records::OfNumber, Slot<Record>>,
    devices: BTreeMap<records::OfDevice, Slot<Record>>,
    addresses: BTreeMap<records::OfAddress, Slot<AddressHour>>,
    days: BTreeMap<records::OfDay, Slot<Day>>,
    breakers: BTreeMap<records::OfPart, Slot<Breaker>>,
    pub messages: Vec<(Context, NewMessage)>,
    /// Approved in this turn.
    pub approved: Vec<Approved>,
    strangers: Strangers,
}

/// When the accounts of strangers are opened.
#[derive(Clone, Default, Debug)]
pub(super) enum Strangers {
    /// After the turn, by a transaction of their own.
    #[default]
    Later,
    /// In the turn, where it writes alone: nobody is being linked meanwhile, and nobody else could write. Says whether it was they for whom the turn failed.
    Now { were_at_fault: Arc<AtomicBool> },
}

/// A verification that was approved in this turn, and whether its device had succeeded with the number before.
pub(super) struct Approved {
    pub cx: Context,
    pub id: Id<Verification>,
    pub is_known: bool,
}

/// What a turn came to.
pub(super) struct Served {
    pub answers: Vec<Answer>,
    /// What is sent once this is committed.
    pub to_send: Option<messaging::Asked>,
    pub unsettled: Vec<Unsettled>,
}

const HOUR: i64 = 3_600 * Timestamp::SECOND;

pub(super) async fn serve(
    tx: &mut Tx,
    means: &Means,
    requests: &[Request],
    strangers: &Strangers,
) -> Result<Served, Fault> {
    let shops: Vec<ShopId> = distinct(requests.iter().map(|request| request.cx.shop));
    records::take_turns(tx, &shops).await?;
    let mut desk = Desk::read(tx, means, requests).await?;
    desk.strangers = strangers.clone();
    let answers = requests.iter().map(|request| desk.decide(request)).collect();
    desk.write(tx, requests, answers).await
}

/// In order, each once: rows are locked in one order by everybody.
fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl<'m> Desk<'m> {
    async fn read(tx: &mut Tx, means: &'m Means, requests: &[Request]) -> Result<Self, Fault> {
        let (mut ids, mut of_numbers) = (Vec::new(), Vec::new());
        for request in requests {
            let shop = request.cx.shop;
            match &request.asked {
                Asked::Resend { id, .. }
                | Asked::End { id, .. }
                | Asked::Check { which: Target::Id(id), .. } => {
                    ids.push((shop, *id));
                }
                Asked::Start { number_key, .. } | Asked::Check { which: Target::Number(number_key), .. } => {
                    of_numbers.push((shop, *number_key, request.now));
                }
            }
        }
        let ids = distinct(ids.into_iter());
        of_numbers.sort_unstable();
        of_numbers.dedup_by_key(|(shop, number, _)| (*shop, *number));
        let mut found = rows::by_ids(tx, &means.vault, &ids).await?;
        found.extend(rows::by_numbers(tx, &means.vault, &of_numbers).await?);
        let case = |kept: Kept| {
            let was = kept.verification.state;
            (kept.verification.id, Case { kept, sealed: None, was, is_changed: false })
        };
        let mut desk = Self {
            means,
            cases: found.into_iter().map(case).collect(),
            numbers: BTreeMap::new(),
            devices: BTreeMap::new(),
            addresses: BTreeMap::new(),
            days: BTreeMap::new(),
            breakers: BTreeMap::new(),
            messages: Vec::new(),
            approved: Vec::new(),
            strangers: Strangers::default(),
        };
        desk.read_records(tx, requests).await?;
        Ok(desk)
    }

    async fn read_records(&mut self, tx: &mut Tx, requests: &[Request]) -> Result<(), Fault> {
        let (mut numbers, mut devices, mut addresses) = (HashSet::new(), HashSet::new(), HashSet::new());
        let (mut days, mut parts) = (HashSet::new(), HashSet::new());
        for request in requests {
            let shop = request.cx.shop;
            let about = self.about(request);
            addresses.extend(request.address_key.map(|key| (shop, key, hour(request.now))));
            for (number, part) in about {
                devices.extend(request.visitor.device.map(|device| (shop, number, device)));
                numbers.insert((shop, number));
                days.insert((shop, request.now.day(), part.clone()));
                parts.insert((shop, part));
            }
        }
        macro_rules! load {
            ($slots:ident, $keys:expr, $read:path) => {{
                let keys = distinct($keys.into_iter());
                let found = $read(tx, &keys).await?;
                self.$slots = keys.into_iter().zip(found.into_iter().map(Slot::found)).collect();
            }};
        }
        load!(numbers, numbers, records::numbers);
        load!(devices, devices, records::devices);
        load!(addresses, addresses, records::addresses);
        load!(days, days, records::days);
        load!(breakers, parts, records::breakers);
        Ok(())
    }

    /// The numbers that a request is about, with their parts of the world.
    fn about(&self, request: &Request) -> Vec<(NumberKey, String)> {
        let of_case = |case: &Case| (case.kept.number_key, case.kept.part.clone());
        match &request.asked {
            Asked::Start { start, number_key, .. } => {
                vec![(*number_key, crate::verification::destination::part_of_world(start.number))]
            }
            Asked::Check { which: Target::Number(number_key), .. } => {
                let of_number = self.cases.values().filter(|case| case.kept.number_key == *number_key);
                of_number.take(1).map(of_case).collect()
            }
            Asked::Resend { id, .. } | Asked::End { id, .. } | Asked::Check { which: Target::Id(id), .. } => {
                self.cases.get(id).into_iter().map(of_case).collect()
            }
        }
    }

    pub fn number(&self, key: &records::OfNumber) -> Record {
        self.numbers.get(key).map(|slot| slot.value.clone()).unwrap_or_default()
    }

    pub fn device(&self, key: &records::OfDevice) -> Record {
        self.devices.get(key).map(|slot| slot.value.clone()).unwrap_or_default()
    }

    pub fn address(&self, request: &Request) -> AddressHour {
        let key = request.address_key.map(|key| (request.cx.shop, key, hour(request.now)));
        key.and_then(|key| self.addresses.get(&key)).map(|slot| slot.value).unwrap_or_default()
    }

    pub fn ledger(&self, shop: ShopId, part: &str, now: Timestamp) -> Ledger {
        let day = self.days.get(&(shop, now.day(), part.to_owned())).map(|slot| slot.value);
        let breaker = self.breakers.get(&(shop, part.to_owned())).map(|slot| slot.value);
        Ledger { day: day.unwrap_or_default(), breaker: breaker.unwrap_or_default() }
    }

    pub fn put_number(&mut self, key: records::OfNumber, record: Record) {
        put(&mut self.numbers, key, record);
    }

    pub fn put_device(&mut self, key: records::OfDevice, record: Record) {
        put(&mut self.devices, key, record);
    }

    pub fn put_address(&mut self, request: &Request, of_address: AddressHour) {
        if let Some(key) = request.address_key {
            put(&mut self.addresses, (request.cx.shop, key, hour(request.now)), of_address);
        }
    }

    pub fn put_ledger(&mut self, shop: ShopId, part: &str, now: Timestamp, ledger: Ledger) {
        put(&mut self.days, (shop, now.day(), part.to_owned()), ledger.day);
        put(&mut self.breakers, (shop, part.to_owned()), ledger.breaker);
    }

    /// Notes the message that carries a code. Whoever sends it asks for the code then.
    pub fn enqueue(&mut self, cx: &Context, verification: &Verification) {
        let reference = jobs::reference(verification.id, verification.channel);
        let content = Content::Composed { composer: COMPOSER, reference };
        let message = NewMessage {
            to: verification.number,
            channel: verification.channel,
            purpose: verification.purpose.of_message(),
            content,
            give_up_at: verification.expires_at,
        };
        self.messages.push((cx.clone(), message));
    }

    /// Writes what changed. Approved numbers confirm the tenure of their holder where there is one that they can only mean; strangers get an account, now or later.
    async fn write(
        mut self,
        tx: &mut Tx,
        requests: &[Request],
        mut answers: Vec<Answer>,
    ) -> Result<Served, Fault> {
        let unsettled = self.confirm(tx, &mut answers).await?;
        let is_new = |case: &&Case| case.sealed.is_some();
        let new: Vec<_> =
            self.cases.values().filter_map(|case| Some((&case.kept, case.sealed.as_ref()?))).collect();
        let changed: Vec<&Kept> = self
            .cases
            .values()
            .filter(|case| !is_new(case) && case.is_changed)
            .map(|case| &case.kept)
            .collect();
        rows::insert(tx, &new).await?;
        rows::update(tx, &changed).await?;
        records::put_numbers(tx, &changed_of(&self.numbers)).await?;
        // A device that never succeeded has nothing of its own, so nothing is kept of it.
        let mut devices = changed_of(&self.devices);
        devices.retain(|(_, record)| record.succeeded_at.is_some());
        records::put_devices(tx, &devices).await?;
        records::put_addresses(tx, &changed_of(&self.addresses)).await?;
        records::put_days(tx, &changed_of(&self.days)).await?;
        records::put_breakers(tx, &changed_of(&self.breakers)).await?;
        let asked = self.means.messages.enqueue_each(tx, &self.messages).await?;
        let to_send = (!self.messages.is_empty()).then_some(asked);
        webhooks::announce_each(tx, &self.ended(requests)).await?;
        Ok(Served { answers, to_send, unsettled })
    }

    /// What the shop's own programs are told: the verifications that ended in this turn.
    fn ended(&self, requests: &[Request]) -> Vec<webhooks::Happening> {
        let ended = self.cases.values().filter(|case| case.is_changed && case.was == State::Pending);
        let happening = |case: &Case| {
            let (shop, one) = (case.kept.shop, &case.kept.verification);
            let kind = match one.state {
                State::Approved => Kind::VerificationApproved,
                State::Vouched => Kind::VerificationVouched,
                State::Canceled => Kind::VerificationCanceled,
                State::UsedUp => Kind::VerificationUsedUp,
                State::Pending | State::Expired => return None,
            };
            let cx = requests.iter().find(|request| request.cx.shop == shop)?.cx.clone();
            let data = serde_json::json!({
                "verification": one.id,
                "number": one.number.mask(),
                "purpose": one.purpose.code(),
                "channel": one.channel.code(),
                "customer": one.customer,
            });
            Some(webhooks::Happening { cx, kind, data })
        };
        ended.filter_map(happening).collect()
    }

    /// Confirms the tenures of holders who can only be meant. Of the others it is noted what remains to be done.
    async fn confirm(&mut self, tx: &mut Tx, answers: &mut [Answer]) -> Result<Vec<Unsettled>, Fault> {
        let approved = std::mem::take(&mut self.approved);
        let mut asked = Vec::with_capacity(approved.len());
        for Approved { cx, id, is_known } in &approved {
            let kept = &self.cases[id].kept;
            let (number, customer) = (kept.number_key, kept.verification.customer);
            asked.push(Confirmation { shop: cx.shop, number, customer, is_known: *is_known, at: cx.now() });
        }
        let confirmed = self.means.customers.confirm_each(tx, &asked).await?;
        let (mut holders, mut strangers) = (Holders::new(), Vec::new());
        for (one, holder) in approved.iter().zip(confirmed) {
            let Some(case) = self.cases.get_mut(&one.id) else { continue };
            let verification = &mut case.kept.verification;
            match holder {
                Confirmed::Holder(holder) => {
                    let named = verification.customer.replace(holder).filter(|named| *named != holder);
                    case.kept.story.extend(named.map(|named| settle::of_whom(&one.cx, HOLDER_OTHER, named)));
                    holders.insert(one.id, Some(holder));
                }
                // Whoever changes their number settles its tenure by that; an account of its own would stand in the way.
                _ if verification.purpose == Purpose::NumberChange => {}
                Confirmed::Silent => {
                    let named = verification.customer.take();
                    case.kept.story.extend(named.map(|named| settle::of_whom(&one.cx, HOLDER_SILENT, named)));
                    holders.insert(one.id, None);
                }
                Confirmed::Nobody => {
                    strangers.push((one, settle::proof(&one.cx, verification, one.is_known)))
                }
            }
        }
        if let Strangers::Now { were_at_fault } = &self.strangers
            && tx.writes_alone()
        {
            let proofs: Vec<&Proof> = strangers.iter().map(|(_, proof)| proof).collect();
            let opened = self.means.customers.open_each(tx, &proofs).await;
            were_at_fault.store(opened.is_err(), Ordering::Relaxed);
            let mut opened = opened?.into_iter();
            strangers.retain(|(one, proof)| {
                let whose = opened.next().unwrap_or(Whose::Anothers);
                if let Some(case) = self.cases.get_mut(&one.id).filter(|_| whose.is_settled()) {
                    case.kept.verification.customer = whose.customer();
                    case.kept.story.extend(settle::not_theirs(&one.cx, proof.customer, whose));
                    holders.insert(one.id, whose.customer());
                }
                !whose.is_settled()
            });
        }
        answers.iter_mut().for_each(|answer| settle::tell(answer, &holders));
        note(tx, strangers).await
    }
}

/// Notes who remains to be settled, in one job for all of a shop.
async fn note(tx: &mut Tx, strangers: Vec<(&Approved, Proof)>) -> Result<Vec<Unsettled>, Fault> {
    let mut of_shops: BTreeMap<ShopId, Vec<(&Approved, Proof)>> = BTreeMap::new();
    for (one, proof) in strangers {
        of_shops.entry(one.cx.shop).or_default().push((one, proof));
    }
    let mut new = Vec::with_capacity(of_shops.len());
    for some in of_shops.values() {
        let (first, proof) = &some[0];
        let payload = jobs::of_proofs(some.iter().map(|(one, _)| one.id));
        let run_at = proof.at.plus_micros(LATER_MICROS);
        new.push(NewJob { cx: &first.cx, kind: PROOF_JOB, payload, run_at });
    }
    let jobs = ::jobs::enqueue_each(tx, &new).await?;
    let mut unsettled = Vec::new();
    for (some, job) in of_shops.into_values().zip(jobs) {
        let of_job = some.len();
        unsettled.extend(some.into_iter().map(|(one, proof)| Unsettled { id: one.id, proof, job, of_job }));
    }
    Ok(unsettled)
}

fn put<K: Ord, T: Clone + Default>(slots: &mut BTreeMap<K, Slot<T>>, key: K, value: T) {
    slots.entry(key).or_default().put(value);
}

fn changed_of<K, T>(slots: &BTreeMap<K, Slot<T>>) -> Vec<(&K, &T)> {
    slots.iter().filter(|(_, slot)| slot.is_changed).map(|(key, slot)| (key, &slot.value)).collect()
}

fn hour(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(HOUR)
}

/// The key of a device's record.
pub(super) fn of_device(shop: ShopId, number: NumberKey, device: Id<Device>) -> records::OfDevice {
    (shop, number, device)
}
