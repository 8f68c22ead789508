//! Messages to the person at the console: what just happened, what is missing, and where to begin.

use maud::{Markup, html};

use crate::components::{
    badge::Tone,
    icon::{Icon, icon},
};

/// One message at the top of a page, shown once after an act.
#[derive(Clone, Debug)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
    /// Words and address of what to do about it, such as "Undo".
    pub link: Option<(String, String)>,
}

impl Notice {
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), link: None }
    }
}

pub fn notice(notice: &Notice) -> Markup {
    let (role, which) = match notice.tone {
        Tone::Good => ("status", Icon::Check),
        Tone::Plain | Tone::Accent => ("status", Icon::Arrow),
        Tone::Warn | Tone::Bad => ("alert", Icon::Alert),
    };
    html! {
        div class={ "notice " (notice.tone.class()) } role=(role) {
            (icon(which))
            p { (notice.text) }
            @if let Some((words, url)) = &notice.link { a href=(url) { (words) } }
        }
    }
}

/// What stands where a list would be: what belongs here, and the act that brings the first one.
pub fn empty(which: Icon, title: &str, text: &str, act: Option<Markup>) -> Markup {
    html! {
        div.empty {
            span.empty-icon { (icon(which)) }
            p.empty-title { (title) }
            p { (text) }
            @if let Some(act) = act { div.empty-act { (act) } }
        }
    }
}

/// The same for a list with a filter at `path`: where something was asked for, it is not as if nothing ever happened.
pub fn empty_or_unfit(which: Icon, titles: [&str; 2], text: &str, unfiltered: Option<&str>) -> Markup {
    match unfiltered {
        None => empty(which, titles[0], text, None),
        Some(path) => {
            let all = html! { a.button href=(path) { "Show all" } };
            empty(which, titles[1], "Nothing in this list is as asked for.", Some(all))
        }
    }
}
