//! The pages of the console: for each a view model, and a pure function that renders it.

pub mod audit;
pub mod clients;
pub mod customer;
pub mod error;
pub mod imports;
pub mod messages;
pub mod number;
pub mod paths;
pub mod phones;
pub mod proofs;
pub mod reveal;
pub mod review;
pub mod risk;
pub mod search;
pub mod settings;
pub mod sign_in;
pub mod staff;
pub mod start;
pub mod webhooks;
