//! `number`: one line in, one line out, in order; what plans say of one number.

use crate::shop::{On, Shop, plain, said};

fn with_input(arguments: &[&str], input: &[u8]) -> String {
    testkit::process::run_with_input(plain(arguments), input).success().stdout
}

#[test]
fn each_line_gives_seven_columns() {
    let out = with_input(
        &["number", "parse", "--region", "FI"],
        "040 123 4567\n+8801712-345678\r\nhello\n\n".as_bytes(),
    );
    assert_eq!(
        out,
        "040 123 4567\t+358401234567\ttrue\tMOBILE\tFI\t\t\n\
         +8801712-345678\t+8801712345678\ttrue\tMOBILE\tBD\t\t\n\
         hello\t\tfalse\t\t\t\tNOT_A_NUMBER\n\
         \t\tfalse\t\t\t\tNOT_A_NUMBER\n"
    );
}

#[test]
fn each_line_may_name_its_region() {
    let input = b"US\t(415) 555-2671\nZZ\t0401234567\nGB\t020 7946 0018 ext 12";
    let out = with_input(&["number", "parse", "--with-region"], input);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "(415) 555-2671\t+14155552671\ttrue\tFIXED_LINE_OR_MOBILE\tUS\t\t");
    assert_eq!(lines[1], "0401234567\t\tfalse\t\t\t\tINVALID_COUNTRY_CODE");
    assert_eq!(lines[2], "020 7946 0018 ext 12\t+442079460018\ttrue\tFIXED_LINE\tGB\t12\t");
    assert_eq!(lines.len(), 3);
}

#[test]
fn json_lines_say_the_same() {
    let out = with_input(&["number", "parse", "--region", "RO", "--json"], b"0721 234 567\nx\n");
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines[0],
        serde_json::json!({ "raw": "0721 234 567", "e164": "+40721234567", "valid": true, "type": "MOBILE", "region": "RO",
                            "extension": null, "error": null })
    );
    assert_eq!((&lines[1]["valid"], &lines[1]["error"]), (&false.into(), &"NOT_A_NUMBER".into()));
}

#[test]
fn many_lines_keep_their_order_across_blocks_and_threads() {
    let input: String = (0..120_000).map(|n| format!("+35840{n:07}\n")).collect();
    let out = with_input(&["number", "parse"], input.as_bytes());
    assert_eq!(out.lines().count(), 120_000);
    for (n, line) in out.lines().enumerate() {
        assert!(line.starts_with(&format!("+35840{n:07}\t")), "{n}: {line}");
    }
}

#[test]
fn hostile_input_is_answered_line_by_line() {
    let input = b".;phone-context=\n+dwPAA;phone-context=AA\n\xff\xfe\x00\n";
    let out = with_input(&["number", "parse"], input);
    assert_eq!(out.lines().count(), 3, "{out}");
    assert!(out.lines().all(|line| line.ends_with("NOT_A_NUMBER")), "{out}");
}

#[test]
fn metadata_is_of_the_ninth_edition() {
    let out = said(plain(["number", "metadata"]).output().unwrap());
    let parts: Vec<&str> = out.stdout.trim_end().split('.').collect();
    assert_eq!((parts.len(), parts[0], parts[1]), (3, "9", "0"), "{}", out.stdout);
}

#[test]
fn a_lookup_needs_no_database_and_knows_the_holders_where_there_is_one() {
    let shop = Shop::new(On::Sqlite);
    let number = shop.json(["number", "lookup", "040 123 4567", "--region", "FI"]);
    assert_eq!((&number["international"], &number["valid"]), (&"+358 40 1234567".into(), &true.into()));
    assert!(number.get("known").is_none() && !shop.data().exists());
    let number = shop.json(["number", "lookup", "+8801712345678"]);
    assert_eq!((&number["place"], &number["carrier"]), (&"Bangladesh".into(), &"Grameenphone".into()));
    assert_eq!(number["time_zones"], serde_json::json!(["Asia/Dhaka"]));
    let told = shop.run(["number", "lookup", "+41446681800"]).stdout;
    for line in ["Issued in      Zurich", "First carrier  -", "Time zones     Europe/Zurich"] {
        assert!(told.lines().any(|told| told == line), "{line} in {told}");
    }
    shop.import(&shop.file("orders.csv", crate::shop::ORDERS), "online");
    let number = shop.json(["number", "lookup", "+358401234567"]);
    assert_eq!(number["known"]["kind"], "single");
    assert_eq!(number["known"]["holders"][0]["name"], "Aino Virtanen");
    let report = shop.json(["number", "renormalise", "--dry-run"]);
    assert_eq!((&report["numbers"], &report["would_change"]), (&2.into(), &0.into()));
    let done = shop.json(["number", "renormalise"]);
    assert_eq!((&done["numbers"], &done["records"], &done["changed"]), (&2.into(), &0.into(), &0.into()));
    let wrong = shop.run(["number", "lookup", "040"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("--region"), "{}", wrong.stderr);
}
