//! Asking why a number or another detail is to be revealed: the way without script. With it, a dialog asks the same.

use maud::{Markup, html};

use crate::{
    components::{
        dialog::reason_field,
        form,
        header::page_header,
        number::revealed,
        shell::{Framed, Place, Shell},
    },
    console::paths,
    personal::Personal,
};

/// What is asked for, and once the reason is given, the answer.
#[derive(Clone, Debug)]
pub struct Reveal {
    /// Names the sealed detail in the address; see [`paths::reveal`].
    pub what: String,
    pub masked: String,
    pub shown: Option<Personal>,
    /// Where the person came from.
    pub back: String,
}

pub fn page(shell: &Shell, model: &Reveal) -> Markup {
    let content = html! {
        (page_header("Reveal", html! { "The reveal is written to the audit log with your name and the reason." }, html! {}))
        div.panel.is-narrow {
            @if let Some(shown) = &model.shown {
                p.figure-value { (revealed(shown)) }
                a.button href=(model.back) { "Back" }
            } @else {
                form.stack method="post" action=(paths::reveal(&model.what)) {
                    (form::csrf(&shell.csrf))
                    p.figure-value { (model.masked) }
                    (reason_field("reason", "For example: customer called about order 10482"))
                    div.acts { button.button.is-primary { "Reveal" } a.button href=(model.back) { "Cancel" } }
                }
            }
        }
    };
    shell.frame(Framed { place: Place::Customers, title: "Reveal", crumbs: &[], content })
}
