//! `cargo xtask cdnow`: an order file of real purchases. CDNOW, a music shop, published what the 23,570 customers who first
//! bought in early 1997 bought until mid 1998: 69,659 purchases. The file ships in the MIT-licensed package `lifetimes` for
//! Python. It has no telephone numbers; each customer is given one from a real numbering plan, spelled in many ways.
//!
//! Beside the orders a manifest says what an import of them must find: customers, purchases, pieces and revenue, counted from
//! the source file itself.

mod numbers;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path, process::Command};

use serde_json::json;
use walkdir::WalkDir;

use self::numbers::Number;
use crate::{Failure, shell};

const PACKAGE: &str = "lifetimes==0.11.3";
const CUSTOMERS: usize = 23_570;
const PURCHASES: usize = 69_659;

/// One line of the source: a customer bought something on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Purchase {
    customer: u32,
    /// As 1997-01-31.
    date: String,
    pieces: u64,
    /// In cents; 80 purchases are of nothing, and count too.
    cents: u64,
}

/// What is asked for.
#[derive(PartialEq, Eq, Debug)]
struct Asked<'a> {
    out: Option<&'a str>,
    /// Databases to import the file into and check.
    check: Vec<&'a str>,
}

fn asked<'a>(arguments: &[&'a str]) -> Result<Asked<'a>, Failure> {
    let (mut asked, mut check) = (Asked { out: None, check: vec!["sqlite", "postgres"] }, false);
    let mut words = arguments.iter().copied();
    while let Some(word) = words.next() {
        match (word, if word == "--check" { None } else { words.next() }) {
            ("--check", _) => check = true,
            ("--out", Some(folder)) => asked.out = Some(folder),
            ("--database", Some("both")) => {}
            ("--database", Some(one @ ("sqlite" | "postgres"))) => asked.check = vec![one],
            _ => {
                return Err("cdnow takes --out FOLDER, --check and --database sqlite|postgres|both".into());
            }
        }
    }
    if !check {
        asked.check.clear();
    }
    Ok(asked)
}

pub fn run(arguments: &[&str]) -> Result<(), Failure> {
    let asked = asked(arguments)?;
    let folder =
        asked.out.map_or_else(|| shell::target_folder().map(|t| t.join("cdnow")), |f| Ok(f.into()))?;
    let package = folder.join("package");
    fetch(&package)?;
    let (source, purchases) = find_master(&package)?;
    fs::write(folder.join("orders.csv"), orders(&purchases)?)?;
    let manifest = manifest(&source, &purchases);
    fs::write(folder.join("manifest.json"), format!("{manifest:#}\n"))?;
    println!("{manifest:#}\nwrote {0}/orders.csv and {0}/manifest.json", folder.display());
    check(&folder, &asked.check)
}

/// Imports the file with the binary that a shop would run, and lets the test kit count what came of it.
fn check(folder: &Path, databases: &[&str]) -> Result<(), Failure> {
    if databases.is_empty() {
        return Ok(());
    }
    let (program, binary) = (shell::released("examples/cdnow")?, shell::released("trunkline")?);
    for database in databases {
        let mut command = Command::new(&program);
        shell::run(command.arg(folder).arg(database).env("TRUNKLINE_BIN", &binary))?;
    }
    Ok(())
}

/// Downloads the package and unpacks it; nothing of it is installed or run.
fn fetch(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    let python = if shell::is_installed("python3") { "python3" } else { "python" };
    let mut download = Command::new(python);
    download.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
    ]);
    shell::run(download.arg("--dest").arg(folder).arg(PACKAGE))?;
    let wheel = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or("pip downloaded no wheel")?;
    shell::run(Command::new(python).args(["-m", "zipfile", "-e"]).arg(wheel).arg(folder))
}

/// Finds the file that holds everything; the package ships a sample of a tenth beside it.
fn find_master(folder: &Path) -> Result<(String, Vec<Purchase>), Failure> {
    let mut seen = String::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.to_lowercase().starts_with("cdnow") || !name.ends_with(".txt") {
            continue;
        }
        let purchases = read(&fs::read_to_string(entry.path())?);
        let customers = count_customers(&purchases);
        println!("{name}: {customers} customers, {} purchases", purchases.len());
        if (customers, purchases.len()) == (CUSTOMERS, PURCHASES) {
            return Ok((name, purchases));
        }
        write!(seen, " {name} ({customers} customers, {} purchases)", purchases.len())?;
    }
    Err(format!("no file of {PACKAGE} holds all {PURCHASES} purchases of {CUSTOMERS} customers; seen:{seen}")
        .into())
}

fn count_customers(purchases: &[Purchase]) -> usize {
    purchases.iter().map(|purchase| purchase.customer).collect::<BTreeSet<_>>().len()
}

/// Reads lines of customer, date, pieces, dollars in columns of spaces. The heading and what is no purchase are left out; the
/// counts tell whether that was right.
fn read(text: &str) -> Vec<Purchase> {
    text.lines().filter_map(purchase).collect()
}

fn purchase(line: &str) -> Option<Purchase> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [customer, date, pieces, dollars] = fields.as_slice() else { return None };
    let (whole, decimals) = dollars.split_once('.')?;
    let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    if decimals.len() != 2 || !is_date {
        return None;
    }
    Some(Purchase {
        customer: customer.parse().ok()?,
        date: format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]),
        pieces: pieces.parse().ok()?,
        cents: whole.parse::<u64>().ok()? * 100 + decimals.parse::<u64>().ok()?,
    })
}

/// The order file: an order for each purchase, in the source's order, and the customer's number in one of its spellings.
fn orders(purchases: &[Purchase]) -> Result<String, Failure> {
    let mut file = String::from("order_id,ordered_at,number,country,quantity,amount,currency\n");
    for (index, purchase) in purchases.iter().enumerate() {
        let number = Number::of_customer(purchase.customer);
        let spelling = number.spelled(index);
        // Two purchases of one customer on one day, of the same price even, are two orders.
        writeln!(
            file,
            "CD-{:06},{},\"{spelling}\",{},{},{}.{:02},USD",
            index + 1,
            purchase.date,
            number.country(),
            purchase.pieces,
            purchase.cents / 100,
            purchase.cents % 100,
        )?;
    }
    Ok(file)
}

fn manifest(source: &str, purchases: &[Purchase]) -> serde_json::Value {
    json!({
        "package": PACKAGE,
        "file": source,
        "customers": count_customers(purchases),
        "purchases": purchases.len(),
        "purchases_of_nothing": purchases.iter().filter(|purchase| purchase.cents == 0).count(),
        "pieces": purchases.iter().map(|purchase| purchase.pieces).sum::<u64>(),
        "revenue_minor": purchases.iter().map(|purchase| purchase.cents).sum::<u64>(),
        "currency": "USD",
        "first": purchases.iter().map(|purchase| &purchase.date).min(),
        "last": purchases.iter().map(|purchase| &purchase.date).max(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = " customer_id  date number_of_cds  dollar_value\r\n \
        00001 19970101  1   11.77\r\n 00002 19970112  1   12.00\r\n 00002 19970112  5    0.00\r\n";

    #[test]
    fn the_source_is_read_to_the_cent() {
        let purchases = read(SOURCE);
        let bought =
            |customer, date: &str, pieces, cents| Purchase { customer, date: date.to_owned(), pieces, cents };
        let expected = [
            bought(1, "1997-01-01", 1, 1_177),
            bought(2, "1997-01-12", 1, 1_200),
            bought(2, "1997-01-12", 5, 0),
        ];
        assert_eq!(purchases, expected);
        let manifest = manifest("CDNOW.txt", &purchases);
        assert_eq!(manifest["customers"], 2);
        assert_eq!(manifest["purchases"], 3);
        assert_eq!(manifest["purchases_of_nothing"], 1);
        assert_eq!(manifest["pieces"], 7);
        assert_eq!(manifest["revenue_minor"], 2_377);
        assert_eq!((&manifest["first"], &manifest["last"]), (&json!("1997-01-01"), &json!("1997-01-12")));
    }

    #[test]
    fn what_to_check_is_read_from_the_words() {
        assert_eq!(asked(&[]).expect("nothing to say"), Asked { out: None, check: vec![] });
        let one = asked(&["--check", "--database", "postgres", "--out", "x"]).expect("all is known");
        assert_eq!(one, Asked { out: Some("x"), check: vec!["postgres"] });
        assert_eq!(asked(&["--check"]).expect("both").check, ["sqlite", "postgres"]);
        assert!(asked(&["--out"]).is_err() && asked(&["--check", "--database", "oracle"]).is_err());
    }

    #[test]
    fn every_purchase_becomes_an_order() {
        let file = orders(&read(SOURCE)).expect("text can be written to text");
        let lines: Vec<&str> = file.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(
            lines[1].starts_with("CD-000001,1997-01-01,\"") && lines[1].ends_with(",1,11.77,USD"),
            "{}",
            lines[1]
        );
        assert!(
            lines[3].starts_with("CD-000003,1997-01-12,\"") && lines[3].ends_with(",5,0.00,USD"),
            "{}",
            lines[3]
        );
    }
}
