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
}

/// How many nodes of one e-mail address or loyalty id are compared with all others of it.
const COMPARED_MAX: usize = 64;

pub(super) fn join(all: &[Prepared<'_>], nodes: &[Node<'_>], apart: &Apart, rules: &Rules) -> Joined {
    let mut joined = Joined { home: (0..nodes.len()).collect(), maybe: Vec::new() };
    if nodes.len() < 2 {
        return joined;
    }
    let mut pairs = candidates(all, nodes, rules);
    // Named people first: who gives no name is joined only when it is clear to whom.
    let nameless = |pair: &Maybe| nodes[pair.left].group.name.is_none() || nodes[pair.right].group.name.is_none();
    pairs.sort_by_key(|pair| (nameless(pair), std::cmp::Reverse(pair.weighed.score), pair.left, pair.right));
    for at in 0..pairs.len() {
        let pair = &pairs[at];
        if joined.home[pair.left] == joined.home[pair.right] || blocked(all, nodes, apart, &joined.home, pair) {
            continue;
        }
        let sure = pair.weighed.score >= rules.join_at;
        if sure && !(nameless(pair) && has_rival(nodes, &pairs, &joined.home, at, rules)) {
            let (keep, gone) = (
                joined.home[pair.left].min(joined.home[pair.right]),
                joined.home[pair.left].max(joined.home[pair.right]),
            );
            joined.home.iter_mut().filter(|home| **home == gone).for_each(|home| *home = keep);
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
                    pairs.push(Maybe { left, right, weighed: weigh(&nodes[left].group, &nodes[right].group, all) });
                }
            }
        }
    }
    pairs
}

/// Whether joining would put two people of one number, or two names that contradict, into one person.
fn blocked(all: &[Prepared<'_>], nodes: &[Node<'_>], apart: &Apart, home: &[usize], pair: &Maybe) -> bool {
    if pair.weighed.contradicts() {
        return true;
    }
    let side = |root: usize| (0..nodes.len()).filter(move |&at| home[at] == root);
    side(home[pair.left]).any(|a| {
        side(home[pair.right]).any(|b| {
            let (x, y) = (&nodes[a], &nodes[b]);
            x.number.is_some() && x.number == y.number
                || names_contradict(x.group.name, y.group.name)
                || !apart.is_empty()
                    && x.group.members.iter().any(|&p| y.group.members.iter().any(|&q| is_apart(apart, p, q)))
        })
    }) || all.is_empty()
}

fn names_contradict(a: Option<&Name>, b: Option<&Name>) -> bool {
    a.zip(b).is_some_and(|(x, y)| check(x, y).kinship == Kinship::Other)
}

/// Whether a node without a name fits another person just as well.
fn has_rival(nodes: &[Node<'_>], pairs: &[Maybe], home: &[usize], at: usize, rules: &Rules) -> bool {
    let pair = &pairs[at];
    let (nameless, person) =
        if nodes[pair.right].group.name.is_none() { (pair.right, pair.left) } else { (pair.left, pair.right) };
    pairs.iter().any(|other| {
        let rival = match (other.left == nameless, other.right == nameless) {
            (true, _) => other.right,
            (_, true) => other.left,
            _ => return false,
        };
        home[rival] != home[person]
            && home[rival] != home[nameless]
            && nodes[rival].group.name.is_some()
            && other.weighed.score >= rules.join_at
            && other.weighed.score + 6 > pair.weighed.score
            && other.weighed.evidence.iter().any(|e| matches!(e.kind, Kind::EmailSame | Kind::LoyaltySame))
    })
}
