//! The API from outside: requests in, answers out, on both databases.

mod access;
mod acts;
mod customers;
mod document;
mod house;
mod imports;
mod requests;
mod shops;
