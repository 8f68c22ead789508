//! The verbs of verification: start, resend, check, cancel, look.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use base::{Context, Fault, Id, Page, PageRequest, ShopId};
use customers::{
    Customer, Customers, NumberKey, Whose,
    identity::{current, number_key},
};
use db::{
    Db, Row,
    audit::{self, Entry},
    together::Together,
};
use messaging::Messages;
use risk::Risk;
use vault::Vault;

use super::{
    Channel, Check, Checked, Doubt, Filter, Purpose, Settings, Start, Started, State, Story, Verification,
    Visitor, Which,
    code::{self, DIGITS_MAX, DIGITS_MIN},
    link::{self, Token},
    rows, texts,
    turn::{self, Answer, Asked, Means, Request, Shown, Target, Turns},
};

/// The verifications of the installation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Verifications {
    pub(super) means: Arc<Means>,
    turns: Arc<Turns>,
    looked_up: Arc<Together<(ShopId, Id<Verification>), Option<Row>>>,
    shop_names: Arc<Mutex<HashMap<ShopId, Arc<str>>>>,
}

impl Verifications {
    pub fn new(
        db: Db,
        vault: Vault,
        messages: Messages,
        customers: Customers,
        risk: Risk,
        settings: Settings,
    ) -> Self {
        let means = Arc::new(Means { db, vault, messages, customers, risk, settings });
        Self { means, turns: Arc::default(), looked_up: Arc::default(), shop_names: Arc::default() }
    }

    pub fn settings(&self) -> &Settings {
        &self.means.settings
    }

    /// Sends a code, unless a limit forbids it. The same verification is open for the same number, purpose, device and thing approved: asking again sends the same code
    /// again. It takes one commit, whatever comes of it.
    pub async fn start(&self, cx: &Context, start: Start) -> Result<Started, Fault> {
        let mut start = self.well_formed(start)?;
        if let Some(customer) = start.customer {
            let (customer, is_holder) = self.means.customers.holds(cx, customer, start.number).await?;
            start.customer = Some(customer);
            if !is_holder && start.purpose == Purpose::CallerCheck {
                let message = "This customer does not hold the number, so a code to it would prove nothing.";
                return Err(Fault::conflict("customer_not_holder", message).field("customer"));
            }
        }
        let id: Id<Verification> = cx.new_id();
        let number_key = self.number_key(cx.shop, start.number);
        let sealed = rows::seal(&self.means.vault, id, start.number, start.approving.as_deref());
        let visitor = start.visitor;
        let is_denied = self.is_denied(cx, (start.number, start.purpose, start.channel), visitor).await?;
        let asked = Asked::Start { start, number_key, id, sealed };
        started(self.ask_unless(is_denied, cx, visitor, asked).await?)
    }

    /// What cannot be asked for is refused before anything is counted.
    fn well_formed(&self, mut start: Start) -> Result<Start, Fault> {
        start.number = current(start.number);
        start.language = texts::language_of(&start.language).to_owned();
        if start.digits.is_some_and(|digits| !(DIGITS_MIN..=DIGITS_MAX).contains(&digits)) {
            let message = format!("A code has {DIGITS_MIN} to {DIGITS_MAX} digits.");
            return Err(Fault::invalid("digits_out_of_range", message).field("digits"));
        }
        if let Some(page) = &start.link {
            is_link_possible(&start, page)?;
        }
        let says = start.purpose.approves_something()
            || start.link.is_some() && start.purpose == Purpose::CallerCheck;
        start.approving = match (start.approving, says) {
            (Some(text), true) => Some(texts::approving(&text)?),
            (None, false) => None,
            (None, true) => {
                let message = "Say what is being approved; the text will say it.";
                return Err(Fault::invalid("approving_missing", message).field("approving"));
            }
            (Some(_), false) => {
                let message = "Only a step-up says what is being approved.";
                return Err(Fault::invalid("approving_not_here", message).field("approving"));
            }
        };
        start.origin = match start.origin.or_else(|| self.means.settings.origin.clone()) {
            Some(origin) => Some(texts::origin(&origin)?),
            None => None,
        };
        Ok(start)
    }

    /// Sends the code of an open verification again, over another channel if one is named.
    pub async fn resend(
        &self,
        cx: &Context,
        id: Id<Verification>,
        channel: Option<Channel>,
        visitor: Visitor,
    ) -> Result<Started, Fault> {
        let one = self.kept(cx, id).await?.verification;
        let subject = (one.number, one.purpose, channel.unwrap_or(one.channel));
        let is_denied = self.is_denied(cx, subject, visitor).await?;
        started(self.ask_unless(is_denied, cx, visitor, Asked::Resend { id, channel }).await?)
    }

    /// Looks at a code. It takes one commit; whatever is counted is counted before the answer is given.
    pub async fn check(&self, cx: &Context, check: Check) -> Result<Checked, Fault> {
        let which = match check.which {
            Which::Id(id) => Target::Id(id),
            Which::Number(number) => Target::Number(self.number_key(cx.shop, number)),
        };
        let shown = Shown::Code(code::read(check.code.reveal()));
        self.look_at(cx, check.visitor, Asked::Check { which, purpose: check.purpose, shown }).await
    }

    /// Looks at a link whose button was pressed. It serves once, like a code, and is counted like one.
    pub async fn check_link(
        &self,
        cx: &Context,
        purpose: Purpose,
        token: Token,
        visitor: Visitor,
    ) -> Result<Checked, Fault> {
        let which = Target::Id(token.id);
        self.look_at(cx, visitor, Asked::Check { which, purpose, shown: Shown::Link(token) }).await
    }

    async fn look_at(&self, cx: &Context, visitor: Visitor, asked: Asked) -> Result<Checked, Fault> {
        match self.ask(cx, visitor, asked).await? {
            Answer::Checked(checked) => Ok(checked),
            _ => Err(unknown()),
        }
    }

    /// The verification of a link, for the page that it opens. Nothing is counted or used up: who has the right secret has the text, and nobody finds one by trying.
    pub async fn of_link(&self, cx: &Context, token: &Token) -> Result<Verification, Fault> {
        let kept = self.kept(cx, token.id).await?;
        let own = Token::derive(&self.means.vault.indexes(cx.shop).code, kept.binding());
        if kept.verification.link.is_none() || !own.is_same(token) {
            return Err(unknown());
        }
        Ok(turn::shown(kept.verification, cx.now()))
    }

    /// Whose number an approved verification proved: confirms the holder's tenure, or opens an account of its own for a new holder. Safe to repeat; a job does
    /// it too, so that a proof never remains without its tenure.
    pub async fn holder(&self, cx: &Context, id: Id<Verification>) -> Result<Id<Customer>, Fault> {
        let found = self.kept(cx, id).await?;
        if found.story.iter().any(|one| one.doubt() == Some(Doubt::HolderSilent)) {
            return Err(customers::holder_silent());
        }
        let is_known = found
            .story
            .iter()
            .any(|happening| matches!(happening.kind.as_str(), "known_device" | "recognised"));
        let one = found.verification;
        let Some(at) = one.ended_at.filter(|_| one.state == State::Approved) else {
            let message = "This verification has not been approved; it proves nothing.";
            return Err(Fault::conflict("verification_not_approved", message).field("verification"));
        };
        let holder = self.means.customers.prove(cx, one.number, one.customer, is_known, at).await?;
        let shop = cx.shop;
        if one.customer != Some(holder) {
            let told = turn::not_theirs(cx, one.customer, Whose::Theirs(holder));
            let told: Vec<_> = told.map(|happening| (shop, id, happening)).into_iter().collect();
            self.means
                .db
                .write(async move |tx| {
                    rows::set_customers(tx, &[(shop, id, Some(holder))]).await?;
                    rows::tell(tx, told.clone()).await
                })
                .await?;
        }
        Ok(holder)
    }

    /// Ends an open verification: its code serves no more. One that has ended already is given as it is.
    pub async fn cancel(&self, cx: &Context, id: Id<Verification>) -> Result<Verification, Fault> {
        self.end(cx, id, false).await
    }

    /// Ends an open verification as approved, on the caller's word: for callers in the shapes of others that do so. It is no proof of ours: no limit is
    /// lifted by it, and no tenure confirmed.
    pub async fn vouch(&self, cx: &Context, id: Id<Verification>) -> Result<Verification, Fault> {
        self.end(cx, id, true).await
    }

    async fn end(&self, cx: &Context, id: Id<Verification>, is_vouched: bool) -> Result<Verification, Fault> {
        match self.ask(cx, Visitor::default(), Asked::End { id, is_vouched }).await? {
            Answer::Canceled(verification) | Answer::Ended(verification) => Ok(verification),
            _ => Err(unknown()),
        }
    }

    /// A verification with its story.
    pub async fn get(&self, cx: &Context, id: Id<Verification>) -> Result<Story, Fault> {
        let kept = self.kept(cx, id).await?;
        Ok(Story { verification: turn::shown(kept.verification, cx.now()), happenings: kept.story })
    }

    /// The newest first.
    pub async fn list(
        &self,
        cx: &Context,
        filter: Filter,
        page: &PageRequest,
    ) -> Result<Page<Verification>, Fault> {
        let (shop, now, limit, vault) = (cx.shop, cx.now(), page.limit, self.means.vault.clone());
        let number = filter.number.map(|number| self.number_key(shop, number));
        let before = page.after_key().unwrap_or(Id::from_uuid(uuid::Uuid::max()));
        let found = self
            .means
            .db
            .read(async move |tx| rows::list(tx, &vault, shop, number, before, limit + 1).await)
            .await?;
        let views = found.into_iter().map(|kept| turn::shown(kept.verification, now)).collect();
        let mut page = Page::of(views, limit, |last: &Verification| last.id.to_string());
        // States change by time alone, so a page of one state may have fewer than its limit.
        page.items.retain(|one| filter.state.is_none_or(|state| one.state == state));
        Ok(page)
    }

    /// Takes the wrong guesses of a number back, after somebody has made sure of its holder by other means: kept in the audit trail.
    pub async fn forgive(
        &self,
        cx: &Context,
        number: numbering::PhoneNumber,
        reason: &str,
    ) -> Result<(), Fault> {
        let reason = reason.trim().to_owned();
        if reason.is_empty() || reason.chars().count() > customers::REASON_CHARS_MAX {
            let message = "Say why, in at most 500 characters; the reason is kept in the audit trail.";
            return Err(Fault::invalid("reason_missing", message).field("reason"));
        }
        let (key, cx) = (self.number_key(cx.shop, number), cx.clone());
        let (indexes, masked) = (self.means.vault.indexes(cx.shop), number.mask());
        self.means
            .db
            .write(async move |tx| {
                rows::records::take_turns(tx, &[cx.shop]).await?;
                rows::records::forgive(tx, cx.shop, key).await?;
                let subject = format!("number:{masked}");
                let details = serde_json::json!({});
                let action = "verifications.forgive";
                audit::append(
                    tx,
                    &cx,
                    &indexes,
                    Entry { action, subject, customer: None, reason: &reason, details },
                )
                .await?;
                Ok(())
            })
            .await
    }

    async fn ask(&self, cx: &Context, visitor: Visitor, asked: Asked) -> Result<Answer, Fault> {
        self.ask_unless(false, cx, visitor, asked).await
    }

    async fn ask_unless(
        &self,
        is_denied: bool,
        cx: &Context,
        visitor: Visitor,
        asked: Asked,
    ) -> Result<Answer, Fault> {
        let request = Request {
            cx: cx.clone(),
            now: cx.now(),
            visitor,
            address_key: visitor.address.map(|address| self.address_key(cx.shop, address)),
            shop_name: self.shop_name(cx.shop).await?,
            is_denied,
            asked,
        };
        self.turns.serve(&self.means, request).await
    }

    pub(super) async fn kept(&self, cx: &Context, id: Id<Verification>) -> Result<rows::Kept, Fault> {
        let found = self.looked_up.read(&self.means.db, (cx.shop, id), rows::look_up).await?;
        rows::kept(&self.means.vault, &found.ok_or_else(unknown)?)
    }

    fn number_key(&self, shop: ShopId, number: numbering::PhoneNumber) -> NumberKey {
        number_key(&self.means.vault.indexes(shop), number)
    }

    /// A network of one household or company is one address: of IPv6 the first half counts.
    fn address_key(&self, shop: ShopId, address: IpAddr) -> [u8; 32] {
        let bytes = match address.to_canonical() {
            IpAddr::V4(four) => four.octets().to_vec(),
            IpAddr::V6(six) => six.octets()[..8].to_vec(),
        };
        self.means.vault.indexes(shop).device.of_parts([&b"address"[..], &bytes])
    }

    /// How people read the shop's name; looked up once.
    pub(super) async fn shop_name(&self, shop: ShopId) -> Result<Arc<str>, Fault> {
        let known = self.shop_names.lock().unwrap_or_else(PoisonError::into_inner).get(&shop).cloned();
        if let Some(name) = known {
            return Ok(name);
        }
        let found = self.means.db.read(async move |tx| crate::rows::shop_by_id(tx, shop).await).await?;
        let name: Arc<str> = found.map(|shop| shop.name).unwrap_or_default().into();
        self.shop_names.lock().unwrap_or_else(PoisonError::into_inner).insert(shop, Arc::clone(&name));
        Ok(name)
    }
}

/// Whether the text may hold a link to this page.
fn is_link_possible(start: &Start, page: &str) -> Result<(), Fault> {
    if !start.purpose.may_be_by_link() || start.channel == Channel::Voice {
        let message = "A link is for a recovery or a caller check, and is written, not spoken.";
        return Err(Fault::invalid("link_not_here", message).field("purpose"));
    }
    let is_address = ["https://", "http://"].iter().any(|scheme| page.starts_with(scheme))
        && page.bytes().all(|byte| byte.is_ascii_graphic())
        && page.len() <= link::PAGE_BYTES_MAX;
    if is_address { Ok(()) } else { Err(Fault::internal("a link to something that is no page")) }
}

fn started(answer: Answer) -> Result<Started, Fault> {
    match answer {
        Answer::Started(started) => Ok(started),
        Answer::Ended(one) => {
            let message = format!("This verification has ended ({}); start another.", one.state);
            Err(Fault::conflict("verification_ended", message).detail("state", one.state.code()))
        }
        _ => Err(unknown()),
    }
}

pub(super) fn unknown() -> Fault {
    Fault::not_found("verification_unknown", "There is no verification with this id and purpose.")
        .field("verification")
}
