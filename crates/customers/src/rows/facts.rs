//! Personas, acts, and the list of what is not linked yet.

use std::collections::HashMap;

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, Row, Sql, Tx, Value, params, sql};

use crate::{
    Recorded,
    identity::NewPersona,
    linking::{Act, ActKind},
    persona::{NumberKey, Persona},
};

/// A persona as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub anchor: i64,
    pub id: Id<Persona>,
    /// The number as its plan writes it now: see [`super::rereadings`].
    pub number: Option<NumberKey>,
    pub email: Option<[u8; 32]>,
    pub loyalty: Option<[u8; 32]>,
    /// `None` after erasure.
    pub wrapped_key: Option<Vec<u8>>,
    pub details: Vec<u8>,
    pub recorded_at: Timestamp,
    /// The number as it was read when the persona was recorded.
    pub number_then: Option<NumberKey>,
}

impl Stored {
    /// Both keys, when the number is written otherwise today.
    pub fn renumbered(&self) -> Option<(NumberKey, NumberKey)> {
        self.number_then.zip(self.number).filter(|(then, now)| then != now)
    }
}

/// The columns of [`Stored`] of a persona `p`, its number as it was read last.
macro_rules! select_stored {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT p.anchor, p.id,
                    COALESCE((SELECT r.current_key FROM rereadings r WHERE r.shop_id = p.shop_id AND r.anchor = p.anchor AND r.persona_id = p.id
                              ORDER BY r.recorded_at DESC LIMIT 1), p.number_key),
                    p.email_key, p.loyalty_key, p.wrapped_key, p.details, p.recorded_at, p.number_key ",
            $rest
        ))
    };
}

pub(super) fn stored(row: &Row) -> Result<Stored, db::DbError> {
    Ok(Stored {
        anchor: row.get(0)?,
        id: row.get(1)?,
        number: row.get::<Option<[u8; 32]>>(2)?.map(NumberKey),
        email: row.get(3)?,
        loyalty: row.get(4)?,
        wrapped_key: row.get(5)?,
        details: row.get(6)?,
        recorded_at: row.get(7)?,
        number_then: row.get::<Option<[u8; 32]>>(8)?.map(NumberKey),
    })
}

/// The personas of these anchors.
pub(crate) async fn by_anchors(tx: &mut Tx, shop: ShopId, anchors: &[i64]) -> Result<Vec<Stored>, Fault> {
    let statement = select_stored!("FROM personas p WHERE p.shop_id = $1 AND p.anchor = $2");
    of_anchors(tx, statement, shop, anchors).await
}

/// The personas of these anchors, of a shop whose numbers were never read anew.
pub(crate) async fn by_anchors_as_recorded(
    tx: &mut Tx,
    shop: ShopId,
    anchors: &[i64],
) -> Result<Vec<Stored>, Fault> {
    let statement = sql!(
        "SELECT p.anchor, p.id, p.number_key, p.email_key, p.loyalty_key, p.wrapped_key, p.details, p.recorded_at, p.number_key
         FROM personas p WHERE p.shop_id = $1 AND p.anchor = $2"
    );
    of_anchors(tx, statement, shop, anchors).await
}

async fn of_anchors(
    tx: &mut Tx,
    statement: Sql,
    shop: ShopId,
    anchors: &[i64],
) -> Result<Vec<Stored>, Fault> {
    let mut found = Vec::with_capacity(anchors.len() * 2);
    tx.select_each(statement, &anchor_keys(shop, anchors), |_, row| {
        found.push(stored(row)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The personas with this content and where they are kept, `None` where there is none yet; in the order of the keys. A persona that was recorded
/// under an older numbering plan has the content that it would have today, too.
pub(crate) async fn known(
    tx: &mut Tx,
    shop: ShopId,
    keys: impl Iterator<Item = (i64, [u8; 32])>,
) -> Result<Vec<Option<Place>>, Fault> {
    let statement = sql!("SELECT id FROM personas WHERE shop_id = $1 AND anchor = $2 AND content_key = $3");
    let keys: Vec<(i64, [u8; 32])> = keys.collect();
    let mut batch = Batch::with_capacity(3, keys.len());
    keys.iter().for_each(|(anchor, content)| batch.push(params![shop, *anchor, content]));
    let mut found = vec![None; keys.len()];
    tx.select_each(statement, &batch, |at, row| {
        found[at] = Some((row.get(0)?, keys[at].0));
        Ok(())
    })
    .await?;
    super::rereadings::known(tx, shop, &keys, &mut found).await?;
    Ok(found)
}

/// A persona and its anchor: where it is kept.
pub type Place = (Id<Persona>, i64);

/// Personas by their ids and where they are kept.
pub(crate) async fn by_places(
    tx: &mut Tx,
    shop: ShopId,
    places: &[(Id<Persona>, i64)],
) -> Result<Vec<Stored>, Fault> {
    let statement = select_stored!("FROM personas p WHERE p.shop_id = $1 AND p.anchor = $2 AND p.id = $3");
    let mut keys = Batch::with_capacity(3, places.len());
    places.iter().for_each(|(id, anchor)| keys.push(params![shop, *anchor, *id]));
    let mut found = Vec::with_capacity(places.len());
    tx.select_each(statement, &keys, |_, row| {
        found.push(stored(row)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The numbers of the personas at these places; those without one are left out.
pub(crate) async fn numbers_of(
    tx: &mut Tx,
    shop: ShopId,
    places: &[(Id<Persona>, i64)],
) -> Result<Vec<(Id<Persona>, NumberKey)>, Fault> {
    let statement = sql!(
        "SELECT COALESCE((SELECT r.current_key FROM rereadings r WHERE r.shop_id = p.shop_id AND r.anchor = p.anchor AND r.persona_id = p.id
                          ORDER BY r.recorded_at DESC LIMIT 1), p.number_key)
         FROM personas p WHERE p.shop_id = $1 AND p.anchor = $2 AND p.id = $3 AND p.number_key IS NOT NULL"
    );
    let mut keys = Batch::with_capacity(3, places.len());
    places.iter().for_each(|(id, anchor)| keys.push(params![shop, *anchor, *id]));
    let mut found = Vec::with_capacity(places.len());
    tx.select_each(statement, &keys, |at, row| {
        found.push((places[at].0, NumberKey(row.get(0)?)));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// One readable persona of each of these numbers, to show the number by.
pub(crate) async fn one_of_each_number(
    tx: &mut Tx,
    shop: ShopId,
    numbers: &[NumberKey],
) -> Result<Vec<(NumberKey, Stored)>, Fault> {
    let as_recorded = select_stored!(
        "FROM personas p WHERE p.shop_id = $1 AND p.anchor = $2 AND p.number_key = $3 AND p.wrapped_key IS NOT NULL LIMIT 1"
    );
    let as_reread = select_stored!(
        "FROM rereadings n JOIN personas p ON p.shop_id = n.shop_id AND p.anchor = n.anchor AND p.id = n.persona_id
         WHERE n.shop_id = $1 AND n.current_anchor = $2 AND n.current_key = $3 AND p.wrapped_key IS NOT NULL LIMIT 1"
    );
    let mut keys = Batch::with_capacity(3, numbers.len());
    numbers.iter().for_each(|key| keys.push(params![shop, vault::anchor_of(&key.0), &key.0]));
    let mut found = Vec::with_capacity(numbers.len());
    for statement in [as_recorded, as_reread] {
        tx.select_each(statement, &keys, |at, row| {
            let stored = stored(row)?;
            if stored.number == Some(numbers[at]) {
                found.push((numbers[at], stored));
            }
            Ok(())
        })
        .await?;
    }
    Ok(found)
}

/// A second road from persona to persona.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Contact {
    Email([u8; 32]),
    Loyalty([u8; 32]),
}

/// Anchors of the personas that share these contacts, at most `limit` for each.
pub(crate) async fn anchors_by_contact(
    tx: &mut Tx,
    shop: ShopId,
    contacts: &[Contact],
    limit: usize,
) -> Result<Vec<Vec<i64>>, Fault> {
    let email = sql!("SELECT anchor FROM personas WHERE email_key = $2 AND shop_id = $1 LIMIT $3");
    let loyalty = sql!("SELECT anchor FROM personas WHERE loyalty_key = $2 AND shop_id = $1 LIMIT $3");
    let mut found = vec![Vec::new(); contacts.len()];
    for statement in [email, loyalty] {
        let mut keys = Batch::new(3);
        let mut places = Vec::new();
        for (at, contact) in contacts.iter().enumerate() {
            match contact {
                Contact::Email(key) if statement == email => keys.push(params![shop, key, limit]),
                Contact::Loyalty(key) if statement == loyalty => keys.push(params![shop, key, limit]),
                _ => continue,
            }
            places.push(at);
        }
        tx.select_each(statement, &keys, |at, row| {
            found[places[at]].push(row.get(0)?);
            Ok(())
        })
        .await?;
    }
    Ok(found)
}

/// Personas written by one statement.
const PERSONAS_AT_A_TIME: usize = 4_000;

/// Adds personas; returns how many were new. Written in the order of their keys, neighbours share pages.
pub(crate) async fn insert<'p>(
    tx: &mut Tx,
    shop: ShopId,
    personas: impl IntoIterator<Item = &'p NewPersona>,
) -> Result<u64, Fault> {
    let mut sorted: Vec<&NewPersona> = personas.into_iter().collect();
    sorted.sort_unstable_by_key(|new| (new.keys.anchor, new.keys.content));
    let statement = sql!(
        "INSERT INTO personas (shop_id, anchor, content_key, id, number_key, email_key, loyalty_key, wrapped_key, details, plan_version, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (anchor, content_key) DO NOTHING"
    );
    let mut added = 0;
    for some in sorted.chunks(PERSONAS_AT_A_TIME) {
        let mut rows = Batch::with_capacity(11, some.len());
        for new in some {
            rows.push([
                shop.into(),
                new.keys.anchor.into(),
                (&new.keys.content).into(),
                new.id.into(),
                new.keys.number.as_ref().map(|key| &key.0).into(),
                new.keys.email.as_ref().into(),
                new.keys.loyalty.as_ref().into(),
                new.wrapped_key.as_slice().into(),
                new.details.as_slice().into(),
                new.plan_version.as_ref().into(),
                new.recorded_at.into(),
            ]);
        }
        added += tx.insert_each(statement, &rows).await?;
    }
    insert_names(tx, shop, &sorted).await?;
    Ok(added)
}

/// Takes personas back that were added in this transaction, and are linked to nobody.
pub(crate) async fn take_back(tx: &mut Tx, shop: ShopId, places: &[Place]) -> Result<(), Fault> {
    let statement = sql!("DELETE FROM personas WHERE shop_id = $1 AND anchor = $2 AND id = $3");
    let mut rows = Batch::with_capacity(3, places.len());
    places.iter().for_each(|(id, anchor)| rows.push(params![shop, *anchor, *id]));
    tx.write_each(statement, &rows).await?;
    Ok(())
}

async fn insert_names(tx: &mut Tx, shop: ShopId, personas: &[&NewPersona]) -> Result<(), Fault> {
    let mut words: Vec<(&[u8; 32], i64)> =
        personas.iter().flat_map(|new| new.names.iter().map(|token| (token, new.keys.anchor))).collect();
    words.sort_unstable();
    words.dedup();
    let statement =
        sql!("INSERT INTO persona_names (shop_id, token, anchor) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
    for some in words.chunks(PERSONAS_AT_A_TIME) {
        let mut rows = Batch::with_capacity(3, some.len());
        some.iter().for_each(|(token, anchor)| rows.push(params![shop, *token, *anchor]));
        tx.insert_later(statement, &rows).await?;
    }
    Ok(())
}

/// Whether nobody is known, or waits to be linked.
pub(crate) async fn is_empty(tx: &mut Tx, shop: ShopId) -> Result<bool, Fault> {
    for any in [
        sql!("SELECT 1 FROM customers WHERE shop_id = $1 LIMIT 1"),
        sql!("SELECT 1 FROM unlinked_anchors WHERE shop_id = $1 LIMIT 1"),
    ] {
        if tx.first(any, &params![shop]).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether these anchors have so many personas together: a cheap sign that no facts were added since they were read. Anchors are made with a key of their shop, so the index
/// alone, without the shop, answers; two shops with an anchor in common, by chance, are told apart by reading the personas.
pub(crate) async fn are_as_many(
    tx: &mut Tx,
    shop: ShopId,
    anchors: &[i64],
    expected: usize,
) -> Result<bool, Fault> {
    let any_shops = sql!("SELECT COUNT(*) FROM personas WHERE anchor = $1");
    let mut keys = Batch::with_capacity(1, anchors.len());
    anchors.iter().for_each(|anchor| keys.push(params![*anchor]));
    if count(tx, any_shops, &keys).await? == expected {
        return Ok(true);
    }
    let own = sql!("SELECT COUNT(*) FROM personas WHERE shop_id = $1 AND anchor = $2");
    Ok(count(tx, own, &anchor_keys(shop, anchors)).await? == expected)
}

async fn count(tx: &mut Tx, statement: Sql, keys: &Batch<'_>) -> Result<usize, Fault> {
    let mut sum = 0usize;
    tx.select_each(statement, keys, |_, row| {
        sum += row.get::<usize>(0)?;
        Ok(())
    })
    .await?;
    Ok(sum)
}

pub(super) fn anchor_keys(shop: ShopId, anchors: &[i64]) -> Batch<'static> {
    let mut keys = Batch::with_capacity(2, anchors.len());
    anchors.iter().for_each(|anchor| keys.push(params![shop, *anchor]));
    keys
}

/// What a new act says beside its kind.
pub(crate) struct ActRow<'a> {
    pub id: Id<Act>,
    pub kind: &'a str,
    pub at: Timestamp,
    pub actor: String,
    pub reason: &'a str,
    pub customer: uuid::Uuid,
    pub other: Option<uuid::Uuid>,
    pub undoes: Option<Id<Act>>,
    pub content: serde_json::Value,
    /// Persona and anchor of everybody it touches.
    pub touches: Vec<(Id<Persona>, i64)>,
}

pub(crate) async fn insert_act(tx: &mut Tx, shop: ShopId, act: &ActRow<'_>) -> Result<(), Fault> {
    let values: [Value<'_>; 10] = [
        shop.into(),
        act.id.into(),
        act.kind.into(),
        act.at.into(),
        act.actor.as_str().into(),
        act.reason.into(),
        act.customer.into(),
        act.other.into(),
        act.undoes.into(),
        (&act.content).into(),
    ];
    tx.execute(
        sql!(
            "INSERT INTO acts (shop_id, id, kind, at, actor, reason, customer_id, other_id, undoes, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        &values,
    )
    .await?;
    let mut rows = Batch::new(4);
    act.touches.iter().for_each(|(persona, anchor)| rows.push(params![shop, *persona, act.id, *anchor]));
    let statement = sql!(
        "INSERT INTO act_personas (shop_id, persona_id, act_id, anchor) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
    );
    tx.write_each(statement, &rows).await?;
    Ok(())
}

pub(crate) async fn newest_act(tx: &mut Tx, shop: ShopId) -> Result<Option<Id<Act>>, Fault> {
    let statement = sql!("SELECT id FROM acts WHERE shop_id = $1 ORDER BY id DESC LIMIT 1");
    Ok(tx.first(statement, &params![shop]).await?.map(|row| row.get(0)).transpose()?)
}

fn recorded(row: &Row) -> Result<Recorded, db::DbError> {
    Ok(Recorded {
        id: row.get(0)?,
        kind: row.get(1)?,
        at: row.get(2)?,
        actor: row.get(3)?,
        reason: row.get(4)?,
        customer: row.get(5)?,
        other: row.get(6)?,
        undoes: row.get(7)?,
        undone_by: row.get(8)?,
        content: row.get(9)?,
    })
}

/// Acts with who undid them.
pub(crate) async fn acts(tx: &mut Tx, shop: ShopId, ids: &[Id<Act>]) -> Result<Vec<Recorded>, Fault> {
    let statement = sql!(
        "SELECT a.id, a.kind, a.at, a.actor, a.reason, a.customer_id, a.other_id, a.undoes,
                (SELECT u.id FROM acts u WHERE u.shop_id = a.shop_id AND u.undoes = a.id AND u.id > a.id LIMIT 1), a.content
         FROM acts a WHERE a.shop_id = $1 AND a.id = $2"
    );
    let mut keys = Batch::new(2);
    ids.iter().for_each(|id| keys.push(params![shop, *id]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(recorded(row)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The acts of a shop, newest first.
pub(crate) async fn list_acts(
    tx: &mut Tx,
    shop: ShopId,
    before: Option<Id<Act>>,
    limit: usize,
) -> Result<Vec<Recorded>, Fault> {
    let statement = sql!(
        "SELECT a.id, a.kind, a.at, a.actor, a.reason, a.customer_id, a.other_id, a.undoes,
                (SELECT u.id FROM acts u WHERE u.shop_id = a.shop_id AND u.undoes = a.id AND u.id > a.id LIMIT 1), a.content
         FROM acts a WHERE a.shop_id = $1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3"
    );
    let before = before.unwrap_or_else(|| Id::from_uuid(uuid::Uuid::max()));
    let rows = tx.all(statement, &params![shop, before, limit]).await?;
    Ok(rows.iter().map(recorded).collect::<Result<_, _>>()?)
}

/// Ids of the acts that touch any of these personas, ascending.
pub(crate) async fn acts_touching(
    tx: &mut Tx,
    shop: ShopId,
    personas: &[Id<Persona>],
) -> Result<Vec<Id<Act>>, Fault> {
    let statement = sql!("SELECT act_id FROM act_personas WHERE shop_id = $1 AND persona_id = $2");
    let mut keys = Batch::with_capacity(2, personas.len());
    personas.iter().for_each(|id| keys.push(params![shop, *id]));
    let mut found: Vec<Id<Act>> = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(row.get(0)?);
        Ok(())
    })
    .await?;
    found.sort();
    found.dedup();
    Ok(found)
}

/// Personas and anchors that an act touches.
pub(crate) async fn touched_by(
    tx: &mut Tx,
    shop: ShopId,
    acts: &[Id<Act>],
) -> Result<Vec<(Id<Act>, Id<Persona>, i64)>, Fault> {
    let statement =
        sql!("SELECT act_id, persona_id, anchor FROM act_personas WHERE act_id = $2 AND shop_id = $1");
    let mut keys = Batch::new(2);
    acts.iter().for_each(|id| keys.push(params![shop, *id]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push((row.get(0)?, row.get(1)?, row.get(2)?));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The act of a stored row for the rules; `None` for an undo, which the rules never see. The numbers that it names are brought up to date by
/// `renumbered`, from the key then to the key now.
pub(crate) fn rule_act(row: &Recorded, renumbered: &HashMap<NumberKey, NumberKey>) -> Option<Act> {
    let mut kind: ActKind = serde_json::from_value(row.content.clone()).ok()?;
    if let ActKind::ChangeNumber { from, to, .. } = &mut kind {
        for number in [from, to] {
            *number = renumbered.get(number).copied().unwrap_or(*number);
        }
    }
    Some(Act { id: row.id, at: row.at, kind })
}

/// Destroys the data keys and look-up keys of personas: what they held cannot be read any more, by anyone. `names` are the words of names
/// that nobody else at the anchor has.
pub(crate) async fn erase(
    tx: &mut Tx,
    shop: ShopId,
    personas: &[(Id<Persona>, i64)],
    names: &[([u8; 32], i64)],
) -> Result<(), Fault> {
    let mut keys = Batch::new(3);
    personas.iter().for_each(|(id, anchor)| keys.push(params![shop, *anchor, *id]));
    let destroy = sql!(
        "UPDATE personas SET wrapped_key = NULL, email_key = NULL, loyalty_key = NULL
         WHERE shop_id = $1 AND anchor = $2 AND id = $3"
    );
    tx.write_each(destroy, &keys).await?;
    let mut tokens = Batch::new(2);
    names.iter().for_each(|(token, anchor)| tokens.push(params![token, *anchor]));
    tx.write_each(sql!("DELETE FROM persona_names WHERE token = $1 AND anchor = $2"), &tokens).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_name_numbers_as_they_are_written_today() {
        let (old, new, other) = (NumberKey([1; 32]), NumberKey([2; 32]), NumberKey([3; 32]));
        let id = Id::from_uuid(uuid::Uuid::from_u128(1));
        let at = Timestamp::from_micros(1_700_000_000_000_000);
        let act = ActKind::ChangeNumber { customer: id.cast(), from: old, to: other, persona: id, at };
        let recorded = Recorded {
            id: id.cast(),
            kind: "change_number".to_owned(),
            at,
            actor: "shell:test".to_owned(),
            reason: "a test".to_owned(),
            customer: id.uuid(),
            other: None,
            undoes: None,
            undone_by: None,
            content: serde_json::to_value(&act).unwrap(),
        };
        let read = rule_act(&recorded, &HashMap::from([(old, new)])).unwrap();
        let expected = ActKind::ChangeNumber { customer: id.cast(), from: new, to: other, persona: id, at };
        assert_eq!(read.kind, expected);
        assert_eq!(rule_act(&recorded, &HashMap::new()).unwrap().kind, act);
    }
}
