//! The patterns of numbering plans: a small dialect of regular expressions over digits, read and turned into a machine that
//! reads a number digit by digit. Only the generator needs them; what is looked up at run time is a table.

use crate::Failure;

/// What a pattern is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Node {
    /// One of these digits: bit 3 stands for `3`.
    Digit(u16),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat(Box<Node>, u32, Option<u32>),
}

const ANY_DIGIT: u16 = (1 << 10) - 1;

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, expected: &str) -> bool {
        let found = self.text[self.at..].starts_with(expected.as_bytes());
        if found {
            self.at += expected.len();
        }
        found
    }

    fn choice(&mut self) -> Result<Node, Failure> {
        let mut ways = vec![self.sequence()?];
        while self.take("|") {
            ways.push(self.sequence()?);
        }
        Ok(if ways.len() == 1 { ways.remove(0) } else { Node::Choice(ways) })
    }

    fn sequence(&mut self) -> Result<Node, Failure> {
        let mut parts = Vec::new();
        while self.peek().is_some_and(|byte| byte != b'|' && byte != b')') {
            let part = self.atom()?;
            parts.push(self.repeated(part)?);
        }
        Ok(Node::Sequence(parts))
    }

    fn atom(&mut self) -> Result<Node, Failure> {
        if self.take("(?:") || self.take("(") {
            let inside = self.choice()?;
            return if self.take(")") { Ok(inside) } else { Err("a group does not end".into()) };
        }
        if self.take("\\d") {
            return Ok(Node::Digit(ANY_DIGIT));
        }
        if self.take("[") {
            return self.class();
        }
        self.digit().map(|digit| Node::Digit(1 << digit))
    }

    fn digit(&mut self) -> Result<u32, Failure> {
        let digit = self.peek().filter(u8::is_ascii_digit);
        let digit = digit.ok_or_else(|| format!("nothing known stands at {}", self.at))?;
        self.at += 1;
        Ok(u32::from(digit - b'0'))
    }

    fn class(&mut self) -> Result<Node, Failure> {
        let mut digits = 0;
        while !self.take("]") {
            if self.take("\\d") {
                digits |= ANY_DIGIT;
                continue;
            }
            let first = self.digit()?;
            let last = if self.take("-") { self.digit()? } else { first };
            (first..=last).for_each(|digit| digits |= 1 << digit);
        }
        Ok(Node::Digit(digits))
    }

    fn count(&mut self) -> Result<u32, Failure> {
        let mut count = self.digit()?;
        while let Ok(digit) = self.digit() {
            count = count * 10 + digit;
        }
        Ok(count)
    }

    fn repeated(&mut self, part: Node) -> Result<Node, Failure> {
        let (least, most) = if self.take("?") {
            (0, Some(1))
        } else if self.take("*") {
            (0, None)
        } else if self.take("+") {
            (1, None)
        } else if self.take("{") {
            let least = self.count()?;
            let most = match (self.take(","), self.peek()) {
                (false, _) => Some(least),
                (true, Some(b'}')) => None,
                (true, _) => Some(self.count()?),
            };
            if !self.take("}") {
                return Err("a repetition does not end".into());
            }
            (least, most)
        } else {
            return Ok(part);
        };
        Ok(Node::Repeat(Box::new(part), least, most))
    }
}

/// A machine for several patterns at once. Its places are numbered; from a place a digit leads to another, or nothing does.
#[derive(Debug, Default)]
pub struct Machine {
    places: Vec<Place>,
}

#[derive(Debug, Default)]
struct Place {
    digits: u16,
    next: usize,
    /// Places that are reached without a digit.
    free: Vec<usize>,
    accepts: Option<usize>,
}

impl Machine {
    /// Adds a pattern; whoever matches it reaches a place that accepts `tag`. Returns where it starts.
    ///
    /// # Errors
    /// When the pattern has something that the dialect does not.
    pub fn add(&mut self, pattern: &str, tag: usize) -> Result<usize, Failure> {
        let mut reader = Reader { text: pattern.as_bytes(), at: 0 };
        let node = reader.choice().map_err(|error| format!("{pattern}: {error}"))?;
        if reader.at != pattern.len() {
            return Err(format!("{pattern}: ends too early").into());
        }
        let end = self.place();
        self.places[end].accepts = Some(tag);
        Ok(self.build(&node, end))
    }

    fn place(&mut self) -> usize {
        self.places.push(Place::default());
        self.places.len() - 1
    }

    /// Builds from the end, so that each part knows where to go on. Returns its first place.
    fn build(&mut self, node: &Node, next: usize) -> usize {
        match node {
            Node::Digit(digits) => {
                let place = self.place();
                self.places[place].digits = *digits;
                self.places[place].next = next;
                place
            }
            Node::Sequence(parts) => parts.iter().rev().fold(next, |next, part| self.build(part, next)),
            Node::Choice(ways) => {
                let starts: Vec<usize> = ways.iter().map(|way| self.build(way, next)).collect();
                let place = self.place();
                self.places[place].free = starts;
                place
            }
            Node::Repeat(part, least, most) => {
                let mut start = match most {
                    None => {
                        let turn = self.place();
                        let again = self.build(part, turn);
                        self.places[turn].free = vec![again, next];
                        turn
                    }
                    Some(most) => (*least..*most).fold(next, |after, _| {
                        let once = self.build(part, after);
                        let place = self.place();
                        self.places[place].free = vec![once, next];
                        place
                    }),
                };
                for _ in 0..*least {
                    start = self.build(part, start);
                }
                start
            }
        }
    }

    /// All places that are reached from these without a digit, in order. Those that only lead on are left out.
    pub fn settled(&self, from: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut waiting: Vec<usize> = from.into_iter().collect();
        let mut found = std::collections::BTreeSet::new();
        while let Some(place) = waiting.pop() {
            if found.insert(place) {
                waiting.extend(&self.places[place].free);
            }
        }
        found.retain(|place| self.places[*place].digits != 0 || self.places[*place].accepts.is_some());
        found.into_iter().collect()
    }

    pub fn step(&self, from: &[usize], digit: u32) -> Vec<usize> {
        let led = from.iter().filter(|place| self.places[**place].digits >> digit & 1 == 1);
        self.settled(led.map(|place| self.places[*place].next))
    }

    pub fn accepted<'a>(&'a self, at: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
        at.iter().filter_map(|place| self.places[*place].accepts)
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
