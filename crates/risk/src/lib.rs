//! Risk: what may be known of a number and of whoever uses it, rules that decide by it, and assessments that say why.
//!
//! Every signal is answered yes, no, or not at all. A rule asks for a yes or a no, so nothing is ever decided by what is unknown: an operator that is not set up, is slow or may
//! not say something makes nothing better and nothing worse.
//!
//! ```
//! use base::Timestamp;
//! use risk::{Decision, Finding, Found, Purpose, Signal, Subject, Why, defaults};
//!
//! let about = Subject { purpose: Purpose::Recovery, channel: None };
//! let found = |finding| [Found { signal: Signal::SimSwapped, finding, happened_at: None, asked_at: Timestamp::default() }];
//! let swapped = defaults().decide(about, &found(Finding::Yes));
//! assert_eq!(swapped.decision, Decision::Review);
//! assert!(swapped.reasons[0].words.starts_with("The SIM was swapped lately"));
//! let nobody_says = defaults().decide(about, &found(Finding::Unknown(Why::TimedOut)));
//! assert_eq!(nobody_says.decision, Decision::Allow);
//! ```

mod assessment;
pub mod camara;
mod question;
mod rows;
mod rules;
mod service;
mod settings;
mod signal;
mod source;
pub mod sources;

pub use assessment::{Assessment, Filter};
pub use question::{PhoneCode, Question};
pub use rules::{
    Decision, Purpose, Reason, Rule, Rules, Subject, Thresholds, Verdict, WrittenRule, WrittenRules, defaults,
};
pub use service::{Change, DryRun, Example, Forgetting, InForce, KEPT_DAYS, Risk, Span};
pub use settings::{OperatorSettings, Settings, Velocity};
pub use signal::{Finding, Found, Signal, Why};
pub use source::{Answer, Lifetime, Source};

pub const MIGRATIONS: &[db::Migration] = &[("risk/0001_risk", include_str!("../migrations/0001_risk.sql"))];
