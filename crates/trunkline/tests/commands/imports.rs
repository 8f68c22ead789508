//! `import orders`: files of several kinds in, the same again changes nothing, what cannot be used is listed.

use crate::shop::{BOTH, ORDERS, On, Shop, plain, said};

#[test]
fn a_csv_file_becomes_customers_and_the_same_file_again_changes_nothing() {
    for on in BOTH {
        let shop = Shop::new(on);
        let file = shop.file("orders.csv", ORDERS);
        let first = shop.import(&file, "online");
        for (figure, value) in
            [("rows", 4), ("orders", 3), ("lines", 4), ("customers_created", 2), ("rejected", 0)]
        {
            assert_eq!(first[figure], value, "{on:?} {figure}: {first}");
        }
        let before = shop.run(["customer", "export"]).stdout;
        let again = shop.import(&file, "online");
        for (figure, value) in
            [("orders", 0), ("lines_new", 0), ("lines_unchanged", 4), ("customers_created", 0)]
        {
            assert_eq!(again[figure], value, "{on:?} {figure}: {again}");
        }
        assert_eq!(shop.run(["customer", "export"]).stdout, before, "{on:?}");
        assert!(!shop.path("orders.csv.rejects.csv").exists(), "no rejects, no file");
    }
}

#[test]
fn the_total_of_an_order_counts_once() {
    for on in BOTH {
        let shop = Shop::new(on);
        let head = "Order Number,Order Date,Phone,Item Name,Quantity,Order Total,Currency\n";
        let rows = "W1,2024-03-01,+358401234567,Shirt,1,30.00,EUR\n\
                    W1,2024-03-01,+358401234567,Trousers,1,30.00,EUR\n\
                    W1,2024-03-01,+358401234567,Socks,1,29.00,EUR\n";
        let file = shop.file("totals.csv", format!("{head}{rows}"));
        let told = shop.import(&file, "online");
        assert_eq!((&told["lines"], &told["rejected"]), (&2.into(), &1.into()), "{on:?} {told}");
        assert!(told.to_string().contains("counts once for each order"), "{on:?} {told}");
        let customer = &shop.json(["customer", "search", "+358401234567"])["items"][0];
        let id = customer["id"].as_str().unwrap().to_owned();
        let spent = || shop.json(["customer", "show", &id]).to_string();
        assert!(spent().contains("3000") && !spent().contains("6000"), "{on:?} {}", spent());
        let before = spent();
        let again = shop.import(&file, "online");
        assert_eq!(
            (&again["lines_unchanged"], &again["lines_changed"]),
            (&2.into(), &0.into()),
            "{on:?} {again}"
        );
        assert_eq!(spent(), before, "{on:?}");
        // Somebody who knows better says so.
        let shop = Shop::new(on);
        let file = shop.file("amounts.csv", format!("{head}{rows}"));
        let words = ["import", "orders", "--source", "online", "--map", "amount=Order Total"];
        let told = shop.json(words.into_iter().chain([file.to_str().unwrap()]));
        assert_eq!((&told["lines"], &told["rejected"]), (&3.into(), &0.into()), "{on:?} {told}");
        let id =
            shop.json(["customer", "search", "+358401234567"])["items"][0]["id"].as_str().unwrap().to_owned();
        assert!(shop.json(["customer", "show", &id]).to_string().contains("8900"), "{on:?}");
    }
}

#[test]
fn what_a_later_file_says_otherwise_is_counted() {
    for on in BOTH {
        let shop = Shop::new(on);
        let file = |name: &str, number: &str, status: &str| {
            let rows = format!(
                "order_id,ordered_at,number,sku,amount,currency,status\nA1,2024-03-01,{number},a,3.00,EUR,{status}\nA1,2024-03-01,{number},b,4.00,EUR,{status}\n"
            );
            shop.file(name, rows)
        };
        let figures = |told: &serde_json::Value| {
            ["lines_unchanged", "lines_changed", "identity_conflicts"]
                .map(|name| told[name].as_u64().unwrap())
        };
        let first = shop.import(&file("first.csv", "+358401234567", "pending"), "online");
        assert_eq!(figures(&first), [0, 0, 0], "{on:?}");
        let refunded = shop.import(&file("refunded.csv", "+358401234567", "refunded"), "online");
        assert_eq!(figures(&refunded), [0, 2, 0], "{on:?}: the rows say something new");
        let corrected = shop.import(&file("corrected.csv", "+358401234568", "refunded"), "online");
        assert_eq!(figures(&corrected), [2, 0, 1], "{on:?}: the order stays whose it is, and that is told");
        let unnamed = shop.import(&file("unnamed.csv", "-", "refunded"), "online");
        assert_eq!(figures(&unnamed), [2, 0, 0], "{on:?}: no number is no other number");
    }
}

#[test]
fn sources_meet_in_one_customer_and_the_export_says_whose_each_line_is() {
    for on in BOTH {
        let shop = Shop::new(on);
        shop.import(&shop.file("web.csv", ORDERS), "online");
        let till = "Receipt;Date;Phone;Customer;Country;Article;Qty;Amount;Currency\n\
                    T1;05.05.2024;0401234567;;FI;SKU9;1;12,50;EUR\n\
                    T2;06.05.2024;;;FI;SKU9;1;3,00;EUR\n";
        let told = shop.import(&shop.file("till.csv", till), "pos");
        assert_eq!((&told["orders"], &told["customers_created"]), (&2.into(), &0.into()), "{on:?} {told}");
        let (lines, numbers) = shop.export();
        let of = |order: &str| lines.iter().find(|line| line["order_id"] == order).unwrap();
        assert_eq!(lines.len(), 6);
        assert_eq!(
            of("T1")["customer"],
            of("W-1")["customer"],
            "{on:?}: the number leads to the same person"
        );
        assert_eq!(of("T1")["tenure"], of("W-2")["tenure"], "{on:?}");
        assert!(of("T2")["customer"].is_null() && of("T2")["tenure"].is_null(), "{on:?}: nobody is known");
        assert_eq!((&of("T1")["amount"], &of("T1")["currency"]), (&1250.into(), &"EUR".into()));
        assert_eq!(numbers.len(), 2);
        for number in &numbers {
            assert_eq!(number["kind"], "single");
            assert!(number["number"].as_str().unwrap().contains('•'), "masked: {number}");
            assert_eq!(number["tenures"].as_array().unwrap().len(), 1);
        }
        let tenures: Vec<_> = numbers.iter().map(|number| &number["tenures"][0]["id"]).collect();
        assert!(tenures.contains(&&of("W-1")["tenure"]));
    }
}

#[test]
fn standard_input_takes_json_lines() {
    let shop = Shop::new(On::Sqlite);
    let input = b"{\"order_id\":\"L1\",\"ordered_at\":\"2024-01-02T03:04:05Z\",\"number\":\"+40721234567\",\"name\":\"Ioana Popa\",\"amount\":\"10.00\",\"currency\":\"RON\"}\nnot json\n";
    let said = shop.with_input(["import", "orders", "-", "--source", "loyalty", "--json"], input);
    let told = said.json();
    assert_eq!(
        (&told["rows"], &told["orders"], &told["rejected"]),
        (&2.into(), &1.into(), &1.into()),
        "{told}"
    );
    let rejects = std::fs::read_to_string(shop.path("stdin.rejects.csv")).unwrap();
    assert!(rejects.starts_with("line,field,code,reason\n2,,"), "{rejects}");
}

#[test]
fn rows_that_cannot_be_used_are_listed_with_line_field_and_reason_but_not_repeated() {
    let shop = Shop::new(On::Sqlite);
    let text = format!(
        "{ORDERS}W-4,2024-04-05T08:00:00Z,ask-at-the-door,Nobody Inparticular,,FI,S,P,1,1,1.00,EUR\nW-5,someday,,,,FI,S,P,1,1,1.00,EUR\n"
    );
    let file = shop.file("orders.csv", text);
    let told = shop.import(&file, "online");
    assert_eq!(
        (&told["rows"], &told["rejected"], &told["orders"]),
        (&6.into(), &2.into(), &3.into()),
        "{told}"
    );
    let path = shop.path("orders.csv.rejects.csv");
    assert_eq!(told["files"][0]["rejects_file"], path.to_str().unwrap());
    let rejects = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines.len(), 3, "{rejects}");
    assert!(lines[1].starts_with("6,number,number_") && lines[2].starts_with("7,ordered_at,"), "{rejects}");
    assert!(!rejects.contains("Inparticular") && !rejects.contains("ask-at"), "personal data stays out");
    // The mended file leaves no list behind that is not so any more.
    shop.import(&shop.file("orders.csv", ORDERS), "online");
    assert!(!path.exists());
}

#[test]
fn a_dry_run_counts_an_order_once_however_it_is_read() {
    let shop = Shop::new(On::Sqlite);
    let line = |order: u32, sku: u32| format!("{order},2026-03-01,+358401234567,S{sku},1.00,EUR");
    // Three lines each, so that no batch of five thousand ends with an order.
    let lines: Vec<String> = (0..4_000).flat_map(|order| (0..3).map(move |sku| line(order, sku))).collect();
    let text = format!("order_id,ordered_at,phone,sku,amount,currency\n{}\n", lines.join("\n"));
    let file = shop.file("many.csv", &text);
    let path = file.to_str().unwrap();
    let told = shop.json(["import", "orders", path, "--source", "online", "--dry-run"]);
    assert_eq!((&told["rows"], &told["orders"]), (&12_000.into(), &4_000.into()), "{told}");
    let done = shop.json(["import", "orders", path, "--source", "online"]);
    assert_eq!((&done["rows"], &done["orders"]), (&12_000.into(), &4_000.into()), "{done}");
}

#[test]
fn a_dry_run_tells_and_stores_nothing() {
    let shop = Shop::new(On::Sqlite);
    let file = shop.file("orders.csv", ORDERS);
    let path = file.to_str().unwrap();
    let told = shop.json(["import", "orders", path, "--source", "online", "--dry-run"]);
    assert_eq!(
        (&told["rows"], &told["orders"], &told["dry_run"]),
        (&4.into(), &3.into(), &true.into()),
        "{told}"
    );
    assert_eq!(shop.json(["shop", "list"]), serde_json::json!([]));
    let first = shop.import(&file, "online");
    assert_eq!(first["orders"], 3);
}

#[test]
fn several_files_are_told_one_by_one_and_together() {
    let shop = Shop::new(On::Sqlite);
    let one = shop.file("one.csv", ORDERS);
    let two = shop.file("two.csv", ORDERS.replace("W-", "X-"));
    let arguments = ["import", "orders", one.to_str().unwrap(), two.to_str().unwrap(), "--source", "online"];
    let told = shop.json(arguments);
    assert_eq!(
        (&told["rows"], &told["orders"], &told["customers_created"]),
        (&8.into(), &6.into(), &2.into())
    );
    assert_eq!(told["files"].as_array().unwrap().len(), 2);
    let text = shop.run(arguments);
    assert_eq!(text.stdout.lines().count(), 3, "{}", text.stdout);
    assert!(text.stdout.contains("2 files together: 8 rows, 0 new orders"), "{}", text.stdout);
}

#[test]
fn columns_can_be_named_and_doubts_of_the_file_settled() {
    let shop = Shop::new(On::Sqlite);
    let file = shop.file("odd.csv", "bon;wann;fon;wert\n1;03/04/2024;040 1234567;1.234\n");
    let mut arguments = vec![
        "import",
        "orders",
        file.to_str().unwrap(),
        "--source",
        "pos",
        "--region",
        "FI",
        "--currency",
        "EUR",
    ];
    arguments.extend([
        "--map",
        "order_id=bon",
        "--map",
        "ordered_at=wann",
        "--map",
        "number=fon",
        "--map",
        "amount=wert",
    ]);
    arguments.extend(["--decimal", "comma", "--date-order", "day-first"]);
    let told = shop.json(arguments);
    assert_eq!((&told["rows"], &told["rejected"]), (&1.into(), &0.into()), "{told}");
    let (lines, _) = shop.export();
    assert_eq!(
        (&lines[0]["amount"], &lines[0]["ordered_at"]),
        (&123_400.into(), &"2024-04-03T00:00:00Z".into())
    );
}

#[test]
fn faults_have_exit_codes_and_plain_sentences() {
    let shop = Shop::new(On::Sqlite);
    let file = shop.file("orders.csv", ORDERS);
    let path = file.to_str().unwrap();
    for (arguments, code, fault) in [
        (vec!["import", "orders", "nowhere.csv", "--source", "online", "--json"], 3, "file_unknown"),
        (vec!["import", "orders", ".", "--source", "online", "--json"], 2, "file_is_folder"),
        (vec!["import", "orders", "-", "-", "--source", "online", "--json"], 2, "stdin_twice"),
        (vec!["customer", "show", "nonsense", "--json"], 3, "shop_unknown"),
        (vec!["backup", path, "--json"], 5, "file_exists"),
    ] {
        let said = shop.run(&arguments);
        assert_eq!(said.code, Some(code), "{arguments:?}: {}", said.stderr);
        assert_eq!(said.problem()["code"], fault, "{arguments:?}");
        assert!(said.stderr.starts_with("error: ") && said.stdout.is_empty());
    }
    for (arguments, field) in [
        (vec!["import", "orders", path, "--source", "moon"], Some("source")),
        (vec!["import", "orders", path], Some("source")),
        (vec!["import", "orders", "--source", "online"], Some("file")),
        (vec!["import", "orders", path, "--colour"], Some("colour")),
        (vec!["nonsense"], None),
    ] {
        let said = shop.run(&arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}");
        assert!(said.stderr.starts_with("error: ") && !said.stderr.contains('{'), "{}", said.stderr);
        let asked: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let problem = shop.run(&asked).problem();
        assert_eq!(
            (&problem["code"], &problem["exit"]),
            (&"arguments_invalid".into(), &2.into()),
            "{problem}"
        );
        assert_eq!(problem["field"].as_str(), field, "{problem}");
    }
    let help = said(plain(Vec::<&str>::new()).output().unwrap());
    assert!(help.stderr.contains("Usage: trunkline") || help.stdout.contains("Usage: trunkline"));
}

#[test]
fn two_shops_of_one_installation_never_meet() {
    for on in BOTH {
        let shop = Shop::new(on);
        let file = shop.file("orders.csv", ORDERS);
        let path = file.to_str().unwrap();
        for name in ["north", "south"] {
            let told = shop.json(["import", "orders", path, "--source", "online", "--shop", name]);
            assert_eq!(
                (&told["orders"], &told["customers_created"]),
                (&3.into(), &2.into()),
                "{on:?} {name}"
            );
        }
        let ids = |name: &str| -> Vec<String> {
            let list = shop.json(["customer", "list", "--shop", name]);
            list["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned())
                .collect()
        };
        let (north, south) = (ids("north"), ids("south"));
        assert_eq!((north.len(), south.len()), (2, 2));
        assert!(north.iter().all(|id| !south.contains(id)));
        let other = shop.run(["customer", "show", &north[0], "--shop", "south"]);
        assert_eq!(other.code, Some(3), "{on:?} {}", other.stdout);
        assert_eq!(shop.run(["customer", "show", &north[0], "--shop", "north"]).code, Some(0));
        assert_eq!(shop.run(["audit", "verify", "--shop", "north"]).code, Some(0));
    }
}
