//! Who is asked about numbers: the house itself, and operators; in test mode the sandbox, where no operator on this machine is configured.

use std::sync::Arc;

use base::{Context, Timestamp};
use customers::Customers;
use db::Db;
use futures::{FutureExt as _, future::BoxFuture};
use identity::verification::Reputation;
use risk::{
    Answer, Lifetime, OperatorSettings, Question, Risk, Settings, Signal, Source, Why,
    camara::Camara,
    sources::{Counted, Holders, Line},
};
use sandbox::{Sandbox, Silence};
use vault::Vault;

use crate::{Config, sending::is_open};

/// Everyone together.
pub(crate) fn risk(
    config: &Config,
    (db, vault): (&Db, &Vault),
    customers: &Customers,
    sandbox: &Sandbox,
) -> Risk {
    let settings = &config.risk;
    let operators = operators(config);
    let mut sources: Vec<Arc<dyn Source>> = vec![
        Arc::new(Line),
        Arc::new(Counted::new(db.clone(), vault.clone(), settings.velocity)),
        Arc::new(Holders::new(customers.clone(), settings.changed_hands_days)),
        Arc::new(Reputation::new(db.clone(), config.verification.budgets.clone())),
    ];
    if config.test_mode && operators.is_empty() {
        sources.push(Arc::new(InTheBox { sandbox: sandbox.clone(), settings: settings.clone() }));
    } else {
        sources.push(Arc::new(Camara::new(settings, operators)));
    }
    Risk::new(db.clone(), vault.clone(), settings.clone(), sources)
}

/// Those that may be asked: in test mode only such as are on this machine.
fn operators(config: &Config) -> Vec<OperatorSettings> {
    let is_open = |one: &&OperatorSettings| is_open(config, &one.base_url) && is_open(config, &one.token_url);
    config.risk.operators.iter().filter(is_open).cloned().collect()
}

/// The sandbox as everybody's operator, asked without a line. Over HTTP it speaks CAMARA under `/sandbox/camara`.
#[derive(Debug)]
struct InTheBox {
    sandbox: Sandbox,
    settings: Settings,
}

impl InTheBox {
    async fn look(&self, cx: &Context, question: &Question, signal: Signal) -> Result<Answer, Silence> {
        if signal == Signal::OtherPhone {
            // The phone that asks says in place of a code which number it has.
            let Some(phone) = &question.phone else { return Ok(Answer::unknown(Why::NotGiven)) };
            return Ok((phone.code.reveal().as_str() != question.number.e164().as_str()).into());
        }
        let (phone, now) = (self.sandbox.as_operator(cx, question.number).await?, cx.now());
        let days_ago = |days: u32| now.day() - i64::from(days);
        Ok(match signal {
            Signal::SimSwapped if phone.was_swapped(now, self.settings.sim_swapped_hours.into()) => {
                Answer { finding: true.into(), happened_at: phone.sim_swapped_at }
            }
            Signal::SimSwapped | Signal::DeviceSwapped => false.into(),
            Signal::Recycled => {
                let since =
                    question.known_since.map_or(days_ago(self.settings.recycled_days), Timestamp::day);
                phone.has_changed_hands(since).into()
            }
            Signal::CallsForwarded => phone.is_forwarded.into(),
            Signal::TenureShort => (phone.held_since(now).day() > days_ago(self.settings.tenure_days)).into(),
            _ => Answer::unknown(Why::NotConfigured),
        })
    }
}

impl Source for InTheBox {
    fn signals(&self, _: &Question) -> Vec<Signal> {
        Signal::ALL.iter().copied().filter(|signal| signal.is_of_operator()).collect()
    }

    /// Whoever swaps a SIM on the screen sees it at once.
    fn lifetime(&self, _: &Question, _: Signal, _: Timestamp) -> Option<Lifetime> {
        None
    }

    fn ask<'a>(&'a self, cx: &'a Context, question: &'a Question, signal: Signal) -> BoxFuture<'a, Answer> {
        async move {
            self.look(cx, question, signal).await.unwrap_or_else(|silence| {
                Answer::unknown(match silence {
                    Silence::UnknownNumber | Silence::NotOfThisLine => Why::CannotSay,
                    Silence::Busy | Silence::Broken(_) => Why::Failed,
                })
            })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_test_mode_no_operator_elsewhere_is_asked() {
        let operator = |name: &str, base: &str, token: &str| OperatorSettings {
            name: name.to_owned(),
            base_url: base.to_owned(),
            token_url: token.to_owned(),
            ..OperatorSettings::default()
        };
        let mut config = Config { test_mode: true, ..Config::default() };
        config.risk.operators = vec![
            operator("here", "http://127.0.0.1:9000/camara", "http://127.0.0.1:9000/token"),
            operator("elsewhere", "https://api.operator.example", "https://api.operator.example/token"),
            operator("half", "http://127.0.0.1:9000", "https://api.operator.example/token"),
        ];
        let names = |config: &Config| operators(config).into_iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names(&config), ["here"]);
        assert_eq!(names(&Config { test_mode: false, ..config }), ["here", "elsewhere", "half"]);
    }
}
