//! Proofs of holding: somebody has just shown that a number is in their hands. A proof confirms the holder's tenure where only one can be meant, and opens an
//! account of its own where the number may have changed hands: a new holder never gets the old one's.

use base::{Context, Fault, Id, ShopId, Timestamp};
use db::Tx;
use numbering::PhoneNumber;

use super::{Customers, customer_of};
use crate::{
    identity::{Identity, current, number_key},
    persona::{Customer, Details, NumberKey},
    rows::proofs::{self, Holding},
};

/// A proof, to be confirmed within somebody's transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Confirmation {
    pub shop: ShopId,
    pub number: NumberKey,
    /// Whose proof it is to be, when that is known.
    pub customer: Option<Id<Customer>>,
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
/// Somebody who is named holds one of them or none. Else a tenure that was proven before goes before those that were only found by evidence; and what was silent for as
/// long as operators wait before they hand a number on proves nothing about who has it now.
fn meant(
    holdings: &[Holding],
    customer: Option<Id<Customer>>,
    at: Timestamp,
    silence_days: u32,
) -> Option<&Holding> {
    if let Some(customer) = customer {
        return holdings.iter().find(|holding| holding.customer == customer);
    }
    let is_live = |holding: &&Holding| {
        let last = holding.last_at.max(holding.last_verified_at.unwrap_or(Timestamp::MIN));
        at.days_since(last) <= f64::from(silence_days)
    };
    let proven: Vec<&Holding> = holdings.iter().filter(|holding| holding.last_verified_at.is_some()).collect();
    let only = match (proven.as_slice(), holdings) {
        ([one], _) => Some(*one),
        ([], [one]) => Some(one),
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
            .map(|(proof, holdings)| meant(holdings, proof.customer, proof.at, silence_days))
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

    /// Whose a proof of this moment is: the holder's, whose tenure it confirms, or that of an account opened for it. Asked again, it says the same.
    pub async fn prove(
        &self,
        cx: &Context,
        number: PhoneNumber,
        customer: Option<Id<Customer>>,
        at: Timestamp,
    ) -> Result<Proven, Fault> {
        let (this, cx, number) = (self.clone(), cx.clone(), current(number));
        self.linker.db.write(async move |tx| this.prove_in(tx, &cx, number, customer, at).await).await
    }

    async fn prove_in(
        &self,
        tx: &mut Tx,
        cx: &Context,
        number: PhoneNumber,
        customer: Option<Id<Customer>>,
        at: Timestamp,
    ) -> Result<Proven, Fault> {
        let key = number_key(&self.linker.vault.indexes(cx.shop), number);
        let proof = Confirmation { shop: cx.shop, number: key, customer, at };
        if let Some(customer) = self.confirm_each(tx, &[proof]).await?[0] {
            return Ok(Proven { customer, opened: false });
        }
        let customer = self.open_account(tx, cx, number, at).await?;
        Ok(Proven { customer, opened: true })
    }

    /// An account that has nothing but the number and the proof of it.
    async fn open_account(
        &self,
        tx: &mut Tx,
        cx: &Context,
        number: PhoneNumber,
        at: Timestamp,
    ) -> Result<Id<Customer>, Fault> {
        let identity = Identity { number: Some(number), details: Details::default() };
        let (persona, anchor, added) = self.ensure_persona(tx, cx, &identity).await?;
        if added {
            self.linker.relink(tx, cx.shop, cx.now(), &[anchor]).await?;
        }
        let customer = customer_of(tx, cx.shop, persona)
            .await?
            .ok_or_else(|| Fault::conflict("number_is_generic", "This number is used by very many people; a proof of it says nothing about who somebody is."))?;
        let key = number_key(&self.linker.vault.indexes(cx.shop), number);
        let holdings = proofs::holdings(tx, &[(cx.shop, key)]).await?;
        if let Some(holding) = holdings[0].iter().find(|holding| holding.customer == customer) {
            proofs::verify(tx, &[(cx.shop, key, holding, at)]).await?;
        }
        let details = serde_json::json!({ "created": added });
        self.audit(tx, cx, "customers.proven", customer, "the number was proven", details).await?;
        Ok(customer)
    }
}
