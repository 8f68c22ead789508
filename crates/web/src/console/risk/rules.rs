//! The rules that decide: as a table, as text to write others, and what others would have decided in the last days.

use base::Timestamp;
use maud::{Markup, html};

use super::number;
use crate::{
    components::{
        badge::{Tone, badge},
        form::{self, Field, Input},
        header::{page_header, section},
        shell::{Framed, Place, Shell},
        table::{Column, Row, Set, table},
    },
    console::paths,
    format,
};

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub name: String,
    pub reason: String,
    pub about: String,
    pub when: String,
    pub decision: &'static str,
    pub tone: Tone,
    pub score: u32,
}

/// So many that were decided one way would be decided another way, or the same.
#[derive(Clone, Debug)]
pub struct Change {
    pub from: (Tone, &'static str),
    pub to: (Tone, &'static str),
    pub count: u64,
    pub is_other: bool,
}

/// One that would be decided otherwise.
#[derive(Clone, Debug)]
pub struct Example {
    pub id: String,
    pub at: Timestamp,
    pub number: Option<String>,
    pub purpose: &'static str,
    pub from: (Tone, &'static str),
    pub to: (Tone, &'static str),
    pub reasons: Vec<String>,
}

/// What other rules would have decided.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub words: String,
    pub changes: Vec<Change>,
    pub examples: Vec<Example>,
    /// Signals that were not asked for then, in words.
    pub missing: Vec<String>,
}

/// The page of rules.
#[derive(Clone, Debug)]
pub struct Rules {
    pub whose: String,
    pub version: i64,
    pub thresholds: String,
    pub rules: Vec<Rule>,
    /// There for whoever may write them.
    pub text: Option<Field>,
    pub days: Field,
    pub reason: Field,
    pub outcome: Option<Outcome>,
}

pub fn page(shell: &Shell, model: &Rules) -> Markup {
    let lead = html! { (model.whose) " · " (model.thresholds) };
    let content = html! {
        (page_header("Rules", lead, html! {}))
        @if let Some(outcome) = &model.outcome { (section("outcome", "What other rules would have decided", html! {}, tried(outcome))) }
        (section("rules", "In force", html! { "the strictest that holds decides, or the sum of all" }, rules(&model.rules)))
        @if let Some(text) = &model.text { (section("write", "Write others", html! { "nothing changes until you put them into force" }, write(shell, model, text))) }
    };
    let crumbs = [("Risk", paths::RISK)];
    shell.frame(Framed { place: Place::Risk, title: "Rules", crumbs: &crumbs, content })
}

fn rules(rules: &[Rule]) -> Markup {
    let columns = [
        Column("Rule", Set::Wide),
        Column("For", Set::Wide),
        Column("When", Set::Wide),
        Column("Decides", Set::Text),
        Column("Adds", Set::Figure),
    ];
    let row = |rule: &Rule| {
        Row::of(vec![
            html! { (rule.reason) br; span.note { (rule.name) } },
            html! { (rule.about) },
            html! { (rule.when) },
            html! { (badge(rule.tone, rule.decision)) },
            html! { (rule.score) },
        ])
    };
    table("Rules", &columns, &rules.iter().map(row).collect::<Vec<_>>())
}

fn write(shell: &Shell, model: &Rules, text: &Field) -> Markup {
    let days = Input { hint: "1 to 90", kind: "number", ..Input::text("days", "Days to look back") };
    let reason = Input { hint: "Kept in the audit trail.", ..Input::text("reason", "Why") };
    html! {
        form.stack method="post" action=(paths::RISK_RULES) {
            (form::csrf(&shell.csrf))
            input type="hidden" name="version" value=(model.version);
            div.field.is-wrong[text.error.is_some()] {
                label for="rules" { "Rules, as JSON" }
                textarea.code-block id="rules" name="rules" rows="18" spellcheck="false" required
                    aria-invalid=[text.error.as_ref().map(|_| "true")] aria-describedby=[text.error.as_ref().map(|_| "rules-error")] { (text.value) }
                @if let Some(error) = &text.error { p.error id="rules-error" { (error) } }
            }
            (form::input(&days, &model.days))
            p { button.button name="act" value="try" { "Try on the past" } }
            (form::input(&reason, &model.reason))
            p { button.button.is-primary name="act" value="set" { "Put into force" } }
        }
    }
}

fn tried(outcome: &Outcome) -> Markup {
    let columns = [
        Column("Decided", Set::Text),
        Column("Would be", Set::Text),
        Column("Assessments", Set::Figure),
        Column("", Set::Text),
    ];
    let row = |one: &Change| {
        Row::of(vec![
            html! { (badge(one.from.0, one.from.1)) },
            html! { (badge(one.to.0, one.to.1)) },
            html! { (format::count(one.count)) },
            html! { span.note { @if one.is_other { "otherwise" } @else { "the same" } } },
        ])
    };
    html! {
        p.lead { (outcome.words) }
        @if !outcome.changes.is_empty() { (table("Changes", &columns, &outcome.changes.iter().map(row).collect::<Vec<_>>())) }
        @for missing in &outcome.missing { p.note { (missing) } }
        @if !outcome.examples.is_empty() { (examples(&outcome.examples)) }
    }
}

fn examples(examples: &[Example]) -> Markup {
    let columns = [
        Column("When", Set::Text),
        Column("Number", Set::Text),
        Column("What for", Set::Text),
        Column("Decided", Set::Text),
        Column("Would be", Set::Text),
        Column("Why", Set::Wide),
    ];
    let row = |one: &Example| {
        Row::of(vec![
            html! { a href=(paths::assessment(&one.id)) { time datetime=(one.at) { (format::moment(one.at)) } } },
            number(one.number.as_ref()),
            html! { (one.purpose) },
            html! { (badge(one.from.0, one.from.1)) },
            html! { (badge(one.to.0, one.to.1)) },
            html! { @for (at, reason) in one.reasons.iter().enumerate() { @if at > 0 { br; } (reason) } },
        ])
    };
    table("Examples", &columns, &examples.iter().map(row).collect::<Vec<_>>())
}
