//! Dates: the forms that are read, and how day and month are told apart.

use super::{Whole, read, read_with};
use crate::files::{DateOrder, Field, Options, TimeZone};

fn with_dates<'a>(dates: impl IntoIterator<Item = &'a str>, options: &Options) -> Whole {
    let mut text = "order_id|ordered_at\n".to_owned();
    for date in dates {
        text.push_str(&format!("x|{date}\n"));
    }
    read_with(text, options)
}

fn moment(date: &str, options: &Options) -> Result<String, &'static str> {
    let whole = with_dates([date], options);
    match (whole.rows.first(), whole.rejects.first()) {
        (Some(row), None) => Ok(row.ordered_at.to_string()),
        (None, Some(reject)) => {
            assert_eq!(reject.field, Some(Field::OrderedAt));
            Err(reject.code)
        }
        _ => panic!("one row in, one out"),
    }
}

#[test]
fn forms_that_are_read() {
    for (date, expected) in [
        ("2024-02-29T13:05:09Z", "2024-02-29T13:05:09Z"),
        ("2024-02-29T13:05:09+06:00", "2024-02-29T07:05:09Z"),
        ("2024-02-29T13:05:09.123456-0500", "2024-02-29T18:05:09.123456Z"),
        ("2024-02-29T13:05:09.5Z[Etc/UTC]", "2024-02-29T13:05:09.5Z"),
        ("2024-02-29T13:05:09", "2024-02-29T13:05:09Z"),
        ("2024-02-29 13:05:09", "2024-02-29T13:05:09Z"),
        ("2024-02-29 13:05", "2024-02-29T13:05:00Z"),
        ("2024-02-29 13:05:09 +0200", "2024-02-29T11:05:09Z"),
        ("2024-02-29 13:05:09 UTC", "2024-02-29T13:05:09Z"),
        ("2024-02-29 1:05 PM", "2024-02-29T13:05:00Z"),
        ("2024-02-29 12:05 am", "2024-02-29T00:05:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("2024/2/9", "2024-02-09T00:00:00Z"),
        ("2024.02.29", "2024-02-29T00:00:00Z"),
        ("29/02/2024 13:05", "2024-02-29T13:05:00Z"),
        ("29-02-2024", "2024-02-29T00:00:00Z"),
        ("02/29/2024", "2024-02-29T00:00:00Z"),
        ("02/29/2024, 1:05:09 PM", "2024-02-29T13:05:09Z"),
        ("29.02.2024", "2024-02-29T00:00:00Z"),
        ("9.2.2024 13.05", "2024-02-09T13:05:00Z"),
        ("29. 2. 2024 klo 13.05", "2024-02-29T13:05:00Z"),
        ("20240229", "2024-02-29T00:00:00Z"),
        ("20240229130509", "2024-02-29T13:05:09Z"),
        ("20240229T130509Z", "2024-02-29T13:05:09Z"),
        ("20240229 13:05", "2024-02-29T13:05:00Z"),
        ("1709211909", "2024-02-29T13:05:09Z"),
        ("1709211909.25", "2024-02-29T13:05:09.25Z"),
        ("1709211909123", "2024-02-29T13:05:09.123Z"),
        ("1709211909123456", "2024-02-29T13:05:09.123456Z"),
        ("852076800", "1997-01-01T00:00:00Z"),
        ("Feb 29, 2024", "2024-02-29T00:00:00Z"),
        ("February 29th, 2024 1:05 pm", "2024-02-29T13:05:00Z"),
        ("29 Feb 2024", "2024-02-29T00:00:00Z"),
        ("29-Feb-2024 13:05:09", "2024-02-29T13:05:09Z"),
        ("Thu, 29 Feb 2024 13:05:09 +0200", "2024-02-29T11:05:09Z"),
        ("Thu Feb 29 2024 13:05:09 GMT+0200 (Eastern European Standard Time)", "2024-02-29T11:05:09Z"),
        ("29. Februar 2024", "2024-02-29T00:00:00Z"),
        ("29 de febrero de 2024", "2024-02-29T00:00:00Z"),
        ("29 février 2024 13h05", "2024-02-29T13:05:00Z"),
        ("29. helmikuuta 2024", "2024-02-29T00:00:00Z"),
        ("২৯/০২/২০২৪", "2024-02-29T00:00:00Z"),
        ("২৯ ফেব্রুয়ারি ২০২৪", "2024-02-29T00:00:00Z"),
        ("1970-01-01", "1970-01-01T00:00:00Z"),
        ("2199-12-31T23:59:60Z", "2199-12-31T23:59:59Z"),
    ] {
        assert_eq!(moment(date, &Options::default()), Ok(expected.to_owned()), "{date}");
    }
}

#[test]
fn dates_that_are_rejected() {
    for (date, code) in [
        ("", "missing_field"),
        ("soon", "invalid_date"),
        ("2024-02-30", "invalid_date"),
        ("2023-02-29", "invalid_date"),
        ("2024-13-01", "invalid_date"),
        ("31/04/2024", "invalid_date"),
        ("2024-02-29 25:00", "invalid_date"),
        ("2024-02-29 13:60", "invalid_date"),
        ("2024-02-29 13:05 CET", "invalid_date"),
        ("2024-02", "invalid_date"),
        ("20241301", "invalid_date"),
        ("45351", "invalid_date"),
        ("+8801712345678", "invalid_date"),
        ("29 Smarch 2024", "invalid_date"),
        ("1969-12-31", "date_out_of_range"),
        ("2200-01-01", "date_out_of_range"),
        ("9999999999999", "date_out_of_range"),
        ("29/02/24", "two_digit_year"),
        ("29 Feb 24", "two_digit_year"),
    ] {
        assert_eq!(moment(date, &Options::default()), Err(code), "{date}");
    }
}

#[test]
fn a_sample_decides_between_day_and_month() {
    let options = Options::default();
    let times = |whole: &Whole| whole.rows.iter().map(|row| row.ordered_at.date()).collect::<Vec<_>>();

    let days = with_dates(["03/04/2024", "13/04/2024"], &options);
    assert_eq!(times(&days), ["2024-04-03", "2024-04-13"]);
    assert!(days.note_codes().is_empty());

    let months = with_dates(["03/04/2024", "04/13/2024"], &options);
    assert_eq!(times(&months), ["2024-03-04", "2024-04-13"]);

    let open = with_dates(["03/04/2024", "04/05/2024"], &options);
    assert_eq!(times(&open), ["2024-04-03", "2024-05-04"]);
    assert!(open.note_codes().contains(&"date_order_assumed"));

    let mixed = with_dates(["13/04/2024", "04/13/2024", "03/04/2024", "04/04/2024"], &options);
    assert_eq!(times(&mixed), ["2024-04-13", "2024-04-13", "2024-04-04"]);
    assert_eq!(mixed.rejected(), [(4, Some(Field::OrderedAt), "ambiguous_date")]);
}

#[test]
fn a_date_against_the_files_order_is_rejected() {
    let mut dates = vec!["13/01/2024"; 2_000];
    dates.push("01/14/2024");
    let whole = with_dates(dates, &Options::default());
    assert_eq!(whole.rows.len(), 2_000);
    assert_eq!(whole.rejected(), [(2_002, Some(Field::OrderedAt), "invalid_date")]);
    assert!(whole.rejects[0].reason.contains("--date-order"));
}

#[test]
fn the_sample_reaches_as_far_as_it_takes() {
    // A till's file in the American order, by date, whose first thousands of rows have no day above 12.
    let dates: Vec<String> = (1..=25).flat_map(|day| vec![format!("01/{day:02}/2024"); 700]).collect();
    let whole = with_dates(dates.iter().map(String::as_str), &Options::default());
    assert!(whole.rejects.is_empty());
    assert_eq!(whole.rows[0].ordered_at.date(), "2024-01-01");
    assert_eq!(whole.rows[1_000].ordered_at.date(), "2024-01-02");
    assert_eq!(whole.rows.last().unwrap().ordered_at.date(), "2024-01-25");
}

#[test]
fn beyond_the_sample_the_spread_decides() {
    // Too long for the sample, and without a day above 12 in it; but the second number moves and the first does not.
    let dates: Vec<String> = (1..=8).flat_map(|day| vec![format!("01/{day:02}/2024"); 8_000]).collect();
    let whole = with_dates(dates.iter().map(String::as_str), &Options::default());
    assert_eq!(whole.rows.last().unwrap().ordered_at.date(), "2024-01-08");
    assert!(whole.note_codes().contains(&"date_order_assumed"));
}

#[test]
fn the_options_win() {
    let month = Options { date_order: Some(DateOrder::MonthFirst), ..Options::default() };
    assert_eq!(moment("03/04/2024", &month).as_deref(), Ok("2024-03-04T00:00:00Z"));
    assert_eq!(moment("03/04/24", &month).as_deref(), Ok("2024-03-04T00:00:00Z"));
    assert_eq!(moment("03/04/98", &month).as_deref(), Ok("1998-03-04T00:00:00Z"));
    assert_eq!(moment("13/04/2024", &month), Err("invalid_date"));
    let dots = moment("03.04.2024", &month);
    assert_eq!(dots.as_deref(), Ok("2024-04-03T00:00:00Z"), "with points the day is first everywhere");

    let dhaka = Options { time_zone: Some(TimeZone::get("Asia/Dhaka").unwrap()), ..Options::default() };
    assert_eq!(moment("2024-02-29 13:05", &dhaka).as_deref(), Ok("2024-02-29T07:05:00Z"));
    assert_eq!(moment("2024-02-29T13:05Z", &dhaka).as_deref(), Ok("2024-02-29T13:05:00Z"));
    assert!(with_dates(["2024-02-29"], &dhaka).note_codes().is_empty());
    // A day is that day wherever it is read.
    for day in ["2024-02-29", "29.02.2024", "29 Feb 2024", "20240229"] {
        assert_eq!(moment(day, &dhaka).as_deref(), Ok("2024-02-29T00:00:00Z"), "{day}");
    }
}

#[test]
fn an_assumed_zone_is_noted_only_if_it_was_needed() {
    assert!(read("order_id,date\n1,2024-01-02T10:00:00Z\n").note_codes().is_empty());
    assert_eq!(read("order_id,date\n1,2024-01-02 10:00\n").note_codes(), ["time_zone_assumed"]);
    assert!(read("order_id,date\n1,2024-01-02\n").note_codes().is_empty(), "a day has no need of one");
}
