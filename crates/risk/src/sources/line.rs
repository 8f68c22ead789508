//! The kind of line, by the plan of the number's country.

use base::{Context, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use numbering::{LineType, PhoneNumber, Region};

use crate::{
    question::Question,
    signal::{Signal, Why},
    source::{Answer, Lifetime, Source},
};

/// Knows what numbers are for.
#[derive(Clone, Copy, Debug)]
pub struct Line;

/// What the plan says. Pure.
fn say(number: PhoneNumber, signal: Signal) -> Answer {
    let (region, line) = number.region_and_line_type();
    let has_country = region.is_some_and(|region| region != Region::NON_GEOGRAPHIC);
    let is = match signal {
        // Satellite phones and other numbers of no country.
        Signal::LineUnusual if !has_country => true,
        _ if line == LineType::Unknown => return Answer::unknown(Why::NothingKnown),
        Signal::LineUnusual => matches!(
            line,
            LineType::TollFree
                | LineType::PremiumRate
                | LineType::SharedCost
                | LineType::Pager
                | LineType::Uan
                | LineType::Voicemail
        ),
        Signal::LineVoip => line == LineType::Voip,
        Signal::LineFixed => line == LineType::FixedLine,
        _ => return Answer::unknown(Why::NotConfigured),
    };
    is.into()
}

impl Source for Line {
    fn signals(&self, _: &Question) -> Vec<Signal> {
        vec![Signal::LineUnusual, Signal::LineVoip, Signal::LineFixed]
    }

    fn lifetime(&self, _: &Question, _: Signal, _: Timestamp) -> Option<Lifetime> {
        None
    }

    fn ask<'a>(&'a self, _: &'a Context, question: &'a Question, signal: Signal) -> BoxFuture<'a, Answer> {
        async move { say(question.number, signal) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Finding;

    #[test]
    fn lines_are_told_apart() {
        use Finding::{No, Yes};
        for (number, unusual, voip, fixed) in [
            ("+358401234567", No, No, No),
            ("+35894245678", No, No, Yes),
            ("+881612345678", Yes, No, No),
            ("+18005550199", Yes, No, No),
            ("+445612345678", No, Yes, No),
        ] {
            let number = PhoneNumber::from_e164(number).unwrap();
            let is = |signal| say(number, signal).finding;
            let found = (is(Signal::LineUnusual), is(Signal::LineVoip), is(Signal::LineFixed));
            assert_eq!(found, (unusual, voip, fixed), "{}", number.e164().as_str());
        }
    }
}
