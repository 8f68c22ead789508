//! A small line without axes: how something went lately.

use std::fmt::Write;

use maud::{Markup, html};

/// `words` says the same to those who do not see it.
#[allow(clippy::cast_precision_loss)]
pub fn sparkline(values: &[u64], words: &str) -> Markup {
    let largest = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let last = values.len().saturating_sub(1).max(1) as f64;
    let mut points = String::new();
    for (at, value) in values.iter().enumerate() {
        let (x, y) = (at as f64 / last * 100.0, 23.0 - *value as f64 / largest * 22.0);
        write!(points, "{x:.1},{y:.1} ").expect("writing to a string");
    }
    html! {
        svg.sparkline role="img" aria-label=(words) viewBox="0 0 100 24" preserveAspectRatio="none" width="100" height="24" {
            polygon.area points={ "0,24 " (points) "100,24" } {}
            polyline points=(points.trim_end()) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_value_reaches_the_top() {
        let markup = sparkline(&[0, 5, 10], "rising").into_string();
        assert!(markup.contains(r#"<polyline points="0.0,23.0 50.0,12.0 100.0,1.0">"#), "{markup}");
    }

    #[test]
    fn no_values_draw_nothing_and_do_not_fail() {
        assert!(sparkline(&[], "nothing yet").into_string().contains("nothing yet"));
    }
}
