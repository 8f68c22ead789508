//! JSON Lines: nested objects, numbers kept exact, broken lines rejected one by one.

use super::{fault, read, read_with};
use crate::files::{Field, Format, Options};

#[test]
fn nested_objects_are_flattened_and_numbers_kept_exact() {
    let whole = read(concat!(
        r#"{"order_id": 1001, "created_at": "2024-02-29T13:05:09+06:00", "customer": {"first_name": "Ana\u0103", "last_name": "Popescu", "phone": 8801712345678, "email": null}, "currency": "EUR", "items": [1, {"a": 2}], "item": {"sku": "S-1", "name": "Tea \"green\"", "quantity": 2, "price": 0.07}, "ok": true}"#,
        "\r\n\n",
        r#"{"order_id": "1002", "created_at": 1709211909, "customer": {"phone": "+8801812345678"}, "total": 90071992547409.93, "currency": "EUR"}"#,
        "\n",
        r#"{"order_id": "1003", "created_at": 1709211909123, "total": 1.25e1, "currency": "EUR", "device_id": "d-1"}"#,
    ));
    assert_eq!(whole.reader.format(), Format::JsonLines);
    assert!(whole.rejects.is_empty(), "{:?}", whole.rejects);
    let first = &whole.rows[0];
    assert_eq!((first.line_number, first.order_id()), (1, "1001"));
    assert_eq!(first.ordered_at.to_string(), "2024-02-29T07:05:09Z");
    assert_eq!(
        (first.number(), first.name(), first.email()),
        (Some("8801712345678"), Some("Anaă Popescu"), None)
    );
    assert_eq!((first.sku(), first.product()), (Some("S-1"), Some("Tea \"green\"")));
    assert_eq!((first.quantity_milli, first.unit_price, first.amount), (Some(2_000), Some(7), Some(14)));
    let second = &whole.rows[1];
    assert_eq!((second.line_number, second.number()), (3, Some("+8801812345678")));
    assert_eq!(second.amount, Some(9_007_199_254_740_993), "no float holds this");
    let third = &whole.rows[2];
    assert_eq!((third.amount, third.device_id()), (Some(1_250), Some("d-1")));
    assert_eq!(third.ordered_at.to_string(), "2024-02-29T13:05:09.123Z");
}

#[test]
fn json_numbers_are_never_ambiguous() {
    let whole = read("{\"order_id\":1,\"date\":\"2024-01-02\",\"amount\":1.230,\"currency\":\"EUR\"}\n");
    assert_eq!(whole.rows[0].amount, Some(123));
    assert!(whole.note_codes().is_empty());
}

#[test]
fn names_that_appear_late_are_recognised() {
    let mut text = String::new();
    for order in 0..3_000 {
        text.push_str(&format!("{{\"order_id\":\"{order}\",\"date\":\"2024-01-02\"}}\n"));
    }
    text.push_str("{\"order_id\":\"last\",\"date\":\"2024-01-02\",\"customer\":{\"phone\":\"0171\"},\"email\":\"a@b.c\"}\n");
    let whole = read(text);
    let last = whole.rows.last().unwrap();
    assert_eq!((last.order_id(), last.number(), last.email()), ("last", Some("0171"), Some("a@b.c")));
    assert!(
        whole.reader.columns().iter().any(|c| c.name == "customer.phone" && c.field == Some(Field::Number))
    );
}

#[test]
fn bad_lines_are_rejected_one_by_one() {
    let deep = "{\"a\":".repeat(40) + "1" + &"}".repeat(40);
    let text = [
        r#"{"order_id":"1","date":"2024-01-02"}"#,
        r#"{"order_id":"2","date":"#,
        "not json",
        r#"[1,2]"#,
        r#"{"order_id":"3","date":"2024-01-02"} {"order_id":"4"}"#,
        r#"{"order_id":"5","date":"2024-01-02","name":"\ud800"}"#,
        r#"{"order_id":"6","date":"2024-01-02","name":"a\u0000b"}"#,
        &deep,
        "\"text\"",
        r#"{"order_id":"7","date":"2024-01-02"}"#,
    ]
    .join("\n");
    let whole = read(text);
    assert_eq!(whole.order_ids(), ["1", "7"]);
    assert_eq!(
        whole.rejected(),
        [
            (2, None, "invalid_json"),
            (3, None, "not_an_object"),
            (4, None, "not_an_object"),
            (5, None, "invalid_json"),
            (6, None, "invalid_json"),
            (7, Some(Field::Name), "control_character"),
            (8, None, "too_deep"),
            (9, None, "not_an_object"),
        ]
    );
}

#[test]
fn other_json_gets_a_clear_answer() {
    for text in [
        "[{\"order_id\":1,\"date\":\"2024-01-02\"}]",
        "{\n  \"order_id\": 1,\n  \"date\": \"2024-01-02\"\n}\n",
        "{ \"orders\": [\n  {\"order_id\": 1}\n]}\n",
    ] {
        let fault = fault(text);
        assert_eq!(fault.code, "json_not_lines", "{text}");
        assert!(fault.message.contains("one JSON object a line"));
    }
    assert_eq!(fault("{\"order_id\":").code, "no_readable_line");
    assert_eq!(fault("{\"colour\": \"red\"}\n").code, "missing_column");
}

#[test]
fn long_lines_and_older_encodings_are_survived() {
    let options = Options { record_bytes_max: 1000, ..Options::default() };
    let text = format!(
        "{{\"order_id\":\"1\",\"date\":\"2024-01-02\",\"name\":\"{}\"}}\n{{\"order_id\":\"2\",\"date\":\"2024-01-02\"}}\n",
        "x".repeat(5_000_000)
    );
    let whole = read_with(text, &options);
    assert_eq!(whole.order_ids(), ["2"]);
    assert_eq!(whole.rejected(), [(1, None, "record_too_long")]);

    let older = b"{\"order_id\":\"1\",\"date\":\"2024-01-02\",\"name\":\"Jos\xe9 Mu\xf1oz\"}\n";
    assert_eq!(read(older.to_vec()).texts(Field::Name), [Some("José Muñoz")]);
}
