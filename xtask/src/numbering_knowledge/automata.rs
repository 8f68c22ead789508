//! Many small automata over digits in one pool of states, as few as there can be: states that answer alike for every rest of a
//! number are one state, also when they belong to different regions.

use std::collections::HashMap;

use super::machine::Machine;
use crate::Failure;

/// A pattern and the lengths for which it counts; no lengths means any.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    pub text: String,
    pub lengths: Option<Vec<usize>>,
}

/// States before they are made few. State 0 answers nothing, whatever follows.
#[derive(Debug)]
pub struct Pool {
    states: Vec<State>,
    starts: Vec<usize>,
}

#[derive(Clone, Debug, Default)]
struct State {
    next: [usize; 10],
    answer: u16,
}

/// The finished states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Automata {
    pub next: Vec<[u16; 10]>,
    pub answers: Vec<u16>,
    /// Where each automaton starts, in the order in which they were added.
    pub starts: Vec<u16>,
}

/// What a state is while it is being found: places in the patterns, how many digits came, and whether the pattern that also
/// counts as a beginning has matched.
type Situation = (Vec<usize>, usize, bool);

impl Default for Pool {
    fn default() -> Self {
        Self { states: vec![State::default()], starts: Vec::new() }
    }
}

impl Pool {
    /// Adds an automaton. `answer` is told which of the patterns match the digits so far, and whether the one at `sticky`
    /// matched them or a beginning of them.
    ///
    /// # Errors
    /// When a pattern is not understood.
    pub fn add(
        &mut self,
        patterns: &[Pattern],
        sticky: Option<usize>,
        answer: impl Fn(&[bool], bool) -> u16,
    ) -> Result<(), Failure> {
        let mut machine = Machine::default();
        let starts: Result<Vec<usize>, Failure> =
            patterns.iter().enumerate().map(|(tag, pattern)| machine.add(&pattern.text, tag)).collect();
        let lengths = patterns.iter().flat_map(|pattern| pattern.lengths.iter().flatten());
        let beyond = lengths.max().map_or(1, |longest| longest + 1);
        let look = |(places, depth, seen): &Situation| {
            let mut matched = vec![false; patterns.len()];
            for tag in machine.accepted(places) {
                let lengths = &patterns[tag].lengths;
                matched[tag] = lengths.as_ref().is_none_or(|lengths| lengths.contains(depth));
            }
            let seen = *seen || sticky.is_some_and(|sticky| matched[sticky]);
            (answer(&matched, seen), seen)
        };
        let mut found: HashMap<Situation, usize> = HashMap::new();
        let mut waiting = Vec::new();
        let mut place = |situation: Situation, states: &mut Vec<State>, waiting: &mut Vec<_>| {
            let (answer, seen) = look(&situation);
            let situation = (situation.0, situation.1, seen);
            if situation.0.is_empty() && !seen {
                return 0;
            }
            *found.entry(situation.clone()).or_insert_with(|| {
                states.push(State { answer, ..State::default() });
                waiting.push((situation, states.len() - 1));
                states.len() - 1
            })
        };
        let start = (machine.settled(starts?), 0, false);
        self.starts.push(place(start, &mut self.states, &mut waiting));
        while let Some(((places, depth, seen), state)) = waiting.pop() {
            for digit in 0..10 {
                let next = (machine.step(&places, digit), beyond.min(depth + 1), seen);
                self.states[state].next[digit as usize] = place(next, &mut self.states, &mut waiting);
            }
        }
        Ok(())
    }

    /// Makes the states few: first only the answers tell them apart, then what follows, until nothing new is told apart.
    ///
    /// # Errors
    /// When there are more than sixteen bits can number.
    pub fn finish(self) -> Result<Automata, Failure> {
        let mut classes: Vec<usize> = self.states.iter().map(|state| usize::from(state.answer)).collect();
        let mut count = 0;
        loop {
            let mut numbers = HashMap::new();
            let refined: Vec<usize> = (self.states.iter().zip(&classes))
                .map(|(state, class)| {
                    let fresh = numbers.len();
                    *numbers.entry((*class, state.next.map(|next| classes[next]))).or_insert(fresh)
                })
                .collect();
            classes = refined;
            if numbers.len() == count {
                break;
            }
            count = numbers.len();
        }
        if count > usize::from(u16::MAX) {
            return Err(format!("{count} states are too many").into());
        }
        let class = |state: usize| classes[state] as u16;
        let mut automata = Automata {
            next: vec![[0; 10]; count],
            answers: vec![0; count],
            starts: self.starts.iter().map(|start| class(*start)).collect(),
        };
        for (state, class) in self.states.iter().zip(&classes) {
            automata.next[*class] = state.next.map(|next| classes[next] as u16);
            automata.answers[*class] = state.answer;
        }
        // State 0 was the first to be numbered, so its class is 0 too.
        Ok(automata)
    }
}

impl Automata {
    /// A shortest number that the two answer differently, if there is one.
    pub fn difference(&self, start: u16, other: &Self, other_start: u16) -> Option<String> {
        let mut seen = std::collections::HashSet::from([(start, other_start)]);
        let mut waiting = std::collections::VecDeque::from([(start, other_start, String::new())]);
        while let Some((here, there, digits)) = waiting.pop_front() {
            if self.answers[usize::from(here)] != other.answers[usize::from(there)] {
                return Some(digits);
            }
            for digit in 0..10 {
                let next = (self.next[usize::from(here)][digit], other.next[usize::from(there)][digit]);
                if seen.insert(next) {
                    waiting.push_back((next.0, next.1, format!("{digits}{digit}")));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, lengths: &[usize]) -> Pattern {
        Pattern { text: text.to_owned(), lengths: (!lengths.is_empty()).then(|| lengths.to_vec()) }
    }

    fn answer(automata: &Automata, start: u16, digits: &str) -> u16 {
        let end = digits
            .bytes()
            .fold(start, |state, digit| automata.next[usize::from(state)][usize::from(digit - b'0')]);
        automata.answers[usize::from(end)]
    }

    fn bits(matched: &[bool], seen: bool) -> u16 {
        matched.iter().chain([&seen]).enumerate().map(|(bit, set)| u16::from(*set) << bit).sum()
    }

    fn two() -> Automata {
        let mut pool = Pool::default();
        let patterns = [pattern("1\\d*", &[2, 4]), pattern("112|110", &[])];
        pool.add(&patterns, Some(1), bits).unwrap();
        pool.add(&[pattern("1(?:10|12)", &[])], None, bits).unwrap();
        pool.finish().unwrap()
    }

    #[test]
    fn answers_are_those_of_the_patterns() {
        let automata = two();
        let start = automata.starts[0];
        for (digits, expected) in [
            ("", 0),
            ("1", 0),
            ("12", 1),
            ("123", 0),
            ("1234", 1),
            ("12345", 0),
            ("112", 0b110),
            ("1129", 0b101),
            ("112999999999", 0b100),
            ("212", 0),
        ] {
            assert_eq!(answer(&automata, start, digits), expected, "{digits}");
        }
        assert_eq!(automata.next[0], [0; 10]);
        assert_eq!(automata.answers[0], 0);
    }

    #[test]
    fn a_difference_is_the_shortest_one() {
        let automata = two();
        let (first, second) = (automata.starts[0], automata.starts[1]);
        assert_eq!(automata.difference(first, &automata, second), Some("10".to_owned()));
        assert_eq!(automata.difference(second, &automata, second), None);
        // Nothing; the end without a sequel, which both share; the second's three digits before it; of the first the start, 1,
        // 11, 1x, 1xy, 112, 112x and what follows that.
        assert_eq!(automata.next.len(), 1 + 1 + 3 + 8);
    }
}
