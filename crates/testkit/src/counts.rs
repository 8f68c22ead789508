//! How many of something a test has: few in the suite, as many as the surroundings say when somebody wants to be sure.

/// How many rivals try at once, or one after another; `TRUNKLINE_RIVALS` says more.
pub fn rivals(usual: usize) -> usize {
    let told = std::env::var("TRUNKLINE_RIVALS").ok();
    told.map_or(usual, |text| text.parse().expect("TRUNKLINE_RIVALS is a number"))
}
