//! The frame around every page: side navigation (a bottom bar on phones), search, breadcrumbs, notices.

use std::fmt;

use maud::{DOCTYPE, Markup, html};

use crate::{
    assets,
    components::{
        icon::{Icon, icon},
        notice::{Notice, notice},
        number::reveal_dialog,
        search_box::search_box,
    },
    console::paths,
    format,
    personal::Personal,
};

/// Where in the console a page belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Start,
    Customers,
    Review,
    Imports,
    Numbers,
    Messages,
    Proofs,
    Risk,
    Sandbox,
    Audit,
    Staff,
    Clients,
    Webhooks,
    Settings,
    Nowhere,
}

/// What the signed-in person may do; the service decides, the page only leaves out what would be refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Leave {
    /// Merge, split, undo, change number, answer review items.
    pub act: bool,
    pub import: bool,
    /// See imports.
    pub imports: bool,
    pub reveal: bool,
    pub audit: bool,
    /// See messages.
    pub messages: bool,
    /// See proofs of number.
    pub proofs: bool,
    /// Have codes sent and checked.
    pub verify: bool,
    /// See assessments of risk.
    pub risk: bool,
    /// Use the phones of the sandbox, where there is one.
    pub sandbox: bool,
    /// Staff, keys and settings.
    pub manage: bool,
    /// Programs that sign people in.
    pub clients: bool,
    /// See where the shop's programs are told of what happens.
    pub webhooks: bool,
}

impl Leave {
    pub const ALL: Self = Self {
        act: true,
        import: true,
        imports: true,
        reveal: true,
        audit: true,
        messages: true,
        proofs: true,
        verify: true,
        risk: true,
        sandbox: true,
        manage: true,
        clients: true,
        webhooks: true,
    };
}

/// What every page knows.
#[derive(Clone, Debug)]
pub struct Shell {
    pub shop: String,
    pub staff: Personal,
    pub role: String,
    pub leave: Leave,
    pub csrf: String,
    pub reviews_open: u64,
    pub imports_running: u64,
    pub notices: Vec<Notice>,
    /// What stands in the search box.
    pub query: Personal,
}

/// A page to be framed. Crumbs are words and addresses of what lies above it.
pub struct Framed<'a> {
    pub place: Place,
    pub title: &'a str,
    pub crumbs: &'a [(&'a str, &'a str)],
    pub content: Markup,
}

/// Titles and markup may name people, so they stay out.
impl fmt::Debug for Framed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framed").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Shell {
    pub fn frame(&self, page: Framed<'_>) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en-GB" {
                (head(&format!("{} · {} · Trunkline", page.title, self.shop), Some(&self.csrf)))
                body {
                    a.skip href="#main" { "Skip to content" }
                    div.frame {
                        (self.side(page.place))
                        div.stage {
                            (self.top(&page))
                            main #main tabindex="-1" {
                                @for each in &self.notices { (notice(each)) }
                                (page.content)
                            }
                        }
                        (self.dock(page.place))
                    }
                    @if self.leave.reveal { (reveal_dialog(&self.csrf)) }
                    div #announce .unseen aria-live="polite" {}
                }
            }
        }
    }

    fn top(&self, page: &Framed<'_>) -> Markup {
        html! {
            header.top {
                a.top-logo href=(paths::START) aria-label="Trunkline, start page" { (assets::mark()) }
                nav.crumbs aria-label="Breadcrumbs" {
                    ol {
                        @for (words, url) in page.crumbs { li { a href=(url) { (words) } } }
                        li aria-current="page" { (page.title) }
                    }
                }
                (search_box(self.query.reveal()))
                button.button.is-quiet.is-square type="button" data-theme-toggle title="Light or dark" { (icon(Icon::Theme)) span.unseen { "Switch between light and dark" } }
            }
        }
    }

    fn side(&self, here: Place) -> Markup {
        html! {
            header.side {
                a.side-logo href=(paths::START) { (assets::mark()) span { "Trunkline" } }
                p.side-shop { (self.shop) }
                nav aria-label="Main" { @for group in self.groups() { (self.links(&group, here)) } }
                div.side-foot {
                    span.disc aria-hidden="true" { (self.staff.initials()) }
                    div.side-person { span { (self.staff) } span.note { (self.role) } }
                    (self.sign_out())
                }
            }
        }
    }

    /// The phone's bottom bar: the four most used places, the rest behind "More".
    fn dock(&self, here: Place) -> Markup {
        let groups = self.groups();
        let all: Vec<Entry> = groups.iter().flatten().copied().collect();
        let (bar, more) = all.split_at(all.len().min(4));
        html! {
            nav.dock aria-label="Main" {
                (self.links(bar, here))
                details.dock-more {
                    summary aria-label="More places" { (icon(Icon::More)) span { "More" } }
                    div.dock-sheet {
                        (self.links(more, here))
                        div.dock-person { div { (self.staff) div.note { (self.role) " · " (self.shop) } } (self.sign_out()) }
                    }
                }
            }
        }
    }

    fn groups(&self) -> [Vec<Entry>; 2] {
        let mut work = vec![
            Entry(Place::Start, "Start", paths::START, Icon::Start),
            Entry(Place::Customers, "Customers", paths::SEARCH, Icon::Customers),
            Entry(Place::Review, "Review", paths::REVIEW, Icon::Review),
        ];
        if self.leave.imports {
            work.push(Entry(Place::Imports, "Imports", paths::IMPORTS, Icon::Import));
        }
        work.push(Entry(Place::Numbers, "Numbers", paths::NUMBERS, Icon::Number));
        if self.leave.messages {
            work.push(Entry(Place::Messages, "Messages", paths::MESSAGES, Icon::Message));
        }
        if self.leave.proofs {
            work.push(Entry(Place::Proofs, "Proofs", paths::PROOFS, Icon::Key));
        }
        if self.leave.risk {
            work.push(Entry(Place::Risk, "Risk", paths::RISK, Icon::Alert));
        }
        if self.leave.sandbox {
            work.push(Entry(Place::Sandbox, "Sandbox", paths::SANDBOX, Icon::Phone));
        }
        let mut house = Vec::new();
        if self.leave.audit {
            house.push(Entry(Place::Audit, "Audit log", paths::AUDIT, Icon::Audit));
        }
        if self.leave.clients {
            house.push(Entry(Place::Clients, "Sign-in clients", paths::CLIENTS, Icon::Key));
        }
        if self.leave.webhooks {
            house.push(Entry(Place::Webhooks, "Webhooks", paths::WEBHOOKS, Icon::Link));
        }
        if self.leave.manage {
            house.push(Entry(Place::Staff, "Staff and keys", paths::STAFF, Icon::Key));
            house.push(Entry(Place::Settings, "Shop and health", paths::SETTINGS, Icon::Settings));
        }
        [work, house]
    }

    fn links(&self, entries: &[Entry], here: Place) -> Markup {
        html! {
            @if !entries.is_empty() {
                ul {
                    @for Entry(place, words, url, which) in entries {
                        li {
                            a href=(url) aria-current=[(*place == here).then_some("page")] {
                                (icon(*which)) span { (words) }
                                @if let Some(count) = self.waiting(*place) { span.count { (format::count(count)) span.unseen { " waiting" } } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn waiting(&self, place: Place) -> Option<u64> {
        let count = match place {
            Place::Review => self.reviews_open,
            Place::Imports => self.imports_running,
            _ => 0,
        };
        (count > 0).then_some(count)
    }

    fn sign_out(&self) -> Markup {
        html! {
            form method="post" action=(paths::SIGN_OUT) {
                (crate::components::form::csrf(&self.csrf))
                button.button.is-quiet.is-square title="Sign out" { (icon(Icon::SignOut)) span.unseen { "Sign out" } }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Entry(Place, &'static str, &'static str, Icon);

/// A page without the frame: sign-in, errors before anybody is known.
pub fn bare(title: &str, class: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            (head(&format!("{title} · Trunkline"), None))
            body class=(class) { main #main { (content) } }
        }
    }
}

fn head(title: &str, csrf: Option<&str>) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
            meta name="color-scheme" content="light dark";
            meta name="robots" content="noindex";
            @if let Some(token) = csrf { meta name="csrf-token" content=(token); }
            title { (title) }
            link rel="icon" type="image/svg+xml" href=(assets::url("favicon.svg"));
            link rel="stylesheet" href=(assets::url("console.css"));
            script src=(assets::url("theme.js")) {}
            script type="module" src=(assets::url("console.js")) {}
        }
    }
}
