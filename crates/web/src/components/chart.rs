//! Charts as inline SVG that we draw ourselves.
//!
//! Why no chart crate: poloto and charts-rs put a `<style>` element or `style` attributes into their SVG, which our content security
//! policy forbids, and charts-rs and plotters write colours into `fill` attributes, which cannot follow dark and light. None
//! draws bars on a time axis with several holders a row, and none offers a table for screen readers. What is left to
//! draw are rectangles. Ours take their colours from CSS classes and their horizontal positions in per cent, so a chart fits any
//! width and its text is never stretched.

pub mod bars;
pub mod scale;
pub mod sparkline;
pub mod tenures;

/// A length or position along the chart's width.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}
