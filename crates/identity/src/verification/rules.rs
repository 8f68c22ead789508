//! What may happen to a verification: every rule, as functions of what stands, what is asked and the time. Nothing here touches a database.

use base::{Id, Timestamp};

use super::{
    Channel, Device, Outcome, Purpose, Reason, Refusal, Settings, Start, State, Verification, Visitor,
    budget::{Cost, Ledger},
    destination,
    limits::{AddressHour, Record},
};

/// What stands when somebody asks for something about a number.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Standing {
    pub number: Record,
    /// Of the device that asks, if it has our cookie.
    pub device: Option<Record>,
    /// Money for the number's part of the world.
    pub ledger: Ledger,
    /// What a send would cost.
    pub cost_micros: i64,
    /// What was asked for from the visitor's address in this hour.
    pub address: AddressHour,
    /// Whether an assessment of risk denies it.
    pub is_denied: bool,
}

/// What was decided about a send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sending {
    Sent {
        /// What would have refused it, were budgets not in shadow mode.
        despite: Option<Reason>,
    },
    Refused(Refusal),
}

impl Sending {
    pub const fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Sent { .. } => None,
            Self::Refused(refusal) => Some(refusal),
        }
    }
}

impl Verification {
    /// A new one, of which nothing is sent yet. The service has seen to it that texts are well formed.
    pub fn open(id: Id<Self>, start: &Start, settings: &Settings, now: Timestamp) -> Self {
        Self {
            id,
            number: start.number,
            purpose: start.purpose,
            channel: start.channel,
            language: start.language.clone(),
            approving: start.approving.clone(),
            link: start.link.clone(),
            origin: start.origin.clone(),
            digits: start.digits.unwrap_or_else(|| settings.digits()),
            customer: start.customer,
            device: start.visitor.device,
            state: State::Pending,
            sends: 0,
            guesses: 0,
            created_at: now,
            expires_at: now.plus_micros(settings.life_micros()),
            ended_at: None,
            sent_at: None,
        }
    }

    /// The state at a time: what waits for longer than its life has expired.
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.state {
            State::Pending if now >= self.expires_at => State::Expired,
            state => state,
        }
    }

    /// Whether asking again for the same means this one: its code is sent again. A code near its end is better followed by a new one.
    pub fn serves(&self, start: &Start, settings: &Settings, now: Timestamp) -> bool {
        let left = self.expires_at.as_micros().saturating_sub(now.as_micros());
        self.state_at(now) == State::Pending
            && left >= settings.left_micros_min()
            && self.number == start.number
            && self.purpose == start.purpose
            && self.approving == start.approving
            && self.device == start.visitor.device
            && self.customer == start.customer
            && self.link == start.link
            && !self.is_asked_for_by_one()
            && start.digits.is_none_or(|digits| digits == self.digits)
    }

    /// Whether it is the matter of one request alone: a caller check by link is approved for the client that asked, and no other request is answered by it.
    pub fn is_asked_for_by_one(&self) -> bool {
        self.purpose == Purpose::CallerCheck && self.link.is_some()
    }

    /// Whether another, of which something was just sent, ends it.
    pub fn is_followed_by(&self, start: &Start) -> bool {
        self.purpose == start.purpose
            && self.device == start.visitor.device
            && self.approving == start.approving
            && self.customer == start.customer
            && self.link.is_some() == start.link.is_some()
            && !self.is_asked_for_by_one()
    }

    /// Decides whether its code is sent, now and over this channel, and notes it where it counts.
    pub fn send(
        &mut self,
        standing: &mut Standing,
        settings: &Settings,
        channel: Channel,
        now: Timestamp,
    ) -> Sending {
        let part = destination::part_of_world(self.number);
        let cost = Cost { part: &part, micros: standing.cost_micros };
        let is_proven = standing.number.succeeded_at.is_some();
        if let Some(reason) =
            settings.destinations.refuse(self.number, channel).filter(|r| *r == Reason::Impossible)
        {
            return self.refused(standing, Refusal { reason, retry_at: None });
        }
        if standing.is_denied {
            return self.refused(standing, Refusal { reason: Reason::Risk, retry_at: None });
        }
        let own = match standing.number.may_send(&settings.limits, now) {
            Ok(()) => false,
            Err(_) if self.has_own_send(standing, settings, now) => true,
            Err(refusal) => return self.refused(standing, refusal),
        };
        let against = settings
            .destinations
            .refuse(self.number, channel)
            .or_else(|| {
                (standing.address.asked >= settings.limits.address_sends_an_hour_max)
                    .then_some(Reason::SendsOfAddress)
            })
            .or_else(|| {
                (!is_proven && settings.budgets.is_wasted(standing.address))
                    .then_some(Reason::ConversionOfAddress)
            })
            .or_else(|| standing.ledger.refuse(&settings.budgets, cost, is_proven, now));
        if let Some(reason) = against.filter(|_| !settings.budgets.shadow) {
            return self.refused(standing, Refusal { reason, retry_at: None });
        }
        self.sends += 1;
        (self.sent_at, self.channel) = (Some(now), channel);
        standing.number.note_send(now);
        if let Some(device) = standing.device.as_mut().filter(|_| own) {
            device.note_send(now);
        }
        standing.ledger.note_send(&settings.budgets, cost, (!is_proven).then_some(standing.address), now);
        standing.address.asked = standing.address.asked.saturating_add(1);
        standing.address.sent = standing.address.sent.saturating_add(u32::from(!is_proven));
        standing.ledger.day.would_be_refused += i64::from(against.is_some());
        Sending::Sent { despite: against }
    }

    /// Whether the known device that it was started from has a send of its own left, and nothing was sent a moment ago: impatience must not use it up.
    fn has_own_send(&self, standing: &Standing, settings: &Settings, now: Timestamp) -> bool {
        let limits = &settings.limits;
        standing.device.as_ref().is_some_and(|device| device.device_may_send(limits, now))
            && self.sent_at.is_none_or(|at| now >= resend_at(settings, at))
    }

    /// Sends nothing, for a reason that whoever asked for it knows.
    pub fn withhold(&self, standing: &mut Standing, reason: Reason) -> Sending {
        self.refused(standing, Refusal { reason, retry_at: None })
    }

    /// What is refused was asked for all the same, and counts for the address.
    fn refused(&self, standing: &mut Standing, refusal: Refusal) -> Sending {
        standing.ledger.day.refused += 1;
        standing.address.asked = standing.address.asked.saturating_add(1);
        Sending::Refused(refusal)
    }

    /// Decides about a guess. `is_right` says whether it is the code; it is taken into account only where a guess may be looked at, and a code that was never
    /// sent is right for nobody.
    pub fn check(
        &mut self,
        standing: &mut Standing,
        settings: &Settings,
        is_right: bool,
        now: Timestamp,
    ) -> Outcome {
        match self.state_at(now) {
            State::Pending => {}
            State::Approved => return Outcome::AlreadyApproved,
            State::Vouched => return Outcome::Vouched,
            State::Canceled => return Outcome::Canceled,
            State::Expired => return Outcome::Expired,
            State::UsedUp => return Outcome::UsedUp,
        }
        let limits = &settings.limits;
        let own = match standing.number.may_guess(limits, now) {
            Ok(()) => false,
            Err(_) if standing.device.as_ref().is_some_and(|device| device.device_may_guess(limits, now)) => {
                true
            }
            Err(refusal) => return Outcome::Limited(refusal),
        };
        self.guesses += 1;
        if is_right && self.sends > 0 {
            (self.state, self.ended_at) = (State::Approved, Some(now));
            let was_proven = standing.number.succeeded_at.is_some();
            standing.ledger.note_approved(&settings.budgets, was_proven, now);
            standing.address.approved = standing.address.approved.saturating_add(u32::from(!was_proven));
            standing.number.note_success(now);
            standing.device.iter_mut().for_each(|device| device.note_success(now));
            return Outcome::Approved;
        }
        standing.number.note_wrong(now);
        // What a device keeps for itself is used up only where the number's allowance was.
        if let Some(device) = standing.device.as_mut().filter(|_| own) {
            device.note_wrong(now);
        }
        if self.guesses >= limits.guesses_of_code_max {
            (self.state, self.ended_at) = (State::UsedUp, Some(now));
        }
        Outcome::Wrong { guesses_left: limits.guesses_of_code_max.saturating_sub(self.guesses) }
    }

    /// Ends it; false when it had ended already.
    pub fn cancel(&mut self, now: Timestamp) -> bool {
        self.end(State::Canceled, now)
    }

    /// Ends it as vouched for, on the word of whoever asked for it. Nothing was proven: no limit is lifted by it, and no tenure confirmed.
    pub fn vouch(&mut self, now: Timestamp) -> bool {
        self.end(State::Vouched, now)
    }

    fn end(&mut self, state: State, now: Timestamp) -> bool {
        let open = self.state_at(now) == State::Pending;
        if open {
            (self.state, self.ended_at) = (state, Some(now));
        }
        open
    }
}

/// When another code may be asked for, as a page may say it to anybody: it goes by the pause alone, not by what else is known of the number.
pub fn resend_at(settings: &Settings, now: Timestamp) -> Timestamp {
    now.plus_micros(settings.limits.sends_pause_seconds * Timestamp::SECOND)
}

/// Whether the device's record is looked at: only the one that a verification was started from has a part in it.
pub fn device_of(verification: &Verification, visitor: &Visitor) -> Option<Id<Device>> {
    visitor.device.filter(|device| verification.device == Some(*device))
}

#[cfg(test)]
mod tests;
