//! A progress bar with its figures in words, so that it says the same to eye and ear.

use maud::{Markup, html};

/// `total` unknown shows a bar that moves without an end in sight.
pub fn progress(label: &str, done: u64, total: Option<u64>, words: &str) -> Markup {
    html! {
        div.progress {
            @match total {
                Some(total) => progress aria-label=(label) value=(done.min(total)) max=(total.max(1)) { (words) },
                None => progress aria-label=(label) { (words) },
            }
            span.progress-words { (words) }
        }
    }
}
