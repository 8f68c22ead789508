//! What tests and measurements share: a private PostgreSQL, the built binary seen from outside, a real browser,
//! databases of older programs.
//!
//! Never part of what a shop runs.

pub mod browser;
pub mod counts;
pub mod older;
pub mod peers;
pub mod postgres;
pub mod process;
pub mod quality;
pub mod stories;
pub mod timelines;
pub mod tls;
