//! The rules, as tables of cases.

use numbering::PhoneNumber;

use super::*;
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000 * Timestamp::SECOND + seconds * Timestamp::SECOND)
}

fn id<T>(of: u128) -> Id<T> {
    Id::from_uuid(uuid::Uuid::from_u128(of))
}

fn start() -> Start {
    Start::new(PhoneNumber::from_e164("+358401234567").unwrap(), Purpose::SignIn)
}

fn opened() -> Verification {
    Verification::open(id(1), &start(), &Settings::default(), at(0))
}

/// One that was sent at second 0, and what stands then.
fn sent() -> (Verification, Standing) {
    let (mut verification, mut standing) = (opened(), Standing::default());
    let sending = verification.send(&mut standing, &Settings::default(), Channel::Sms, at(0));
    assert_eq!(sending, Sending::Sent { despite: None });
    (verification, standing)
}

fn guess(verification: &mut Verification, standing: &mut Standing, is_right: bool, seconds: i64) -> Outcome {
    verification.check(standing, &Settings::default(), is_right, at(seconds))
}

#[test]
fn five_guesses_are_looked_at_and_the_sixth_is_not_even_when_it_is_right() {
    let (mut verification, mut standing) = sent();
    for left in [4, 3, 2, 1, 0] {
        assert_eq!(guess(&mut verification, &mut standing, false, 1), Outcome::Wrong { guesses_left: left });
    }
    assert_eq!(verification.state, State::UsedUp);
    assert_eq!(guess(&mut verification, &mut standing, true, 2), Outcome::UsedUp);
    assert_eq!((verification.guesses, standing.number.guesses.len()), (5, 5));
}

#[test]
fn the_fifth_guess_may_be_the_right_one() {
    let (mut verification, mut standing) = sent();
    for _ in 0..4 {
        guess(&mut verification, &mut standing, false, 1);
    }
    assert_eq!(guess(&mut verification, &mut standing, true, 1), Outcome::Approved);
}

#[test]
fn a_code_serves_once() {
    let (mut verification, mut standing) = sent();
    assert_eq!(guess(&mut verification, &mut standing, true, 5), Outcome::Approved);
    assert_eq!(verification.ended_at, Some(at(5)));
    for is_right in [true, false] {
        assert_eq!(guess(&mut verification, &mut standing, is_right, 6), Outcome::AlreadyApproved);
    }
    assert_eq!(standing.number.guesses, [], "what is not looked at is not counted");
}

#[test]
fn a_code_serves_for_ten_minutes() {
    let (mut verification, mut standing) = sent();
    assert_eq!(guess(&mut verification.clone(), &mut standing.clone(), true, 599), Outcome::Approved);
    assert_eq!(guess(&mut verification, &mut standing, true, 600), Outcome::Expired);
    assert_eq!(verification.state_at(at(600)), State::Expired);
}

#[test]
fn a_canceled_code_serves_no_more() {
    let (mut verification, mut standing) = sent();
    assert!(verification.cancel(at(1)) && !verification.cancel(at(2)));
    assert_eq!(guess(&mut verification, &mut standing, true, 3), Outcome::Canceled);
}

#[test]
fn a_code_that_was_never_sent_is_right_for_nobody() {
    let (mut verification, mut standing) = (opened(), Standing::default());
    assert_eq!(guess(&mut verification, &mut standing, true, 1), Outcome::Wrong { guesses_left: 4 });
}

#[test]
fn asking_again_means_the_same_one_only_for_the_same_thing_and_while_it_has_life_left() {
    let verification = opened();
    let settings = Settings::default();
    assert!(verification.serves(&start(), &settings, at(480)));
    assert!(!verification.serves(&start(), &settings, at(481)), "a fifth of its life must be left");
    let visitor = Visitor { device: Some(id(9)), ..Visitor::default() };
    let other = PhoneNumber::from_e164("+358401234568").unwrap();
    for another in [
        Start { purpose: Purpose::Recovery, ..start() },
        Start { approving: Some("a payment".to_owned()), ..start() },
        Start { visitor, ..start() },
        Start { number: other, ..start() },
        Start { customer: Some(id(3)), ..start() },
        Start { digits: Some(8), ..start() },
    ] {
        assert!(!verification.serves(&another, &settings, at(1)), "{another:?}");
    }
    let by_voice = Start { channel: Channel::Voice, language: "fi".to_owned(), ..start() };
    assert!(verification.serves(&by_voice, &settings, at(1)), "the channel may change");
}

#[test]
fn strangers_who_use_up_a_number_leave_its_known_device_a_send_and_five_guesses() {
    let settings = Settings::default();
    let (mut strangers, mut standing) = sent();
    for turn in 0..10 {
        if turn == 5 {
            strangers = opened();
            strangers.sends = 1;
        }
        assert!(matches!(guess(&mut strangers, &mut standing, false, turn), Outcome::Wrong { .. }));
    }
    for turn in 0..10 {
        standing.number.note_send(at(turn));
    }
    // Somebody without a device, or with one that never succeeded, gets nothing.
    for device in [None, Some(Record::default())] {
        let mut unlucky = Standing { device, ..standing.clone() };
        let refused = opened().send(&mut unlucky, &settings, Channel::Sms, at(700));
        assert_eq!(refused.refusal().map(|refusal| refusal.reason), Some(Reason::SendsOfNumber));
    }
    let known = Record { succeeded_at: Some(at(-86_400)), ..Record::default() };
    standing.device = Some(known);
    let mut own = Verification::open(id(2), &start(), &settings, at(700));
    assert!(own.send(&mut standing, &settings, Channel::Sms, at(700)).refusal().is_none());
    for left in [4, 3, 2, 1] {
        let outcome = own.check(&mut standing, &settings, false, at(710));
        assert_eq!(outcome, Outcome::Wrong { guesses_left: left });
    }
    assert_eq!(own.clone().check(&mut standing.clone(), &settings, true, at(710)), Outcome::Approved);
    assert_eq!(own.check(&mut standing, &settings, false, at(710)), Outcome::Wrong { guesses_left: 0 });
    let again = opened().send(&mut standing.clone(), &settings, Channel::Sms, at(3_600));
    assert!(again.refusal().is_some(), "one send a day is its own");
    let mut next = Verification::open(id(3), &start(), &settings, at(720));
    next.sends = 1;
    let outcome = next.check(&mut standing, &settings, true, at(720));
    assert!(matches!(outcome, Outcome::Limited(_)), "five guesses a day are its own: {outcome:?}");
}

#[test]
fn what_a_device_keeps_for_itself_is_used_up_only_where_the_number_has_nothing_left() {
    let settings = Settings::default();
    let day_of_sends: Vec<Timestamp> = (1..=10).map(|turn| at(-3_600 * turn)).collect();
    let day_of_guesses = day_of_sends.clone();
    for (what, sends, guesses, own_sends, own_guesses) in [
        ("a fresh number", vec![], vec![], 0, 0),
        ("its sends are used up", day_of_sends.clone(), vec![], 1, 0),
        ("its guesses are used up", vec![], day_of_guesses.clone(), 0, 1),
        ("both are", day_of_sends, day_of_guesses, 1, 1),
    ] {
        let device = Record { succeeded_at: Some(at(-86_400)), ..Record::default() };
        let number = Record { sends, guesses, ..Record::default() };
        let mut standing = Standing { number, device: Some(device), ..Standing::default() };
        let mut verification = opened();
        let sending = verification.send(&mut standing, &settings, Channel::Sms, at(0));
        assert_eq!(sending.refusal(), None, "{what}");
        assert_eq!(guess(&mut verification, &mut standing, false, 1), Outcome::Wrong { guesses_left: 4 });
        let device = standing.device.unwrap();
        assert_eq!((device.sends.len(), device.guesses.len()), (own_sends, own_guesses), "{what}");
    }
}

#[test]
fn impatience_does_not_use_up_what_a_device_keeps_for_itself() {
    let settings = Settings::default();
    let device = Some(Record { succeeded_at: Some(at(-86_400)), ..Record::default() });
    let mut standing = Standing { device, ..Standing::default() };
    let mut verification = opened();
    let mut sent = |seconds| {
        let sending = verification.send(&mut standing, &settings, Channel::Sms, at(seconds));
        (sending.refusal().is_none(), standing.device.as_ref().unwrap().sends.len())
    };
    assert_eq!(sent(0), (true, 0));
    assert_eq!(sent(29), (false, 0), "the pause holds for it, too");
    assert_eq!((sent(30), sent(60)), ((true, 0), (true, 0)));
    assert_eq!(sent(90), (true, 1), "the fourth in ten minutes is its own");
    assert_eq!(sent(120), (false, 1));
}

#[test]
fn what_is_vouched_for_is_over_and_proves_nothing() {
    let (mut verification, mut standing) = sent();
    assert!(verification.vouch(at(1)) && !verification.vouch(at(2)) && !verification.cancel(at(2)));
    assert_eq!((verification.state, verification.ended_at), (State::Vouched, Some(at(1))));
    assert_eq!(guess(&mut verification, &mut standing, true, 3), Outcome::Vouched);
    assert_eq!(standing.number.succeeded_at, None);
}

#[test]
fn what_is_refused_counts_for_the_address_that_asked() {
    let settings = Settings::default();
    let (mut verification, mut standing) = sent();
    assert_eq!(standing.address, AddressHour { asked: 1, sent: 1, approved: 0 });
    assert!(verification.send(&mut standing, &settings, Channel::Sms, at(1)).refusal().is_some());
    assert_eq!(standing.address, AddressHour { asked: 2, sent: 1, approved: 0 });
}

#[test]
fn what_refuses_a_send_is_named_and_shadow_mode_only_notes_it() {
    let settings = Settings::default();
    let premium = PhoneNumber::from_e164("+358600123456").unwrap();
    let number = start().number;
    let spent = |settings: &Settings| {
        let mut ledger = Ledger::default();
        ledger.day.cost_micros = settings.budgets.day_micros_max;
        Standing { ledger, cost_micros: 1, ..Standing::default() }
    };
    let of_address = |address| Standing { address, ..Standing::default() };
    let crowded = of_address(AddressHour { asked: 100, sent: 20, approved: 15 });
    let wasted = of_address(AddressHour { asked: 25, sent: 25, approved: 2 });
    for (number, standing, reason) in [
        (premium, Standing::default(), Reason::LineType),
        (number, crowded, Reason::SendsOfAddress),
        (number, wasted, Reason::ConversionOfAddress),
        (number, spent(&settings), Reason::Budget),
    ] {
        let mut shadow = settings.clone();
        shadow.budgets.shadow = true;
        for (settings, expected) in [
            (&settings, Sending::Refused(Refusal { reason, retry_at: None })),
            (&shadow, Sending::Sent { despite: Some(reason) }),
        ] {
            let mut verification = Verification { number, ..opened() };
            let mut standing = standing.clone();
            assert_eq!(verification.send(&mut standing, settings, Channel::Sms, at(1)), expected);
            let is_sent = matches!(expected, Sending::Sent { .. });
            assert_eq!(
                (verification.sends, standing.number.sends.len()),
                (u32::from(is_sent), usize::from(is_sent))
            );
            let day = standing.ledger.day;
            assert_eq!((day.refused, day.would_be_refused), (i64::from(!is_sent), i64::from(is_sent)));
        }
    }
}

#[test]
fn the_limits_of_a_number_hold_in_shadow_mode_too() {
    let mut settings = Settings::default();
    settings.budgets.shadow = true;
    let (mut verification, mut standing) = sent();
    let refused = verification.send(&mut standing, &settings, Channel::Sms, at(29)).refusal();
    assert_eq!(refused, Some(Refusal { reason: Reason::SendsOfNumber, retry_at: Some(at(30)) }));
    assert!(verification.send(&mut standing, &settings, Channel::Voice, at(30)).refusal().is_none());
    assert_eq!((verification.sends, verification.channel), (2, Channel::Voice));
}
