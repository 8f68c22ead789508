//! A timeline: what happened, newest first, each with an icon, a sentence, who did it and when.

use std::fmt;

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::Tone,
        icon::{Icon, icon},
    },
    format,
};

#[derive(Clone)]
pub struct Event {
    pub at: Timestamp,
    pub icon: Icon,
    pub tone: Tone,
    /// A whole sentence; may hold links.
    pub text: Markup,
    /// Who, why, over which number.
    pub note: Markup,
}

/// Markup may name people, so it stays out.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("at", &self.at).field("icon", &self.icon).finish_non_exhaustive()
    }
}

/// `relative` suits what just happened; history reads better by its dates.
pub fn timeline(events: &[Event], relative: bool) -> Markup {
    html! {
        ol.timeline {
            @for event in events {
                li {
                    span class={ "timeline-icon " (event.tone.class()) } { (icon(event.icon)) }
                    div.timeline-text {
                        p { (event.text) }
                        @if !event.note.0.is_empty() { p.note { (event.note) } }
                    }
                    span.timeline-time { @if relative { (format::ago(event.at)) } @else { (format::day(event.at)) } }
                }
            }
        }
    }
}
