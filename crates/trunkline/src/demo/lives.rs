//! Three years of shopping: who buys when, over which number and from where, with the events that make linking hard.

use std::collections::HashSet;

use base::Timestamp;
use history::Source;
use numbering::PhoneNumber;
use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::StdRng};

use super::people::{Country, Home, country};

/// The same demo everywhere; only its dates move with the day.
const SEED: u64 = 20_240_229;
/// Orders that a courier puts under his own number.
const COURIER_ORDERS: usize = 90;
const YEARS_DAYS: i64 = 3 * 365;

/// One line of a receipt. The price is in cents of a euro.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub sku: &'static str,
    pub product: &'static str,
    pub category: &'static str,
    pub quantity: i64,
    pub cents: i64,
}

/// One order as it happened.
#[derive(Clone, Debug)]
pub struct Order {
    pub source: Source,
    pub at: Timestamp,
    pub country: &'static Country,
    pub number: Option<PhoneNumber>,
    pub given: &'static str,
    pub surname: &'static str,
    pub email: Option<String>,
    pub home: Home,
    pub loyalty: Option<String>,
    pub device: String,
    pub items: Vec<Item>,
    pub returned: bool,
}

const GOODS: &[(&str, &str, &str, i64)] = &[
    ("GR-101", "Black tea 200 g", "Grocery", 450),
    ("GR-118", "Rice 5 kg", "Grocery", 1_190),
    ("GR-124", "Coffee beans 500 g", "Grocery", 890),
    ("GR-140", "Olive oil 1 l", "Grocery", 1_250),
    ("CL-203", "Cotton shirt", "Clothing", 2_490),
    ("CL-215", "Wool scarf", "Clothing", 1_990),
    ("CL-230", "Rain jacket", "Clothing", 6_900),
    ("CL-241", "Running shoes", "Clothing", 7_450),
    ("HO-305", "Desk lamp", "Home", 3_450),
    ("HO-312", "Bath towel", "Home", 1_290),
    ("HO-330", "Saucepan 20 cm", "Home", 2_980),
    ("EL-402", "Phone case", "Electronics", 1_250),
    ("EL-417", "Headphones", "Electronics", 4_990),
    ("EL-425", "Charger", "Electronics", 1_990),
    ("BK-501", "Novel, paperback", "Books", 1_190),
    ("BK-520", "Cookery book", "Books", 2_450),
    ("TY-601", "Wooden puzzle", "Toys", 1_690),
    ("TY-615", "Board game", "Toys", 3_290),
];

#[derive(Clone, Debug)]
struct Person {
    country: &'static Country,
    given: &'static str,
    /// Surname, e-mail and home, each with the moment from which it holds.
    surname: Vec<(i64, &'static str)>,
    email: Vec<(i64, Option<String>)>,
    home: Vec<(i64, Home)>,
    loyalty: Option<String>,
    device: String,
    /// How often each source is used, in the order of [`Source::ALL`].
    habits: [u32; 4],
}

fn at<T>(since: &[(i64, T)], moment: i64) -> &T {
    &since.iter().rev().find(|(from, _)| *from <= moment).unwrap_or(&since[0]).1
}

/// Invents about `people` people and everything they bought until `now`.
pub fn invent(people: usize, now: Timestamp) -> Vec<Order> {
    let mut world = World {
        rng: StdRng::seed_from_u64(SEED),
        taken: HashSet::new(),
        people: 0,
        // Whole days, so that a second run on the same day gives the same files.
        end: now.day() * Timestamp::DAY,
        orders: Vec::new(),
    };
    while world.people < people {
        match world.rng.random_range(0..1000) {
            0..60 => world.recycled(),
            60..75 => world.handed_on(),
            75..165 => world.household(),
            _ => world.single(),
        }
    }
    world.courier();
    world.orders.sort_by_key(|order| order.at);
    world.orders
}

struct World {
    rng: StdRng,
    taken: HashSet<PhoneNumber>,
    people: usize,
    /// Midnight of today.
    end: i64,
    orders: Vec<Order>,
}

impl World {
    fn start(&self) -> i64 {
        self.end - YEARS_DAYS * Timestamp::DAY
    }

    fn day(&mut self, from: i64, until: i64) -> i64 {
        self.start() + self.rng.random_range(from..until) * Timestamp::DAY
    }

    fn single(&mut self) {
        let person = self.person(None);
        let from = self.day(0, 950);
        let person = self.live(person, from);
        let number = person.country.number(&mut self.taken, &mut self.rng);
        if !self.rng.random_bool(0.07) {
            return self.buy(&person, number, from, self.end);
        }
        let change = from + self.rng.random_range(40..60) * (self.end - from) / 100;
        let next = person.country.number(&mut self.taken, &mut self.rng);
        self.buy(&person, number, from, change);
        self.buy(&person, next, change, self.end);
    }

    /// Several people over one number; some have one of their own beside it.
    fn household(&mut self) {
        let first = self.person(None);
        let number = first.country.number(&mut self.taken, &mut self.rng);
        let size = self.rng.random_range(1..4);
        for member in 0..=size {
            let person = if member == 0 { first.clone() } else { self.person(Some(&first)) };
            let from = self.day(0, 700);
            let person = self.live(person, from);
            self.buy(&person, number, from, self.end);
            if member == 1 && self.rng.random_bool(0.4) {
                let own = person.country.number(&mut self.taken, &mut self.rng);
                self.buy(&person, own, from, self.end);
            }
        }
    }

    /// The operator gives the number to a stranger after a silence; the first holder may go on under another number.
    fn recycled(&mut self) {
        let first = self.person(None);
        let mut second = self.person(None);
        second.country = first.country;
        let renamed = self.person_in(first.country, None);
        (second.given, second.surname, second.email, second.home) =
            (renamed.given, renamed.surname, renamed.email, renamed.home);
        let number = first.country.number(&mut self.taken, &mut self.rng);
        let (from, left) = (self.day(0, 120), self.day(250, 650));
        let begins = left + self.rng.random_range(70..240) * Timestamp::DAY;
        self.buy(&first, number, from, left);
        self.buy(&second, number, begins, self.end);
        if self.rng.random_bool(0.5) {
            let next = first.country.number(&mut self.taken, &mut self.rng);
            self.buy(&first, next, left, self.end);
        }
    }

    /// A child gets a parent's number.
    fn handed_on(&mut self) {
        let first = self.person(None);
        let second = self.person(Some(&first));
        let number = first.country.number(&mut self.taken, &mut self.rng);
        let (from, handed) = (self.day(0, 200), self.day(400, 700));
        self.buy(&first, number, from, handed);
        self.buy(&second, number, handed, self.end);
    }

    /// A courier's number that ends up on the orders of very many people.
    fn courier(&mut self) {
        let Some(home) = self.orders.first().map(|order| order.country) else { return };
        let number = home.number(&mut self.taken, &mut self.rng);
        let mut local: Vec<usize> =
            (0..self.orders.len()).filter(|at| self.orders[*at].country.code == home.code).collect();
        for _ in 0..COURIER_ORDERS.min(local.len() / 20) {
            let at = local.swap_remove(self.rng.random_range(0..local.len()));
            self.orders[at].number = Some(number);
        }
    }

    fn person(&mut self, family: Option<&Person>) -> Person {
        let country = family.map_or_else(|| country(&mut self.rng), |first| first.country);
        self.people += 1;
        self.person_in(country, family)
    }

    fn person_in(&mut self, country: &'static Country, family: Option<&Person>) -> Person {
        let rng = &mut self.rng;
        let woman = rng.random_bool(0.5);
        let mut given = country.given(woman, rng);
        while family.is_some_and(|first| first.given == given) {
            given = country.given(woman, rng);
        }
        let surname = family
            .filter(|_| rng.random_bool(0.85))
            .map_or_else(|| country.surname(rng), |first| first.surname[0].1);
        let email = rng.random_bool(0.82).then(|| email(given, surname, rng));
        let home = family.map_or_else(|| country.home(rng), |first| first.home[0].1.clone());
        Person {
            country,
            given,
            surname: vec![(i64::MIN, surname)],
            email: vec![(i64::MIN, email)],
            home: vec![(i64::MIN, home)],
            loyalty: rng.random_bool(0.45).then(|| format!("TL{:08}", rng.random_range(0..100_000_000u32))),
            device: format!("d-{:012x}", rng.next_u64() >> 16),
            habits: [
                rng.random_range(2..10),
                rng.random_range(2..12),
                rng.random_range(1..6),
                rng.random_range(0..6),
            ],
        }
    }

    /// People move, marry and change their e-mail address.
    fn live(&mut self, mut person: Person, from: i64) -> Person {
        let (end, country) = (self.end, person.country);
        let rng = &mut self.rng;
        let span = (end - from).max(2);
        if rng.random_bool(0.2) {
            person.home.push((from + rng.random_range(1..span), country.home(rng)));
        }
        if rng.random_bool(0.05) {
            let wedding = from + rng.random_range(1..span);
            person.surname.push((wedding, country.surname(rng)));
            if rng.random_bool(0.5) {
                let name = person.surname[1].1;
                person.email.push((wedding, Some(email(person.given, name, rng))));
            }
        } else if rng.random_bool(0.1) {
            let name = person.surname[0].1;
            person.email.push((from + rng.random_range(1..span), Some(email(person.given, name, rng))));
        }
        person
    }

    fn buy(&mut self, person: &Person, number: PhoneNumber, from: i64, until: i64) {
        let every_days = [20.0, 45.0, 90.0, 150.0, 300.0][self.rng.random_range(0..5)];
        let mut moment = from + self.hour();
        while moment < until {
            let order = self.order(person, number, moment);
            self.orders.push(order);
            // Waiting times of a customer without memory, and at a civil hour.
            let chance: f64 = self.rng.random_range(0.0001..1.0);
            #[allow(clippy::cast_possible_truncation, reason = "days of at most some thousands")]
            let days = (-chance.ln() * every_days).max(1.0) as i64;
            moment = (Timestamp::from_micros(moment).day() + days) * Timestamp::DAY + self.hour();
        }
    }

    /// A moment of a day at which shops are open.
    fn hour(&mut self) -> i64 {
        self.rng.random_range(7 * 3600..22 * 3600) * Timestamp::SECOND
    }

    fn order(&mut self, person: &Person, number: PhoneNumber, moment: i64) -> Order {
        let rng = &mut self.rng;
        let mut left = rng.random_range(0..person.habits.iter().sum());
        let mut source = Source::Pos;
        for (candidate, habit) in Source::ALL.into_iter().zip(person.habits) {
            if left < habit {
                source = candidate;
                break;
            }
            left -= habit;
        }
        let lines = [1, 1, 1, 2, 2, 3][rng.random_range(0..6)];
        let items = (0..lines).map(|_| {
            let (sku, product, category, cents) = GOODS[rng.random_range(0..GOODS.len())];
            Item { sku, product, category, quantity: [1, 1, 1, 2, 3][rng.random_range(0..5)], cents }
        });
        let items = items.collect();
        Order {
            source,
            at: Timestamp::from_micros(moment),
            country: person.country,
            number: Some(number),
            given: person.given,
            surname: at::<&str>(&person.surname, moment),
            email: at(&person.email, moment).clone(),
            home: at(&person.home, moment).clone(),
            loyalty: person.loyalty.clone(),
            device: person.device.clone(),
            items,
            returned: rng.random_bool(0.04),
        }
    }
}

fn email(given: &str, surname: &str, rng: &mut StdRng) -> String {
    const HOSTS: [&str; 5] =
        ["mail.example", "post.example", "inbox.example", "kirje.example", "posta.example"];
    let (given, surname) =
        (super::spell::plain(given).to_lowercase(), super::spell::plain(surname).to_lowercase());
    let figure = rng.random_range(1..99);
    let local = match rng.random_range(0..4) {
        0 => format!("{given}.{surname}"),
        1 => format!("{given}{figure}"),
        2 => format!("{}.{surname}{figure}", &given[..1]),
        _ => format!("{surname}{given}{figure}"),
    };
    format!("{local}{}@{}", rng.random_range(0..1000), HOSTS[rng.random_range(0..HOSTS.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_same_day_gives_the_same_orders_and_another_day_moves_them() {
        let (one, two) = (invent(200, day("2026-05-01T09:00:00Z")), invent(200, day("2026-05-01T21:30:00Z")));
        assert!(one.len() > 500 && one.len() == two.len());
        let told = |orders: &[Order]| -> Vec<_> {
            orders.iter().map(|o| (o.at, o.given, o.surname, o.number, o.email.clone())).collect()
        };
        assert_eq!(told(&one), told(&two));
        let first = one[0].at;
        let moved = invent(200, day("2026-05-11T09:00:00Z"))[0].at;
        assert_eq!(moved.as_micros() - first.as_micros(), 10 * Timestamp::DAY);
    }

    #[test]
    fn everything_lies_in_the_three_years_before_today() {
        let now = day("2026-05-01T09:00:00Z");
        for order in invent(300, now) {
            assert!(order.at < now && now.days_since(order.at) < 1100.0);
            assert!(!order.items.is_empty());
        }
    }
}
