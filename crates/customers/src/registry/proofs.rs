//! Proofs of holding: somebody has just shown that a number is in their hands. A proof confirms the holder's tenure where only one can be meant, and opens an
//! account of its own where the number may have changed hands: a new holder never gets the old one's.

use std::collections::BTreeMap;

use base::{Context, Fault, Id, ShopId, Timestamp};
use db::{
    Tx,
    audit::{self, Entry},
};
use jobs::lease;
use numbering::PhoneNumber;

use super::{Customers, LEASE};
use crate::{
    identity::{Identity, NewPersona, current, number_key},
    linking::Moved,
    persona::{Customer, Details, NumberKey, Persona},
    relinking::{ProvenRecord, Settled},
    rows::{
        facts, marks,
        proofs::{self, Holding},
    },
};

/// Why a record is split off from the holder that evidence alone would give it.
const NEW_HOLDER: &str = "the number was proven by somebody who may be a new holder";

/// A proof, to be confirmed within somebody's transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Confirmation {
    pub shop: ShopId,
    pub number: NumberKey,
    /// Whose proof it is to be, when that is known.
    pub customer: Option<Id<Customer>>,
    /// Whether something beside the number says that it is the same person as before, such as a device that is known.
    pub is_known: bool,
    pub at: Timestamp,
}

/// A proof whose holder is to be settled, whoever that is.
#[derive(Clone, Debug)]
pub struct Proof {
    pub cx: Context,
    pub number: PhoneNumber,
    /// Whose it is to be, when that is known.
    pub customer: Option<Id<Customer>>,
    /// Whether something beside the number says that it is the same person as before.
    pub is_known: bool,
    pub at: Timestamp,
}

/// What a proof says of those who are known to hold its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Confirmed<H = Id<Customer>> {
    /// It can only be theirs: their tenure is verified now.
    Holder(H),
    /// It was to be that of somebody who holds the number as far as is known; but nothing was heard of them for as long as operators wait before they hand a number on.
    Silent,
    Nobody,
}

/// Whose a proof is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// That of a customer who held the number before, or whose account was opened for it.
    Theirs(Id<Customer>),
    /// That of an account which was opened for another proof of the same number; ask again to hear whether it is meant.
    Anothers,
    /// The number is used by very many people, and says nothing about who somebody is.
    Nobodys,
    /// It was to be that of a customer of whom nothing was heard for long, so that the number may have changed hands. Nothing is confirmed, and nothing opened.
    Silents,
    /// Orders of the number are being brought in, and whose they are is not known until they are all there.
    Arriving,
}

impl Whose {
    /// Whether it is settled: else it is to be asked again.
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Anothers | Self::Arriving)
    }

    pub const fn customer(self) -> Option<Id<Customer>> {
        match self {
            Self::Theirs(customer) => Some(customer),
            Self::Anothers | Self::Nobodys | Self::Silents | Self::Arriving => None,
        }
    }
}

/// Which of the current tenures of a number a proof is of, if it can only be one.
///
/// Somebody who is named holds one of them or none. Else a tenure that was proven before goes before those that were only found by evidence, and of several the one
/// that was proven last: whoever comes back comes back to it, and opens no further account. What was silent for as long as operators wait before they hand a number on
/// says nothing about who has it now, unless something else does.
fn meant<'h>(holdings: &'h [Holding], proof: &Confirmation, silence_days: u32) -> Confirmed<&'h Holding> {
    let is_live = |holding: &&Holding| {
        let last = holding.last_at.max(holding.last_verified_at.unwrap_or(Timestamp::MIN));
        proof.is_known || proof.at.days_since(last) <= f64::from(silence_days)
    };
    let proven = holdings.iter().filter(|holding| holding.last_verified_at.is_some());
    let last_proven = proven.max_by_key(|holding| holding.last_verified_at);
    let only = match (proof.customer, last_proven, holdings) {
        (Some(customer), ..) => holdings.iter().find(|holding| holding.customer == customer),
        (None, Some(last), _) => Some(last),
        (None, None, [one]) => Some(one),
        _ => None,
    };
    match only {
        Some(holding) if is_live(&holding) => Confirmed::Holder(holding),
        Some(_) if proof.customer.is_some() => Confirmed::Silent,
        _ => Confirmed::Nobody,
    }
}

impl Customers {
    /// Confirms proofs in the caller's transaction, by a few statements for all: the tenure that each can only mean is verified now. Where it means nobody,
    /// [`Customers::prove`] does what is right.
    pub async fn confirm_each(&self, tx: &mut Tx, proofs: &[Confirmation]) -> Result<Vec<Confirmed>, Fault> {
        let asked: Vec<(ShopId, NumberKey)> = proofs.iter().map(|proof| (proof.shop, proof.number)).collect();
        let holdings = proofs::holdings(tx, &asked).await?;
        let silence_days = self.linker.rules.silence_days;
        let of_each = proofs.iter().zip(&holdings);
        let meant: Vec<Confirmed<&Holding>> =
            of_each.map(|(proof, holdings)| meant(holdings, proof, silence_days)).collect();
        let mut verified: Vec<(ShopId, NumberKey, &Holding, Timestamp)> = proofs
            .iter()
            .zip(&meant)
            .filter_map(|(proof, meant)| match meant {
                Confirmed::Holder(holding) => Some((proof.shop, proof.number, *holding, proof.at)),
                Confirmed::Silent | Confirmed::Nobody => None,
            })
            .collect();
        verified.sort_by_key(|(shop, number, holding, at)| (*shop, *number, holding.customer, *at));
        verified.dedup_by_key(|(shop, number, holding, _)| (*shop, *number, holding.customer));
        let changed = proofs::verify(tx, &verified).await?;
        if changed < verified.len() as u64 {
            // Somebody is linking these numbers anew at this moment; each is settled on its own, later.
            return Ok(vec![Confirmed::Nobody; proofs.len()]);
        }
        let confirmed = |meant: Confirmed<&Holding>| match meant {
            Confirmed::Holder(holding) => Confirmed::Holder(holding.customer),
            Confirmed::Silent => Confirmed::Silent,
            Confirmed::Nobody => Confirmed::Nobody,
        };
        Ok(meant.into_iter().map(confirmed).collect())
    }

    /// Whose a proof of this moment is: the holder's, whose tenure it confirms, or that of an account opened for it. `is_known` says whether something beside the
    /// number tells that it is the same person as before. Asked again, it says the same.
    pub async fn prove(
        &self,
        cx: &Context,
        number: PhoneNumber,
        customer: Option<Id<Customer>>,
        is_known: bool,
        at: Timestamp,
    ) -> Result<Id<Customer>, Fault> {
        let proof = Proof { cx: cx.clone(), number, customer, is_known, at };
        let mut whose = self.prove_one(proof.clone()).await?;
        if whose == Whose::Arriving && self.settle_what_was_left(cx).await? {
            whose = self.prove_one(proof).await?;
        }
        match whose {
            Whose::Silents => Err(holder_silent()),
            Whose::Arriving => Err(arriving()),
            whose => whose.customer().ok_or_else(generic),
        }
    }

    async fn prove_one(&self, proof: Proof) -> Result<Whose, Fault> {
        let this = self.clone();
        let proved = async move |tx: &mut Tx| Ok(this.prove_each(tx, std::slice::from_ref(&proof)).await?[0]);
        self.linker.db.write(proved).await
    }

    /// Puts in place what an import left behind that was cut short, if none is running. Whether there was nobody who does so.
    async fn settle_what_was_left(&self, cx: &Context) -> Result<bool, Fault> {
        let Some(held) = lease::take(&self.linker.db, cx, LEASE).await? else { return Ok(false) };
        let settled = self.linker.dates.settle(&self.linker.db, cx, Some(&held)).await;
        held.release(&self.linker.db).await?;
        settled.map(|()| true)
    }

    /// Whose proofs are, as [`Customers::prove`] says of one, in the caller's transaction: that of a [`db::Db::write`], because a holder who is being linked at this
    /// moment would else be taken for a stranger.
    pub async fn prove_each(&self, tx: &mut Tx, proofs: &[Proof]) -> Result<Vec<Whose>, Fault> {
        let asked: Vec<Confirmation> = proofs.iter().map(|proof| self.confirmation(proof)).collect();
        let confirmed = self.confirm_each(tx, &asked).await?;
        let of_each = proofs.iter().zip(&confirmed);
        let strangers: Vec<&Proof> =
            of_each.filter(|(_, found)| **found == Confirmed::Nobody).map(|(proof, _)| proof).collect();
        let mut of_strangers = self.open_each(tx, &strangers).await?.into_iter();
        let whose = |found| match found {
            Confirmed::Holder(customer) => Whose::Theirs(customer),
            Confirmed::Silent => Whose::Silents,
            Confirmed::Nobody => of_strangers.next().unwrap_or(Whose::Anothers),
        };
        Ok(confirmed.into_iter().map(whose).collect())
    }

    /// Opens accounts for proofs that [`Customers::confirm_each`] has just found nobody for, in the same transaction.
    pub async fn open_each(&self, tx: &mut Tx, strangers: &[&Proof]) -> Result<Vec<Whose>, Fault> {
        let mut first: BTreeMap<ShopId, BTreeMap<NumberKey, usize>> = BTreeMap::new();
        for (at, proof) in strangers.iter().enumerate() {
            first.entry(proof.cx.shop).or_default().entry(self.confirmation(proof).number).or_insert(at);
        }
        let mut all = vec![Whose::Anothers; strangers.len()];
        for (shop, mut of_shop) in first {
            let of_number = of_shop.iter().map(|(number, at)| (*number, strangers[*at])).collect();
            for (number, whose) in self.link_waiting(tx, shop, of_number).await? {
                if let Some(at) = of_shop.remove(&number) {
                    all[at] = whose;
                }
            }
            let new: Vec<Newcomer<'_>> =
                of_shop.iter().map(|(number, at)| self.newcomer(strangers[*at], *number)).collect();
            let opened = self.open_accounts(tx, shop, &new).await?;
            for (at, customer) in of_shop.into_values().zip(opened) {
                all[at] = customer.map_or(Whose::Nobodys, Whose::Theirs);
            }
        }
        Ok(all)
    }

    /// Links records of these numbers that still wait for it, as those of an import that is not done, and says whose the proofs are then, of those that are somebody's.
    async fn link_waiting(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        of_number: BTreeMap<NumberKey, &Proof>,
    ) -> Result<Vec<(NumberKey, Whose)>, Fault> {
        let anchors: Vec<i64> = of_number.keys().map(|number| vault::anchor_of(&number.0)).collect();
        let waiting: Vec<i64> =
            marks::marks(tx, shop, &anchors).await?.into_iter().map(|(anchor, _)| anchor).collect();
        let Some(first) = of_number.values().next().filter(|_| !waiting.is_empty()) else {
            return Ok(Vec::new());
        };
        // What linking would make of records whose orders are not found yet: people who bought something today.
        if self.linker.dates.any_unplaced(tx, shop).await? {
            let numbers =
                of_number.into_keys().filter(|number| waiting.contains(&vault::anchor_of(&number.0)));
            return Ok(numbers.map(|number| (number, Whose::Arriving)).collect());
        }
        marks::mark_again(tx, shop, &waiting).await?;
        self.linker.relink(tx, shop, first.cx.now(), &waiting).await?;
        let asked: Vec<Confirmation> = of_number
            .iter()
            .filter(|(number, _)| waiting.contains(&vault::anchor_of(&number.0)))
            .map(|(_, proof)| self.confirmation(proof))
            .collect();
        let confirmed = self.confirm_each(tx, &asked).await?;
        let whose = |(one, found): (&Confirmation, Confirmed)| match found {
            Confirmed::Holder(customer) => Some((one.number, Whose::Theirs(customer))),
            Confirmed::Silent => Some((one.number, Whose::Silents)),
            Confirmed::Nobody => None,
        };
        Ok(asked.iter().zip(confirmed).filter_map(whose).collect())
    }

    fn confirmation(&self, proof: &Proof) -> Confirmation {
        let number = number_key(&self.linker.vault.indexes(proof.cx.shop), current(proof.number));
        let (customer, is_known) = (proof.customer, proof.is_known);
        Confirmation { shop: proof.cx.shop, number, customer, is_known, at: proof.at }
    }

    /// Accounts that have nothing but the number and the proof of it, for newcomers with different numbers; `None` where the number is everybody's. Whoever held a number
    /// before keeps everything else: what evidence alone would give the newcomer is split off, which staff may undo.
    async fn open_accounts(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        newcomers: &[Newcomer<'_>],
    ) -> Result<Vec<Option<Id<Customer>>>, Fault> {
        let Some(first) = newcomers.first() else { return Ok(Vec::new()) };
        facts::insert(tx, shop, newcomers.iter().map(|one| &one.record)).await?;
        let proven: Vec<ProvenRecord> = newcomers.iter().map(Newcomer::proven).collect();
        let settled = self.linker.relink_proven(tx, shop, first.proof.cx.now(), &proven).await?;
        let mut opened = Vec::with_capacity(newcomers.len());
        let mut nobodys = Vec::new();
        for (one, settled) in newcomers.iter().zip(settled) {
            let customer = match settled {
                Settled::Alone(customer) => Some(customer),
                Settled::With(customer) => Some(self.split_off(tx, one, customer).await?),
                Settled::Nobody => {
                    nobodys.push((one.record.id, one.record.keys.anchor));
                    None
                }
            };
            opened.push(customer);
        }
        // Of a number that is everybody's nothing is kept: nobody could be told apart by it, nor find it again to have it erased.
        facts::take_back(tx, shop, &nobodys).await?;
        self.note_opened(tx, shop, newcomers, &opened).await?;
        Ok(opened)
    }

    /// A record of the proof alone. Nobody else's is like it, so it can be told apart for ever.
    fn newcomer<'p>(&self, proof: &'p Proof, number: NumberKey) -> Newcomer<'p> {
        let own = format!("proof:{}", proof.cx.new_id::<Persona>());
        let details = Details { device_id: Some(own), ..Details::default() };
        let identity = Identity { number: Some(current(proof.number)), details };
        Newcomer { proof, number, record: self.new_persona(&proof.cx, &identity) }
    }

    /// Splits a newcomer's record from the customer that evidence alone gave it, and notes that its tenure is proven.
    async fn split_off(
        &self,
        tx: &mut Tx,
        one: &Newcomer<'_>,
        customer: Id<Customer>,
    ) -> Result<Id<Customer>, Fault> {
        let (cx, number) = (&one.proof.cx, one.number);
        let moved = vec![Moved { persona: one.record.id, from: None, until: None }];
        let customer = self.split_in(tx, cx, customer, moved, NEW_HOLDER).await?.1;
        let holdings = proofs::holdings(tx, &[(cx.shop, number)]).await?;
        let own = holdings.iter().flatten().find(|holding| holding.customer == customer);
        let verified: Vec<_> = own.map(|own| (cx.shop, number, own, one.proof.at)).into_iter().collect();
        proofs::verify(tx, &verified).await?;
        Ok(customer)
    }

    /// Notes how accounts just opened came about.
    async fn note_opened(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        newcomers: &[Newcomer<'_>],
        opened: &[Option<Id<Customer>>],
    ) -> Result<(), Fault> {
        let entry = |customer: Id<Customer>| Entry {
            action: "customers.proven",
            subject: audit::subject("customer", customer),
            customer: Some(customer.uuid()),
            reason: "the number was proven",
            details: serde_json::json!({ "created": true }),
        };
        let of_each = newcomers.iter().zip(opened);
        let entries: Vec<(&Context, Entry<'_>)> =
            of_each.filter_map(|(one, customer)| Some((&one.proof.cx, entry((*customer)?)))).collect();
        audit::append_each(tx, shop, &self.linker.vault.indexes(shop), &entries).await?;
        Ok(())
    }
}

/// Somebody who has proven a number that nobody they can be is known to hold, and the record that is made of it.
struct Newcomer<'p> {
    proof: &'p Proof,
    number: NumberKey,
    record: NewPersona,
}

impl Newcomer<'_> {
    fn proven(&self) -> ProvenRecord {
        let NewPersona { id, keys, .. } = &self.record;
        ProvenRecord { persona: *id, anchor: keys.anchor, number: self.number, at: self.proof.at }
    }
}

fn generic() -> Fault {
    let message =
        "This number is used by very many people; a proof of it says nothing about who somebody is.";
    Fault::conflict("number_is_generic", message).field("number")
}

/// Whose number it is will be known when an import is done.
fn arriving() -> Fault {
    let message = "Orders of this number are being brought in; whose it is will be known in a moment.";
    Fault::unavailable("orders_arriving", message)
}

/// Whose number it is cannot be said, because nothing was heard of the holder for long.
pub fn holder_silent() -> Fault {
    let message = "Nothing was heard of this customer for long, and their number may have changed hands: the proof says that somebody holds it, not that it is they.";
    Fault::conflict("holder_silent", message).field("customer")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_micros(day * Timestamp::DAY)
    }

    fn id(of: u128) -> Id<Customer> {
        Id::from_uuid(uuid::Uuid::from_u128(of))
    }

    /// Customer 1, 2 …, last alive and last proven on these days.
    fn holding(customer: u128, last: i64, verified: Option<i64>) -> Holding {
        Holding { customer: id(customer), from: at(0), last_at: at(last), last_verified_at: verified.map(at) }
    }

    #[test]
    fn whose_a_proof_is() {
        let proof = |customer: Option<u128>, is_known| Confirmation {
            shop: ShopId::from_uuid(uuid::Uuid::nil()),
            number: NumberKey([0; 32]),
            customer: customer.map(id),
            is_known,
            at: at(1_000),
        };
        let (live, silent) = (holding(1, 990, None), holding(1, 900, None));
        let household = [holding(1, 990, None), holding(2, 995, None)];
        let one_proven = [holding(1, 990, None), holding(2, 100, Some(980))];
        let both_proven = [holding(1, 995, Some(991)), holding(2, 995, Some(990))];
        let both_silent = [holding(1, 900, Some(890)), holding(2, 900, Some(891))];
        for (what, holdings, proof, expected) in [
            ("nobody known", &[][..], proof(None, false), None),
            ("the only one", &[live][..], proof(None, false), Some(1)),
            ("silent for a hundred days", &[silent][..], proof(None, false), None),
            ("silent, on a known device", &[silent][..], proof(None, true), Some(1)),
            ("a household", &household[..], proof(None, false), None),
            ("a household, one named", &household[..], proof(Some(2), false), Some(2)),
            ("somebody who does not hold it", &household[..], proof(Some(3), false), None),
            ("named and silent, on a known device", &[silent][..], proof(Some(1), true), Some(1)),
            ("the proven one of two", &one_proven[..], proof(None, false), Some(2)),
            ("the one proven last of two", &both_proven[..], proof(None, false), Some(1)),
            ("two proven ones, both silent", &both_silent[..], proof(None, false), None),
            ("two proven ones, both silent, on a known device", &both_silent[..], proof(None, true), Some(2)),
        ] {
            let found = match meant(holdings, &proof, 45) {
                Confirmed::Holder(holding) => Some(holding.customer),
                Confirmed::Nobody => None,
                Confirmed::Silent => panic!("{what}"),
            };
            assert_eq!(found, expected.map(id), "{what}");
        }
        assert_eq!(meant(&[silent], &proof(Some(1), false), 45), Confirmed::Silent, "named, but silent");
    }
}
