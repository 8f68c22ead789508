//! CSV: delimiters, quotes, encodings, and the lines that follow on.

use encoding_rs::Encoding;

use super::{read, read_on, read_with};
use crate::files::{Field, Format, Options, open_file};

#[test]
fn every_field_arrives() {
    let whole = read(
        "order_id,ordered_at,number,name,email,address,postcode,country,loyalty_id,device_id,sku,product,category,\
         quantity,unit_price,amount,currency,status,store,line\n\
         A-1,2024-02-29T12:00:00Z,+8801712345678,Rahima Khatun,r@example.com,\"House 5, Road 3\",1205,BD,L-9,d-7,S-1,\
         Tea,Drinks,2,12.50,24.00,BDT,paid,Dhaka 1,3\n",
    );
    assert!(whole.rejects.is_empty());
    let row = &whole.rows[0];
    assert_eq!(row.line_number, 2);
    assert_eq!(row.order_id(), "A-1");
    assert_eq!(row.ordered_at, "2024-02-29T12:00:00Z".parse().unwrap());
    assert_eq!(row.number(), Some("+8801712345678"));
    assert_eq!(row.name(), Some("Rahima Khatun"));
    assert_eq!(row.email(), Some("r@example.com"));
    assert_eq!(row.address(), Some("House 5, Road 3"));
    assert_eq!(row.postcode(), Some("1205"));
    assert_eq!(row.country(), Some("BD"));
    assert_eq!(row.loyalty_id(), Some("L-9"));
    assert_eq!(row.device_id(), Some("d-7"));
    assert_eq!(row.sku(), Some("S-1"));
    assert_eq!(row.product(), Some("Tea"));
    assert_eq!(row.category(), Some("Drinks"));
    assert_eq!(row.quantity_milli, Some(2_000));
    assert_eq!(row.unit_price, Some(1_250));
    assert_eq!(row.amount, Some(2_400));
    assert_eq!(row.currency.unwrap().code(), "BDT");
    assert_eq!(row.status(), Some("paid"));
    assert_eq!(row.store(), Some("Dhaka 1"));
    assert_eq!(row.line, Some(3));
}

#[test]
fn delimiters_are_found() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = ["Order ID", "Date", "Name"].join(delimiter)
            + "\n"
            + &["1", "2024-02-29", "\"A, B; C | D\tE\""].join(delimiter)
            + "\n";
        let whole = read(text);
        assert_eq!(whole.texts(Field::Name), [Some("A, B; C | D E")], "{delimiter:?}");
    }
}

#[test]
fn a_delimiter_within_the_header_names_does_not_mislead() {
    let whole = read("order id;date;name, first then last\n1;2024-01-02;Ann\n2;2024-01-03;Bo, Jr\n");
    assert_eq!(whole.order_ids(), ["1", "2"]);
}

#[test]
fn the_delimiter_can_be_announced_or_given() {
    assert_eq!(read("sep=;\r\norder_id;date\r\n1;2024-01-02\r\n").rows[0].line_number, 3);
    let options = Options { delimiter: Some(b'^'), ..Options::default() };
    assert_eq!(read_with("order_id^date\n1^2024-01-02\n", &options).order_ids(), ["1"]);
}

#[test]
fn all_line_ends_count_lines_alike() {
    for end in ["\n", "\r\n", "\r"] {
        let text =
            ["", "order_id,date,name", "1,2024-01-02,\"Ann", "Lee\"", "", "2,2024-01-03,Bo", ""].join(end);
        let whole = read(text);
        let lines: Vec<u64> = whole.rows.iter().map(|row| row.line_number).collect();
        assert_eq!(lines, [3, 6], "{end:?}");
        assert_eq!(whole.texts(Field::Name), [Some("Ann Lee"), Some("Bo")], "{end:?}");
    }
}

#[test]
fn quotes_are_read_as_written() {
    let whole = read(
        "order_id,date,product,name\n\
         1,2024-01-02,\"Screen 24\"\"\",\"\"\"Al\"\" Jones\"\n\
         2,2024-01-02,Screen 24\", \"Bo\" \n\
         3,2024-01-02,\"\",\"\"\"\"\n",
    );
    assert_eq!(whole.texts(Field::Product), [Some("Screen 24\""), Some("Screen 24\""), None]);
    assert_eq!(whole.texts(Field::Name), [Some("\"Al\" Jones"), Some("Bo"), Some("\"")]);
}

/// A file with letters beyond ASCII in the words of several languages.
const LETTERS: &str =
    "order_id,date,name\n1,2024-01-02,Bjørn Ågård\n2,2024-01-03,José Muñoz\n3,2024-01-04,Zoë Müller\n";

#[test]
fn encodings_are_recognised() {
    let utf16 = |big: bool, mark: bool| {
        let units = LETTERS.encode_utf16().collect::<Vec<u16>>();
        let mark = if mark { vec![0xfeffu16] } else { Vec::new() };
        let bytes = mark.into_iter().chain(units);
        bytes.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
    };
    let marked = [b"\xef\xbb\xbf", LETTERS.as_bytes()].concat();
    let western = Encoding::for_label(b"windows-1252").unwrap().encode(LETTERS).0.into_owned();
    for (what, bytes) in [
        ("UTF-8", LETTERS.as_bytes().to_vec()),
        ("UTF-8 with mark", marked),
        ("UTF-16LE with mark", utf16(false, true)),
        ("UTF-16BE with mark", utf16(true, true)),
        ("UTF-16LE", utf16(false, false)),
        ("UTF-16BE", utf16(true, false)),
        ("windows-1252", western),
    ] {
        let whole = read(bytes);
        let names = [Some("Bjørn Ågård"), Some("José Muñoz"), Some("Zoë Müller")];
        assert_eq!(whole.texts(Field::Name), names, "{what}");
    }
}

#[test]
fn an_encoding_can_be_given() {
    let text = "order_id,date,name\n1,2024-01-02,Łukasz Żak\n";
    for label in ["windows-1250", "iso-8859-2", "utf-8", "utf-16le"] {
        let bytes = if label == "utf-16le" {
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else {
            Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned()
        };
        let options = Options { encoding: Some(label.to_owned()), ..Options::default() };
        assert_eq!(read_with(bytes, &options).texts(Field::Name), [Some("Łukasz Żak")], "{label}");
    }
}

#[test]
fn older_letters_far_into_an_ascii_file_are_still_read() {
    let mut text = "order_id,date,name,product\n".to_owned();
    for order in 0..20_000 {
        text.push_str(&format!("{order},2024-01-02,Ann Smith,Tea\n"));
    }
    let mut bytes = text.into_bytes();
    assert!(bytes.len() > 300 * 1024);
    bytes.extend_from_slice(b"last,2024-01-02,Jos\xe9 Mu\xf1oz,Caf\xe9 \"\"\n");
    let whole = read(bytes);
    let last = whole.rows.last().unwrap();
    assert_eq!((last.name(), last.product()), (Some("José Muñoz"), Some("Café \"\"")));
    assert_eq!(whole.note_codes(), ["encoding_assumed"]);
}

#[test]
fn follow_on_lines_take_over_what_they_leave_out() {
    // The shape of a Shopify export: one line an order line, the order's details on its first line only.
    let whole = read(
        "Name,Email,Financial Status,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,\
         Lineitem sku,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Country,Billing Phone,Shipping Name,\
         Shipping Phone,Phone,Vendor,Id\n\
         #1001,ann@example.com,paid,EUR,30.00,35.00,2024-02-29 13:05:09 +0200,2,Tea,10.00,T-1,Ann Lee,Main St 1,Turku,\
         20100,FI,'+358401234567,Bo Lee,+358409999999,,Acme,555\n\
         #1001,ann@example.com,,,,,,1,Cup,10.00,C-1,,,,,,,,,,Acme,\n\
         #1002,bo@example.com,paid,EUR,5.00,5.00,2024-03-01 10:00:00 +0200,1,Cup,5.00,C-1,Bo Lee,,,,,,,,0401112222,Acme,556\n",
    );
    assert!(whole.rejects.is_empty(), "{:?}", whole.rejects);
    assert_eq!(whole.order_ids(), ["#1001", "#1001", "#1002"]);
    let at = "2024-02-29T11:05:09Z".parse().unwrap();
    assert_eq!(whole.rows.iter().filter(|row| row.ordered_at == at).count(), 2);
    assert_eq!(
        whole.texts(Field::Number),
        [Some("+358401234567"), Some("+358401234567"), Some("0401112222")]
    );
    assert_eq!(whole.texts(Field::Name), [Some("Ann Lee"), Some("Ann Lee"), Some("Bo Lee")]);
    assert_eq!(whole.texts(Field::Address), [Some("Main St 1, Turku"), Some("Main St 1, Turku"), None]);
    assert_eq!(whole.texts(Field::Product), [Some("Tea"), Some("Cup"), Some("Cup")]);
    let amounts: Vec<_> = whole.rows.iter().map(|row| row.amount).collect();
    assert_eq!(amounts, [Some(2_000), Some(1_000), Some(500)], "the lines' amounts, not the orders' totals");
    assert!(whole.note_codes().contains(&"order_total_left_out"));
}

#[test]
fn an_order_total_in_a_file_of_lines_is_no_amount_of_theirs() {
    let lines = "Order Number,Order Date,Phone,Item Name,Quantity,Order Total,Currency\n\
                 W1,2024-03-01,0401234567,Shirt,1,30.00,EUR\n\
                 W1,2024-03-01,0401234567,Trousers,1,30.00,EUR\n";
    let whole = read(lines);
    let money: Vec<_> = whole.rows.iter().map(|row| (row.amount, row.order_total)).collect();
    assert_eq!(money, [(None, Some(3_000)), (None, Some(3_000))]);
    assert!(whole.note_codes().contains(&"order_total_once"));
    // A row for each order, or a column that somebody has named, is as before.
    let orders =
        read("Order Number,Order Date,Phone,Order Total,Currency\nW1,2024-03-01,0401234567,30.00,EUR\n");
    assert_eq!((orders.rows[0].amount, orders.rows[0].order_total), (Some(3_000), None));
    assert!(!orders.note_codes().contains(&"order_total_once"));
}

#[test]
fn a_sum_below_the_table_is_no_order() {
    let whole = read(
        "Bestellnummer;Datum;Telefon;Betrag;Währung\n\
         1;02.02.2024;0171 1234567;5,00;EUR\n\
         Summe-7;02.02.2024;0171 1234567;8,00;EUR\n\
         Summe:;02.02.2024;;13,00;EUR\n\
         Grand  Total;;;13,00;EUR\n",
    );
    assert_eq!(whole.order_ids(), ["1", "Summe-7"]);
    let said: Vec<_> =
        whole.rejects.iter().map(|reject| (reject.line_number, reject.field, reject.code)).collect();
    assert_eq!(said, [(4, Some(Field::OrderId), "row_is_a_sum"), (5, Some(Field::OrderId), "row_is_a_sum")]);
}

#[test]
fn only_the_line_directly_below_follows_on() {
    let whole = read(
        "order_id,date,number,sku\n\
         1,2024-01-02,0171,a\n\
         2,2024-01-03,0172,b\n\
         1,,,c\n\
         3,never,0173,d\n\
         3,,,e\n\
         4,2024-01-04,0174,f\n\
         4,,,g,too many\n\
         4,,,h\n",
    );
    assert_eq!(whole.order_ids(), ["1", "2", "4"]);
    let date = Some(Field::OrderedAt);
    assert_eq!(
        whole.rejected(),
        [
            (4, date, "missing_field"),
            (5, date, "invalid_date"),
            (6, date, "missing_field"),
            (8, None, "too_many_columns"),
            (9, date, "missing_field"),
        ]
    );
}

#[test]
fn a_line_with_bad_money_still_lends_its_date() {
    let whole = read("order_id,date,amount,currency\n1,2024-01-02,many,EUR\n1,,5.00,\n");
    assert_eq!(whole.rejected(), [(2, Some(Field::Amount), "invalid_amount")]);
    assert_eq!(whole.rows[0].amount, Some(500));
    assert_eq!(whole.rows[0].currency.unwrap().code(), "EUR");
}

#[test]
fn what_stands_for_nothing_is_nothing() {
    let whole = read(
        "order_id,date,number,loyalty_id,country,name\n\
         1,2024-01-02,NULL,N/A,NA,\\N\n\
         2,2024-01-02,nan,none,-,  \u{a0} \n",
    );
    assert_eq!(whole.texts(Field::Number), [None, None]);
    assert_eq!(whole.texts(Field::LoyaltyId), [None, None]);
    assert_eq!(whole.texts(Field::Country), [Some("NA"), None], "Namibia is something");
    assert_eq!(whole.texts(Field::Name), [None, None]);
}

#[test]
fn spreadsheet_dress_comes_off() {
    let whole = read(
        "order_id,date,number,postcode,name\n\
         1,2024-01-02,\"=\"\"01712345678\"\"\",'01205,'t Hooft\n\
         2,2024-01-02,=\"0171\",8801712345678.0,x\n\
         3,2024-01-02,8801712345678.0,,x\n\
         '0004,2024-01-02,,,x\n",
    );
    assert_eq!(whole.texts(Field::Number), [Some("01712345678"), Some("0171"), Some("8801712345678"), None]);
    assert_eq!(whole.rows[0].postcode(), Some("01205"));
    assert_eq!(whole.rows[0].name(), Some("'t Hooft"));
    assert_eq!(whole.rows[3].order_id(), "0004");
}

#[test]
fn packed_files_and_files_on_disk_are_read_alike() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(LETTERS.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    for bytes in [LETTERS.as_bytes().to_vec(), packed] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let reader = open_file(file, &Options::default()).unwrap();
        assert_eq!(reader.format(), Format::Csv);
        let whole = read_on(reader).unwrap();
        assert_eq!(whole.order_ids(), ["1", "2", "3"]);
        assert_eq!(whole.reader.bytes_total(), Some(bytes.len() as u64));
        assert_eq!(whole.reader.bytes_read(), bytes.len() as u64);
    }
}
