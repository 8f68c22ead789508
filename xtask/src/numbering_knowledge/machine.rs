//! Several patterns read digit by digit, side by side: the places in them that some digits lead to. Only the generator needs them; what is looked
//! up at run time is a table.

use std::collections::BTreeSet;

use crate::{
    Failure,
    pattern::{Program, Step},
};

/// Several patterns, each with a tag. Their places are numbered; from a place a digit leads to others, or nothing does.
#[derive(Debug, Default)]
pub struct Machine {
    steps: Vec<Step>,
    /// The tag of the pattern that each step belongs to.
    tags: Vec<usize>,
}

impl Machine {
    /// Adds a pattern; whoever matches it reaches a place that accepts `tag`. Returns where it starts.
    ///
    /// # Errors
    /// When the pattern is not of the dialect, or has an end mark: the whole of a number must match here.
    pub fn add(&mut self, pattern: &str, tag: usize) -> Result<usize, Failure> {
        let program = Program::compile(pattern)?;
        if program.steps.contains(&Step::End) {
            return Err(format!("{pattern}: ends too early").into());
        }
        let start = self.steps.len();
        self.steps.extend(program.steps.iter().map(|step| match *step {
            Step::Either(first, second) => Step::Either(start + first, start + second),
            Step::Jump(to) => Step::Jump(start + to),
            other => other,
        }));
        self.tags.resize(self.steps.len(), tag);
        Ok(start)
    }

    /// All places that are reached from these without a digit, in order. Those that only lead on are left out.
    pub fn settled(&self, from: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut waiting: Vec<usize> = from.into_iter().collect();
        let mut found = BTreeSet::new();
        while let Some(place) = waiting.pop() {
            if found.insert(place) {
                match self.steps[place] {
                    Step::Either(first, second) => waiting.extend([first, second]),
                    Step::Jump(to) => waiting.push(to),
                    Step::Note(_) => waiting.push(place + 1),
                    Step::Digit(_) | Step::End | Step::Match => {}
                }
            }
        }
        found.retain(|place| matches!(self.steps[*place], Step::Digit(_) | Step::Match));
        found.into_iter().collect()
    }

    pub fn step(&self, from: &[usize], digit: u32) -> Vec<usize> {
        let led = from
            .iter()
            .filter(|place| matches!(self.steps[**place], Step::Digit(digits) if digits >> digit & 1 == 1));
        self.settled(led.map(|place| place + 1))
    }

    pub fn accepted<'a>(&'a self, at: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
        at.iter().filter(|place| self.steps[**place] == Step::Match).map(|place| self.tags[*place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, digits: &str) -> bool {
        let mut machine = Machine::default();
        let start = machine.add(pattern, 0).unwrap();
        let mut at = machine.settled([start]);
        for digit in digits.bytes() {
            at = machine.step(&at, u32::from(digit - b'0'));
        }
        machine.accepted(&at).next().is_some()
    }

    #[test]
    fn patterns_match_what_regular_expressions_match() {
        for (pattern, yes, no) in [
            ("112|9(?:11|99)", vec!["112", "911", "999"], vec!["", "11", "9", "1129", "912"]),
            ("[2-46]\\d{2}", vec!["200", "499", "600"], vec!["500", "20", "2000"]),
            ("1\\d{2,3}", vec!["100", "1000"], vec!["10", "10000", "200"]),
            ("1(?:2|3)?4", vec!["14", "124", "134"], vec!["1234", "1"]),
            ("1(?:20){0,2}5", vec!["15", "1205", "120205"], vec!["125", "1202020205"]),
            ("12+3*", vec!["12", "122", "12233"], vec!["1", "13"]),
            ("[13-5\\d]", vec!["0", "9"], vec!["", "10"]),
            ("(1|2){2,}", vec!["11", "212"], vec!["1", "113"]),
        ] {
            yes.iter().for_each(|digits| assert!(matches(pattern, digits), "{pattern} {digits}"));
            no.iter().for_each(|digits| assert!(!matches(pattern, digits), "{pattern} {digits}"));
        }
    }

    #[test]
    fn what_the_dialect_lacks_is_refused() {
        for pattern in ["a", "1(2", "[1", "1{2", "^1", "1$", "(?=1)", "1)"] {
            assert!(Machine::default().add(pattern, 0).is_err(), "{pattern}");
        }
    }
}
