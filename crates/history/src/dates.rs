//! What linking asks of orders: when they were placed.

use base::{Context, Fault, Id, ShopId, Timestamp};
use customers::{OrderDates, Persona, Span};
use db::{Db, Tx};
use futures::{
    FutureExt as _,
    future::{BoxFuture, LocalBoxFuture},
};
use jobs::lease::Held;

use crate::{placing, rows};

/// Answers linking's questions from the orders.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkDates;

impl OrderDates for LinkDates {
    fn settle<'a>(
        &'a self,
        db: &'a Db,
        cx: &'a Context,
        held: Option<&'a Held>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        placing::settle(db, cx, held).boxed()
    }

    fn any_unplaced<'a>(&'a self, tx: &'a mut Tx, shop: ShopId) -> LocalBoxFuture<'a, Result<bool, Fault>> {
        async move { Ok(!rows::begun(tx, shop).await?.is_empty()) }.boxed_local()
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
