//! Tenures on a time axis: numbers as rows, who held them as bars from–until, orders as ticks below.

use base::Timestamp;
use maud::{Markup, html};

use crate::{
    components::{
        badge::{NumberKind, number_kind},
        chart::{percent, scale::TimeScale},
        number::{MaskedNumber, number},
    },
    format,
    personal::Personal,
};

const LANE: usize = 24;
const BAR: usize = 18;
const MARKS: usize = 12;
/// More order ticks than this in one row are a smear.
const MARKS_MAX: usize = 400;

/// One number and all who held it.
#[derive(Clone, Debug)]
pub struct TenureRow {
    /// Names the number in forms; never the number itself.
    pub id: String,
    pub number: MaskedNumber,
    pub kind: NumberKind,
    /// For example "Mobile · Finland".
    pub note: String,
    pub bars: Vec<TenureBar>,
    /// When orders came in over this number.
    pub orders: Vec<Timestamp>,
}

/// One tenure.
#[derive(Clone, Debug)]
pub struct TenureBar {
    pub holder: Personal,
    /// The holder's page; none for the customer whose page this is.
    pub url: Option<String>,
    /// 1 is the customer whose page this is; 2 to 6 are others.
    pub hue: usize,
    pub from: Timestamp,
    /// Open: still held.
    pub until: Option<Timestamp>,
    pub certainty_percent: u8,
    /// Not counted for other holders.
    pub orders: Option<u64>,
}

impl TenureRow {
    /// Whether the customer of the page holds the number now.
    pub fn is_held(&self) -> bool {
        self.bars.iter().any(|bar| bar.url.is_none() && bar.until.is_none())
    }
}

impl TenureBar {
    fn span(&self) -> String {
        match self.until {
            Some(until) => format!("{} – {}", format::date(self.from), format::date(until)),
            None => format!("{} – now", format::date(self.from)),
        }
    }

    fn tip(&self) -> String {
        let orders = self.orders.map(|orders| format!("{} · ", format::counted(orders, "order", "orders")));
        let (holder, span, sure) = (self.holder.reveal(), self.span(), self.certainty_percent);
        format!("{holder}\n{span}\n{}{sure} % sure", orders.unwrap_or_default())
    }
}

pub fn tenures(rows: &[TenureRow], now: Timestamp) -> Markup {
    let bars = || rows.iter().flat_map(|row| &row.bars);
    let ends = bars().flat_map(|bar| [bar.from, bar.until.unwrap_or(now)]);
    let scale = TimeScale::over(ends.chain([now]));
    html! {
        figure.tenures aria-label="Numbers and who held them over time" {
            div.tenures-rows {
                @for row in rows { (tenure_row(row, &scale, now)) }
                div.tenures-axis aria-hidden="true" { (axis(&scale, now)) }
            }
            (as_table(rows))
        }
    }
}

fn tenure_row(row: &TenureRow, scale: &TimeScale, now: Timestamp) -> Markup {
    let lanes = lanes(&row.bars);
    let height = (lanes.iter().max().map_or(1, |lane| lane + 1)) * LANE + MARKS;
    html! {
        div.tenures-label {
            span.tenures-number { (number(&row.number)) (number_kind(row.kind)) }
            span.note { (row.note) }
        }
        svg.tenures-track width="100%" height=(height) focusable="false" role="group" aria-label="Tenures of this number" {
            (grid(scale, now, height))
            @for (bar, lane) in row.bars.iter().zip(&lanes) { (tenure_bar(bar, *lane, scale, now)) }
            @for at in row.orders.iter().take(MARKS_MAX) {
                rect.mark x=(percent(scale.share(*at))) y=(height - 8) width="1.5" height="5" {}
            }
        }
    }
}

fn tenure_bar(bar: &TenureBar, lane: usize, scale: &TimeScale, now: Timestamp) -> Markup {
    let (left, right) = (scale.share(bar.from), scale.share(bar.until.unwrap_or(now)));
    let y = lane * LANE + (LANE - BAR) / 2;
    let drawing = html! {
        rect x=(percent(left)) width=(percent((right - left).max(0.004))) y=(y) height=(BAR) rx="3" {}
        @if bar.until.is_none() {
            svg.open x=(percent(right)) y=(y) width="9" height=(BAR) { path.arrow d="M-3 0h3l7 9-7 9h-3Z" {} }
        }
        svg x=(percent(left)) y=(y) width=(percent(right - left)) height=(BAR) { text x="7" y="13" { (bar.holder) } }
    };
    let spoken = bar.tip().replace('\n', ", ");
    html! {
        @if let Some(url) = &bar.url {
            a class={ "tenure hue-" (bar.hue) } href=(url) aria-label=(spoken) data-tip=(bar.tip()) { (drawing) }
        } @else {
            g class={ "tenure hue-" (bar.hue) } tabindex="0" role="img" aria-label=(spoken) data-tip=(bar.tip()) { (drawing) }
        }
    }
}

fn grid(scale: &TimeScale, now: Timestamp, height: usize) -> Markup {
    html! {
        @for (at, _) in scale.ticks() {
            @let x = percent(scale.share(at));
            line.grid x1=(x) x2=(x) y1="0" y2=(height) {}
        }
        @let x = percent(scale.share(now));
        line.now x1=(x) x2=(x) y1="0" y2=(height) {}
    }
}

fn axis(scale: &TimeScale, now: Timestamp) -> Markup {
    let ticks = scale.ticks();
    let now_at = scale.share(now);
    html! {
        svg.tenures-track width="100%" height="22" focusable="false" {
            @for (index, (at, label)) in ticks.iter().enumerate() {
                // A label that would run into "now" gives way to it.
                @if now_at - scale.share(*at) > 0.09 {
                    text.is-minor[index % 2 == 1] x=(percent(scale.share(*at))) y="15" text-anchor="middle" { (label) }
                }
            }
            text.is-now x=(percent(now_at)) y="15" text-anchor="middle" { "now" }
        }
    }
}

fn as_table(rows: &[TenureRow]) -> Markup {
    html! {
        details.as-table {
            summary { "Show as table" }
            div.table-frame {
                table {
                    caption.unseen { "Tenures: which customer held which number from when until when" }
                    thead {
                        tr {
                            th scope="col" { "Number" }
                            th scope="col" { "Held by" }
                            th scope="col" { "From" }
                            th scope="col" { "Until" }
                            th.is-figure scope="col" { "Orders" }
                            th.is-figure scope="col" { "Certainty" }
                        }
                    }
                    tbody { @for row in rows { @for bar in &row.bars { (table_row(row, bar)) } } }
                }
            }
        }
    }
}

fn table_row(row: &TenureRow, bar: &TenureBar) -> Markup {
    html! {
        tr {
            td data-label="Number" { (number(&MaskedNumber::new(row.number.masked.clone()))) }
            td data-label="Held by" { @if let Some(url) = &bar.url { a href=(url) { (bar.holder) } } @else { (bar.holder) } }
            td data-label="From" { (format::day(bar.from)) }
            td data-label="Until" { @if let Some(until) = bar.until { (format::day(until)) } @else { "now" } }
            td.is-figure data-label="Orders" { @if let Some(orders) = bar.orders { (format::count(orders)) } }
            td.is-figure data-label="Certainty" { (bar.certainty_percent) " %" }
        }
    }
}

/// The first lane that is free when a tenure begins: those at once lie below each other, those in turn share a lane.
fn lanes(bars: &[TenureBar]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..bars.len()).collect();
    order.sort_by_key(|at| bars[*at].from);
    let mut taken_until: Vec<Timestamp> = Vec::new();
    let mut lanes = vec![0; bars.len()];
    for at in order {
        let bar = &bars[at];
        let until = bar.until.unwrap_or(Timestamp::MAX);
        let lane = taken_until.iter().position(|taken| *taken <= bar.from).unwrap_or(taken_until.len());
        if lane == taken_until.len() {
            taken_until.push(until);
        } else {
            taken_until[lane] = until;
        }
        lanes[at] = lane;
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    fn bar(holder: &str, from: &str, until: Option<&str>) -> TenureBar {
        TenureBar {
            holder: holder.into(),
            url: None,
            hue: 1,
            from: at(from),
            until: until.map(at),
            certainty_percent: 97,
            orders: Some(3),
        }
    }

    #[test]
    fn holders_in_turn_share_a_lane_and_holders_at_once_do_not() {
        let in_turn = [bar("A", "2022-01-01", Some("2023-01-01")), bar("B", "2023-03-01", None)];
        assert_eq!(lanes(&in_turn), [0, 0]);
        let at_once = [bar("A", "2022-01-01", None), bar("B", "2022-06-01", Some("2023-01-01"))];
        assert_eq!(lanes(&at_once), [0, 1]);
        let three = [
            bar("C", "2023-02-01", None),
            bar("A", "2022-01-01", None),
            bar("B", "2022-06-01", Some("2023-01-01")),
        ];
        assert_eq!(lanes(&three), [1, 0, 1]);
    }

    #[test]
    fn an_open_tenure_has_an_arrow_and_a_closed_one_none() {
        let row = |until| TenureRow {
            id: "n1".to_owned(),
            number: MaskedNumber::new("+358 40 ••• ••67"),
            kind: NumberKind::Single,
            note: String::new(),
            bars: vec![bar("Aino", "2022-01-01", until)],
            orders: vec![],
        };
        let now = at("2024-06-01");
        assert!(tenures(&[row(None)], now).into_string().contains("class=\"arrow\""));
        assert!(!tenures(&[row(Some("2023-01-01"))], now).into_string().contains("class=\"arrow\""));
    }

    #[test]
    fn the_table_says_the_same() {
        let row = TenureRow {
            id: "n1".to_owned(),
            number: MaskedNumber::new("+358 40 ••• ••67"),
            kind: NumberKind::Recycled,
            note: String::new(),
            bars: vec![bar("Aino", "2022-01-01", Some("2023-01-01")), bar("Mikko", "2023-03-01", None)],
            orders: vec![],
        };
        let markup = tenures(&[row], at("2024-06-01")).into_string();
        let table = markup.split("<tbody>").nth(1).unwrap();
        assert!(table.contains("Aino") && table.contains("1 Jan 2023") && table.contains("97 %"));
    }
}
