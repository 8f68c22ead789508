//! A numbering plan changes under a shop's feet: what an older program read and what is written today become one number, and nothing else changes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    process::{Command, Stdio},
};

use app::{App, Config};
use base::{Actor, Context, Timestamp};
use customers::{
    Details,
    renormalising::{RenormalisationView, RunState},
};
use serde_json::Value;
use testkit::{
    older::{self, OldRecord},
    postgres::Database,
    process::{folder, run, trunkline},
};

/// A data folder and a database.
struct Place {
    data: tempfile::TempDir,
    url: String,
    _database: Option<Database>,
}

impl Place {
    fn sqlite() -> Self {
        let data = folder();
        let url = format!("sqlite:{}", data.path().join("t.sqlite").display());
        Self { data, url, _database: None }
    }

    fn postgresql() -> Self {
        let database = testkit::postgres::database();
        Self { data: folder(), url: database.url.clone(), _database: Some(database) }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = trunkline(words);
        command.arg("--json").arg("--data").arg(self.data.path()).args(["--database", &self.url]);
        command
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        run(self.command(words)).success().json()
    }

    /// Numbers in the clear; ids and all, as it is written.
    fn export(&self) -> String {
        run(self.command(&["customer", "export", "--plain", "--reason", "a test"])).success().stdout
    }

    /// The export, and every customer with how many records they have.
    fn state(&self) -> String {
        self.export() + &run(self.command(&["customer", "list", "--limit", "200"])).success().stdout
    }

    fn import(&self, name: &str, text: &str) -> Value {
        let file = self.data.path().join(name);
        fs::write(&file, text).unwrap();
        self.json(&["import", "orders", file.to_str().unwrap(), "--source", "online"])
    }

    /// The application on this place, in this process, and the circumstances of its shop.
    async fn open(&self) -> (App, Context) {
        let config = Config {
            data: self.data.path().to_path_buf(),
            database: Some(self.url.clone()),
            ..Config::default()
        };
        let app = App::open(config).await.unwrap();
        app.migrate().await.unwrap();
        app.prove_keys().await.unwrap();
        let cx = app.cx(app.shop().await.unwrap().id, Actor::System("an older program"));
        (app, cx)
    }

    /// Fills the empty database as a program did before the plans changed.
    fn fill(&self, records: Vec<OldRecord>) {
        runtime().block_on(async {
            let (app, cx) = self.open().await;
            older::write(&app, &cx, records).await.unwrap();
        });
    }

    /// Runs it, and kills it (SIGKILL) as soon as what it says of itself is so. Returns whether that was met before its end.
    fn kill_when(&self, is_so: impl Fn(&RenormalisationView) -> bool) -> bool {
        // Opened first, so that we watch from the start.
        let runtime = runtime();
        let (app, cx) = runtime.block_on(self.open());
        let mut command = self.command(&["number", "renormalise"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let met = runtime.block_on(async {
            loop {
                let last = app.customers.last_renormalisation(&cx).await.unwrap();
                if last.as_ref().is_some_and(&is_so) {
                    return true;
                }
                if child.try_wait().unwrap().is_some() {
                    return false;
                }
            }
        });
        child.kill().unwrap();
        child.wait().unwrap();
        met
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

fn record(number: &str, name: &str, email: Option<&str>, orders: &[(&str, &str)]) -> OldRecord {
    let name = Some(name.to_owned()).filter(|name| !name.is_empty());
    let at = |at: &str| at.parse::<Timestamp>().unwrap();
    OldRecord {
        number: number.to_owned(),
        details: Details { name, email: email.map(str::to_owned), ..Details::default() },
        orders: orders.iter().map(|(id, day)| ((*id).to_owned(), at(day))).collect(),
    }
}

fn records() -> Vec<OldRecord> {
    vec![
        record(
            "+5215512345678",
            "María López",
            None,
            &[("M-1", "2018-05-01T10:00:00Z"), ("M-2", "2019-01-10T10:00:00Z")],
        ),
        // The same person, once without a name.
        record("+5215512345678", "", None, &[("M-3", "2019-02-10T10:00:00Z")]),
        record(
            "+22997123456",
            "Koffi Adjovi",
            Some("koffi@mail.example"),
            &[("B-1", "2023-06-01T10:00:00Z")],
        ),
        record("+22990000001", "Afi Dossou", None, &[("B-9", "2023-07-01T10:00:00Z")]),
        record("+358401234567", "Aino Virtanen", None, &[("A-1", "2023-06-02T10:00:00Z")]),
        // In no plan of then or now.
        record("+358000", "Nobody Known", None, &[("X-1", "2023-06-03T10:00:00Z")]),
    ]
}

const TODAY: &str = "order_id,ordered_at,number,name,email\n\
    M-4,2024-03-01T10:00:00Z,+52 55 1234 5678,María López,\n\
    B-2,2025-03-01T10:00:00Z,+229 01 97 12 34 56,Koffi Adjovi,\n";

/// The customer of each order, by the export.
fn customer_of(export: &str, order: &str) -> Option<String> {
    let line = lines(export).into_iter().find(|line| line["order_id"] == order).unwrap();
    line["customer"].as_str().map(str::to_owned)
}

fn lines(export: &str) -> Vec<Value> {
    export.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Numbers of the shop, in the clear, with how many tenures each has; without those of whom everybody was erased.
fn numbers(export: &str) -> Vec<(String, usize)> {
    let numbers = lines(export).into_iter().filter(|line| line["number"].is_string());
    let mut numbers: Vec<(String, usize)> = numbers
        .map(|line| {
            let tenures = line["tenures"].as_array().unwrap().len();
            (line["number"].as_str().unwrap().to_owned(), tenures)
        })
        .collect();
    numbers.sort();
    numbers
}

fn found(place: &Place, number: &str) -> Vec<(String, u64)> {
    let found = place.json(&["customer", "search", number]);
    let found = found["items"].as_array().unwrap().iter();
    found.map(|one| (one["id"].as_str().unwrap().to_owned(), one["orders"].as_u64().unwrap())).collect()
}

fn story(place: &Place) {
    place.fill(records());
    let _ = place.import("today.csv", TODAY);
    let before = place.export();
    // So it was: two customers for one person, and the old spelling leads nowhere.
    assert_ne!(customer_of(&before, "M-1"), customer_of(&before, "M-4"));
    assert_ne!(customer_of(&before, "B-1"), customer_of(&before, "B-2"));
    assert_eq!(found(place, "+5215512345678").iter().map(|one| one.1).sum::<u64>(), 1);
    let doctor = run(place.command(&["doctor"])).stdout;
    assert!(doctor.contains("6 records were read by older numbering plans"), "{doctor}");

    erase_one(place, &before);
    let before = place.export();
    let report = place.json(&["number", "renormalise", "--dry-run"]);
    assert_eq!((&report["would_change"], &report["changed"]), (&2.into(), &0.into()), "{report}");
    assert_eq!((&report["records"], &report["records_changed"]), (&5.into(), &3.into()), "{report}");
    assert_eq!(report["numbers_invalid"], 1, "{report}");
    assert_eq!(
        report["by_change"],
        serde_json::json!({ "bj-2024-ten-digits": 1, "mx-2019-mobile-1": 1 }),
        "{report}"
    );
    assert_eq!(place.export(), before, "a report changes nothing");

    let done = place.json(&["number", "renormalise"]);
    assert_eq!((&done["changed"], &done["records_changed"]), (&2.into(), &3.into()), "{done}");
    let after = place.export();
    for (old, new) in [("M-1", "M-4"), ("M-2", "M-4"), ("M-3", "M-4"), ("B-1", "B-2")] {
        assert!(customer_of(&after, old).is_some(), "{old}");
        assert_eq!(customer_of(&after, old), customer_of(&after, new), "{old} and {new}");
    }
    assert_eq!(customer_of(&after, "A-1"), customer_of(&before, "A-1"));
    assert_eq!(customer_of(&after, "B-9"), None, "whoever was erased stays so");
    assert_eq!(
        numbers(&after),
        [("+2290197123456", 1), ("+358000", 1), ("+358401234567", 1), ("+525512345678", 1)]
            .map(|(number, tenures)| (number.to_owned(), tenures)),
        "one number each, written as today"
    );
    let tenure =
        |order| lines(&after).into_iter().find(|line| line["order_id"] == order).unwrap()["tenure"].clone();
    assert!(tenure("M-1").is_string());
    assert_eq!(tenure("M-1"), tenure("M-4"), "one tenure over both spellings");
    both_spellings_lead_to_one(place, &after);
    nothing_changes_any_more(place);
    let _ = run(place.command(&["audit", "verify"])).success();
    let trail = run(place.command(&["audit", "list"])).success().stdout;
    assert!(trail.contains("numbers.renormalise") && trail.contains("numbers.renormalised"), "{trail}");
    assert!(!trail.contains("5512345678"), "{trail}");
}

/// Nobody can read an erased record any more, so it stays as it is.
fn erase_one(place: &Place, export: &str) {
    let customer = customer_of(export, "B-9").unwrap();
    let _ = run(place.command(&["customer", "erase", &customer, "--reason", "asked for", "--yes"])).success();
}

fn both_spellings_lead_to_one(place: &Place, export: &str) {
    for (spellings, order, orders) in
        [(["+5215512345678", "+525512345678"], "M-4", 4), (["+22997123456", "+2290197123456"], "B-2", 2)]
    {
        let customer = customer_of(export, order).unwrap();
        for spelling in spellings {
            assert_eq!(found(place, spelling), [(customer.clone(), orders)], "{spelling}");
            let known = place.json(&["number", "lookup", spelling])["known"].clone();
            assert_eq!(known["holders"].as_array().unwrap().len(), 1, "{known}");
            assert_eq!(known["holders"][0]["customer"], customer.as_str(), "{known}");
        }
    }
    let koffi = ["--name", "Koffi Adjovi", "--email", "koffi@mail.example"];
    for spelling in ["+22997123456", "+2290197123456"] {
        let again = place.json(&[&["customer", "register", "--number", spelling], &koffi[..]].concat());
        let customer = customer_of(export, "B-2").unwrap();
        assert_eq!((&again["customer"], &again["created"]), (&customer.into(), &false.into()), "{spelling}");
    }
}

/// Running it again, a rebuild, an act and its undo, the old file once more: all of it leaves every byte.
fn nothing_changes_any_more(place: &Place) {
    let stands = place.state();
    let again = place.json(&["number", "renormalise"]);
    assert_eq!(
        (&again["changed"], &again["links_recorded"], &again["links_retracted"]),
        (&0.into(), &0.into(), &0.into())
    );
    assert_eq!(place.state(), stands, "run twice");
    let rebuilt = place.json(&["customer", "rebuild"]);
    assert_eq!(
        (&rebuilt["links_recorded"], &rebuilt["links_retracted"]),
        (&0.into(), &0.into()),
        "{rebuilt}"
    );
    assert_eq!(place.state(), stands, "derived anew");

    let export = place.export();
    let (maria, aino) = (customer_of(&export, "M-1").unwrap(), customer_of(&export, "A-1").unwrap());
    let merged = place.json(&["customer", "merge", &maria, &aino, "--reason", "a mistake"]);
    assert_ne!(place.state(), stands, "a merge shows");
    let act = merged["act"].as_str().unwrap();
    let _ = place.json(&["customer", "undo", act, "--reason", "it was one"]);
    assert_eq!(place.state(), stands, "undone");

    // What an old system still sends: the same orders, numbers as they were.
    let sent = place.import(
        "old.csv",
        "order_id,ordered_at,number,name,email\n\
         M-1,2018-05-01T10:00:00Z,+5215512345678,María López,\n\
         B-1,2023-06-01T10:00:00Z,+22997123456,Koffi Adjovi,koffi@mail.example\n",
    );
    assert_eq!((&sent["customers_created"], &sent["orders"]), (&0.into(), &0.into()), "{sent}");
    assert_eq!(place.state(), stands, "sent once more");
    let doctor = run(place.command(&["doctor"])).stdout;
    assert!(!doctor.contains("older numbering plans"), "{doctor}");
}

#[test]
fn on_sqlite() {
    story(&Place::sqlite());
}

#[test]
fn on_postgresql() {
    story(&Place::postgresql());
}

/// Enough for three batches.
const CROWD: u32 = 9_000;

fn crowd() -> Vec<OldRecord> {
    (0..CROWD)
        .map(|at| {
            let (order, name) = (format!("C-{at:05}"), format!("Koffi Number{}", at / 3));
            // Three records a number, so that batches end in the middle of one.
            let email = (at % 3 > 0).then(|| format!("p{at}@mail.example"));
            let number = format!("+2299{:07}", 7_000_000 + at / 3);
            record(&number, &name, email.as_deref(), &[(&order, "2023-06-01T10:00:00Z")])
        })
        .collect()
}

/// Every order with the first order of its customer, and all numbers: equal for shops whose ids differ.
fn shape(export: &str) -> Vec<String> {
    let mut firsts = std::collections::HashMap::new();
    let mut orders: Vec<(String, Option<String>)> = lines(export)
        .iter()
        .filter(|line| line["type"] == "line")
        .map(|line| {
            (line["order_id"].as_str().unwrap().to_owned(), line["customer"].as_str().map(str::to_owned))
        })
        .collect();
    orders.sort();
    let mut shape: Vec<String> = orders
        .iter()
        .map(|(order, customer)| {
            let first =
                customer.as_ref().map(|customer| &**firsts.entry(customer.clone()).or_insert(order.clone()));
            format!("{order} {first:?}")
        })
        .collect();
    shape.extend(numbers(export).into_iter().map(|(number, tenures)| format!("{number} {tenures}")));
    shape
}

/// kill -9 while numbers are read, while people are linked, and at once; then it is run to its end.
fn killed(place: &Place, undisturbed: &Place) {
    undisturbed.fill(crowd());
    let done = undisturbed.json(&["number", "renormalise"]);
    assert_eq!((&done["records_changed"], &done["changed"]), (&CROWD.into(), &(CROWD / 3).into()), "{done}");
    let expected = shape(&undisturbed.export());
    assert!(expected.iter().any(|line| line.starts_with("+2290197000000 ")), "{expected:?}");

    place.fill(crowd());
    // A batch is written, and not the last one.
    let is_half_read = |run: &RenormalisationView| run.state == RunState::Running && run.outcome.records > 0;
    assert!(place.kill_when(is_half_read), "it was never seen reading");
    let left = runtime().block_on(async {
        let (app, cx) = place.open().await;
        app.customers.last_renormalisation(&cx).await.unwrap().unwrap()
    });
    assert_eq!(left.state, RunState::Interrupted);
    assert!(left.outcome.records < u64::from(CROWD), "{left:?}");
    assert!(
        place.kill_when(|run| run.id == left.id && run.state == RunState::Linking),
        "it was never seen linking"
    );
    assert!(place.kill_when(|run| run.state == RunState::Linking), "it was not taken up again");

    let done = place.json(&["number", "renormalise"]);
    assert_eq!(done["id"], left.id.to_string(), "the run that was begun is ended");
    assert_eq!((&done["records"], &done["records_changed"]), (&CROWD.into(), &CROWD.into()), "{done}");
    assert!(shape(&place.export()) == expected, "it ended otherwise");
    let again = place.json(&["number", "renormalise"]);
    assert_eq!((&again["changed"], &again["links_recorded"]), (&0.into(), &0.into()), "{again}");
}

#[test]
fn killed_on_sqlite() {
    killed(&Place::sqlite(), &Place::sqlite());
}

#[test]
fn killed_on_postgresql() {
    killed(&Place::postgresql(), &Place::postgresql());
}
