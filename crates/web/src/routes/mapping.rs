//! What services say, in the console's words: kinds, sources, masks, actors, evidence.

use customers::{PersonaView, Recorded, linking, linking::ReviewKind};
use db::audit;
use identity::{Role, Scope};
use maud::{Markup, html};
use numbering::{LineType, PhoneNumber};
use warehouse::{ImportView, State};

use super::region;
use crate::{
    components::{
        badge::{NumberKind, Source, Tone},
        evidence::Evidence,
        icon::Icon,
        number::{Detail, MaskedNumber},
        timeline::Event,
    },
    console::{audit::Entry, imports, paths, review::Doubt},
    personal::Personal,
};

impl From<linking::NumberKind> for NumberKind {
    fn from(kind: linking::NumberKind) -> Self {
        match kind {
            linking::NumberKind::Single => Self::Single,
            linking::NumberKind::Shared => Self::Shared,
            linking::NumberKind::Recycled => Self::Recycled,
            linking::NumberKind::Generic => Self::Generic,
        }
    }
}

impl From<history::Source> for Source {
    fn from(source: history::Source) -> Self {
        match source {
            history::Source::Online => Self::Online,
            history::Source::Pos => Self::Till,
            history::Source::Loyalty => Self::Loyalty,
            history::Source::App => Self::App,
        }
    }
}

impl From<ReviewKind> for Doubt {
    fn from(kind: ReviewKind) -> Self {
        match kind {
            ReviewKind::PossibleMerge => Self::SamePerson,
            ReviewKind::PossibleSplit => Self::TwoPeople,
            ReviewKind::PossibleRecycle => Self::Recycled,
        }
    }
}

pub(super) fn import_state(import: &ImportView) -> imports::State {
    match import.state {
        State::Queued => imports::State::Waiting,
        State::Running => imports::State::Running,
        State::Linking => imports::State::Linking,
        State::Done if import.rejected > 0 => imports::State::DoneWithRejects,
        State::Done => imports::State::Done,
        State::Failed => imports::State::Failed,
        State::Interrupted => imports::State::Interrupted,
    }
}

/// A number for recognising: the calling code and its last digits.
pub(crate) fn masked(number: PhoneNumber) -> String {
    let mask = number.mask();
    let code = format!("+{}", number.country_code());
    let rest = mask.strip_prefix(&code).unwrap_or(&mask);
    let shown = rest.trim_start_matches('•');
    format!("{code} {} {shown}", "•".repeat(rest.chars().count() - shown.len()))
}

/// Which detail of a record is masked; names it in addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hidden {
    Number,
    Email,
    Address,
}

impl Hidden {
    pub(super) const ALL: [Self; 3] = [Self::Number, Self::Email, Self::Address];

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Email => "email",
            Self::Address => "address",
        }
    }

    /// The detail in the clear.
    pub(super) fn of(self, persona: &PersonaView) -> Option<String> {
        let details = &persona.identity.details;
        match self {
            Self::Number => {
                persona.identity.number.map(|number| number.format(numbering::Format::International))
            }
            Self::Email => details.email.clone(),
            Self::Address => {
                let parts: Vec<&str> =
                    [&details.address, &details.postcode].into_iter().flatten().map(String::as_str).collect();
                (!parts.is_empty()).then(|| parts.join(", "))
            }
        }
    }

    pub(super) fn mask(self, persona: &PersonaView) -> Option<String> {
        match self {
            Self::Number => persona.identity.number.map(masked),
            Self::Email => persona.identity.details.email.as_deref().map(customers::mask_email),
            Self::Address => self.of(persona).map(|_| "••••••".to_owned()),
        }
    }

    /// The detail masked, with the way to reveal it for those who may.
    pub(super) fn chip(
        self,
        customer: &str,
        persona: &PersonaView,
        may_reveal: bool,
    ) -> Option<MaskedNumber> {
        let chip = MaskedNumber::new(self.mask(persona)?);
        let what = format!("{customer}.{}.{}", self.code(), persona.id);
        Some(if may_reveal { chip.reveal(paths::reveal(&what)) } else { chip })
    }
}

/// The details of a record but for its number, masked where they lead to the person.
pub(super) fn details(customer: &str, persona: &PersonaView, may_reveal: bool) -> Vec<(String, Detail)> {
    let details = &persona.identity.details;
    let clear = |label: &str, value: &Option<String>| {
        value.as_deref().map(|text| (label.to_owned(), Detail::from(text)))
    };
    let masked = |label: &str, hidden: Hidden| {
        hidden.chip(customer, persona, may_reveal).map(|chip| (label.to_owned(), Detail::Masked(chip)))
    };
    [
        clear("Name", &details.name),
        masked("E-mail", Hidden::Email),
        masked("Address", Hidden::Address),
        details.country.as_deref().map(|country| ("Country".to_owned(), Detail::from(country_name(country)))),
        clear("Loyalty id", &details.loyalty_id),
        clear("Device", &details.device_id),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A country by its name where it is given by its code.
fn country_name(text: &str) -> &str {
    region::supported(text).map_or(text, |region| region::name(region))
}

/// "Mobile · Finland".
pub(super) fn number_note(number: PhoneNumber) -> String {
    let (region, line) = number.region_and_line_type();
    match region {
        Some(region) => format!("{} · {}", line_words(line), region::name(region)),
        None => line_words(line).to_owned(),
    }
}

pub(super) const fn line_words(line: LineType) -> &'static str {
    match line {
        LineType::FixedLine => "Fixed line",
        LineType::Mobile => "Mobile",
        LineType::FixedLineOrMobile => "Fixed line or mobile",
        LineType::TollFree => "Freephone",
        LineType::PremiumRate => "Premium rate",
        LineType::SharedCost => "Shared cost",
        LineType::Voip => "Internet telephony",
        LineType::PersonalNumber => "Personal number",
        LineType::Pager => "Pager",
        LineType::Uan => "Company number",
        LineType::Voicemail => "Voicemail",
        LineType::Unknown => "Not in the plan",
    }
}

/// "staff:0190… (Sanna)" as "Sanna".
pub(super) fn actor(text: &str) -> Personal {
    let (kind, rest) = text.split_once(':').unwrap_or(("", text));
    let named = rest.split_once(" (").and_then(|(_, name)| name.strip_suffix(')')).unwrap_or(rest);
    match kind {
        "staff" => Personal::new(named),
        "key" => Personal::new(format!("key {named}")),
        "shell" => Personal::new(format!("{named}, on the machine")),
        "system" if named == "sign-in" => Personal::new("A customer, at the sign-in pages"),
        _ => Personal::new("Trunkline"),
    }
}

/// Weights are decibans, which the page reads as tenths.
pub(super) fn evidence(items: &[linking::Evidence]) -> Vec<Evidence> {
    items.iter().map(|item| Evidence::new(sentence(item.kind.in_words()), i32::from(item.weight))).collect()
}

/// The first letter large.
pub(super) fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The probability that a sum of decibans speaks of, in per cent; never quite sure either way.
pub(super) fn percent(decibans: i64) -> u8 {
    let decibans = i32::try_from(decibans.clamp(-1_000, 1_000)).unwrap_or(0);
    let share = 1.0 / (1.0 + 10f64.powf(-f64::from(decibans) / 10.0));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 1 and 99
    let percent = (share * 100.0).round().clamp(1.0, 99.0) as u8;
    percent
}

pub(super) fn entry(recorded: &audit::Recorded) -> Entry {
    let (tone, _, words) = act_words(&recorded.action);
    let customer = recorded.customer.map(|id| id.to_string());
    let short = |id: &str| Personal::new(format!("…{}", &id[id.len().saturating_sub(6)..]));
    Entry {
        sequence: recorded.seq.unsigned_abs(),
        at: recorded.at,
        actor: actor(&recorded.actor),
        act: recorded.action.clone(),
        tone,
        words: words.to_owned(),
        reason: Personal::new(given_reason(recorded)),
        about: customer.map(|id| (id.clone(), short(&id))),
        import: recorded.subject.strip_prefix("import:").map(str::to_owned),
        hash: data_encoding::HEXLOWER.encode(&recorded.hash[..4]),
    }
}

/// An entry of the trail as an event of the start page.
pub(super) fn entry_event(recorded: &audit::Recorded) -> Event {
    let (tone, icon, words) = act_words(&recorded.action);
    let customer = recorded.customer.map(|id| id.to_string());
    Event {
        at: recorded.at,
        icon,
        tone,
        text: html! { (words) @if let Some(id) = &customer { " " a href=(paths::customer(id)) { "…" (&id[id.len() - 6..]) } } },
        note: told(&recorded.actor, given_reason(recorded)),
    }
}

/// Acts on customers carry the words of whoever did them; others only a label of ours.
fn given_reason(recorded: &audit::Recorded) -> &str {
    if recorded.customer.is_some() { &recorded.reason } else { "" }
}

/// An act of staff as an event of a timeline.
pub(super) fn act_event(act: &Recorded) -> Event {
    let (tone, icon, words) = kind_words(&act.kind);
    let undone = act.undone_by.is_some();
    Event {
        at: act.at,
        icon,
        tone,
        text: html! { (words) @if undone { " (undone since)" } },
        note: told(&act.actor, &act.reason),
    }
}

fn told(by: &str, reason: &str) -> Markup {
    html! { (actor(by)) @if !reason.is_empty() { ": “" (reason) "”" } }
}

/// The kinds of acts in the log of acts.
pub(super) fn kind_words(kind: &str) -> (Tone, Icon, &'static str) {
    match kind {
        "merge" => (Tone::Accent, Icon::Merge, "Merged with another customer"),
        "split" => (Tone::Accent, Icon::Split, "Records were split off"),
        "change_number" => (Tone::Accent, Icon::Number, "Changed number"),
        "keep" => (Tone::Plain, Icon::Swap, "Kept apart from another customer"),
        "undo" => (Tone::Plain, Icon::Undo, "An act was undone"),
        _ => (Tone::Plain, Icon::Audit, "Act of staff"),
    }
}

/// The actions of the audit trail.
fn act_words(action: &str) -> (Tone, Icon, &'static str) {
    match action {
        "customers.register" => (Tone::Good, Icon::Plus, "Registered a customer"),
        "customers.merge" => (Tone::Accent, Icon::Merge, "Merged customers into"),
        "customers.split" => (Tone::Accent, Icon::Split, "Split a customer"),
        "customers.change_number" => (Tone::Accent, Icon::Number, "Changed the number of"),
        "customers.undo" => (Tone::Plain, Icon::Undo, "Undid an act on"),
        "customers.reveal" => (Tone::Warn, Icon::Eye, "Saw details in the clear of"),
        "customers.erase" => (Tone::Bad, Icon::Cross, "Erased a customer"),
        "customers.proven" => (Tone::Good, Icon::Check, "Opened an account by a proof of the number:"),
        "customers.export_plain" => (Tone::Warn, Icon::Download, "Exported customers in the clear"),
        "reviews.confirm" => (Tone::Accent, Icon::Review, "Confirmed one person:"),
        "reviews.keep_apart" => (Tone::Accent, Icon::Review, "Kept two people apart:"),
        "imports.submit" => (Tone::Plain, Icon::Import, "Brought an order file"),
        "imports.finish" => (Tone::Good, Icon::Import, "An import finished"),
        "imports.fail" => (Tone::Bad, Icon::Import, "An import failed"),
        "numbers.renormalise" => (Tone::Plain, Icon::Number, "Asked for numbers to be brought up to date"),
        "numbers.renormalised" => (Tone::Good, Icon::Number, "Numbers were brought up to date"),
        "numbers.renormalise_failed" => (Tone::Bad, Icon::Number, "Numbers could not be brought up to date"),
        "accounts.change_number" => (Tone::Accent, Icon::Number, "Changed the number of their own account"),
        "accounts.recover" => (Tone::Warn, Icon::Key, "Recovered their account"),
        "passkeys.add" => (Tone::Accent, Icon::Key, "Added a passkey to their own account"),
        "passkeys.remove" => (Tone::Accent, Icon::Key, "Removed a passkey from their own account"),
        "totp.add" => (Tone::Accent, Icon::Key, "Set up an authenticator app for their own account"),
        "totp.remove" => (Tone::Accent, Icon::Key, "Removed the authenticator app of their own account"),
        "password.set" => (Tone::Accent, Icon::Key, "Set a password for their own account"),
        "password.remove" => (Tone::Accent, Icon::Key, "Removed the password of their own account"),
        "clients.create" => (Tone::Plain, Icon::Plus, "Added a client for sign-in"),
        "clients.secret" => (Tone::Plain, Icon::Key, "Gave a client a new secret"),
        "clients.remove" => (Tone::Warn, Icon::Cross, "Removed a client for sign-in"),
        "grants.end" => (Tone::Warn, Icon::Cross, "A sign-in was ended"),
        "verifications.forgive" => (Tone::Accent, Icon::Undo, "Took wrong guesses back of"),
        "risk.rules" => (Tone::Accent, Icon::Alert, "Put other rules of risk into force"),
        "keys.create" => (Tone::Plain, Icon::Key, "Made an API key"),
        "keys.revoke" => (Tone::Warn, Icon::Key, "Revoked an API key"),
        "staff.add" => (Tone::Plain, Icon::Plus, "Added a member of staff"),
        "staff.password" => (Tone::Plain, Icon::Key, "Set a password"),
        "staff.disable" => (Tone::Warn, Icon::Cross, "Shut a member of staff out"),
        "staff.enable" => (Tone::Good, Icon::Check, "Let a member of staff in again"),
        "staff.sign_in" => (Tone::Plain, Icon::Customers, "A member of staff signed in"),
        "messages.reveal" => (Tone::Warn, Icon::Eye, "Read what a person wrote"),
        "webhooks.create" => (Tone::Plain, Icon::Link, "Added an endpoint"),
        "webhooks.change" => (Tone::Plain, Icon::Link, "Changed an endpoint"),
        "webhooks.rotate" => (Tone::Plain, Icon::Key, "Gave an endpoint a new secret"),
        "webhooks.disable" => (Tone::Warn, Icon::Link, "An endpoint is told nothing any more"),
        "webhooks.enable" => (Tone::Good, Icon::Link, "An endpoint is told again"),
        "webhooks.remove" => (Tone::Warn, Icon::Cross, "Removed an endpoint"),
        _ => (Tone::Plain, Icon::Audit, ""),
    }
}

/// A role as people call it, and what it may do.
pub(super) const fn role_words(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Owner => ("Owner", "Everything, staff and keys too."),
        Role::Manager => ("Manager", "Imports, acts on customers, reviews, reveals, audit."),
        Role::Agent => ("Agent", "Looks customers up, acts on them, reviews, reveals with a reason."),
        Role::Analyst => ("Analyst", "Figures, customers and imports; details stay masked."),
        Role::Privacy => ("Privacy", "Reveals, reads the audit log; erases with the command line."),
        Role::Viewer => ("Viewer", "Looks; changes and reveals nothing."),
    }
}

pub(super) const fn scope_words(scope: Scope) -> &'static str {
    match scope {
        Scope::NumbersRead => "Look numbers up",
        Scope::CustomersRead => "Find and read customers, details masked",
        Scope::CustomersWrite => "Register, merge, split, change numbers, undo",
        Scope::CustomersReveal => "See numbers, e-mails and addresses in the clear; audited",
        Scope::CustomersErase => "Destroy a customer's personal data",
        Scope::OrdersRead => "Read orders",
        Scope::ImportsRead => "See imports and their rejects",
        Scope::ImportsWrite => "Send order files",
        Scope::ReviewsRead => "See open doubts",
        Scope::ReviewsWrite => "Decide doubts",
        Scope::AuditRead => "Read and verify the audit log",
        Scope::VerificationsRead => "See proofs of numbers, their limits and budgets",
        Scope::VerificationsWrite => "Have codes sent and checked",
        Scope::RiskRead => "See assessments of risk and the rules",
        Scope::RiskAssess => "Have numbers assessed",
        Scope::RiskRules => "Write the rules of risk and try them",
        Scope::Messages => "Send messages and see what became of them",
        Scope::Sandbox => "Use the phones of the sandbox, in test mode",
        Scope::ClientsManage => "Manage programs that sign people in",
        Scope::WebhooksRead => "See where your programs are told of what happens",
        Scope::WebhooksManage => "Say where your programs are told of what happens",
        Scope::AccessManage => "Manage staff and keys",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_what_recognises_and_hide_the_rest() {
        let number = PhoneNumber::from_e164("+358401234567").unwrap();
        assert_eq!(masked(number), "+358 •••••• 567");
    }

    #[test]
    fn actors_are_called_by_name() {
        let shown = |text| actor(text).reveal().to_owned();
        assert_eq!(shown("staff:0190 (Sanna (day))"), "Sanna (day)");
        assert_eq!(shown("key:0190 (checkout)"), "key checkout");
        assert_eq!(shown("shell:root"), "root, on the machine");
        assert_eq!(shown("system:import"), "Trunkline");
    }

    #[test]
    fn decibans_are_odds() {
        // Ten decibans are odds of ten to one, twenty of a hundred to one.
        assert_eq!((percent(0), percent(10), percent(20), percent(-10)), (50, 91, 99, 9));
        assert_eq!((percent(i64::MAX), percent(i64::MIN)), (99, 1));
    }
}
