//! Assessments, kept answers and rules as they are kept: every SQL text about them. What was counted is in [`marks`].

pub(crate) mod marks;

use std::collections::BTreeMap;

use base::{Fault, Id, ShopId, Timestamp};
use db::{Row, Tx, params, sql};
use numbering::PhoneNumber;
use serde_json::{Value, json};
use vault::{Place, Vault};

use crate::{
    assessment::Assessment,
    rules::{Decision, Reason, WrittenRules},
    signal::{Finding, Found, Signal, Why},
    source::Answer,
};

fn place(id: &Id<Assessment>) -> Place<'_> {
    Place { table: "risk_assessments", column: "number", row: id.as_bytes() }
}

/// The number under a data key of its own, and that key, wrapped.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub wrapped_key: Vec<u8>,
    pub number: Vec<u8>,
}

pub(crate) fn seal(vault: &Vault, id: Id<Assessment>, number: PhoneNumber) -> Sealed {
    let (key, wrapped_key) = vault.new_data_key(id.as_bytes());
    Sealed { wrapped_key, number: key.seal(place(&id), number.e164().as_str().as_bytes()) }
}

/// The number, unless its key was destroyed.
fn open(
    vault: &Vault,
    id: Id<Assessment>,
    wrapped_key: &[u8],
    number: &[u8],
) -> Result<Option<PhoneNumber>, Fault> {
    if wrapped_key.is_empty() {
        return Ok(None);
    }
    let key = vault.unwrap(wrapped_key, id.as_bytes())?;
    let text = String::from_utf8(key.open(place(&id), number)?).map_err(Fault::internal)?;
    PhoneNumber::from_e164(&text).map(Some).map_err(Fault::internal)
}

/// Findings as JSON: for each its signal, what was found, why not, when it happened and when it was asked, in that order.
fn findings_text(findings: &[Found]) -> Value {
    let one = |found: &Found| {
        json!([
            found.signal.code(),
            found.finding.code(),
            found.finding.why().map(Why::code),
            found.happened_at.map(Timestamp::as_micros),
            found.asked_at.as_micros()
        ])
    };
    findings.iter().map(one).collect()
}

fn findings_of(text: &Value) -> Vec<Found> {
    let one = |parts: &Value| {
        Some(Found {
            signal: Signal::of(parts.get(0)?.as_str()?)?,
            finding: Finding::of(parts.get(1)?.as_str()?, parts.get(2)?.as_str())?,
            happened_at: parts.get(3)?.as_i64().map(Timestamp::from_micros),
            asked_at: Timestamp::from_micros(parts.get(4)?.as_i64()?),
        })
    };
    text.as_array().into_iter().flatten().filter_map(one).collect()
}

/// Reasons as JSON: for each its rule, words, decision, score and signals, in that order.
fn reasons_text(reasons: &[Reason]) -> Value {
    let one = |reason: &Reason| {
        let signals: Vec<&str> = reason.signals.iter().map(|signal| signal.code()).collect();
        json!([reason.rule, reason.words, reason.decision.code(), reason.score, signals])
    };
    reasons.iter().map(one).collect()
}

fn reasons_of(text: &Value) -> Vec<Reason> {
    let one = |parts: &Value| {
        let signals = parts.get(4)?.as_array()?.iter();
        Some(Reason {
            rule: parts.get(0)?.as_str()?.to_owned(),
            words: parts.get(1)?.as_str()?.to_owned(),
            decision: Decision::of(parts.get(2)?.as_str()?)?,
            score: u32::try_from(parts.get(3)?.as_u64()?).ok()?,
            signals: signals.filter_map(|code| Signal::of(code.as_str()?)).collect(),
        })
    };
    text.as_array().into_iter().flatten().filter_map(one).collect()
}

/// The columns that [`assessment`] reads.
macro_rules! select_assessment {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT id, wrapped_key, number, purpose, channel, decision, score, findings, reasons, rules_version, actor, created_at
             FROM risk_assessments ",
            $rest
        ))
    };
}

fn assessment(vault: &Vault, row: &Row) -> Result<Assessment, Fault> {
    let id: Id<Assessment> = row.get(0)?;
    let channel: Option<String> = row.get(4)?;
    Ok(Assessment {
        id,
        number: open(vault, id, &row.get::<Vec<u8>>(1)?, &row.get::<Vec<u8>>(2)?)?,
        purpose: row.get::<String>(3)?.parse()?,
        channel: channel.as_deref().map(str::parse).transpose()?,
        decision: row.get::<String>(5)?.parse()?,
        score: row.get(6)?,
        findings: findings_of(&row.get::<Value>(7)?),
        reasons: reasons_of(&row.get::<Value>(8)?),
        rules_version: row.get(9)?,
        actor: row.get(10)?,
        created_at: row.get(11)?,
    })
}

pub(crate) async fn insert(
    tx: &mut Tx,
    shop: ShopId,
    number: &[u8; 32],
    (one, sealed): (&Assessment, &Sealed),
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO risk_assessments (shop_id, number_key, id, wrapped_key, number, purpose, channel, decision, score, findings, reasons,
                                       rules_version, actor, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    );
    let values = params![
        shop,
        number,
        one.id,
        &sealed.wrapped_key,
        &sealed.number,
        one.purpose.code(),
        one.channel.map(messaging::Channel::code),
        one.decision.code(),
        one.score,
        &findings_text(&one.findings),
        &reasons_text(&one.reasons),
        one.rules_version,
        &one.actor,
        one.created_at
    ];
    tx.execute(statement, &values).await?;
    Ok(())
}

pub(crate) async fn get(
    tx: &mut Tx,
    vault: &Vault,
    shop: ShopId,
    id: Id<Assessment>,
) -> Result<Option<Assessment>, Fault> {
    let statement = select_assessment!("WHERE shop_id = $1 AND id = $2");
    let row = tx.first(statement, &params![shop, id]).await?;
    row.map(|row| assessment(vault, &row)).transpose()
}

/// A page of a shop's, the newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    vault: &Vault,
    shop: ShopId,
    (number, decision): (Option<[u8; 32]>, Option<Decision>),
    before: Id<Assessment>,
    limit: usize,
) -> Result<Vec<Assessment>, Fault> {
    let decision = decision.map(Decision::code);
    let rows = match number {
        Some(number) => {
            let of_number = select_assessment!(
                "WHERE shop_id = $1 AND number_key = $2 AND id < $3 AND ($4 = '' OR decision = $4) ORDER BY id DESC LIMIT $5"
            );
            tx.all(of_number, &params![shop, number, before, decision.unwrap_or_default(), limit]).await?
        }
        None => {
            let all = select_assessment!(
                "WHERE shop_id = $1 AND id < $2 AND ($3 = '' OR decision = $3) ORDER BY id DESC LIMIT $4"
            );
            tx.all(all, &params![shop, before, decision.unwrap_or_default(), limit]).await?
        }
    };
    rows.iter().map(|row| assessment(vault, row)).collect()
}

/// Destroys the keys of what was assessed about a number in a time; returns how many there were.
pub(crate) async fn erase(
    tx: &mut Tx,
    shop: ShopId,
    number: &[u8; 32],
    (from, until): (Timestamp, Timestamp),
) -> Result<u64, Fault> {
    let statement = sql!(
        "UPDATE risk_assessments SET wrapped_key = $5, number = $5
         WHERE shop_id = $1 AND number_key = $2 AND created_at >= $3 AND created_at <= $4"
    );
    Ok(tx.execute(statement, &params![shop, number, from, until, Vec::<u8>::new()]).await?)
}

/// Forgets assessments with ids before this one.
pub(crate) async fn forget(tx: &mut Tx, shop: ShopId, before: Id<Assessment>) -> Result<u64, Fault> {
    let statement = sql!("DELETE FROM risk_assessments WHERE shop_id = $1 AND id < $2");
    Ok(tx.execute(statement, &params![shop, before]).await?)
}

/// Shops of which there are assessments.
pub(crate) async fn shops(tx: &mut Tx) -> Result<Vec<ShopId>, Fault> {
    let rows = tx.all(sql!("SELECT DISTINCT shop_id FROM risk_assessments"), &params![]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<Result<_, db::DbError>>()?)
}

/// Answers about a number that still serve: by signal and the day that they go by.
pub(crate) async fn findings(
    tx: &mut Tx,
    shop: ShopId,
    number: &[u8; 32],
    now: Timestamp,
) -> Result<BTreeMap<(Signal, i64), Found>, Fault> {
    let statement = sql!(
        "SELECT signal, day, finding, why, happened_at, asked_at FROM risk_findings
         WHERE shop_id = $1 AND number_key = $2 AND expires_at > $3"
    );
    let mut found = BTreeMap::new();
    for row in tx.all(statement, &params![shop, number, now]).await? {
        let why: Option<String> = row.get(3)?;
        let known =
            Signal::of(&row.get::<String>(0)?).zip(Finding::of(&row.get::<String>(2)?, why.as_deref()));
        let Some((signal, finding)) = known else { continue };
        let one = Found { signal, finding, happened_at: row.get(4)?, asked_at: row.get(5)? };
        found.insert((signal, row.get(1)?), one);
    }
    Ok(found)
}

/// Keeps an answer for a while.
pub(crate) async fn put_finding(
    tx: &mut Tx,
    shop: ShopId,
    number: &[u8; 32],
    (signal, day, answer): (Signal, i64, Answer),
    (asked_at, expires_at): (Timestamp, Timestamp),
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO risk_findings (shop_id, number_key, signal, day, finding, why, happened_at, asked_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (shop_id, number_key, signal, day) DO UPDATE SET finding = excluded.finding, why = excluded.why,
             happened_at = excluded.happened_at, asked_at = excluded.asked_at, expires_at = excluded.expires_at"
    );
    let values = params![
        shop,
        number,
        signal.code(),
        day,
        answer.finding.code(),
        answer.finding.why().map(Why::code),
        answer.happened_at,
        asked_at,
        expires_at
    ];
    tx.execute(statement, &values).await?;
    Ok(())
}

pub(crate) async fn forget_findings(tx: &mut Tx, now: Timestamp) -> Result<u64, Fault> {
    Ok(tx.execute(sql!("DELETE FROM risk_findings WHERE expires_at <= $1"), &params![now]).await?)
}

/// Forgets what operators said of a number.
pub(crate) async fn forget_number(tx: &mut Tx, shop: ShopId, number: &[u8; 32]) -> Result<(), Fault> {
    let statement = sql!("DELETE FROM risk_findings WHERE shop_id = $1 AND number_key = $2");
    tx.execute(statement, &params![shop, number]).await?;
    Ok(())
}

/// The rules in force as they were written, with their version, their author and since when.
pub(crate) async fn rules(
    tx: &mut Tx,
    shop: ShopId,
) -> Result<Option<(i64, WrittenRules, String, Timestamp)>, Fault> {
    let statement = sql!(
        "SELECT version, rules, actor, created_at FROM risk_rules WHERE shop_id = $1 ORDER BY version DESC LIMIT 1"
    );
    let Some(row) = tx.first(statement, &params![shop]).await? else { return Ok(None) };
    let rules = WrittenRules::parse(&row.get::<String>(1)?).map_err(Fault::internal)?;
    Ok(Some((row.get(0)?, rules, row.get(2)?, row.get(3)?)))
}

pub(crate) async fn insert_rules(
    tx: &mut Tx,
    shop: ShopId,
    (version, rules): (i64, &WrittenRules),
    (actor, at): (&str, Timestamp),
) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO risk_rules (shop_id, version, rules, actor, created_at) VALUES ($1, $2, $3, $4, $5)"
    );
    tx.execute(statement, &params![shop, version, rules.text(), actor, at]).await?;
    Ok(())
}
