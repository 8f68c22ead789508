//! Every page of the console with a made-up shop behind it: `cargo run -p web --example gallery`, then open the address it prints.

mod fixtures;

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    extract::{Path, Query},
    response::{
        IntoResponse, Redirect, Response,
        sse::{Event, Sse},
    },
    routing::get,
};
use base::{Clock, SystemClock, Timestamp};
use futures::{Stream, StreamExt, stream};
use maud::Markup;
use web::{
    assets,
    components::{number::revealed, search_box::suggestions},
    console::{
        audit, customer, error, imports, messages, number, paths, phones, reveal, review, search, settings,
        sign_in, staff, start, webhooks,
    },
    safety,
    session::Transport,
};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    #[allow(clippy::print_stdout)] // the one thing that this program says
    {
        println!("http://{}/console", listener.local_addr()?);
    }
    axum::serve(listener, safety::protect(pages(), Transport::Plain)).await
}

fn now() -> Timestamp {
    SystemClock.now()
}

#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

fn pages() -> Router {
    use fixtures as f;
    let page = |markup: fn() -> Markup| get(move || async move { markup() });
    Router::new()
        .merge(assets::router())
        .route("/", get(|| async { Redirect::to(paths::START) }))
        .route(paths::START, page(|| start::page(&f::shell(), &f::start(now()))))
        .route("/fresh", page(|| start::page(&f::shell_fresh(), &f::start_fresh())))
        .route(paths::SIGN_IN, page(|| sign_in::page(&f::sign_in(false))))
        .route("/refused", page(|| sign_in::page(&f::sign_in(true))))
        .route(paths::SEARCH, get(|Query(asked): Query<Asked>| async move { found(&asked.q) }))
        .route(paths::SUGGEST, page(|| suggestions(&f::found())))
        .route("/console/customers/{id}", page(|| customer::page(&f::shell(), &f::customer(now()))))
        .route("/merged", page(|| customer::page(&f::shell_with_notice(), &f::customer(now()))))
        .route("/bare", page(|| customer::page(&f::shell_viewer(), &f::customer_bare(now()))))
        .route(paths::REVIEW, page(|| review::queue_page(&f::shell(), &f::queue())))
        .route("/no-review", page(|| review::queue_page(&f::shell(), &review::Queue::default())))
        .route("/console/review/{id}", page(|| review::item_page(&f::shell(), &f::review_item(now()))))
        .route("/recycled", page(|| review::item_page(&f::shell(), &f::review_recycled(now()))))
        .route(paths::IMPORTS, page(|| imports::list_page(&f::shell(), &f::imports(now()))))
        .route("/no-imports", page(|| imports::list_page(&f::shell(), &f::imports_none())))
        .route("/console/imports/{id}", get(import))
        .route("/console/imports/{id}/events", get(import_events))
        .route(paths::NUMBERS, page(|| number::page(&f::shell(), &f::lookup(now()))))
        .route("/bad-number", page(|| number::page(&f::shell(), &f::lookup_refused())))
        .route(paths::MESSAGES, page(|| messages::page(&f::shell(), &f::messages(now()))))
        .route(paths::SANDBOX, page(|| phones::page(&f::shell(), &f::phones(now()))))
        .route("/no-messages", page(|| messages::page(&f::shell(), &f::messages_none())))
        .route("/no-phones", page(|| phones::page(&f::shell(), &f::phones_none())))
        .route(paths::AUDIT, page(|| audit::page(&f::shell(), &f::audit(now(), Some(true)))))
        .route("/broken", page(|| audit::page(&f::shell(), &f::audit(now(), Some(false)))))
        .route(paths::STAFF, page(|| staff::page(&f::shell(), &f::staff(now(), true))))
        .route("/bad-member", page(|| staff::page(&f::shell(), &f::member_form(now()))))
        .route(paths::WEBHOOKS, page(|| webhooks::page(&f::shell(), &f::webhooks(now()))))
        .route("/no-webhooks", page(|| webhooks::page(&f::shell(), &f::webhooks_none())))
        .route(
            "/console/webhooks/{id}",
            page(|| webhooks::endpoint::page(&f::shell(), &f::webhook(now(), true))),
        )
        .route("/new-delivery", page(|| webhooks::delivery::page(&f::shell(), &f::delivery_new(now()))))
        .route("/gone", page(|| webhooks::endpoint::page(&f::shell(), &f::webhook_gone(now()))))
        .route(
            "/console/webhooks/deliveries/{id}",
            page(|| webhooks::delivery::page(&f::shell(), &f::delivery(now()))),
        )
        .route(paths::SETTINGS, page(|| settings::page(&f::shell(), &f::settings(now()))))
        .route(
            "/console/reveal/{what}",
            page(ask_reveal).post(|| async { revealed(&"+358 40 1234567".into()) }),
        )
        .route(
            "/error/{status}",
            get(|Path(status): Path<u16>| async move { error::page(Some(&f::shell()), &f::problem(status)) }),
        )
        .fallback(|| async { error::page(None, &f::problem(404)) })
}

fn found(query: &str) -> Markup {
    let mut shell = fixtures::shell();
    shell.query = query.into();
    search::page(&shell, &fixtures::search(query))
}

fn ask_reveal() -> Markup {
    let model = reveal::Reveal {
        what: "n1".to_owned(),
        masked: "+358 40 ••• ••67".to_owned(),
        shown: None,
        back: paths::customer("c1"),
    };
    reveal::page(&fixtures::shell(), &model)
}

async fn import(Path(id): Path<String>) -> Response {
    let model = if id == "i1" { fixtures::progress(now(), 10) } else { fixtures::import(now()) };
    imports::import_page(&fixtures::shell(), &model).into_response()
}

/// The bar moves from a tenth to the end of the way.
async fn import_events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let steps = stream::iter(11..=99).then(|share| async move {
        tokio::time::sleep(Duration::from_millis(400)).await;
        let panel = imports::progress_panel(&fixtures::progress(now(), share)).into_string();
        Ok(Event::default().event("fragment").data(panel))
    });
    Sse::new(steps)
}
