//! The log of messages.

use axum::{extract::Query, response::IntoResponse};
use base::PageRequest;
use identity::Scope;
use messaging::{Channel, Filter, MessageView, State};
use serde::Deserialize;

use super::{mapping, proofs, refusal::Answer, seat::Seat};
use crate::{
    components::{badge::Tone, form::Field, table::Paging},
    console::{
        messages::{self, Line, Log},
        paths,
        search::encode,
    },
    format,
};

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
    number: Option<String>,
    state: Option<String>,
}

pub(super) async fn show(seat: Seat, Query(asked): Query<Asked>) -> Answer {
    seat.demand(Scope::Messages)?;
    let written = asked.number.unwrap_or_default();
    let (sought, number) = seat.sought(&written).await;
    let filter =
        Filter { number: sought, state: asked.state.as_deref().and_then(|state| state.parse().ok()) };
    let state = filter.state.map(|state| state.code().to_owned()).unwrap_or_default();
    let first = asked.after.is_some().then(|| address(&written, &state, None));
    let request = PageRequest::new(None, asked.after);
    let found = number.page_of(seat.desk.app.messages.list(&seat.cx, filter, &request)).await?;
    let model = Log {
        paging: Paging {
            first,
            next: found.next.map(|cursor| address(&written, &state, Some(&cursor.0))),
            words: format::counted(found.items.len() as u64, "message", "messages"),
        },
        lines: found.items.into_iter().map(line).collect(),
        number,
        state: Field::of(state),
        states: states(),
    };
    Ok(messages::page(&seat.shell().await?, &model).into_response())
}

fn address(number: &str, state: &str, after: Option<&str>) -> String {
    let after = after.map(|after| format!("&after={}", encode(after))).unwrap_or_default();
    format!("{}?number={}&state={state}{after}", paths::MESSAGES, encode(number))
}

fn states() -> Vec<(String, String)> {
    let any = (String::new(), "Any".to_owned());
    let each = State::ALL.iter().map(|state| (state.code().to_owned(), words(*state).1.to_owned()));
    std::iter::once(any).chain(each).collect()
}

const fn words(state: State) -> (Tone, &'static str) {
    match state {
        State::Queued => (Tone::Plain, "Waiting"),
        State::Sending => (Tone::Plain, "In hand"),
        State::Sent => (Tone::Accent, "Sent"),
        State::Delivered => (Tone::Good, "Delivered"),
        State::Undelivered => (Tone::Bad, "Not delivered"),
        State::Failed => (Tone::Bad, "Refused"),
        State::Expired => (Tone::Warn, "Too late"),
        State::Unknown => (Tone::Warn, "In doubt"),
    }
}

pub(super) const fn channel_words(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "SMS",
        Channel::Voice => "Call",
        Channel::Whatsapp => "WhatsApp",
    }
}

/// What a message was for: proofs as people call them, whatever else as the shop named it.
fn purpose_words(purpose: &str) -> String {
    let proof = purpose.strip_prefix("verification.").and_then(|name| name.parse().ok());
    proof.map_or_else(|| purpose.to_owned(), |proof| proofs::purpose_words(proof).to_owned())
}

fn line(view: MessageView) -> Line {
    let (tone, state) = words(view.state);
    Line {
        at: view.created_at,
        to: view.to.map_or_else(|| "erased".to_owned(), mapping::masked),
        channel: channel_words(view.channel),
        text: view.masked_text(),
        purpose: purpose_words(view.purpose.as_str()),
        state,
        tone,
        reason: view.reason,
        provider: view.provider,
        segments: view.segments,
        cost: view.price.map(|price| price.to_string()),
    }
}
