//! Links in the place of codes: they serve once, for what they were sent for, and never where a code is asked for.

use std::sync::Arc;

use base::Id;
use identity::verification::{
    Channel, Outcome, Purpose, Reason, Start, State, Verification, Visitor, link::Token,
};
use messaging::Composer as _;
use testkit::counts::rivals;

use crate::house::{House, Program, SECOND, sign_in};

testkit::stories! { crate::house::House::open =>
    a_link_serves_once_of_many_who_press
    a_link_is_no_code_and_a_code_no_link
    a_link_ends_with_its_ten_minutes_and_with_the_next_one
    a_link_counts_as_a_send_and_only_where_it_may_be
    what_is_withheld_looks_like_any_start
    two_caller_checks_are_two
}

const NUMBER: &str = "+358401234567";
const PAGE: &str = "https://aurora.example/account/aurora/link/";

fn recovery() -> Start {
    Start { purpose: Purpose::Recovery, link: Some(PAGE.to_owned()), ..sign_in(NUMBER) }
}

fn caller(saying: &str) -> Start {
    let (purpose, approving) = (Purpose::CallerCheck, Some(saying.to_owned()));
    Start { purpose, approving, link: Some(PAGE.to_owned()), ..sign_in(NUMBER) }
}

/// What stands at the end of the link in the text.
async fn token(program: &Program, house: &House, id: Id<Verification>) -> Token {
    let composed = program.verifications.compose(&house.cx, &id.to_string()).await.unwrap();
    let text = composed.expect("it waits for its link").text;
    let (_, rest) = text.reveal().split_once(PAGE).expect("the text holds a link");
    Token::read(rest.split(' ').next().unwrap()).unwrap()
}

async fn outcome(program: &Program, house: &House, purpose: Purpose, token: Token) -> Outcome {
    let pressed = program.verifications.check_link(&house.cx, purpose, token, Visitor::default()).await;
    pressed.unwrap().outcome
}

async fn a_link_serves_once_of_many_who_press(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, recovery()).await;
    let token = token(&program, &house, id).await;
    // Opening it, however often, uses nothing up.
    for _ in 0..3 {
        let shown = program.verifications.of_link(&house.cx, &token).await.unwrap();
        assert_eq!((shown.id, shown.state, shown.guesses), (id, State::Pending, 0));
    }
    let programs = [Arc::new(house.program().await), Arc::new(house.program().await)];
    let many: usize = rivals(100);
    let presses: Vec<_> = (0..many)
        .map(|turn| {
            let (program, cx, token) = (Arc::clone(&programs[turn % 2]), house.cx.clone(), token.clone());
            tokio::spawn(async move {
                let pressed =
                    program.verifications.check_link(&cx, Purpose::Recovery, token, Visitor::default());
                pressed.await.unwrap().outcome
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for press in presses {
        outcomes.push(press.await.unwrap());
    }
    let of = |outcome: Outcome| outcomes.iter().filter(|one| **one == outcome).count();
    assert_eq!((of(Outcome::Approved), of(Outcome::AlreadyApproved)), (1, many - 1));
}

async fn a_link_is_no_code_and_a_code_no_link(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, recovery()).await;
    let link = token(&program, &house, id).await;
    // Another purpose's verification is none.
    assert_eq!(outcome(&program, &house, Purpose::CallerCheck, link.clone()).await, Outcome::Unknown);
    // What is no code at all is a wrong one, and so is every code where a link was sent.
    let typed = program.check_as(&house, id, "123456", Purpose::Recovery, Visitor::default()).await.unwrap();
    assert_eq!(typed.outcome, Outcome::Wrong { guesses_left: 4 });
    assert_eq!(outcome(&program, &house, Purpose::Recovery, link).await, Outcome::Approved);
    // A verification by code has no link, though one can be made up for it.
    house.advance(30 * SECOND);
    let start = Start { purpose: Purpose::Recovery, ..sign_in(NUMBER) };
    let by_code = program.sent(&house, start).await;
    let bytes = [&by_code.as_bytes()[..], &[0; 20]].concat();
    let made_up = Token::read(&data_encoding::BASE64URL_NOPAD.encode(&bytes)).unwrap();
    let opened = program.verifications.of_link(&house.cx, &made_up).await;
    assert_eq!(opened.unwrap_err().code, "verification_unknown");
    let pressed = outcome(&program, &house, Purpose::Recovery, made_up).await;
    assert_eq!(pressed, Outcome::Wrong { guesses_left: 4 });
    let code = program.code(&house, by_code).await;
    let typed = program.check_as(&house, by_code, &code, Purpose::Recovery, Visitor::default()).await;
    assert_eq!(typed.unwrap().outcome, Outcome::Approved);
}

async fn a_link_ends_with_its_ten_minutes_and_with_the_next_one(house: House) {
    let program = house.program().await;
    let id = program.sent(&house, recovery()).await;
    let first = token(&program, &house, id).await;
    // Within its life asking again sends the same link again.
    house.advance(30 * SECOND);
    assert_eq!(program.sent(&house, recovery()).await, id);
    assert_eq!(token(&program, &house, id).await, first);
    // Near its end another is sent, which ends the first.
    house.advance(500 * SECOND);
    let next = program.sent(&house, recovery()).await;
    assert_ne!(next, id);
    assert_eq!(outcome(&program, &house, Purpose::Recovery, first).await, Outcome::Canceled);
    let second = token(&program, &house, next).await;
    house.advance(600 * SECOND);
    assert_eq!(outcome(&program, &house, Purpose::Recovery, second).await, Outcome::Expired);
}

async fn a_link_counts_as_a_send_and_only_where_it_may_be(house: House) {
    let program = house.program().await;
    program.sent(&house, recovery()).await;
    let code = program.verifications.start(&house.cx, sign_in(NUMBER)).await.unwrap();
    assert_eq!(code.refused.map(|refusal| refusal.reason), Some(Reason::SendsOfNumber));
    for start in
        [Start { purpose: Purpose::SignIn, ..recovery() }, Start { channel: Channel::Voice, ..recovery() }]
    {
        let refused = program.verifications.start(&house.cx, start).await.unwrap_err();
        assert_eq!(refused.code, "link_not_here");
    }
    // A caller check by link says what it is about.
    let silent = program.verifications.start(&house.cx, Start { approving: None, ..caller("x") }).await;
    assert_eq!(silent.unwrap_err().code, "approving_missing");
}

async fn what_is_withheld_looks_like_any_start(house: House) {
    let program = house.program().await;
    let withheld = Start { withheld: Some(Reason::NoAccount), ..caller("ticket 4711") };
    let started = program.verifications.start(&house.cx, withheld).await.unwrap();
    assert_eq!(started.refused.map(|refusal| refusal.reason), Some(Reason::NoAccount));
    assert_eq!((started.verification.state, started.verification.sends), (State::Pending, 0));
    // Its link, were it known, is right for nobody: nothing was sent.
    let token = token(&program, &house, started.verification.id).await;
    let pressed = outcome(&program, &house, Purpose::CallerCheck, token).await;
    assert_eq!(pressed, Outcome::Wrong { guesses_left: 4 });
    // It is no send of the number's.
    program.sent(&house, sign_in(NUMBER)).await;
}

async fn two_caller_checks_are_two(house: House) {
    let program = house.program().await;
    let first = program.sent(&house, caller("ticket 4711")).await;
    house.advance(30 * SECOND);
    let second = program.sent(&house, caller("ticket 4711")).await;
    assert_ne!(first, second);
    let token = token(&program, &house, first).await;
    assert_eq!(outcome(&program, &house, Purpose::CallerCheck, token).await, Outcome::Approved);
    let other = program.verifications.get(&house.cx, second).await.unwrap();
    assert_eq!(other.verification.state, State::Pending);
}
