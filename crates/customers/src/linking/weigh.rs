//! Groups of sightings, and the weights of what two groups have in common and not.

use smallvec::SmallVec;

use super::{
    Evidence, EvidenceKind as Kind, Rules,
    names::{Kinship, Name, NameCheck, check},
    prepared::{Email, Prepared},
};

/// Lists of distinct values are kept up to this length: more adds nothing.
const VALUES_MAX: usize = 8;
type Values<T> = SmallVec<[T; 2]>;
const DAY: i64 = base::Timestamp::DAY;

/// Sightings taken to be of one person, with what they give, each value once.
#[derive(Clone, Debug, Default)]
pub(super) struct Group<'p> {
    /// Indexes of the sightings, ascending.
    pub members: Vec<usize>,
    /// The chief spelling: the one that says most, then the one with most orders; and how many it has.
    pub name: Option<&'p Name>,
    pub steady: u32,
    pub emails: Values<&'p Email>,
    pub loyalties: Values<&'p str>,
    pub addresses: Values<usize>,
    pub devices: Values<&'p str>,
    pub first: i64,
    pub last: i64,
    pub orders: u32,
}

impl<'p> Group<'p> {
    pub fn of(all: &'p [Prepared<'p>], members: Vec<usize>) -> Self {
        let mut this = Self { first: i64::MAX, last: i64::MIN, ..Self::default() };
        let mut spellings: SmallVec<[(&'p Name, u32); 4]> = SmallVec::new();
        for &at in &members {
            let one = &all[at];
            this.orders += one.sighting.orders;
            this.first = this.first.min(one.times.first());
            this.last = this.last.max(one.times.last());
            if let Some(name) = &one.name {
                match spellings.iter_mut().find(|(known, _)| known.same_order(name)) {
                    Some((_, orders)) => *orders += one.sighting.orders,
                    None => spellings.push((name, one.sighting.orders)),
                }
            }
            push(&mut this.emails, one.email.as_ref());
            push(&mut this.loyalties, one.loyalty.as_deref());
            push(&mut this.devices, one.device);
            if one.address.is_some() && this.addresses.len() < VALUES_MAX {
                this.addresses.push(at);
            }
        }
        let chief = spellings.into_iter().reduce(|best, next| {
            let rank = |(name, orders): &(&Name, u32)| (name.is_full(), name.comma, *orders);
            if rank(&next) > rank(&best) { next } else { best }
        });
        this.name = chief.map(|(name, _)| name);
        let same = |at: &&usize| all[**at].name.as_ref().zip(this.name).is_some_and(|(a, b)| a.key == b.key);
        this.steady = members.iter().filter(same).map(|&at| all[at].sighting.orders).sum();
        this.members = members;
        this
    }

    /// Both together.
    pub fn with(&self, other: &Self, all: &'p [Prepared<'p>]) -> Self {
        let mut members = [self.members.as_slice(), other.members.as_slice()].concat();
        members.sort_unstable();
        Self::of(all, members)
    }
}

fn push<T: PartialEq>(list: &mut Values<T>, value: Option<T>) {
    if let Some(value) = value
        && list.len() < VALUES_MAX
        && !list.contains(&value)
    {
        list.push(value);
    }
}

fn share<T: PartialEq>(a: &[T], b: &[T]) -> Option<bool> {
    (!a.is_empty() && !b.is_empty()).then(|| a.iter().any(|value| b.contains(value)))
}

/// What two groups say about each other.
#[derive(Clone, Debug)]
pub(super) struct Weighed {
    pub score: i16,
    pub evidence: Vec<Evidence>,
    pub name: Option<NameCheck>,
}

impl Weighed {
    fn add(&mut self, kind: Kind, weight: i16) {
        self.score += weight;
        self.evidence.push(Evidence::new(kind, weight));
    }

    /// Names that surely are of two people: nothing else counts.
    pub fn contradicts(&self) -> bool {
        self.name.is_some_and(|name| name.kinship == Kinship::Other)
    }

    /// E-mail, loyalty id, address and device: how many of them speak for one person, and how many against.
    pub fn contacts(&self) -> (usize, usize) {
        let count = |kinds: &[Kind]| self.evidence.iter().filter(|e| kinds.contains(&e.kind)).count();
        (
            count(&[Kind::EmailSame, Kind::LoyaltySame, Kind::AddressSame, Kind::DeviceSame]),
            count(&[
                Kind::EmailOther,
                Kind::EmailNamesOther,
                Kind::LoyaltyOther,
                Kind::AddressOther,
                Kind::DeviceOther,
            ]),
        )
    }
}

/// Adds up everything but time and what the groups met over.
pub(super) fn weigh(a: &Group<'_>, b: &Group<'_>, all: &[Prepared<'_>]) -> Weighed {
    let mut found = Weighed { score: 0, evidence: Vec::with_capacity(6), name: None };
    let fitting = weigh_names(a, b, &mut found);
    // A family shares its address, its tablet and often its mailbox: beside unlike first names that says little.
    let family = found.name.is_some_and(|name| matches!(name.kinship, Kinship::Unlike | Kinship::Other));
    weigh_emails(a, b, family, &mut found);
    match share(&a.loyalties, &b.loyalties) {
        Some(true) => found.add(Kind::LoyaltySame, if family { 7 } else { 15 }),
        Some(false) => found.add(Kind::LoyaltyOther, if fitting { -5 } else { -10 }),
        None => {}
    }
    match same_address(a, b, all) {
        Some(true) => found.add(Kind::AddressSame, if family { 0 } else { 4 }),
        Some(false) => found.add(Kind::AddressOther, if fitting { -1 } else { -4 }),
        None => {}
    }
    match share(&a.devices, &b.devices) {
        Some(true) => found.add(Kind::DeviceSame, if family { 1 } else { 4 }),
        Some(false) => found.add(Kind::DeviceOther, -1),
        None => {}
    }
    found
}

/// Whether the names fit so well that moving house and a new card are no wonder.
fn weigh_names(a: &Group<'_>, b: &Group<'_>, found: &mut Weighed) -> bool {
    let (Some(x), Some(y)) = (a.name, b.name) else { return false };
    let name = check(x, y);
    found.name = Some(name);
    found.add(name.kind, name.weight);
    // Short forms are steady as well: they say nothing here.
    let open = matches!(name.kinship, Kinship::Doubtful | Kinship::Unlike) && name.kind != Kind::NameShort;
    if open && a.steady >= 2 && b.steady >= 2 {
        // A slip is not made twice; a name is written every time.
        found.add(Kind::NameSteady, if a.steady.min(b.steady) >= 3 { -12 } else { -8 });
    }
    name.kinship == Kinship::Same
}

fn weigh_emails(a: &Group<'_>, b: &Group<'_>, family: bool, found: &mut Weighed) {
    match share(&a.emails, &b.emails) {
        Some(true) => found.add(Kind::EmailSame, if family { 3 } else { 12 }),
        Some(false) => {
            // Addresses made of names that look alike look alike, too: that says nothing more, unless they are with one provider, where it may be a slip.
            let names_alike = found.evidence.iter().any(|one| one.kind == Kind::NameLookalike);
            let is_alike =
                |x: &Email, y: &Email| (!names_alike || x.is_beside(y)) && likeness(x.local(), y.local());
            let alike = a.emails.iter().any(|x| b.emails.iter().any(|y| is_alike(x, y)));
            if alike { found.add(Kind::EmailLikeness, 3) } else { found.add(Kind::EmailOther, -3) }
        }
        None => {}
    }
    let named = match (a.name, b.name) {
        (Some(name), None) => Some((name, b.emails.as_slice())),
        (None, Some(name)) => Some((name, a.emails.as_slice())),
        _ => None,
    };
    if let Some((name, emails)) = named
        && share(&a.emails, &b.emails) != Some(true)
    {
        match emails.iter().map(|email| carries(email.local(), name)).max() {
            Some(Carried::Name) => found.add(Kind::EmailNames, 7),
            Some(Carried::OtherName) => found.add(Kind::EmailNamesOther, -7),
            _ => {}
        }
    }
}

/// Two local parts that differ by little, or share a word of five letters or more.
fn likeness(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| w.len() >= 4).map(str::to_owned).collect()
    };
    a == b || words(a).iter().any(|w| words(b).contains(w))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Carried {
    OtherName,
    Nothing,
    Name,
}

/// Whether the local part of an e-mail address holds the name, or another one.
fn carries(local: &str, name: &Name) -> Carried {
    let squeezed: String = local.chars().filter(char::is_ascii_alphabetic).collect();
    let folded = super::names::fold_part(&squeezed);
    if name.parts.iter().any(|part| part.text.len() >= 3 && folded.contains(&*part.text)) {
        return Carried::Name;
    }
    let spelled = local.replace(|c: char| !c.is_ascii_alphabetic(), " ");
    match Name::parse(&spelled) {
        Some(other) => match check(&other, name).kinship {
            Kinship::Other => Carried::OtherName,
            Kinship::Same | Kinship::Fits => Carried::Name,
            Kinship::Unlike if other.parts.iter().any(|p| p.given && p.entry.is_given()) => {
                Carried::OtherName
            }
            _ => Carried::Nothing,
        },
        None => Carried::Nothing,
    }
}

pub(super) fn same_address(a: &Group<'_>, b: &Group<'_>, all: &[Prepared<'_>]) -> Option<bool> {
    let mut known = None;
    for &x in &a.addresses {
        for &y in &b.addresses {
            let (Some(x), Some(y)) = (&all[x].address, &all[y].address) else { continue };
            match x.same(y) {
                Some(true) => return Some(true),
                Some(false) => known = Some(false),
                None => {}
            }
        }
    }
    known
}

/// How the orders of two groups on one number lie in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Timing {
    /// They overlap.
    Interleaved,
    /// One ends before the other begins; the longest silence of the number in between, and where it starts and ends.
    Sequence { from: i64, until: i64 },
}

impl Timing {
    pub fn silence_days(self) -> i64 {
        match self {
            Self::Interleaved => 0,
            Self::Sequence { from, until } => until.saturating_sub(from) / DAY,
        }
    }
}

/// `times` are all orders of the number, ascending.
pub(super) fn timing(a: &Group<'_>, b: &Group<'_>, times: &[i64]) -> Timing {
    let (end, begin) = if a.last <= b.last { (a.last, b.first) } else { (b.last, a.first) };
    if begin <= end {
        return Timing::Interleaved;
    }
    let (from, until) = longest_silence(times, end, begin);
    Timing::Sequence { from, until }
}

/// The longest time without an order between two orders.
pub(super) fn longest_silence(times: &[i64], from: i64, until: i64) -> (i64, i64) {
    let start = times.partition_point(|&t| t < from);
    let mut longest = (from, from);
    let mut before = from;
    for &at in times[start..].iter().take_while(|&&t| t <= until).chain(std::iter::once(&until)) {
        if at - before > longest.1 - longest.0 {
            longest = (before, at);
        }
        before = at;
    }
    longest
}

/// The weight of two groups on one number.
pub(super) fn weigh_on_number(
    a: &Group<'_>,
    b: &Group<'_>,
    all: &[Prepared<'_>],
    times: &[i64],
    rules: &Rules,
) -> Weighed {
    let mut found = weigh(a, b, all);
    found.score += rules.number_prior;
    found.evidence.insert(0, Evidence::new(Kind::NumberSame, rules.number_prior));
    if found.name.is_some_and(|name| name.kinship == Kinship::Same) {
        return found;
    }
    match timing(a, b, times) {
        Timing::Interleaved => {
            let alternate = a.steady >= 2 && b.steady >= 2;
            if alternate && found.name.is_some_and(|name| name.kinship == Kinship::Given) {
                found.add(Kind::Interleaved, -4);
            }
        }
        time @ Timing::Sequence { .. } if time.silence_days() >= i64::from(rules.silence_days) => {
            found.add(Kind::Silence, -5);
        }
        Timing::Sequence { .. } => {}
    }
    found
}
