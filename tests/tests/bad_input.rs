//! Order files as nobody should make them, through the built binary: each ends with a clear message or with rejects that name line, field and
//! reason; nothing crashes, and every row is either used or rejected.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::process::{Finished, folder, run, trunkline};

/// A shop on SQLite with a folder for files.
struct Shop(TempDir);

impl Shop {
    fn new() -> Self {
        Self(folder())
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = trunkline(words);
        command.arg("--json").arg("--data").arg(self.0.path().join("data")).current_dir(self.0.path());
        command
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn try_import(&self, path: &Path, more: &[&str]) -> Finished {
        let mut command = self.command(&["import", "orders", "--source", "online", "--region", "FI"]);
        command.args(more).arg(path);
        run(command)
    }

    /// An import that comes to its end; its summary and its rejects as `line,field,code`.
    #[track_caller]
    fn import(&self, name: &str, bytes: impl AsRef<[u8]>, more: &[&str]) -> (Value, Vec<String>) {
        let path = self.file(name, bytes);
        let summary = self.try_import(&path, more).success().json();
        let rejects = fs::read_to_string(path.with_file_name(format!("{name}.rejects.csv")));
        let rejects = told(&rejects.unwrap_or_default());
        nothing_lost(name, &summary, &rejects);
        (summary, rejects)
    }

    /// An import that is refused as a whole: exit code 2, one sentence, the code.
    #[track_caller]
    fn refused(&self, name: &str, path: &Path, more: &[&str]) -> (String, String) {
        let said = self.try_import(path, more).code(2);
        let problem: Value = serde_json::from_str(said.stderr.lines().last().unwrap()).unwrap();
        let code = problem["code"].as_str().unwrap_or_default().to_owned();
        assert!(!said.stderr.contains("panicked"), "{name}: {}", said.stderr);
        (code, said.stderr)
    }

    fn lines(&self) -> Vec<Value> {
        let all = run(self.command(&["customer", "export"])).success().json_lines();
        all.into_iter().filter(|record| record["type"] == "line").collect()
    }
}

/// Rejects without their reasons; every one must have a reason that is a sentence.
fn told(rejects: &str) -> Vec<String> {
    let mut lines = rejects.lines();
    if let Some(heading) = lines.next() {
        assert_eq!(heading, "line,field,code,reason");
    }
    let short = |line: &str| {
        let mut parts = line.splitn(4, ',');
        let (number, field, code, reason) =
            (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let reason = reason.trim_matches('"');
        assert!(reason.len() > 10 && reason.ends_with('.'), "no sentence: {line}");
        format!("{number},{field},{code}")
    };
    lines.map(short).collect()
}

#[track_caller]
fn nothing_lost(name: &str, summary: &Value, rejects: &[String]) {
    let of = |key: &str| summary[key].as_u64().unwrap();
    assert_eq!(of("rejected"), rejects.len() as u64, "{name}: {summary} {rejects:?}");
    let used = of("lines_new") + of("lines_changed") + of("lines_unchanged");
    assert_eq!(of("rows"), used + of("rejected"), "{name}: {summary}");
}

const HEAD: &str = "order_id,ordered_at,number,name,amount,currency\n";

fn row(id: &str, number: &str) -> String {
    format!("{id},2024-05-01T10:00:00Z,{number},Aino Virtanen,10.00,EUR\n")
}

#[test]
fn files_that_are_no_order_files_are_refused_in_one_sentence() {
    let shop = Shop::new();
    let parquet = [b"PAR1".as_slice(), &[0x15; 400]].concat();
    let binary: Vec<u8> = (0..4096u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, bytes, code, says) in [
        ("empty.csv", Vec::new(), "empty_file", "empty"),
        ("blank.csv", b"\n\n  \n".to_vec(), "empty_file", "empty"),
        ("other.csv", b"colour,size\nred,4\n".to_vec(), "missing_column", "colour, size"),
        ("no-date.csv", b"order_id,number\n1,0401234567\n".to_vec(), "missing_column", "ordered_at"),
        ("no-id.csv", b"ordered_at,number\n2024-01-01,0401234567\n".to_vec(), "missing_column", "order_id"),
        ("broken.parquet", parquet, "parquet_unreadable", "damaged"),
        ("sheet.xlsx", b"PK\x03\x04 and so on".to_vec(), "unsupported_format", "save the sheet as CSV"),
        ("paper.pdf", b"%PDF-1.7 and so on".to_vec(), "unsupported_format", "PDF"),
        ("array.json", b"[{\"order_id\": 1}]".to_vec(), "json_not_lines", "JSON"),
        ("binary.bin", binary, "no_header", "column"),
    ] {
        let path = shop.file(name, bytes);
        let (found, stderr) = shop.refused(name, &path, &[]);
        assert_eq!(found, code, "{name}: {stderr}");
        assert!(stderr.contains(says), "{name}: {stderr}");
    }
    let here = shop.0.path().to_owned();
    assert_eq!(shop.refused("a folder", &here, &[]).0, "file_is_folder");
    let file = shop.file("orders.csv", format!("{HEAD}{}", row("A", "0401234567")));
    assert_eq!(
        shop.refused("a column that is not there", &file, &["--map", "number=Fax"]).0,
        "unknown_column"
    );
    assert!(shop.lines().is_empty(), "nothing of all this is stored");
}

#[test]
fn a_header_alone_is_no_fault_and_gives_nothing() {
    let shop = Shop::new();
    let (summary, rejects) = shop.import("header.csv", HEAD, &[]);
    assert_eq!((&summary["rows"], rejects.len()), (&0.into(), 0), "{summary}");
}

#[test]
fn damaged_rows_are_rejected_by_line_and_the_others_are_used() {
    let shop = Shop::new();
    let text = [
        HEAD.to_owned(),
        row("A", "0401234567"),                                     // 2
        "B,2024-05-01,0401234568\n".to_owned(),                     // 3: too few
        "C,2024-05-01,0401234569,N,1.00,EUR,and,more\n".to_owned(), // 4: too many
        row("D\0", "0401234570"),                                   // 5
        "E,2024-05-01,0401234571,\"Quoted \"in the\" middle\",1.00,EUR\n".to_owned(), // 6: quotes broken
        row("F", "0401234572"),                                     // 7
        "G,2024-05-01,0401234573,\"never closed,1.00,EUR\n".to_owned(), // 8
        row("H", "0401234574"),                                     // 9
    ]
    .concat();
    let (summary, rejects) = shop.import("damaged.csv", text, &[]);
    assert_eq!(summary["rows"], 8, "{summary}");
    for expected in ["3,,too_few_columns", "4,,too_many_columns", "5,,nul_byte", "8,,unclosed_quote"] {
        assert!(rejects.iter().any(|reject| reject == expected), "{expected}: {rejects:?}");
    }
    let used: Vec<String> =
        shop.lines().iter().map(|line| line["order_id"].as_str().unwrap().to_owned()).collect();
    for id in ["A", "F", "H"] {
        assert!(used.iter().any(|used| used == id), "{id} is used: {used:?}");
    }
}

#[test]
fn the_same_orders_in_any_encoding_are_the_same_customers() {
    let shop = Shop::new();
    let text = format!("{HEAD}A,2024-05-01T10:00:00Z,0401234567,Väinö Mäkelä,10.00,EUR\n");
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let marked = ["\u{feff}".as_bytes(), text.as_bytes()].concat();
    let mut packed = Vec::new();
    let mut gzip = Command::new("gzip")
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip is on every Debian");
    gzip.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    packed.extend(gzip.wait_with_output().unwrap().stdout);
    for (turn, (name, bytes, more)) in [
        ("utf-8.csv", text.clone().into_bytes(), vec![]),
        ("mark.csv", marked, vec![]),
        ("utf-16le.csv", utf16(u16::to_le_bytes), vec![]),
        ("utf-16be.csv", utf16(u16::to_be_bytes), vec![]),
        ("windows-1252.csv", latin.clone(), vec![]),
        ("iso-8859-1.csv", latin, vec!["--encoding", "iso-8859-1"]),
        ("packed.csv.gz", packed, vec![]),
    ]
    .into_iter()
    .enumerate()
    {
        let (summary, rejects) = shop.import(name, bytes, &more);
        assert_eq!((&summary["rows"], rejects.len()), (&1.into(), 0), "{name}: {summary}");
        let wanted = if turn == 0 { ("lines_new", 1) } else { ("lines_unchanged", 1) };
        assert_eq!(summary[wanted.0], wanted.1, "{name}: {summary}");
        assert_eq!(summary["identity_conflicts"], 0, "{name}: the name is read as it was written: {summary}");
    }
    // Text that is not in the encoding that was promised is rejected, not guessed at.
    let wrong = [
        HEAD.as_bytes(),
        b"B,2024-05-01,0401234567,V\xe4in\xf6,1.00,EUR\n",
        row("C", "0401234567").as_bytes(),
    ]
    .concat();
    let (_, rejects) = shop.import("promised.csv", wrong, &["--encoding", "utf-8"]);
    assert_eq!(rejects, ["2,,invalid_encoding"]);
}

#[test]
fn dates_in_five_forms_are_one_day_and_what_is_no_date_is_rejected() {
    let shop = Shop::new();
    let dates = ["2024-05-31", "31.05.2024", "31/05/2024", "31 May 2024", "20240531", "1717113600"];
    for (at, date) in dates.into_iter().enumerate() {
        let text = format!("{HEAD}D{at},{date},0401234567,Aino Virtanen,10.00,EUR\n");
        let (_, rejects) = shop.import(&format!("date-{at}.csv"), text, &[]);
        assert!(rejects.is_empty(), "{date}: {rejects:?}");
    }
    for line in shop.lines() {
        assert_eq!(line["ordered_at"], "2024-05-31T00:00:00Z", "{line}");
    }
    let wrong = ["soon", "2024-02-30", "31/31/2024", "0000-00-00", ""];
    let rows: String =
        wrong.iter().map(|date| format!("W,{date},0401234567,Aino Virtanen,10.00,EUR\n")).collect();
    let (summary, rejects) =
        shop.import("no-dates.csv", format!("{HEAD}{}{rows}", row("A", "0401234567")), &[]);
    assert_eq!(summary["rows"], 6);
    let lines: Vec<&str> = rejects.iter().map(|reject| reject.rsplit_once(',').unwrap().0).collect();
    assert_eq!(lines, ["3,ordered_at", "4,ordered_at", "5,ordered_at", "6,ordered_at", "7,ordered_at"]);
}

#[test]
fn hostile_numbers_are_rejected_and_digits_of_other_scripts_are_read() {
    let shop = Shop::new();
    let good = ["٠٤٠١٢٣٤٥٦٧", "०४०१२३४५६७", "０４０１２３４５６７", "tel:040-123-4567", "+358 (0)40 1234567"];
    let long = "4".repeat(300);
    let bad = [
        ".;phone-context=",
        "+dwPAA;phone-context=AA",
        "040;phone-context=",
        ";ext=",
        "+",
        "++",
        "+0",
        "call me",
        "٠",
        "0",
        "+999 123 456 789",
        "040 123 4567 040 765 4321",
        long.as_str(),
    ];
    let mut text = HEAD.to_owned();
    good.iter().enumerate().for_each(|(at, number)| text += &row(&format!("G{at}"), number));
    bad.iter().enumerate().for_each(|(at, number)| text += &row(&format!("B{at}"), number));
    let (summary, rejects) = shop.import("numbers.csv", text, &[]);
    assert_eq!(summary["rows"].as_u64().unwrap(), (good.len() + bad.len()) as u64);
    let lines = shop.lines();
    let of =
        |id: &str| lines.iter().find(|line| line["order_id"] == id).unwrap_or_else(|| panic!("{id} is lost"));
    for (at, number) in good.iter().enumerate() {
        assert_eq!(of(&format!("G{at}"))["customer"], of("G0")["customer"], "{number}");
        assert_eq!(of(&format!("G{at}"))["tenure"], of("G0")["tenure"], "{number}");
    }
    for (at, number) in bad.iter().enumerate() {
        let line = at + good.len() + 2;
        let found = rejects.iter().find(|reject| reject.starts_with(&format!("{line},")));
        let found = found.unwrap_or_else(|| panic!("{number:?} is taken for a number: {rejects:?}"));
        assert!(found.starts_with(&format!("{line},number,")), "{number:?}: {found}");
    }
}

/// A line of 64 MiB between two good rows, through standard input: it is never whole in memory.
#[test]
fn an_endless_line_is_rejected_and_the_rows_around_it_are_used() {
    const LENGTH: usize = 64 << 20;
    let shop = Shop::new();
    let mut command = shop.command(&["import", "orders", "-", "--source", "online", "--region", "FI"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let piece = vec![b'x'; 1 << 20];
        write!(input, "{HEAD}{}", row("A", "0401234567")).unwrap();
        (0..LENGTH / piece.len()).for_each(|_| input.write_all(&piece).unwrap());
        write!(input, "\n{}", row("B", "0401234568")).unwrap();
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rejects = told(&fs::read_to_string(shop.0.path().join("stdin.rejects.csv")).unwrap());
    nothing_lost("endless", &summary, &rejects);
    assert_eq!((rejects, &summary["orders"]), (vec!["3,,record_too_long".to_owned()], &2.into()));
}
