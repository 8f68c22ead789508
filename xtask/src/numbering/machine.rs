//! What a set of patterns can still become after some digits: the states from which the tables of a plan are built. There are
//! two kinds. [`Tags`] only asks which patterns match; [`Writing`] and [`Prefix`] also ask where their groups lie, as a
//! backtracking matcher would find them.

use std::hash::Hash;

use crate::pattern::{Program, Step};

/// Something that reads digits and has an outcome after each.
pub trait Machine {
    type State: Clone + Eq + Hash;
    fn first(&mut self) -> Self::State;
    /// The state after one more digit, `depth` being the digits read before it.
    fn next(&mut self, state: &Self::State, digit: u8, depth: u8) -> Self::State;
    /// What it means that the digits end here, `length` of them having been read.
    fn outcome(&mut self, state: &Self::State, length: u8) -> u16;
    /// Whether no further digit can change anything but the length.
    fn is_settled(&self, state: &Self::State) -> bool;
}

/// Many patterns at once, each with its own number. `judge` turns the numbers of those that match, in order, into an outcome.
pub struct Tags<Judge> {
    steps: Vec<Step>,
    /// The pattern that each step belongs to.
    owner: Vec<u16>,
    starts: Vec<usize>,
    /// Whether a pattern needs to match only the beginning.
    is_prefix: Vec<bool>,
    judge: Judge,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TagState {
    steps: Vec<usize>,
    /// Patterns that match whatever follows.
    settled: Vec<u16>,
}

impl<Judge: FnMut(&[u16], u8) -> u16> Tags<Judge> {
    pub fn new(judge: Judge) -> Self {
        Self { steps: Vec::new(), owner: Vec::new(), starts: Vec::new(), is_prefix: Vec::new(), judge }
    }

    /// Adds a pattern; the first has number 0.
    pub fn add(&mut self, program: &Program, is_prefix: bool) {
        let base = self.steps.len();
        let number = u16::try_from(self.starts.len()).expect("some hundred patterns");
        self.starts.push(base);
        self.is_prefix.push(is_prefix);
        self.steps.extend(program.steps.iter().map(|step| match *step {
            Step::Either(first, second) => Step::Either(first + base, second + base),
            Step::Jump(to) => Step::Jump(to + base),
            other => other,
        }));
        self.owner.resize(self.steps.len(), number);
    }

    fn reach(&self, at: usize, state: &mut TagState) {
        match self.steps[at] {
            Step::Either(first, second) => {
                self.reach(first, state);
                self.reach(second, state);
            }
            Step::Jump(to) => self.reach(to, state),
            Step::Note(_) => self.reach(at + 1, state),
            Step::Match if self.is_prefix[usize::from(self.owner[at])] => state.settled.push(self.owner[at]),
            Step::Digit(_) | Step::End | Step::Match => state.steps.push(at),
        }
    }

    fn tidy(&self, mut state: TagState) -> TagState {
        state.settled.sort_unstable();
        state.settled.dedup();
        let settled = &state.settled;
        state.steps.retain(|at| settled.binary_search(&self.owner[*at]).is_err());
        state.steps.sort_unstable();
        state.steps.dedup();
        state
    }
}

impl<Judge: FnMut(&[u16], u8) -> u16> Machine for Tags<Judge> {
    type State = TagState;

    fn first(&mut self) -> TagState {
        let mut state = TagState { steps: Vec::new(), settled: Vec::new() };
        self.starts.iter().for_each(|start| self.reach(*start, &mut state));
        self.tidy(state)
    }

    fn next(&mut self, state: &TagState, digit: u8, _: u8) -> TagState {
        let mut next = TagState { steps: Vec::new(), settled: state.settled.clone() };
        for at in &state.steps {
            if matches!(self.steps[*at], Step::Digit(set) if set >> digit & 1 == 1) {
                self.reach(at + 1, &mut next);
            }
        }
        self.tidy(next)
    }

    fn outcome(&mut self, state: &TagState, length: u8) -> u16 {
        let mut matching = state.settled.clone();
        for at in &state.steps {
            let matches = match self.steps[*at] {
                Step::Match => true,
                Step::End => {
                    let mut after = TagState { steps: Vec::new(), settled: Vec::new() };
                    self.reach(at + 1, &mut after);
                    !after.settled.is_empty() || after.steps.iter().any(|at| self.steps[*at] == Step::Match)
                }
                _ => false,
            };
            if matches {
                matching.push(self.owner[*at]);
            }
        }
        matching.sort_unstable();
        matching.dedup();
        (self.judge)(&matching, length)
    }

    fn is_settled(&self, state: &TagState) -> bool {
        state.steps.is_empty()
    }
}

/// Where the groups of a pattern begin and end, in turn; `u8::MAX` for a group that took no part.
pub type Notes = Vec<u8>;

/// Ways to match one pattern, the preferred one first.
pub type Threads = Vec<(usize, Notes)>;

/// Adds the ways that go on from a step, in order. Ends early, with true, where a match makes all later ones moot.
fn spread(
    program: &Program,
    at: usize,
    notes: &Notes,
    depth: u8,
    stop_at_match: bool,
    threads: &mut Threads,
) -> bool {
    match program.steps[at] {
        Step::Either(first, second) => {
            spread(program, first, notes, depth, stop_at_match, threads)
                || spread(program, second, notes, depth, stop_at_match, threads)
        }
        Step::Jump(to) => spread(program, to, notes, depth, stop_at_match, threads),
        Step::Note(which) => {
            let mut notes = notes.clone();
            notes[which] = depth;
            spread(program, at + 1, &notes, depth, stop_at_match, threads)
        }
        Step::Digit(_) | Step::End | Step::Match => {
            if !threads.iter().any(|(there, _)| *there == at) {
                threads.push((at, notes.clone()));
            }
            stop_at_match && program.steps[at] == Step::Match
        }
    }
}

fn begin(program: &Program, stop_at_match: bool) -> Threads {
    let mut threads = Vec::new();
    spread(program, 0, &vec![u8::MAX; 2 * program.groups], 0, stop_at_match, &mut threads);
    threads
}

fn advance(program: &Program, threads: &Threads, digit: u8, depth: u8, stop_at_match: bool) -> Threads {
    let mut next = Vec::new();
    for (at, notes) in threads {
        let takes = matches!(program.steps[*at], Step::Digit(set) if set >> digit & 1 == 1);
        if takes && spread(program, at + 1, notes, depth + 1, stop_at_match, &mut next) {
            break;
        }
    }
    next
}

/// A pattern that is looked for at the beginning of the digits. `judge` gets the end and the notes of the match, or nothing.
pub struct Prefix<Judge> {
    pub program: Program,
    pub judge: Judge,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PrefixState {
    threads: Threads,
    best: Option<(u8, Notes)>,
}

impl<Judge> Prefix<Judge> {
    fn settle(&self, mut threads: Threads, best: Option<(u8, Notes)>, depth: u8) -> PrefixState {
        let is_match = threads.last().is_some_and(|(at, _)| self.program.steps[*at] == Step::Match);
        let best = if is_match { threads.pop().map(|(_, notes)| (depth, notes)) } else { best };
        PrefixState { threads, best }
    }
}

impl<Judge: FnMut(Option<(u8, &Notes)>) -> u16> Machine for Prefix<Judge> {
    type State = PrefixState;

    fn first(&mut self) -> PrefixState {
        self.settle(begin(&self.program, true), None, 0)
    }

    fn next(&mut self, state: &PrefixState, digit: u8, depth: u8) -> PrefixState {
        let threads = advance(&self.program, &state.threads, digit, depth, true);
        self.settle(threads, state.best.clone(), depth + 1)
    }

    fn outcome(&mut self, state: &PrefixState, length: u8) -> u16 {
        // What is still under way is preferred to the match found so far, and can succeed only by ending here.
        for (at, notes) in &state.threads {
            if self.program.steps[*at] == Step::End {
                let mut after = Vec::new();
                if spread(&self.program, at + 1, notes, length, true, &mut after) {
                    let (_, notes) = after.pop().expect("a match was added");
                    return (self.judge)(Some((length, &notes)));
                }
            }
        }
        (self.judge)(state.best.as_ref().map(|(end, notes)| (*end, notes)))
    }

    fn is_settled(&self, state: &PrefixState) -> bool {
        state.threads.is_empty()
    }
}

/// Ways of writing a number, of which the first counts whose leading digits and whole pattern match.
pub struct Writing<Judge> {
    /// Leading digits and pattern of each way.
    pub ways: Vec<(Option<Program>, Program)>,
    pub judge: Judge,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct WayState {
    way: usize,
    /// What is left to match of the leading digits; `None` when they matched.
    leading: Option<Threads>,
    threads: Threads,
}

fn leads(program: &Program, threads: Threads) -> Option<Threads> {
    let matched = threads.iter().any(|(at, _)| program.steps[*at] == Step::Match);
    // Notes do not matter here and would only make more states.
    (!matched).then(|| threads.into_iter().map(|(at, _)| (at, Vec::new())).collect())
}

impl<Judge: FnMut(Option<(usize, &Notes)>) -> u16> Machine for Writing<Judge> {
    type State = Vec<WayState>;

    fn first(&mut self) -> Vec<WayState> {
        let start = |(way, (leading, pattern)): (usize, &(Option<Program>, Program))| {
            let leading = leading.as_ref().and_then(|program| leads(program, begin(program, true)));
            WayState { way, leading, threads: begin(pattern, false) }
        };
        self.ways.iter().enumerate().map(start).collect()
    }

    fn next(&mut self, state: &Vec<WayState>, digit: u8, depth: u8) -> Vec<WayState> {
        let mut next = Vec::new();
        for one in state {
            let (leading_program, pattern) = &self.ways[one.way];
            let leading = match (&one.leading, leading_program) {
                (Some(threads), Some(program)) => {
                    let noted: Threads =
                        threads.iter().map(|(at, _)| (*at, vec![u8::MAX; 2 * program.groups])).collect();
                    leads(program, advance(program, &noted, digit, depth, true))
                }
                _ => None,
            };
            let threads = advance(pattern, &one.threads, digit, depth, false);
            let is_dead = threads.is_empty() || leading.as_ref().is_some_and(Vec::is_empty);
            if !is_dead {
                next.push(WayState { way: one.way, leading, threads });
            }
        }
        next
    }

    fn outcome(&mut self, state: &Vec<WayState>, _: u8) -> u16 {
        for one in state.iter().filter(|one| one.leading.is_none()) {
            let steps = &self.ways[one.way].1.steps;
            if let Some((_, notes)) = one.threads.iter().find(|(at, _)| steps[*at] == Step::Match) {
                return (self.judge)(Some((one.way, notes)));
            }
        }
        (self.judge)(None)
    }

    fn is_settled(&self, state: &Vec<WayState>) -> bool {
        state.is_empty()
    }
}
