//! Operators that answer by the CAMARA interfaces: SIM Swap 2.1, Device Swap 1.0, Number Recycling 0.2, Call Forwarding Signal 0.4, Tenure 0.2 and Number Verification 2.1.
//!
//! Which operator is asked goes by the beginning of the number. What an operator does not know, may not say, or is too slow for is unknown.

mod operator;
mod wire;

use std::sync::Arc;

use base::{Context, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use numbering::PhoneNumber;
use serde_json::Value;

use crate::{
    question::Question,
    settings::{OperatorSettings, Settings},
    signal::{Finding, Signal, Why},
    source::{Answer, Lifetime, Source},
};
use operator::Operator;
use wire::Operation;

/// The operators of an installation.
#[derive(Clone, Debug)]
pub struct Camara {
    operators: Arc<[Arc<Operator>]>,
    periods: Periods,
}

/// What counts as lately.
#[derive(Clone, Copy, Debug)]
struct Periods {
    sim_hours: u32,
    device_hours: u32,
    recycled_days: i64,
    tenure_days: i64,
}

/// Forwarding is switched on and off in a moment.
const FORWARDING_SERVES_MICROS_MAX: i64 = 60 * Timestamp::SECOND;

impl Camara {
    /// `settings` say what counts as lately, `operators` who is asked.
    pub fn new(settings: &Settings, operators: impl IntoIterator<Item = OperatorSettings>) -> Self {
        Self {
            operators: operators.into_iter().map(|one| Arc::new(Operator::new(one))).collect(),
            periods: Periods {
                sim_hours: settings.sim_hours(),
                device_hours: settings.device_hours(),
                recycled_days: settings.recycled_days.into(),
                tenure_days: settings.tenure_days.into(),
            },
        }
    }

    /// Whoever is asked about a number: the longest prefix that fits.
    fn operator(&self, number: PhoneNumber) -> Option<&Arc<Operator>> {
        let e164 = number.e164();
        let fits = |operator: &&Arc<Operator>| operator.prefix_len(e164.as_str()).is_some();
        self.operators.iter().filter(fits).max_by_key(|operator| operator.prefix_len(e164.as_str()))
    }

    /// The day that an answer goes by, where it goes by one.
    fn day(&self, question: &Question, signal: Signal, now: Timestamp) -> i64 {
        match signal {
            Signal::Recycled => {
                question.known_since.map_or_else(|| now.day() - self.periods.recycled_days, Timestamp::day)
            }
            Signal::TenureShort => now.day() - self.periods.tenure_days,
            _ => 0,
        }
    }

    async fn look(&self, cx: &Context, question: &Question, signal: Signal) -> Result<Answer, Why> {
        let operator = self.operator(question.number).ok_or(Why::NotConfigured)?;
        let number = question.number;
        let date = Timestamp::from_micros(self.day(question, signal, cx.now()) * Timestamp::DAY).date();
        let ask = async |operation: Operation, body: Value| operator.ask(cx, operation, body).await;
        match signal {
            Signal::SimSwapped => {
                let swapped =
                    ask(Operation::SimSwapCheck, wire::within(number, self.periods.sim_hours)).await?;
                self.dated(cx, operator, number, (Operation::SimSwapDate, wire::is(&swapped, "swapped")?))
                    .await
            }
            Signal::DeviceSwapped => {
                let body = wire::within(number, self.periods.device_hours);
                let swapped = ask(Operation::DeviceSwapCheck, body).await?;
                self.dated(cx, operator, number, (Operation::DeviceSwapDate, wire::is(&swapped, "swapped")?))
                    .await
            }
            Signal::Recycled => {
                let said = ask(Operation::RecyclingCheck, wire::recycled(number, &date)).await?;
                Ok(wire::is(&said, "phoneNumberRecycled")?.into())
            }
            Signal::CallsForwarded => {
                let said = ask(Operation::Forwarding, wire::about(number)).await?;
                Ok(wire::is(&said, "active")?.into())
            }
            Signal::TenureShort => {
                let said = ask(Operation::Tenure, wire::tenure(number, &date)).await?;
                Ok((!wire::is(&said, "tenureDateCheck")?).into())
            }
            Signal::OtherPhone => {
                let phone = question.phone.as_ref().ok_or(Why::NotGiven)?;
                let said = operator.verify(cx, phone, wire::about(number)).await?;
                Ok((!wire::is(&said, "devicePhoneNumberVerified")?).into())
            }
            _ => Err(Why::NotConfigured),
        }
    }

    /// When it was, if it was. That the operator does not say when takes nothing from its yes.
    async fn dated(
        &self,
        cx: &Context,
        operator: &Operator,
        number: PhoneNumber,
        (operation, is_swapped): (Operation, bool),
    ) -> Result<Answer, Why> {
        if !is_swapped {
            return Ok(false.into());
        }
        let said = operator.ask(cx, operation, wire::about(number)).await.unwrap_or_default();
        let happened_at = wire::change(&said).filter(|at| *at <= cx.now());
        Ok(Answer { finding: Finding::Yes, happened_at })
    }
}

impl Source for Camara {
    fn signals(&self, question: &Question) -> Vec<Signal> {
        let Some(operator) = self.operator(question.number) else { return Vec::new() };
        let offers = |signal: &Signal| wire::interface_of(*signal).is_some_and(|name| operator.offers(name));
        Signal::ALL.iter().copied().filter(offers).collect()
    }

    fn lifetime(&self, question: &Question, signal: Signal, now: Timestamp) -> Option<Lifetime> {
        let operator = self.operator(question.number)?;
        let micros = match signal {
            // A proof of this moment, by a code that serves once.
            Signal::OtherPhone => return None,
            Signal::CallsForwarded => operator.lifetime_micros().min(FORWARDING_SERVES_MICROS_MAX),
            _ => operator.lifetime_micros(),
        };
        Some(Lifetime { micros, day: self.day(question, signal, now) })
    }

    fn ask<'a>(&'a self, cx: &'a Context, question: &'a Question, signal: Signal) -> BoxFuture<'a, Answer> {
        async move { self.look(cx, question, signal).await.unwrap_or_else(Answer::unknown) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Purpose;

    #[test]
    fn the_operator_with_the_longest_prefix_is_asked_for_what_it_offers() {
        let operator = |name: &str, prefixes: &[&str], interfaces: &[&str]| OperatorSettings {
            name: name.to_owned(),
            prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
            interfaces: interfaces.iter().map(|name| ((*name).to_owned(), String::new())).collect(),
            ..OperatorSettings::default()
        };
        let camara = Camara::new(
            &Settings::default(),
            [
                operator("elisa", &["+35840", "+35850"], &["sim-swap"]),
                operator("finland", &["+358"], &["sim-swap", "kyc-tenure"]),
                operator("bangladesh", &["+880"], &[]),
            ],
        );
        let question =
            |number: &str| Question::new(PhoneNumber::from_e164(number).unwrap(), Purpose::Recovery);
        for (number, name, signals) in [
            ("+358401234567", Some("elisa"), 1),
            ("+358451234567", Some("finland"), 2),
            ("+8801712345678", Some("bangladesh"), 6),
            ("+447700900123", None, 0),
        ] {
            let question = question(number);
            assert_eq!(camara.operator(question.number).map(|one| one.name()), name);
            assert_eq!(camara.signals(&question).len(), signals, "{number}");
        }
    }
}
