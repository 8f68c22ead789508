//! Bulk access to personas for imports: which are known, adding the new ones, marking what must be linked anew.

use base::{Fault, Id, ShopId};
use db::Tx;

use crate::{
    identity::{Keys, NewPersona},
    persona::Persona,
    rows::facts,
};

/// The facts side of customers, for whoever brings many records at once. Linking them is [`crate::Linker::relink_marked`].
#[derive(Clone, Copy, Debug)]
pub struct PersonaStore {
    pub shop: ShopId,
}

impl PersonaStore {
    /// Whether nobody is known yet: then nobody need be looked up.
    pub async fn is_empty(&self, tx: &mut Tx) -> Result<bool, Fault> {
        facts::is_empty(tx, self.shop).await
    }

    /// Ids of the personas that are known already, in the order of the keys.
    pub async fn known(&self, tx: &mut Tx, keys: &[Keys]) -> Result<Vec<Option<Id<Persona>>>, Fault> {
        let found = facts::known(tx, self.shop, keys.iter().map(|keys| (keys.anchor, keys.content))).await?;
        Ok(found.into_iter().map(|place| place.map(|(id, _)| id)).collect())
    }

    /// Adds personas; returns how many were not there. Fewer than asked means that somebody else was faster: look them up again.
    pub async fn add(&self, tx: &mut Tx, personas: &[NewPersona]) -> Result<u64, Fault> {
        facts::insert(tx, self.shop, personas).await
    }

    /// Marks anchors whose facts changed, each with a persona of its own.
    pub async fn mark(&self, tx: &mut Tx, anchors: &[(i64, Id<Persona>)]) -> Result<(), Fault> {
        facts::mark(tx, self.shop, anchors).await
    }

    /// Marks every anchor, so that the next pass derives every view anew.
    pub async fn mark_all(&self, tx: &mut Tx) -> Result<u64, Fault> {
        facts::mark_all(tx, self.shop).await
    }
}
