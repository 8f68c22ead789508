//! Who held a number when: epochs between silences, and whose an order is that says nothing about who placed it.

use super::{
    Evidence, EvidenceKind as Kind, Rule,
    names::{Kinship, check},
    number::{Floating, OnNumber},
    prepared::Prepared,
    weigh::{Group, longest_silence, same_address, weigh},
};

const DAY: i64 = base::Timestamp::DAY;
/// An order speaks for orders near it in time: half as much every so many days.
const NEAR_DAYS: f64 = 30.0;
/// Orders looked at on either side of a moment.
const NEIGHBOURS: usize = 24;

/// Orders of a sighting in `[from, until)` (microseconds) and whose they are.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub sighting: usize,
    pub from: i64,
    pub until: i64,
    /// A person: an index whose meaning the caller knows. `None`: nobody.
    pub person: Option<usize>,
    pub rule: Rule,
    pub evidence: Vec<Evidence>,
}

impl Piece {
    pub fn whole(sighting: usize, person: Option<usize>, rule: Rule, evidence: Vec<Evidence>) -> Self {
        Self { sighting, from: i64::MIN, until: i64::MAX, person, rule, evidence }
    }

    pub fn covers(&self, at: i64) -> bool {
        self.from <= at && (at < self.until || self.until == i64::MAX)
    }
}

/// A time in which the same people held a number.
#[derive(Clone, Debug)]
pub(super) struct Epoch {
    /// Indexes of people.
    pub people: Vec<usize>,
    /// The last order before it ended and the first one after; both the end of time for the last epoch.
    pub silence: (i64, i64),
}

impl Epoch {
    /// Where this epoch ends: the middle of the silence.
    pub fn end(&self) -> i64 {
        if self.silence.1 == i64::MAX { i64::MAX } else { self.silence.0 + (self.silence.1 - self.silence.0) / 2 }
    }

    pub fn silence_days(&self) -> i64 {
        self.silence.1.saturating_sub(self.silence.0) / DAY
    }
}

/// Cuts time where everybody before has ended and nobody after has begun. `spans` are first and last orders of each person.
pub(super) fn epochs(spans: &[(i64, i64)], times: &[i64]) -> Vec<Epoch> {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_unstable_by_key(|&at| (spans[at], at));
    let mut found: Vec<Epoch> = Vec::new();
    let mut last = i64::MIN;
    for at in order {
        let (first, end) = spans[at];
        match found.last_mut() {
            Some(epoch) if first <= last => epoch.people.push(at),
            before => {
                if let Some(epoch) = before {
                    epoch.silence = longest_silence(times, last, first);
                }
                found.push(Epoch { people: vec![at], silence: (i64::MAX, i64::MAX) });
            }
        }
        last = last.max(end);
    }
    found
}

/// Whether two people belong to one household (so that a number passes between them without the operator).
pub(super) fn household(a: &Group<'_>, b: &Group<'_>, all: &[Prepared<'_>]) -> bool {
    let address = same_address(a, b, all);
    let found = weigh(a, b, all);
    let shares = |kind: Kind| found.evidence.iter().any(|e| e.kind == kind);
    if address == Some(true) || shares(Kind::EmailSame) || shares(Kind::LoyaltySame) || shares(Kind::DeviceSame) {
        return true;
    }
    let kin = a.name.zip(b.name).is_some_and(|(x, y)| {
        let name = check(x, y);
        let surname = x.parts.iter().any(|p| !p.given && y.parts.iter().any(|q| !q.given && p.text == q.text && !p.entry.is_surname()));
        name.kinship != Kinship::Same && surname
    });
    kin && address != Some(false)
}

/// The timeline of a number with several holders.
#[derive(Debug)]
pub(super) struct Timeline {
    epochs: Vec<Epoch>,
    /// Orders that say who placed them, ascending: moment and person.
    anchors: Vec<(i64, usize)>,
    totals: Vec<f64>,
}

impl Timeline {
    pub fn of(all: &[Prepared<'_>], on: &OnNumber) -> Self {
        let mut anchors: Vec<(i64, usize)> = Vec::new();
        for (person, members) in on.people.iter().enumerate() {
            anchors.extend(members.iter().flat_map(|&at| all[at].times.iter().map(move |&t| (t, person))));
        }
        anchors.sort_unstable();
        let mut spans = vec![(i64::MAX, i64::MIN); on.people.len()];
        let mut totals = vec![0.0; on.people.len()];
        for &(at, person) in &anchors {
            spans[person] = (spans[person].0.min(at), spans[person].1.max(at));
            totals[person] += 1.0;
        }
        Self { epochs: epochs(&spans, &on.times), anchors, totals }
    }

    /// The likeliest holder at a moment among `fits` (everybody if empty), and whether time alone decided.
    fn holder(&self, at: i64, fits: &[usize]) -> (usize, Kind) {
        let fit = |person: &usize| fits.is_empty() || fits.contains(person);
        let epoch = self.epochs.iter().position(|e| at < e.end()).unwrap_or(self.epochs.len() - 1);
        // The epoch itself, else the nearest one with somebody who fits.
        let mut near: Vec<usize> = (0..self.epochs.len()).collect();
        near.sort_by_key(|e| (e.abs_diff(epoch), *e));
        let people: Vec<usize> = near
            .into_iter()
            .map(|e| self.epochs[e].people.iter().copied().filter(fit).collect::<Vec<_>>())
            .find(|people| !people.is_empty())
            .unwrap_or_default();
        match people.as_slice() {
            [] => (0, Kind::TimeOnly),
            [only] => (*only, Kind::TimeOnly),
            _ => (self.nearest(at, &people), Kind::TimeShare),
        }
    }

    /// Who is most active around a moment.
    #[allow(clippy::cast_precision_loss)]
    fn nearest(&self, at: i64, people: &[usize]) -> usize {
        let middle = self.anchors.partition_point(|&(t, _)| t < at);
        let (from, until) = (middle.saturating_sub(NEIGHBOURS), (middle + NEIGHBOURS).min(self.anchors.len()));
        let mut scores: Vec<f64> = people.iter().map(|&person| 0.02 * self.totals[person]).collect();
        for &(t, person) in &self.anchors[from..until] {
            if let Some(slot) = people.iter().position(|&p| p == person) {
                let days = (t - at).abs() as f64 / DAY as f64;
                scores[slot] += (-days / NEAR_DAYS * std::f64::consts::LN_2).exp();
            }
        }
        let mut best = 0;
        for slot in 1..people.len() {
            if scores[slot] > scores[best] {
                best = slot;
            }
        }
        people[best]
    }

    /// Cuts a sighting into pieces by holder.
    fn cut(&self, all: &[Prepared<'_>], at: usize, fits: &[usize], pieces: &mut Vec<Piece>) {
        let mut before: Option<(i64, Piece)> = None;
        for &t in &all[at].times {
            let (person, kind) = self.holder(t, fits);
            match &mut before {
                Some((last, piece)) if piece.person == Some(person) => *last = t,
                _ => {
                    let mut next = Piece::whole(at, Some(person), Rule::Time, vec![Evidence::new(kind, 3)]);
                    if let Some((last, mut piece)) = before.take() {
                        let border = self.border(last, t);
                        (piece.until, next.from) = (border, border);
                        pieces.push(piece);
                    }
                    before = Some((t, next));
                }
            }
        }
        pieces.extend(before.map(|(_, piece)| piece));
    }

    /// Where to cut between two orders: at the end of an epoch if one ends there, else in the middle.
    fn border(&self, from: i64, until: i64) -> i64 {
        let end = self.epochs.iter().map(Epoch::end).find(|&end| from < end && end <= until);
        end.unwrap_or(from + (until - from) / 2 + 1)
    }
}

/// Pieces for the sightings of a number that do not say by themselves whose they are. People are numbered as in `on.people`.
pub(super) fn assign(all: &[Prepared<'_>], on: &OnNumber) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if on.people.len() == 1 {
        let alone = || vec![Evidence::new(Kind::NumberOnly, 10)];
        pieces.extend(on.bare.iter().map(|&at| Piece::whole(at, Some(0), Rule::NumberOnly, alone())));
        let floating = on.floating.iter().flat_map(|f| &f.members);
        pieces.extend(floating.map(|&at| Piece::whole(at, Some(0), Rule::Number, alone())));
        return pieces;
    }
    let timeline = Timeline::of(all, on);
    let groups: Vec<Group<'_>> = on.people.iter().map(|members| Group::of(all, members.clone())).collect();
    for floating in &on.floating {
        float(all, on, &timeline, floating, &mut pieces);
    }
    for &at in &on.bare {
        match hinted(all, at, &groups) {
            Some((person, kind)) => {
                pieces.push(Piece::whole(at, Some(person), Rule::Number, vec![Evidence::new(kind, 4)]));
            }
            None => timeline.cut(all, at, &[], &mut pieces),
        }
    }
    pieces
}

/// The one person whose device or address it has.
fn hinted(all: &[Prepared<'_>], at: usize, groups: &[Group<'_>]) -> Option<(usize, Kind)> {
    let one = &all[at];
    let only = |test: &dyn Fn(&Group<'_>) -> bool| {
        let mut fitting = groups.iter().enumerate().filter(|(_, group)| test(group)).map(|(person, _)| person);
        fitting.next().filter(|_| fitting.next().is_none())
    };
    let device = one.device.and_then(|device| only(&|group| group.devices.contains(&device)));
    if let Some(person) = device {
        return Some((person, Kind::DeviceSame));
    }
    one.address.as_ref()?;
    let alone = Group::of(all, vec![at]);
    only(&|group| same_address(&alone, group, all) == Some(true)).map(|person| (person, Kind::AddressSame))
}

fn float(all: &[Prepared<'_>], on: &OnNumber, timeline: &Timeline, floating: &Floating, pieces: &mut Vec<Piece>) {
    let person_of = |member: usize| on.people.iter().position(|members| members.contains(&member));
    let mut fits: Vec<usize> = floating.fits.iter().filter_map(|&member| person_of(member)).collect();
    fits.sort_unstable();
    fits.dedup();
    if !floating.whole {
        floating.members.iter().for_each(|&at| timeline.cut(all, at, &fits, pieces));
        return;
    }
    let mut votes = vec![0usize; on.people.len()];
    for &t in floating.members.iter().flat_map(|&at| &all[at].times) {
        votes[timeline.holder(t, &fits).0] += 1;
    }
    let most = votes.iter().copied().max().unwrap_or(0);
    let person = votes.iter().position(|&v| v == most).unwrap_or(0);
    let why = || vec![Evidence::new(Kind::TimeShare, 3)];
    pieces.extend(floating.members.iter().map(|&at| Piece::whole(at, Some(person), Rule::Time, why())));
}
