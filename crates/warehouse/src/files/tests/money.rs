//! Amounts, prices, quantities and currencies.

use base::DecimalMark;

use super::{Whole, read, read_with};
use crate::files::{Field, Options};

/// Rows of `amount` in euro.
fn amounts(values: &[&str], options: &Options) -> Whole {
    let mut text = "order_id|date|amount|currency\n".to_owned();
    for value in values {
        text.push_str(&format!("x|2024-01-02|{value}|EUR\n"));
    }
    read_with(text, options)
}

fn minors(whole: &Whole) -> Vec<Option<i64>> {
    whole.rows.iter().map(|row| row.amount).collect()
}

#[test]
fn the_decimal_mark_is_found_in_the_file() {
    let point = amounts(&["1,234", "12.50", "1,234.5"], &Options::default());
    assert_eq!(minors(&point), [Some(123_400), Some(1_250), Some(123_450)]);
    let comma = amounts(&["1.234", "12,50", "1.234,5"], &Options::default());
    assert_eq!(minors(&comma), [Some(123_400), Some(1_250), Some(123_450)]);
}

#[test]
fn an_ambiguous_amount_is_rejected_until_somebody_decides() {
    let open = amounts(&["1.234", "12", "1,234"], &Options::default());
    assert_eq!(minors(&open), [Some(1_200)]);
    let amount = Some(Field::Amount);
    assert_eq!(open.rejected(), [(2, amount, "ambiguous_amount"), (4, amount, "ambiguous_amount")]);
    assert!(open.rejects[0].reason.contains("--decimal"));
    assert!(open.note_codes().contains(&"decimal_mark_open"));

    let comma = Options { decimal: Some(DecimalMark::Comma), ..Options::default() };
    let decided = amounts(&["1.234", "12"], &comma);
    assert_eq!(minors(&decided), [Some(123_400), Some(1_200)]);
}

#[test]
fn mixed_marks_are_read_one_by_one() {
    let mixed = amounts(&["12.50", "12,50", "1.234"], &Options::default());
    assert_eq!(minors(&mixed), [Some(1_250), Some(1_250)]);
    assert_eq!(mixed.rejected(), [(4, Some(Field::Amount), "ambiguous_amount")]);
    assert!(mixed.note_codes().contains(&"decimal_marks_mixed"));
}

#[test]
fn an_amount_against_the_files_mark_is_rejected() {
    let mut values = vec!["12.50"; 1_500];
    values.push("12,50");
    let whole = amounts(&values, &Options::default());
    assert_eq!(whole.rejected(), [(1_502, Some(Field::Amount), "invalid_amount")]);
}

#[test]
fn amounts_are_computed_where_they_are_not_given() {
    let whole = read(
        "order_id,date,qty,price,amount,currency\n\
         1,2024-01-02,3,4.10,,EUR\n\
         2,2024-01-02,0.350,19.90,,EUR\n\
         3,2024-01-02,-1,5.00,,EUR\n\
         4,2024-01-02,3,4.1667,,EUR\n\
         5,2024-01-02,3,4.10,12.00,EUR\n\
         6,2024-01-02,1.0,,,EUR\n\
         7,2024-01-02,,4.10,,EUR\n\
         8,2024-01-02,2,150,,JPY\n",
    );
    assert_eq!(
        minors(&whole),
        [Some(1_230), Some(697), Some(-500), Some(1_250), Some(1_200), None, None, Some(300)]
    );
    let quantities: Vec<_> = whole.rows.iter().map(|row| row.quantity_milli).collect();
    assert_eq!(quantities[..3], [Some(3_000), Some(350), Some(-1_000)]);
    assert_eq!(whole.rows[3].unit_price, Some(417), "kept rounded, reckoned exactly");
    assert!(whole.note_codes().contains(&"unit_prices_rounded"));
}

#[test]
fn values_that_are_no_money() {
    let whole = read(
        "order_id,date,qty,price,amount,currency\n\
         1,2024-01-02,many,1.00,1.00,EUR\n\
         2,2024-01-02,0.0005,1.00,1.00,EUR\n\
         3,2024-01-02,1,cheap,1.00,EUR\n\
         4,2024-01-02,1,1.00,1.005,EUR\n\
         5,2024-01-02,1,1.00,99999999999999999999.00,EUR\n\
         6,2024-01-02,9999999999999999,9999999999999999.00,,EUR\n\
         7,2024-01-02,1,1.00,1.00,EURO2\n\
         8,2024-01-02,1,1.00,1.50,JPY\n",
    );
    assert!(whole.rows.is_empty());
    assert_eq!(
        whole.rejected(),
        [
            (2, Some(Field::Quantity), "invalid_quantity"),
            (3, Some(Field::Quantity), "invalid_quantity"),
            (4, Some(Field::UnitPrice), "invalid_amount"),
            (5, Some(Field::Amount), "invalid_amount"),
            (6, Some(Field::Amount), "invalid_amount"),
            (7, Some(Field::Quantity), "invalid_quantity"),
            (8, Some(Field::Currency), "unknown_currency"),
            (9, Some(Field::Amount), "invalid_amount"),
        ]
    );
}

#[test]
fn float_noise_is_not_precision() {
    assert_eq!(
        minors(&amounts(&["19.990000000000002", "0.30000000000000004"], &Options::default())),
        [Some(1_999), Some(30)]
    );
}

#[test]
fn money_needs_a_currency() {
    let text = "order_id,date,amount,currency\n1,2024-01-02,5.00,\n2,2024-01-02,,\n3,2024-01-02,5.00,usd\n4,2024-01-02,6.00,$\n";
    let without = read(text);
    assert_eq!(
        without.rejected(),
        [(2, Some(Field::Currency), "missing_currency"), (5, Some(Field::Currency), "unknown_currency")]
    );
    let options = Options { currency_default: Some("CAD".parse().unwrap()), ..Options::default() };
    let with = read_with(text, &options);
    let codes: Vec<_> = with.rows.iter().map(|row| row.currency.map(|c| c.code().to_owned())).collect();
    assert_eq!(codes, [Some("CAD".to_owned()), None, Some("USD".to_owned()), Some("CAD".to_owned())]);
}

#[test]
fn a_currency_beside_the_amount_counts() {
    let options = Options { currency_default: Some("EUR".parse().unwrap()), ..Options::default() };
    let whole = read_with(
        "order_id,date,amount\n1,2024-01-02,৳ 250/-\n2,2024-01-02,12.30 USD\n3,2024-01-02,12.30\n",
        &options,
    );
    let money: Vec<_> =
        whole.rows.iter().map(|row| (row.amount.unwrap(), row.currency.unwrap().to_string())).collect();
    assert_eq!(money, [(25_000, "BDT".to_owned()), (1_230, "USD".to_owned()), (1_230, "EUR".to_owned())]);

    let against = read("order_id,date,amount,currency\n1,2024-01-02,12.30 USD,EUR\n");
    assert_eq!(against.rejected(), [(2, Some(Field::Amount), "currency_mismatch")]);
}

#[test]
fn other_scripts_digits_are_read() {
    let whole = read("order_id,date,amount,currency\n1,2024-01-02,৳ ১২৫.৫০,BDT\n");
    assert_eq!(minors(&whole), [Some(12_550)]);
}

#[test]
fn lines_are_whole_numbers() {
    let whole = read(
        "order_id,date,line\n1,2024-01-02,0\n1,2024-01-02,2.0\n1,2024-01-02,\n1,2024-01-02,first\n1,2024-01-02,-1\n",
    );
    let lines: Vec<_> = whole.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [Some(0), Some(2), None]);
    assert_eq!(
        whole.rejected(),
        [(5, Some(Field::Line), "invalid_line"), (6, Some(Field::Line), "invalid_line")]
    );
}

#[test]
fn prices_without_quantities_are_no_amounts() {
    let whole = read("order_id,date,price,currency\n1,2024-01-02,5.00,EUR\n");
    assert_eq!(minors(&whole), [None]);
    assert!(whole.note_codes().contains(&"no_amounts"));
}
