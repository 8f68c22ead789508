//! Clients that keep one connection each and run one flow after another.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use base::{Id, ShopId};
use customers::NumberKey;
use identity::verification::{
    Purpose,
    code::{Binding, derive},
};
use serde_json::{Value, json};
use vault::{IndexKey, ShopIndexes, Vault};

use crate::Failure;

/// What one measurement came to.
pub struct Load {
    latencies: Vec<Duration>,
    seconds: f64,
    cpu_seconds: f64,
    database_cpu_seconds: Option<f64>,
}

/// Whose processor time is counted.
#[derive(Clone, Copy)]
pub struct Watched {
    pub server: u32,
    /// The first process of a database that is a program of its own.
    pub database: Option<u32>,
}

impl Load {
    /// So many clients, each with a flow of its own to repeat, for so long; the CPU of the server's process is counted, and that of its database.
    pub fn run<F: FnMut() -> Result<(), Failure>>(
        watched: Watched,
        clients: usize,
        length: Duration,
        flow: impl Fn(usize) -> Result<F, Failure> + Sync,
    ) -> Result<Self, Failure> {
        let of_database = || watched.database.map(family_cpu_seconds).transpose();
        let (flow, before, database_before) = (&flow, cpu_seconds(watched.server)?, of_database()?);
        let begun = Instant::now();
        let latencies = thread::scope(|scope| {
            let run = |client| {
                move || -> Result<Vec<Duration>, Failure> {
                    let (mut flow, mut latencies) = (flow(client)?, Vec::new());
                    while begun.elapsed() < length {
                        let at = Instant::now();
                        flow()?;
                        latencies.push(at.elapsed());
                    }
                    Ok(latencies)
                }
            };
            let threads: Vec<_> = (0..clients).map(|client| scope.spawn(run(client))).collect();
            let mut all = Vec::new();
            for thread in threads {
                all.extend(thread.join().map_err(|_| "a client panicked")??);
            }
            Ok::<_, Failure>(all)
        })?;
        let length = begun.elapsed().as_secs_f64();
        let database_cpu_seconds = of_database()?.zip(database_before).map(|(after, before)| after - before);
        let cpu_seconds = cpu_seconds(watched.server)? - before;
        Ok(Self { latencies, seconds: length, cpu_seconds, database_cpu_seconds })
    }

    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    pub fn count(&self) -> f64 {
        self.latencies.len() as f64
    }

    /// Flows a second.
    pub fn rate(&self) -> f64 {
        self.count() / self.seconds
    }

    /// Processor time of a flow, that of the database with it.
    pub fn cpu_micros(&self) -> f64 {
        (self.cpu_seconds + self.database_cpu_seconds.unwrap_or_default()) * 1e6 / self.count().max(1.0)
    }

    /// How much of another rate it reached, in words.
    pub fn share_of(&self, bound: f64) -> String {
        format!("{:.0} %", self.rate() * 100.0 / bound)
    }

    #[allow(clippy::print_stdout, reason = "figures for people")]
    pub fn print(mut self, who: &str, clients: usize, more: &[String]) {
        self.latencies.sort_unstable();
        let count = self.latencies.len();
        let at = |per_mille: usize| {
            let found = self.latencies.get((count * per_mille / 1000).min(count.saturating_sub(1)));
            found.map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
        };
        let each = |seconds: f64| seconds * 1e6 / self.count().max(1.0);
        let (rate, cpu) = (self.rate(), each(self.cpu_seconds));
        let database =
            self.database_cpu_seconds.map(|seconds| format!("{:.0}", each(seconds))).unwrap_or_default();
        let more: Vec<&str> = (0..4).map(|at| more.get(at).map_or("", String::as_str)).collect();
        println!(
            "| {who} | {clients} | {rate:.0} | {:.2} | {:.2} | {cpu:.0} | {database} | {} |",
            at(500),
            at(990),
            more.join(" | ")
        );
    }
}

/// What a process has used so far, of all its threads.
fn cpu_seconds(process: u32) -> Result<f64, Failure> {
    Ok(seconds(ticks(&stat(process)?, 11..13)?))
}

/// What a process has used so far with all those that it started, living or ended.
fn family_cpu_seconds(first: u32) -> Result<f64, Failure> {
    let mut all = ticks(&stat(first)?, 11..15)?;
    for entry in std::fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that has just ended is counted with its parent.
        let Ok(fields) = stat(process) else { continue };
        if fields.get(1).is_some_and(|parent| *parent == first.to_string()) {
            all += ticks(&fields, 11..13)?;
        }
    }
    Ok(seconds(all))
}

/// The state of a process as Linux tells it, from the field after its name on.
fn stat(process: u32) -> Result<Vec<String>, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit_once(')').ok_or("the process has no state")?.1;
    Ok(fields.split_whitespace().map(str::to_owned).collect())
}

fn ticks(fields: &[String], which: std::ops::Range<usize>) -> Result<u64, Failure> {
    let wanted = fields.get(which).ok_or("the state has too few fields")?;
    Ok(wanted.iter().map(|ticks| ticks.parse::<u64>()).sum::<Result<u64, _>>()?)
}

/// Linux counts a hundred ticks a second for programs, whatever it does itself.
#[allow(clippy::cast_precision_loss, reason = "ticks of some hours are exact")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / 100.0
}

/// The next number that nobody had: nine million of Finland's, then the run is over.
pub fn next_number() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("+35840{:07}", 1_000_000 + next % 9_000_000)
}

/// A connection that is kept.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub fn open(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends JSON; the body of an answer that must be a success, and one of its headers.
    pub fn post(
        &mut self,
        path: &str,
        headers: &str,
        body: &Value,
        wanted: &str,
    ) -> Result<(Value, String), Failure> {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut line, mut length, mut found) =
            (String::new(), String::new(), 0usize, String::new());
        self.0.read_line(&mut status)?;
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case(wanted) {
                value.trim().clone_into(&mut found);
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        if !status.contains(" 20") {
            return Err(format!("{path}: {status}{}", String::from_utf8_lossy(&body)).into());
        }
        Ok((serde_json::from_slice(&body)?, found))
    }
}

/// What a client of ours needs. It knows the key file, so it knows each code without a phone.
pub struct Ours {
    address: String,
    headers: String,
    code: IndexKey,
    indexes: std::sync::Arc<ShopIndexes>,
}

impl Ours {
    pub fn new(address: String, secret: String, shop: ShopId, vault: &Vault) -> Self {
        let indexes = vault.indexes(shop);
        let headers = format!("authorization: Bearer {secret}\r\n");
        Self { address, headers, code: indexes.code.clone(), indexes }
    }

    /// Commits so far, as the server's own figures say.
    pub fn commits(&self) -> Result<f64, Failure> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let line = text.lines().find_map(|line| line.strip_prefix("trunkline_database_commits_total "));
        Ok(line.ok_or("the server counts its commits")?.trim().parse()?)
    }

    /// The median times of starts of numbers that a customer has and of numbers that nobody has, by turns.
    pub fn timing(&self, count: usize) -> Result<String, Failure> {
        let mut connection = Connection::open(&self.address)?;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for turn in 0..count {
            let (registered, stranger) = (next_number(), next_number());
            connection.post("/v1/customers", &self.headers, &json!({ "number": registered }), "")?;
            let mut both = [(registered, &mut known), (stranger, &mut unknown)];
            // None of the two always comes right after the customer was made.
            if turn % 2 == 1 {
                both.reverse();
            }
            for (number, times) in both {
                let at = Instant::now();
                let start = json!({ "number": number, "purpose": "sign_in" });
                connection.post("/v1/verifications", &self.headers, &start, "")?;
                times.push(at.elapsed());
            }
        }
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        let (known, unknown) = (median(&mut known), median(&mut unknown));
        Ok(format!(
            "known {known:.3} ms, unknown {unknown:.3} ms (medians of {count} each), apart {:.3} ms",
            (known - unknown).abs()
        ))
    }

    pub fn flows(&self, _client: usize) -> Result<impl FnMut() -> Result<(), Failure> + use<'_>, Failure> {
        let mut connection = Connection::open(&self.address)?;
        Ok(move || {
            let number = next_number();
            let start = json!({ "number": number, "purpose": "sign_in" });
            let (started, _) = connection.post("/v1/verifications", &self.headers, &start, "")?;
            let id = started["id"].as_str().ok_or("a verification has an id")?;
            let key = NumberKey(self.indexes.number.of(number.as_bytes()));
            let binding = Binding {
                id: id.parse::<Id<_>>()?,
                number: &key,
                purpose: Purpose::SignIn,
                approving: None,
                digits: 6,
            };
            let check = json!({ "purpose": "sign_in", "code": derive(&self.code, binding).reveal() });
            let (looked, _) =
                connection.post(&format!("/v1/verifications/{id}/check"), &self.headers, &check, "")?;
            if looked["approved"] == true { Ok(()) } else { Err(format!("not approved: {looked}").into()) }
        })
    }
}
