//! The staff console: server-rendered pages, their parts, their style sheet and script, and the safety around them.
//!
//! Each page in [`console`] is a **view model** (a plain struct that says what is shown) and a pure function from it to markup,
//! so a page can be tested and looked at without a database: `cargo run -p web --example gallery`. [`components`] holds the parts
//! that pages share, [`assets`] what the browser fetches, [`session`] and [`safety`] what keeps it honest.
//!
//! ```
//! use web::components::badge::{Tone, badge};
//!
//! assert_eq!(badge(Tone::Good, "Single").into_string(), r#"<span class="badge tone-good">Single</span>"#);
//! ```

pub mod assets;
pub mod components;
pub mod console;
pub mod format;
mod hosted;
pub mod personal;
mod routes;
pub mod safety;
pub mod session;

pub use routes::router;
