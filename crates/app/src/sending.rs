//! How messages leave: the routes that hold, and who carries what.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use base::{Actor, Context};
use messaging::{
    Channel, Price, Provider, Route, Routes, Sender,
    rest::{Plain, Receiver, Twilio, Whatsapp},
    smpp::Smpp,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

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
    let sender = lines.into_iter().chain(over_http(&app.config)).fold(sender, Sender::provider);
    match app.sandbox() {
        Ok(sandbox) => sender.provider(Arc::new(sandbox.clone())),
        Err(_) => sender,
    }
}

/// Those who understand what providers tell over HTTP.
pub(crate) fn receivers(config: &Config) -> Arc<[Arc<dyn Receiver>]> {
    let messaging = &config.messaging;
    let url = config.public_url.as_deref();
    let twilio =
        messaging.twilio.iter().map(|one| Arc::new(Twilio::new(one.clone(), url)) as Arc<dyn Receiver>);
    let whatsapp = messaging.whatsapp.iter().map(|one| Arc::new(Whatsapp(one.clone())) as Arc<dyn Receiver>);
    let plain = messaging.http.iter().map(|one| Arc::new(Plain(one.clone())) as Arc<dyn Receiver>);
    twilio.chain(whatsapp).chain(plain).collect()
}

/// Those who carry messages over HTTP; they need no line that is kept open.
fn over_http(config: &Config) -> Vec<Arc<dyn Provider>> {
    let messaging = &config.messaging;
    let url = config.public_url.as_deref();
    let twilio =
        messaging.twilio.iter().map(|one| Arc::new(Twilio::new(one.clone(), url)) as Arc<dyn Provider>);
    let whatsapp = messaging.whatsapp.iter().map(|one| Arc::new(Whatsapp(one.clone())) as Arc<dyn Provider>);
    let plain = messaging.http.iter().map(|one| Arc::new(Plain(one.clone())) as Arc<dyn Provider>);
    twilio.chain(whatsapp).chain(plain).collect()
}

/// Opens the lines, sends until `stop` says so, and says farewell on each line.
pub(crate) async fn run(app: &App, stop: watch::Receiver<bool>) {
    let (mut lines, mut tasks): (Vec<Arc<dyn Provider>>, Vec<JoinHandle<()>>) = (Vec::new(), Vec::new());
    match app.shop().await {
        Ok(shop) => {
            let cx = app.cx(shop.id, Actor::System("messaging"));
            if let Some(address) = app.config.messaging.sandbox_smpp.filter(|_| app.config.test_mode) {
                tasks.push(sandbox_smpp(app, address, cx.clone(), stop.clone()));
            }
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

/// The sandbox as an SMSC, for shops that point their own clients at it.
fn sandbox_smpp(app: &App, address: SocketAddr, cx: Context, stop: watch::Receiver<bool>) -> JoinHandle<()> {
    let (app, password) = (app.clone(), app.config.messaging.sandbox_smpp_password.clone());
    tokio::spawn(async move {
        match (app.sandbox(), TcpListener::bind(address).await) {
            (Ok(sandbox), Ok(listener)) => {
                tracing::info!(%address, "the sandbox speaks SMPP");
                sandbox.listen(listener, cx, password, stop).await;
            }
            (_, Err(error)) => tracing::error!(%address, %error, "the sandbox cannot speak SMPP there"),
            (Err(fault), _) => tracing::error!(%fault, "the sandbox does not speak SMPP"),
        }
    })
}

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(5);
