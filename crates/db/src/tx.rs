//! A transaction: the only way to the data. The same verbs on both databases.

use crate::{Batch, DbError, Row, Sql, Value, postgres::PostgresTx, sqlite::SqliteTx};

/// What a closure of `Db::write` or `Db::read` works with.
pub struct Tx(pub(crate) Inner);

pub(crate) enum Inner {
    Sqlite(SqliteTx),
    Postgres(PostgresTx),
}

impl Tx {
    /// Runs a statement; returns the number of rows it changed.
    pub async fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, DbError> {
        match &mut self.0 {
            Inner::Sqlite(tx) => tx.execute(sql, params),
            Inner::Postgres(tx) => tx.execute(sql, params).await,
        }
    }

    /// All rows of a query.
    pub async fn all(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<Vec<Row>, DbError> {
        match &mut self.0 {
            Inner::Sqlite(tx) => tx.all(sql, params),
            Inner::Postgres(tx) => tx.all(sql, params).await,
        }
    }

    /// The first row, if there is one.
    pub async fn first(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<Option<Row>, DbError> {
        Ok(self.all(sql, params).await?.into_iter().next())
    }

    /// The one row of a query that always has one, such as a count.
    pub async fn one(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<Row, DbError> {
        self.first(sql, params).await?.ok_or(DbError::Column { at: 0, wanted: "row" })
    }

    /// Runs an `INSERT … VALUES ($1, …, $n) [ON CONFLICT …]` (or any statement, one execution a row) for every row of the batch; returns the rows changed.
    /// On PostgreSQL the `VALUES` of an insert become one `unnest` of arrays: one round trip a batch; on SQLite an insert that updates nothing writes several rows at a
    /// time.
    pub async fn insert_each(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<u64, DbError> {
        if batch.is_empty() {
            return Ok(0);
        }
        match &mut self.0 {
            Inner::Sqlite(tx) => tx.insert_each(sql, batch),
            Inner::Postgres(tx) => tx.insert_each(sql, batch).await,
        }
    }

    /// Like [`Tx::insert_each`] and [`Tx::execute_each`], for whoever need not know how many rows were changed: on PostgreSQL the next statement is sent before the answer to
    /// this one has come. If it fails, whatever is waited for next fails with its error, at the latest the commit.
    pub async fn write_each(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<(), DbError> {
        if batch.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            Inner::Sqlite(tx) if sql.is_insert() => tx.insert_each(sql, batch).map(drop),
            Inner::Sqlite(tx) => tx.execute_each(sql, batch).map(drop),
            Inner::Postgres(tx) => tx.write_each(sql, batch).await,
        }
    }

    /// Like [`Tx::write_each`] for an insert into a table that nobody reads before the transaction ends. In the stages of long work on SQLite the rows wait for the end of their
    /// transaction and are inserted in the order of their columns, so that each page of a table whose order is not that of the work is written once for all of them.
    pub async fn insert_later(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<(), DbError> {
        if batch.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            Inner::Sqlite(tx) => tx.insert_later(sql, batch),
            Inner::Postgres(tx) => tx.write_each(sql, batch).await,
        }
    }

    /// Whether nobody else writes while this transaction does: what it did not find is not there when it writes. (So it is on SQLite.)
    pub const fn writes_alone(&self) -> bool {
        matches!(self.0, Inner::Sqlite(_))
    }

    /// Like [`Tx::insert_each`] with an `ON CONFLICT DO NOTHING`, and says of each row whether it was new. `key` names a text column whose values are distinct in
    /// the batch, and its place there.
    pub async fn insert_new(
        &mut self,
        sql: Sql,
        batch: &Batch<'_>,
        key: (&'static str, usize),
    ) -> Result<Vec<bool>, DbError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        match &mut self.0 {
            Inner::Sqlite(tx) => tx.insert_new(sql, batch),
            Inner::Postgres(tx) => tx.insert_new(sql, batch, key).await,
        }
    }

    /// Runs an `UPDATE` or `DELETE` for every row of the batch, each of which names other rows; returns the rows changed.
    /// On PostgreSQL it is one round trip: the rows come from `unnest` of arrays.
    pub async fn execute_each(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<u64, DbError> {
        if batch.is_empty() {
            return Ok(0);
        }
        match &mut self.0 {
            Inner::Sqlite(tx) => tx.execute_each(sql, batch),
            Inner::Postgres(tx) => tx.execute_each(sql, batch).await,
        }
    }

    /// Runs a query for every row of the batch; `found(i, row)` gets each row with the position of the parameters that found it, in order.
    /// On PostgreSQL it is one round trip: the query becomes a lateral join with the keys.
    pub async fn select_each(
        &mut self,
        sql: Sql,
        batch: &Batch<'_>,
        mut found: impl FnMut(usize, &Row) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        if batch.is_empty() {
            return Ok(());
        }
        match &mut self.0 {
            Inner::Sqlite(tx) => tx.select_each(sql, batch, found),
            Inner::Postgres(tx) => {
                for (at, row) in tx.select_each(sql, batch).await? {
                    found(at, &row)?;
                }
                Ok(())
            }
        }
    }

    /// The row that a query has for each row of the batch, in order; `None` where it has none.
    pub async fn first_each(&mut self, sql: Sql, batch: &Batch<'_>) -> Result<Vec<Option<Row>>, DbError> {
        let mut found = vec![None; batch.len()];
        self.select_each(sql, batch, |at, row| {
            found[at].get_or_insert_with(|| row.clone());
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Runs several statements without parameters, for migrations.
    pub(crate) async fn script(&mut self, text: &str) -> Result<(), DbError> {
        match &mut self.0 {
            Inner::Sqlite(tx) => tx.script(text),
            Inner::Postgres(tx) => tx.script(text).await,
        }
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Inner::Sqlite(_) => "Tx(SQLite)",
            Inner::Postgres(_) => "Tx(PostgreSQL)",
        })
    }
}
