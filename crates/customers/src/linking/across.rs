//! Across numbers: people who share an e-mail address or a loyalty id are one person, unless something contradicts.

use std::collections::BTreeMap;

use super::{
    EvidenceKind as Kind, Rules,
    names::{Kinship, Name, check},
    number::{Apart, is_apart, is_generic},
    prepared::Prepared,
    weigh::{Group, Weighed, weigh},
};
use crate::persona::NumberKey;

/// A person as found on one number, or sightings without a number.
#[derive(Debug)]
pub(super) struct Node<'p> {
    pub group: Group<'p>,
    /// Different people of one number never become one. `None` for sightings whose number says nothing.
    pub number: Option<NumberKey>,
}

/// Two nodes that may be one person.
#[derive(Debug)]
pub(super) struct Maybe {
    pub left: usize,
    pub right: usize,
    pub weighed: Weighed,
}

/// Which nodes are one person (each node's home is the lowest node of its person), and doubts.
#[derive(Debug)]
pub(super) struct Joined {
    pub home: Vec<usize>,
    pub maybe: Vec<Maybe>,
    /// The nodes of each person, at their home.
    nodes: Vec<Vec<usize>>,
}

impl Joined {
    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.home[a], self.home[b]);
        let gone = std::mem::take(&mut self.nodes[a.max(b)]);
        gone.iter().for_each(|&node| self.home[node] = a.min(b));
        self.nodes[a.min(b)].extend(gone);
    }
}

/// How many nodes of one e-mail address or loyalty id are compared with all others of it.
const COMPARED_MAX: usize = 64;

pub(super) fn join(all: &[Prepared<'_>], nodes: &[Node<'_>], apart: &Apart, rules: &Rules) -> Joined {
    let count = nodes.len();
    let mut joined = Joined {
        home: (0..count).collect(),
        maybe: Vec::new(),
        nodes: (0..count).map(|node| vec![node]).collect(),
    };
    if nodes.len() < 2 {
        return joined;
    }
    let mut pairs = candidates(all, nodes, rules);
    // Named people first: who gives no name is joined only when it is clear to whom.
    let nameless =
        |pair: &Maybe| nodes[pair.left].group.name.is_none() || nodes[pair.right].group.name.is_none();
    pairs.sort_by_key(|pair| (nameless(pair), std::cmp::Reverse(pair.weighed.score), pair.left, pair.right));
    let mut of_node: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (at, pair) in pairs.iter().enumerate() {
        of_node[pair.left].push(at);
        of_node[pair.right].push(at);
    }
    for at in 0..pairs.len() {
        let pair = &pairs[at];
        if joined.home[pair.left] == joined.home[pair.right] || blocked(nodes, apart, &joined, pair) {
            continue;
        }
        let sure = pair.weighed.score >= rules.join_at;
        if sure && !(nameless(pair) && has_rival(nodes, &pairs, &of_node, &joined.home, at, rules)) {
            joined.unite(pair.left, pair.right);
        } else if pair.weighed.score > 0 {
            let Maybe { left, right, ref weighed } = *pair;
            joined.maybe.push(Maybe { left, right, weighed: weighed.clone() });
        }
    }
    let home = &joined.home;
    joined.maybe.retain(|maybe| home[maybe.left] != home[maybe.right]);
    joined
}

/// Pairs of nodes that share an e-mail address or a loyalty id that is not on very many people.
fn candidates(all: &[Prepared<'_>], nodes: &[Node<'_>], rules: &Rules) -> Vec<Maybe> {
    let mut by_contact: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        let mut add = |contact| {
            let list = by_contact.entry(contact).or_default();
            if list.last() != Some(&at) {
                list.push(at);
            }
        };
        for one in node.group.members.iter().map(|&member| &all[member]) {
            one.email.iter().for_each(|email| add((false, email.folded.as_str())));
            one.loyalty.iter().for_each(|loyalty| add((true, loyalty.as_str())));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut pairs = Vec::new();
    for list in by_contact.values().filter(|list| list.len() > 1) {
        if list.len() > rules.generic_people {
            let named: Vec<Vec<usize>> = list.iter().map(|&at| nodes[at].group.members.clone()).collect();
            if is_generic(all, &named, 0, rules) {
                continue;
            }
        }
        for (place, &right) in list.iter().enumerate() {
            for &left in list[..place].iter().take(COMPARED_MAX) {
                if seen.insert((left, right)) {
                    pairs.push(Maybe {
                        left,
                        right,
                        weighed: weigh(&nodes[left].group, &nodes[right].group, all),
                    });
                }
            }
        }
    }
    pairs
}

/// Whether joining would put two people of one number, or two names that contradict, into one person.
fn blocked(nodes: &[Node<'_>], apart: &Apart, joined: &Joined, pair: &Maybe) -> bool {
    if pair.weighed.contradicts() {
        return true;
    }
    let side = |node: usize| joined.nodes[joined.home[node]].iter();
    side(pair.left).any(|&a| {
        side(pair.right).any(|&b| {
            let (x, y) = (&nodes[a], &nodes[b]);
            x.number.is_some() && x.number == y.number
                || names_contradict(x.group.name, y.group.name)
                || !apart.is_empty()
                    && x.group.members.iter().any(|&p| y.group.members.iter().any(|&q| is_apart(apart, p, q)))
        })
    })
}

fn names_contradict(a: Option<&Name>, b: Option<&Name>) -> bool {
    a.zip(b).is_some_and(|(x, y)| check(x, y).kinship == Kinship::Other)
}

/// Whether a node without a name fits another person just as well.
fn has_rival(
    nodes: &[Node<'_>],
    pairs: &[Maybe],
    of_node: &[Vec<usize>],
    home: &[usize],
    at: usize,
    rules: &Rules,
) -> bool {
    let pair = &pairs[at];
    let (nameless, person) = if nodes[pair.right].group.name.is_none() {
        (pair.right, pair.left)
    } else {
        (pair.left, pair.right)
    };
    of_node[nameless].iter().map(|&other| &pairs[other]).any(|other| {
        let rival = if other.left == nameless { other.right } else { other.left };
        home[rival] != home[person]
            && home[rival] != home[nameless]
            && nodes[rival].group.name.is_some()
            && other.weighed.score >= rules.join_at
            && other.weighed.score + 6 > pair.weighed.score
            && other.weighed.evidence.iter().any(|e| matches!(e.kind, Kind::EmailSame | Kind::LoyaltySame))
    })
}
