//! Imports the order file of `cargo xtask cdnow` with the built binary and checks that exactly what the file holds is in the shop:
//! `cargo xtask cdnow --check [--database sqlite|postgres|both]`. Called with the folder of the file and the databases.

#![allow(clippy::print_stdout)]

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use testkit::{
    postgres::{self, Database},
    process::{Server, folder, run, trunkline},
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What is counted, on either side.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Counted {
    customers: u64,
    purchases: u64,
    revenue_minor: u64,
}

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [at, database] = words.as_slice() else {
        return Err("expected FOLDER and sqlite or postgres".into());
    };
    let at = Path::new(at);
    let manifest: Value = serde_json::from_str(&fs::read_to_string(at.join("manifest.json"))?)?;
    let count = |key: &str| manifest[key].as_u64().ok_or_else(|| format!("the manifest has no {key}"));
    let expected = Counted {
        customers: count("customers")?,
        purchases: count("purchases")?,
        revenue_minor: count("revenue_minor")?,
    };
    let data = folder();
    let kept: Option<Database> = (database == "postgres").then(postgres::database);
    let url = kept.as_ref().map(|database| database.url.as_str());
    let summary = import(data.path(), url, &at.join("orders.csv"))?;
    let exported = export(data.path(), url)?;
    let served = ask(data.path(), url)?;
    println!("{database}: the file holds {expected:?}");
    println!(
        "{database}: import says {} rows, {} orders, {} customers, {} rejected, {:.0} rows a second",
        summary["rows"],
        summary["orders"],
        summary["customers_created"],
        summary["rejected"],
        summary["rows_per_second"].as_f64().unwrap_or(0.0)
    );
    println!("{database}: export holds {exported:?}");
    println!("{database}: API counts   {served:?}");
    let imported =
        (summary["rows"].as_u64(), summary["orders"].as_u64(), summary["customers_created"].as_u64());
    let wanted = (Some(expected.purchases), Some(expected.purchases), Some(expected.customers));
    if imported != wanted || exported != expected || served != expected {
        return Err(format!("{database}: what is in the shop is not what the file holds").into());
    }
    println!("{database}: exactly what the file holds");
    Ok(())
}

fn command(data: &Path, url: Option<&str>, words: &[&str]) -> Command {
    let mut command = trunkline(words);
    command.arg("--json").arg("--data").arg(data);
    if let Some(url) = url {
        command.args(["--database", url]);
    }
    command
}

fn import(data: &Path, url: Option<&str>, file: &Path) -> Outcome<Value> {
    let mut command = command(data, url, &["import", "orders", "--source", "online"]);
    command.arg(file).arg("--rejects").arg(data.join("rejects.csv"));
    Ok(run(command).success().json())
}

/// Counts what the export holds: one customer a number, and every purchase somebody's.
fn export(data: &Path, url: Option<&str>) -> Outcome<Counted> {
    let mut child =
        command(data, url, &["customer", "export"]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let (mut customers, mut revenue, mut purchases) = (HashSet::new(), 0, 0);
    let mut kinds: HashMap<String, u64> = HashMap::new();
    for line in BufReader::new(child.stdout.take().ok_or("no output")?).lines() {
        let record: Value = serde_json::from_str(&line?)?;
        if record["type"] == "number" {
            *kinds.entry(record["kind"].as_str().unwrap_or("none").to_owned()).or_default() += 1;
            continue;
        }
        purchases += 1;
        revenue += record["amount"].as_u64().ok_or("a line without an amount")?;
        customers.insert(record["customer"].as_str().ok_or("a purchase of nobody")?.to_owned());
    }
    if !child.wait()?.success() {
        return Err("the export failed".into());
    }
    let customers = customers.len() as u64;
    if kinds != HashMap::from([("single".to_owned(), customers)]) {
        return Err(format!("{customers} customers, and numbers of these kinds: {kinds:?}").into());
    }
    Ok(Counted { customers, purchases, revenue_minor: revenue })
}

/// Counts what the API says.
fn ask(data: &Path, url: Option<&str>) -> Outcome<Counted> {
    let words = ["key", "create", "--name", "check", "--scope", "customers:read", "--scope", "orders:read"];
    let key = run(command(data, url, &words)).success().json();
    let arguments: Vec<&str> = url.iter().flat_map(|url| ["--database", url]).collect();
    let server = Server::start(data, &arguments);
    let http = server.http().with_key(key["secret"].as_str().ok_or("no secret")?);
    let counts = http.get("/v1/counts").expect(200).json();
    let days = http.get("/v1/days?from=1997-01-01").expect(200).json();
    let days = days["items"].as_array().ok_or("no days")?;
    let revenue = days.iter().map(|day| day["amount"]["minor"].as_u64().unwrap_or(0)).sum();
    Ok(Counted {
        customers: counts["customers"].as_u64().unwrap_or(0),
        purchases: days.iter().map(|day| day["orders"].as_u64().unwrap_or(0)).sum(),
        revenue_minor: revenue,
    })
}
