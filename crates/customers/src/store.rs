//! Bulk access to personas for imports: which are known, adding the new ones, marking what must be linked anew.

use base::{Fault, Id, ShopId};
use db::Tx;

use crate::{
    identity::{Keys, NewPersona},
    persona::Persona,
    rows::{facts, marks},
};

pub use crate::rows::facts::Place;

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

    /// Where the personas are kept that are known already, in the order of the keys.
    pub async fn known(&self, tx: &mut Tx, keys: &[Keys]) -> Result<Vec<Option<Place>>, Fault> {
        facts::known(tx, self.shop, keys.iter().map(|keys| (keys.anchor, keys.content))).await
    }

    /// Adds personas; returns those that somebody else had recorded meanwhile, in the same place: the id that was meant for each, and the one that it has.
    pub async fn add(
        &self,
        tx: &mut Tx,
        personas: &[NewPersona],
    ) -> Result<Vec<(Id<Persona>, Id<Persona>)>, Fault> {
        if facts::insert(tx, self.shop, personas).await? == personas.len() as u64 {
            return Ok(Vec::new());
        }
        let keys: Vec<Keys> = personas.iter().map(|new| new.keys).collect();
        let known = self.known(tx, &keys).await?;
        let ids = personas.iter().zip(known).filter_map(|(new, place)| Some((new.id, place?.0)));
        Ok(ids.filter(|(meant, id)| meant != id).collect())
    }

    /// Marks anchors whose facts changed, each with a persona of its own.
    pub async fn mark(&self, tx: &mut Tx, anchors: &[(i64, Id<Persona>)]) -> Result<(), Fault> {
        marks::mark(tx, self.shop, anchors).await
    }

    /// Marks every anchor, so that the next pass derives every view anew.
    pub async fn mark_all(&self, tx: &mut Tx) -> Result<u64, Fault> {
        marks::mark_all(tx, self.shop).await
    }
}
