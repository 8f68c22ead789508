//! The frame of hosted pages: the shop's name, its colours, the languages.

use maud::{DOCTYPE, Markup, html};

use super::{
    visit::Visit,
    words::{LANGUAGES, Language},
};

/// In whose name a page speaks, and how it looks.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub shop: String,
    pub slug: String,
    pub language: Language,
    pub csrf: String,
    /// Whether there can be passkeys under this address.
    pub may_have_passkeys: bool,
    /// Where this page is in another language, up to the language: an address and the beginning of its query, or the latter alone for the page's own.
    pub at: String,
    /// What follows the language.
    pub request: String,
}

impl Look {
    pub fn of(visit: &Visit) -> Self {
        Self {
            shop: visit.shop.name.clone(),
            slug: visit.shop.slug.clone(),
            language: visit.language,
            csrf: visit.csrf(),
            may_have_passkeys: visit.may_have_passkeys(),
            at: "?".to_owned(),
            request: String::new(),
        }
    }

    pub fn nobodys() -> Self {
        Self {
            shop: "Trunkline".to_owned(),
            slug: String::new(),
            language: LANGUAGES[0],
            csrf: String::new(),
            may_have_passkeys: false,
            at: "?".to_owned(),
            request: String::new(),
        }
    }

    pub fn action(&self, name: &str) -> String {
        format!("/account/{}/{name}?lang={}", self.slug, self.language.code)
    }
}

pub(super) fn frame(look: &Look, title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(look.language.code) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · " (look.shop) }
                link rel="icon" type="image/svg+xml" href=(crate::assets::url("favicon.svg"));
                @if !look.slug.is_empty() {
                    link rel="stylesheet" href={ "/account/" (look.slug) "/style.css" };
                    script type="module" src={ "/account/" (look.slug) "/pages.js" } {}
                }
            }
            body {
                header.shop { span.mark aria-hidden="true" { (initial(&look.shop)) } span { (look.shop) } }
                main #main { (content) }
                footer { nav aria-label="Language" { ul {
                    @for language in LANGUAGES {
                        li { a href={ (look.at) "lang=" (language.code) (look.request) } lang=(language.code) hreflang=(language.code)
                            aria-current=[(language == look.language).then_some("true")] { (language.say("language")) } }
                    }
                } } }
            }
        }
    }
}

fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect()
}
