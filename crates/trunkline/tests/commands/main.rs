//! The built binary as a shop uses it from a shell, on both databases.

mod access;
mod customers;
mod imports;
mod installation;
mod messages;
mod numbers;
mod shop;
mod webhooks;
