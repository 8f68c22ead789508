//! Prefixes as a tree in flat memory, and back: the tree that `numbering` walks digit by digit.
//!
//! Nodes are numbered level by level, so the children of all nodes stand in one row and a node need not say where its own are:
//! it suffices to count the children of the nodes before it. A node is sixteen bits: which digits go on, and whether a prefix
//! ends here. Twenty-eight of them and two counts fill a line of 64 bytes, and a step reads one line.

use std::collections::{BTreeMap, VecDeque};

pub const LINE: usize = 64;
pub const NODES_IN_LINE: usize = 28;
const ENDS: u16 = 1 << 10;

/// The lines of a tree and the values of its prefixes, three bytes each, in the order of the nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tree {
    pub lines: Vec<u8>,
    pub values: Vec<u8>,
}

#[derive(Default)]
struct Node {
    children: [Option<usize>; 10],
    value: Option<u32>,
}

pub fn encode(prefixes: &BTreeMap<String, u32>) -> Tree {
    let mut nodes = vec![Node::default()];
    for (prefix, value) in prefixes {
        let mut at = 0;
        for digit in prefix.bytes().map(|byte| usize::from(byte - b'0')) {
            at = match nodes[at].children[digit] {
                Some(child) => child,
                None => {
                    nodes.push(Node::default());
                    let fresh = nodes.len() - 1;
                    nodes[at].children[digit] = Some(fresh);
                    fresh
                }
            };
        }
        nodes[at].value = Some(*value);
    }
    let mut words = Vec::with_capacity(nodes.len());
    let mut values = Vec::new();
    let mut waiting = VecDeque::from([0]);
    while let Some(at) = waiting.pop_front() {
        let mut word = 0;
        for (digit, child) in nodes[at].children.iter().enumerate() {
            if let Some(child) = child {
                word |= 1 << digit;
                waiting.push_back(*child);
            }
        }
        if let Some(value) = nodes[at].value {
            word |= ENDS;
            values.extend_from_slice(&value.to_le_bytes()[..3]);
        }
        words.push(word);
    }
    Tree { lines: lines(&words), values }
}

fn lines(words: &[u16]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(words.len().div_ceil(NODES_IN_LINE) * LINE);
    let (mut children, mut ends) = (0u32, 0u32);
    for chunk in words.chunks(NODES_IN_LINE) {
        lines.extend_from_slice(&children.to_le_bytes());
        lines.extend_from_slice(&ends.to_le_bytes());
        for place in 0..NODES_IN_LINE {
            let word = chunk.get(place).copied().unwrap_or_default();
            lines.extend_from_slice(&word.to_le_bytes());
            children += (word & !ENDS).count_ones();
            ends += u32::from(word & ENDS != 0);
        }
    }
    lines
}

/// Reads a tree back: the values by prefix.
pub fn decode(lines: &[u8], values: &[u8]) -> BTreeMap<String, u32> {
    let word = |node: usize| {
        let at = node / NODES_IN_LINE * LINE + 8 + node % NODES_IN_LINE * 2;
        u16::from_le_bytes([lines[at], lines[at + 1]])
    };
    let mut prefixes = BTreeMap::new();
    let mut waiting = VecDeque::from([(0, String::new())]);
    let (mut children, mut ends) = (0, 0);
    while let Some((node, prefix)) = waiting.pop_front() {
        let word = word(node);
        for digit in (0..10).filter(|digit| word >> digit & 1 == 1) {
            children += 1;
            waiting.push_back((children, format!("{prefix}{digit}")));
        }
        if word & ENDS != 0 {
            let value = &values[ends * 3..ends * 3 + 3];
            prefixes.insert(prefix, u32::from_le_bytes([value[0], value[1], value[2], 0]));
            ends += 1;
        }
    }
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_back_as_it_was_written() {
        let mut prefixes =
            BTreeMap::from([("1".to_owned(), 7), ("44".to_owned(), 0), ("4420".to_owned(), 0xff_fffe)]);
        for number in 0..400 {
            prefixes.insert(format!("7{number}"), number);
        }
        let tree = encode(&prefixes);
        assert_eq!(decode(&tree.lines, &tree.values), prefixes);
        assert_eq!(tree.lines.len() % LINE, 0);
        assert_eq!(tree.values.len(), prefixes.len() * 3);
    }
}
