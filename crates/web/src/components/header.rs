//! The head of a page and of a section: a title, a line that says more, and the acts at its end.

use maud::{Markup, html};

/// The head of a page; its title is the page's only `h1`.
pub fn page_header(title: impl maud::Render, lead: Markup, acts: Markup) -> Markup {
    html! {
        header.page-head {
            div.page-head-text {
                h1 { (title) }
                @if !lead.0.is_empty() { div.lead { (lead) } }
            }
            @if !acts.0.is_empty() { div.acts { (acts) } }
        }
    }
}

/// A titled panel. `id` makes it a landmark that links can jump to.
pub fn section(id: &str, title: &str, note: Markup, body: Markup) -> Markup {
    html! {
        section.panel id=(id) aria-labelledby={ (id) "-title" } {
            header.panel-head {
                h2 id={ (id) "-title" } { (title) }
                @if !note.0.is_empty() { div.panel-note { (note) } }
            }
            (body)
        }
    }
}
