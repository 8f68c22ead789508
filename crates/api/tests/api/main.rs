//! The API from outside: requests in, answers out, on both databases.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod access;
mod acts;
mod clients;
mod customers;
mod document;
mod endpoints;
mod house;
mod imports;
mod messages;
mod renormalisations;
mod requests;
mod risk;
mod shops;
mod verifications;
mod webhooks;
