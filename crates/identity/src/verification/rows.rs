//! Verifications as they are kept: every SQL text about them, and rows to and from types. What is remembered of numbers and money is in [`records`].

pub(super) mod records;

use base::{Fault, Id, Secret, ShopId, Timestamp};
use customers::NumberKey;
use db::{Batch, Row, Tx, params, sql};
use numbering::PhoneNumber;
use vault::{Place, Vault};

use super::{
    Channel, Happening, Reason, State, Verification,
    code::{self, Binding},
    link::Token,
    settings::LIFE_SECONDS_MAX,
    texts::{self, Parts, Proof},
};

/// A verification with what only the database needs.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub shop: ShopId,
    pub number_key: NumberKey,
    pub part: String,
    pub verification: Verification,
    pub story: Vec<Happening>,
}

impl Kept {
    /// What its code or link is derived of.
    pub fn binding(&self) -> Binding<'_> {
        let one = &self.verification;
        Binding {
            id: one.id,
            number: &self.number_key,
            purpose: one.purpose,
            approving: one.approving.as_deref(),
            digits: one.digits,
        }
    }

    /// The text of its message over a channel, with its code or its link.
    pub fn text(&self, vault: &Vault, channel: Channel, shop_name: &str) -> Secret<String> {
        let one = &self.verification;
        let key = &vault.indexes(self.shop).code;
        let proof = match one.link.as_deref() {
            None => code::derive(key, self.binding()),
            Some(page) => Token::derive(key, self.binding()).at(page),
        };
        texts::compose(Parts {
            purpose: one.purpose,
            channel,
            language: &one.language,
            shop: shop_name,
            approving: one.approving.as_deref(),
            origin: one.origin.as_deref(),
            proof: if one.link.is_none() { Proof::Code(&proof) } else { Proof::Link(&proof) },
        })
    }
}

/// The number and what is being approved, sealed under a data key of their own.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub wrapped_key: Vec<u8>,
    pub details: Vec<u8>,
}

const SEPARATOR: char = '\u{1f}';

fn place(id: &Id<Verification>) -> Place<'_> {
    Place { table: "verifications", column: "details", row: id.as_bytes() }
}

pub(crate) fn seal(
    vault: &Vault,
    id: Id<Verification>,
    number: PhoneNumber,
    approving: Option<&str>,
) -> Sealed {
    let (key, wrapped_key) = vault.new_data_key(id.as_bytes());
    let plain = format!("{}{SEPARATOR}{}", number.e164().as_str(), approving.unwrap_or_default());
    Sealed { wrapped_key, details: key.seal(place(&id), plain.as_bytes()) }
}

fn open(
    vault: &Vault,
    id: Id<Verification>,
    sealed: &Sealed,
) -> Result<(PhoneNumber, Option<String>), Fault> {
    let key = vault.unwrap(&sealed.wrapped_key, id.as_bytes())?;
    let plain = String::from_utf8(key.open(place(&id), &sealed.details)?).map_err(Fault::internal)?;
    let (number, approving) =
        plain.split_once(SEPARATOR).ok_or_else(|| Fault::internal("details without their parts"))?;
    let approving = (!approving.is_empty()).then(|| approving.to_owned());
    Ok((PhoneNumber::from_e164(number).map_err(Fault::internal)?, approving))
}

/// The columns that [`kept`] reads.
macro_rules! select_verification {
    ($rest:literal) => {
        sql!(concat!(
            "SELECT shop_id, number_key, id, wrapped_key, details, part, purpose, channel, language, origin, digits, customer_id,
                    device_id, state, sends, guesses, created_at, expires_at, ended_at, sent_at, story, link FROM verifications ",
            $rest
        ))
    };
}

pub(crate) fn kept(vault: &Vault, row: &Row) -> Result<Kept, Fault> {
    let id: Id<Verification> = row.get(2)?;
    let (number, approving) = open(vault, id, &Sealed { wrapped_key: row.get(3)?, details: row.get(4)? })?;
    let verification = Verification {
        id,
        number,
        purpose: row.get::<String>(6)?.parse()?,
        channel: row.get::<String>(7)?.parse()?,
        language: row.get(8)?,
        approving,
        link: row.get(21)?,
        origin: row.get(9)?,
        digits: u8::try_from(row.get::<u32>(10)?).map_err(Fault::internal)?,
        customer: row.get(11)?,
        device: row.get(12)?,
        state: State::of(&row.get::<String>(13)?).ok_or_else(|| Fault::internal("an unknown state"))?,
        sends: row.get(14)?,
        guesses: row.get(15)?,
        created_at: row.get(16)?,
        expires_at: row.get(17)?,
        ended_at: row.get(18)?,
        sent_at: row.get(19)?,
    };
    let story = story_of(&row.get::<serde_json::Value>(20)?);
    Ok(Kept { shop: row.get(0)?, number_key: NumberKey(row.get(1)?), part: row.get(5)?, verification, story })
}

/// A story as JSON: for each happening its time, kind, reason, channel and actor, and the customer whom it is about if there is one, in that order.
fn story_text(story: &[Happening]) -> serde_json::Value {
    let one = |happening: &Happening| {
        let mut parts = vec![
            happening.at.as_micros().into(),
            happening.kind.as_str().into(),
            happening.reason.map(Reason::code).into(),
            happening.channel.map(Channel::code).into(),
            happening.actor.as_str().into(),
        ];
        parts.extend(happening.about.map(|customer| customer.to_string().into()));
        serde_json::Value::Array(parts)
    };
    story.iter().map(one).collect()
}

fn story_of(text: &serde_json::Value) -> Vec<Happening> {
    let one = |parts: &serde_json::Value| {
        Some(Happening {
            at: Timestamp::from_micros(parts.get(0)?.as_i64()?),
            kind: parts.get(1)?.as_str()?.to_owned(),
            reason: parts.get(2)?.as_str().and_then(Reason::of),
            channel: parts.get(3)?.as_str().and_then(|code| code.parse().ok()),
            actor: parts.get(4)?.as_str()?.to_owned(),
            about: parts.get(5).and_then(|customer| customer.as_str()?.parse().ok()),
        })
    };
    text.as_array().into_iter().flatten().filter_map(one).collect()
}

/// The verifications of these ids.
pub(crate) async fn by_ids(
    tx: &mut Tx,
    vault: &Vault,
    ids: &[(ShopId, Id<Verification>)],
) -> Result<Vec<Kept>, Fault> {
    look_up(tx, ids).await?.iter().flatten().map(|row| kept(vault, row)).collect()
}

/// The rows of these verifications, in their order; each is opened by whoever asked for it.
pub(crate) async fn look_up(
    tx: &mut Tx,
    ids: &[(ShopId, Id<Verification>)],
) -> Result<Vec<Option<Row>>, Fault> {
    let mut keys = Batch::with_capacity(2, ids.len());
    ids.iter().for_each(|(shop, id)| keys.push(params![*shop, *id]));
    Ok(tx.first_each(select_verification!("WHERE shop_id = $1 AND id = $2"), &keys).await?)
}

/// How many verifications of a number are looked at: the newest whose code was sent, then the newest of which nothing was sent. Of the former there are few, because
/// sends are bounded; of the latter strangers can make as many as they like, and must not push the others out of sight.
const OF_A_NUMBER_MAX: usize = 16;

/// Less than every id that was made at this time or later.
pub(crate) fn first_id_at(at: Timestamp) -> Id<Verification> {
    let millis = u64::try_from(at.as_micros() / 1000).unwrap_or(0);
    Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
}

/// The verifications of these numbers that are not past their time.
pub(crate) async fn by_numbers(
    tx: &mut Tx,
    vault: &Vault,
    numbers: &[(ShopId, NumberKey, Timestamp)],
) -> Result<Vec<Kept>, Fault> {
    let newest = select_verification!(
        "WHERE shop_id = $1 AND number_key = $2 AND id >= $3 AND expires_at > $4 ORDER BY id DESC LIMIT $5"
    );
    let sent = select_verification!(
        "WHERE shop_id = $1 AND number_key = $2 AND id >= $3 AND expires_at > $4 AND sends > 0 ORDER BY id DESC LIMIT $5"
    );
    let numbers: Vec<_> = numbers.iter().collect();
    let mut found = vec![Vec::new(); numbers.len()];
    collect(tx, vault, newest, &keys_of(&numbers), &mut found).await?;
    // Of most numbers there are few, and these are all. Else those of which nothing was sent give way to those that they hide.
    let crowded: Vec<usize> = (0..found.len()).filter(|at| found[*at].len() == OF_A_NUMBER_MAX).collect();
    let numbers: Vec<_> = crowded.iter().map(|at| numbers[*at]).collect();
    let mut of_crowded = vec![Vec::new(); crowded.len()];
    collect(tx, vault, sent, &keys_of(&numbers), &mut of_crowded).await?;
    for (at, mut kept) in crowded.into_iter().zip(of_crowded) {
        kept.extend(found[at].drain(..).filter(|kept| kept.verification.sends == 0));
        kept.truncate(OF_A_NUMBER_MAX);
        found[at] = kept;
    }
    Ok(found.into_iter().flatten().collect())
}

fn keys_of<'k>(numbers: &[&'k (ShopId, NumberKey, Timestamp)]) -> Batch<'k> {
    let mut keys = Batch::with_capacity(5, numbers.len());
    for (shop, key, now) in numbers {
        // None that began earlier can still last: so the index names few rows, however many there were of the number.
        let first = first_id_at(now.plus_micros(-LIFE_SECONDS_MAX * Timestamp::SECOND));
        keys.push(params![*shop, &key.0, first, *now, OF_A_NUMBER_MAX]);
    }
    keys
}

async fn collect(
    tx: &mut Tx,
    vault: &Vault,
    statement: db::Sql,
    keys: &Batch<'_>,
    found: &mut [Vec<Kept>],
) -> Result<(), Fault> {
    let mut opened = Ok(());
    tx.select_each(statement, keys, |at, row| {
        match kept(vault, row) {
            Ok(kept) => found[at].push(kept),
            Err(fault) => opened = Err(fault),
        }
        Ok(())
    })
    .await?;
    opened
}

/// A page of a shop's, the newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    vault: &Vault,
    shop: ShopId,
    number: Option<NumberKey>,
    before: Id<Verification>,
    limit: usize,
) -> Result<Vec<Kept>, Fault> {
    let rows = match number {
        Some(number) => {
            let of_number = select_verification!(
                "WHERE shop_id = $1 AND number_key = $2 AND id < $3 ORDER BY id DESC LIMIT $4"
            );
            tx.all(of_number, &params![shop, number.0, before, limit]).await?
        }
        None => {
            let all = select_verification!("WHERE shop_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
            tx.all(all, &params![shop, before, limit]).await?
        }
    };
    rows.iter().map(|row| kept(vault, row)).collect()
}

pub(crate) async fn insert(tx: &mut Tx, new: &[(&Kept, &Sealed)]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO verifications (shop_id, number_key, id, wrapped_key, details, part, purpose, channel, language, origin, digits, customer_id,
                                    device_id, state, sends, guesses, created_at, expires_at, ended_at, sent_at, story, link)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"
    );
    let mut rows = Batch::with_capacity(22, new.len());
    for (kept, sealed) in new {
        let one = &kept.verification;
        rows.push(params![
            kept.shop,
            &kept.number_key.0,
            one.id,
            &sealed.wrapped_key,
            &sealed.details,
            &kept.part,
            one.purpose.code(),
            one.channel.code(),
            &one.language,
            one.origin.as_deref(),
            one.digits,
            one.customer,
            one.device,
            one.state.code(),
            one.sends,
            one.guesses,
            one.created_at,
            one.expires_at,
            one.ended_at,
            one.sent_at,
            &story_text(&kept.story),
            one.link.as_deref()
        ]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

pub(crate) async fn update(tx: &mut Tx, changed: &[&Kept]) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE verifications SET channel = $4, state = $5, sends = $6, guesses = $7, customer_id = $8, ended_at = $9, sent_at = $10, story = $11
         WHERE shop_id = $1 AND number_key = $2 AND id = $3"
    );
    let mut rows = Batch::with_capacity(11, changed.len());
    for kept in changed {
        let one = &kept.verification;
        rows.push(params![
            kept.shop,
            &kept.number_key.0,
            one.id,
            one.channel.code(),
            one.state.code(),
            one.sends,
            one.guesses,
            one.customer,
            one.ended_at,
            one.sent_at,
            &story_text(&kept.story)
        ]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// Adds to stories what is known of proofs only after their turn.
pub(crate) async fn tell(tx: &mut Tx, told: Vec<(ShopId, Id<Verification>, Happening)>) -> Result<(), Fault> {
    let select = sql!("SELECT story FROM verifications WHERE shop_id = $1 AND id = $2");
    let update = sql!("UPDATE verifications SET story = $3 WHERE shop_id = $1 AND id = $2");
    for (shop, id, happening) in told {
        if let Some(row) = tx.first(select, &params![shop, id]).await? {
            let mut story = story_of(&row.get::<serde_json::Value>(0)?);
            story.push(happening);
            tx.execute(update, &params![shop, id, &story_text(&story)]).await?;
        }
    }
    Ok(())
}

/// Says whose proofs these were, or that they are nobody's.
pub(crate) async fn set_customers(
    tx: &mut Tx,
    holders: &[(ShopId, Id<Verification>, Option<Id<customers::Customer>>)],
) -> Result<(), Fault> {
    let statement = sql!("UPDATE verifications SET customer_id = $3 WHERE shop_id = $1 AND id = $2");
    let mut rows = Batch::with_capacity(3, holders.len());
    holders.iter().for_each(|(shop, id, customer)| rows.push(params![*shop, *id, *customer]));
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// Forgets a shop's verifications older than one with this id; ids ascend with time.
pub(crate) async fn forget(tx: &mut Tx, shop: ShopId, before: Id<Verification>) -> Result<u64, Fault> {
    let statement = sql!("DELETE FROM verifications WHERE shop_id = $1 AND id < $2");
    Ok(tx.execute(statement, &params![shop, before]).await?)
}
