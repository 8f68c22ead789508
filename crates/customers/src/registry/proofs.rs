//! Proofs of holding: somebody has just shown that a number is in their hands. A proof confirms the holder's tenure where only one can be meant, and opens an
//! account of its own where the number may have changed hands: a new holder never gets the old one's.

use std::collections::{BTreeMap, HashMap, HashSet};

use base::{Context, Fault, Id, ShopId, Timestamp};
use db::{
    Tx,
    audit::{self, Entry},
};
use numbering::PhoneNumber;

use super::Customers;
use crate::{
    identity::{Identity, NewPersona, current, number_key},
    linking::Moved,
    persona::{Customer, Details, NumberKey, Persona},
    rows::{
        facts,
        proofs::{self, Holding},
        views,
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

/// Whose a proof is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proven {
    pub customer: Id<Customer>,
    /// Whether an account was opened for it.
    pub opened: bool,
}

/// Which of the current tenures of a number a proof is of, if it can only be one.
///
/// Somebody who is named holds one of them or none. Else a tenure that was proven before goes before those that were only found by evidence, and of several the one
/// that was proven last: whoever comes back comes back to it, and opens no further account. What was silent for as long as operators wait before they hand a number on
/// says nothing about who has it now, unless something else does.
fn meant<'h>(holdings: &'h [Holding], proof: &Confirmation, silence_days: u32) -> Option<&'h Holding> {
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
    only.filter(is_live)
}

impl Customers {
    /// Confirms proofs in the caller's transaction, by a few statements for all: the tenure that each can only mean is verified now. `None` where that cannot
    /// be said; [`Customers::prove`] then does what is right.
    pub async fn confirm_each(
        &self,
        tx: &mut Tx,
        proofs: &[Confirmation],
    ) -> Result<Vec<Option<Id<Customer>>>, Fault> {
        let asked: Vec<(ShopId, NumberKey)> = proofs.iter().map(|proof| (proof.shop, proof.number)).collect();
        let holdings = proofs::holdings(tx, &asked).await?;
        let silence_days = self.linker.rules.silence_days;
        let meant: Vec<Option<&Holding>> = proofs
            .iter()
            .zip(&holdings)
            .map(|(proof, holdings)| meant(holdings, proof, silence_days))
            .collect();
        let mut verified: Vec<(ShopId, NumberKey, &Holding, Timestamp)> = proofs
            .iter()
            .zip(&meant)
            .filter_map(|(proof, holding)| Some((proof.shop, proof.number, (*holding)?, proof.at)))
            .collect();
        verified.sort_by_key(|(shop, number, holding, at)| (*shop, *number, holding.customer, *at));
        verified.dedup_by_key(|(shop, number, holding, _)| (*shop, *number, holding.customer));
        let changed = proofs::verify(tx, &verified).await?;
        if changed < verified.len() as u64 {
            // Somebody is linking these numbers anew at this moment; each is settled on its own, later.
            return Ok(vec![None; proofs.len()]);
        }
        Ok(meant.into_iter().map(|holding| holding.map(|holding| holding.customer)).collect())
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
    ) -> Result<Proven, Fault> {
        let proof = Proof { cx: cx.clone(), number, customer, is_known, at };
        let this = self.clone();
        self.linker
            .db
            .write(async move |tx| {
                this.prove_each(tx, std::slice::from_ref(&proof)).await?[0].ok_or_else(generic)
            })
            .await
    }

    /// Whose proofs are, as [`Customers::prove`] says of one, in the caller's transaction: that of a [`db::Db::write`], because a holder who is being linked at this
    /// moment would else be taken for a stranger. `None` where a number says nothing about who somebody is, and for all but one of several strangers with the
    /// same number.
    pub async fn prove_each(&self, tx: &mut Tx, proofs: &[Proof]) -> Result<Vec<Option<Proven>>, Fault> {
        let asked: Vec<Confirmation> = proofs.iter().map(|proof| self.confirmation(proof)).collect();
        let confirmed = self.confirm_each(tx, &asked).await?;
        let known = |customer| Proven { customer, opened: false };
        let mut proven: Vec<Option<Proven>> = confirmed.into_iter().map(|found| found.map(known)).collect();
        let mut strangers: BTreeMap<ShopId, BTreeMap<NumberKey, usize>> = BTreeMap::new();
        for (at, one) in asked.iter().enumerate().filter(|(at, _)| proven[*at].is_none()) {
            strangers.entry(one.shop).or_default().entry(one.number).or_insert(at);
        }
        for (shop, of_shop) in strangers {
            let new: Vec<&Proof> = of_shop.values().map(|at| &proofs[*at]).collect();
            let opened = self.open_accounts(tx, shop, &new).await?;
            for (at, customer) in of_shop.into_values().zip(opened) {
                proven[at] = customer.map(|customer| Proven { customer, opened: true });
            }
        }
        Ok(proven)
    }

    fn confirmation(&self, proof: &Proof) -> Confirmation {
        let number = number_key(&self.linker.vault.indexes(proof.cx.shop), current(proof.number));
        let (customer, is_known) = (proof.customer, proof.is_known);
        Confirmation { shop: proof.cx.shop, number, customer, is_known, at: proof.at }
    }

    /// Accounts that have nothing but the number and the proof of it, for proofs of different numbers; `None` where the number is everybody's. Whoever held a number
    /// before keeps everything else: what evidence alone would give the newcomer is split off, which staff may undo.
    async fn open_accounts(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        proofs: &[&Proof],
    ) -> Result<Vec<Option<Id<Customer>>>, Fault> {
        let Some(first) = proofs.first() else { return Ok(Vec::new()) };
        let new: Vec<NewPersona> = proofs.iter().map(|proof| self.newcomer(proof)).collect();
        facts::insert(tx, shop, &new).await?;
        let anchors: Vec<i64> = new.iter().map(|persona| persona.keys.anchor).collect();
        self.linker.relink(tx, shop, first.cx.now(), &anchors).await?;

        let personas: Vec<Id<Persona>> = new.iter().map(|persona| persona.id).collect();
        let mut links = views::links_of(tx, shop, &personas).await?;
        links.sort_by_key(|(link, _)| link.from);
        let mut customer_of: HashMap<Id<Persona>, Id<Customer>> =
            links.iter().map(|(link, _)| (link.persona, link.customer)).collect();
        let theirs: Vec<Id<Customer>> = customer_of.values().copied().collect();
        let crowded: HashSet<Id<Customer>> = views::links_of_customers(tx, shop, &theirs)
            .await?
            .into_iter()
            .filter(|link| customer_of.get(&link.persona) != Some(&link.customer))
            .map(|link| link.customer)
            .collect();
        for (proof, persona) in proofs.iter().zip(&personas) {
            let Some(customer) = customer_of.get_mut(persona).filter(|one| crowded.contains(one)) else {
                continue;
            };
            let moved = vec![Moved { persona: *persona, from: None, until: None }];
            *customer = self.split_in(tx, &proof.cx, *customer, moved, NEW_HOLDER).await?.1;
        }
        let opened: Vec<Option<Id<Customer>>> =
            personas.iter().map(|persona| customer_of.get(persona).copied()).collect();
        // Of a number that is everybody's nothing is kept: nobody could be told apart by it, nor find it again to have it erased.
        let nobodys: Vec<(Id<Persona>, i64)> = new
            .iter()
            .zip(&opened)
            .filter(|(_, customer)| customer.is_none())
            .map(|(persona, _)| (persona.id, persona.keys.anchor))
            .collect();
        facts::take_back(tx, shop, &nobodys).await?;
        self.note_opened(tx, shop, proofs, &opened).await?;
        Ok(opened)
    }

    /// A record of the proof alone. Nobody else's is like it, so it can be told apart for ever.
    fn newcomer(&self, proof: &Proof) -> NewPersona {
        let own = format!("proof:{}", proof.cx.new_id::<Persona>());
        let details = Details { device_id: Some(own), ..Details::default() };
        self.new_persona(&proof.cx, &Identity { number: Some(current(proof.number)), details })
    }

    /// Notes that the tenures of accounts just opened are proven, and how they came about.
    async fn note_opened(
        &self,
        tx: &mut Tx,
        shop: ShopId,
        proofs: &[&Proof],
        opened: &[Option<Id<Customer>>],
    ) -> Result<(), Fault> {
        let of: Vec<(&Proof, Id<Customer>)> =
            proofs.iter().zip(opened).filter_map(|(proof, customer)| Some((*proof, (*customer)?))).collect();
        let numbers: Vec<(ShopId, NumberKey)> =
            of.iter().map(|(proof, _)| (shop, self.confirmation(proof).number)).collect();
        let holdings = proofs::holdings(tx, &numbers).await?;
        let mut verified = Vec::with_capacity(of.len());
        for (((proof, customer), (_, number)), holdings) in of.iter().zip(&numbers).zip(&holdings) {
            let own = holdings.iter().find(|holding| holding.customer == *customer);
            verified.extend(own.map(|holding| (shop, *number, holding, proof.at)));
        }
        proofs::verify(tx, &verified).await?;
        let entry = |customer: Id<Customer>| Entry {
            action: "customers.proven",
            subject: audit::subject("customer", customer),
            customer: Some(customer.uuid()),
            reason: "the number was proven",
            details: serde_json::json!({ "created": true }),
        };
        let entries: Vec<(&Context, Entry<'_>)> =
            of.iter().map(|(proof, customer)| (&proof.cx, entry(*customer))).collect();
        audit::append_each(tx, shop, &self.linker.vault.indexes(shop), &entries).await?;
        Ok(())
    }
}

fn generic() -> Fault {
    let message =
        "This number is used by very many people; a proof of it says nothing about who somebody is.";
    Fault::conflict("number_is_generic", message).field("number")
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
            ("named, but silent", &[silent][..], proof(Some(1), false), None),
            ("the proven one of two", &one_proven[..], proof(None, false), Some(2)),
            ("the one proven last of two", &both_proven[..], proof(None, false), Some(1)),
            ("two proven ones, both silent", &both_silent[..], proof(None, false), None),
            ("two proven ones, both silent, on a known device", &both_silent[..], proof(None, true), Some(2)),
        ] {
            let found = meant(holdings, &proof, 45).map(|holding| holding.customer);
            assert_eq!(found, expected.map(id), "{what}");
        }
    }
}
