//! Every page, rendered from the gallery's made-up shop, keeps the promises that hold for all: the content security policy, forms
//! with their forgery token, labels that name their fields, one title, masked numbers, one element an id.

#[path = "../examples/gallery/fixtures/mod.rs"]
mod fixtures;

use std::collections::{BTreeMap, BTreeSet};

use base::Timestamp;
use fixtures as f;
use maud::Markup;
use web::{
    components::search_box,
    console::{
        audit, customer, error, imports, messages, number, phones, reveal, review, search, settings, sign_in,
        staff, start, webhooks,
    },
};

fn now() -> Timestamp {
    "2025-11-20T09:30:00Z".parse().expect("a moment")
}

fn pages() -> Vec<(&'static str, Markup)> {
    let (shell, viewer, now) = (f::shell(), f::shell_viewer(), now());
    let ask = |shown: Option<&str>| reveal::Reveal {
        what: "n1".to_owned(),
        masked: "+358 40 ••• ••67".to_owned(),
        shown: shown.map(Into::into),
        back: "/console".to_owned(),
    };
    vec![
        ("sign in", sign_in::page(&f::sign_in(false))),
        ("sign in, refused", sign_in::page(&f::sign_in(true))),
        ("start", start::page(&shell, &f::start(now))),
        ("start, fresh", start::page(&f::shell_fresh(), &f::start_fresh())),
        ("start, viewer", start::page(&viewer, &f::start_fresh())),
        ("search", search::page(&shell, &f::search("040"))),
        ("search, nothing asked", search::page(&shell, &f::search(""))),
        ("search, nobody", search::page(&shell, &f::search("nobody"))),
        ("customer", customer::page(&shell, &f::customer(now))),
        ("customer, with a notice", customer::page(&f::shell_with_notice(), &f::customer(now))),
        ("customer, viewer", customer::page(&viewer, &f::customer(now))),
        ("customer, bare", customer::page(&shell, &f::customer_bare(now))),
        ("imports", imports::list_page(&shell, &f::imports(now))),
        ("imports, none", imports::list_page(&shell, &f::imports_none())),
        ("import, running", imports::import_page(&shell, &f::progress(now, 10))),
        ("import, done", imports::import_page(&shell, &f::import(now))),
        ("review", review::queue_page(&shell, &f::queue())),
        ("review, empty", review::queue_page(&shell, &review::Queue::default())),
        ("review item", review::item_page(&shell, &f::review_item(now))),
        ("review item, recycled", review::item_page(&shell, &f::review_recycled(now))),
        ("number", number::page(&shell, &f::lookup(now))),
        ("number, refused", number::page(&shell, &f::lookup_refused())),
        ("messages", messages::page(&shell, &f::messages(now))),
        ("messages, none", messages::page(&shell, &f::messages_none())),
        ("sandbox", phones::page(&shell, &f::phones(now))),
        ("sandbox, none", phones::page(&shell, &f::phones_none())),
        ("audit", audit::page(&shell, &f::audit(now, None))),
        ("audit, whole", audit::page(&shell, &f::audit(now, Some(true)))),
        ("audit, broken", audit::page(&shell, &f::audit(now, Some(false)))),
        ("staff", staff::page(&shell, &f::staff(now, true))),
        ("staff, refused", staff::page(&shell, &f::member_form(now))),
        ("webhooks", webhooks::page(&shell, &f::webhooks(now))),
        ("webhooks, none", webhooks::page(&shell, &f::webhooks_none())),
        ("webhook", webhooks::endpoint::page(&shell, &f::webhook(now, true))),
        ("webhook, viewer", webhooks::endpoint::page(&shell, &f::webhook(now, false))),
        ("webhook, gone", webhooks::endpoint::page(&shell, &f::webhook_gone(now))),
        ("delivery", webhooks::delivery::page(&shell, &f::delivery(now))),
        ("delivery, new", webhooks::delivery::page(&shell, &f::delivery_new(now))),
        ("settings", settings::page(&shell, &f::settings(now))),
        ("reveal", reveal::page(&shell, &ask(None))),
        ("revealed", reveal::page(&shell, &ask(Some("+358 40 1234567")))),
        ("403", error::page(Some(&shell), &f::problem(403))),
        ("404", error::page(None, &f::problem(404))),
        ("500", error::page(Some(&shell), &f::problem(500))),
    ]
}

/// An element as written: its name and attributes. Markup escapes `>` and `"` in values, so cutting at them is right.
struct Element<'a> {
    name: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
}

fn elements(html: &str) -> Vec<Element<'_>> {
    html.split('<')
        .skip(1)
        .filter(|text| text.starts_with(|c: char| c.is_ascii_alphabetic()))
        .map(|text| {
            let tag = &text[..text.find('>').expect("tags end")];
            let (name, mut rest) = tag.split_once(' ').unwrap_or((tag.trim_end_matches('/'), ""));
            let mut attributes = BTreeMap::new();
            while let Some((key, value, after)) = attribute(rest) {
                attributes.insert(key, value);
                rest = after;
            }
            Element { name, attributes }
        })
        .collect()
}

fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start_matches([' ', '/']);
    let end = text.find([' ', '=']).unwrap_or(text.len());
    if end == 0 {
        return None;
    }
    let (key, rest) = text.split_at(end);
    match rest.strip_prefix("=\"") {
        Some(quoted) => {
            let close = quoted.find('"').expect("values end");
            Some((key, &quoted[..close], &quoted[close + 1..]))
        }
        None => Some((key, "", rest)),
    }
}

#[test]
fn the_scanner_reads_attributes() {
    let found = elements(r#"<a href="/x" hidden data-key="k"><br>text</a><path d="M0 0"/>"#);
    assert_eq!(found.iter().map(|e| e.name).collect::<Vec<_>>(), ["a", "br", "path"]);
    assert_eq!(found[0].attributes, BTreeMap::from([("href", "/x"), ("hidden", ""), ("data-key", "k")]));
    assert_eq!(found[2].attributes["d"], "M0 0");
}

#[test]
fn nothing_inline_that_the_policy_forbids() {
    for (name, page) in pages() {
        let html = page.into_string();
        for element in elements(&html) {
            assert_ne!(element.name, "style", "{name}");
            for key in element.attributes.keys() {
                assert!(*key != "style" && !key.starts_with("on"), "{name}: <{} {key}>", element.name);
            }
            if element.name == "script" {
                assert!(element.attributes["src"].starts_with("/console/assets/"), "{name}");
            }
            for key in ["href", "action", "src"] {
                let address = element.attributes.get(key).copied().unwrap_or("/");
                assert!(address.starts_with(['/', '#']) || address.is_empty(), "{name}: {key}={address}");
            }
        }
        assert!(!html.contains("<script>"), "{name}");
    }
}

#[test]
fn every_form_that_changes_something_carries_its_token() {
    for (name, page) in pages() {
        let html = page.into_string();
        for form in html
            .split("<form")
            .skip(1)
            .filter(|form| form.split('>').next().unwrap().contains("method=\"post\""))
        {
            let body = form.split("</form>").next().unwrap();
            let first = elements(body).into_iter().find(|e| e.name == "input").unwrap();
            assert_eq!(first.attributes.get("name"), Some(&"csrf"), "{name}: the token comes first");
            assert_eq!(first.attributes.get("value"), Some(&"c3Jm"), "{name}");
        }
    }
}

#[test]
fn ids_are_unique_and_whatever_points_at_one_finds_it() {
    for (name, page) in pages() {
        let html = page.into_string();
        let all = elements(&html);
        let mut ids = BTreeSet::new();
        for element in &all {
            if let Some(id) = element.attributes.get("id") {
                assert!(ids.insert(*id), "{name}: two elements have the id {id}");
            }
        }
        for element in &all {
            for key in [
                "for",
                "aria-labelledby",
                "aria-describedby",
                "aria-controls",
                "data-dialog",
                "data-expand",
                "data-copy-from",
            ] {
                for target in element.attributes.get(key).into_iter().flat_map(|value| value.split(' ')) {
                    assert!(ids.contains(target), "{name}: {key}={target} points nowhere");
                }
            }
            let jump = element.attributes.get("href").and_then(|href| href.strip_prefix('#')).unwrap_or("");
            assert!(jump.is_empty() || ids.contains(jump), "{name}: #{jump} points nowhere");
        }
    }
}

#[test]
fn every_page_has_one_title_one_main_and_names_for_its_controls() {
    for (name, page) in pages() {
        let html = page.into_string();
        let all = elements(&html);
        let count = |wanted: &str| all.iter().filter(|e| e.name == wanted).count();
        assert_eq!((count("h1"), count("main"), count("title")), (1, 1, 1), "{name}");
        let labelled: BTreeSet<&str> = all
            .iter()
            .filter(|e| e.name == "label")
            .filter_map(|e| e.attributes.get("for").copied())
            .collect();
        for element in all.iter().filter(|e| ["input", "select", "textarea"].contains(&e.name)) {
            let kind = element.attributes.get("type").copied().unwrap_or("");
            if ["hidden", "checkbox", "radio", "file"].contains(&kind) {
                continue; // hidden, or inside its label
            }
            let id = element.attributes.get("id").unwrap_or_else(|| panic!("{name}: a field without id"));
            assert!(labelled.contains(id), "{name}: {id} has no label");
        }
        for button in html.split("<button").skip(1).map(|rest| rest.split("</button>").next().unwrap()) {
            let text: String = button.split('>').skip(1).filter_map(|part| part.split('<').next()).collect();
            assert!(!text.trim().is_empty(), "{name}: a button without words: {button}");
        }
    }
}

#[test]
fn a_viewer_is_offered_nothing_that_would_be_refused() {
    let html = customer::page(&f::shell_viewer(), &f::customer(now())).into_string();
    for absent in [
        "id=\"merge\"",
        "id=\"split\"",
        "id=\"undo\"",
        "id=\"change-number\"",
        "id=\"audit\"",
        "Staff and keys",
    ] {
        assert!(!html.contains(absent), "{absent}");
    }
    let html = review::item_page(&f::shell_viewer(), &f::review_item(now())).into_string();
    assert!(!html.contains("name=\"verdict\""));
}

#[test]
fn an_act_that_is_undone_cannot_be_chosen_for_undo() {
    let html = customer::page(&f::shell(), &f::customer(now())).into_string();
    let choices: Vec<Element<'_>> = elements(&html)
        .into_iter()
        .filter(|e| e.attributes.get("name") == Some(&"act") && e.name == "input")
        .collect();
    let open: Vec<&str> = choices
        .iter()
        .filter(|e| !e.attributes.contains_key("disabled"))
        .map(|e| e.attributes["value"])
        .collect();
    assert_eq!((choices.len(), open), (3, vec!["a3", "a2"]));
    assert!(html.contains("Undone already."));
}

#[test]
fn a_running_import_listens_and_a_finished_one_does_not() {
    let running = imports::import_page(&f::shell(), &f::progress(now(), 10)).into_string();
    assert!(running.contains("data-stream=\"/console/imports/i1/events\"") && running.contains("<progress"));
    let done = imports::import_page(&f::shell(), &f::import(now())).into_string();
    assert!(!done.contains("data-stream") && !done.contains("<progress"));
    assert!(done.contains("/console/imports/i2/rejects.csv") && done.contains("took 1 min"));
}

#[test]
fn what_is_found_while_typing_is_a_list_of_options() {
    let html = search_box::suggestions(&f::found()).into_string();
    let options = elements(&html).into_iter().filter(|e| e.attributes.get("role") == Some(&"option"));
    let ids: Vec<&str> = options.map(|option| option.attributes["data-id"]).collect();
    assert_eq!(ids, ["c1", "c2", "c4", "c9"]);
    assert!(html.contains("Name not known"));
}

#[test]
fn pages_in_debug_output_hold_no_names() {
    let text = format!("{:?}{:?}{:?}", f::customer(now()), f::queue(), f::staff(now(), true));
    for name in ["Virtanen", "Uddin", "Lehtonen", "mail.example", "tl_example"] {
        assert!(!text.contains(name), "{name}");
    }
}
