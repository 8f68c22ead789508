//! The longest prefix of a number that a table knows: a tree of digits, walked one line of 64 bytes a digit.
//!
//! Nodes are numbered level by level, so all children stand in one row and a node's are found by counting those of the nodes before
//! it. A node is sixteen bits: the digits that go on, and whether a prefix ends. A line is two counts and 28 nodes.

use super::{four_bytes, three_bytes};

const LINE: usize = 64;
const COUNTS: usize = 8;
const NODES_IN_LINE: usize = 28;
const ENDS: u64 = 1 << 10;
const DIGITS: u64 = ENDS - 1;
/// Four nodes are counted in one word.
const FOUR: u64 = 0x0001_0001_0001_0001;

/// A tree of prefixes with a value for each.
#[derive(Debug)]
pub struct Prefixes {
    pub lines: &'static [u8],
    pub values: &'static [u8],
}

/// No number has more digits.
const DEPTH_MAX: usize = 20;

/// The values of all prefixes of one number, the shortest first.
#[derive(Debug)]
pub struct Matches {
    values: [u32; DEPTH_MAX],
    count: usize,
}

impl Matches {
    /// The longest prefix first.
    pub fn longest_first(&self) -> impl Iterator<Item = u32> + '_ {
        self.values[..self.count].iter().rev().copied()
    }
}

/// A node with what its line says of the nodes before it.
#[derive(Clone, Copy)]
struct Node {
    word: u64,
    children_before: usize,
    ends_before: usize,
}

impl Prefixes {
    pub fn matches(&self, digits: impl Iterator<Item = u8>) -> Matches {
        let mut found = Matches { values: [0; DEPTH_MAX], count: 0 };
        let mut node = self.node(0);
        for digit in digits.take(DEPTH_MAX) {
            let Some(child) = child(node, digit) else { break };
            node = self.node(child);
            if node.word & ENDS != 0 {
                found.values[found.count] = three_bytes(self.values, node.ends_before * 3);
                found.count += 1;
            }
        }
        found
    }

    fn node(&self, number: usize) -> Node {
        let line = &self.lines[number / NODES_IN_LINE * LINE..][..LINE];
        let (words, _) = line[COUNTS..].as_chunks::<8>();
        let place = number % NODES_IN_LINE;
        let (mut children, mut ends) = (four_bytes(line, 0), four_bytes(line, 4));
        let mut count = |word: u64| {
            children += (word & (FOUR * DIGITS)).count_ones();
            ends += (word & (FOUR * ENDS)).count_ones();
        };
        let last = u64::from_le_bytes(words[place / 4]);
        words[..place / 4].iter().for_each(|word| count(u64::from_le_bytes(*word)));
        let shift = place % 4 * 16;
        count(last & ((1 << shift) - 1));
        Node { word: last >> shift & 0xffff, children_before: children as usize, ends_before: ends as usize }
    }

    /// Every prefix with its value, for tests: by walking, as a look-up does.
    #[cfg(test)]
    pub fn all(&self) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        let mut waiting = vec![(0, String::new())];
        while let Some((number, prefix)) = waiting.pop() {
            let node = self.node(number);
            if node.word & ENDS != 0 {
                found.push((prefix.clone(), three_bytes(self.values, node.ends_before * 3)));
            }
            for digit in 0..10 {
                waiting.extend(child(node, digit).map(|child| (child, format!("{prefix}{digit}"))));
            }
        }
        found
    }
}

/// The first node has number 0; the children of all follow in one row.
fn child(node: Node, digit: u8) -> Option<usize> {
    let smaller = node.word & ((1 << digit) - 1);
    (node.word >> digit & 1 == 1).then(|| node.children_before + smaller.count_ones() as usize + 1)
}
