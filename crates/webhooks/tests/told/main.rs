//! The same promises on both databases: what happens is told, signed, in the transaction in which it happens; what fails is told again; nobody is called who must not be.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calling;
mod endpoints;
mod house;
mod receiver;
mod trying;
