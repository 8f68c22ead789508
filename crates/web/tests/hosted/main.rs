//! Customers at the hosted pages, and clients that sign them in: stories on both databases, with the codes read from the sandbox's phones.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod caller;
mod clients;
mod factors;
mod porch;
mod provider;
mod signing_in;
mod story;
