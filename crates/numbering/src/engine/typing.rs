//! A number written neatly while it is typed, step by step as libphonenumber does it: first what stands before the national number
//! is told apart, then a way of writing is chosen among those that still fit, and its places are filled.

use super::{
    resolve::split_code,
    script::ascii_digit,
    table::{NONE, Plans, Spans, Territory, Way},
    writing::fill,
};
use crate::Region;

/// A place in a template that waits for its digit.
const PLACE: char = '\u{2008}';
/// Digits from which on ways of writing are looked for.
const LEADING_MIN: usize = 3;
const GAP: char = ' ';

#[derive(Clone)]
pub struct Typing {
    plans: &'static Plans,
    region: Option<Region>,
    territory: Option<Territory>,
    /// Everything typed, and its digits and plus alone.
    typed: String,
    dialled: String,
    /// What stands before the national number, as it is shown.
    front: String,
    /// The national prefix in it.
    prefix: String,
    national: String,
    template: Vec<char>,
    filled_to: usize,
    /// The pattern that the template was made for.
    pattern: Option<u16>,
    ways: Vec<u16>,
    is_able: bool,
    has_own_punctuation: bool,
    /// Whether the number is known to be whole, as it began with a prefix.
    is_complete: bool,
    expects_code: bool,
    wants_gap: bool,
    remembered_typed: usize,
    remembered_dialled: usize,
}

fn main_territory(plans: &Plans, region: Option<Region>) -> Option<Territory> {
    let territory = plans.territory(plans.territory_of(region?.bytes())?);
    Some(plans.territory(plans.code(territory.code())?.main()))
}

impl Typing {
    pub fn new(plans: &'static Plans, region: Option<Region>) -> Self {
        Self {
            plans,
            region,
            territory: main_territory(plans, region),
            typed: String::new(),
            dialled: String::new(),
            front: String::new(),
            prefix: String::new(),
            national: String::new(),
            template: Vec::new(),
            filled_to: 0,
            pattern: None,
            ways: Vec::new(),
            is_able: true,
            has_own_punctuation: false,
            is_complete: false,
            expects_code: false,
            wants_gap: false,
            remembered_typed: 0,
            remembered_dialled: 0,
        }
    }

    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Adds a character and returns what to show now.
    pub fn push(&mut self, key: char, remember: bool) -> String {
        let is_first = self.typed.is_empty();
        self.typed.push(key);
        if remember {
            self.remembered_typed = self.typed.chars().count();
        }
        let digit = ascii_digit(super::script::symbol(self.plans, key)).map(char::from);
        let symbol = digit.or_else(|| (is_first && matches!(key, '+' | '＋')).then_some('+'));
        match symbol {
            Some(symbol) => {
                self.dialled.push(symbol);
                if symbol != '+' {
                    self.national.push(symbol);
                }
                if remember {
                    self.remembered_dialled = self.dialled.len();
                }
            }
            None => {
                self.is_able = false;
                self.has_own_punctuation = true;
            }
        }
        match symbol.filter(|_| self.is_able) {
            Some(symbol) => self.shown_after(symbol),
            None => self.shown_unable(),
        }
    }

    /// No way of writing fitted. A long prefix may be the reason: without it one may fit again.
    fn shown_unable(&mut self) -> String {
        if self.has_own_punctuation {
            return self.typed.clone();
        }
        if self.takes_international_prefix() {
            if self.takes_code() {
                return self.begin_again();
            }
        } else if self.takes_longer_prefix() {
            self.front.push(GAP);
            return self.begin_again();
        }
        self.typed.clone()
    }

    fn begin_again(&mut self) -> String {
        self.is_able = true;
        self.expects_code = false;
        self.ways.clear();
        self.filled_to = 0;
        self.template.clear();
        self.pattern = None;
        self.choose_ways()
    }

    fn shown_after(&mut self, digit: char) -> String {
        match self.dialled.len() {
            0..LEADING_MIN => return self.typed.clone(),
            LEADING_MIN => {
                if self.takes_international_prefix() {
                    self.expects_code = true;
                } else {
                    self.prefix = self.take_national_prefix();
                    return self.choose_ways();
                }
            }
            _ => {}
        }
        if self.expects_code {
            if self.takes_code() {
                self.expects_code = false;
            }
            return format!("{}{}", self.front, self.national);
        }
        if self.ways.is_empty() {
            return self.choose_ways();
        }
        let filled = self.fill_place(digit);
        if let Some(whole) = self.whole_number() {
            return whole;
        }
        self.narrow_down();
        if self.makes_template() {
            return self.fill_all();
        }
        if self.is_able { self.after_front(&filled) } else { self.typed.clone() }
    }

    fn choose_ways(&mut self) -> String {
        if self.national.len() < LEADING_MIN {
            return self.after_front(&self.national);
        }
        self.find_ways();
        if let Some(whole) = self.whole_number() {
            return whole;
        }
        if self.makes_template() { self.fill_all() } else { self.typed.clone() }
    }

    fn find_ways(&mut self) {
        let Some(territory) = self.territory else { return };
        let is_international = self.is_complete && self.prefix.is_empty();
        let all: Vec<u16> = if is_international && territory.ways_from_abroad().len() > 0 {
            territory.ways_from_abroad().collect()
        } else {
            territory.ways().collect()
        };
        let fits = |number: &u16| {
            let way = self.plans.way(*number);
            let is_excluded = if self.prefix.is_empty() {
                !self.is_complete && !way.is_without_prefix() && !way.is_prefix_optional()
            } else {
                way.is_without_prefix() && !way.is_prefix_optional() && !way.has_carrier_rule()
            };
            !is_excluded && way.is_for_typing()
        };
        let fitting: Vec<u16> = all.into_iter().filter(fits).collect();
        self.ways.extend(fitting);
        self.narrow_down();
    }

    fn narrow_down(&mut self) {
        let (plans, national) = (self.plans, self.national.as_bytes());
        self.ways.retain(|number| {
            let mut leads = plans.way(*number).leads();
            let depth = (national.len() - LEADING_MIN).min(leads.len().saturating_sub(1));
            leads.nth(depth).is_none_or(|lead| plans.matches(plans.lead(lead), national))
        });
    }

    /// Makes a template of the first way that has room for the digits. Ways without are dropped.
    fn makes_template(&mut self) -> bool {
        while let Some(number) = self.ways.first() {
            let way = self.plans.way(*number);
            if self.pattern == Some(way.pattern_number()) {
                return false;
            }
            let nines = self.plans.plain(way.nines());
            if way.nines_length() >= self.national.len() && !nines.is_empty() {
                self.template = nines.chars().map(|c| if c == '9' { PLACE } else { c }).collect();
                self.pattern = Some(way.pattern_number());
                self.wants_gap = way.has_gap_after_prefix();
                self.filled_to = 0;
                return true;
            }
            self.ways.remove(0);
        }
        self.is_able = false;
        false
    }

    fn fill_all(&mut self) -> String {
        let digits = self.national.clone();
        let mut filled = None;
        for digit in digits.chars() {
            filled = Some(self.fill_place(digit));
        }
        match filled {
            None => self.front.clone(),
            Some(filled) if self.is_able => self.after_front(&filled),
            Some(_) => self.typed.clone(),
        }
    }

    /// The template up to the digit put into its next place; all that was typed if there is no place left.
    fn fill_place(&mut self, digit: char) -> String {
        let has_place = self.template.iter().skip(self.filled_to).any(|c| *c == PLACE);
        let place = self.template.iter().position(|c| *c == PLACE).filter(|_| has_place);
        let Some(place) = place else {
            if self.ways.len() == 1 {
                self.is_able = false;
            }
            self.pattern = None;
            return self.typed.clone();
        };
        self.template[place] = digit;
        self.filled_to = place;
        self.template[..=place].iter().collect()
    }

    /// The number written in the first way that it is a whole number of, if that neither drops nor adds a digit.
    fn whole_number(&mut self) -> Option<String> {
        for index in 0..self.ways.len() {
            let way = self.plans.way(self.ways[index]);
            let Some(spans) = whole(self.plans, way, self.national.as_bytes()) else { continue };
            self.wants_gap = way.has_gap_after_prefix();
            let mut written = String::new();
            fill(&mut written, self.plans.text(way.template()), spans, self.national.as_bytes(), "");
            let shown = self.after_front(&written);
            let kept = shown.chars().filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#'));
            if kept.eq(self.dialled.chars()) {
                return Some(shown);
            }
        }
        None
    }

    fn after_front(&self, national: &str) -> String {
        let is_apart = self.front.is_empty() || self.front.ends_with(GAP);
        let gap = if self.wants_gap && !is_apart { " " } else { "" };
        format!("{}{gap}{national}", self.front)
    }

    fn takes_international_prefix(&mut self) -> bool {
        let dialled = self.dialled.as_bytes();
        let end = match (dialled.first(), self.territory) {
            (Some(b'+'), _) => 1,
            (_, Some(territory)) if !territory.has_international_prefix() => 0,
            (_, Some(territory)) => {
                let Some(end) = self.plans.beginning(territory.international_prefix(), dialled) else {
                    return false;
                };
                usize::from(end)
            }
            (_, None) => return false,
        };
        self.is_complete = true;
        self.national = self.dialled[end..].to_owned();
        self.front = self.dialled[..end].to_owned();
        if !self.dialled.starts_with('+') {
            self.front.push(GAP);
        }
        true
    }

    fn takes_code(&mut self) -> bool {
        let Some((code, rest)) = split_code(self.plans, self.national.as_bytes()) else { return false };
        let length = self.national.len() - rest.len();
        let main = self.plans.territory(code.main());
        let is_of_no_place = main.region() == Region::NON_GEOGRAPHIC.bytes();
        if is_of_no_place || Some(main.region()) != self.region.map(Region::bytes) {
            self.territory = Some(main);
        }
        self.national.drain(..length);
        self.front.push_str(&code.number().to_string());
        self.front.push(GAP);
        self.prefix.clear();
        true
    }

    /// Some national prefixes begin like shorter ones.
    fn takes_longer_prefix(&mut self) -> bool {
        if !self.prefix.is_empty() {
            self.national.insert_str(0, &self.prefix);
            let end = self.front.rfind(&self.prefix).unwrap_or(self.front.len().saturating_sub(1));
            self.front.truncate(end);
        }
        let taken = self.take_national_prefix();
        taken != self.prefix
    }

    fn take_national_prefix(&mut self) -> String {
        let digits = self.national.as_bytes();
        let Some(territory) = self.territory else { return String::new() };
        let mut end = 0;
        if territory.code() == 1 && matches!(digits, [b'1', b'2'..=b'9', ..]) {
            // North American numbers do not begin with 1 themselves.
            end = 1;
            self.front.push_str("1 ");
            self.is_complete = true;
        } else if territory.has_prefix_for_parsing()
            && let Some(found) = self.plans.beginning(territory.national_prefix(), digits)
        {
            end = self.plans.prefix_match(found).end;
            if end > 0 {
                self.is_complete = true;
                self.front.push_str(&self.national[..end]);
            }
        }
        self.national.drain(..end).collect()
    }

    /// Where the remembered character stands in what is shown, in characters.
    pub fn remembered(&self, shown: &str) -> usize {
        if !self.is_able {
            return self.remembered_typed;
        }
        let mut wanted = self.dialled.chars().take(self.remembered_dialled).peekable();
        let mut position = 0;
        for c in shown.chars() {
            let Some(next) = wanted.peek() else { break };
            if c == *next {
                wanted.next();
            }
            position += 1;
        }
        position
    }
}

/// The groups of digits that are a whole number of this way.
fn whole(plans: &Plans, way: Way, digits: &[u8]) -> Option<Spans> {
    let place = plans.whole(way.pattern(), digits).filter(|place| *place != NONE)?;
    let spans = plans.spans(place);
    (spans.end() == digits.len()).then_some(spans)
}
