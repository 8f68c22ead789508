//! `cargo xtask bench lookup`: a customer looked up by number over HTTP in a large shop, at rest and while an import runs in the same server. Requests are sent
//! at a fixed rate; each latency counts from the moment at which the request was due, so that a server that stalls is not asked less.

#![allow(clippy::print_stdout, reason = "a measurement prints its table")]

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use benches::write_orders_of;
use clap::Parser;
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use testkit::{
    postgres::{Cluster, Durability},
    process::Server,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 1_000_000)]
    customers: u64,
    /// Lines of the file that is imported meanwhile.
    #[arg(long, default_value_t = 1_000_000)]
    lines: u64,
    /// Look-ups a second, over all clients.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    #[arg(long, default_value_t = 4)]
    clients: u32,
    #[arg(long, default_value = "sqlite")]
    database: String,
    /// Where the data is kept and found again; a temporary folder if not given.
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let temporary = tempfile::tempdir()?;
    let folder = arguments.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&folder)?;
    let cluster =
        if arguments.database == "postgres" { Some(Cluster::start(Durability::Durable)?) } else { None };
    let database = cluster.as_ref().map(Cluster::database).transpose()?;
    let url = database.as_ref().map_or_else(
        || format!("sqlite:{}", folder.join("lookup.sqlite").display()),
        |database| database.url.clone(),
    );
    let program = std::env::var("TRUNKLINE_BIN").unwrap_or_else(|_| "trunkline".to_owned());
    let trunkline = |words: &[&str]| {
        let mut command = Command::new(&program);
        command.args(words).arg("--data").arg(&folder).args(["--database", &url]);
        command
    };
    let (first, second) = (folder.join("first.csv"), folder.join("second.csv"));
    if !first.exists() {
        write_orders_of(&first, arguments.customers * 2, arguments.customers, 7)?;
        let mut import = trunkline(&["import", "orders", "--source", "online", "--region", "BD", "--json"]);
        print!("first import: {}", text(import.arg(&first))?);
    }
    write_orders_of(&second, arguments.lines, arguments.customers, rand::random())?;
    let key = text(&mut trunkline(&[
        "key",
        "create",
        "--name",
        "bench",
        "--scope",
        "customers:read",
        "--scope",
        "imports:write",
        "--scope",
        "imports:read",
        "--json",
    ]))?;
    let key: serde_json::Value = serde_json::from_str(&key)?;
    let secret = key["secret"].as_str().ok_or("no secret")?.to_owned();

    let mut serve = trunkline(&["serve", "--listen", "127.0.0.1:0"]);
    serve.stdin(std::process::Stdio::null());
    let server = Server::spawn(serve);
    let address = server.address().trim_start_matches("http://").to_owned();
    let load = Load {
        address,
        secret,
        customers: arguments.customers,
        rate: arguments.rate,
        clients: arguments.clients,
    };
    measure(&load, &arguments, &second)?;
    drop(server.stop());
    Ok(())
}

fn measure(load: &Load, arguments: &Arguments, second: &Path) -> Result<(), Failure> {
    println!(
        "| {} customers, {} | look-ups | p50 ms | p90 ms | p99 ms | p99.9 ms | max ms |",
        arguments.customers, arguments.database
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    load.run(&AtomicBool::new(false), Some(Duration::from_secs(3)))?; // caches warm up
    row("at rest", load.run(&AtomicBool::new(false), Some(Duration::from_secs(10)))?);
    let over = AtomicBool::new(false);
    let (seconds, latencies) = thread::scope(|scope| {
        let watched = scope.spawn(|| {
            let begun = Instant::now();
            let done = load.import(second);
            over.store(true, Ordering::Relaxed);
            done.map(|()| begun.elapsed().as_secs_f64())
        });
        let latencies = load.run(&over, None);
        (watched.join(), latencies)
    });
    let seconds = seconds.map_err(|_| "the import panicked")??;
    row("while importing", latencies?);
    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = arguments.lines as f64 / seconds;
    println!("import meanwhile: {rate:.0} lines/s with upload");
    Ok(())
}

fn text(command: &mut Command) -> Result<String, Failure> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn row(name: &str, mut latencies: Vec<Duration>) {
    latencies.sort_unstable();
    let count = latencies.len();
    let at = |per_mille: usize| {
        latencies
            .get((count * per_mille / 1000).min(count.saturating_sub(1)))
            .map_or(f64::NAN, |d| d.as_secs_f64() * 1e3)
    };
    println!(
        "| {name} | {count} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} |",
        at(500),
        at(900),
        at(990),
        at(999),
        at(1000)
    );
}

struct Load {
    address: String,
    secret: String,
    customers: u64,
    rate: u32,
    clients: u32,
}

impl Load {
    /// Asks until it is over, or for so long.
    fn run(&self, over: &AtomicBool, length: Option<Duration>) -> Result<Vec<Duration>, Failure> {
        thread::scope(|scope| {
            let clients: Vec<_> =
                (0..self.clients).map(|client| scope.spawn(move || self.ask(client, over, length))).collect();
            let mut all = Vec::new();
            for client in clients {
                all.extend(client.join().map_err(|_| "a client panicked")??);
            }
            Ok(all)
        })
    }

    fn ask(
        &self,
        client: u32,
        over: &AtomicBool,
        length: Option<Duration>,
    ) -> Result<Vec<Duration>, Failure> {
        let mut rng = SmallRng::seed_from_u64(client.into());
        let mut connection = BufReader::new(TcpStream::connect(&self.address)?);
        connection.get_ref().set_nodelay(true)?;
        let between = Duration::from_secs(1) * self.clients / self.rate;
        let begun = Instant::now() + between * client / self.clients;
        let mut latencies = Vec::new();
        while !over.load(Ordering::Relaxed) && length.is_none_or(|length| begun.elapsed() < length) {
            let due = begun + between * u32::try_from(latencies.len())?;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let path = format!("/v1/customers?number=%2B880171{:07}", rng.random_range(0..self.customers));
            let body = self.get(&mut connection, &path)?;
            latencies.push(due.elapsed());
            if latencies.len() == 1 && !body.contains("\"items\"") {
                return Err(format!("unexpected answer: {body}").into());
            }
        }
        Ok(latencies)
    }

    fn get(&self, connection: &mut BufReader<TcpStream>, path: &str) -> Result<String, Failure> {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\r\n", self.secret);
        connection.get_mut().write_all(request.as_bytes())?;
        let mut length = 0usize;
        let mut line = String::new();
        connection.read_line(&mut line)?;
        if !line.contains(" 200 ") {
            return Err(format!("{path}: {line}").into());
        }
        loop {
            line.clear();
            connection.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body)?;
        Ok(String::from_utf8(body)?)
    }

    /// Uploads a file and waits until it is imported.
    fn import(&self, file: &Path) -> Result<(), Failure> {
        let mut connection = BufReader::new(TcpStream::connect(&self.address)?);
        let head = format!(
            "POST /v1/imports?source=app&region=BD&file_name=second.csv HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\
             content-type: text/csv\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            self.secret,
            file.metadata()?.len()
        );
        connection.get_mut().write_all(head.as_bytes())?;
        std::io::copy(&mut File::open(file)?, connection.get_mut())?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        let id = serde_json::from_str::<serde_json::Value>(body)
            .ok()
            .and_then(|v| v["id"].as_str().map(str::to_owned));
        let id = id.ok_or_else(|| format!("the upload was refused: {answer}"))?;
        let mut connection = BufReader::new(TcpStream::connect(&self.address)?);
        loop {
            let state = self.get(&mut connection, &format!("/v1/imports/{id}"))?;
            let state: serde_json::Value = serde_json::from_str(&state)?;
            match state["state"].as_str() {
                Some("done") => return Ok(()),
                Some("failed") => return Err(format!("the import failed: {state}").into()),
                _ => thread::sleep(Duration::from_millis(200)),
            }
        }
    }
}
