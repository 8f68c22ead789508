//! Links, and the views derived from them: customers, tenures, reviews.

use base::{Fault, Id, ShopId, Timestamp};
use db::{Batch, Row, Tx, params, sql};

use crate::{
    linking::Evidence,
    persona::{Customer, NumberKey, Persona},
};

/// The version of the linking rules, kept with every link. 2: initials and slips are compared as they are written, too.
pub(crate) const RULES_VERSION: i64 = 2;

/// An active link.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct LinkRow {
    pub persona: Id<Persona>,
    pub anchor: i64,
    pub customer: Id<Customer>,
    pub from: Timestamp,
    pub until: Timestamp,
    pub rule: String,
    pub evidence: String,
}

/// Evidence as it is kept: the short forms, separated by blanks.
pub(crate) fn evidence_text(evidence: &[Evidence]) -> String {
    evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

pub(crate) fn evidence_of(text: &str) -> Vec<Evidence> {
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// The active links of these personas, each with the time it was recorded.
pub(crate) async fn links_of(
    tx: &mut Tx,
    shop: ShopId,
    personas: &[Id<Persona>],
) -> Result<Vec<(LinkRow, Timestamp)>, Fault> {
    let statement = sql!(
        "SELECT persona_id, anchor, customer_id, from_at, until_at, rule, evidence, recorded_at FROM links
         WHERE persona_id = $2 AND retracted_at IS NULL AND shop_id = $1"
    );
    let mut keys = Batch::with_capacity(2, personas.len());
    personas.iter().for_each(|id| keys.push(params![shop, *id]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push((link(row)?, row.get(7)?));
        Ok(())
    })
    .await?;
    Ok(found)
}

fn link(row: &Row) -> Result<LinkRow, db::DbError> {
    Ok(LinkRow {
        persona: row.get(0)?,
        anchor: row.get(1)?,
        customer: row.get(2)?,
        from: row.get(3)?,
        until: row.get(4)?,
        rule: row.get(5)?,
        evidence: row.get(6)?,
    })
}

/// The active links of a customer.
pub(crate) async fn links_of_customer(
    tx: &mut Tx,
    shop: ShopId,
    customer: Id<Customer>,
) -> Result<Vec<LinkRow>, Fault> {
    links_of_customers(tx, shop, &[customer]).await
}

/// The active links of these customers, one customer's after the other's.
pub(crate) async fn links_of_customers(
    tx: &mut Tx,
    shop: ShopId,
    customers: &[Id<Customer>],
) -> Result<Vec<LinkRow>, Fault> {
    let statement = sql!(
        "SELECT persona_id, anchor, customer_id, from_at, until_at, rule, evidence FROM links
         WHERE shop_id = $1 AND customer_id = $2 AND retracted_at IS NULL ORDER BY persona_id, from_at"
    );
    let mut keys = Batch::with_capacity(2, customers.len());
    customers.iter().for_each(|customer| keys.push(params![shop, *customer]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(link(row)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Which customers are linked at which anchors.
pub(crate) async fn anchors_of_customers(
    tx: &mut Tx,
    shop: ShopId,
    customers: &[Id<Customer>],
) -> Result<Vec<(Id<Customer>, i64)>, Fault> {
    let statement =
        sql!("SELECT anchor FROM links WHERE shop_id = $1 AND customer_id = $2 AND retracted_at IS NULL");
    let mut keys = Batch::with_capacity(2, customers.len());
    customers.iter().for_each(|id| keys.push(params![shop, *id]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |at, row| {
        found.push((customers[at], row.get(0)?));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Retracts links, named by their key.
pub(crate) async fn retract(
    tx: &mut Tx,
    shop: ShopId,
    links: &[(LinkRow, Timestamp)],
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE links SET retracted_at = $6
         WHERE shop_id = $1 AND customer_id = $2 AND persona_id = $3 AND from_at = $4 AND recorded_at = $5"
    );
    let mut rows = Batch::new(6);
    for (link, recorded_at) in links {
        rows.push(params![shop, link.customer, link.persona, link.from, *recorded_at, now]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// Records links. One that was retracted at this very moment holds again: nothing happened in between.
pub(crate) async fn insert_links(
    tx: &mut Tx,
    shop: ShopId,
    links: &[&LinkRow],
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO links (shop_id, customer_id, persona_id, anchor, from_at, until_at, recorded_at, rule, evidence, rules_version, retracted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL)
         ON CONFLICT (shop_id, customer_id, persona_id, from_at, recorded_at) DO UPDATE SET until_at = excluded.until_at, rule = excluded.rule,
             evidence = excluded.evidence, rules_version = excluded.rules_version, retracted_at = NULL"
    );
    let mut rows = Batch::with_capacity(10, links.len());
    for link in links {
        let (rule, evidence) = (link.rule.as_str(), link.evidence.as_str());
        rows.push(params![
            shop,
            link.customer,
            link.persona,
            link.anchor,
            link.from,
            link.until,
            now,
            rule,
            evidence,
            RULES_VERSION
        ]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// A customer as the view keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CustomerRow {
    pub id: Id<Customer>,
    pub display_anchor: i64,
    pub display: Id<Persona>,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub orders: u64,
    pub personas: u64,
}

fn customer(row: &Row) -> Result<CustomerRow, db::DbError> {
    Ok(CustomerRow {
        id: row.get(0)?,
        display_anchor: row.get(1)?,
        display: row.get(2)?,
        first_at: row.get(3)?,
        last_at: row.get(4)?,
        orders: row.get(5)?,
        personas: row.get(6)?,
    })
}

pub(crate) async fn customers(
    tx: &mut Tx,
    shop: ShopId,
    ids: &[Id<Customer>],
) -> Result<Vec<CustomerRow>, Fault> {
    let statement = sql!(
        "SELECT id, display_anchor, display_id, first_at, last_at, orders, personas FROM customers WHERE shop_id = $1 AND id = $2"
    );
    let mut keys = Batch::with_capacity(2, ids.len());
    ids.iter().for_each(|id| keys.push(params![shop, *id]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(customer(row)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Customers of the shop by id.
pub(crate) async fn list_customers(
    tx: &mut Tx,
    shop: ShopId,
    after: Option<Id<Customer>>,
    limit: usize,
) -> Result<Vec<CustomerRow>, Fault> {
    let statement = sql!(
        "SELECT id, display_anchor, display_id, first_at, last_at, orders, personas FROM customers
         WHERE shop_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    );
    let rows =
        tx.all(statement, &params![shop, after.unwrap_or(Id::from_uuid(uuid::Uuid::nil())), limit]).await?;
    Ok(rows.iter().map(customer).collect::<Result<_, _>>()?)
}

pub(crate) async fn delete_customers(tx: &mut Tx, shop: ShopId, ids: &[Id<Customer>]) -> Result<(), Fault> {
    let mut rows = Batch::new(2);
    ids.iter().for_each(|id| rows.push(params![shop, *id]));
    tx.write_each(sql!("DELETE FROM customers WHERE shop_id = $1 AND id = $2"), &rows).await?;
    Ok(())
}

pub(crate) async fn upsert_customers(
    tx: &mut Tx,
    shop: ShopId,
    customers: &[&CustomerRow],
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO customers (shop_id, id, display_anchor, display_id, first_at, last_at, orders, personas)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (shop_id, id) DO UPDATE SET display_anchor = excluded.display_anchor, display_id = excluded.display_id,
             first_at = excluded.first_at, last_at = excluded.last_at, orders = excluded.orders, personas = excluded.personas"
    );
    let mut rows = Batch::with_capacity(8, customers.len());
    for c in customers {
        rows.push([
            shop.into(),
            c.id.into(),
            c.display_anchor.into(),
            c.display.into(),
            c.first_at.into(),
            c.last_at.into(),
            i64::try_from(c.orders).unwrap_or(i64::MAX).into(),
            i64::try_from(c.personas).unwrap_or(i64::MAX).into(),
        ]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// A tenure as the view keeps it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct TenureRow {
    pub id: uuid::Uuid,
    pub number: NumberKey,
    pub customer: Id<Customer>,
    pub from: Timestamp,
    pub until: Option<Timestamp>,
    pub anchor: i64,
    pub persona: Id<Persona>,
    pub confidence: u32,
    pub evidence: String,
    pub last_verified_at: Option<Timestamp>,
}

fn tenure(row: &Row) -> Result<TenureRow, db::DbError> {
    Ok(TenureRow {
        id: row.get(0)?,
        number: NumberKey(row.get(1)?),
        customer: row.get(2)?,
        from: row.get(3)?,
        until: row.get(4)?,
        anchor: row.get(5)?,
        persona: row.get(6)?,
        confidence: row.get(7)?,
        evidence: row.get(8)?,
        last_verified_at: row.get(9)?,
    })
}

/// The tenures of these numbers, with the position of the number.
pub(crate) async fn tenures_of_numbers(
    tx: &mut Tx,
    shop: ShopId,
    numbers: &[NumberKey],
) -> Result<Vec<TenureRow>, Fault> {
    let statement = sql!(
        "SELECT id, number_key, customer_id, from_at, until_at, anchor, persona_id, confidence, evidence, last_verified_at FROM tenures
         WHERE shop_id = $1 AND number_key = $2"
    );
    let mut keys = Batch::with_capacity(2, numbers.len());
    numbers.iter().for_each(|key| keys.push(params![shop, &key.0]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(tenure(row)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

pub(crate) async fn tenures_of_customers(
    tx: &mut Tx,
    shop: ShopId,
    customers: &[Id<Customer>],
) -> Result<Vec<TenureRow>, Fault> {
    let statement = sql!(
        "SELECT id, number_key, customer_id, from_at, until_at, anchor, persona_id, confidence, evidence, last_verified_at FROM tenures
         WHERE shop_id = $1 AND customer_id = $2"
    );
    let mut keys = Batch::with_capacity(2, customers.len());
    customers.iter().for_each(|id| keys.push(params![shop, *id]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(tenure(row)?);
        Ok(())
    })
    .await?;
    found.sort_by_key(|tenure| (tenure.customer, tenure.from, tenure.number));
    Ok(found)
}

pub(crate) async fn delete_tenures(tx: &mut Tx, shop: ShopId, tenures: &[TenureRow]) -> Result<(), Fault> {
    let mut rows = Batch::new(4);
    tenures.iter().for_each(|t| rows.push(params![shop, &t.number.0, t.customer, t.from]));
    let statement = sql!(
        "DELETE FROM tenures WHERE shop_id = $1 AND number_key = $2 AND customer_id = $3 AND from_at = $4"
    );
    tx.write_each(statement, &rows).await?;
    Ok(())
}

pub(crate) async fn insert_tenures(tx: &mut Tx, shop: ShopId, tenures: &[&TenureRow]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO tenures (shop_id, number_key, customer_id, from_at, until_at, id, anchor, persona_id, confidence, evidence, last_verified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let mut rows = Batch::with_capacity(11, tenures.len());
    for t in tenures {
        rows.push([
            shop.into(),
            (&t.number.0).into(),
            t.customer.into(),
            t.from.into(),
            t.until.into(),
            t.id.into(),
            t.anchor.into(),
            t.persona.into(),
            t.confidence.into(),
            t.evidence.as_str().into(),
            t.last_verified_at.into(),
        ]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

pub(crate) async fn count_customers(tx: &mut Tx, shop: ShopId) -> Result<u64, Fault> {
    Ok(tx.one(sql!("SELECT COUNT(*) FROM customers WHERE shop_id = $1"), &params![shop]).await?.get(0)?)
}

/// A doubt as the view keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReviewRow {
    pub left: Id<Persona>,
    pub right: Id<Persona>,
    pub kind: String,
    pub left_customer: Id<Customer>,
    pub right_customer: Id<Customer>,
    pub score: i64,
    pub reasons: String,
    pub sides: serde_json::Value,
}

fn review(row: &Row) -> Result<ReviewRow, db::DbError> {
    Ok(ReviewRow {
        left: row.get(0)?,
        right: row.get(1)?,
        kind: row.get(2)?,
        left_customer: row.get(3)?,
        right_customer: row.get(4)?,
        score: row.get(5)?,
        reasons: row.get(6)?,
        sides: row.get(7)?,
    })
}

/// The doubts whose left side one of these personas stands for.
pub(crate) async fn reviews_of(
    tx: &mut Tx,
    shop: ShopId,
    personas: &[Id<Persona>],
) -> Result<Vec<ReviewRow>, Fault> {
    let statement = sql!(
        "SELECT left_persona, right_persona, kind, left_customer, right_customer, score, reasons, sides FROM reviews
         WHERE shop_id = $1 AND left_persona = $2"
    );
    let mut keys = Batch::with_capacity(2, personas.len());
    personas.iter().for_each(|id| keys.push(params![shop, *id]));
    let mut found = Vec::new();
    tx.select_each(statement, &keys, |_, row| {
        found.push(review(row)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The doubts of the shop in the order of their keys.
pub(crate) async fn list_reviews(
    tx: &mut Tx,
    shop: ShopId,
    after: Option<(Id<Persona>, Id<Persona>)>,
    limit: usize,
) -> Result<Vec<ReviewRow>, Fault> {
    let statement = sql!(
        "SELECT left_persona, right_persona, kind, left_customer, right_customer, score, reasons, sides FROM reviews
         WHERE shop_id = $1 AND (left_persona > $2 OR (left_persona = $2 AND right_persona > $3))
         ORDER BY left_persona, right_persona, kind LIMIT $4"
    );
    let nil = Id::from_uuid(uuid::Uuid::nil());
    let (left, right) = after.unwrap_or((nil, nil));
    let rows = tx.all(statement, &params![shop, left, right, limit]).await?;
    Ok(rows.iter().map(review).collect::<Result<_, _>>()?)
}

pub(crate) async fn count_reviews(tx: &mut Tx, shop: ShopId) -> Result<u64, Fault> {
    Ok(tx.one(sql!("SELECT COUNT(*) FROM reviews WHERE shop_id = $1"), &params![shop]).await?.get(0)?)
}

pub(crate) async fn delete_reviews(tx: &mut Tx, shop: ShopId, reviews: &[ReviewRow]) -> Result<(), Fault> {
    let mut rows = Batch::new(4);
    reviews.iter().for_each(|r| rows.push(params![shop, r.left, r.right, r.kind.as_str()]));
    let statement = sql!(
        "DELETE FROM reviews WHERE shop_id = $1 AND left_persona = $2 AND right_persona = $3 AND kind = $4"
    );
    tx.write_each(statement, &rows).await?;
    Ok(())
}

pub(crate) async fn insert_reviews(tx: &mut Tx, shop: ShopId, reviews: &[ReviewRow]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO reviews (shop_id, left_persona, right_persona, kind, left_customer, right_customer, score, reasons, sides)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    );
    let mut rows = Batch::with_capacity(9, reviews.len());
    for r in reviews {
        rows.push([
            shop.into(),
            r.left.into(),
            r.right.into(),
            r.kind.as_str().into(),
            r.left_customer.into(),
            r.right_customer.into(),
            r.score.into(),
            r.reasons.as_str().into(),
            (&r.sides).into(),
        ]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// Anchors at which somebody has these words in a name, in the order of the words; at most `limit` for each.
pub(crate) async fn anchors_named(
    tx: &mut Tx,
    shop: ShopId,
    tokens: &[[u8; 32]],
    limit: usize,
) -> Result<Vec<Vec<i64>>, Fault> {
    let statement =
        sql!("SELECT anchor FROM persona_names WHERE token = $2 AND shop_id = $1 ORDER BY anchor LIMIT $3");
    let mut keys = Batch::with_capacity(3, tokens.len());
    tokens.iter().for_each(|token| keys.push(params![shop, token, limit]));
    let mut found = vec![Vec::new(); tokens.len()];
    tx.select_each(statement, &keys, |at, row| {
        found[at].push(row.get(0)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Ids of the personas with this e-mail or loyalty key.
pub(crate) async fn personas_by_contact(
    tx: &mut Tx,
    shop: ShopId,
    contact: crate::rows::facts::Contact,
    limit: usize,
) -> Result<Vec<Id<Persona>>, Fault> {
    use crate::rows::facts::Contact;
    let rows = match contact {
        Contact::Email(key) => {
            let statement =
                sql!("SELECT id FROM personas WHERE email_key = $2 AND shop_id = $1 ORDER BY id LIMIT $3");
            tx.all(statement, &params![shop, key, limit]).await?
        }
        Contact::Loyalty(key) => {
            let statement =
                sql!("SELECT id FROM personas WHERE loyalty_key = $2 AND shop_id = $1 ORDER BY id LIMIT $3");
            tx.all(statement, &params![shop, key, limit]).await?
        }
    };
    Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?)
}
