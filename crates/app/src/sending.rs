//! How messages leave: the routes that hold, and who carries what.

use std::{sync::Arc, time::Duration};

use base::Actor;
use messaging::{Channel, Price, Provider, Route, Routes, Sender, smpp::Smpp};
use tokio::{sync::watch, task::JoinHandle};

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

/// A sender with everybody who carries messages, and everybody who makes their texts. `lines` are those carriers that are open as long as it works.
pub(crate) fn sender(app: &App, lines: Vec<Arc<dyn Provider>>) -> Sender {
    let sender =
        Sender::new(app.messages.clone(), Arc::clone(&app.clock), app.config.messaging.in_flight_max)
            .composer(identity::verification::jobs::COMPOSER, Arc::new(app.verifications.clone()));
    let sender = lines.into_iter().fold(sender, Sender::provider);
    match app.sandbox() {
        Ok(sandbox) => sender.provider(Arc::new(sandbox.clone())),
        Err(_) => sender,
    }
}

/// Opens the lines, sends until `stop` says so, and says farewell on each line.
pub(crate) async fn run(app: &App, stop: watch::Receiver<bool>) {
    let (mut lines, mut tasks): (Vec<Arc<dyn Provider>>, Vec<JoinHandle<()>>) = (Vec::new(), Vec::new());
    match app.shop().await {
        Ok(shop) => {
            let cx = app.cx(shop.id, Actor::System("messaging"));
            for settings in &app.config.messaging.smpp {
                let (line, task) = Smpp::open(settings.clone(), app.messages.clone(), cx.clone());
                lines.push(line);
                tasks.push(task);
            }
        }
        Err(fault) => {
            tracing::error!(%fault, "no line is opened: the shop that people write to is not known")
        }
    }
    let sender = sender(app, lines);
    sender.run(stop).await;
    // With the sender the last who could ask is gone: each line says farewell.
    drop(sender);
    for task in tasks {
        if tokio::time::timeout(FAREWELL, task).await.is_err() {
            tracing::warn!("a line to a peer did not end in time");
        }
    }
}

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(5);
