//! Money: whoever is paid for messages gets no more than the budget, and nobody else notices.

use std::net::{IpAddr, Ipv4Addr};

use identity::verification::{Outcome, Purpose, Reason, Settings, Start, Visitor};

use testkit::counts::rivals;

use crate::house::{House, SECOND, sign_in};

testkit::stories! { crate::house::House::open =>
    pumping_one_country_costs_no_more_than_its_budget
    a_breaker_stops_what_hardly_comes_back_and_lets_proven_numbers_pass
    one_address_is_stopped_before_it_stops_a_country
    forwarded_addresses_share_the_limit_of_their_number
}

/// So many numbers of a range, each asked for from one of fifty addresses.
async fn pump(house: &House, program: &crate::house::Program, many: usize) -> usize {
    pump_from(house, program, many, 50).await
}

async fn pump_from(house: &House, program: &crate::house::Program, many: usize, addresses: usize) -> usize {
    let mut sent = 0;
    for turn in 0..many {
        let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, u8::try_from(turn % addresses).unwrap()));
        let visitor = Visitor { address: Some(address), ..Visitor::default() };
        let start = Start { visitor, ..sign_in(&format!("+88017{:08}", 10_000_000 + turn)) };
        let started = program.verifications.start(&house.cx, start).await.unwrap();
        sent += usize::from(started.refused.is_none());
    }
    sent
}

async fn pumping_one_country_costs_no_more_than_its_budget(house: House) {
    let mut settings = Settings::default();
    settings.budgets.days_micros_max.insert("BD".to_owned(), 1_000_000);
    settings.budgets.breaker_sends_min = 1_000_000; // the budget alone is tried here
    let program = house.program_with(settings).await;
    // A euro a day at five cents a code, one segment each.
    assert_eq!(pump(&house, &program, rivals(200)).await, 20);
    let parts = program.verifications.parts(&house.cx).await.unwrap();
    assert_eq!(parts[0].today.cost_micros, 1_000_000);
    assert_eq!(usize::try_from(parts[0].today.refused).unwrap(), rivals(200) - 20);
    let finland = program.verifications.start(&house.cx, sign_in("+358401234567")).await.unwrap();
    assert_eq!(finland.refused, None);
    house.advance(86_400 * SECOND);
    assert_eq!(pump(&house, &program, 25).await, 20, "the next day has its own");
}

async fn a_breaker_stops_what_hardly_comes_back_and_lets_proven_numbers_pass(house: House) {
    let program = house.program().await;
    let proven = sign_in("+8801812345678");
    let id = program.sent(&house, proven.clone()).await;
    let code = program.code(&house, id).await;
    assert_eq!(program.outcome(&house, id, &code).await, Outcome::Approved);
    house.advance(86_400 * SECOND);
    assert_eq!(pump(&house, &program, rivals(200)).await, 25);
    let refused = program.verifications.start(&house.cx, sign_in("+8801912345678")).await.unwrap().refused;
    assert_eq!(refused.map(|refusal| refusal.reason), Some(Reason::Conversion));
    program.sent(&house, proven).await;
    program.sent(&house, sign_in("+358401234567")).await;
    let stopped: Vec<_> = program.verifications.parts(&house.cx).await.unwrap();
    let stopped: Vec<&str> =
        stopped.iter().filter(|part| part.is_stopped).map(|part| part.part.as_str()).collect();
    assert_eq!(stopped, ["BD"]);
}

async fn one_address_is_stopped_before_it_stops_a_country(house: House) {
    let program = house.program().await;
    assert_eq!(pump_from(&house, &program, 40, 1).await, 25);
    let from = |last: u8, number: &str| {
        let address = Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, last)));
        Start { visitor: Visitor { address, ..Visitor::default() }, ..sign_in(number) }
    };
    let elsewhere = program.verifications.start(&house.cx, from(0, "+358401234567")).await.unwrap();
    assert_eq!(elsewhere.refused.map(|refusal| refusal.reason), Some(Reason::ConversionOfAddress));
    let parts = program.verifications.parts(&house.cx).await.unwrap();
    assert!(parts.iter().all(|part| !part.is_stopped), "{parts:?}");
    // Another visitor goes on, and what they prove counts for them: they are never stopped.
    for turn in 0..30 {
        let number = format!("+88018{:08}", 10_000_000 + turn);
        let id = program.sent(&house, from(1, &number)).await;
        let code = program.code(&house, id).await;
        let visitor = from(1, &number).visitor;
        let checked = program.check_as(&house, id, &code, Purpose::SignIn, visitor).await.unwrap();
        assert_eq!(checked.outcome, Outcome::Approved);
    }
    house.advance(3_600 * SECOND);
    assert_eq!(program.verifications.start(&house.cx, from(0, "+358401234567")).await.unwrap().refused, None);
}

async fn forwarded_addresses_share_the_limit_of_their_number(house: House) {
    let program = house.program().await;
    let mut sent = 0;
    for turn in 0..rivals(100) {
        let [.., high, low] = u32::try_from(turn).unwrap().to_be_bytes();
        let visitor =
            Visitor { address: Some(IpAddr::V4(Ipv4Addr::new(198, 51, high, low))), ..Visitor::default() };
        let start = Start { visitor, ..sign_in("+358401234567") };
        sent += usize::from(program.verifications.start(&house.cx, start).await.unwrap().refused.is_none());
    }
    assert_eq!(sent, 1);
}
