//! Customers in lists: what a query may mean, and what is shown of whom it finds.

use std::collections::HashMap;

use base::{Fault, Id};
use customers::{HolderView, NumberHolders, Query, Summary};
use numbering::{Format, Parsed, PhoneNumber, Region};

use super::{mapping, region, seat::Seat};
use crate::{
    components::{badge::NumberKind, search_box::Found},
    format,
    personal::Personal,
};

/// Fewer digits than this are no number, whatever the plans say.
const DIGITS_MIN: usize = 5;

/// What was understood of a query, and whom it found.
#[derive(Debug, Default)]
pub(super) struct Searched {
    pub understood: String,
    pub found: Vec<Found>,
}

/// What a text may be, most telling first.
enum Meaning {
    Customer(uuid::Uuid),
    Email(String),
    Number(Box<Parsed>),
    Order(String),
    Loyalty(String),
    Name(String),
    /// A number as it is written in some other country.
    Abroad(String),
}

impl Seat {
    /// Customers that a text may mean: an id, an e-mail address, a number in any spelling, the id of an order, a loyalty id, words of a name, a number as another
    /// country writes it.
    pub(super) async fn find(&self, text: &str, limit: usize) -> Result<Searched, Fault> {
        let mut searched = Searched::default();
        for meaning in self.meanings(text).await {
            let (words, found) = self.find_as(&meaning, limit).await?;
            if searched.understood.is_empty() || !found.is_empty() {
                searched.understood = words;
            }
            if !found.is_empty() {
                searched.found = found;
                break;
            }
        }
        Ok(searched)
    }

    async fn meanings(&self, text: &str) -> Vec<Meaning> {
        let text = text.trim();
        if let Ok(id) = text.parse::<uuid::Uuid>() {
            return vec![Meaning::Customer(id)];
        }
        if text.contains('@') {
            return vec![Meaning::Email(text.to_owned())];
        }
        let mut meanings = Vec::new();
        let digits = text.chars().filter(|c| c.is_numeric()).count();
        if digits >= DIGITS_MIN
            && let Ok(parsed) = self.read_number(text).await
        {
            meanings.push(Meaning::Number(Box::new(parsed)));
        }
        if digits > 0 {
            meanings.push(Meaning::Order(text.to_owned()));
            meanings.push(Meaning::Loyalty(text.to_owned()));
        }
        if text.chars().any(char::is_alphabetic) {
            meanings.push(Meaning::Name(text.to_owned()));
            if digits == 0 {
                meanings.push(Meaning::Loyalty(text.to_owned()));
            }
        }
        if digits >= DIGITS_MIN && !text.contains('+') {
            meanings.push(Meaning::Abroad(text.to_owned()));
        }
        meanings
    }

    async fn find_as(&self, meaning: &Meaning, limit: usize) -> Result<(String, Vec<Found>), Fault> {
        let customers = &self.desk.app.customers;
        let search = async |query| customers.search(&self.cx, query, limit).await;
        let (words, why, found) = match meaning {
            Meaning::Number(parsed) => return self.find_number(parsed.number, limit).await,
            Meaning::Abroad(text) => return self.find_abroad(text, limit).await,
            Meaning::Customer(id) => {
                // By `get`, which knows ids of before a merge, too.
                let found = match customers.get(&self.cx, Id::from_uuid(*id)).await {
                    Ok(view) => vec![view.summary],
                    Err(fault) if fault.kind == base::FaultKind::NotFound => Vec::new(),
                    Err(fault) => return Err(fault),
                };
                ("the customer of this id".to_owned(), "The id is theirs", found)
            }
            Meaning::Order(id) => {
                let found = self.desk.app.customers_of_order(&self.cx, id).await?;
                (format!("the order “{id}”"), "The order is theirs", found)
            }
            Meaning::Email(email) => (
                format!("the e-mail address “{email}”"),
                "The e-mail is theirs",
                search(Query::Email(email.clone())).await?,
            ),
            Meaning::Loyalty(id) => (
                format!("the loyalty id “{id}”"),
                "The loyalty id is theirs",
                search(Query::Loyalty(id.clone())).await?,
            ),
            Meaning::Name(name) => (
                format!("the name “{name}”"),
                "The name has these words",
                search(Query::Name(name.clone())).await?,
            ),
        };
        let found = found.iter().map(|summary| (summary, why.to_owned())).collect();
        Ok((words, self.shown(found).await?))
    }

    /// A number that is written as in another country than the one that is looked at: every one that somebody is known to hold.
    async fn find_abroad(&self, text: &str, limit: usize) -> Result<(String, Vec<Found>), Fault> {
        let read = |(region, _): &(Region, u16)| numbering::parse(text, Some(*region)).ok();
        let mut numbers: Vec<PhoneNumber> = numbering::regions()
            .iter()
            .filter_map(read)
            .map(|parsed| parsed.number)
            .filter(|number| number.is_valid())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let (mut understood, mut all) = (Vec::new(), Vec::new());
        for number in numbers {
            let (words, found) = self.find_number(number, limit).await?;
            if !found.is_empty() {
                understood.push(words);
                all.extend(found);
            }
        }
        all.truncate(limit);
        Ok((understood.join("; "), all))
    }

    async fn find_number(&self, number: PhoneNumber, limit: usize) -> Result<(String, Vec<Found>), Fault> {
        let customers = &self.desk.app.customers;
        let found = customers.search(&self.cx, Query::Number(number), limit).await?;
        let holders = customers.holders(&self.cx, number).await?;
        let found = found.iter().map(|summary| (summary, held(&holders, summary))).collect();
        let place =
            number.region().map_or_else(|| "no country".to_owned(), |region| region::name(region).to_owned());
        let line = mapping::line_words(number.line_type()).to_lowercase();
        let words = format!("the number {}, {line}, {place}", number.format(Format::International));
        Ok((words, self.shown(found).await?))
    }

    /// Customers as lists show them, each with why they are in it.
    pub(super) async fn shown(&self, found: Vec<(&Summary, String)>) -> Result<Vec<Found>, Fault> {
        let mut kinds: HashMap<PhoneNumber, Option<NumberKind>> = HashMap::new();
        let mut shown = Vec::with_capacity(found.len());
        for (summary, matched) in found {
            let number = summary.identity.number;
            let kind = match number {
                Some(number) => match kinds.get(&number) {
                    Some(kind) => *kind,
                    None => {
                        let kind = self
                            .desk
                            .app
                            .customers
                            .holders(&self.cx, number)
                            .await?
                            .kind
                            .map(NumberKind::from);
                        kinds.insert(number, kind);
                        kind
                    }
                },
                None => None,
            };
            shown.push(Found {
                id: summary.id.to_string(),
                name: Personal::new(summary.name().unwrap_or_default()),
                number: number.map(mapping::masked).unwrap_or_default(),
                kind,
                matched,
                orders: summary.orders,
            });
        }
        Ok(shown)
    }
}

/// How a customer has to do with a number.
fn held(holders: &NumberHolders, summary: &Summary) -> String {
    let of_customer = |holder: &&HolderView| holder.customer.id == summary.id;
    match holders.holders.iter().find(of_customer).map(|holder| holder.tenure.until) {
        Some(None) => "Holds this number".to_owned(),
        Some(Some(until)) => format!("Held this number until {}", format::date(until)),
        None => "Ordered over this number".to_owned(),
    }
}
