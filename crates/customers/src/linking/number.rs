//! The people on one number: sightings that say who they are, grouped into people as far as evidence goes.

use std::collections::HashMap;

use super::{
    Rules,
    names::{Kinship, Name, check},
    prepared::Prepared,
    weigh::{Group, Timing, Weighed, timing, weigh_on_number},
};

/// What is found on one number.
#[derive(Debug, Default)]
pub(super) struct OnNumber {
    /// Members of each person, ascending; the people by their first member.
    pub people: Vec<Vec<usize>>,
    /// Fits several people who are not one another, and nothing but time can tell which.
    pub floating: Vec<Floating>,
    /// Says nothing about who it is.
    pub bare: Vec<usize>,
    pub generic: bool,
    pub doubts: Vec<Doubt>,
    /// All orders over the number, ascending. Empty when only one person is on it.
    pub times: Vec<i64>,
}

#[derive(Debug)]
pub(super) struct Floating {
    pub members: Vec<usize>,
    /// A member of each person it fits.
    pub fits: Vec<usize>,
    /// The same e-mail address or loyalty id: all of it is one person's.
    pub whole: bool,
}

/// Joined, but not surely.
#[derive(Debug)]
pub(super) struct Doubt {
    pub left: Vec<usize>,
    pub right: Vec<usize>,
    pub weighed: Weighed,
    /// A long silence lies between them.
    pub silence: bool,
}

/// Pairs of sightings that staff said are different people.
pub(super) type Apart = Vec<(usize, usize)>;

/// Finds the people among the sightings (ascending indexes) of one number.
pub(super) fn partition(all: &[Prepared<'_>], on: &[usize], apart: &Apart, rules: &Rules) -> OnNumber {
    let mut found = OnNumber::default();
    let (named, marked) = identities(all, on, apart, &mut found.bare);
    if named.len() + marked.len() > rules.generic_people && is_generic(all, &named, marked.len(), rules) {
        found.generic = true;
        found.people = named.into_iter().chain(marked).collect();
        return found;
    }
    if named.len() + marked.len() <= 1 {
        found.people = named.into_iter().chain(marked).collect();
        return found;
    }
    found.times = times_of(all, on);
    let sure = join_same_names(all, named, apart);
    join_by_weight(all, sure.into_iter().chain(marked).collect(), apart, rules, &mut found);
    if found.people.len() + found.floating.len() == 1 {
        found.times.clear();
    }
    found
}

/// What makes a sighting the same identity as another one at first sight.
#[derive(PartialEq, Eq, Hash)]
enum Mark<'a> {
    Name(u64, Option<u8>),
    Email(&'a str),
    Loyalty(&'a str),
}

/// Sightings by name; those without a name by e-mail address or loyalty id; those without either go to `bare`.
fn identities(
    all: &[Prepared<'_>],
    on: &[usize],
    apart: &Apart,
    bare: &mut Vec<usize>,
) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let (mut named, mut marked): (Vec<Vec<usize>>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
    let mut homes: HashMap<Mark<'_>, usize, foldhash::fast::FixedState> = HashMap::default();
    for &at in on {
        let one = &all[at];
        if !one.says_who() {
            bare.push(at);
            continue;
        }
        let name = one.name.as_ref().map(|name| Mark::Name(name.key, name.generation));
        let groups = if name.is_some() { &mut named } else { &mut marked };
        let marks = match name {
            Some(name) => [Some(name), None],
            None => [
                one.email.as_ref().map(|email| Mark::Email(&email.folded)),
                one.loyalty.as_deref().map(Mark::Loyalty),
            ],
        };
        let known = marks.iter().flatten().find_map(|mark| homes.get(mark).copied());
        let home = known.filter(|&home| !any_apart(apart, &[at], &groups[home])).unwrap_or_else(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[home].push(at);
        for mark in marks.into_iter().flatten() {
            homes.entry(mark).or_insert(home);
        }
    }
    (named, marked)
}

pub(super) fn times_of(all: &[Prepared<'_>], on: &[usize]) -> Vec<i64> {
    let mut times: Vec<i64> = on.iter().flat_map(|&at| all[at].times.iter()).collect();
    times.sort_unstable();
    times
}

pub(super) fn is_apart(apart: &Apart, a: usize, b: usize) -> bool {
    !apart.is_empty() && (apart.contains(&(a, b)) || apart.contains(&(b, a)))
}

/// Whether the names are of more people than a household or a company line has.
pub(super) fn is_generic(all: &[Prepared<'_>], named: &[Vec<usize>], marked: usize, rules: &Rules) -> bool {
    let mut leaders: Vec<usize> = Vec::new();
    for group in named {
        let Some(name) = &all[group[0]].name else { continue };
        let known = leaders.iter().filter_map(|&at| all[at].name.as_ref()).any(|leader| {
            // Other surnames count here: a household has few, a courier has many.
            matches!(check(leader, name).kinship, Kinship::Same | Kinship::Fits | Kinship::Doubtful)
        });
        if !known {
            leaders.push(group[0]);
        }
        if leaders.len() > rules.generic_people {
            return true;
        }
    }
    leaders.len().max(marked) > rules.generic_people
}

/// Joins spellings of one full name around the spelling that has most orders: a slip is compared with the name itself and not with
/// other slips.
fn join_same_names(all: &[Prepared<'_>], groups: Vec<Vec<usize>>, apart: &Apart) -> Vec<Vec<usize>> {
    let mut groups: Vec<Group<'_>> = groups.into_iter().map(|group| Group::of(all, group)).collect();
    groups.sort_by_key(|group| {
        let full = group.name.is_some_and(Name::is_full);
        (std::cmp::Reverse(full), std::cmp::Reverse(group.orders), group.members[0])
    });
    // Each with its chief spelling.
    let mut joined: Vec<(&Name, Vec<usize>)> = Vec::new();
    for group in groups {
        let name = group.name.expect("grouped by name");
        let mut best: Option<(i16, usize)> = None;
        for (at, (chief, others)) in joined.iter().enumerate() {
            let found = check(chief, name);
            let better = best.is_none_or(|(weight, _)| found.weight > weight);
            if found.kinship == Kinship::Same && better && !any_apart(apart, &group.members, others) {
                best = Some((found.weight, at));
            }
        }
        match best {
            Some((_, at)) => joined[at].1.extend(group.members),
            None => joined.push((name, group.members)),
        }
    }
    joined.iter_mut().for_each(|(_, members)| members.sort_unstable());
    joined.into_iter().map(|(_, members)| members).collect()
}

fn any_apart(apart: &Apart, a: &[usize], b: &[usize]) -> bool {
    !apart.is_empty() && a.iter().any(|&x| b.iter().any(|&y| is_apart(apart, x, y)))
}

struct Joining<'p, 'r> {
    all: &'p [Prepared<'p>],
    apart: &'r Apart,
    rules: &'r Rules,
    groups: Vec<Group<'p>>,
    /// Upper triangle by pair of groups; `None` where they must stay apart.
    weights: Vec<Vec<Option<Weighed>>>,
}

/// Joins groups by the sum of all evidence, the likeliest pair first.
fn join_by_weight<'p>(
    all: &'p [Prepared<'p>],
    groups: Vec<Vec<usize>>,
    apart: &Apart,
    rules: &Rules,
    found: &mut OnNumber,
) {
    let groups: Vec<Group<'p>> = groups.into_iter().map(|members| Group::of(all, members)).collect();
    let mut joining = Joining { all, apart, rules, weights: vec![Vec::new(); groups.len()], groups };
    for i in 0..joining.groups.len() {
        joining.weights[i] = (0..i).map(|j| joining.weight(i, j, &found.times)).collect();
    }
    while let Some((i, j)) = joining.best() {
        // `j < i`; the one that says less may fit somebody else just as well.
        if let Some(floating) = joining.floats(i, j).or_else(|| joining.floats(j, i)) {
            let gone = if joining.groups[i].members == floating.members { i } else { j };
            joining.remove(gone);
            found.floating.push(floating);
            continue;
        }
        let weighed = joining.weights[i][j].clone().expect("the best pair may be joined");
        let (left, right) = (joining.groups[j].clone(), joining.groups[i].clone());
        if weighed.score < rules.sure_at {
            let silence = matches!(timing(&left, &right, &found.times),
                time @ Timing::Sequence { .. } if time.silence_days() >= i64::from(rules.silence_days));
            found.doubts.push(Doubt {
                left: left.members.clone(),
                right: right.members.clone(),
                weighed,
                silence,
            });
        }
        joining.join(i, j, &found.times);
    }
    found.people = joining.groups.into_iter().map(|group| group.members).collect();
    found.people.sort_unstable_by_key(|members| members[0]);
}

impl Joining<'_, '_> {
    fn weight(&self, i: usize, j: usize, times: &[i64]) -> Option<Weighed> {
        let (a, b) = (&self.groups[i], &self.groups[j]);
        let weighed = weigh_on_number(a, b, self.all, times, self.rules);
        let kept_apart = any_apart(self.apart, &a.members, &b.members);
        let joinable = weighed.score > self.rules.split_at && !weighed.contradicts() && !kept_apart;
        joinable.then_some(weighed)
    }

    fn at(&self, i: usize, j: usize) -> Option<&Weighed> {
        self.weights[i.max(j)][i.min(j)].as_ref()
    }

    fn best(&self) -> Option<(usize, usize)> {
        let pairs = (0..self.groups.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        let scored = pairs.filter_map(|(i, j)| self.at(i, j).map(|w| (w.score, i, j)));
        scored.max_by_key(|&(score, i, j)| (score, std::cmp::Reverse((j, i)))).map(|(_, i, j)| (i, j))
    }

    /// Whether group `i` says little and fits, besides `j`, somebody who surely is not `j`, nearly as well.
    fn floats(&self, i: usize, j: usize) -> Option<Floating> {
        const NEARLY: i16 = 6;
        let group = &self.groups[i];
        if group.name.is_some_and(Name::is_full) {
            return None;
        }
        let score = self.at(i, j)?.score;
        let rivals: Vec<usize> = (0..self.groups.len())
            .filter(|&k| k != i && k != j && self.at(j, k).is_none())
            .filter(|&k| self.at(i, k).is_some_and(|w| w.score + NEARLY > score))
            .collect();
        if rivals.is_empty() {
            return None;
        }
        let fits = std::iter::once(j).chain(rivals).map(|k| self.groups[k].members[0]).collect();
        Some(Floating { members: group.members.clone(), fits, whole: group.name.is_none() })
    }

    fn remove(&mut self, gone: usize) {
        self.groups.remove(gone);
        self.weights.remove(gone);
        self.weights.iter_mut().filter(|row| row.len() > gone).for_each(|row| {
            row.remove(gone);
        });
    }

    /// Joins group `i` into `j < i`.
    fn join(&mut self, i: usize, j: usize, times: &[i64]) {
        self.groups[j] = self.groups[j].with(&self.groups[i], self.all);
        self.remove(i);
        for k in 0..self.groups.len() {
            if k != j {
                let weighed = self.weight(j.max(k), j.min(k), times);
                self.weights[j.max(k)][j.min(k)] = weighed;
            }
        }
    }
}
