//! A customer's story in one list: orders, numbers taken up and given up, what staff did.

use base::Timestamp;
use customers::{CustomerView, Recorded, TenureView};
use history::Order;
use maud::html;

use super::super::mapping;
use crate::{
    components::{
        badge::{Source, Tone},
        icon::Icon,
        timeline::Event,
    },
    format,
};

/// Events shown, newest first.
const EVENTS_MAX: usize = 24;

pub(super) fn events(view: &CustomerView, orders: &[Order], acts: &[Recorded]) -> Vec<Event> {
    let mut events: Vec<Event> = orders.iter().take(EVENTS_MAX).map(order_event).collect();
    if let Some(first) = orders.last() {
        events.retain(|event| event.at > first.ordered_at);
        let first_order = Event {
            text: html! { "First order, " (first.key.order_id) },
            icon: Icon::Plus,
            tone: Tone::Good,
            ..order_event(first)
        };
        events.push(first_order);
    }
    for tenure in &view.tenures {
        events.extend(tenure_events(tenure, acts));
    }
    events.extend(acts.iter().map(mapping::act_event));
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    // The end of the list is where it all began.
    if events.len() > EVENTS_MAX {
        let last = events.pop();
        events.truncate(EVENTS_MAX - 1);
        events.extend(last);
    }
    events
}

fn order_event(order: &Order) -> Event {
    let source = Source::from(order.key.source);
    Event {
        at: order.ordered_at,
        icon: Icon::Orders,
        tone: Tone::Accent,
        text: html! { "Order " (order.key.order_id) @if let Some(amount) = order.amount { " for " (format::money_text(amount)) } },
        note: html! { (source.label()) @if let Some(store) = &order.store { ", " (store) } },
    }
}

/// A number that is taken up or given up in the second of a change of number is so because staff recorded it.
fn tenure_events(tenure: &TenureView, acts: &[Recorded]) -> Vec<Event> {
    let Some(number) = tenure.number.map(mapping::masked) else { return Vec::new() };
    let is_said = |at: Timestamp| {
        let near = |act: &Recorded| (act.at.as_micros() - at.as_micros()).abs() < Timestamp::SECOND;
        acts.iter().any(|act| act.kind == "change_number" && near(act))
    };
    let why = |at| if is_said(at) { "As staff recorded" } else { "As the orders tell" };
    let event = |at, tone, words: &str| Event {
        at,
        icon: Icon::Number,
        tone,
        text: html! { (words) " " (number) },
        note: html! { (why(at)) },
    };
    let began = event(tenure.from, Tone::Good, "Began to use");
    let ended = tenure.until.map(|until| event(until, Tone::Plain, "Gave up"));
    [Some(began), ended].into_iter().flatten().collect()
}
