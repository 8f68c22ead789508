//! Every SQL text of customers: facts in `facts`, views in `views`.

pub(crate) mod facts;
pub(crate) mod views;
