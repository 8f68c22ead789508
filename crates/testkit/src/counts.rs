//! How many of something a test has: few in the suite, as many as the surroundings say when somebody wants to be sure.

/// How many rivals try at once, or one after another; `TRUNKLINE_RIVALS` says more.
pub fn rivals(usual: usize) -> usize {
    told("TRUNKLINE_RIVALS").unwrap_or(usual)
}

/// How many kills a database suffers; `TRUNKLINE_STORY_KILLS` says more.
pub fn kills(usual: usize) -> usize {
    told("TRUNKLINE_STORY_KILLS").unwrap_or(usual)
}

fn told(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
