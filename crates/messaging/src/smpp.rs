//! SMPP 3.4 and 5.0, as far as sending messages and hearing of them needs: the frames, receipts in their various shapes, and a client with a window of its own.
//!
//! The frames are our own ten kinds, not a library's thirty with all their fields: what a peer sends beside them is skipped, not refused, because peers
//! send much that no specification knows.

pub mod client;
mod hearing;
mod link;
pub mod pdu;
pub mod receipt;
mod session;

pub use client::{LongMessages, ReceiptIds, Smpp, SmppSettings};
