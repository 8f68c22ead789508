//! Money: a budget a day for each part of the world, and a breaker that stops sending where codes are sent and hardly any comes back, as when somebody is paid for
//! every message that we send there.

use std::collections::BTreeMap;

use base::Timestamp;
use messaging::Price;
use serde::{Deserialize, Serialize};

use super::{Reason, limits::AddressHour};

/// What sending may cost. Money is in millionths of the currency's unit, because a message costs less than the smallest coin.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budgets {
    /// ISO 4217; what the amounts here are in.
    pub currency: String,
    /// What one code costs where nothing else is said.
    pub price_micros: i64,
    /// What may be spent on one part of the world a day where nothing else is said.
    pub day_micros_max: i64,
    /// Prices by country, `FI`, or calling code of no country, `+881`.
    pub prices_micros: BTreeMap<String, i64>,
    /// Budgets by country or calling code.
    pub days_micros_max: BTreeMap<String, i64>,
    /// Sends after which the breaker looks at how many came back.
    pub breaker_sends_min: u32,
    /// It stops sending below this many per cent.
    pub breaker_percent_min: u32,
    /// While it stops them, one send in so many seconds goes through, to see whether things are better.
    pub breaker_probe_seconds: i64,
    /// Records what budgets, breaker, addresses and destinations would refuse, and sends all the same. The limits of a number always hold.
    pub shadow: bool,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            currency: "EUR".to_owned(),
            price_micros: 50_000,
            day_micros_max: 100_000_000,
            prices_micros: BTreeMap::new(),
            days_micros_max: BTreeMap::new(),
            breaker_sends_min: 25,
            breaker_percent_min: 10,
            breaker_probe_seconds: 300,
            shadow: false,
        }
    }
}

impl Budgets {
    pub fn price(&self, part: &str) -> i64 {
        self.prices_micros.get(part).copied().unwrap_or(self.price_micros).max(0)
    }

    pub fn day_max(&self, part: &str) -> i64 {
        self.days_micros_max.get(part).copied().unwrap_or(self.day_micros_max).max(0)
    }

    /// Whether hardly anything comes back of what was sent for an address: it is stopped as a country would be.
    pub fn is_wasted(&self, address: AddressHour) -> bool {
        address.sent >= self.breaker_sends_min.max(1)
            && u64::from(address.approved) * 100
                < u64::from(address.sent) * u64::from(self.breaker_percent_min)
    }

    /// How many sends in an hour of which nothing came back one address may add to the breaker of a country. What the breaker remembers fades by half in an hour, so
    /// that one address, however long it goes on, adds at most three times as many (at the turn of an hour those of two hours are fresh): fewer than open it, but for a breaker that opens at three sends or less.
    fn heard_of_address_max(&self) -> u32 {
        (self.breaker_sends_min.saturating_sub(1) / 3).max(1)
    }

    /// An amount of these, as people read it.
    pub fn in_words(&self, micros: i64) -> String {
        match self.currency.parse() {
            Ok(currency) => Price { micros, currency }.to_string(),
            Err(_) => format!("{micros} millionths of {}", self.currency),
        }
    }
}

/// What was sent to a part of the world on one day, in UTC, and what came back.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Day {
    pub sends: i64,
    pub refused: i64,
    pub would_be_refused: i64,
    pub approved: i64,
    pub cost_micros: i64,
}

/// What the breaker remembers of a part of the world: sends to numbers that never succeeded, and how many of them did. Both fade by half in an hour.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Breaker {
    pub sends: f64,
    pub approved: f64,
    /// When the two were right.
    pub at: Timestamp,
    /// When the last send went through while it was open; zero while it is not.
    pub probed_at: Timestamp,
}

const HALF_LIFE_MICROS: f64 = 3_600.0 * 1_000_000.0;

impl Breaker {
    #[allow(clippy::cast_precision_loss, reason = "microseconds of a few hours are exact")]
    fn fade(&mut self, now: Timestamp) {
        let passed = now.as_micros().saturating_sub(self.at.as_micros()).max(0);
        let factor = 0.5f64.powf(passed as f64 / HALF_LIFE_MICROS);
        (self.sends, self.approved, self.at) =
            (self.sends * factor, self.approved * factor, self.at.max(now));
    }

    /// Whether it stops sends. It opens when too little comes back of enough sends (what has faded is rounded, so that the 25 sends of some minutes still are 25),
    /// and stays open until more comes back, or until hardly anything of it is remembered.
    pub fn is_open(&self, budgets: &Budgets, now: Timestamp) -> bool {
        let mut faded = *self;
        faded.fade(now);
        let enough = f64::from(budgets.breaker_sends_min);
        let is_enough =
            if self.was_open() { faded.sends >= enough / 2.0 } else { faded.sends.round() >= enough };
        is_enough && faded.approved * 100.0 < faded.sends * f64::from(budgets.breaker_percent_min)
    }

    fn was_open(&self) -> bool {
        self.probed_at != Timestamp::default()
    }

    fn refuse(&self, budgets: &Budgets, now: Timestamp) -> bool {
        let probe_at = self.probed_at.plus_micros(budgets.breaker_probe_seconds * Timestamp::SECOND);
        self.is_open(budgets, now) && now < probe_at
    }

    fn note_send(&mut self, budgets: &Budgets, of_address: AddressHour, now: Timestamp) {
        self.fade(now);
        if of_address.unanswered() < budgets.heard_of_address_max() {
            self.sends += 1.0;
        }
        self.note_state(budgets, now);
    }

    fn note_approved(&mut self, budgets: &Budgets, now: Timestamp) {
        self.fade(now);
        // More may not come back than went out.
        self.approved = (self.approved + 1.0).min(self.sends);
        if !self.is_open(budgets, now) {
            self.probed_at = Timestamp::default();
        }
    }

    /// Whoever goes through an open breaker is its probe; the send that opens it begins the wait for one.
    fn note_state(&mut self, budgets: &Budgets, now: Timestamp) {
        self.probed_at = if self.is_open(budgets, now) { now } else { Timestamp::default() };
    }
}

/// What a send would cost, and which part of the world it counts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost<'a> {
    pub part: &'a str,
    pub micros: i64,
}

/// The money side of one part of the world, now.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Ledger {
    pub day: Day,
    pub breaker: Breaker,
}

impl Ledger {
    /// Why the money side refuses a send, if it does. Numbers that succeeded before pass the breaker, never the budget.
    pub fn refuse(
        &self,
        budgets: &Budgets,
        cost: Cost<'_>,
        is_proven: bool,
        now: Timestamp,
    ) -> Option<Reason> {
        if self.day.cost_micros.saturating_add(cost.micros) > budgets.day_max(cost.part) {
            return Some(Reason::Budget);
        }
        (!is_proven && self.breaker.refuse(budgets, now)).then_some(Reason::Conversion)
    }

    /// `unproven`: what stood for the visitor's address, if the number never succeeded.
    pub fn note_send(
        &mut self,
        budgets: &Budgets,
        cost: Cost<'_>,
        unproven: Option<AddressHour>,
        now: Timestamp,
    ) {
        self.day.sends += 1;
        self.day.cost_micros = self.day.cost_micros.saturating_add(cost.micros);
        if let Some(of_address) = unproven {
            self.breaker.note_send(budgets, of_address, now);
        }
    }

    /// `was_proven`: whether the number had succeeded before.
    pub fn note_approved(&mut self, budgets: &Budgets, was_proven: bool, now: Timestamp) {
        self.day.approved += 1;
        if !was_proven {
            self.breaker.note_approved(budgets, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINLAND: Cost<'static> = Cost { part: "FI", micros: 50_000 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000 * Timestamp::SECOND + seconds * Timestamp::SECOND)
    }

    /// Sends until it is refused or `most` went; approves every `one_in`th.
    fn send(ledger: &mut Ledger, budgets: &Budgets, from: i64, most: i64, one_in: Option<i64>) -> i64 {
        for turn in 0..most {
            let now = at(from + turn);
            if ledger.refuse(budgets, FINLAND, false, now).is_some() {
                return turn;
            }
            ledger.note_send(budgets, FINLAND, Some(AddressHour::default()), now);
            if one_in.is_some_and(|one_in| turn % one_in == 0) {
                ledger.note_approved(budgets, false, now);
            }
        }
        most
    }

    #[test]
    fn the_breaker_trips_within_25_sends_that_do_not_come_back() {
        let budgets = Budgets::default();
        for (one_in, sent) in [(None, 25), (Some(30), 25), (Some(13), 25), (Some(9), 500), (Some(2), 500)] {
            let mut ledger = Ledger::default();
            assert_eq!(send(&mut ledger, &budgets, 0, 500, one_in), sent, "one in {one_in:?}");
        }
    }

    #[test]
    fn an_open_breaker_lets_proven_numbers_and_one_probe_in_five_minutes_through() {
        let budgets = Budgets::default();
        let mut ledger = Ledger::default();
        assert_eq!(send(&mut ledger, &budgets, 0, 100, None), 25);
        assert_eq!(ledger.refuse(&budgets, FINLAND, true, at(30)), None);
        // The last of the 25 went at second 24.
        assert_eq!(ledger.refuse(&budgets, FINLAND, false, at(323)), Some(Reason::Conversion));
        assert_eq!(ledger.refuse(&budgets, FINLAND, false, at(324)), None);
        ledger.note_send(&budgets, FINLAND, Some(AddressHour::default()), at(324));
        assert_eq!(ledger.refuse(&budgets, FINLAND, false, at(325)), Some(Reason::Conversion));
        // Three of 26 come back after all: it closes.
        (0..3).for_each(|turn| ledger.note_approved(&budgets, false, at(326 + turn)));
        assert_eq!(ledger.refuse(&budgets, FINLAND, false, at(330)), None);
    }

    #[test]
    fn sends_fade_so_that_a_quiet_country_starts_anew() {
        let budgets = Budgets::default();
        let mut ledger = Ledger::default();
        send(&mut ledger, &budgets, 0, 100, None);
        assert!(ledger.breaker.is_open(&budgets, at(60)));
        assert!(!ledger.breaker.is_open(&budgets, at(3 * 3600)));
    }

    /// Sends for one address, one every so many seconds over this many hours, with nothing coming back; returns how many went and whether the breaker was ever open.
    fn waste(budgets: &Budgets, seconds: i64, hours: i64) -> (u32, bool) {
        let (mut ledger, mut address, mut hour) = (Ledger::default(), AddressHour::default(), 0);
        let (mut went, mut has_opened) = (0, false);
        for turn in 0..hours * 3600 / seconds {
            let now = at(turn * seconds);
            let this = now.as_micros().div_euclid(3_600 * Timestamp::SECOND);
            if this != hour {
                (hour, address) = (this, AddressHour::default());
            }
            if budgets.is_wasted(address) || ledger.refuse(budgets, FINLAND, false, now).is_some() {
                continue;
            }
            ledger.note_send(budgets, FINLAND, Some(address), now);
            address.sent += 1;
            went += 1;
            has_opened |= ledger.breaker.is_open(budgets, now);
        }
        (went, has_opened)
    }

    #[test]
    fn one_address_is_stopped_before_it_stops_a_country() {
        for (sends_min, an_hour) in [(25, 25), (10, 10), (100, 100)] {
            let budgets = Budgets { breaker_sends_min: sends_min, ..Budgets::default() };
            for seconds in [1, 7, 30] {
                // Ten hours touch at most eleven of the clock.
                let (went, has_opened) = waste(&budgets, seconds, 10);
                assert!(
                    (an_hour * 10..=an_hour * 11).contains(&went),
                    "{went} of {sends_min}, every {seconds} s"
                );
                assert!(!has_opened, "{sends_min}, every {seconds} s");
            }
        }
    }

    #[test]
    fn a_few_addresses_together_stop_a_country() {
        let budgets = Budgets::default();
        let mut ledger = Ledger::default();
        let mut went = 0;
        'addresses: for _ in 0..10 {
            let mut address = AddressHour::default();
            while !budgets.is_wasted(address) {
                if ledger.refuse(&budgets, FINLAND, false, at(went)).is_some() {
                    break 'addresses;
                }
                ledger.note_send(&budgets, FINLAND, Some(address), at(went));
                address.sent += 1;
                went += 1;
            }
        }
        // Three full ones of 25, and one of the fourth: eight of each are heard.
        assert_eq!(went, 76);
    }

    #[test]
    fn an_address_whose_codes_come_back_is_never_stopped() {
        let budgets = Budgets::default();
        let mut address = AddressHour::default();
        for turn in 0..1_000 {
            assert!(!budgets.is_wasted(address), "after {turn}");
            address.sent += 1;
            address.approved += u32::from(turn % 9 == 0);
        }
    }

    #[test]
    fn a_budget_is_never_overspent_by_anybody() {
        let mut budgets = Budgets { price_micros: 40_000, day_micros_max: 1_000_000, ..Budgets::default() };
        budgets.prices_micros.insert("BD".to_owned(), 300_000);
        budgets.days_micros_max.insert("BD".to_owned(), 500_000);
        // A euro at four cents is 25 codes; half a euro at thirty cents is one.
        for (part, sent) in [("FI", 25), ("BD", 1)] {
            let mut ledger = Ledger::default();
            let cost = Cost { part, micros: budgets.price(part) };
            let mut count = 0;
            while ledger.refuse(&budgets, cost, true, at(0)).is_none() {
                ledger.note_send(&budgets, cost, None, at(0));
                count += 1;
            }
            assert_eq!(count, sent);
            assert_eq!(ledger.refuse(&budgets, cost, true, at(0)), Some(Reason::Budget));
            assert!(ledger.day.cost_micros <= budgets.day_max(part));
        }
    }
}
