//! Where `plans.bin` comes from. Written by `cargo xtask generate numbering`; change neither by hand.
//!
//! The numbering plans are libphonenumber's metadata, Copyright The Libphonenumber Authors, licensed under the Apache License,
//! Version 2.0, taken from the Python package `phonenumbers`.

/// Which release of the numbering-plan data (libphonenumber's metadata) the answers come from. Keep it beside stored numbers:
/// plans change, and [`crate::renormalised`] brings old numbers up to date.
pub const METADATA_VERSION: &str = "9.0.42";
/// SHA-256 of the source archive that the plans were taken from.
pub const METADATA_SHA256: &str = "83ddc20edea93814f5bb2ee8d365b3ef64fa274c8a4f6d06bd8b2c7996030564";
/// Bytes of the table, and their SHA-256.
pub const TABLE_BYTES: usize = 592704;
pub const TABLE_SHA256: &str = "4cd2467192de1c8e9a33ee507554b329d657935d7594660bc78fac9dbeaff3aa";
