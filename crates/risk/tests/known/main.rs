//! Risk on both databases: what is known of numbers, by whom, and what is decided by it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assessments;
mod house;
mod operators;
mod peer;
