//! Dialogs that confirm an act and ask for its reason.
//!
//! Without script the opening link jumps to the dialog, which CSS then shows in the page (`dialog:target`).

use std::fmt;

use maud::{Markup, html};

use crate::{
    components::icon::{Icon, icon},
    session::CSRF_FIELD,
};

pub struct Dialog<'a> {
    pub id: &'a str,
    pub title: &'a str,
    /// Words on the button that does it.
    pub act: &'a str,
    /// Where its form posts.
    pub action: &'a str,
    pub csrf: &'a str,
    pub danger: bool,
    /// The answer is a fragment that the script puts in place, not a page.
    pub fragment: bool,
    pub body: Markup,
}

/// Markup may name people, so it stays out.
impl fmt::Debug for Dialog<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialog").field("id", &self.id).finish_non_exhaustive()
    }
}

pub fn dialog(dialog: &Dialog<'_>) -> Markup {
    let title_id = format!("{}-title", dialog.id);
    let class = if dialog.danger { "button is-danger" } else { "button is-primary" };
    html! {
        dialog id=(dialog.id) aria-labelledby=(title_id) {
            form method="post" action=(dialog.action) data-post[dialog.fragment] {
                header.dialog-head {
                    h2 id=(title_id) { (dialog.title) }
                    a.button.is-quiet.is-square href="#" data-close aria-label="Close" { (icon(Icon::Cross)) }
                }
                div.dialog-body {
                    input type="hidden" name=(CSRF_FIELD) value=(dialog.csrf);
                    (dialog.body)
                }
                footer.dialog-foot {
                    a.button href="#" data-close { "Cancel" }
                    button class=(class) { (dialog.act) }
                }
            }
        }
    }
}

/// The button that opens a dialog of the same page.
pub fn opener(id: &str, which: Icon, words: &str) -> Markup {
    html! { a.button href={ "#" (id) } data-dialog=(id) role="button" { (icon(which)) (words) } }
}

/// The reason that every act on a customer needs.
pub fn reason_field(id: &str, example: &str) -> Markup {
    html! {
        div.field {
            label for=(id) { "Reason" }
            textarea id=(id) name="reason" rows="2" required minlength="4" maxlength="500" placeholder=(example) {}
        }
    }
}
