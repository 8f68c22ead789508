//! Many at once, over several programs and restarts: exactly as many get in as may.

use std::sync::Arc;

use base::Id;
use identity::verification::{Channel, Check, Outcome, Purpose, Reason, Start, State, Visitor, Which};
use messaging::Composer as _;

use testkit::counts::rivals;

use crate::house::{DAY, House, Program, SECOND, number, sign_in, wrong};

testkit::stories! { crate::house::House::open =>
    a_code_is_sent_and_serves_once
    of_many_wrong_guesses_five_are_looked_at
    of_many_right_guesses_one_is_approved
    a_code_of_one_purpose_number_or_start_never_serves_another
    guesses_of_a_number_are_bounded_over_codes_and_restarts
    sends_are_bounded_for_many_who_ask_at_once
    strangers_leave_the_known_device_its_own
    canceled_and_expired_codes_serve_no_more
    a_refused_start_leaves_the_open_code
    many_refused_starts_do_not_hide_the_open_code
    a_refusal_is_told_once
    what_is_vouched_for_proves_nothing
    a_message_is_composed_for_its_own_channel
}

const NUMBER: &str = "+358401234567";

async fn a_code_is_sent_and_serves_once(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, sign_in(NUMBER)).await;
    let code = program.code(&house, id).await;
    assert_eq!(code.len(), 6);
    house.advance(30 * SECOND);
    let again =
        program.verifications.resend(&house.cx, id, Some(Channel::Voice), Visitor::default()).await.unwrap();
    assert_eq!((again.verification.id, again.verification.sends, again.refused), (id, 2, None));
    assert_eq!(program.outcome(&house, id, &wrong(&code)).await, Outcome::Wrong { guesses_left: 4 });
    let spelled = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(program.outcome(&house, id, &spelled).await, Outcome::Approved);
    assert_eq!(program.outcome(&house, id, &code).await, Outcome::AlreadyApproved);
    let story = program.verifications.get(&house.cx, id).await.unwrap();
    let kinds: Vec<&str> = story.happenings.iter().map(|happening| happening.kind.as_str()).collect();
    assert_eq!(kinds, ["sent", "sent", "wrong", "approved"]);
    assert_eq!(story.verification.state, State::Approved);
}

/// The outcomes of so many checks at once, half of them by each of two programs.
async fn at_once(
    house: &House,
    id: Id<identity::verification::Verification>,
    codes: Vec<String>,
) -> Vec<Outcome> {
    let programs = [Arc::new(house.program().await), Arc::new(house.program().await)];
    let checks: Vec<_> = codes
        .into_iter()
        .enumerate()
        .map(|(turn, code)| {
            let (program, cx) = (Arc::clone(&programs[turn % 2]), house.cx.clone());
            tokio::spawn(async move {
                let check = identity::verification::Check {
                    which: identity::verification::Which::Id(id),
                    purpose: Purpose::SignIn,
                    code: base::Secret::new(code),
                    visitor: Visitor::default(),
                };
                program.verifications.check(&cx, check).await.unwrap().outcome
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for check in checks {
        outcomes.push(check.await.unwrap());
    }
    outcomes
}

async fn of_many_wrong_guesses_five_are_looked_at(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, sign_in(NUMBER)).await;
    let code = program.code(&house, id).await;
    let many = rivals(200);
    let outcomes = at_once(&house, id, vec![wrong(&code); many]).await;
    let looked_at = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Wrong { .. })).count();
    let used_up = outcomes.iter().filter(|outcome| **outcome == Outcome::UsedUp).count();
    assert_eq!((looked_at, used_up), (5, many - 5));
    assert_eq!(program.outcome(&house, id, &code).await, Outcome::UsedUp, "the right one comes too late");
    // A program that begins now knows it too.
    let later = house.program().await;
    assert_eq!(later.outcome(&house, id, &code).await, Outcome::UsedUp);
    let kept = later.verifications.get(&house.cx, id).await.unwrap().verification;
    assert_eq!((kept.guesses, kept.state), (5, State::UsedUp));
}

async fn of_many_right_guesses_one_is_approved(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, sign_in(NUMBER)).await;
    let code = program.code(&house, id).await;
    let many = rivals(200);
    let outcomes = at_once(&house, id, vec![code; many]).await;
    let approved = outcomes.iter().filter(|outcome| **outcome == Outcome::Approved).count();
    let already = outcomes.iter().filter(|outcome| **outcome == Outcome::AlreadyApproved).count();
    assert_eq!((approved, already), (1, many - 1));
}

async fn a_code_of_one_purpose_number_or_start_never_serves_another(house: House) {
    let program = house.program().await;
    let mut codes = Vec::new();
    for (turn, purpose) in Purpose::ALL.iter().copied().enumerate() {
        let approving = purpose.approves_something().then(|| "pay 12 EUR".to_owned());
        // A number for each, so that the limits of one do not stand in the way.
        let start = Start { purpose, approving, ..sign_in(&format!("+35840123456{turn}")) };
        let id = program.sent(&house, start).await;
        codes.push((purpose, id, program.code(&house, id).await));
    }
    for (purpose, id, _) in &codes {
        for (other, _, code) in codes.iter().filter(|(_, other, _)| other != id) {
            let swapped = program.check_as(&house, *id, code, *other, Visitor::default()).await.unwrap();
            assert_eq!(swapped.outcome, Outcome::Unknown, "{other} for {purpose}");
        }
    }
    // A swapped purpose was not even looked at; the code of another number is a wrong one.
    let (purpose, id, code) = &codes[0];
    let other = program.check_as(&house, *id, &codes[1].2, *purpose, Visitor::default()).await.unwrap();
    assert_eq!(other.outcome, Outcome::Wrong { guesses_left: 4 });
    let own = program.check_as(&house, *id, code, *purpose, Visitor::default()).await.unwrap();
    assert_eq!(own.outcome, Outcome::Approved);
    for _ in 0..rivals(100) {
        let replayed = program.check_as(&house, *id, code, *purpose, Visitor::default()).await.unwrap();
        assert_eq!(replayed.outcome, Outcome::AlreadyApproved);
    }
}

async fn guesses_of_a_number_are_bounded_over_codes_and_restarts(house: House) {
    let mut looked_at = 0;
    let mut last = None;
    for _ in 0..4 {
        // Each with a program that has just begun.
        let program = house.program().await;
        let id = program.sent(&house, sign_in(NUMBER)).await;
        let code = program.code(&house, id).await;
        for _ in 0..6 {
            let outcome = program.outcome(&house, id, &wrong(&code)).await;
            looked_at += usize::from(matches!(outcome, Outcome::Wrong { .. }));
            last = Some(outcome);
        }
        house.advance(601 * SECOND);
    }
    assert_eq!(looked_at, 10);
    let Some(Outcome::Limited(refusal)) = last else { panic!("{last:?}") };
    assert_eq!(refusal.reason, Reason::GuessesOfNumber);
    house.advance(DAY);
    let program = house.program().await;
    let id = program.sent(&house, sign_in(NUMBER)).await;
    let code = program.code(&house, id).await;
    assert_eq!(program.outcome(&house, id, &code).await, Outcome::Approved);
}

async fn sends_are_bounded_for_many_who_ask_at_once(house: House) {
    let programs = [Arc::new(house.program().await), Arc::new(house.program().await)];
    for expected in [1, 1, 1, 0] {
        let starts: Vec<_> = (0..rivals(100))
            .map(|turn| {
                let (program, cx) = (Arc::clone(&programs[turn % 2]), house.cx.clone());
                tokio::spawn(async move { program.verifications.start(&cx, sign_in(NUMBER)).await.unwrap() })
            })
            .collect();
        let (mut sent, mut ids) = (0, Vec::new());
        for start in starts {
            let started = start.await.unwrap();
            sent += usize::from(started.refused.is_none());
            ids.push(started.verification.id);
        }
        ids.dedup();
        assert_eq!((sent, ids.len()), (expected, 1), "one verification for all who ask for the same");
        house.advance(31 * SECOND);
    }
}

async fn strangers_leave_the_known_device_its_own(house: House) {
    let program = house.program().await;
    let device = Visitor { device: Some(Id::from_uuid(uuid::Uuid::from_u128(7))), ..Visitor::default() };
    let own = Start { visitor: device, ..sign_in(NUMBER) };
    let id = program.sent(&house, own.clone()).await;
    let code = program.code(&house, id).await;
    let first = program.check_as(&house, id, &code, Purpose::SignIn, device).await.unwrap();
    assert_eq!(first.outcome, Outcome::Approved);
    house.advance(2 * DAY);
    // Strangers use up the day's sends and guesses of the number.
    for _ in 0..10 {
        let started = program.verifications.start(&house.cx, sign_in(NUMBER)).await.unwrap();
        program.outcome(&house, started.verification.id, "000000").await;
        house.advance(601 * SECOND);
    }
    let refused = program.verifications.start(&house.cx, sign_in(NUMBER)).await.unwrap().refused;
    assert_eq!(refused.map(|refusal| refusal.reason), Some(Reason::SendsOfNumber));
    let id = program.sent(&house, own.clone()).await;
    let code = program.code(&house, id).await;
    for guesses_left in [4, 3, 2, 1] {
        let outcome =
            program.check_as(&house, id, &wrong(&code), Purpose::SignIn, device).await.unwrap().outcome;
        assert_eq!(outcome, Outcome::Wrong { guesses_left });
    }
    // Without the device's cookie the code is of no use while the number is attacked.
    assert!(matches!(program.outcome(&house, id, &code).await, Outcome::Limited(_)));
    let outcome = program.check_as(&house, id, &code, Purpose::SignIn, device).await.unwrap().outcome;
    assert_eq!(outcome, Outcome::Approved);
    let next = program.verifications.start(&house.cx, own).await.unwrap();
    assert_eq!(
        next.refused.map(|refusal| refusal.reason),
        Some(Reason::SendsOfNumber),
        "one send is its own"
    );
}

async fn canceled_and_expired_codes_serve_no_more(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, sign_in(NUMBER)).await;
    let code = program.code(&house, id).await;
    assert_eq!(program.verifications.cancel(&house.cx, id).await.unwrap().state, State::Canceled);
    assert_eq!(program.outcome(&house, id, &code).await, Outcome::Canceled);
    let resent = program.verifications.resend(&house.cx, id, None, Visitor::default()).await.unwrap_err();
    assert_eq!(resent.code, "verification_ended");
    house.advance(31 * SECOND);
    let id = program.sent(&house, sign_in(NUMBER)).await;
    let code = program.code(&house, id).await;
    house.advance(600 * SECOND);
    assert_eq!(program.outcome(&house, id, &code).await, Outcome::Expired);
}

/// A check of the code by the number alone.
async fn by_number(
    house: &House,
    program: &Program,
    code: &str,
) -> (Outcome, Option<Id<identity::verification::Verification>>) {
    let check = Check {
        which: Which::Number(number(NUMBER)),
        purpose: Purpose::SignIn,
        code: base::Secret::new(code.to_owned()),
        visitor: Visitor::default(),
    };
    let checked = program.verifications.check(&house.cx, check).await.unwrap();
    (checked.outcome, checked.verification.map(|one| one.id))
}

/// One that was sent three times within a minute, so that the number has no send left for the next nine.
async fn sent_thrice(house: &House, program: &Program) -> Id<identity::verification::Verification> {
    let id = program.sent(house, sign_in(NUMBER)).await;
    for _ in 0..2 {
        house.advance(30 * SECOND);
        assert_eq!(program.sent(house, sign_in(NUMBER)).await, id);
    }
    id
}

async fn a_refused_start_leaves_the_open_code(house: House) {
    let program = house.program().await;
    let id = sent_thrice(&house, &program).await;
    let code = program.code(&house, id).await;
    // Less than a fifth of its life is left, so another one is begun, but nothing can be sent.
    house.advance(430 * SECOND);
    let started = program.verifications.start(&house.cx, sign_in(NUMBER)).await.unwrap();
    assert_ne!(started.verification.id, id);
    assert_eq!(started.refused.map(|refusal| refusal.reason), Some(Reason::SendsOfNumber));
    assert_eq!(by_number(&house, &program, &code).await, (Outcome::Approved, Some(id)));
    // Once something can be sent, it is that one.
    house.advance(111 * SECOND);
    let next = program.sent(&house, sign_in(NUMBER)).await;
    assert_eq!(next, started.verification.id);
}

async fn many_refused_starts_do_not_hide_the_open_code(house: House) {
    let program = house.program().await;
    let id = sent_thrice(&house, &program).await;
    let code = program.code(&house, id).await;
    for turn in 0..20 {
        let device = Some(Id::from_uuid(uuid::Uuid::from_u128(turn)));
        let start = Start { visitor: Visitor { device, ..Visitor::default() }, ..sign_in(NUMBER) };
        let started = program.verifications.start(&house.cx, start).await.unwrap();
        assert!(started.refused.is_some() && started.verification.id != id);
    }
    assert_eq!(program.asked(&house, sign_in(NUMBER)).await, id);
    assert_eq!(by_number(&house, &program, &code).await, (Outcome::Approved, Some(id)));
}

async fn a_refusal_is_told_once(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, sign_in(NUMBER)).await;
    for _ in 0..5 {
        assert_eq!(program.asked(&house, sign_in(NUMBER)).await, id);
    }
    let story = program.verifications.get(&house.cx, id).await.unwrap();
    let kinds: Vec<&str> = story.happenings.iter().map(|happening| happening.kind.as_str()).collect();
    assert_eq!(kinds, ["sent", "refused"]);
}

async fn what_is_vouched_for_proves_nothing(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, sign_in(NUMBER)).await;
    let code = program.code(&house, id).await;
    assert_eq!(program.verifications.vouch(&house.cx, id).await.unwrap().state, State::Vouched);
    assert_eq!(program.outcome(&house, id, &code).await, Outcome::Vouched);
    let fault = program.verifications.holder(&house.cx, id).await.unwrap_err();
    assert_eq!(fault.code, "verification_not_approved");
}

async fn a_message_is_composed_for_its_own_channel(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, sign_in(NUMBER)).await;
    house.advance(30 * SECOND);
    // By voice the second time, while the message of the first may still wait.
    program.verifications.resend(&house.cx, id, Some(Channel::Voice), Visitor::default()).await.unwrap();
    for (reference, times) in [(format!("{id}/sms"), 1), (format!("{id}/voice"), 2), (id.to_string(), 2)] {
        let composed = program.verifications.compose(&house.cx, &reference).await.unwrap().unwrap();
        assert_eq!(composed.text.reveal().matches("is your code").count(), times, "{reference}");
    }
}
