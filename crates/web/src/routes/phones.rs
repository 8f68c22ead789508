//! The sandbox's phones: shown as they receive, and what is done to them.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::Path,
    http::StatusCode,
    response::{
        IntoResponse, Redirect,
        sse::{Event, KeepAlive, Sse},
    },
};
use base::{Fault, FaultKind, Id};
use futures::{Stream, stream};
use identity::Scope;
use messaging::{Channel, Text};
use numbering::{Format, PhoneNumber};
use sandbox::{Behaviour, FIXED, Fixed, ItemView, PhoneView, Sandbox as Carrier};

use super::{
    messages::channel_words,
    refusal::{Answer, status},
    seat::{Posted, Seat},
};
use crate::{
    components::{badge::Tone, form::Field, notice::Notice},
    console::{
        paths,
        phones::{self, Bubble, Phone, Sandbox, TestNumber},
    },
};

/// What other processes did is seen after so long at the latest.
const LOOK: Duration = Duration::from_secs(1);
/// After so many looks the browser asks again.
const LOOKS_MAX: u32 = 600;

pub(super) async fn show(seat: Seat) -> Answer {
    draw(&seat, Field::default(), Vec::new(), StatusCode::OK).await
}

async fn draw(seat: &Seat, number: Field, notices: Vec<Notice>, code: StatusCode) -> Answer {
    seat.demand(Scope::Sandbox)?;
    let model = Sandbox {
        phones: shown(seat).await?,
        number,
        behaviours: Behaviour::ALL
            .iter()
            .map(|each| (each.code().to_owned(), each.label().to_owned()))
            .collect(),
        test_numbers: FIXED.iter().map(test_number).collect(),
    };
    Ok((code, phones::page(&seat.shell_with(notices).await?, &model)).into_response())
}

/// All phones with what they show.
async fn shown(seat: &Seat) -> Result<Vec<Phone>, Fault> {
    let sandbox = seat.desk.app.sandbox()?;
    let mut all = Vec::new();
    for view in sandbox.phones(&seat.cx).await? {
        let items = sandbox.items(&seat.cx, view.number).await?;
        all.push(phone(view, items));
    }
    Ok(all)
}

fn phone(view: PhoneView, items: Vec<ItemView>) -> Phone {
    Phone {
        id: view.id.to_string(),
        number: view.number.format(Format::International),
        behaviour: view.behaviour.code().to_owned(),
        behaviour_words: view.behaviour.label(),
        fixed: view.is_fixed,
        sim_swapped_at: view.sim_swapped_at,
        holder_changed_at: view.holder_changed_at,
        forwarded: view.is_forwarded,
        bubbles: items.into_iter().map(bubble).collect(),
    }
}

fn bubble(item: ItemView) -> Bubble {
    Bubble {
        id: item.id.to_string(),
        outgoing: item.is_outgoing,
        channel: channel_words(item.channel),
        is_call: item.channel == Channel::Voice && !item.is_outgoing,
        from: item.correspondent,
        text: item.text,
        keys: item.keys,
        at: item.at,
    }
}

fn test_number(fixed: &Fixed) -> TestNumber {
    let words = match fixed {
        Fixed { sim_swapped_micros_ago: Some(_), .. } => "Its SIM was swapped an hour ago, whenever one asks",
        Fixed { holder_changed_micros_ago: Some(_), .. } => {
            "Has had a new holder for a day, whenever one asks"
        }
        Fixed { is_forwarded: true, .. } => "Its calls are forwarded",
        _ => fixed.behaviour.label(),
    };
    TestNumber { number: fixed.number(), words: words.to_owned() }
}

/// What changed, as it changes.
pub(super) async fn events(seat: Seat) -> Answer {
    seat.demand(Scope::Sandbox)?;
    let changes = seat.desk.app.sandbox()?.changes();
    let known = shown(&seat).await?;
    let csrf = seat.shell().await?.csrf;
    let watch = Watch { seat, csrf, changes, known, looks: 0, over: false };
    Ok(Sse::new(news(watch)).keep_alive(KeepAlive::default()).into_response())
}

struct Watch {
    seat: Seat,
    csrf: String,
    changes: tokio::sync::watch::Receiver<u64>,
    known: Vec<Phone>,
    looks: u32,
    over: bool,
}

/// A fragment of the screens that changed; `end`, upon which the page is loaded anew, when there is another phone.
fn news(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, async |mut watch| {
        while !watch.over && watch.looks < LOOKS_MAX {
            watch.looks += 1;
            drop(tokio::time::timeout(LOOK, watch.changes.changed()).await);
            let now = match shown(&watch.seat).await {
                Ok(now) => now,
                Err(fault) => {
                    tracing::warn!(code = fault.code, "the sandbox could not be watched on: {fault}");
                    return None; // the browser asks again by itself
                }
            };
            if now.iter().any(|phone| watch.known.iter().all(|known| known.id != phone.id)) {
                watch.over = true;
                return Some((Ok(Event::default().event("end").data("done")), watch));
            }
            let fresh: String = now
                .iter()
                .filter(|phone| {
                    watch
                        .known
                        .iter()
                        .any(|known| known.id == phone.id && !same(&known.bubbles, &phone.bubbles))
                })
                .map(|phone| phones::screen(&watch.csrf, phone).into_string())
                .collect();
            watch.known = now;
            if !fresh.is_empty() {
                return Some((Ok(Event::default().event("fragment").data(fresh)), watch));
            }
        }
        None
    })
}

fn same(one: &[Bubble], other: &[Bubble]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.id == b.id && a.keys == b.keys)
}

/// Puts a phone on the screen.
pub(super) async fn add(Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::Sandbox)?;
    let written = fields.get("number");
    let region = seat.region().await;
    match numbering::parse(written, region) {
        Ok(parsed) => {
            seat.desk.app.sandbox()?.add(&seat.cx, parsed.number).await?;
            Ok(Redirect::to(paths::SANDBOX).into_response())
        }
        Err(error) => {
            let field = Field::of(written).error(error.to_string());
            draw(&seat, field, Vec::new(), StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

/// Does something with a phone. Its address names it by an id, never by its number.
pub(super) async fn act(Path((id, act)): Path<(String, String)>, Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::Sandbox)?;
    let sandbox = seat.desk.app.sandbox()?;
    let number = number_of(&seat, sandbox, &id).await?;
    let done = match act.as_str() {
        "answer" => match Text::parse(fields.get("text")) {
            Ok(text) => sandbox.answer(&seat.cx, number, text).await,
            Err(fault) => Err(fault),
        },
        "press" => match fields.get("call").parse::<Id<sandbox::Item>>() {
            Ok(call) => sandbox.press(&seat.cx, number, call, fields.get("keys")).await,
            Err(_) => Err(unknown()),
        },
        "behaviour" => match fields.get(&format!("behaviour-{id}")).parse() {
            Ok(behaviour) => sandbox.behave(&seat.cx, number, behaviour).await.map(drop),
            Err(fault) => Err(fault),
        },
        "swap-sim" => sandbox.swap_sim(&seat.cx, number).await.map(drop),
        "new-holder" => sandbox.change_holder(&seat.cx, number).await.map(drop),
        "forward" => sandbox.forward(&seat.cx, number, true).await.map(drop),
        "unforward" => sandbox.forward(&seat.cx, number, false).await.map(drop),
        _ => Err(unknown()),
    };
    match done {
        Ok(()) => Ok(Redirect::to(paths::SANDBOX).into_response()),
        Err(fault) if fault.kind == FaultKind::Invalid && !seat.fragment => {
            let code = status(fault.kind);
            draw(&seat, Field::default(), vec![Notice::new(Tone::Bad, fault.message)], code).await
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn number_of(seat: &Seat, sandbox: &Carrier, id: &str) -> Result<PhoneNumber, Fault> {
    let phones = sandbox.phones(&seat.cx).await?;
    let found = phones.iter().find(|phone| phone.id.to_string() == id);
    found.map(|phone| phone.number).ok_or_else(unknown)
}

fn unknown() -> Fault {
    Fault::not_found("page_unknown", "There is no page at this address.")
}
