//! A proof joins the tenures of its number: it confirms the holder's, and opens an account of its own for somebody new.

use base::{Id, Timestamp};
use customers::{Customer, Details, identity::Identity};
use identity::verification::{Outcome, Purpose, Start};

use crate::house::{House, Program, number, sign_in};

testkit::stories! { crate::house::House::open =>
    a_proof_of_an_unknown_number_opens_an_account_and_the_next_one_finds_it
    a_proof_confirms_the_tenure_of_the_holder
    a_proof_of_a_number_that_was_silent_for_long_opens_an_empty_account
}

const NUMBER: &str = "+358401234567";

async fn prove(house: &House, program: &Program, start: Start) -> Id<identity::verification::Verification> {
    let purpose = start.purpose;
    let id = program.sent(house, start).await;
    let code = program.code(house, id).await;
    let checked =
        program.check_as(house, id, &code, purpose, identity::verification::Visitor::default()).await;
    assert_eq!(checked.unwrap().outcome, Outcome::Approved);
    id
}

async fn verified_at(house: &House, program: &Program, customer: Id<Customer>) -> Vec<Option<Timestamp>> {
    let view = program.customers.get(&house.cx, customer).await.unwrap();
    view.tenures.iter().map(|tenure| tenure.last_verified_at).collect()
}

async fn a_proof_of_an_unknown_number_opens_an_account_and_the_next_one_finds_it(house: House) {
    let program = house.program().await;
    let id = prove(&house, &program, sign_in(NUMBER)).await;
    let customer = program.verifications.holder(&house.cx, id).await.unwrap();
    let now = base::Clock::now(&*house.cx.clock());
    assert_eq!(verified_at(&house, &program, customer).await, [Some(now)]);
    assert_eq!(program.verifications.holder(&house.cx, id).await.unwrap(), customer, "asked again");
    house.advance(std::time::Duration::from_secs(60));
    let again = prove(&house, &program, sign_in(NUMBER)).await;
    let story = program.verifications.get(&house.cx, again).await.unwrap();
    assert_eq!(story.verification.customer, Some(customer), "known at once");
}

async fn a_proof_confirms_the_tenure_of_the_holder(house: House) {
    let program = house.program().await;
    let details = Details { name: Some("Aino Virtanen".to_owned()), ..Details::default() };
    let identity = Identity { number: Some(number(NUMBER)), details };
    let aino = program.customers.register(&house.cx, identity).await.unwrap().customer;
    assert_eq!(verified_at(&house, &program, aino).await, [None]);
    house.advance(std::time::Duration::from_secs(3_600));
    let start = Start { purpose: Purpose::CallerCheck, customer: Some(aino), ..sign_in(NUMBER) };
    let id = prove(&house, &program, start).await;
    assert_eq!(verified_at(&house, &program, aino).await, [Some(house.cx.now())]);
    assert_eq!(program.verifications.holder(&house.cx, id).await.unwrap(), aino);
}

async fn a_proof_of_a_number_that_was_silent_for_long_opens_an_empty_account(house: House) {
    let program = house.program().await;
    let details = Details { name: Some("Aino Virtanen".to_owned()), ..Details::default() };
    let identity = Identity { number: Some(number(NUMBER)), details };
    let aino = program.customers.register(&house.cx, identity).await.unwrap().customer;
    house.advance(200 * crate::house::DAY);
    let id = prove(&house, &program, sign_in(NUMBER)).await;
    let holder = program.verifications.holder(&house.cx, id).await.unwrap();
    assert_ne!(holder, aino, "who has the number now may be somebody else");
    let account = program.customers.get(&house.cx, holder).await.unwrap();
    assert_eq!((account.summary.orders, account.summary.name()), (0, None));
    assert_eq!(verified_at(&house, &program, aino).await, [None]);
    // Whoever comes back with it comes back to the same account.
    house.advance(std::time::Duration::from_secs(86_400));
    let again = prove(&house, &program, sign_in(NUMBER)).await;
    assert_eq!(program.verifications.holder(&house.cx, again).await.unwrap(), holder);
}
