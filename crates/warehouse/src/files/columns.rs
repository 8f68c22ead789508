//! Decides which column becomes which field: the caller's word first, then the names that shops use.

use base::Fault;

use super::{
    names::{CUSTOMER_WORDS, LINE_WORDS, ORDER_WORDS, RECIPIENT_WORDS, Role, fold, look_up},
    row::Field,
};

/// Columns that one field is read from, at most; a row takes the first that is not blank.
const ALTERNATIVES_MAX: usize = 4;
const NAMES_SHOWN_MAX: usize = 50;
const NAME_SHOWN_CHARS: usize = 60;

/// Whose column it is; the better first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Owner {
    Plain,
    Customer,
    Recipient,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Guess {
    role: Role,
    owner: Owner,
    rank: usize,
}

/// Where a field comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Origin {
    pub columns: Vec<usize>,
    /// Written between the columns' values if all of them make up the field; `None` if they are alternatives.
    pub joined_by: Option<&'static str>,
}

impl Origin {
    fn of(columns: Vec<usize>) -> Self {
        Self { columns, joined_by: None }
    }
}

/// A file that has one of these has a row for each line of an order.
const LINE_FIELDS: [Field; 4] = [Field::Sku, Field::Product, Field::Quantity, Field::Line];

/// The origin of every field, and what a person should know about the choice.
#[derive(Clone, Default, Debug)]
pub struct Plan {
    origins: [Origin; Field::ALL.len()],
    map: Vec<(Field, String)>,
    /// What the names looked at so far suggest, but for those that the map names.
    guesses: Vec<(usize, Guess)>,
    names_seen: usize,
    /// Names in the manner of Shopify's exports, where "Name" is the order's.
    shopify: bool,
    /// An order's total that was left out because rows are lines with a price and a quantity of their own.
    pub order_total_left_out: Option<usize>,
}

impl Plan {
    pub fn origin(&self, field: Field) -> &Origin {
        &self.origins[field as usize]
    }

    pub fn has(&self, field: Field) -> bool {
        !self.origin(field).columns.is_empty()
    }

    pub fn field_of(&self, column: usize) -> Option<Field> {
        Field::ALL.into_iter().find(|field| self.origin(*field).columns.contains(&column))
    }

    /// Chooses among `names`. Every column that `map` names must be there, unless names may still appear.
    pub fn choose(names: &[String], map: &[(Field, String)], names_are_all: bool) -> Result<Self, Fault> {
        for (field, wanted) in map {
            if names_are_all && find_named(names, wanted).is_none() {
                return Err(unknown_column(*field, wanted, names));
            }
        }
        let shopify = names.iter().any(|name| fold(name) == "lineitemname");
        let mut plan = Self { map: map.to_vec(), shopify, ..Self::default() };
        plan.extend(names);
        plan.leave_out_order_total();
        Ok(plan)
    }

    /// Takes over what later names add, without changing what was chosen: a row's meaning must not depend on its place.
    pub fn extend(&mut self, names: &[String]) {
        let mut news = false;
        for (column, name) in names.iter().enumerate().skip(self.names_seen) {
            let mapped = self.map.iter().any(|(_, wanted)| fold(wanted) == fold(name));
            if mapped {
                news = true;
            } else if let Some(guess) = guess(name, self.shopify) {
                self.guesses.push((column, guess));
                news = true;
            }
        }
        self.names_seen = names.len();
        if news {
            self.take_over(names);
        }
    }

    fn take_over(&mut self, names: &[String]) {
        for field in Field::ALL {
            let new = self.wanted_origin(field, names);
            let origin = &mut self.origins[field as usize];
            if origin.columns.is_empty() {
                *origin = new;
            } else if origin.joined_by.is_none() && new.joined_by.is_none() {
                let added: Vec<usize> =
                    new.columns.into_iter().filter(|column| !origin.columns.contains(column)).collect();
                let many = field.has_alternatives() || self.map.iter().any(|(of, _)| *of == field);
                if many {
                    origin.columns.extend(added);
                    origin.columns.truncate(ALTERNATIVES_MAX);
                }
            }
        }
    }

    /// What the map says of a field; if nothing, what the names suggest.
    fn wanted_origin(&self, field: Field, names: &[String]) -> Origin {
        let mut mapped = self.map.iter().filter(|(of, _)| *of == field).peekable();
        if mapped.peek().is_none() {
            return Guesses(&self.guesses).origin(field);
        }
        let columns: Vec<usize> = mapped.filter_map(|(_, wanted)| find_named(names, wanted)).collect();
        Origin { joined_by: joined_by(field).filter(|_| columns.len() > 1), columns }
    }

    /// Fails if a row could not be told from another, or not be put in time.
    pub fn check_required(&self, names: &[String]) -> Result<(), Fault> {
        let missing: Vec<&str> = [Field::OrderId, Field::OrderedAt]
            .into_iter()
            .filter(|field| !self.has(*field))
            .map(Field::as_str)
            .collect();
        let Some(first) = missing.first() else { return Ok(()) };
        let known = names.iter().any(|name| guess(name, false).is_some());
        if !known && names.iter().any(|name| looks_like_a_value(name)) {
            return Err(Fault::invalid(
                "no_header",
                "The first line does not look like column names. Put names such as order_id, ordered_at and number above the rows.",
            ));
        }
        let list = shown_list(names);
        let message = format!(
            "No column was recognised as {}. Columns found: {list}. Say which one it is with --map {first}=COLUMN.",
            missing.join(" nor as "),
        );
        Err(Fault::invalid("missing_column", message).field(*first))
    }

    /// In a file of order lines, the order's total on each line is not the line's amount.
    fn leave_out_order_total(&mut self) {
        let Some(column) = self.total_column() else { return };
        if self.has(Field::UnitPrice) && self.has(Field::Quantity) {
            self.origins[Field::Amount as usize] = Origin::default();
            self.order_total_left_out = Some(column);
            self.guesses.retain(|(of, _)| *of != column);
        }
    }

    /// The column of amounts if it holds the total of whole orders, which each line of an order repeats: a guess by its name, in a file whose rows are lines.
    pub fn order_total(&self) -> Option<usize> {
        self.total_column().filter(|_| LINE_FIELDS.into_iter().any(|field| self.has(field)))
    }

    /// The column of amounts, if its name says that it holds the total of an order.
    fn total_column(&self) -> Option<usize> {
        let [column] = self.origin(Field::Amount).columns[..] else { return None };
        let is_total = |(of, guess): &(usize, Guess)| *of == column && guess.role == Role::OrderTotal;
        self.guesses.iter().any(is_total).then_some(column)
    }
}

/// What the names of the columns suggest.
struct Guesses<'a>(&'a [(usize, Guess)]);

impl Guesses<'_> {
    fn origin(&self, field: Field) -> Origin {
        match field {
            Field::OrderId => self.best(Role::OrderId),
            Field::OrderedAt => self.moment(),
            Field::Number => self.alternatives(&[Role::Number]),
            Field::Name => self.name(),
            Field::Email => self.alternatives(&[Role::Email]),
            Field::Address => self.address(),
            Field::Postcode => self.best(Role::Postcode),
            Field::Country => self.best(Role::Country),
            Field::LoyaltyId => self.best(Role::LoyaltyId),
            Field::DeviceId => self.best(Role::DeviceId),
            Field::Sku => self.best(Role::Sku),
            Field::Product => self.best(Role::Product),
            Field::Category => self.best(Role::Category),
            Field::Quantity => self.best(Role::Quantity),
            Field::UnitPrice => self.best(Role::UnitPrice),
            Field::Amount => {
                let row = self.best(Role::Amount);
                if row.columns.is_empty() { self.best(Role::OrderTotal) } else { row }
            }
            Field::Currency => self.best(Role::Currency),
            Field::Status => self.best(Role::Status),
            Field::Store => self.best(Role::Store),
            Field::Line => self.best(Role::Line),
        }
    }

    /// The columns with one of the roles, best first; the recipient's only if there are no others.
    fn ranked(&self, roles: &[Role]) -> Vec<usize> {
        let mut found: Vec<(Owner, usize, usize)> = self
            .0
            .iter()
            .filter(|(_, guess)| roles.contains(&guess.role))
            .map(|(column, guess)| (guess.owner, guess.rank, *column))
            .collect();
        found.sort_unstable();
        if found.first().is_some_and(|(owner, ..)| *owner != Owner::Recipient) {
            found.retain(|(owner, ..)| *owner != Owner::Recipient);
        }
        found.into_iter().map(|(_, _, column)| column).collect()
    }

    fn first(&self, role: Role) -> Option<usize> {
        self.ranked(&[role]).first().copied()
    }

    fn best(&self, role: Role) -> Origin {
        Origin::of(self.first(role).into_iter().collect())
    }

    fn alternatives(&self, roles: &[Role]) -> Origin {
        let mut columns = self.ranked(roles);
        columns.truncate(ALTERNATIVES_MAX);
        Origin::of(columns)
    }

    fn moment(&self) -> Origin {
        match (self.first(Role::OrderedAt), self.first(Role::TimeOfDay)) {
            (Some(date), Some(time)) => Origin { columns: vec![date, time], joined_by: Some(" ") },
            (date, time) => Origin::of(date.or(time).into_iter().collect()),
        }
    }

    fn name(&self) -> Origin {
        let (given, family) = (self.first(Role::GivenName), self.first(Role::FamilyName));
        let given = given.or_else(|| self.first(Role::NameOrGiven).filter(|_| family.is_some()));
        let family = family.or_else(|| self.first(Role::NameOrFamily).filter(|_| given.is_some()));
        match (given, family) {
            // Two parts say more than a column that may hold either.
            (Some(given), Some(family)) if self.first(Role::Name).is_none() => {
                Origin { columns: vec![given, family], joined_by: Some(" ") }
            }
            _ => {
                let whole = self.alternatives(&[Role::Name, Role::NameOrFamily, Role::NameOrGiven]);
                if whole.columns.is_empty() {
                    Origin::of(given.or(family).into_iter().collect())
                } else {
                    whole
                }
            }
        }
    }

    fn address(&self) -> Origin {
        if let Some(whole) = self.first(Role::Address) {
            return Origin::of(vec![whole]);
        }
        let parts = [Role::Street, Role::StreetMore, Role::City];
        let columns: Vec<usize> = parts.into_iter().filter_map(|role| self.first(role)).collect();
        if self.first(Role::Street).is_none() {
            return Origin::default();
        }
        Origin { joined_by: (columns.len() > 1).then_some(", "), columns }
    }
}

/// What several columns that the caller gave for one field mean: parts of it, or alternatives.
const fn joined_by(field: Field) -> Option<&'static str> {
    match field {
        Field::Name | Field::OrderedAt => Some(" "),
        Field::Address => Some(", "),
        _ => None,
    }
}

fn find_named(names: &[String], wanted: &str) -> Option<usize> {
    let wanted = wanted.trim();
    let exact = names.iter().position(|name| name == wanted);
    exact.or_else(|| names.iter().position(|name| !fold(name).is_empty() && fold(name) == fold(wanted)))
}

/// Whether a name would become a field: how a header is known from other lines.
pub fn is_known(name: &str, map: &[(Field, String)]) -> bool {
    guess(name, false).is_some() || map.iter().any(|(_, wanted)| fold(wanted) == fold(name))
}

/// What a column's name suggests.
fn guess(name: &str, shopify: bool) -> Option<Guess> {
    let segments: Vec<String> = name.split('.').map(fold).filter(|segment| !segment.is_empty()).collect();
    let whole = segments.concat();
    if shopify {
        // There "Name" is the order's (#1001), and totals stand on an order's first line only.
        match whole.as_str() {
            "name" => return Some(Guess { role: Role::OrderId, owner: Owner::Plain, rank: 0 }),
            "total" => return Some(Guess { role: Role::OrderTotal, owner: Owner::Plain, rank: 0 }),
            "subtotal" | "vendor" => return None,
            _ => {}
        }
    }
    if let Some((role, rank)) = look_up(&whole) {
        return Some(Guess { role, owner: Owner::Plain, rank });
    }
    personal(&whole).or_else(|| nested(&segments))
}

/// `billing phone`, `phone (billing)`, `customer e-mail`.
fn personal(whole: &str) -> Option<Guess> {
    for (words, owner) in [(RECIPIENT_WORDS, Owner::Recipient), (CUSTOMER_WORDS, Owner::Customer)] {
        for word in words {
            let word = fold(word);
            for rest in [whole.strip_prefix(word.as_str()), whole.strip_suffix(word.as_str())] {
                // "Customer number" is an account, not a phone.
                let Some(rest) = rest.filter(|rest| *rest != "number") else { continue };
                if let Some((role, rank)) = look_up(rest).filter(|(role, _)| role.is_personal()) {
                    return Some(Guess { role, owner, rank });
                }
            }
        }
    }
    None
}

/// `order.created_at`, `customer.contact.phone`, `line_item.title`.
fn nested(segments: &[String]) -> Option<Guess> {
    let (last, parents) = segments.split_last()?;
    let parent = parents.last()?;
    let among =
        |words: &[&str]| words.iter().any(|word| *parent == fold(word) || *parent == fold(word) + "s");
    let anywhere =
        |words: &[&str]| words.iter().any(|word| parents.iter().any(|segment| *segment == fold(word)));
    let (role, rank) = look_up(last)?;
    let owner = if anywhere(RECIPIENT_WORDS) { Owner::Recipient } else { Owner::Customer };
    if role.is_personal() && (anywhere(CUSTOMER_WORDS) || anywhere(RECIPIENT_WORDS)) && last != "number" {
        return Some(Guess { role, owner, rank });
    }
    let line = among(LINE_WORDS) && (role.is_of_line() || role == Role::Name);
    if line {
        let role = if role == Role::Name { Role::Product } else { role };
        return Some(Guess { role, owner: Owner::Plain, rank });
    }
    among(ORDER_WORDS).then_some(Guess { role, owner: Owner::Plain, rank })
}

/// A name as it may be shown: printable, bounded, never empty.
pub fn shown_name(name: &str, column: usize) -> String {
    let printable: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{feff}' | '\u{200b}'))
        .collect();
    let trimmed = printable.trim();
    if trimmed.is_empty() { format!("(column {})", column + 1) } else { trimmed.to_owned() }
}

fn looks_like_a_value(name: &str) -> bool {
    name.contains('@') || name.bytes().filter(u8::is_ascii_digit).count() >= 5
}

/// The names for an error message. What may be somebody's data is left out, in case the file has no header.
fn shown_list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown = names.iter().enumerate().take(NAMES_SHOWN_MAX).map(|(column, name)| {
        if looks_like_a_value(name) {
            format!("(column {})", column + 1)
        } else {
            name.chars().take(NAME_SHOWN_CHARS).collect()
        }
    });
    let list = shown.collect::<Vec<String>>().join(", ");
    if names.len() > NAMES_SHOWN_MAX {
        format!("{list} and {} more", names.len() - NAMES_SHOWN_MAX)
    } else {
        list
    }
}

fn unknown_column(field: Field, wanted: &str, names: &[String]) -> Fault {
    let message = format!(
        "There is no column {} for {field}. Columns found: {}.",
        wanted.chars().take(NAME_SHOWN_CHARS).collect::<String>(),
        shown_list(names),
    );
    Fault::invalid("unknown_column", message).field(field.as_str())
}
