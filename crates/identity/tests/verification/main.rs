//! Verification with its databases: limits hold under rivals, over restarts and over processes; proofs join the tenures of their numbers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod house;
mod links;
mod money;
mod older;
mod rivals;
mod tenures;
