//! One person with a life: names, addresses, e-mail addresses, cards and devices, each from a moment on.

use customers::persona::Details;
use rand::{Rng, RngExt};

use super::{
    Counters, Number, Source,
    people::{COUNTRIES, Country},
    profile::{Life, Noise, Profile},
    spell,
};

/// What a person has from a moment on (microseconds); the last one that has begun counts.
type Since<T> = Vec<(i64, T)>;

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub id: u64,
    pub country: &'static Country,
    pub woman: bool,
    given: &'static str,
    middle: Option<&'static str>,
    pub surnames: Since<String>,
    pub addresses: Since<(String, String)>,
    pub emails: Since<Option<String>>,
    pub loyalty: Option<String>,
    devices: Since<String>,
    /// How much of each source, in the order of [`Source::ALL`].
    habits: [f64; 4],
}

fn at<T>(since: &Since<T>, moment: i64) -> &T {
    let found = since.iter().rev().find(|(from, _)| *from <= moment);
    &found.unwrap_or(&since[0]).1
}

fn pick<'a>(list: &'a str, split: impl FnMut(char) -> bool, rng: &mut impl Rng) -> &'a str {
    let items: Vec<&str> = list.split(split).filter(|i| !i.is_empty()).collect();
    items[rng.random_range(0..items.len())]
}

pub(super) fn country(rng: &mut impl Rng) -> &'static Country {
    &COUNTRIES[rng.random_range(0..COUNTRIES.len())]
}

fn surname(country: &Country, woman: bool, rng: &mut impl Rng) -> String {
    let entry = pick(country.surnames, char::is_whitespace, rng);
    let (his, hers) = entry.split_once('|').unwrap_or((entry, entry));
    if woman { hers.to_owned() } else { his.to_owned() }
}

fn address(country: &Country, rng: &mut impl Rng) -> (String, String) {
    let street = pick(country.streets, |c| c == '|', rng);
    let town = pick(country.towns, |c| c == '|', rng);
    let house = rng.random_range(1..240);
    let line = match country.code {
        "GB" | "US" | "IN" | "BD" => format!("{house} {street}, {town}"),
        _ => format!("{street} {house}, {town}"),
    };
    let digits = u32::try_from(country.postcode_digits).unwrap_or(5);
    (line, format!("{:0width$}", rng.random_range(0..10u32.pow(digits)), width = country.postcode_digits))
}

fn email(given: &str, surname: &str, rng: &mut impl Rng) -> String {
    const HOSTS: [&str; 7] = [
        "gmail.com",
        "yahoo.com",
        "outlook.com",
        "hotmail.com",
        "mail.example",
        "post.example",
        "icloud.com",
    ];
    let clean = |text: &str| {
        spell::plain(text).to_lowercase().chars().filter(char::is_ascii_alphabetic).collect::<String>()
    };
    let (given, surname) = (clean(given), clean(surname));
    let number = rng.random_range(1..999);
    let local = match rng.random_range(0..5) {
        0 => format!("{given}.{surname}{number}"),
        1 => format!("{given}{number}"),
        2 => format!("{}{surname}{number}", &given[..1]),
        3 => format!("{surname}.{given}{number}"),
        _ => {
            let word: String = (0..6).map(|_| char::from(b'a' + rng.random_range(0..26u8))).collect();
            format!("{word}{number}")
        }
    };
    format!("{local}@{}", HOSTS[rng.random_range(0..HOSTS.len())])
}

impl Person {
    pub fn invent(country: &'static Country, counters: &mut Counters, rng: &mut impl Rng) -> Self {
        counters.people += 1;
        let id = counters.people;
        let woman = rng.random_bool(0.5);
        let names = if woman { country.women } else { country.men };
        let given = pick(names, char::is_whitespace, rng);
        let middle =
            rng.random_bool(0.12).then(|| pick(names, char::is_whitespace, rng)).filter(|m| *m != given);
        let surname = surname(country, woman, rng);
        let email = rng.random_bool(0.8).then(|| email(given, &surname, rng));
        let device = format!("dev-{:08x}", rng.random::<u32>());
        let weight = |rng: &mut dyn Rng| rng.random_range(0.0..1.0f64);
        Self {
            id,
            country,
            woman,
            given,
            middle,
            surnames: vec![(i64::MIN, surname)],
            addresses: vec![(i64::MIN, address(country, rng))],
            emails: vec![(i64::MIN, email)],
            loyalty: rng
                .random_bool(0.5)
                .then(|| format!("L{:07}", rng.random_range(0..10_000_000u32) ^ (id as u32) << 8)),
            devices: vec![(i64::MIN, device)],
            habits: [weight(rng), 1.2 * weight(rng), 0.6 * weight(rng), 0.6 * weight(rng)],
        }
    }

    /// Lives in the same house, mostly under the same surname, perhaps with the same e-mail address.
    pub fn relative(family: &[Self], profile: &Profile, counters: &mut Counters, rng: &mut impl Rng) -> Self {
        let other = &family[0];
        let mut this = Self::invent(other.country, counters, rng);
        // Nobody in a family is called like another one.
        while family.iter().any(|member| member.given == this.given) {
            let names = if this.woman { this.country.women } else { this.country.men };
            this.given = pick(names, char::is_whitespace, rng);
        }
        this.middle = None;
        if rng.random_bool(0.85) {
            let theirs = other.surnames[0].1.clone();
            let entry = other.country.surnames.split_whitespace().filter_map(|e| e.split_once('|'));
            let pair = entry.clone().find(|(his, hers)| *his == theirs || *hers == theirs);
            let surname = pair.map_or(theirs, |(his, hers)| if this.woman { hers } else { his }.to_owned());
            this.surnames = vec![(i64::MIN, surname)];
            if this.emails[0].1.is_some() {
                this.emails = vec![(i64::MIN, Some(email(this.given, &this.surnames[0].1, rng)))];
            }
        }
        this.addresses.clone_from(&other.addresses);
        if rng.random_bool(profile.mix.family_email) {
            this.emails.clone_from(&other.emails);
        }
        if rng.random_bool(0.3) {
            this.devices.clone_from(&other.devices);
        }
        this
    }

    /// Lets life happen between two moments.
    pub fn live(&mut self, life: &Life, (from, until): (i64, i64), rng: &mut impl Rng) {
        let moment = |rng: &mut dyn Rng| rng.random_range(from..until.max(from + 1));
        if rng.random_bool(life.moves) {
            self.addresses.push((moment(rng), address(self.country, rng)));
        }
        if self.woman && rng.random_bool(life.marries) {
            let at = moment(rng);
            self.surnames.push((at, surname(self.country, true, rng)));
            if rng.random_bool(0.5) && self.emails[0].1.is_some() {
                let name = self.surnames[1].1.clone();
                self.emails.push((at, Some(email(self.given, &name, rng))));
            }
            if rng.random_bool(0.5) {
                self.addresses.push((at, address(self.country, rng)));
                self.addresses.sort_by_key(|(from, _)| *from);
            }
        } else if rng.random_bool(life.changes_email) {
            let name = self.surnames[0].1.clone();
            self.emails.push((moment(rng), Some(email(self.given, &name, rng))));
        }
        if rng.random_bool(0.3) {
            self.devices.push((moment(rng), format!("dev-{:08x}", rng.random::<u32>())));
        }
    }

    pub fn number(&self, counters: &mut Counters, rng: &mut impl Rng) -> Number {
        loop {
            let (prefix, digits) = self.country.mobile[rng.random_range(0..self.country.mobile.len())];
            let mut national = prefix.to_owned();
            // No leading zero after the prefix: such ranges are often not assigned.
            national.push(char::from(b'2' + rng.random_range(0..8u8)));
            (1..digits).for_each(|_| national.push(char::from(b'0' + rng.random_range(0..10u8))));
            let number =
                Number { region: self.country.code, calling_code: self.country.calling_code, national };
            if counters.numbers.insert(number.clone()) {
                return number;
            }
        }
    }

    pub fn source(&self, rng: &mut impl Rng) -> Source {
        let mut left = rng.random_range(0.0..self.habits.iter().sum::<f64>());
        for (source, habit) in Source::ALL.into_iter().zip(self.habits) {
            if left < habit {
                return source;
            }
            left -= habit;
        }
        Source::Pos
    }

    /// What a source writes down about who placed an order.
    pub fn details(&self, source: Source, moment: i64, noise: &Noise, rng: &mut impl Rng) -> Details {
        let nameless = if source == Source::Pos { noise.till_nameless } else { noise.else_nameless };
        let surname = at(&self.surnames, moment).as_str();
        let name = (!rng.random_bool(nameless))
            .then(|| spell::name(self.country, (self.given, self.middle, surname), noise, rng));
        let email = at(&self.emails, moment).clone();
        let device = at(&self.devices, moment).clone();
        let (address, postcode) = at(&self.addresses, moment).clone();
        let loyalty = self.loyalty.clone();
        let mut details = Details { name, country: Some(self.country.code.to_owned()), ..Details::default() };
        match source {
            Source::Online => {
                details.email = email;
                details.device_id = Some(device).filter(|_| rng.random_bool(0.5));
                (details.address, details.postcode) = (Some(address), Some(postcode));
            }
            Source::Pos => details.loyalty_id = loyalty.filter(|_| rng.random_bool(0.25)),
            Source::Loyalty => {
                details.loyalty_id = loyalty;
                details.email = email.filter(|_| rng.random_bool(0.4));
            }
            Source::App => {
                details.email = email.filter(|_| rng.random_bool(0.7));
                details.device_id = Some(device);
                details.loyalty_id = loyalty.filter(|_| rng.random_bool(0.5));
            }
        }
        details
    }
}
