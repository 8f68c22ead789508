//! Who held a number when: epochs between silences, and whose an order is that says nothing about who placed it.

use super::{
    Evidence, EvidenceKind as Kind, Rule, Rules,
    number::{Floating, OnNumber},
    prepared::Prepared,
    weigh::{Group, longest_silence, same_address, weigh},
};

const DAY: i64 = base::Timestamp::DAY;
/// An order speaks for orders near it in time: half as much every so many days.
const NEAR_DAYS: f64 = 45.0;
/// How much an order anywhere in time says, beside one at the same moment.
const ALWAYS: f64 = 0.02;
/// How much an order from elsewhere than a till says about an order from a till.
const ELSEWHERE: f64 = 0.2;
/// A family hands a number over within this many days.
const SOON_DAYS: i64 = 90;
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
        if self.silence.1 == i64::MAX {
            i64::MAX
        } else {
            self.silence.0 + (self.silence.1 - self.silence.0) / 2
        }
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

/// Whether two people belong to one household, so that a number passes between them without the operator.
pub(super) fn household(a: &Group<'_>, b: &Group<'_>, silence_days: i64, all: &[Prepared<'_>]) -> bool {
    let found = weigh(a, b, all);
    let shares = |kind: Kind| found.evidence.iter().any(|e| e.kind == kind);
    if [Kind::AddressSame, Kind::EmailSame, Kind::LoyaltySame, Kind::DeviceSame].into_iter().any(shares) {
        return true;
    }
    // A surname alone is a sign of kin when it is rare and the number was handed over without much delay. In doubt they are strangers:
    // that closes the old tenure, and protects both.
    let kin = a.name.zip(b.name).is_some_and(|(x, y)| {
        let rare = |text: &str| x.parts.iter().any(|p| !p.given && *p.text == *text && !p.entry.is_surname());
        y.parts.iter().any(|part| !part.given && rare(&part.text))
    });
    kin && silence_days < SOON_DAYS && !shares(Kind::AddressOther)
}

/// An order that says who placed it.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    at: i64,
    person: usize,
    /// How much it says about orders that say nothing.
    weight: f64,
}

/// The timeline of a number with several holders.
#[derive(Debug)]
pub(super) struct Timeline {
    epochs: Vec<Epoch>,
    /// Ascending.
    anchors: Vec<Anchor>,
    /// The weight of all orders of each person.
    totals: Vec<f64>,
    /// Per cent that must speak for one holder.
    likely: f64,
}

impl Timeline {
    pub fn of(all: &[Prepared<'_>], on: &OnNumber, rules: &Rules) -> Self {
        let mut anchors: Vec<Anchor> = Vec::new();
        for (person, members) in on.people.iter().enumerate() {
            for one in members.iter().map(|&at| &all[at]) {
                // Orders that say nothing come from tills: so do those with little more than a name.
                let till = one.email.is_none() && one.address.is_none() && one.device.is_none();
                let weight = if till { 1.0 } else { ELSEWHERE };
                anchors.extend(one.times.iter().map(|at| Anchor { at, person, weight }));
            }
        }
        anchors.sort_by(|a, b| (a.at, a.person).cmp(&(b.at, b.person)).then(a.weight.total_cmp(&b.weight)));
        let mut spans = vec![(i64::MAX, i64::MIN); on.people.len()];
        let mut totals = vec![0.0; on.people.len()];
        for anchor in &anchors {
            let span = &mut spans[anchor.person];
            *span = (span.0.min(anchor.at), span.1.max(anchor.at));
            totals[anchor.person] += anchor.weight;
        }
        Self { epochs: epochs(&spans, &on.times), anchors, totals, likely: f64::from(rules.likely_percent) }
    }

    /// The likeliest holder at a moment among `fits` (everybody if empty). Nobody, if no one is clearly likelier than all others.
    fn holder(&self, at: i64, fits: &[usize]) -> (Option<usize>, Kind) {
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
            [only] => (Some(*only), Kind::TimeOnly),
            _ => (self.nearest(at, &people), Kind::TimeShare),
        }
    }

    /// Who is most active around a moment.
    #[allow(clippy::cast_precision_loss)]
    fn nearest(&self, at: i64, people: &[usize]) -> Option<usize> {
        let middle = self.anchors.partition_point(|anchor| anchor.at < at);
        let (from, until) =
            (middle.saturating_sub(NEIGHBOURS), (middle + NEIGHBOURS).min(self.anchors.len()));
        let mut scores: Vec<f64> = people.iter().map(|&person| ALWAYS * self.totals[person]).collect();
        for anchor in &self.anchors[from..until] {
            if let Some(slot) = people.iter().position(|&person| person == anchor.person) {
                let days = (anchor.at - at).abs() as f64 / DAY as f64;
                scores[slot] += anchor.weight * (-days / NEAR_DAYS * std::f64::consts::LN_2).exp();
            }
        }
        let best =
            (0..people.len()).reduce(|best, next| if scores[next] > scores[best] { next } else { best })?;
        (100.0 * scores[best] >= self.likely * scores.iter().sum::<f64>()).then_some(people[best])
    }

    /// Cuts a sighting into pieces by holder.
    fn cut(&self, all: &[Prepared<'_>], at: usize, fits: &[usize], pieces: &mut Vec<Piece>) {
        let mut before: Option<(i64, Piece)> = None;
        for t in all[at].times.iter() {
            let (person, kind) = self.holder(t, fits);
            match &mut before {
                Some((last, piece)) if piece.person == person => *last = t,
                _ => {
                    let rule = if person.is_some() { Rule::Time } else { Rule::Nobody };
                    let mut next = Piece::whole(at, person, rule, vec![Evidence::new(kind, 3)]);
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
pub(super) fn assign(all: &[Prepared<'_>], on: &OnNumber, rules: &Rules) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if on.people.len() == 1 {
        let alone = || vec![Evidence::new(Kind::NumberOnly, 10)];
        pieces.extend(on.bare.iter().map(|&at| Piece::whole(at, Some(0), Rule::NumberOnly, alone())));
        let floating = on.floating.iter().flat_map(|f| &f.members);
        pieces.extend(floating.map(|&at| Piece::whole(at, Some(0), Rule::Number, alone())));
        return pieces;
    }
    let timeline = Timeline::of(all, on, rules);
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
        let mut fitting =
            groups.iter().enumerate().filter(|(_, group)| test(group)).map(|(person, _)| person);
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

fn float(
    all: &[Prepared<'_>],
    on: &OnNumber,
    timeline: &Timeline,
    floating: &Floating,
    pieces: &mut Vec<Piece>,
) {
    let person_of = |member: usize| on.people.iter().position(|members| members.contains(&member));
    let mut fits: Vec<usize> = floating.fits.iter().filter_map(|&member| person_of(member)).collect();
    fits.sort_unstable();
    fits.dedup();
    if !floating.whole {
        floating.members.iter().for_each(|&at| timeline.cut(all, at, &fits, pieces));
        return;
    }
    let mut votes = vec![0usize; on.people.len()];
    for t in floating.members.iter().flat_map(|&at| all[at].times.iter()) {
        if let Some(person) = timeline.holder(t, &fits).0 {
            votes[person] += 1;
        }
    }
    let most = votes.iter().copied().max().unwrap_or(0);
    let person = votes.iter().position(|&v| v == most).unwrap_or(0);
    let why = || vec![Evidence::new(Kind::TimeShare, 3)];
    pieces.extend(floating.members.iter().map(|&at| Piece::whole(at, Some(person), Rule::Time, why())));
}
