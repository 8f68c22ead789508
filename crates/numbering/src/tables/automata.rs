//! Small automata over digits, many in one pool of states: a number is read digit by digit, and the state at its end is the answer.

use super::two_bytes;

/// State 0 answers nothing, whatever follows.
#[derive(Debug)]
pub struct Automata {
    /// Ten next states of two bytes for each.
    pub steps: &'static [u8],
    pub answers: &'static [u8],
}

impl Automata {
    /// What the automaton that starts there answers after these digits.
    pub fn answer(&self, start: u16, digits: impl Iterator<Item = u8>) -> u16 {
        let mut state = usize::from(start);
        for digit in digits {
            if state == 0 {
                return 0;
            }
            state = usize::from(two_bytes(self.steps, (state * 10 + usize::from(digit)) * 2));
        }
        two_bytes(self.answers, state * 2)
    }
}
