//! The shop's settings as they are in force, and how the installation is.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{Tone, badge},
        header::{page_header, section},
        icon::{Icon, icon},
        shell::{Framed, Place, Shell},
    },
    format,
};

#[derive(Clone, Debug)]
pub struct Settings {
    pub checked_at: Timestamp,
    pub checks: Vec<Check>,
    pub groups: Vec<Group>,
}

/// One thing that was looked at, and how to mend it when it is not well.
#[derive(Clone, Debug)]
pub struct Check {
    pub name: String,
    pub tone: Tone,
    pub words: String,
    pub mend: Option<String>,
}

/// Settings that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    pub title: String,
    pub settings: Vec<Setting>,
}

#[derive(Clone, Debug)]
pub struct Setting {
    pub name: String,
    pub value: String,
    /// A sentence on what it does.
    pub meaning: String,
}

pub fn page(shell: &Shell, model: &Settings) -> Markup {
    let lead = html! { "Checked " (format::ago(model.checked_at)) ". The same checks run with " code { "trunkline doctor" } "." };
    let content = html! {
        (page_header("Shop and health", lead, html! {}))
        (section("health", "Health", overall(&model.checks), checks(&model.checks)))
        @for (at, group) in model.groups.iter().enumerate() {
            (section(&format!("settings-{at}"), &group.title, html! {}, settings(&group.settings)))
        }
    };
    shell.frame(Framed { place: Place::Settings, title: "Shop and health", crumbs: &[], content })
}

fn overall(checks: &[Check]) -> Markup {
    let bad = checks.iter().filter(|check| check.tone == Tone::Bad).count();
    let warn = checks.iter().filter(|check| check.tone == Tone::Warn).count();
    match (bad, warn) {
        (0, 0) => badge(Tone::Good, "All well"),
        (0, warn) => badge(Tone::Warn, &format!("{warn} to look at")),
        (bad, _) => badge(Tone::Bad, &format!("{bad} to mend")),
    }
}

fn checks(checks: &[Check]) -> Markup {
    html! {
        ul.checklist {
            @for check in checks {
                li {
                    span class={ "timeline-icon " (check.tone.class()) } { (icon(if check.tone == Tone::Good { Icon::Check } else { Icon::Alert })) }
                    span.strong { (check.name) }
                    div { p { (check.words) } @if let Some(mend) = &check.mend { p.note { (mend) } } }
                }
            }
        }
    }
}

fn settings(settings: &[Setting]) -> Markup {
    html! {
        dl.settings {
            @for setting in settings {
                div { dt { code { (setting.name) } } dd.setting-value { (setting.value) } dd.note { (setting.meaning) } }
            }
        }
    }
}
