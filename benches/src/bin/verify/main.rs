//! `cargo xtask bench verify`: proofs of number a second over HTTP, a start and a check each, by many clients at once, on SQLite and PostgreSQL; beside `better-auth` (Node, its plugin for
//! phone numbers) on the same PostgreSQL, a bare server that commits one row a request, the disk's own rate of syncs, and the rates of group commits without any server.
//!
//! Every flow has a number of its own. Messages are asked for and recorded, and refused by the one route there is, so that no provider is measured.

#![allow(clippy::print_stdout, reason = "a measurement prints its table")]

mod against;
mod bound;
mod client;
mod floor;
mod peer;

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use clap::Parser;
use client::{Load, Ours, Watched};
use testkit::{
    postgres::{Cluster, ClusterOptions, Durability},
    process::Server,
};

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
struct Arguments {
    /// How long each row is measured.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    clients: Vec<usize>,
    /// Starts of known and of unknown numbers whose times are compared.
    #[arg(long, default_value_t = 2_000)]
    timed: usize,
    /// Leaves better-auth out.
    #[arg(long)]
    alone: bool,
    /// Says which statements PostgreSQL spent its time on.
    #[arg(long)]
    statements: bool,
    /// Only compares with this older program, by turns of two seconds.
    #[arg(long, value_name = "PROGRAM")]
    against: Option<String>,
    /// How many pairs of turns.
    #[arg(long, default_value_t = 10, requires = "against")]
    pairs: usize,
    /// Only serves as the bare server, on this file.
    #[arg(long, hide = true)]
    floor: Option<PathBuf>,
}

const CONFIG: &str = r#"
[[messaging.routes]]
channel = "sms"
provider = "refuse"

[verification.budgets]
day_micros_max = 1000000000000000
breaker_sends_min = 1000000000
"#;

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    if let Some(file) = &arguments.floor {
        return floor::serve(file);
    }
    let length = Duration::from_secs(arguments.seconds);
    let folder = tempfile::tempdir()?;
    let program = std::env::var("TRUNKLINE_BIN").unwrap_or_else(|_| "trunkline".to_owned());
    if let Some(older) = &arguments.against {
        let cluster = cluster(false)?;
        let places = (folder.path(), &cluster);
        return against::compare([older, &program], &arguments.clients, arguments.pairs, places);
    }
    println!("disk: {:.0} syncs/s", syncs_a_second(folder.path())?);
    let cluster = cluster(arguments.statements)?;
    let mut timings = Vec::new();
    println!(
        "| who | clients | flows/s | p50 ms | p99 ms | CPU µs/flow | and its database | commits/flow | of commits of a start | of commits of a row | of the bare server |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let mut bare = Vec::new();
    for &clients in &arguments.clients {
        let floor = floor::start(&folder.path().join(format!("floor-{clients}.sqlite")))?;
        let address = &floor.address;
        let watched = Watched { server: floor.process_id(), database: None };
        let load = Load::run(watched, clients, length, |_| floor::flows(address))?;
        bare.push(load.rate());
        load.print("bare server, SQLite", clients, &[]);
    }
    for name in ["SQLite", "PostgreSQL"] {
        let data = folder.path().join(name);
        let database = if name == "SQLite" { None } else { Some(cluster.database()?) };
        let url = database.as_ref().map(|database| database.url.clone());
        let (server, ours) = serve(&program, &data, url.as_deref())?;
        let counted = url.as_ref().filter(|_| arguments.statements);
        let of_database = if url.is_some() { Some(first_process(&cluster)?) } else { None };
        let watched = Watched { server: server.process_id(), database: of_database };
        timings.push(format!("{name}: {}", ours.timing(arguments.timed)?));
        for (&clients, bare) in arguments.clients.iter().zip(&bare) {
            let bounds = bound::Bounds::measure(&data, clients, length)?;
            if let Some(url) = counted {
                psql(
                    url,
                    "CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()",
                )?;
            }
            let before = ours.commits()?;
            let load = Load::run(watched, clients, length, |client| ours.flows(client))?;
            let mut more = vec![format!("{:.2}", (ours.commits()? - before) / load.count())];
            if name == "SQLite" {
                more.extend(
                    [bounds.starts / 2.0, bounds.rows / 2.0, *bare].map(|bound| load.share_of(bound)),
                );
            }
            if let Some(url) = counted {
                statements(url)?;
            }
            load.print(&format!("Trunkline, {name}"), clients, &more);
        }
        drop(server.stop());
    }
    if !arguments.alone {
        beside_better_auth(&cluster, &arguments.clients, length)?;
    }
    println!("\nHow long a start takes:");
    timings.iter().for_each(|timing| println!("- {timing}"));
    Ok(())
}

/// A PostgreSQL as a shop would have it, that counts its statements if it is to.
fn cluster(statements: bool) -> Result<Cluster, Failure> {
    let mut options = ClusterOptions::new(Durability::Durable);
    if statements {
        let counted = ("shared_preload_libraries".to_owned(), "pg_stat_statements".to_owned());
        options.settings.push(counted);
    }
    Ok(Cluster::start_with(&options)?)
}

fn beside_better_auth(cluster: &Cluster, clients: &[usize], length: Duration) -> Result<(), Failure> {
    let database = cluster.database()?;
    let peer = peer::better_auth(&database.url)?;
    let address = &peer.address;
    let watched = Watched { server: peer.process_id(), database: Some(first_process(cluster)?) };
    for &clients in clients {
        let load = Load::run(watched, clients, length, |_| peer::flows(address))?;
        load.print("better-auth, PostgreSQL", clients, &[]);
    }
    Ok(())
}

/// The process of which all others of PostgreSQL are children.
fn first_process(cluster: &Cluster) -> Result<u32, Failure> {
    let told = std::fs::read_to_string(cluster.data_folder()?.join("postmaster.pid"))?;
    Ok(told.lines().next().ok_or("the file says who it is")?.trim().parse()?)
}

/// Prints what took most of the database's time since the counts began.
fn statements(url: &str) -> Result<(), Failure> {
    let asked = "SELECT round(total_exec_time) AS ms, calls, rows, left(regexp_replace(query, '\\s+', ' ', 'g'), 150) AS query
                 FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%' ORDER BY total_exec_time DESC LIMIT 45";
    println!("{}", psql(url, asked)?);
    Ok(())
}

fn psql(url: &str, words: &str) -> Result<String, Failure> {
    let output = Command::new("psql").args(["--no-psqlrc", "--command", words, url]).output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
}

/// A server on fresh data, and what its clients need.
fn serve(program: &str, data: &Path, database: Option<&str>) -> Result<(Server, Ours), Failure> {
    std::fs::create_dir_all(data)?;
    std::fs::write(data.join("trunkline.toml"), CONFIG)?;
    let command = |words: &[&str]| {
        let mut command = Command::new(program);
        command.args(words).arg("--data").arg(data);
        command.args(database.iter().flat_map(|url| ["--database", *url]));
        command
    };
    let scopes = ["--scope", "verifications:write", "--scope", "customers:write"];
    let output = command(&["key", "create", "--name", "bench", "--json"]).args(scopes).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let key: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let shops = command(&["shop", "list", "--json"]).output()?;
    let shops: serde_json::Value = serde_json::from_slice(&shops.stdout)?;
    let first = if shops.is_array() { &shops[0] } else { &shops["items"][0] };
    let shop = first["id"].as_str().ok_or("a shop has an id")?.parse()?;
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.env("TRUNKLINE_LOG", "warn");
    let server = Server::spawn(serve);
    let address = server.address().trim_start_matches("http://").to_owned();
    let secret = key["secret"].as_str().ok_or("a key has a secret")?.to_owned();
    let keys = vault::KeyFile::load(&data.join("keys"))?;
    let ours = Ours::new(address, secret, shop, &vault::Vault::new(keys));
    Ok((server, ours))
}

/// How often a second this disk makes a small write durable, one after another.
fn syncs_a_second(folder: &Path) -> Result<f64, Failure> {
    let mut file = File::create(folder.join("sync"))?;
    let begun = Instant::now();
    let mut syncs = 0u32;
    while begun.elapsed() < Duration::from_secs(2) {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / begun.elapsed().as_secs_f64())
}
