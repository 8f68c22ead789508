//! `cargo xtask bench import`: the whole import beside loading the same file into the same database with no linking at all, once by the loader that comes with the database
//! and once by our own reader and writer, and beside the floor of reading the file and grouping it by digits with DuckDB, in one run. Each measurement is a process of its own, so that its peak memory is its own.

#![allow(clippy::print_stdout, reason = "a measurement prints its table")]

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use app::{App, Config};
use base::{Actor, Fault};
use benches::{peak_memory_mib, write_orders};
use clap::{Parser, Subcommand};
use db::{Batch, Db, Options, Value, sql};
use testkit::postgres::{Cluster, Durability};
use warehouse::{
    Input, Request,
    files::{self, OrderRow},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    step: Option<Step>,
    /// Lines of the files to measure with.
    #[arg(long, value_delimiter = ',', default_value = "100000,1000000,5000000")]
    lines: Vec<u64>,
    /// Runs of each measurement; the median counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Databases to measure.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    databases: Vec<String>,
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Step {
    /// Imports a file; prints seconds, seconds of linking, MiB and rows.
    Import { file: PathBuf, database: String, data: PathBuf },
    /// Writes an order file of so many lines.
    Generate { file: PathBuf, lines: u64 },
    /// Loads a file into one table.
    Load { file: PathBuf, database: String },
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    #[cfg(target_os = "linux")]
    rustix::thread::disable_transparent_huge_pages(true)?; // as the binary does
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match arguments.step {
        Some(Step::Import { file, database, data }) => runtime.block_on(import(&file, &database, data))?,
        Some(Step::Generate { file, lines }) => drop(write_orders(&file, lines, 7)?),
        Some(Step::Load { file, database }) => runtime.block_on(load(&file, &database))?,
        None => measure(&arguments)?,
    }
    Ok(())
}

async fn import(file: &Path, database: &str, data: PathBuf) -> Result<(), Fault> {
    let app = App::open(Config { data, database: Some(database.to_owned()), ..Config::default() }).await?;
    app.migrate().await?;
    let shop = app.shop().await?;
    let cx = app.cx(shop.id, Actor::System("bench"));
    let request = Request {
        source: history::Source::Online,
        file_name: "orders.csv".to_owned(),
        region: "BD".parse().ok(),
        options: files::Options::default(),
    };
    let input = Input::File(File::open(file).map_err(Fault::internal)?);
    let started = Instant::now();
    let (_, summary) = app.imports.run(&cx, request, input, None, &mut |_| Ok(()), &mut |_| ()).await?;
    println!(
        "{} {} {} {}",
        started.elapsed().as_secs_f64(),
        summary.linking_seconds,
        peak_memory_mib(),
        summary.rows
    );
    Ok(())
}

/// All columns of the file into one table with the same identity, in batches of the same size, by the same reader: no normalising, no sealing, no
/// linking.
async fn load(file: &Path, database: &str) -> Result<(), Fault> {
    let db = Db::open(database, Options::default()).await?;
    let stages = Arc::new(db.stages());
    db.migrate(&[(
        "bare/1",
        "CREATE TABLE bare (
            source TEXT NOT NULL, order_id TEXT NOT NULL, line BIGINT NOT NULL, ordered_at BIGINT NOT NULL, number TEXT, name TEXT, email TEXT,
            address TEXT, postcode TEXT, country TEXT, loyalty_id TEXT, sku TEXT, product TEXT, category TEXT, quantity BIGINT,
            unit_price BIGINT, amount BIGINT, currency TEXT, status TEXT, store TEXT, PRIMARY KEY (source, order_id, line)
);",
    )])
    .await?;
    let started = Instant::now();
    let mut reader =
        files::open_file(File::open(file).map_err(Fault::internal)?, &files::Options::default())?;
    let mut row = OrderRow::default();
    let (mut rows, mut last, mut line) = (0u64, String::new(), 0i64);
    let mut writing: Option<tokio::task::JoinHandle<Result<u64, Fault>>> = None;
    loop {
        let mut batch = Batch::with_capacity(20, 20_000);
        while batch.len() < 20_000
            && let Some(result) = reader.next(&mut row)?
        {
            if result.is_err() {
                continue;
            }
            line = if row.order_id() == last { line + 1 } else { 1 };
            row.order_id().clone_into(&mut last);
            batch.push(bare_row(&row, line));
        }
        if let Some(writing) = writing.take() {
            writing.await.map_err(Fault::internal)??;
        }
        if batch.is_empty() {
            break;
        }
        rows += batch.len() as u64;
        let stages = Arc::clone(&stages);
        writing = Some(tokio::spawn(async move {
            stages
                .write(async move |tx| {
                Ok(tx
                    .insert_each(
                        sql!(
                            "INSERT INTO bare (source, order_id, line, ordered_at, number, name, email, address, postcode, country, loyalty_id,
                                               sku, product, category, quantity, unit_price, amount, currency, status, store)
                             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
                             ON CONFLICT DO NOTHING"
                        ),
                        &batch,
                    )
                    .await?)
            })
            .await
        }));
    }
    stages.flush().await?;
    println!("{} 0 {} {rows}", started.elapsed().as_secs_f64(), peak_memory_mib());
    Ok(())
}

/// The row's values, copied: the reader goes on to the next one while these are written.
fn bare_row(row: &OrderRow, line: i64) -> [Value<'static>; 20] {
    let owned = |text: Option<&str>| Value::from(text.map(str::to_owned));
    [
        "online".into(),
        row.order_id().to_owned().into(),
        line.into(),
        row.ordered_at.into(),
        owned(row.number()),
        owned(row.name()),
        owned(row.email()),
        owned(row.address()),
        owned(row.postcode()),
        owned(row.country()),
        owned(row.loyalty_id()),
        owned(row.sku()),
        owned(row.product()),
        owned(row.category()),
        row.quantity_milli.into(),
        row.unit_price.into(),
        row.amount.into(),
        owned(row.currency.as_ref().map(|c| c.code())),
        owned(row.status()),
        owned(row.store()),
    ]
}

#[derive(Clone, Copy, Default)]
struct Figures {
    seconds: f64,
    linking: f64,
    mib: f64,
    rows: f64,
}

fn measure(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let cluster = if arguments.databases.iter().any(|d| d == "postgres") {
        Some(Cluster::start(Durability::Durable)?)
    } else {
        None
    };
    println!(
        "| lines | database | import, lines/s | of which linking | peak MiB | the database's own loader, lines/s | import ÷ that, time | bare load, lines/s | import ÷ that, time | floor (DuckDB), lines/s |"
    );
    println!("|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for lines in &arguments.lines {
        let file = folder.path().join(format!("{lines}.csv"));
        write_orders(&file, *lines, 7)?;
        let floor = median((0..arguments.runs).map(|_| duckdb(&file)).collect());
        for database in &arguments.databases {
            let mut imports = Vec::new();
            let mut loads = Vec::new();
            let mut own = Vec::new();
            for _ in 0..arguments.runs {
                own.push(own_loader(&file, database, cluster.as_ref(), folder.path())?);
                imports.push(step("import", &file, database, cluster.as_ref(), folder.path())?);
                loads.push(step("load", &file, database, cluster.as_ref(), folder.path())?);
            }
            let (import, load, own) = (middle(imports), middle(loads), median(own));
            let rate = |seconds: Option<f64>| {
                seconds.map_or("not installed".to_owned(), |seconds| format!("{:.0}", import.rows / seconds))
            };
            println!(
                "| {:.0} | {database} | {} | {:.0} % | {:.0} | {} | {} | {} | {:.2} | {} |",
                import.rows,
                rate(Some(import.seconds)),
                100.0 * import.linking / import.seconds,
                import.mib,
                rate(own),
                own.map_or(String::new(), |own| format!("{:.2}", import.seconds / own)),
                rate(Some(load.seconds)),
                import.seconds / load.seconds,
                rate(floor),
            );
        }
        std::fs::remove_file(&file)?;
    }
    Ok(())
}

fn step(
    name: &str,
    file: &Path,
    database: &str,
    cluster: Option<&Cluster>,
    folder: &Path,
) -> Result<Figures, Box<dyn std::error::Error>> {
    let data = tempfile::tempdir_in(folder)?;
    let kept = if database == "postgres" { cluster.map(Cluster::database).transpose()? } else { None };
    let url = kept
        .as_ref()
        .map_or_else(|| format!("sqlite:{}", data.path().join("bench.sqlite").display()), |d| d.url.clone());
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(name).arg(file).arg(url);
    if name == "import" {
        command.arg(data.path());
    }
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [seconds, linking, mib, rows] = numbers[..] else { return Err(format!("unexpected: {text}").into()) };
    Ok(Figures { seconds, linking, mib, rows })
}

/// Seconds of the loader that comes with the database (`.import` of `sqlite3`, `\\copy` of `psql`), with the same durability, into a table of text without any key.
fn own_loader(
    file: &Path,
    database: &str,
    cluster: Option<&Cluster>,
    folder: &Path,
) -> Result<Option<f64>, Box<dyn std::error::Error>> {
    let data = tempfile::tempdir_in(folder)?;
    let mut heading = String::new();
    BufReader::new(File::open(file)?).read_line(&mut heading)?;
    let columns = heading.trim().replace(',', " TEXT, ") + " TEXT";
    let kept = if database == "postgres" { cluster.map(Cluster::database).transpose()? } else { None };
    let (mut command, words) = if let Some(kept) = &kept {
        let mut command = Command::new("psql");
        command.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", &kept.url]);
        let words = format!(
            "CREATE TABLE bare ({columns});\n\\copy bare FROM '{}' WITH (FORMAT csv, HEADER)\n",
            file.display()
        );
        (command, words)
    } else {
        let mut command = Command::new("sqlite3");
        command.arg("-bail").arg(data.path().join("own.sqlite"));
        let words = format!(
            "PRAGMA journal_mode = WAL;\nPRAGMA synchronous = FULL;\nCREATE TABLE bare ({columns});\n.mode csv\n.import --skip 1 {} bare\n",
            file.display()
        );
        (command, words)
    };
    let started = Instant::now();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else { return Ok(None) };
    child.stdin.take().ok_or("it hears")?.write_all(words.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(Some(started.elapsed().as_secs_f64()))
}

fn middle(mut runs: Vec<Figures>) -> Figures {
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    runs.get(runs.len() / 2).copied().unwrap_or_default()
}

fn median(mut runs: Vec<Option<f64>>) -> Option<f64> {
    runs.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    runs.get(runs.len() / 2).copied().flatten()
}

/// Seconds to read the file and group it by the digits of the number, if Python has DuckDB.
fn duckdb(file: &Path) -> Option<f64> {
    let program = format!(
        "import duckdb, time\nc = duckdb.connect()\nc.execute('SET threads = 2')\nc.execute('SET enable_progress_bar = false')\nt = time.time()\n\
         c.execute(\"SELECT regexp_replace(number, '[^0-9]', '', 'g') AS n, count(*), sum(amount) FROM read_csv('{}', all_varchar = false) GROUP BY n\").fetchall()\n\
         print(time.time() - t)",
        file.display()
    );
    let output = Command::new("python3").arg("-c").arg(program).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
