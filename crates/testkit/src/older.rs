//! A database as an older program left it: numbers were read by the numbering plans of then, so their keys are of spellings that nobody uses any
//! more. Today's program cannot write such a thing, because it brings every number up to date as it reads it; so the rows are made here, through the same stores.

use app::App;
use base::{Context, Fault, Id, IdSequence, Timestamp};
use customers::{
    Details, NumberKey, Persona, PersonaStore,
    identity::{self, Identity, Keys, NewPersona},
};
use history::{NewLine, NewOrder, OrderStore, Source};
use vault::ShopIndexes;

/// A record of then, and the orders that came in under it.
#[derive(Clone, Debug)]
pub struct OldRecord {
    /// As E.164 of then.
    pub number: String,
    pub details: Details,
    /// Id and time of each order.
    pub orders: Vec<(String, Timestamp)>,
}

/// The plans of then, as the records say it.
const PLAN_VERSION: &str = "8.9.0";

/// Writes records and orders as the older program did, and links them by its rules.
///
/// # Errors
/// When the database does not take them.
pub async fn write(app: &App, cx: &Context, records: Vec<OldRecord>) -> Result<(), Fault> {
    let indexes = app.vault.indexes(cx.shop);
    let (mut personas, mut orders, mut ids) = (Vec::new(), Vec::new(), IdSequence::default());
    for record in records {
        let id: Id<Persona> = ids.next(cx.now(), &mut rand::rng());
        let (keys, encoded) = keys(&indexes, &record);
        let identity = Identity { number: None, details: record.details };
        let sealed =
            NewPersona::seal(&app.vault, &indexes, (&identity, keys, encoded.as_slice()), id, cx.now());
        personas.push(NewPersona { plan_version: PLAN_VERSION.into(), ..sealed });
        orders.extend(record.orders.into_iter().map(|(order_id, ordered_at)| NewOrder {
            order_id: order_id.into(),
            anchor: keys.anchor,
            persona: id,
            has_number: true,
            ordered_at,
            currency: None,
            total: None,
            status: None,
            store: None,
            lines: vec![NewLine::default()],
        }));
    }
    let (store, import) = (PersonaStore { shop: cx.shop }, cx.new_id::<()>().uuid());
    let history = OrderStore { shop: cx.shop, source: Source::Online, import };
    app.db
        .write_bulk(async move |tx| {
            if !store.add(tx, &personas).await?.is_empty() {
                return Err(Fault::internal("two of the records are one"));
            }
            history.record(tx, &orders).await?;
            let mut anchors: Vec<_> = personas.iter().map(|new| (new.keys.anchor, new.id)).collect();
            anchors.sort_unstable();
            anchors.dedup_by_key(|(anchor, _)| *anchor);
            store.mark(tx, &anchors).await
        })
        .await?;
    app.customers.linker().relink_marked(cx, None, |_, _| ()).await?;
    Ok(())
}

/// What the record is known by, and what is sealed of it: the number stands in both as it was read then.
fn keys(indexes: &ShopIndexes, record: &OldRecord) -> (Keys, Vec<u8>) {
    let (mut encoded, mut rest) = (record.number.clone().into_bytes(), Vec::new());
    Identity { number: None, details: record.details.clone() }.encode(&mut rest);
    encoded.extend(rest);
    let number = NumberKey(indexes.number.of(record.number.as_bytes()));
    let details = &record.details;
    let keys = Keys {
        content: indexes.persona.of(&encoded),
        anchor: vault::anchor_of(&number.0),
        number: Some(number),
        email: details.email.as_deref().and_then(|email| identity::email_key(indexes, email)),
        loyalty: details.loyalty_id.as_deref().and_then(|id| identity::loyalty_key(indexes, id)),
    };
    (keys, encoded)
}
