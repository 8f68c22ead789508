//! Evidence in words with its weight drawn to scale: for joining to the right of the line, against it to the left.

use maud::{Markup, html};

/// One piece of evidence. The weight is in tenths: 35 reads "+3.5".
#[derive(Clone, Debug)]
pub struct Evidence {
    pub words: String,
    pub weight_tenths: i32,
}

impl Evidence {
    pub fn new(words: impl Into<String>, weight_tenths: i32) -> Self {
        Self { words: words.into(), weight_tenths }
    }
}

pub fn evidence(items: &[Evidence]) -> Markup {
    let largest = items.iter().map(|item| item.weight_tenths.unsigned_abs()).max().unwrap_or(1).max(1);
    let sum: i32 = items.iter().map(|item| item.weight_tenths).sum();
    html! {
        ul.evidence {
            @for item in items {
                li {
                    span.evidence-words { (item.words) }
                    (bar(item.weight_tenths, largest))
                    span.evidence-weight { (signed(item.weight_tenths)) }
                }
            }
            li.is-sum {
                span.evidence-words { "Together" }
                span.evidence-bar {}
                span.evidence-weight { (signed(sum)) }
            }
        }
    }
}

fn bar(weight: i32, largest: u32) -> Markup {
    let length = f64::from(weight.unsigned_abs()) / f64::from(largest) * 50.0;
    let start = if weight < 0 { 50.0 - length } else { 50.0 };
    let class = if weight < 0 { "is-against" } else { "is-for" };
    html! {
        svg.evidence-bar width="100%" height="12" aria-hidden="true" focusable="false" {
            line.axis x1="50%" x2="50%" y1="0" y2="12" {}
            rect class=(class) x={ (format!("{start:.1}")) "%" } width={ (format!("{length:.1}")) "%" } y="3" height="6" rx="1" {}
        }
    }
}

fn signed(tenths: i32) -> String {
    let sign = if tenths < 0 { '−' } else { '+' };
    format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_signed_and_summed() {
        let items = [Evidence::new("Same e-mail address", 35), Evidence::new("Different first name", -52)];
        let markup = evidence(&items).into_string();
        assert!(markup.contains("+3.5") && markup.contains("−5.2") && markup.contains("−1.7"), "{markup}");
    }
}
