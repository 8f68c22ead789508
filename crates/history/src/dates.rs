//! What linking asks of orders: when they were placed.

use base::{Fault, Id, ShopId, Timestamp};
use customers::{OrderDates, Persona, Span};
use db::{Db, Tx};
use futures::{
    FutureExt as _,
    future::{BoxFuture, LocalBoxFuture},
};

use crate::{placing, rows};

/// Answers linking's questions from the orders.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkDates;

impl OrderDates for LinkDates {
    fn settle<'a>(&'a self, db: &'a Db, shop: ShopId) -> BoxFuture<'a, Result<(), Fault>> {
        placing::settle(db, shop).boxed()
    }

    fn spans<'a>(
        &'a self,
        tx: &'a mut Tx,
        _shop: ShopId,
        personas: &'a [Id<Persona>],
    ) -> LocalBoxFuture<'a, Result<Vec<Span>, Fault>> {
        rows::spans(tx, personas).boxed_local()
    }

    fn dates<'a>(
        &'a self,
        tx: &'a mut Tx,
        _shop: ShopId,
        personas: &'a [Id<Persona>],
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<Timestamp>>, Fault>> {
        rows::dates(tx, personas).boxed_local()
    }
}
