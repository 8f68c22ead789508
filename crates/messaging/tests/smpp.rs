//! SMPP against peers that others wrote: an SMSC in Node (`smpp` of npm) and one in Perl (`Net::SMPP`), and against silence.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, process::Command, sync::Arc, time::Duration};

use base::{Actor, Context, Id, PageRequest, Secret, ShopId, SystemClock, Timestamp};
use db::{Db, Options};
use messaging::{
    Channel, Content, Message, MessageView, Messages, NewMessage, Provider as _, Purpose, Route, Routes,
    Sender, State, Text,
    smpp::{LongMessages, Smpp, SmppSettings},
};
use numbering::PhoneNumber;
use serde_json::Value;
use testkit::{
    peers::{Peer, node_modules},
    tls::Encrypted,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
};
use vault::{KeyFile, Vault};

const WAIT: Duration = Duration::from_secs(60);

fn node() -> (Peer, u64) {
    let mut command = Command::new("node");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/smsc.js"));
    peer(command.env("NODE_PATH", node_modules("smpp@0.5.1")))
}

fn perl() -> (Peer, u64) {
    peer(Command::new("perl").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/smsc.pl")))
}

fn peer(command: &mut Command) -> (Peer, u64) {
    let peer = Peer::start(command);
    let port = peer.says()["port"].as_u64().unwrap();
    (peer, port)
}

fn settings(port: u64) -> SmppSettings {
    SmppSettings {
        name: "peer".to_owned(),
        address: format!("127.0.0.1:{port}"),
        system_id: "shop".to_owned(),
        password: Secret::new("secret".to_owned()),
        answer_seconds: 3,
        ..SmppSettings::default()
    }
}

/// A house with a line to a peer and a sender at work.
struct House {
    messages: Messages,
    cx: Context,
    line: Arc<Smpp>,
    stop: watch::Sender<bool>,
    working: JoinHandle<()>,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl House {
    async fn open(settings: SmppSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("t.sqlite").display());
        let db = Db::open(&url, Options::default()).await.unwrap();
        for migrations in [db::MIGRATIONS, jobs::MIGRATIONS, webhooks::MIGRATIONS, messaging::MIGRATIONS] {
            db.migrate(migrations).await.unwrap();
        }
        let route = Route {
            channel: Channel::Sms,
            prefix: String::new(),
            purpose: String::new(),
            provider: settings.name.clone(),
            from: "Kivi".to_owned(),
            price: None,
        };
        let messages = Messages::new(db, Vault::new(KeyFile::generate()), Routes::new(vec![route]));
        let cx = Context::new(
            ShopId::from_uuid(uuid::Uuid::from_u128(7)),
            Actor::System("test"),
            Arc::new(SystemClock),
        );
        let (line, task) = Smpp::open(settings, messages.clone(), cx.clone());
        let sender = Sender::new(messages.clone(), Arc::new(SystemClock), 200).provider(line.clone());
        let (stop, stopped) = watch::channel(false);
        let working = tokio::spawn(async move { sender.run(stopped).await });
        Self { messages, cx, line, stop, working, task, _folder: folder }
    }

    async fn bound(settings: SmppSettings) -> Self {
        let house = Self::open(settings).await;
        house.is_bound(true).await;
        house
    }

    async fn is_bound(&self, wanted: bool) {
        let mut bound = self.line.is_bound();
        tokio::time::timeout(WAIT, bound.wait_for(|bound| *bound == wanted)).await.unwrap().unwrap();
    }

    async fn ask(&self, to: &str, text: &str) -> Id<Message> {
        let message = NewMessage {
            to: PhoneNumber::from_e164(to).unwrap(),
            channel: Channel::Sms,
            purpose: Purpose::known("order.update"),
            content: Content::Plain(Text::parse(text).unwrap()),
            give_up_at: self.cx.now().plus_micros(600 * Timestamp::SECOND),
        };
        self.messages.send(&self.cx, message).await.unwrap()
    }

    /// The message, once it is in this state.
    async fn when(&self, id: Id<Message>, state: State) -> MessageView {
        let reached = async {
            loop {
                let view = self.messages.get(&self.cx, id).await.unwrap();
                if view.state == state {
                    return view;
                }
                assert!(!view.state.is_final() || view.state == State::Unknown, "{view:?}");
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT, reached).await.unwrap_or_else(|_| panic!("{id} did not become {state}"))
    }

    /// Says farewell; the line is closed when this returns.
    async fn close(self) {
        self.stop.send_replace(true);
        self.working.await.unwrap();
        drop(self.line);
        tokio::time::timeout(WAIT, self.task).await.unwrap().unwrap();
    }
}

fn run(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(story);
}

const LONG: &str = "Your parcel is on its way and will be with you between nine and twelve. If nobody is at home, tell us where to leave it: with a neighbour, at the shop around the corner, or in the shed behind the house.";

#[test]
fn a_peer_in_node_takes_texts_of_all_kinds_and_says_that_they_arrived() {
    run(async {
        let (peer, port) = node();
        let house = House::bound(settings(port)).await;
        assert_eq!(peer.says()["bound"], "shop");
        let bengali = "আপনার পার্সেল পথে আছে";
        for (text, coding, parts) in [("Hello €5 [ok]", 0, 1), (bengali, 8, 1), (LONG, 0, 2)] {
            let id = house.ask("+358401234560", text).await;
            let view = house.when(id, State::Delivered).await;
            assert_eq!(view.segments, Some(parts));
            let taken: Vec<Value> = (0..parts).map(|_| peer.says()).collect();
            let joined: String = taken.iter().map(|one| one["text"].as_str().unwrap()).collect();
            assert_eq!((joined.as_str(), &taken[0]["coding"]), (text, &coding.into()), "{taken:?}");
            assert_eq!((&taken[0]["to"], &taken[0]["from"]), (&"358401234560".into(), &"Kivi".into()));
        }
        house.close().await;
        assert_eq!(peer.says()["unbound"], true);
    });
}

#[test]
fn long_texts_go_by_tagged_fields_where_a_peer_wants_them() {
    run(async {
        for (how, expected) in [(LongMessages::Sar, vec![1, 2]), (LongMessages::Payload, vec![0])] {
            let (peer, port) = node();
            let house = House::bound(SmppSettings { long_messages: how, ..settings(port) }).await;
            peer.says();
            let id = house.ask("+358401234560", LONG).await;
            house.when(id, State::Delivered).await;
            let taken: Vec<Value> = expected.iter().map(|_| peer.says()).collect();
            let places: Vec<u64> = taken.iter().map(|one| one["sar"].as_u64().unwrap_or(0)).collect();
            assert_eq!(places, expected);
            let joined: String = taken.iter().map(|one| one["text"].as_str().unwrap()).collect();
            assert_eq!(joined, LONG);
            house.close().await;
        }
    });
}

#[test]
fn receipts_come_early_in_fields_alone_or_say_no() {
    run(async {
        let (_peer, port) = node();
        let house = House::bound(settings(port)).await;
        let early = house.ask("+358401234561", "early").await;
        let tagged = house.ask("+358401234566", "tagged").await;
        let lost = house.ask("+358401234567", "lost").await;
        house.when(early, State::Delivered).await;
        house.when(tagged, State::Delivered).await;
        assert_eq!(house.when(lost, State::Undelivered).await.reason.as_deref(), Some("UNDELIV 000"));
        house.ask("+358401234568", "answer me").await;
        let heard = async {
            loop {
                let page =
                    house.messages.list_inbound(&house.cx, None, &PageRequest::default()).await.unwrap();
                if let Some(one) = page.items.first() {
                    return one.text.as_ref().unwrap().reveal().to_owned();
                }
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(tokio::time::timeout(WAIT, heard).await.unwrap(), "STOP");
        house.close().await;
    });
}

#[test]
fn refusals_and_throttles_are_told_apart() {
    run(async {
        let (peer, port) = node();
        let house = House::bound(settings(port)).await;
        peer.says();
        let nobody = house.ask("+358401234562", "nobody").await;
        let refused = house.when(nobody, State::Failed).await;
        assert_eq!(refused.reason.as_deref(), Some("rejected: The peer answered 0x0000000b."));
        let patient = house.ask("+358401234563", "patience").await;
        house.when(patient, State::Delivered).await;
        let is_patience = |one: &Value| one["text"] == "patience";
        peer.said_until(is_patience);
        house.close().await;
        assert!(!peer.said().iter().any(is_patience), "taken once");
    });
}

#[test]
fn a_line_that_breaks_leaves_doubt_and_comes_back_by_itself() {
    run(async {
        let (peer, port) = node();
        let house = House::bound(settings(port)).await;
        let broken = house.ask("+358401234564", "broken").await;
        let view = house.when(broken, State::Unknown).await;
        assert!(view.reason.unwrap().starts_with("in_doubt: The line broke"));
        let silent = house.ask("+358401234565", "silent").await;
        assert!(house.when(silent, State::Unknown).await.reason.unwrap().contains("No answer came in time"));
        let after = house.ask("+358401234560", "after").await;
        house.when(after, State::Delivered).await;
        house.close().await;
        let taken: Vec<Value> = peer
            .said_until(|one| one["text"] == "after")
            .into_iter()
            .filter(|one| one["text"].is_string())
            .collect();
        let texts: Vec<&str> = taken.iter().map(|one| one["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["broken", "silent", "after"], "each once, those in doubt too");
    });
}

#[test]
fn a_peer_that_is_not_there_is_waited_for() {
    run(async {
        // A port that nobody listens on, and then somebody does.
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let house = House::open(settings(port.into())).await;
        let id = house.ask("+358401234560", "patient").await;
        house.when(id, State::Queued).await;
        let mut command = Command::new("node");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/smsc.js")).arg(port.to_string());
        let _peer = Peer::start(command.env("NODE_PATH", node_modules("smpp@0.5.1")));
        house.when(id, State::Delivered).await;
        house.close().await;
    });
}

#[test]
fn a_peer_in_perl_takes_texts_and_says_that_they_arrived() {
    run(async {
        let (peer, port) = perl();
        let house = House::bound(settings(port)).await;
        assert_eq!(peer.says()["bound"], "shop");
        for (text, coding, octets) in [
            // Septets of the default alphabet: @ is 00, € is an escape and 65.
            ("a@€", 0, vec!["61001b65"]),
            ("ক", 8, vec!["0995"]),
        ] {
            let id = house.ask("+358401234560", text).await;
            house.when(id, State::Delivered).await;
            for expected in octets {
                let taken = peer.says();
                assert_eq!((&taken["hex"], &taken["coding"]), (&expected.into(), &coding.into()));
            }
        }
        let id = house.ask("+358401234560", LONG).await;
        house.when(id, State::Delivered).await;
        let (one, two) = (peer.says(), peer.says());
        let header = |taken: &Value| taken["hex"].as_str().unwrap()[..12].to_owned();
        // Five octets follow: kind 0, three octets, the reference, of two, the first and the second.
        assert!(header(&one).starts_with("050003") && header(&one).ends_with("0201"), "{one}");
        assert_eq!((&header(&two)[..8], &header(&two)[8..]), (&header(&one)[..8], "0202"));
        assert_eq!((&one["class"], &two["class"]), (&0x40.into(), &0x40.into()));
        house.close().await;
    });
}

#[test]
fn a_silent_peer_gets_the_whole_window_and_not_one_more() {
    run(async {
        // Lets us in, and then only listens: what it counts is on the wire.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut octets = bytes::BytesMut::new();
            loop {
                while let Ok(Some(pdu)) = messaging::smpp::pdu::Pdu::read(&mut octets) {
                    if matches!(pdu.body, messaging::smpp::pdu::Body::BindTransceiver(_)) {
                        let body =
                            messaging::smpp::pdu::Body::BindTransceiverResponse { system_id: String::new() };
                        let mut answer = bytes::BytesMut::new();
                        messaging::smpp::pdu::Pdu::response(0, pdu.sequence, body).write(&mut answer);
                        stream.write_all(&answer).await.unwrap();
                    } else {
                        tell.send(pdu.sequence).unwrap();
                    }
                }
                if stream.read_buf(&mut octets).await.unwrap_or(0) == 0 {
                    return;
                }
            }
        });
        let house =
            House::bound(SmppSettings { window: 50, answer_seconds: 20, ..settings(port.into()) }).await;
        for at in 0..80 {
            house.ask("+358401234560", &format!("{at}")).await;
        }
        let mut sequences = BTreeSet::new();
        while sequences.len() < 50 {
            let sequence = tokio::time::timeout(WAIT, told.recv()).await.unwrap().unwrap();
            assert!(sequences.insert(sequence), "a sequence number twice");
        }
        // A moment later there is still no fifty-first.
        let more = tokio::time::timeout(Duration::from_millis(300), told.recv()).await;
        assert!(more.is_err(), "{more:?}");
        assert_eq!(house.line.name(), "peer");
    });
}

#[test]
fn a_peer_behind_tls_takes_texts_and_says_that_they_arrived() {
    run(async {
        let (peer, plain) = node();
        let tls = Encrypted::before(plain.try_into().unwrap()).await.unwrap();
        let behind = SmppSettings {
            address: format!("localhost:{}", tls.port),
            tls: true,
            root_certificates: Some(tls.certificate().to_owned()),
            ..settings(plain)
        };
        let house = House::bound(behind).await;
        assert_eq!(peer.says()["bound"], "shop");
        let id = house.ask("+358401234560", "Hello by TLS").await;
        house.when(id, State::Delivered).await;
        assert_eq!(peer.says()["text"], "Hello by TLS");
        house.close().await;
        assert_eq!(peer.says()["unbound"], true);
        assert_eq!(*tls.refusals.borrow(), 0);
    });
}

#[test]
fn a_peer_that_does_not_prove_its_name_is_told_nothing() {
    run(async {
        let (peer, plain) = node();
        let mut tls = Encrypted::before(plain.try_into().unwrap()).await.unwrap();
        let trusted = Some(tls.certificate().to_owned());
        // By a name that is not in the certificate, and for whoever does not know the certificate.
        for (host, root_certificates) in [("127.0.0.1", trusted), ("localhost", None)] {
            let before = *tls.refusals.borrow();
            let address = format!("{host}:{}", tls.port);
            let house =
                House::open(SmppSettings { address, tls: true, root_certificates, ..settings(plain) }).await;
            let refused = tls.refusals.wait_for(|count| *count > before);
            drop(tokio::time::timeout(WAIT, refused).await.expect("it was tried").unwrap());
            assert!(!*house.line.is_bound().borrow());
            house.close().await;
        }
        // Nothing of them reached the peer: the first that it hears of is a line without TLS.
        let house = House::bound(settings(plain)).await;
        assert_eq!(peer.says()["bound"], "shop");
        house.close().await;
        assert_eq!(peer.says()["unbound"], true);
    });
}
