//! What is remembered for limits and budgets: of numbers, devices, addresses, days and breakers. Rows that are not there are as good as empty ones.

use base::{Fault, Id, ShopId};
use customers::NumberKey;
use db::{Batch, DbError, Row, Tx, params, sql};

use crate::verification::{
    Device,
    budget::{Breaker, Day},
    limits::{AddressHour, Record, pack, unpack},
};

/// One decides about a shop's proofs after another: whoever has begun a turn keeps others waiting until the end of the transaction.
pub(crate) async fn take_turns(tx: &mut Tx, shops: &[ShopId]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO verification_turns (shop_id, turns) VALUES ($1, 1) ON CONFLICT (shop_id) DO UPDATE SET turns = verification_turns.turns + 1"
    );
    let mut rows = Batch::with_capacity(1, shops.len());
    shops.iter().for_each(|shop| rows.push(params![*shop]));
    tx.write_each(statement, &rows).await?;
    Ok(())
}

fn record(row: &Row) -> Result<Record, DbError> {
    Ok(Record {
        sends: unpack(&row.get::<Vec<u8>>(0)?),
        guesses: unpack(&row.get::<Vec<u8>>(1)?),
        guesses_since_success: row.get(2)?,
        succeeded_at: row.get(3)?,
    })
}

pub(crate) type OfNumber = (ShopId, NumberKey);
pub(crate) type OfDevice = (ShopId, NumberKey, Id<Device>);
pub(crate) type OfAddress = (ShopId, [u8; 32], i64);
pub(crate) type OfDay = (ShopId, i64, String);
pub(crate) type OfPart = (ShopId, String);

/// In the order of the keys; `None` for what is not there.
async fn each<T>(
    tx: &mut Tx,
    statement: db::Sql,
    keys: &Batch<'_>,
    read: impl Fn(&Row) -> Result<T, DbError>,
) -> Result<Vec<Option<T>>, Fault> {
    let mut found: Vec<Option<T>> = std::iter::repeat_with(|| None).take(keys.len()).collect();
    tx.select_each(statement, keys, |at, row| {
        found[at] = Some(read(row)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

pub(crate) async fn numbers(tx: &mut Tx, of: &[OfNumber]) -> Result<Vec<Option<Record>>, Fault> {
    let statement = sql!(
        "SELECT sends, guesses, since_success, succeeded_at FROM verification_numbers WHERE shop_id = $1 AND number_key = $2"
    );
    let mut keys = Batch::with_capacity(2, of.len());
    of.iter().for_each(|(shop, number)| keys.push(params![*shop, &number.0]));
    each(tx, statement, &keys, record).await
}

pub(crate) async fn put_numbers(tx: &mut Tx, records: &[(&OfNumber, &Record)]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO verification_numbers (shop_id, number_key, sends, guesses, since_success, succeeded_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (shop_id, number_key) DO UPDATE SET sends = excluded.sends, guesses = excluded.guesses,
             since_success = excluded.since_success, succeeded_at = excluded.succeeded_at"
    );
    let mut rows = Batch::with_capacity(6, records.len());
    for ((shop, number), record) in records {
        let (sends, guesses) = (pack(&record.sends), pack(&record.guesses));
        rows.push(params![
            *shop,
            &number.0,
            sends,
            guesses,
            record.guesses_since_success,
            record.succeeded_at
        ]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

pub(crate) async fn devices(tx: &mut Tx, of: &[OfDevice]) -> Result<Vec<Option<Record>>, Fault> {
    let statement = sql!(
        "SELECT sends, guesses, since_success, succeeded_at FROM verification_devices WHERE shop_id = $1 AND number_key = $2 AND device_id = $3"
    );
    let mut keys = Batch::with_capacity(3, of.len());
    of.iter().for_each(|(shop, number, device)| keys.push(params![*shop, &number.0, *device]));
    each(tx, statement, &keys, record).await
}

pub(crate) async fn put_devices(tx: &mut Tx, records: &[(&OfDevice, &Record)]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO verification_devices (shop_id, number_key, device_id, sends, guesses, since_success, succeeded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (shop_id, number_key, device_id) DO UPDATE SET sends = excluded.sends, guesses = excluded.guesses,
             since_success = excluded.since_success, succeeded_at = excluded.succeeded_at"
    );
    let mut rows = Batch::with_capacity(7, records.len());
    for ((shop, number, device), record) in records {
        let (sends, guesses) = (pack(&record.sends), pack(&record.guesses));
        let since = record.guesses_since_success;
        rows.push(params![*shop, &number.0, *device, sends, guesses, since, record.succeeded_at]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

pub(crate) async fn addresses(tx: &mut Tx, of: &[OfAddress]) -> Result<Vec<Option<AddressHour>>, Fault> {
    let statement = sql!(
        "SELECT sends, sent, approved FROM verification_addresses WHERE shop_id = $1 AND address_key = $2 AND hour = $3"
    );
    let mut keys = Batch::with_capacity(3, of.len());
    of.iter().for_each(|(shop, address, hour)| keys.push(params![*shop, address, *hour]));
    let of_address =
        |row: &Row| Ok(AddressHour { asked: row.get(0)?, sent: row.get(1)?, approved: row.get(2)? });
    each(tx, statement, &keys, of_address).await
}

pub(crate) async fn put_addresses(tx: &mut Tx, records: &[(&OfAddress, &AddressHour)]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO verification_addresses (shop_id, address_key, hour, sends, sent, approved) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (shop_id, address_key, hour) DO UPDATE SET sends = excluded.sends, sent = excluded.sent, approved = excluded.approved"
    );
    let mut rows = Batch::with_capacity(6, records.len());
    for ((shop, address, hour), of) in records {
        rows.push(params![*shop, address, *hour, of.asked, of.sent, of.approved]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

fn day(row: &Row, from: usize) -> Result<Day, DbError> {
    Ok(Day {
        sends: row.get(from)?,
        refused: row.get(from + 1)?,
        would_be_refused: row.get(from + 2)?,
        approved: row.get(from + 3)?,
        cost_micros: row.get(from + 4)?,
    })
}

pub(crate) async fn days(tx: &mut Tx, of: &[OfDay]) -> Result<Vec<Option<Day>>, Fault> {
    let statement = sql!(
        "SELECT sends, refused, would_be_refused, approved, cost_micros FROM verification_days WHERE shop_id = $1 AND day = $2 AND part = $3"
    );
    let mut keys = Batch::with_capacity(3, of.len());
    of.iter().for_each(|(shop, day, part)| keys.push(params![*shop, *day, part]));
    each(tx, statement, &keys, |row| day(row, 0)).await
}

pub(crate) async fn put_days(tx: &mut Tx, days: &[(&OfDay, &Day)]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO verification_days (shop_id, day, part, sends, refused, would_be_refused, approved, cost_micros)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (shop_id, day, part) DO UPDATE SET sends = excluded.sends, refused = excluded.refused,
             would_be_refused = excluded.would_be_refused, approved = excluded.approved, cost_micros = excluded.cost_micros"
    );
    let mut rows = Batch::with_capacity(8, days.len());
    for ((shop, at, part), day) in days {
        let Day { sends, refused, would_be_refused, approved, cost_micros } = **day;
        rows.push(params![*shop, *at, part, sends, refused, would_be_refused, approved, cost_micros]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// All days from one on, the oldest first, for charts.
pub(crate) async fn days_since(
    tx: &mut Tx,
    shop: ShopId,
    from: i64,
) -> Result<Vec<(i64, String, Day)>, Fault> {
    let statement = sql!(
        "SELECT day, part, sends, refused, would_be_refused, approved, cost_micros FROM verification_days
         WHERE shop_id = $1 AND day >= $2 ORDER BY day, part"
    );
    let rows = tx.all(statement, &params![shop, from]).await?;
    Ok(rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, day(row, 2)?))).collect::<Result<_, DbError>>()?)
}

fn breaker(row: &Row, from: usize) -> Result<Breaker, DbError> {
    Ok(Breaker {
        sends: row.get(from)?,
        approved: row.get(from + 1)?,
        at: row.get(from + 2)?,
        probed_at: row.get(from + 3)?,
    })
}

pub(crate) async fn breakers(tx: &mut Tx, of: &[OfPart]) -> Result<Vec<Option<Breaker>>, Fault> {
    let statement = sql!(
        "SELECT sends, approved, at, probed_at FROM verification_breakers WHERE shop_id = $1 AND part = $2"
    );
    let mut keys = Batch::with_capacity(2, of.len());
    of.iter().for_each(|(shop, part)| keys.push(params![*shop, part]));
    each(tx, statement, &keys, |row| breaker(row, 0)).await
}

pub(crate) async fn all_breakers(tx: &mut Tx, shop: ShopId) -> Result<Vec<(String, Breaker)>, Fault> {
    let statement = sql!(
        "SELECT part, sends, approved, at, probed_at FROM verification_breakers WHERE shop_id = $1 ORDER BY part"
    );
    let rows = tx.all(statement, &params![shop]).await?;
    Ok(rows.iter().map(|row| Ok((row.get(0)?, breaker(row, 1)?))).collect::<Result<_, DbError>>()?)
}

/// Those of all shops.
pub(crate) async fn breakers_of_all(tx: &mut Tx) -> Result<Vec<Breaker>, Fault> {
    let statement = sql!("SELECT sends, approved, at, probed_at FROM verification_breakers");
    let rows = tx.all(statement, &[]).await?;
    Ok(rows.iter().map(|row| breaker(row, 0)).collect::<Result<_, DbError>>()?)
}

pub(crate) async fn put_breakers(tx: &mut Tx, breakers: &[(&OfPart, &Breaker)]) -> Result<(), Fault> {
    let statement = sql!(
        "INSERT INTO verification_breakers (shop_id, part, sends, approved, at, probed_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (shop_id, part) DO UPDATE SET sends = excluded.sends, approved = excluded.approved, at = excluded.at,
             probed_at = excluded.probed_at"
    );
    let mut rows = Batch::with_capacity(6, breakers.len());
    for ((shop, part), breaker) in breakers {
        let Breaker { sends, approved, at, probed_at } = **breaker;
        rows.push(params![*shop, part, sends, approved, at, probed_at]);
    }
    tx.write_each(statement, &rows).await?;
    Ok(())
}

/// Takes the wrong guesses of a number back.
pub(crate) async fn forgive(tx: &mut Tx, shop: ShopId, number: NumberKey) -> Result<(), Fault> {
    let statement = sql!(
        "UPDATE verification_numbers SET guesses = $3, since_success = 0 WHERE shop_id = $1 AND number_key = $2"
    );
    tx.execute(statement, &params![shop, number.0, Vec::<u8>::new()]).await?;
    Ok(())
}

/// Forgets the sends of addresses in hours before this one.
pub(crate) async fn forget_addresses(tx: &mut Tx, before_hour: i64) -> Result<u64, Fault> {
    let statement = sql!("DELETE FROM verification_addresses WHERE hour < $1");
    Ok(tx.execute(statement, &params![before_hour]).await?)
}
