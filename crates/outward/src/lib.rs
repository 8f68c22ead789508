//! Lines to the outside world: to providers, operators, and the addresses that shops register. Time-boxed, bounded, encrypted by rustls, and kept away from the house's own
//! network where whoever gave the address is not to be trusted with it.
//!
//! A [`Client`] asks over HTTP, one line for each request: enough for servers that are asked a few dozen times a second, and whoever asks learns whether a request that failed
//! may have been read. A [`Line`] is what other protocols speak on.
//!
//! ```
//! use outward::{Client, Failed, Reach, Request};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! // An address that a shop registered must not lead to the machine's own services.
//! let client = Client::new(Reach::public());
//! let answer = client.send(Request::post("http://127.0.0.1:8080/", b"{}".to_vec())).await;
//! assert!(matches!(answer, Err(Failed::Forbidden(_))));
//! # });
//! ```

mod client;
mod line;
mod reach;

pub use client::{Client, Failed, Reply, Request};
pub use line::{Line, Trust, open};
pub use reach::Reach;
