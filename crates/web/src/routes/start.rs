//! The start page: the shop's figures, its last two years month by month, what to do next.

use std::collections::BTreeMap;

use axum::response::IntoResponse;
use base::{Currency, Fault, Money, PageRequest, Timestamp};
use customers::Counts;
use history::DayTotal;
use identity::Scope;
use jiff::{Span, civil::Date, tz::TimeZone};
use warehouse::{ImportView, State};

use super::{
    imports::row,
    mapping::{act_event, entry_event},
    refusal::Answer,
    seat::Seat,
};
use crate::{
    components::{
        badge::{Source, Tone},
        chart::bars::{BarChart, Series, Unit},
        figure::Figure,
        icon::Icon,
        timeline::Event,
    },
    console::{
        paths,
        start::{self, Running, Start, Step},
    },
    format,
};

const MONTHS: i32 = 24;
/// Currencies with a chart of their own.
const CURRENCIES_MAX: usize = 3;
/// Imports and events shown.
const RECENT: usize = 6;

pub(super) async fn show(seat: Seat) -> Answer {
    seat.demand(Scope::CustomersRead)?;
    let app = &seat.desk.app;
    let counts = app.customers.counts(&seat.cx).await?;
    let imports = if seat.may(Scope::ImportsRead) {
        app.imports.list(&seat.cx, &PageRequest::new(Some(RECENT), None)).await?.items
    } else {
        Vec::new()
    };
    let mut notices = super::webhooks::given_up(&seat).await?;
    notices.extend(super::proofs::stopped(&seat).await?);
    let shell = seat.shell_with(notices).await?;
    if counts.customers == 0 && imports.is_empty() {
        return Ok(start::page(&shell, &Start::Fresh).into_response());
    }
    let days = app.history.days(seat.cx.shop, Timestamp::MIN).await?;
    let months = months(seat.cx.now());
    let (revenue, in_other_currencies) = revenue(&days, &months);
    let running = Running {
        as_of: seat.cx.now(),
        figures: figures(&counts, &days, &imports, &months),
        orders: orders_chart(&days, &months),
        revenue,
        in_other_currencies,
        steps: steps(&seat, &counts, &imports),
        imports: imports.iter().map(row).collect::<Result<_, _>>()?,
        acts: recent_acts(&seat).await?,
    };
    Ok(start::page(&shell, &Start::Running(Box::new(running))).into_response())
}

async fn recent_acts(seat: &Seat) -> Result<Vec<Event>, Fault> {
    let page = PageRequest::new(Some(RECENT), None);
    if seat.may(Scope::AuditRead) {
        let recorded = db::audit::list(&seat.desk.app.db, seat.cx.shop, None, &page).await?;
        return Ok(recorded.items.iter().map(entry_event).collect());
    }
    Ok(seat.desk.app.customers.acts(&seat.cx, &page).await?.items.iter().map(act_event).collect())
}

/// The first days of the last months, oldest first.
fn months(now: Timestamp) -> Vec<Date> {
    let today = now.to_jiff().map_or(Date::ZERO, |at| at.to_zoned(TimeZone::UTC).date());
    let first = today.first_of_month();
    (0..MONTHS).rev().filter_map(|back| first.checked_sub(Span::new().months(back)).ok()).collect()
}

fn month_of(day: i64) -> Option<Date> {
    let at = Timestamp::from_micros(day.checked_mul(Timestamp::DAY)?).to_jiff()?;
    Some(at.to_zoned(TimeZone::UTC).date().first_of_month())
}

fn start_of(month: Date) -> Timestamp {
    month.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |at| at.timestamp().into())
}

fn figures(counts: &Counts, days: &[DayTotal], imports: &[ImportView], months: &[Date]) -> Vec<Figure> {
    let this_month = months.last().copied();
    let orders: u64 = days.iter().map(|day| day.orders).sum();
    let recent: u64 = days.iter().filter(|day| month_of(day.day) == this_month).map(|day| day.orders).sum();
    let running =
        imports.iter().filter(|import| super::mapping::import_state(import).is_live()).count() as u64;
    let figure = |label: &str, value, note: &str| Figure::new(label, format::count(value), note);
    let mut figures = vec![
        figure("Customers", counts.customers, "known to the shop").to(paths::SEARCH),
        figure("Orders", orders, &format!("{} this month", format::count(recent))),
        figure("Numbers shared", counts.numbers_shared, "households, companies"),
        figure("Numbers recycled", counts.numbers_recycled, "passed to a new holder"),
        figure("Numbers generic", counts.numbers_generic, "till, courier"),
        figure("Open reviews", counts.reviews_open, "doubts to decide")
            .to(paths::REVIEW)
            .tone(if counts.reviews_open > 0 { Tone::Warn } else { Tone::Plain }),
    ];
    if running > 0 {
        figures.push(figure("Imports running", running, "now").to(paths::IMPORTS));
    }
    figures
}

/// Values by month for one series.
fn by_month(days: &[DayTotal], months: &[Date], value: impl Fn(&DayTotal) -> Option<i64>) -> Vec<i64> {
    let mut sums: BTreeMap<Date, i64> = BTreeMap::new();
    for day in days {
        if let (Some(month), Some(value)) = (month_of(day.day), value(day)) {
            *sums.entry(month).or_default() += value;
        }
    }
    months.iter().map(|month| sums.get(month).copied().unwrap_or(0)).collect()
}

fn orders_chart(days: &[DayTotal], months: &[Date]) -> BarChart {
    let series = history::Source::ALL.into_iter().map(|source| {
        let shown = Source::from(source);
        let orders =
            |day: &DayTotal| (day.source == source).then(|| i64::try_from(day.orders).unwrap_or(i64::MAX));
        Series { name: shown.label().to_owned(), hue: shown.hue(), values: by_month(days, months, orders) }
    });
    BarChart {
        id: "orders-by-month".to_owned(),
        title: "Orders a month".to_owned(),
        unit: Unit::Orders,
        months: months.iter().copied().map(start_of).collect(),
        series: series.filter(|series| series.values.iter().any(|value| *value > 0)).collect(),
    }
}

/// One for each of the most used currencies, because amounts of different currencies do not add up; and what came in in the others, in words.
fn revenue(days: &[DayTotal], months: &[Date]) -> (Vec<BarChart>, Vec<String>) {
    let mut orders: BTreeMap<Currency, u64> = BTreeMap::new();
    for day in days {
        day.currency.into_iter().for_each(|currency| *orders.entry(currency).or_default() += day.orders);
    }
    let mut currencies: Vec<(Currency, u64)> = orders.into_iter().collect();
    currencies.sort_by_key(|(_, orders)| std::cmp::Reverse(*orders));
    let of_months = currencies.into_iter().map(|(currency, _)| {
        let amount = |day: &DayTotal| (day.currency == Some(currency)).then_some(day.amount);
        (currency, by_month(days, months, amount))
    });
    let mut of_months: Vec<(Currency, Vec<i64>)> =
        of_months.filter(|(_, values)| values.iter().any(|value| *value != 0)).collect();
    let others = of_months.split_off(of_months.len().min(CURRENCIES_MAX));
    let chart = |(at, (currency, values)): (usize, (Currency, Vec<i64>))| BarChart {
        id: format!("revenue-{}", currency.code().to_lowercase()),
        title: format!("Revenue a month, {currency}"),
        unit: Unit::Money(currency),
        months: months.iter().copied().map(start_of).collect(),
        series: vec![Series { name: "Revenue".to_owned(), hue: at % 6 + 1, values }],
    };
    let in_words = |(currency, values): (Currency, Vec<i64>)| {
        format::money_text(Money::of(values.into_iter().fold(0, i64::saturating_add), currency))
    };
    (of_months.into_iter().enumerate().map(chart).collect(), others.into_iter().map(in_words).collect())
}

fn steps(seat: &Seat, counts: &Counts, imports: &[ImportView]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut step = |icon, title: String, why: &str, url: String| {
        steps.push(Step { icon, title, why: why.to_owned(), url })
    };
    if counts.reviews_open > 0 {
        let title = format!("Answer {}", format::counted(counts.reviews_open, "review item", "review items"));
        step(
            Icon::Review,
            title,
            "Nothing is joined or parted until somebody says so.",
            paths::REVIEW.to_owned(),
        );
    }
    let broken = |import: &&ImportView| matches!(import.state, State::Failed | State::Interrupted);
    for import in imports.iter().filter(broken).take(1) {
        let what = if import.state == State::Failed { "failed" } else { "was interrupted" };
        step(
            Icon::Alert,
            format!("Look at {}", import.file_name),
            &format!("This import {what}."),
            paths::import(&import.id.to_string()),
        );
    }
    for import in imports.iter().filter(|import| import.rejected > 0 && import.state == State::Done).take(2) {
        let title = format!("Look at {}", format::counted(import.rejected, "rejected row", "rejected rows"));
        step(Icon::Alert, title, &import.file_name, paths::import(&import.id.to_string()));
    }
    if counts.numbers_generic > 0 && seat.may(Scope::NumbersRead) {
        let title = format!(
            "Know your {}",
            format::counted(counts.numbers_generic, "generic number", "generic numbers")
        );
        step(Icon::Number, title, "On so many people that they link nobody.", paths::NUMBERS.to_owned());
    }
    if seat.may(Scope::ImportsWrite) && imports.len() == 1 {
        step(
            Icon::Import,
            "Bring in another source".to_owned(),
            "Till, app and loyalty orders find the same customers.",
            format!("{}#new", paths::IMPORTS),
        );
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(at: &str, source: history::Source, orders: u64, amount: i64) -> DayTotal {
        let at: Timestamp = format!("{at}T00:00:00Z").parse().unwrap();
        DayTotal { day: at.day(), source, currency: "EUR".parse().ok(), orders, lines: orders, amount }
    }

    #[test]
    fn days_fall_into_their_months_and_refunds_count() {
        let months = months("2025-02-10T00:00:00Z".parse().unwrap());
        assert_eq!(
            (months.len(), months[23].to_string().as_str(), months[0].to_string().as_str()),
            (24, "2025-02-01", "2023-03-01")
        );
        let days = [
            day("2025-01-31", history::Source::Online, 2, 500),
            day("2025-02-01", history::Source::Online, 1, 300),
            day("2025-02-28", history::Source::Pos, 4, -900),
            day("2020-01-01", history::Source::Pos, 9, 900),
        ];
        let chart = orders_chart(&days, &months);
        assert_eq!(
            chart.series.iter().map(|s| (s.name.as_str(), &s.values[22..])).collect::<Vec<_>>(),
            [("Web shop", &[2, 1][..]), ("Till", &[0, 4])]
        );
        assert_eq!(revenue(&days, &months).0[0].series[0].values[22..], [500, -600]);
    }

    #[test]
    fn currencies_beyond_the_charts_are_named_with_what_came_in() {
        let months = months("2025-02-10T00:00:00Z".parse().unwrap());
        let of = |code: &str, orders, amount| DayTotal {
            currency: code.parse().ok(),
            ..day("2025-02-01", history::Source::Online, orders, amount)
        };
        let days =
            [of("EUR", 9, 900), of("BDT", 8, 800), of("RON", 7, 700), of("USD", 6, 12_345), of("GBP", 5, 0)];
        let (charts, others) = revenue(&days, &months);
        let titles: Vec<&str> = charts.iter().map(|chart| chart.title.as_str()).collect();
        assert_eq!(titles, ["Revenue a month, EUR", "Revenue a month, BDT", "Revenue a month, RON"]);
        assert_eq!(others, ["123.45 USD"], "and none of which nothing came in");
    }
}
