//! How messages leave: the routes that hold, and who carries what.

use std::sync::Arc;

use messaging::{Channel, Price, Route, Routes, Sender};

use crate::{App, Config};

/// The configured routes; in test mode without any, the sandbox carries everything, at prices that budgets can be tried with.
pub(crate) fn routes(config: &Config) -> Routes {
    if !config.test_mode || !config.messaging.routes.is_empty() {
        return Routes::new(config.messaging.routes.clone());
    }
    let route = |channel: &Channel| Route {
        channel: *channel,
        prefix: String::new(),
        purpose: String::new(),
        provider: sandbox::PROVIDER.to_owned(),
        from: config.shop.chars().take(FROM_CHARS_MAX).collect(),
        price: Price::parse(SANDBOX_PRICE).ok(),
    };
    Routes::new(Channel::ALL.iter().map(route).collect())
}

/// What a segment costs in the sandbox.
const SANDBOX_PRICE: &str = "0.05 EUR";
/// A sender that is a name has at most so many characters.
const FROM_CHARS_MAX: usize = 11;

/// Everybody who carries messages, and everybody who makes their texts.
pub(crate) fn sender(app: &App) -> Sender {
    let sender =
        Sender::new(app.messages.clone(), Arc::clone(&app.clock), app.config.messaging.in_flight_max)
            .composer(identity::verification::jobs::COMPOSER, Arc::new(app.verifications.clone()));
    match app.sandbox() {
        Ok(sandbox) => sender.provider(Arc::new(sandbox.clone())),
        Err(_) => sender,
    }
}
