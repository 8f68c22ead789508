//! How figures, money and times are written for people: grouped digits, plain dates, one way everywhere.

use base::{Money, Timestamp};
use maud::{Markup, html};

/// `1234567` as `1,234,567`.
pub fn count(value: u64) -> String {
    group(&value.to_string())
}

/// One word or the other, with the count before it: `1 order`, `3 orders`.
pub fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// `1234.5` as `1.2k`, for the axis of a chart.
#[allow(clippy::cast_precision_loss)]
pub fn short(value: u64) -> String {
    let (scaled, unit) = match value {
        0..1_000 => return value.to_string(),
        1_000..1_000_000 => (value as f64 / 1e3, "k"),
        1_000_000..1_000_000_000 => (value as f64 / 1e6, "M"),
        _ => (value as f64 / 1e9, "G"),
    };
    let text = format!("{scaled:.1}");
    format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// Money with grouped digits, its currency set apart and quieter.
pub fn money(amount: Money) -> Markup {
    let text = amount.to_string();
    let (digits, currency) = text.split_once(' ').unwrap_or((&text, ""));
    html! { span.money { (group(digits)) " " span.currency { (currency) } } }
}

/// Money as plain text, for titles and tables read aloud.
pub fn money_text(amount: Money) -> String {
    let text = amount.to_string();
    let (digits, currency) = text.split_once(' ').unwrap_or((&text, ""));
    format!("{} {currency}", group(digits))
}

/// `4 Mar 2024`, in UTC.
pub fn date(at: Timestamp) -> String {
    written(at, "%-d %b %Y")
}

/// `4 Mar 2024 – 6 Mar 2024`, or the one day that both are.
pub fn span(from: Timestamp, until: Timestamp) -> String {
    let (from, until) = (date(from), date(until));
    if from == until { from } else { format!("{from} – {until}") }
}

/// `4 Mar 2024, 17:05 UTC`.
pub fn moment(at: Timestamp) -> String {
    written(at, "%-d %b %Y, %H:%M UTC")
}

/// `Mar 2024`.
pub fn month(at: Timestamp) -> String {
    written(at, "%b %Y")
}

/// `17:00 UTC`.
pub fn hour(at: Timestamp) -> String {
    written(at, "%H:%M UTC")
}

fn written(at: Timestamp, pattern: &str) -> String {
    at.to_jiff().map_or_else(|| "unknown".to_owned(), |time| time.strftime(pattern).to_string())
}

/// A moment as an element: the date in text, the moment for machines and on hover; the script turns it into `3 minutes ago`.
pub fn ago(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(moment(at)) data-relative { (moment(at)) } }
}

/// A date as an element, never made relative: order dates, tenures.
pub fn day(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(moment(at)) { (date(at)) } }
}

/// `2 h 5 min`, `1 min 20 s`, `12 s`: the two largest units, no more, and the second only if it is not zero.
pub fn duration(seconds: u64) -> String {
    let (large, small) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3_600 => ((seconds / 60, "min"), (seconds % 60, "s")),
        3_600..86_400 => ((seconds / 3_600, "h"), (seconds % 3_600 / 60, "min")),
        _ => ((seconds / 86_400, "d"), (seconds % 86_400 / 3_600, "h")),
    };
    match small.0 {
        0 => format!("{} {}", large.0, large.1),
        rest => format!("{} {} {rest} {}", large.0, large.1, small.1),
    }
}

/// `12.4 MB`, decimal units as file managers show them.
#[allow(clippy::cast_precision_loss)]
pub fn bytes(value: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut scaled = value as f64;
    let mut unit = 0;
    while scaled >= 1000.0 && unit + 1 < units.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{value} B") } else { format!("{scaled:.1} {}", units[unit]) }
}

/// Puts a comma between groups of three digits of the whole part.
fn group(digits: &str) -> String {
    let (sign, rest) = digits.strip_prefix('-').map_or(("", digits), |rest| ("−", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(value), text);
        }
        assert_eq!(counted(1, "order", "orders"), "1 order");
        assert_eq!(counted(1_200, "order", "orders"), "1,200 orders");
    }

    #[test]
    fn axis_figures_are_short() {
        for (value, text) in
            [(950, "950"), (1_000, "1k"), (1_250, "1.2k"), (40_000, "40k"), (2_500_000, "2.5M")]
        {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn money_keeps_the_decimals_of_its_currency() {
        let of = |text, currency| money_text(Money::parse(text, currency).unwrap());
        assert_eq!(of("-1234567.5", "EUR"), "−1,234,567.50 EUR");
        assert_eq!(of("12000", "JPY"), "12,000 JPY");
    }

    #[test]
    fn durations_take_two_units() {
        for (seconds, text) in
            [(12, "12 s"), (60, "1 min"), (80, "1 min 20 s"), (7_500, "2 h 5 min"), (90_000, "1 d 1 h")]
        {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn sizes_are_decimal() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(12_400_000), "12.4 MB");
    }

    #[test]
    fn dates_are_plain() {
        let at: Timestamp = "2024-03-04T17:05:09Z".parse().unwrap();
        assert_eq!(date(at), "4 Mar 2024");
        assert_eq!(moment(at), "4 Mar 2024, 17:05 UTC");
        assert!(ago(at).into_string().contains("datetime=\"2024-03-04T17:05:09Z\""));
    }
}
