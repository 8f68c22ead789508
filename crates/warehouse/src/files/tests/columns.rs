//! Which column becomes which field.

use super::{fault, read, read_with, try_read};
use crate::files::{Field, Options, parse_map};

/// Reads one row under the header, whose cells are named by their place, and tells which field each column became.
fn fields(header: &str) -> Vec<Option<&'static str>> {
    let columns = header.split('|').count();
    let dates = vec!["2024-01-02"; columns].join("|");
    let options = Options { delimiter: Some(b'|'), ..Options::default() };
    let whole = read_with(format!("{header}\n{dates}\n"), &options);
    whole.reader.columns().iter().map(|column| column.field.map(Field::as_str)).collect()
}

#[test]
fn names_in_several_languages() {
    let expected = [
        Some("order_id"),
        Some("ordered_at"),
        Some("number"),
        Some("name"),
        Some("email"),
        Some("address"),
        Some("postcode"),
        Some("quantity"),
        Some("amount"),
    ];
    for header in [
        "Order No.|Order Date|Phone Number|Customer Name|E-mail|Address|ZIP|Qty|Total",
        "transaction_id|created_at|customer_phone|full_name|email_address|street_address|postal_code|quantity|line_total",
        "Receipt|Timestamp|MSISDN|Buyer|Mail|Home address|Postcode|Units|Amount",
        "Bestell-Nr.|Bestelldatum|Telefonnummer|Kunde|E-Mail-Adresse|Anschrift|PLZ|Menge|Betrag",
        "Nr. comandă|Data comenzii|Telefon|Nume client|Adresă de email|Adresă|Cod poștal|Cantitate|Valoare",
        "Tilausnumero|Tilauspäivä|Puhelin|Asiakkaan nimi|Sähköposti|Osoite|Postinumero|Määrä|Yhteensä",
        "N.º pedido|Fecha|Teléfono|Nombre completo|Correo electrónico|Dirección|Código postal|Cantidad|Importe",
        "N° de commande|Date de commande|Téléphone|Nom complet|Courriel|Adresse|Code postal|Quantité|Montant",
        "অর্ডার নম্বর|তারিখ|ফোন নম্বর|গ্রাহকের নাম|ইমেইল|ঠিকানা|পোস্টকোড|পরিমাণ|মোট",
    ] {
        assert_eq!(fields(header), expected, "{header}");
    }
}

#[test]
fn the_better_name_wins() {
    for (header, expected) in [
        ("id|order_id|date", vec![None, Some("order_id"), Some("ordered_at")]),
        ("id|date|name", vec![Some("order_id"), Some("ordered_at"), Some("name")]),
        ("order id|date|order date", vec![Some("order_id"), None, Some("ordered_at")]),
        ("order id|date|customer id|customer number", vec![Some("order_id"), Some("ordered_at"), None, None]),
        ("order id|date|card number", vec![Some("order_id"), Some("ordered_at"), None]),
        (
            "order id|date|Shipping Phone|Billing Phone",
            vec![Some("order_id"), Some("ordered_at"), None, Some("number")],
        ),
        ("order id|date|Shipping Phone", vec![Some("order_id"), Some("ordered_at"), Some("number")]),
        (
            "order id|date|order total|line total",
            vec![Some("order_id"), Some("ordered_at"), None, Some("amount")],
        ),
        ("order id|date|order total", vec![Some("order_id"), Some("ordered_at"), Some("amount")]),
        ("order id|date|delivery date", vec![Some("order_id"), Some("ordered_at"), None]),
    ] {
        assert_eq!(fields(header), expected, "{header}");
    }
}

#[test]
fn several_columns_make_one_field() {
    let whole = read(
        "Order Number,Order Date,Time,First Name (Billing),Last Name (Billing),Address 1 (Billing),City (Billing),\
         Phone,Mobile\n\
         1,29/02/2024,13:05,Ann,Lee,Main St 1,Turku,,0401\n\
         2,2024-03-01 08:00,13:05,,Lee,,Turku,0402,0403\n",
    );
    assert!(whole.rejects.is_empty(), "{:?}", whole.rejects);
    assert_eq!(whole.texts(Field::Name), [Some("Ann Lee"), Some("Lee")]);
    assert_eq!(whole.texts(Field::Address), [Some("Main St 1, Turku"), Some("Turku")]);
    assert_eq!(whole.texts(Field::Number), [Some("0401"), Some("0402")]);
    let times: Vec<String> = whole.rows.iter().map(|row| row.ordered_at.to_string()).collect();
    assert_eq!(times, ["2024-02-29T13:05:00Z", "2024-03-01T08:00:00Z"]);
}

#[test]
fn a_name_in_two_parts_needs_both_columns() {
    let both = read("order id,date,Nume,Prenume\n1,2024-01-02,Popescu,Ana\n");
    assert_eq!(both.texts(Field::Name), [Some("Ana Popescu")]);
    let one = read("order id,date,Nume\n1,2024-01-02,Ana Popescu\n");
    assert_eq!(one.texts(Field::Name), [Some("Ana Popescu")]);
    let spanish = read("pedido,fecha,Nombre,Apellidos\n1,2024-01-02,Ana,García\n");
    assert_eq!(spanish.texts(Field::Name), [Some("Ana García")]);
}

#[test]
fn the_map_wins() {
    let map = ["number=Home", "order_id=Ref", "name=Surname", "name=Call name"];
    let options =
        Options { map: map.iter().map(|text| parse_map(text).unwrap()).collect(), ..Options::default() };
    let whole = read_with(
        "order_id,ref,date,phone,home,call_name,surname\na,b,2024-01-02,0171,0172,Ann,Lee\n",
        &options,
    );
    let row = &whole.rows[0];
    assert_eq!((row.order_id(), row.number(), row.name()), ("b", Some("0172"), Some("Lee Ann")));
    let unused: Vec<String> =
        whole.reader.columns().into_iter().filter(|c| c.field.is_none()).map(|c| c.name).collect();
    assert_eq!(unused, ["order_id", "phone"]);
}

#[test]
fn a_mapped_column_must_be_there() {
    let options = Options { map: vec![(Field::Number, "Fone".to_owned())], ..Options::default() };
    let fault = try_read("order_id,date,phone\n1,2024-01-02,0171\n", &options).err().unwrap();
    assert_eq!((fault.code, fault.field.as_deref()), ("unknown_column", Some("number")));
    assert!(fault.message.contains("Fone") && fault.message.contains("phone"), "{}", fault.message);
}

#[test]
fn a_missing_column_is_named_with_those_found() {
    let fault = fault("order_id,phone,colour\n1,0171,red\n");
    assert_eq!((fault.code, fault.field.as_deref()), ("missing_column", Some("ordered_at")));
    assert!(fault.message.contains("order_id, phone, colour"), "{}", fault.message);
    assert!(fault.message.contains("--map ordered_at=COLUMN"), "{}", fault.message);
}

#[test]
fn a_file_without_header_does_not_spill_its_first_row() {
    let fault = fault("A-1,2024-01-02,+8801712345678,Rahima Khatun\nA-2,2024-01-03,+8801812345678,Karim\n");
    assert_eq!(fault.code, "no_header");
    for part in ["8801712345678", "Rahima"] {
        assert!(!format!("{fault} {fault:?}").contains(part));
    }
}

#[test]
fn unused_columns_are_reported() {
    let whole = read("order_id,date,colour,,phone\n1,2024-01-02,red,x,0171\n");
    let columns = whole.reader.columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["order_id", "date", "colour", "(column 4)", "phone"]);
    assert_eq!(columns[2].field, None);
    assert_eq!(columns[4].field, Some(Field::Number));
}

#[test]
fn mappings_are_checked() {
    for text in ["number", "number=", "phone=Phone", "=x"] {
        assert!(parse_map(text).is_err(), "{text}");
    }
}
