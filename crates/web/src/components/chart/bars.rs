//! Bars by month or by hour, stacked by series.

use base::{Currency, Money, Timestamp};
use maud::{Markup, html};

use crate::{
    components::chart::{percent, scale},
    format,
};

const HEIGHT: f64 = 150.0;
const HEAD: f64 = 10.0;
const FOOT: f64 = 34.0;
/// How much of its month's slot a bar fills.
const FILL: f64 = 0.7;

/// What the values count.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    Orders,
    /// In minor units.
    Money(Currency),
    /// By the hour instead of by the month.
    Calls,
}

#[derive(Clone, Debug)]
pub struct Series {
    pub name: String,
    /// 1 to 6, see the style sheet.
    pub hue: usize,
    /// One a month, or hour. A month of more refunds than sales has no bar, but its figure.
    pub values: Vec<i64>,
}

#[derive(Clone, Debug)]
pub struct BarChart {
    /// Unique in the page.
    pub id: String,
    pub title: String,
    pub unit: Unit,
    /// The starts of the months, or hours, in order.
    pub months: Vec<Timestamp>,
    pub series: Vec<Series>,
}

impl BarChart {
    fn total(&self, month: usize) -> i64 {
        self.series
            .iter()
            .filter_map(|series| series.values.get(month))
            .fold(0, |sum, value| sum.saturating_add(*value))
    }

    fn say(&self, value: i64) -> String {
        match self.unit {
            Unit::Orders => format::counted(drawn(value), "order", "orders"),
            Unit::Calls => format::counted(drawn(value), "call", "calls"),
            Unit::Money(currency) => format::money_text(Money::of(value, currency)),
        }
    }

    /// The figure at an axis line: money in whole units.
    fn axis(&self, value: u64) -> String {
        match self.unit {
            Unit::Orders | Unit::Calls => format::short(value),
            Unit::Money(currency) => format::short(value / 10u64.pow(currency.exponent())),
        }
    }

    const fn is_by_hour(&self) -> bool {
        matches!(self.unit, Unit::Calls)
    }

    /// `Mar 2024`, or `17:00 UTC`.
    fn when(&self, month: usize) -> String {
        let at = self.months[month];
        if self.is_by_hour() { format::hour(at) } else { format::month(at) }
    }

    /// Where it stands in the year, or in the day: from 0.
    fn place(&self, month: usize) -> usize {
        let pattern = if self.is_by_hour() { "%H" } else { "%m" };
        let number =
            self.months[month].to_jiff().and_then(|at| at.strftime(pattern).to_string().parse().ok());
        number.map_or(0, |number: usize| number - usize::from(!self.is_by_hour()))
    }

    fn tip(&self, month: usize) -> String {
        let when = self.when(month);
        let parts: Vec<String> = if self.series.len() > 1 {
            let part = |s: &Series| {
                format!("{} {}", s.name, format::count(drawn(s.values.get(month).copied().unwrap_or(0))))
            };
            self.series.iter().map(part).collect()
        } else {
            Vec::new()
        };
        let rest = if parts.is_empty() { String::new() } else { format!("\n{}", parts.join("\n")) };
        format!("{when}: {}{rest}", self.say(self.total(month)))
    }
}

/// What of a value is drawn.
fn drawn(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub fn bar_chart(chart: &BarChart) -> Markup {
    let largest = (0..chart.months.len()).map(|month| chart.total(month)).max().unwrap_or(0);
    let steps = scale::amounts(drawn(largest));
    let whole = (0..chart.months.len()).fold(0i64, |sum, month| sum.saturating_add(chart.total(month)));
    html! {
        figure.chart aria-labelledby={ (chart.id) "-title" } {
            figcaption.chart-head {
                span.chart-title id={ (chart.id) "-title" } { (chart.title) }
                span.chart-total { (chart.say(whole)) }
                @if chart.series.len() > 1 { (legend(chart)) }
            }
            div.chart-body aria-hidden="true" {
                (axis_left(chart, &steps))
                (plot(chart, &steps))
            }
            (as_table(chart))
        }
    }
}

fn legend(chart: &BarChart) -> Markup {
    html! {
        ul.legend {
            @for series in &chart.series { li { span class={ "dot hue-" (series.hue) } {} (series.name) } }
        }
    }
}

fn axis_left(chart: &BarChart, steps: &[u64]) -> Markup {
    let top = steps.last().copied().unwrap_or(1);
    html! {
        svg.chart-axis width="38" height=(HEIGHT + HEAD + FOOT) focusable="false" {
            @for step in steps { text x="32" y=(height_of(*step, top) + 4.0) text-anchor="end" { (chart.axis(*step)) } }
        }
    }
}

fn plot(chart: &BarChart, steps: &[u64]) -> Markup {
    let top = steps.last().copied().unwrap_or(1);
    html! {
        svg.chart-plot width="100%" height=(HEIGHT + HEAD + FOOT) focusable="false" {
            @for step in steps {
                @let y = height_of(*step, top);
                line.grid.is-base[*step == 0] x1="0" x2="100%" y1=(y) y2=(y) {}
            }
            @for month in 0..chart.months.len() { (bar(chart, month, top)) }
            @for month in 0..chart.months.len() { (month_label(chart, month)) }
        }
    }
}

#[allow(clippy::cast_precision_loss)]
fn bar(chart: &BarChart, month: usize, top: u64) -> Markup {
    let slot = 1.0 / chart.months.len() as f64;
    let left = slot * (month as f64 + (1.0 - FILL) / 2.0);
    let mut below = 0;
    let mut parts = Vec::new();
    for series in &chart.series {
        let value = drawn(series.values.get(month).copied().unwrap_or(0));
        if value > 0 {
            let (foot, head) = (height_of(below, top), height_of(below + value, top));
            parts.push((series.hue, head, foot - head));
        }
        below += value;
    }
    html! {
        g.bar data-tip=(chart.tip(month)) {
            rect.hit x=(percent(slot * month as f64)) width=(percent(slot)) y=(HEAD) height=(HEIGHT) {}
            @for (hue, y, height) in parts {
                rect class={ "hue-" (hue) } x=(percent(left)) width=(percent(slot * FILL)) y=(round(y)) height=(round(height)) {}
            }
        }
    }
}

/// Every third month or hour when there are many; the year below January and the first label, the day below midnight, which there is one of in 24 hours.
#[allow(clippy::cast_precision_loss)]
fn month_label(chart: &BarChart, month: usize) -> Markup {
    let step = if chart.months.len() > 14 { 3 } else { 1 };
    let (text, day) = (chart.when(month), format::date(chart.months[month]));
    let (name, year) = text.split_once(' ').unwrap_or((&text, ""));
    let below = if chart.is_by_hour() { &day } else { year };
    let place = chart.place(month);
    let first = (0..month).all(|earlier| !is_labelled(chart, earlier, step));
    let x = percent((month as f64 + 0.5) / chart.months.len() as f64);
    html! {
        @if place.is_multiple_of(step) {
            text.chart-month.is-minor[!place.is_multiple_of(6)] x=(x) y=(HEAD + HEIGHT + 15.0) text-anchor="middle" { (name) }
            @if place == 0 || (first && !chart.is_by_hour()) { text.chart-month x=(x) y=(HEAD + HEIGHT + 29.0) text-anchor="middle" { (below) } }
        }
    }
}

fn is_labelled(chart: &BarChart, month: usize, step: usize) -> bool {
    chart.place(month).is_multiple_of(step)
}

fn as_table(chart: &BarChart) -> Markup {
    html! {
        details.as-table {
            summary { "Show as table" }
            div.table-frame {
                table {
                    caption.unseen { (chart.title) }
                    thead {
                        tr {
                            th scope="col" { @if chart.is_by_hour() { "Hour" } @else { "Month" } }
                            @for series in &chart.series { th.is-figure scope="col" { (series.name) } }
                        }
                    }
                    tbody {
                        @for month in 0..chart.months.len() {
                            tr {
                                th scope="row" { (chart.when(month)) }
                                @for series in &chart.series {
                                    td.is-figure data-label=(series.name) { (chart.say(series.values.get(month).copied().unwrap_or(0))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The y of a value, from the top of the drawing.
#[allow(clippy::cast_precision_loss)]
fn height_of(value: u64, top: u64) -> f64 {
    HEAD + HEIGHT * (1.0 - value as f64 / top.max(1) as f64)
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> BarChart {
        let at = |text: &str| format!("{text}T00:00:00Z").parse().unwrap();
        BarChart {
            id: "orders".to_owned(),
            title: "Orders a month".to_owned(),
            unit: Unit::Orders,
            months: vec![at("2024-01-01"), at("2024-02-01")],
            series: vec![
                Series { name: "Web shop".to_owned(), hue: 1, values: vec![40, 0] },
                Series { name: "Till".to_owned(), hue: 2, values: vec![60, 20] },
            ],
        }
    }

    #[test]
    fn bars_stack_to_the_height_of_their_sum() {
        let markup = bar_chart(&chart()).into_string();
        // 40 of 100 on 150 pixels, then 60 on top of it.
        assert!(
            markup.contains(r#"<rect class="hue-1" x="7.50%" width="35.00%" y="100" height="60">"#),
            "{markup}"
        );
        assert!(
            markup.contains(r#"<rect class="hue-2" x="7.50%" width="35.00%" y="10" height="90">"#),
            "{markup}"
        );
    }

    #[test]
    fn hours_are_named_by_the_clock_and_days_below_midnight() {
        let start: Timestamp = "2024-03-01T21:00:00Z".parse().unwrap();
        let hours = (0..24).map(|hour| start.plus_micros(hour * 3_600 * Timestamp::SECOND)).collect();
        let series = vec![Series { name: "Succeeded".to_owned(), hue: 1, values: vec![3; 24] }];
        let chart = BarChart { unit: Unit::Calls, months: hours, series, ..chart() };
        let markup = bar_chart(&chart).into_string();
        assert!(markup.contains("data-tip=\"21:00 UTC: 3 calls\""), "{markup}");
        assert!(markup.contains(">2 Mar 2024</text>") && !markup.contains(">1 Mar 2024</text>"), "{markup}");
        assert!(markup.contains(">00:00</text>") && !markup.contains(">01:00</text>"), "{markup}");
        assert!(markup.contains(r#"<th scope="row">22:00 UTC</th>"#), "{markup}");
    }

    #[test]
    fn a_month_without_orders_of_a_source_draws_no_bar_for_it() {
        let markup = bar_chart(&chart()).into_string();
        assert_eq!(markup.matches(r#"<rect class="hue-1""#).count(), 1);
    }

    #[test]
    fn a_month_of_more_refunds_than_sales_counts_and_draws_no_bar() {
        let euro = "EUR".parse().unwrap();
        let series = vec![Series { name: "Revenue".to_owned(), hue: 1, values: vec![10_000, -4_000] }];
        let markup = bar_chart(&BarChart { unit: Unit::Money(euro), series, ..chart() }).into_string();
        assert_eq!(markup.matches(r#"<rect class="hue-1""#).count(), 1);
        assert!(markup.contains(r#"<span class="chart-total">60.00 EUR</span>"#), "{markup}");
        assert!(markup.contains("data-tip=\"Feb 2024: −40.00 EUR\""), "{markup}");
    }

    #[test]
    fn the_same_figures_stand_in_a_table() {
        let markup = bar_chart(&chart()).into_string();
        assert!(markup.contains("60 orders") && markup.contains("Feb 2024") && markup.contains("120 orders"));
    }
}
