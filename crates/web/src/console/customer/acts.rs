//! What staff may do to a customer: merge, split, change the number, undo. Each asks for a reason.

use base::Timestamp;
use maud::{Markup, html};

use super::CustomerPage;
use crate::{
    components::{
        badge,
        chart::tenures::TenureRow,
        dialog::{self, Dialog, reason_field},
        form::{self, Field, Input},
        icon::{Icon, icon},
        notice::empty,
        search_box::picker,
        shell::Shell,
    },
    console::paths,
    format,
    personal::Personal,
};

/// An act on this customer that may be undone.
#[derive(Clone, Debug)]
pub struct Act {
    pub id: String,
    /// "Merged with Rahim U."
    pub words: Personal,
    pub reason: Personal,
    pub by: Personal,
    pub at: Timestamp,
    pub state: ActState,
}

#[derive(Clone, Debug)]
pub enum ActState {
    /// Unless a later act builds on it: then undoing is refused, and the refusal names that act.
    CanUndo,
    Undone,
}

/// Fields of the forms, as they come back after a refusal.
#[derive(Clone, Debug, Default)]
pub struct MergeForm {
    /// Two-letter codes and names of countries.
    pub regions: Vec<(String, String)>,
    pub new_number: Field,
    pub region: Field,
}

pub fn acts_dialogs(shell: &Shell, model: &CustomerPage) -> Markup {
    html! { (merge(shell, model)) (split(shell, model)) (change_number(shell, model)) (undo(shell, model)) }
}

fn merge(shell: &Shell, model: &CustomerPage) -> Markup {
    let body = html! {
        p { "Both histories become one record. It can be undone." }
        (picker("other", "The other customer", "Number, e-mail, order or name; then choose."))
        (reason_field("merge-reason", "For example: same person, new e-mail"))
    };
    dialog::dialog(&Dialog {
        id: "merge",
        title: "Merge with another customer",
        act: "Merge",
        action: &paths::customer_merge(&model.id),
        csrf: &shell.csrf,
        danger: false,
        fragment: false,
        body,
    })
}

fn split(shell: &Shell, model: &CustomerPage) -> Markup {
    let body = html! {
        p { "What you select moves to a customer of its own. It can be undone." }
        fieldset.pick {
            legend { "Records to move" }
            @for link in &model.why {
                label.check {
                    input type="checkbox" name="persona" value=(link.persona.id);
                    span { span.check-label { (link.persona.line()) } span.hint { @if let Some(source) = link.persona.source { (badge::source(source)) " · " } (link.persona.span()) } }
                }
            }
        }
        @if !model.orders.is_empty() { (split_orders(model)) }
        (reason_field("split-reason", "For example: the daughter's orders"))
    };
    dialog::dialog(&Dialog {
        id: "split",
        title: "Split this customer",
        act: "Split",
        action: &paths::customer_split(&model.id),
        csrf: &shell.csrf,
        danger: false,
        fragment: false,
        body,
    })
}

fn split_orders(model: &CustomerPage) -> Markup {
    html! {
        details.mapping {
            summary { (icon(Icon::Chevron)) "Or single orders" }
            fieldset.pick {
                legend.unseen { "Orders to move" }
                @for order in &model.orders {
                    label.check {
                        input type="checkbox" name="order" value=(order.id);
                        span { span.check-label { (order.reference) } span.hint { (format::date(order.at)) " · " (order.source.label()) } }
                    }
                }
            }
        }
    }
}

fn change_number(shell: &Shell, model: &CustomerPage) -> Markup {
    let input = Input {
        kind: "tel",
        required: true,
        hint: "Any spelling.",
        ..Input::text("new_number", "New number")
    };
    if !model.tenures.iter().any(TenureRow::is_held) {
        return html! {};
    }
    let body = html! {
        p { "The customer keeps history, points and everything else. The old number's tenure ends today." }
        div.field {
            label for="old_number" { "Number that is given up" }
            select #old_number name="old_number" {
                @for row in model.tenures.iter().filter(|row| row.is_held()) { option value=(row.id) { (row.number.masked) } }
            }
        }
        (form::input(&input, &model.merge.new_number))
        (form::select("region", "Country if none is written", "", &model.merge.regions, &model.merge.region))
        (reason_field("change-reason", "For example: customer asked by phone, checked by code"))
    };
    dialog::dialog(&Dialog {
        id: "change-number",
        title: "Change number",
        act: "Change number",
        action: &paths::customer_change_number(&model.id),
        csrf: &shell.csrf,
        danger: false,
        fragment: false,
        body,
    })
}

fn undo(shell: &Shell, model: &CustomerPage) -> Markup {
    let body = html! {
        @if model.acts.is_empty() { (empty(Icon::Undo, "Nothing to undo", "No act has been done on this customer.", None)) } @else {
            fieldset.pick {
                legend { "Act to undo" }
                @for act in &model.acts { (undo_choice(act)) }
            }
            (reason_field("undo-reason", "For example: two people after all"))
        }
    };
    dialog::dialog(&Dialog {
        id: "undo",
        title: "Undo an act",
        act: "Undo",
        action: &paths::customer_undo(&model.id),
        csrf: &shell.csrf,
        danger: false,
        fragment: false,
        body,
    })
}

fn undo_choice(act: &Act) -> Markup {
    let open = matches!(act.state, ActState::CanUndo);
    html! {
        label.check.is-off[!open] {
            input type="radio" name="act" value=(act.id) required disabled[!open];
            span {
                span.check-label { (act.words) }
                span.hint { (act.by) ", " (format::date(act.at)) ": “" (act.reason) "”" }
                @match &act.state {
                    ActState::CanUndo => {}
                    ActState::Undone => span.hint { "Undone already." },
                }
            }
        }
    }
}
