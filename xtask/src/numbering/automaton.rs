//! From machines to one shared table of states. A state lists, for each next digit, where to go and, for the case that the
//! digits end, the outcome. As soon as the outcome depends on the number of digits alone, the state is a row instead: one
//! outcome for each total length. Equal states and rows are kept once, whichever plan they come from.

use std::collections::HashMap;

use super::machine::Machine;
use crate::Failure;

/// No national number has more digits.
pub const LENGTH_MAX: u8 = 17;
const LENGTHS: usize = LENGTH_MAX as usize + 1;
/// Marks a reference to a row.
pub const ROW: u16 = 0x8000;
/// Columns of a state: ten digits, the outcome at the end, one unused that makes rows of states a round number of bytes.
pub const COLUMNS: usize = 12;

type Row = [Option<u16>; LENGTHS];

#[derive(Default)]
pub struct Automata {
    pub states: Vec<[u16; COLUMNS]>,
    rows: Vec<Row>,
    state_numbers: HashMap<[u16; COLUMNS], u16>,
    /// Rows by their outcomes from some length on.
    row_numbers: HashMap<(usize, Vec<Option<u16>>), u16>,
}

impl Automata {
    /// Adds everything that the machine can become and returns where to start.
    pub fn add<M: Machine>(&mut self, machine: &mut M) -> Result<u16, Failure> {
        let mut known = HashMap::new();
        let first = machine.first();
        self.visit(machine, first, 0, &mut known)
    }

    fn after(&self, reference: u16, digit: u16) -> u16 {
        match reference & ROW {
            0 => self.states[usize::from(reference)][usize::from(digit)],
            _ => reference,
        }
    }

    /// Where each pair of digits leads.
    pub fn after_two(&self, start: u16) -> impl Iterator<Item = u16> {
        (0..100).map(move |pair| self.after(self.after(start, pair / 10), pair % 10))
    }

    /// The digits that may begin something with another outcome than `nothing`, as a set of bits.
    pub fn beginnings(&self, start: u16, nothing: u16) -> u16 {
        let can = |digit: &u16| {
            let reference = self.after(start, *digit);
            reference & ROW == 0
                || self.rows[usize::from(reference & !ROW)]
                    .iter()
                    .flatten()
                    .any(|outcome| *outcome != nothing)
        };
        (0..10).filter(can).fold(0, |set, digit| set | 1 << digit)
    }

    /// One row as it is written.
    pub fn row_at(&self, reference: u16) -> [u16; LENGTHS] {
        self.rows[usize::from(reference & !ROW)].map(Option::unwrap_or_default)
    }

    /// The rows as they are written; lengths that cannot occur have outcome 0.
    pub fn rows(&self) -> impl Iterator<Item = [u16; LENGTHS]> {
        self.rows.iter().map(|row| row.map(Option::unwrap_or_default))
    }

    fn visit<M: Machine>(
        &mut self,
        machine: &mut M,
        state: M::State,
        depth: u8,
        known: &mut HashMap<(u8, M::State), u16>,
    ) -> Result<u16, Failure> {
        if let Some(reference) = known.get(&(depth, state.clone())) {
            return Ok(*reference);
        }
        let reference = if depth == LENGTH_MAX || machine.is_settled(&state) {
            let mut row = [None; LENGTHS];
            for length in depth..=LENGTH_MAX {
                row[usize::from(length)] = Some(machine.outcome(&state, length));
            }
            self.row(row)?
        } else {
            let mut columns = [0; COLUMNS];
            for digit in 0..10 {
                let next = machine.next(&state, digit, depth);
                columns[usize::from(digit)] = self.visit(machine, next, depth + 1, known)?;
            }
            columns[10] = machine.outcome(&state, depth);
            self.state(columns, depth)?
        };
        known.insert((depth, state), reference);
        Ok(reference)
    }

    fn state(&mut self, columns: [u16; COLUMNS], depth: u8) -> Result<u16, Failure> {
        let after = columns[0];
        if after & ROW != 0 && columns[..10].iter().all(|column| *column == after) {
            let mut row = self.rows[usize::from(after & !ROW)];
            row[usize::from(depth)] = Some(columns[10]);
            row[..usize::from(depth)].fill(None);
            return self.row(row);
        }
        let next = self.states.len();
        let number = *self.state_numbers.entry(columns).or_insert(u16::try_from(next)?);
        if usize::from(number) == next {
            self.states.push(columns);
        }
        if number & ROW != 0 { Err("there are more states than fit".into()) } else { Ok(number) }
    }

    /// A row leaves open what comes of fewer digits than were read before it; so rows that agree on the rest can be one.
    fn row(&mut self, mut row: Row) -> Result<u16, Failure> {
        let mut outcomes = row.iter().flatten();
        if let Some(only) = outcomes.next().copied()
            && outcomes.all(|outcome| *outcome == only)
        {
            row = [Some(only); LENGTHS];
        }
        let start = row.iter().take_while(|outcome| outcome.is_none()).count();
        let known = (start..LENGTHS).find_map(|from| {
            let number = *self.row_numbers.get(&(from, row[from..].to_vec()))?;
            (from == start || self.rows[usize::from(number)][from - 1].is_none()).then_some(number)
        });
        let number = match known {
            Some(number) => number,
            None => {
                self.rows.push([None; LENGTHS]);
                u16::try_from(self.rows.len() - 1)?
            }
        };
        let kept = &mut self.rows[usize::from(number)];
        for from in (start..LENGTHS).rev() {
            kept[from] = row[from];
            self.row_numbers.entry((from, row[from..].to_vec())).or_insert(number);
        }
        if number & ROW != 0 { Err("there are more rows than fit".into()) } else { Ok(number | ROW) }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::machine::{Notes, Prefix, Writing},
        *,
    };
    use crate::pattern::Program;

    fn walk(automata: &Automata, start: u16, digits: &str) -> u16 {
        let mut at = start;
        for digit in digits.bytes() {
            at = automata.after(at, u16::from(digit - b'0'));
        }
        match at & ROW {
            0 => automata.states[usize::from(at)][10],
            _ => automata.row_at(at)[digits.len()],
        }
    }

    #[test]
    fn a_beginning_is_found_as_backtracking_finds_it() {
        for (pattern, digits, end) in [
            ("0|00", "001", Some(1)),
            ("00|0", "001", Some(2)),
            ("00|0", "01", Some(1)),
            ("([2-9]\\d{2})$|1", "234", Some(3)),
            ("([2-9]\\d{2})$|1", "2345", None),
            ("([2-9]\\d{2})$|1", "1345", Some(1)),
            ("0?(?:1[2-4])?", "0135", Some(3)),
            ("0?(?:1[2-4])?", "9", Some(0)),
            ("12", "", None),
        ] {
            let mut automata = Automata::default();
            let judge = |found: Option<(u8, &Notes)>| found.map_or(99, |(end, _)| u16::from(end));
            let program = Program::compile(pattern).expect(pattern);
            let start = automata.add(&mut Prefix { program, judge }).expect("it fits");
            assert_eq!(walk(&automata, start, digits), end.unwrap_or(99), "{pattern} on {digits}");
        }
    }

    #[test]
    fn groups_take_as_much_as_leaves_enough_for_the_rest() {
        let ways = vec![
            (
                Some(Program::compile("1").expect("a digit")),
                Program::compile("(\\d{2})(\\d{3,4})").expect("groups"),
            ),
            (None, Program::compile("(\\d{2,4})(\\d{2})").expect("groups")),
        ];
        // The way, and where its first group ends.
        let judge = |found: Option<(usize, &Notes)>| {
            found.map_or(99, |(way, notes)| way as u16 * 10 + u16::from(notes[1]))
        };
        let mut automata = Automata::default();
        let start = automata.add(&mut Writing { ways, judge }).expect("it fits");
        for (digits, outcome) in [
            ("12345", 2),
            ("123456", 2),
            ("1234567", 99),
            ("22345", 13),
            ("2234", 12),
            ("223456", 14),
            ("1", 99),
            ("", 99),
        ] {
            assert_eq!(walk(&automata, start, digits), outcome, "{digits}");
        }
    }

    #[test]
    fn what_is_the_same_is_kept_once() {
        let mut automata = Automata::default();
        let mut add = |pattern: &str| {
            let judge = |found: Option<(u8, &Notes)>| found.map_or(99, |(end, _)| u16::from(end));
            automata
                .add(&mut Prefix { program: Program::compile(pattern).expect(pattern), judge })
                .expect("it fits")
        };
        assert_eq!(add("1[23]|4"), add("4|12|13"));
        assert_ne!(add("1[23]|4"), add("1[23]"));
    }
}
