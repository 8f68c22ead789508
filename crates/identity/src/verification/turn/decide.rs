//! One request after another: what it is about is taken from the desk, decided by the rules, and put back.

use base::{Id, Timestamp};
use messaging::segments;

use super::{
    Answer, Asked, Request, Shown, Target,
    desk::{Approved, Case, Desk, of_device},
};
use crate::verification::{
    Channel, Checked, Happening, Outcome, Purpose, Reason, Start, Started, State, Verification, code,
    destination,
    link::Token,
    rows::{Kept, Sealed},
    rules::{self, Sending, Standing},
};

/// Happenings kept of one verification; whoever asks more often than that adds nothing to its story.
const STORY_MAX: usize = 40;

impl Desk<'_> {
    pub fn decide(&mut self, request: &Request) -> Answer {
        match &request.asked {
            Asked::Start { start, id, sealed, number_key } => {
                let open = self.open_for(request, start, *number_key);
                let id =
                    open.unwrap_or_else(|| self.lay_down(request, start, (*id, *number_key, sealed.clone())));
                let answer = match start.withheld {
                    None => self.send(request, id, start.channel),
                    Some(reason) => self.withhold(request, id, reason),
                };
                if matches!(&answer, Answer::Started(started) if started.refused.is_none()) {
                    self.supersede(request, start, (*number_key, id));
                }
                answer
            }
            Asked::Resend { id, channel } => {
                let Some(case) = self.case_of(request, *id) else { return Answer::Unknown };
                let verification = case.kept.verification.clone();
                match verification.state_at(request.now) {
                    State::Pending => {
                        // Nobody writes a link down while it is read out.
                        let asked =
                            channel.filter(|one| verification.link.is_none() || *one != Channel::Voice);
                        self.send(request, *id, asked.unwrap_or(verification.channel))
                    }
                    _ => Answer::Ended(shown(verification, request.now)),
                }
            }
            Asked::Check { which, purpose, shown } => match self.meant(request, *which, *purpose) {
                Some(id) => self.check(request, id, shown),
                None => Answer::Checked(Checked { outcome: Outcome::Unknown, verification: None }),
            },
            Asked::End { id, is_vouched } => self.end(request, *id, *is_vouched),
        }
    }

    fn case_of(&mut self, request: &Request, id: Id<Verification>) -> Option<&mut Case> {
        self.cases.get_mut(&id).filter(|case| case.kept.shop == request.cx.shop)
    }

    /// The open verification that asking for this means again, the newest.
    fn open_for(
        &self,
        request: &Request,
        start: &Start,
        number: customers::NumberKey,
    ) -> Option<Id<Verification>> {
        let settings = &self.means.settings;
        let serves = |case: &&Case| {
            case.kept.shop == request.cx.shop
                && case.kept.number_key == number
                && case.kept.verification.serves(start, settings, request.now)
        };
        self.cases.values().rev().find(serves).map(|case| case.kept.verification.id)
    }

    /// A code near its end serves no more once another was sent in its place.
    fn supersede(
        &mut self,
        request: &Request,
        start: &Start,
        (number, by): (customers::NumberKey, Id<Verification>),
    ) {
        for case in self.cases.values_mut() {
            let one = &mut case.kept.verification;
            let is_replaced = one.id != by
                && case.kept.shop == request.cx.shop
                && case.kept.number_key == number
                && one.is_followed_by(start);
            if is_replaced && one.cancel(request.now) {
                tell(case, request, "superseded", None, None);
            }
        }
    }

    fn lay_down(
        &mut self,
        request: &Request,
        start: &Start,
        (id, number_key, sealed): (Id<Verification>, customers::NumberKey, Sealed),
    ) -> Id<Verification> {
        let kept = Kept {
            shop: request.cx.shop,
            number_key,
            part: destination::part_of_world(start.number),
            verification: Verification::open(id, start, &self.means.settings, request.now),
            story: Vec::new(),
        };
        let was = kept.verification.state;
        self.cases.insert(id, Case { kept, sealed: Some(sealed), was, is_changed: true });
        id
    }

    /// Everything that stands for a verification and whoever asks.
    fn standing(&self, request: &Request, kept: &Kept) -> Standing {
        let (shop, number) = (kept.shop, kept.number_key);
        let device = rules::device_of(&kept.verification, &request.visitor);
        Standing {
            number: self.number(&(shop, number)),
            device: device.map(|device| self.device(&of_device(shop, number, device))),
            ledger: self.ledger(shop, &kept.part, request.now),
            cost_micros: 0,
            address: self.address(request),
            is_denied: request.is_denied,
        }
    }

    /// Puts back what the rules changed.
    fn put_back(&mut self, request: &Request, kept: &Kept, standing: Standing) {
        let (shop, number) = (kept.shop, kept.number_key);
        self.put_number((shop, number), standing.number);
        if let Some((device, record)) =
            rules::device_of(&kept.verification, &request.visitor).zip(standing.device)
        {
            self.put_device(of_device(shop, number, device), record);
        }
        self.put_ledger(shop, &kept.part, request.now, standing.ledger);
    }

    fn send(&mut self, request: &Request, id: Id<Verification>, channel: Channel) -> Answer {
        let Some(mut case) = self.cases.remove(&id) else { return Answer::Unknown };
        let mut standing = self.standing(request, &case.kept);
        standing.cost_micros = self.cost(request, &case.kept, channel);
        let settings = &self.means.settings;
        let sending = case.kept.verification.send(&mut standing, settings, channel, request.now);
        match sending {
            Sending::Sent { despite } => {
                tell(&mut case, request, "sent", despite, Some(channel));
                self.put_address(request, standing.address);
                self.put_back(request, &case.kept, standing);
                self.enqueue(&request.cx, &case.kept.verification);
            }
            Sending::Refused(_) => self.note_refusal(request, &mut case, standing, sending),
        }
        self.started(request, case, sending)
    }

    /// Sends nothing, for a reason that whoever asks brings along, and answers as to any other start.
    fn withhold(&mut self, request: &Request, id: Id<Verification>, reason: Reason) -> Answer {
        let Some(mut case) = self.cases.remove(&id) else { return Answer::Unknown };
        let mut standing = self.standing(request, &case.kept);
        let sending = case.kept.verification.withhold(&mut standing, reason);
        self.note_refusal(request, &mut case, standing, sending);
        self.started(request, case, sending)
    }

    fn note_refusal(&mut self, request: &Request, case: &mut Case, standing: Standing, sending: Sending) {
        if let Some(refusal) = sending.refusal() {
            tell_once(case, request, "refused", refusal.reason, Some(case.kept.verification.channel));
        }
        self.put_address(request, standing.address);
        self.put_ledger(case.kept.shop, &case.kept.part, request.now, standing.ledger);
    }

    fn started(&mut self, request: &Request, case: Case, sending: Sending) -> Answer {
        let verification = shown(case.kept.verification.clone(), request.now);
        self.cases.insert(verification.id, case);
        let resend_at = rules::resend_at(&self.means.settings, request.now);
        Answer::Started(Started { verification, resend_at, refused: sending.refusal() })
    }

    /// What a code over this channel costs: what its route says, else the settings; for each segment of its text.
    fn cost(&self, request: &Request, kept: &Kept, channel: Channel) -> i64 {
        let one = &kept.verification;
        let budgets = &self.means.settings.budgets;
        let price = self.means.messages.price(channel, &one.purpose.of_message(), one.number);
        let price = price.filter(|price| price.currency.code() == budgets.currency);
        let price = price.map_or_else(|| budgets.price(&kept.part), |price| price.micros);
        if channel != Channel::Sms {
            return price;
        }
        // As it will be sent.
        let text = kept.text(&self.means.vault, channel, &request.shop_name);
        price.saturating_mul(segments::count(text.reveal()).segments.into())
    }

    /// Which verification a check means. One of another purpose is none. By the number it is the newest whose code was sent: one of which nothing was sent does not stand
    /// in the way of a code that somebody has in hand.
    fn meant(&self, request: &Request, which: Target, purpose: Purpose) -> Option<Id<Verification>> {
        let is_meant = |case: &&Case| {
            let kept = &case.kept;
            let fits = match which {
                Target::Id(id) => kept.verification.id == id,
                Target::Number(number) => {
                    kept.number_key == number
                        && kept.verification.link.is_none()
                        && kept.verification.device == request.visitor.device
                        && kept.verification.expires_at > request.now
                }
            };
            fits && kept.shop == request.cx.shop && kept.verification.purpose == purpose
        };
        let newest = |sends_min: u32| {
            let mut newest_first = self.cases.values().rev().filter(is_meant);
            newest_first.find(|case| case.kept.verification.sends >= sends_min)
        };
        newest(1).or_else(|| newest(0)).map(|case| case.kept.verification.id)
    }

    fn check(&mut self, request: &Request, id: Id<Verification>, shown_to_us: &Shown) -> Answer {
        let Some(mut case) = self.cases.remove(&id) else { return Answer::Unknown };
        let mut standing = self.standing(request, &case.kept);
        let has_succeeded = standing.device.as_ref().is_some_and(|device| device.succeeded_at.is_some());
        let is_recognised = request.visitor.is_recognised && case.kept.verification.customer.is_some();
        let is_right = self.is_right(&case.kept, shown_to_us);
        let is_open = case.kept.verification.state_at(request.now) == State::Pending;
        let outcome = if is_open && matches!(shown_to_us, Shown::Code(None)) {
            Outcome::Unreadable
        } else {
            case.kept.verification.check(&mut standing, &self.means.settings, is_right, request.now)
        };
        match outcome {
            Outcome::Approved => {
                if has_succeeded {
                    tell(&mut case, request, "known_device", None, None);
                }
                if is_recognised {
                    tell(&mut case, request, "recognised", None, None);
                }
                let is_known = has_succeeded || is_recognised;
                tell(&mut case, request, "approved", None, None);
                self.approved.push(Approved { cx: request.cx.clone(), id, is_known });
            }
            Outcome::Wrong { .. } => tell(&mut case, request, "wrong", None, None),
            Outcome::Limited(refusal) => tell_once(&mut case, request, "not_evaluated", refusal.reason, None),
            _ => {}
        }
        if outcome == Outcome::Approved {
            self.put_address(request, standing.address);
        }
        if matches!(outcome, Outcome::Approved | Outcome::Wrong { .. }) {
            self.put_back(request, &case.kept, standing);
        }
        let verification = Some(shown(case.kept.verification.clone(), request.now));
        self.cases.insert(id, case);
        Answer::Checked(Checked { outcome, verification })
    }

    /// A link serves where a link was sent, and a code where a code was.
    fn is_right(&self, kept: &Kept, shown_to_us: &Shown) -> bool {
        let key = &self.means.vault.indexes(kept.shop).code;
        match (shown_to_us, &kept.verification.link) {
            (Shown::Code(Some(typed)), None) => code::is_same(&code::derive(key, kept.binding()), typed),
            (Shown::Link(token), Some(_)) => Token::derive(key, kept.binding()).is_same(token),
            _ => false,
        }
    }

    fn end(&mut self, request: &Request, id: Id<Verification>, is_vouched: bool) -> Answer {
        let Some(case) = self.case_of(request, id) else { return Answer::Unknown };
        let one = &mut case.kept.verification;
        let (has_ended, kind) = match is_vouched {
            true => (one.vouch(request.now), "vouched"),
            false => (one.cancel(request.now), "canceled"),
        };
        if has_ended {
            tell(case, request, kind, None, None);
        }
        let verification = shown(case.kept.verification.clone(), request.now);
        if has_ended { Answer::Canceled(verification) } else { Answer::Ended(verification) }
    }
}

/// As it may be shown: what is past its time has expired.
pub(in crate::verification) fn shown(verification: Verification, now: Timestamp) -> Verification {
    Verification { state: verification.state_at(now), ..verification }
}

/// Adds to the story.
fn tell(case: &mut Case, request: &Request, kind: &str, reason: Option<Reason>, channel: Option<Channel>) {
    case.is_changed = true;
    let ends =
        matches!(kind, "known_device" | "recognised" | "approved" | "vouched" | "canceled" | "superseded");
    if case.kept.story.len() < STORY_MAX || ends {
        let (at, actor) = (request.now, request.cx.actor.to_string());
        case.kept.story.push(Happening { at, kind: kind.to_owned(), reason, channel, actor, about: None });
    }
}

/// The same, unless the story's last word is the same already: whoever asks again and again adds nothing.
fn tell_once(case: &mut Case, request: &Request, kind: &str, reason: Reason, channel: Option<Channel>) {
    if case.kept.story.last().is_none_or(|last| last.kind != kind || last.reason != Some(reason)) {
        tell(case, request, kind, Some(reason), channel);
    }
}
