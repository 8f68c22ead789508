//! The small dialect of regular expressions that numbering plans are written in: digits, sets, groups, alternatives,
//! repetition and an end mark. A pattern becomes a short program whose order of branches is the order in which a backtracking
//! matcher would try them.

use crate::Failure;

/// One step of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Takes a digit of the set (bit 0 is `0`) and goes on with the next step.
    Digit(u16),
    /// Tries the first branch, then the second.
    Either(usize, usize),
    Jump(usize),
    /// Notes the position: even for a group's start, odd for its end.
    Note(usize),
    /// Goes on only at the end of the digits.
    End,
    Match,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Program {
    pub steps: Vec<Step>,
    pub groups: usize,
}

const ANY_DIGIT: u16 = 0x3ff;

enum Node {
    Digit(u16),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    /// At least so often, and at most, if there is a limit.
    Repeat(Box<Node>, usize, Option<usize>),
    Group(usize, Box<Node>),
    End,
}

impl Node {
    fn may_be_nothing(&self) -> bool {
        match self {
            Self::Digit(_) => false,
            Self::End => true,
            Self::Sequence(nodes) => nodes.iter().all(Self::may_be_nothing),
            Self::Choice(nodes) => nodes.iter().any(Self::may_be_nothing),
            Self::Repeat(inner, least, _) => *least == 0 || inner.may_be_nothing(),
            Self::Group(_, inner) => inner.may_be_nothing(),
        }
    }
}

impl Program {
    pub fn compile(pattern: &str) -> Result<Self, Failure> {
        let mut reader = Reader { pattern, rest: pattern.chars().collect(), at: 0, groups: 0 };
        let node = reader.choice()?;
        if reader.at < reader.rest.len() {
            return Err(reader.complaint());
        }
        let mut program = Self { steps: Vec::new(), groups: reader.groups };
        program.add(&node);
        program.steps.push(Step::Match);
        Ok(program)
    }

    fn add(&mut self, node: &Node) {
        match node {
            Node::Digit(set) => self.steps.push(Step::Digit(*set)),
            Node::End => self.steps.push(Step::End),
            Node::Sequence(nodes) => nodes.iter().for_each(|node| self.add(node)),
            Node::Group(number, inner) => {
                self.steps.push(Step::Note(2 * number));
                self.add(inner);
                self.steps.push(Step::Note(2 * number + 1));
            }
            Node::Choice(nodes) => self.add_choice(nodes),
            Node::Repeat(inner, least, most) => {
                (0..*least).for_each(|_| self.add(inner));
                let Some(most) = most else { return self.add_loop(inner) };
                let mut forks = Vec::new();
                for _ in *least..*most {
                    forks.push(self.steps.len());
                    self.steps.push(Step::Jump(0));
                    self.add(inner);
                }
                let end = self.steps.len();
                forks.into_iter().for_each(|fork| self.steps[fork] = Step::Either(fork + 1, end));
            }
        }
    }

    /// As often as it goes.
    fn add_loop(&mut self, inner: &Node) {
        let fork = self.steps.len();
        self.steps.push(Step::Jump(0));
        self.add(inner);
        self.steps.push(Step::Jump(fork));
        self.steps[fork] = Step::Either(fork + 1, self.steps.len());
    }

    fn add_choice(&mut self, nodes: &[Node]) {
        let Some((last, others)) = nodes.split_last() else { return };
        let mut jumps = Vec::new();
        for node in others {
            let fork = self.steps.len();
            self.steps.push(Step::Jump(0));
            self.add(node);
            jumps.push(self.steps.len());
            self.steps.push(Step::Jump(0));
            self.steps[fork] = Step::Either(fork + 1, self.steps.len());
        }
        self.add(last);
        let end = self.steps.len();
        jumps.into_iter().for_each(|jump| self.steps[jump] = Step::Jump(end));
    }
}

struct Reader<'a> {
    pattern: &'a str,
    rest: Vec<char>,
    at: usize,
    groups: usize,
}

impl Reader<'_> {
    fn complaint(&self) -> Failure {
        format!("the pattern {} is not understood at character {}", self.pattern, self.at).into()
    }

    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let wanted: Vec<char> = wanted.chars().collect();
        let there = self.rest[self.at..].starts_with(&wanted);
        self.at += if there { wanted.len() } else { 0 };
        there
    }

    fn choice(&mut self) -> Result<Node, Failure> {
        let mut nodes = vec![self.sequence()?];
        while self.takes("|") {
            nodes.push(self.sequence()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Choice(nodes) })
    }

    fn sequence(&mut self) -> Result<Node, Failure> {
        let mut nodes = Vec::new();
        while let Some(next) = self.peek() {
            if next == '|' || next == ')' {
                break;
            }
            let node = self.atom()?;
            nodes.push(self.repeated(node)?);
        }
        Ok(Node::Sequence(nodes))
    }

    fn atom(&mut self) -> Result<Node, Failure> {
        if self.takes("(?:") {
            return self.closed();
        }
        if self.takes("(") {
            let number = self.groups;
            self.groups += 1;
            return Ok(Node::Group(number, Box::new(self.closed()?)));
        }
        if self.takes("[") {
            return self.set();
        }
        if self.takes("\\d") {
            return Ok(Node::Digit(ANY_DIGIT));
        }
        if self.takes("$") {
            return Ok(Node::End);
        }
        let next = self.peek().ok_or_else(|| self.complaint())?;
        self.at += 1;
        match next {
            '0'..='9' => Ok(Node::Digit(1 << (next as u32 - '0' as u32))),
            // A sign to wait for the tone: no digit is like it.
            '~' => Ok(Node::Digit(0)),
            _ => Err(self.complaint()),
        }
    }

    fn closed(&mut self) -> Result<Node, Failure> {
        let inner = self.choice()?;
        if self.takes(")") { Ok(inner) } else { Err(self.complaint()) }
    }

    fn set(&mut self) -> Result<Node, Failure> {
        let mut set = 0u16;
        while !self.takes("]") {
            if self.takes("\\d") {
                set |= ANY_DIGIT;
                continue;
            }
            let first = self.digit()?;
            let last = if self.takes("-") { self.digit()? } else { first };
            (first..=last).for_each(|digit| set |= 1 << digit);
        }
        Ok(Node::Digit(set))
    }

    fn digit(&mut self) -> Result<u32, Failure> {
        let digit = self.peek().and_then(|next| next.to_digit(10)).ok_or_else(|| self.complaint())?;
        self.at += 1;
        Ok(digit)
    }

    fn number(&mut self) -> Result<usize, Failure> {
        let mut number = self.digit()?;
        while let Some(digit) = self.peek().and_then(|next| next.to_digit(10)) {
            number = number * 10 + digit;
            self.at += 1;
        }
        Ok(usize::try_from(number)?)
    }

    fn repeated(&mut self, node: Node) -> Result<Node, Failure> {
        let (least, most) = if self.takes("?") {
            (0, Some(1))
        } else if self.takes("*") {
            (0, None)
        } else if self.takes("+") {
            (1, None)
        } else if self.takes("{") {
            let least = self.number()?;
            let most = match (self.takes(","), self.peek()) {
                (false, _) => Some(least),
                (true, Some('}')) => None,
                (true, _) => Some(self.number()?),
            };
            if !self.takes("}") {
                return Err(self.complaint());
            }
            (least, most)
        } else {
            return Ok(node);
        };
        // Nothing, over and over again, would never end.
        if most.is_none() && node.may_be_nothing() {
            return Err(self.complaint());
        }
        Ok(Node::Repeat(Box::new(node), least, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Backtracking as plainly as possible: the end of the first match that begins at the start.
    fn matched(pattern: &str, digits: &str) -> Option<usize> {
        fn run(steps: &[Step], at: usize, digits: &[u8], position: usize) -> Option<usize> {
            match steps[at] {
                Step::Digit(set) => {
                    let digit = digits.get(position)? - b'0';
                    (set >> digit & 1 == 1).then(|| run(steps, at + 1, digits, position + 1))?
                }
                Step::Either(first, second) => {
                    run(steps, first, digits, position).or_else(|| run(steps, second, digits, position))
                }
                Step::Jump(to) => run(steps, to, digits, position),
                Step::Note(_) => run(steps, at + 1, digits, position),
                Step::End => (position == digits.len()).then(|| run(steps, at + 1, digits, position))?,
                Step::Match => Some(position),
            }
        }
        run(&Program::compile(pattern).expect(pattern).steps, 0, digits.as_bytes(), 0)
    }

    #[test]
    fn patterns_match_as_backtracking_does() {
        for (pattern, digits, end) in [
            ("0|00", "001", Some(1)),
            ("00|0", "001", Some(2)),
            ("0?(?:1[2-4])?", "0135", Some(3)),
            ("0?(?:1[2-4])?", "9", Some(0)),
            ("\\d{2,3}", "1234", Some(3)),
            ("\\d{3}", "12", None),
            ("([2-9]\\d{2})$|1", "234", Some(3)),
            ("([2-9]\\d{2})$|1", "2345", None),
            ("([2-9]\\d{2})$|1", "1345", Some(1)),
            ("8~10", "810", None),
            ("12+3*", "12233", Some(5)),
            ("12+3*", "13", None),
            ("(1|2){2,}", "2123", Some(3)),
            ("(1|2){2,}", "13", None),
        ] {
            assert_eq!(matched(pattern, digits), end, "{pattern} on {digits}");
        }
    }

    #[test]
    fn what_is_not_of_the_dialect_is_refused() {
        for pattern in ["a", "(0", "[0", "0{2", "[^0]", "0)", "^1", "(?=1)", "(?:0?)*", "(1*)+", "(?:1|)*"] {
            assert!(Program::compile(pattern).is_err(), "{pattern}");
        }
    }
}
