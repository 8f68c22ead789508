//! How messages leave: the routes that hold, and who carries what.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use base::{Actor, Context, Fault};
use messaging::{
    Channel, Price, Provider, Route, Routes, Sender,
    rest::{Plain, Receiver, Twilio, Whatsapp},
    smpp::Smpp,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{App, Config};

/// Refuses settings that would let strangers in.
pub(crate) fn check(config: &Config) -> Result<(), Fault> {
    if config.messaging.sandbox_smpp.is_some_and(|address| !address.ip().is_loopback()) {
        let message = "The sandbox speaks SMPP on a loopback address only, such as 127.0.0.1:2775.";
        return Err(Fault::invalid("sandbox_not_loopback", message).field("messaging.sandbox_smpp"));
    }
    Ok(())
}

/// Whether a provider at this address may be spoken to: in test mode only one on this machine.
pub(crate) fn is_open(config: &Config, address: &str) -> bool {
    !config.test_mode || is_here(address)
}

/// Whether `HOST:PORT`, or a web address, is of this machine.
fn is_here(address: &str) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let authority = rest.unwrap_or(address).split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let is_port = |text: &str| text.parse::<u16>().is_ok();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        _ => authority,
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The configured routes; in test mode without any, the sandbox carries everything, at prices that budgets can be tried with. In test mode with some, it carries what would
/// go to those that are not spoken to.
pub(crate) fn routes(config: &Config) -> Routes {
    if !config.messaging.routes.is_empty() {
        let open = providers_here(config);
        let mut routes = config.messaging.routes.clone();
        for route in routes.iter_mut().filter(|route| config.test_mode && !route.refuses()) {
            if !open.contains(&route.provider.as_str()) {
                sandbox::PROVIDER.clone_into(&mut route.provider);
            }
        }
        return Routes::new(routes);
    }
    if !config.test_mode {
        return Routes::default();
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

/// The names of those providers that are spoken to.
fn providers_here(config: &Config) -> Vec<&str> {
    let messaging = &config.messaging;
    let smpp = messaging.smpp.iter().map(|one| (one.name.as_str(), one.address.as_str()));
    let twilio = messaging.twilio.iter().map(|one| (one.name.as_str(), one.base_url.as_str()));
    let whatsapp = messaging.whatsapp.iter().map(|one| (one.name.as_str(), one.base_url.as_str()));
    let http = messaging.http.iter().map(|one| (one.name.as_str(), one.url.as_str()));
    let all = smpp.chain(twilio).chain(whatsapp).chain(http);
    all.filter(|(_, address)| is_open(config, address)).map(|(name, _)| name).collect()
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
    let whatsapp =
        messaging.whatsapp.iter().map(|one| Arc::new(Whatsapp::new(one.clone())) as Arc<dyn Receiver>);
    let plain = messaging.http.iter().map(|one| Arc::new(Plain::new(one.clone())) as Arc<dyn Receiver>);
    twilio.chain(whatsapp).chain(plain).collect()
}

/// Those who carry messages over HTTP and may be spoken to; they need no line that is kept open.
fn over_http(config: &Config) -> Vec<Arc<dyn Provider>> {
    let messaging = &config.messaging;
    let url = config.public_url.as_deref();
    let twilio = messaging.twilio.iter().filter(|one| is_open(config, &one.base_url));
    let twilio = twilio.map(|one| Arc::new(Twilio::new(one.clone(), url)) as Arc<dyn Provider>);
    let whatsapp = messaging.whatsapp.iter().filter(|one| is_open(config, &one.base_url));
    let whatsapp = whatsapp.map(|one| Arc::new(Whatsapp::new(one.clone())) as Arc<dyn Provider>);
    let plain = messaging.http.iter().filter(|one| is_open(config, &one.url));
    let plain = plain.map(|one| Arc::new(Plain::new(one.clone())) as Arc<dyn Provider>);
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
            let peers = app.config.messaging.smpp.iter();
            for settings in peers.filter(|one| is_open(&app.config, &one.address)) {
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

#[cfg(test)]
mod tests {
    use messaging::{rest::PlainSettings, smpp::SmppSettings};

    use super::*;

    #[test]
    fn addresses_of_this_machine_are_known_from_others() {
        for here in [
            "127.0.0.1:2775",
            "localhost:2775",
            "[::1]:2775",
            "http://127.0.0.1:9000/send",
            "https://localhost/x?y",
            "http://[::1]",
        ] {
            assert!(is_here(here), "{here}");
        }
        for elsewhere in [
            "",
            "smpp.operator.example:3550",
            "10.0.0.1:2775",
            "https://api.twilio.com",
            "http://127.0.0.1@gateway.example/",
            "http://127.0.0.1.gateway.example/",
            "https://gateway.example/http://127.0.0.1/",
            "http://localhost:80@gateway.example",
            "localhost.gateway.example:1",
        ] {
            assert!(!is_here(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn in_test_mode_the_sandbox_carries_what_would_leave_the_house() {
        let route = |prefix: &str, provider: &str| Route {
            channel: Channel::Sms,
            prefix: prefix.to_owned(),
            purpose: String::new(),
            provider: provider.to_owned(),
            from: "Shop".to_owned(),
            price: None,
        };
        let peer = |name: &str, address: &str| SmppSettings {
            name: name.to_owned(),
            address: address.to_owned(),
            ..SmppSettings::default()
        };
        let gateway = PlainSettings { url: "https://gateway.example".to_owned(), ..PlainSettings::default() };
        let mut config = Config { test_mode: true, ..Config::default() };
        let prefixes = ["+358", "+880", "+882", "+44", "+1"];
        let written = ["elisa", "own", "refuse", "http", "sandbox"];
        let all = |providers: [&str; 5]| {
            prefixes
                .iter()
                .zip(providers)
                .map(|(prefix, provider)| route(prefix, provider))
                .collect::<Vec<_>>()
        };
        config.messaging.routes = all(written);
        config.messaging.smpp = vec![peer("elisa", "smpp.example:3550"), peer("own", "127.0.0.1:2775")];
        config.messaging.http = vec![gateway];
        let in_test_mode = ["sandbox", "own", "refuse", "sandbox", "sandbox"];
        assert_eq!(routes(&config), Routes::new(all(in_test_mode)));
        let live = Config { test_mode: false, ..config.clone() };
        assert_eq!(routes(&live), Routes::new(all(written)));
        assert_eq!(over_http(&live).len(), 1);
        // Nobody is spoken to who is not here; all are listened to.
        assert!(over_http(&config).is_empty());
        assert_eq!(receivers(&config).len(), 1);
    }

    #[test]
    fn the_sandbox_speaks_smpp_to_this_machine_only() {
        for (address, is_allowed) in [("127.0.0.1:2775", true), ("[::1]:0", true), ("0.0.0.0:2775", false)] {
            let mut config = Config::default();
            config.messaging.sandbox_smpp = Some(address.parse().unwrap());
            let found = check(&config).map_err(|fault| fault.code);
            assert_eq!(found, if is_allowed { Ok(()) } else { Err("sandbox_not_loopback") }, "{address}");
        }
    }
}
