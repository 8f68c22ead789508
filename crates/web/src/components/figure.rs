//! Figure tiles: a number that says how things stand, and what it means.

use maud::{Markup, html};

use crate::components::badge::Tone;

/// One figure. With an address the whole tile leads there.
#[derive(Clone, Debug)]
pub struct Figure {
    pub label: String,
    pub value: String,
    pub note: String,
    pub url: Option<String>,
    /// `Warn` draws the eye: something waits.
    pub tone: Tone,
}

impl Figure {
    pub fn new(label: impl Into<String>, value: impl Into<String>, note: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), note: note.into(), url: None, tone: Tone::Plain }
    }

    #[must_use]
    pub fn to(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

pub fn figures(figures: &[Figure]) -> Markup {
    html! {
        dl.figures {
            @for figure in figures {
                div class={ "figure " (figure.tone.class()) } {
                    dt {
                        @if let Some(url) = &figure.url { a.cover href=(url) { (figure.label) } } @else { (figure.label) }
                    }
                    dd.figure-value { (figure.value) }
                    dd.figure-note { (figure.note) }
                }
            }
        }
    }
}
