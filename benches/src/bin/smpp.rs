//! `cargo xtask bench smpp`: how many messages a second leave by SMPP to a peer on this machine, each durable before and after: asked for in a transaction, claimed and recorded
//! with commits that wait for the disk. Beside it, the same peer and line without any database.

#![allow(clippy::print_stdout, reason = "a measurement prints its table")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use base::{Actor, Context, Id, Secret, ShopId, SystemClock, Timestamp};
use bytes::BytesMut;
use clap::Parser;
use db::{Db, Options};
use futures::StreamExt as _;
use messaging::{
    Channel, Composed, Content, Messages, NewMessage, Outcome, Provider as _, Purpose, Route, Routes, Sender,
    Submission, Text,
    smpp::{
        Smpp, SmppSettings,
        pdu::{Body, Pdu},
    },
};
use numbering::PhoneNumber;
use testkit::postgres::{Cluster, Durability};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use vault::{KeyFile, Vault};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 50_000)]
    messages: u64,
    /// Submits without answer at once.
    #[arg(long, default_value_t = 500)]
    window: usize,
    #[arg(long, default_value_t = 2_000)]
    in_flight: usize,
    #[arg(long, default_value_t = 3)]
    runs: u32,
}

/// Messages asked for with one commit.
const ASKED_AT_ONCE: u64 = 1_000;

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let cluster = Cluster::start(Durability::Durable)?;
    println!("{} messages, window {}, in hand {}", arguments.messages, arguments.window, arguments.in_flight);
    println!("| run | where | asked for/s | sent/s | seconds |");
    println!("|--:|---|--:|--:|--:|");
    for run in 1..=arguments.runs {
        bare(&arguments, run)?;
        let folder = tempfile::tempdir()?;
        durable(&arguments, run, "SQLite", &format!("sqlite:{}", folder.path().join("t.sqlite").display()))?;
        let database = cluster.database()?;
        durable(&arguments, run, "PostgreSQL", &database.url)?;
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// A peer that takes everything at once; returns its address and how many it has taken.
async fn peer() -> Result<(SocketAddr, Arc<AtomicU64>), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&count)));
        }
    });
    Ok((address, taken))
}

async fn serve(mut stream: TcpStream, taken: Arc<AtomicU64>) {
    let (mut octets, mut out) = (BytesMut::new(), BytesMut::new());
    loop {
        while let Ok(Some(pdu)) = Pdu::read(&mut octets) {
            let body = match pdu.body {
                Body::BindTransceiver(_) => Body::BindTransceiverResponse { system_id: "bench".to_owned() },
                Body::Submit(_) => {
                    Body::SubmitResponse { message_id: taken.fetch_add(1, Ordering::Relaxed).to_string() }
                }
                Body::EnquireLink => Body::EnquireLinkResponse,
                Body::Unbind => Body::UnbindResponse,
                _ => continue,
            };
            Pdu::response(0, pdu.sequence, body).write(&mut out);
        }
        if stream.write_all_buf(&mut out).await.is_err()
            || stream.read_buf(&mut octets).await.unwrap_or(0) == 0
        {
            return;
        }
    }
}

fn settings(address: SocketAddr, arguments: &Arguments) -> SmppSettings {
    SmppSettings {
        name: "peer".to_owned(),
        address: address.to_string(),
        password: Secret::new("x".to_owned()),
        window: arguments.window,
        ..SmppSettings::default()
    }
}

fn context() -> Context {
    Context::new(ShopId::from_uuid(uuid::Uuid::from_u128(7)), Actor::System("bench"), Arc::new(SystemClock))
}

fn number(at: u64) -> Result<PhoneNumber, Failure> {
    PhoneNumber::from_e164(&format!("+358401{:06}", at % 1_000_000)).map_err(|error| error.to_string().into())
}

const TEXT: &str = "Your parcel 4711 is on its way and will be with you tomorrow between nine and twelve.";

async fn open(db: &Db) -> Result<Messages, Failure> {
    for migrations in [db::MIGRATIONS, jobs::MIGRATIONS, webhooks::MIGRATIONS, messaging::MIGRATIONS] {
        db.migrate(migrations).await?;
    }
    let route = Route {
        channel: Channel::Sms,
        prefix: String::new(),
        purpose: String::new(),
        provider: "peer".to_owned(),
        from: "Shop".to_owned(),
        price: None,
    };
    Ok(Messages::new(db.clone(), Vault::new(KeyFile::generate()), Routes::new(vec![route])))
}

/// Waits until the peer has us in.
async fn bound(line: &Smpp) -> Result<(), Failure> {
    line.is_bound().wait_for(|bound| *bound).await?;
    Ok(())
}

/// The line alone.
fn bare(arguments: &Arguments, run: u32) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let (address, _) = peer().await?;
        let folder = tempfile::tempdir()?;
        let db =
            Db::open(&format!("sqlite:{}", folder.path().join("t.sqlite").display()), Options::default())
                .await?;
        let messages = open(&db).await?;
        let (line, _task) = Smpp::open(settings(address, arguments), messages, context());
        bound(&line).await?;
        let begun = Instant::now();
        let line = &line;
        let accepted = futures::stream::iter(0..arguments.messages)
            .map(|at| async move {
                let submission = Submission {
                    message: Id::from_uuid(uuid::Uuid::from_u128(at.into())),
                    shop: context().shop,
                    to: number(at)?,
                    from: "Shop".to_owned(),
                    channel: Channel::Sms,
                    purpose: Purpose::known("bench"),
                    content: Composed::of(Text::parse(TEXT)?),
                    at: Timestamp::from_micros(0),
                };
                Ok::<_, Failure>(matches!(line.send(submission).await, Outcome::Accepted { .. }))
            })
            .buffer_unordered(arguments.in_flight)
            .filter(|accepted| std::future::ready(matches!(accepted, Ok(true))))
            .count()
            .await;
        if accepted as u64 != arguments.messages {
            return Err(format!("only {accepted} were accepted").into());
        }
        tell(run, "the line alone", None, arguments.messages, begun.elapsed());
        Ok(())
    })
}

fn durable(arguments: &Arguments, run: u32, name: &str, url: &str) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let (address, taken) = peer().await?;
        let db = Db::open(url, Options::default()).await?;
        let messages = open(&db).await?;
        let begun = Instant::now();
        let mut at = 0;
        while at < arguments.messages {
            let (asked, from, until) = (messages.clone(), at, (at + ASKED_AT_ONCE).min(arguments.messages));
            db.write(async move |tx| {
                let cx = context();
                for at in from..until {
                    let message = NewMessage {
                        to: number(at).map_err(base::Fault::internal)?,
                        channel: Channel::Sms,
                        purpose: Purpose::known("bench"),
                        content: Content::Plain(Text::parse(TEXT)?),
                        give_up_at: cx.now().plus_micros(Timestamp::DAY),
                    };
                    asked.enqueue(tx, &cx, message).await?;
                }
                Ok(())
            })
            .await?;
            at = until;
        }
        let asking = begun.elapsed();
        let (line, task) = Smpp::open(settings(address, arguments), messages.clone(), context());
        bound(&line).await?;
        let sender = Sender::new(messages.clone(), Arc::new(SystemClock), arguments.in_flight).provider(line);
        let (stop, stopped) = watch::channel(false);
        let begun = Instant::now();
        let work = tokio::spawn(async move { sender.run(stopped).await });
        while taken.load(Ordering::Relaxed) < arguments.messages {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // It ends when the last outcome is on the disk.
        stop.send_replace(true);
        work.await?;
        let sending = begun.elapsed();
        drop(task);
        tell(run, name, Some(asking), arguments.messages, sending);
        Ok(())
    })
}

fn tell(run: u32, name: &str, asking: Option<Duration>, messages: u64, sending: Duration) {
    #[allow(clippy::cast_precision_loss, reason = "a rate is shown without decimals")]
    let rate = |time: Duration| format!("{:.0}", messages as f64 / time.as_secs_f64());
    let asked = asking.map_or_else(|| "–".to_owned(), rate);
    println!("| {run} | {name} | {asked} | {} | {:.1} |", rate(sending), sending.as_secs_f64());
}
