//! Announcing: the event and its deliveries, in the transaction in which it happens (the outbox).

use base::{Context, Fault};
use db::Tx;
use serde_json::Value;

use crate::{Event, Kind, rows::outbox};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Happening {
    pub cx: Context,
    pub kind: Kind,
    /// Identifiers, and numbers masked. Never a code, a text, a name or a number in full.
    pub data: Value,
}

/// Announces one event; nothing is written when nobody listens.
pub async fn announce(tx: &mut Tx, cx: &Context, kind: Kind, data: Value) -> Result<(), Fault> {
    announce_each(tx, &[Happening { cx: cx.clone(), kind, data }]).await
}

/// Announces many, with one statement for all of each table.
pub async fn announce_each(tx: &mut Tx, happened: &[Happening]) -> Result<(), Fault> {
    let mut shops: Vec<_> = happened.iter().map(|one| one.cx.shop).collect();
    shops.sort_unstable();
    shops.dedup();
    for shop in shops {
        let listening = outbox::listening(tx, shop).await?;
        if listening.is_empty() {
            continue;
        }
        let mut told: Vec<outbox::New> = Vec::new();
        for one in happened.iter().filter(|one| one.cx.shop == shop) {
            let to: Vec<_> = listening.iter().filter(|(_, kinds)| kinds.contains(&one.kind)).collect();
            if to.is_empty() {
                continue;
            }
            let event = event(one)?;
            let deliveries = to.into_iter().map(|(endpoint, _)| (one.cx.new_id(), *endpoint)).collect();
            told.push(outbox::New { event, deliveries });
        }
        outbox::insert(tx, shop, &told).await?;
    }
    Ok(())
}

pub(crate) fn event(one: &Happening) -> Result<Event, Fault> {
    let event = Event { id: one.cx.new_id(), kind: one.kind, at: one.cx.now(), data: one.data.clone() };
    if event.body().len() > Event::BYTES_MAX {
        return Err(Fault::internal(format!("an event of kind {} is too long to be told", one.kind)));
    }
    Ok(event)
}
