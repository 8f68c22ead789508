//! Scenes: what happens around one number in three years.

use base::Timestamp;
use rand::{Rng, RngExt};

use super::{
    Counters, Number, Row, Source,
    person::{Person, country},
    profile::{Noise, Profile},
};

const DAY: i64 = Timestamp::DAY;
/// 2022-01-01.
const START: i64 = 1_640_995_200 * Timestamp::SECOND;
const END: i64 = START + 3 * 365 * DAY;

const GOODS: &[(&str, &str, i64)] = &[
    ("Tea", "Grocery", 450),
    ("Rice 5 kg", "Grocery", 1_290),
    ("Coffee", "Grocery", 780),
    ("T-shirt", "Clothing", 1_500),
    ("Shoes", "Clothing", 5_900),
    ("Scarf", "Clothing", 2_200),
    ("Phone case", "Electronics", 1_250),
    ("Headphones", "Electronics", 4_990),
    ("Charger", "Electronics", 1_990),
    ("Lamp", "Home", 3_450),
    ("Towel", "Home", 1_190),
    ("Novel", "Books", 1_400),
];

/// How the people on a number truly relate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    Single,
    Household,
    HandedOn,
    Recycled,
    Generic,
}

/// A person on a number, with the first and the last order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holder {
    pub person: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// The truth about a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberTruth {
    pub number: Number,
    pub relation: Relation,
    /// In the order in which they began.
    pub holders: Vec<Holder>,
}

/// Orders that belong together and the truth about their numbers.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    pub rows: Vec<Row>,
    pub numbers: Vec<NumberTruth>,
}

pub(super) fn invent(profile: &Profile, rng: &mut impl Rng, counters: &mut Counters) -> Scene {
    let mut scene = Scene::default();
    let mix = profile.mix;
    let mut left = rng.random_range(0.0..1.0);
    let mut drawn = |share: f64| {
        left -= share;
        left < 0.0
    };
    if drawn(mix.generic) {
        scene.generic(profile, rng, counters);
    } else if drawn(mix.recycled) {
        scene.recycled(profile, rng, counters);
    } else if drawn(mix.handed_on) {
        scene.handed_on(profile, rng, counters);
    } else if drawn(mix.household) {
        scene.household(profile, rng, counters);
    } else {
        scene.single(profile, rng, counters);
    }
    scene.rows.sort_by_key(|row| row.ordered_at);
    scene
}

/// When somebody who orders now and then orders: regular people and rare ones, with pauses.
fn moments((from, until): (i64, i64), profile: &Profile, rng: &mut impl Rng) -> Vec<i64> {
    let days = (until - from) / DAY;
    let every = [12.0, 30.0, 60.0, 120.0, 300.0][rng.random_range(0..5)];
    let mut at = from;
    let mut found = vec![at];
    let pause = rng.random_bool(profile.life.long_pause).then(|| {
        let start = from + rng.random_range(0..days.max(1)) * DAY;
        (start, start + rng.random_range(60..400) * DAY)
    });
    while found.len() < 80 {
        let chance: f64 = rng.random_range(0.0001..1.0);
        // Waiting times of a memoryless customer.
        let wait = -chance.ln() * every;
        at += ((wait * 86_400.0) as i64).max(600) * Timestamp::SECOND;
        if at > until {
            break;
        }
        if pause.is_none_or(|(start, end)| at < start || at > end) {
            found.push(at);
        }
    }
    found
}

impl Scene {
    fn single(&mut self, profile: &Profile, rng: &mut impl Rng, counters: &mut Counters) {
        let mut person = Person::invent(country(rng), counters, rng);
        let from = START + rng.random_range(0..800) * DAY;
        person.live(&profile.life, (from, END), rng);
        let number = person.number(counters, rng);
        if rng.random_bool(profile.life.changes_number) {
            let change = rng.random_range(from + (END - from) / 4..END - (END - from) / 4);
            let later = person.number(counters, rng);
            self.buy(&person, &number, &moments((from, change), profile, rng), &profile.noise, rng, counters);
            self.buy(&person, &later, &moments((change, END), profile, rng), &profile.noise, rng, counters);
            self.note(number, Relation::Single);
            self.note(later, Relation::Single);
        } else {
            self.buy(&person, &number, &moments((from, END), profile, rng), &profile.noise, rng, counters);
            self.note(number, Relation::Single);
        }
    }

    fn household(&mut self, profile: &Profile, rng: &mut impl Rng, counters: &mut Counters) {
        let first = Person::invent(country(rng), counters, rng);
        let number = first.number(counters, rng);
        let mut members = vec![first];
        for _ in 0..[1, 1, 1, 2, 3][rng.random_range(0..5)] {
            members.push(Person::relative(&members, profile, counters, rng));
        }
        for person in &mut members {
            let from = START + rng.random_range(0..500) * DAY;
            person.live(&profile.life, (from, END), rng);
            self.buy(person, &number, &moments((from, END), profile, rng), &profile.noise, rng, counters);
        }
        // Some have a number of their own beside the shared one.
        if rng.random_bool(0.3) {
            let own = members[1].number(counters, rng);
            self.buy(&members[1], &own, &moments((START, END), profile, rng), &profile.noise, rng, counters);
            self.note(own, Relation::Single);
        }
        self.note(number, Relation::Household);
    }

    fn handed_on(&mut self, profile: &Profile, rng: &mut impl Rng, counters: &mut Counters) {
        let mut first = Person::invent(country(rng), counters, rng);
        let mut second = Person::relative(std::slice::from_ref(&first), profile, counters, rng);
        let number = first.number(counters, rng);
        let end = START + rng.random_range(200..700) * DAY;
        let begin = end + rng.random_range(0..200) * DAY;
        first.live(&profile.life, (START, end), rng);
        second.live(&profile.life, (begin, END), rng);
        self.buy(&first, &number, &moments((START, end), profile, rng), &profile.noise, rng, counters);
        self.buy(&second, &number, &moments((begin, END), profile, rng), &profile.noise, rng, counters);
        self.note(number, Relation::HandedOn);
    }

    fn recycled(&mut self, profile: &Profile, rng: &mut impl Rng, counters: &mut Counters) {
        let home = country(rng);
        let mut first = Person::invent(home, counters, rng);
        let mut second = Person::invent(home, counters, rng);
        let number = first.number(counters, rng);
        let end = START + rng.random_range(100..600) * DAY;
        let before = moments((START + rng.random_range(0..90) * DAY, end), profile, rng);
        let gap = if rng.random_bool(profile.mix.short_gap) {
            rng.random_range(15..45)
        } else {
            rng.random_range(46..400)
        };
        let last = before.last().copied().unwrap_or(end);
        let begin = last + gap * DAY;
        first.live(&profile.life, (START, END), rng);
        second.live(&profile.life, (begin, END), rng);
        self.buy(&first, &number, &before, &profile.noise, rng, counters);
        self.buy(&second, &number, &moments((begin, END), profile, rng), &profile.noise, rng, counters);
        if rng.random_bool(0.4) {
            let next = first.number(counters, rng);
            self.buy(&first, &next, &moments((last, END), profile, rng), &profile.noise, rng, counters);
            self.note(next, Relation::Single);
        }
        self.note(number, Relation::Recycled);
    }

    fn generic(&mut self, profile: &Profile, rng: &mut impl Rng, counters: &mut Counters) {
        let home = country(rng);
        let host = Person::invent(home, counters, rng);
        let number = host.number(counters, rng);
        for _ in 0..rng.random_range(45..150) {
            let person = Person::invent(home, counters, rng);
            let orders = rng.random_range(1..4);
            let times: Vec<i64> = (0..orders).map(|_| rng.random_range(START..END)).collect();
            self.buy(&person, &number, &times, &profile.noise, rng, counters);
        }
        self.note(number, Relation::Generic);
    }

    fn buy(
        &mut self,
        person: &Person,
        number: &Number,
        moments: &[i64],
        noise: &Noise,
        rng: &mut impl Rng,
        counters: &mut Counters,
    ) {
        for &moment in moments {
            let source = person.source(rng);
            counters.orders += 1;
            let (product, category, price) = GOODS[rng.random_range(0..GOODS.len())];
            self.rows.push(Row {
                source,
                order_id: format!("{}-{:08}", &source.code()[..1].to_uppercase(), counters.orders),
                ordered_at: Timestamp::from_micros(moment),
                number: Some(number.clone()),
                details: person.details(source, moment, noise, rng),
                sku: format!("SKU{:04}", price),
                product,
                category,
                quantity: rng.random_range(1..4),
                unit_price_minor: price,
                currency: person.country.currency,
                status: if rng.random_bool(0.95) { "completed" } else { "returned" },
                store: (source == Source::Pos).then(|| format!("Store {}", rng.random_range(1..20))),
                truth_person: person.id,
            });
        }
    }

    /// Writes down the truth about a number from the rows that came over it.
    fn note(&mut self, number: Number, relation: Relation) {
        let mut holders: Vec<Holder> = Vec::new();
        for row in self.rows.iter().filter(|row| row.number.as_ref() == Some(&number)) {
            let at = row.ordered_at;
            match holders.iter_mut().find(|holder| holder.person == row.truth_person) {
                Some(holder) => (holder.first, holder.last) = (holder.first.min(at), holder.last.max(at)),
                None => holders.push(Holder { person: row.truth_person, first: at, last: at }),
            }
        }
        holders.sort_by_key(|holder| holder.first);
        self.numbers.push(NumberTruth { number, relation, holders });
    }
}
