//! A proof joins the tenures of its number: it confirms the holder's, and opens an account of its own for somebody new.

use base::{Id, Timestamp};
use customers::{Customer, Details, identity::Identity};
use identity::verification::{Outcome, Purpose, Start, Visitor};

use crate::house::{House, Program, number, sign_in};

testkit::stories! { crate::house::House::open =>
    a_proof_of_an_unknown_number_opens_an_account_and_the_next_one_finds_it
    a_proof_confirms_the_tenure_of_the_holder
    a_proof_of_a_number_that_was_silent_for_long_opens_an_empty_account
    many_strangers_at_once_each_get_an_account_of_their_own
    a_proof_of_everybodys_number_keeps_nothing_and_says_nobody
    a_proof_that_names_a_silent_customer_leaves_the_number_with_them
    a_proof_of_a_number_that_the_customer_named_does_not_hold_is_not_theirs
    a_recognised_stranger_is_nobody_more_than_a_stranger
    one_account_that_cannot_be_opened_keeps_nobody_else_from_proving
    one_whose_orders_an_import_has_brought_but_not_linked_yet_is_no_stranger
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

async fn aino(house: &House, program: &Program) -> Id<Customer> {
    let details = Details { name: Some("Aino Virtanen".to_owned()), ..Details::default() };
    let identity = Identity { number: Some(number(NUMBER)), details };
    program.customers.register(&house.cx, identity).await.unwrap().customer
}

async fn verified_at(house: &House, program: &Program, customer: Id<Customer>) -> Vec<Option<Timestamp>> {
    let view = program.customers.get(&house.cx, customer).await.unwrap();
    view.tenures.iter().map(|tenure| tenure.last_verified_at).collect()
}

async fn a_proof_of_an_unknown_number_opens_an_account_and_the_next_one_finds_it(house: House) {
    let program = house.program().await;
    let id = prove(&house, &program, sign_in(NUMBER)).await;
    let told = program.verifications.get(&house.cx, id).await.unwrap().verification.customer;
    assert_eq!(house.jobs_waiting().await, 0, "it was settled before it was answered");
    let customer = program.verifications.holder(&house.cx, id).await.unwrap();
    assert_eq!(told, Some(customer));
    let now = base::Clock::now(&*house.cx.clock());
    assert_eq!(verified_at(&house, &program, customer).await, [Some(now)]);
    assert_eq!(program.verifications.holder(&house.cx, id).await.unwrap(), customer, "asked again");
    house.advance(std::time::Duration::from_secs(60));
    let again = prove(&house, &program, sign_in(NUMBER)).await;
    let story = program.verifications.get(&house.cx, again).await.unwrap();
    assert_eq!(story.verification.customer, Some(customer), "known at once");
}

/// By two programs at once, fewer than trip the breaker: each stranger hears at once whose proof it was, nothing is left for later, and the trail of what was opened holds.
async fn many_strangers_at_once_each_get_an_account_of_their_own(house: House) {
    let programs = [house.program().await, house.program().await];
    let silent = number("+358401234500");
    let identity = Identity { number: Some(silent), details: Details::default() };
    let aino = programs[0].customers.register(&house.cx, identity).await.unwrap().customer;
    house.advance(200 * crate::house::DAY);
    let strangers = futures::future::join_all((0..20).map(|at| {
        let (program, house) = (&programs[at % 2], &house);
        async move {
            let start = sign_in(&format!("+3584012345{at:02}"));
            let id = program.sent(house, start).await;
            let code = program.code(house, id).await;
            let checked = program.check(house, id, &code).await.unwrap();
            assert_eq!(checked.outcome, Outcome::Approved);
            (id, checked.verification.unwrap().customer)
        }
    }));
    let strangers = strangers.await;
    let mut accounts = std::collections::BTreeSet::new();
    for (id, told) in strangers {
        // Two programs may be in each other's way: then a job does it, or whoever asks.
        let holder = programs[0].verifications.holder(&house.cx, id).await.unwrap();
        assert!(told.is_none_or(|told| told == holder), "{told:?} was told, {holder} it is");
        assert_eq!(verified_at(&house, &programs[0], holder).await, [Some(house.cx.now())]);
        accounts.insert(holder);
    }
    assert_eq!(accounts.len(), 20);
    assert!(!accounts.contains(&aino), "who has the number now may be somebody else");
    house.audit_holds().await;
}

async fn a_proof_confirms_the_tenure_of_the_holder(house: House) {
    let program = house.program().await;
    let aino = aino(&house, &program).await;
    assert_eq!(verified_at(&house, &program, aino).await, [None]);
    house.advance(std::time::Duration::from_secs(3_600));
    let start = Start { purpose: Purpose::CallerCheck, customer: Some(aino), ..sign_in(NUMBER) };
    let id = prove(&house, &program, start).await;
    assert_eq!(verified_at(&house, &program, aino).await, [Some(house.cx.now())]);
    assert_eq!(program.verifications.holder(&house.cx, id).await.unwrap(), aino);
}

async fn a_proof_of_a_number_that_was_silent_for_long_opens_an_empty_account(house: House) {
    let program = house.program().await;
    let aino = aino(&house, &program).await;
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

async fn a_proof_that_names_a_silent_customer_leaves_the_number_with_them(house: House) {
    let program = house.program().await;
    let aino = aino(&house, &program).await;
    house.advance(200 * crate::house::DAY);
    let kept = house.personas().await;
    let named = || Start { purpose: Purpose::CallerCheck, customer: Some(aino), ..sign_in(NUMBER) };
    let id = prove(&house, &program, named()).await;
    let told = program.verifications.get(&house.cx, id).await.unwrap();
    assert_eq!(told.verification.customer, None, "whoever has the number may be somebody else");
    let kinds: Vec<&str> = told.happenings.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["sent", "approved", "holder_silent"]);
    assert_eq!(told.happenings[2].about, Some(aino));
    assert_eq!((house.personas().await, house.jobs_waiting().await), (kept, 0));
    let tenures = program.customers.get(&house.cx, aino).await.unwrap().tenures;
    assert_eq!(
        tenures.iter().map(|one| (one.until, one.last_verified_at)).collect::<Vec<_>>(),
        [(None, None)]
    );
    assert_eq!(program.verifications.holder(&house.cx, id).await.unwrap_err().code, "holder_silent");
    // They also told what only she knows.
    house.advance(std::time::Duration::from_secs(3_600));
    let id = program.sent(&house, named()).await;
    let code = program.code(&house, id).await;
    let recognised = Visitor { is_recognised: true, ..Visitor::default() };
    let checked = program.check_as(&house, id, &code, Purpose::CallerCheck, recognised).await.unwrap();
    assert_eq!(checked.verification.unwrap().customer, Some(aino));
    assert_eq!(verified_at(&house, &program, aino).await, [Some(house.cx.now())]);
    let told = program.verifications.get(&house.cx, id).await.unwrap();
    let kinds: Vec<&str> = told.happenings.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["sent", "recognised", "approved"]);
    assert_eq!(program.verifications.holder(&house.cx, id).await.unwrap(), aino);
}

async fn a_proof_of_a_number_that_the_customer_named_does_not_hold_is_not_theirs(house: House) {
    let program = house.program().await;
    let aino = aino(&house, &program).await;
    let other = "+358401234598";
    let refused = async |start: Start| program.verifications.start(&house.cx, start).await.unwrap_err();
    let caller = Start { purpose: Purpose::CallerCheck, customer: Some(aino), ..sign_in(other) };
    let fault = refused(caller).await;
    assert_eq!((fault.code, fault.field.as_deref()), ("customer_not_holder", Some("customer")));
    let nobody = Start { customer: Some(house.cx.new_id()), ..sign_in(NUMBER) };
    let fault = refused(nobody).await;
    assert_eq!((fault.code, fault.field.as_deref()), ("customer_unknown", Some("customer")));
    // A sign-in with a new number of somebody's is possible, and says that it is not theirs.
    let id = prove(&house, &program, Start { customer: Some(aino), ..sign_in(other) }).await;
    assert_ne!(program.verifications.holder(&house.cx, id).await.unwrap(), aino);
    let story = program.verifications.get(&house.cx, id).await.unwrap().happenings;
    let told: Vec<_> = story.iter().map(|one| (one.kind.as_str(), one.about)).collect();
    assert_eq!(told, [("sent", None), ("approved", None), ("holder_other", Some(aino))]);
    assert_eq!(verified_at(&house, &program, aino).await, [None]);
}

async fn a_recognised_stranger_is_nobody_more_than_a_stranger(house: House) {
    let program = house.program().await;
    let aino = aino(&house, &program).await;
    house.advance(200 * crate::house::DAY);
    // Nobody was named, so there is nobody that they could be known for.
    let id = program.sent(&house, sign_in(NUMBER)).await;
    let code = program.code(&house, id).await;
    let recognised = Visitor { is_recognised: true, ..Visitor::default() };
    program.check_as(&house, id, &code, Purpose::SignIn, recognised).await.unwrap();
    assert_ne!(program.verifications.holder(&house.cx, id).await.unwrap(), aino);
}

async fn a_proof_of_everybodys_number_keeps_nothing_and_says_nobody(house: House) {
    let program = house.program().await;
    // Thirty people who have nothing in common, on the number of a till.
    let given = ["Aino", "Bogdan", "Carmen", "Dieter", "Eleni", "Farid"];
    let surnames = ["Virtanen", "Popescu", "Garcia", "Schmidt", "Rahman"];
    for (given, surname) in given.iter().flat_map(|given| surnames.map(|surname| (given, surname))) {
        let email = Some(format!("{given}.{surname}@shop.example"));
        let name = Some(format!("{given} {surname}"));
        let identity =
            Identity { number: Some(number(NUMBER)), details: Details { name, email, ..Details::default() } };
        program.customers.register(&house.cx, identity).await.unwrap();
    }
    let kept = house.personas().await;
    let id = prove(&house, &program, sign_in(NUMBER)).await;
    assert_eq!(program.verifications.get(&house.cx, id).await.unwrap().verification.customer, None);
    assert_eq!(program.verifications.holder(&house.cx, id).await.unwrap_err().code, "number_is_generic");
    assert_eq!(house.personas().await, kept);
}

async fn one_account_that_cannot_be_opened_keeps_nobody_else_from_proving(house: House) {
    let program = house.program().await;
    aino(&house, &program).await;
    house.spoil_personas().await;
    house.advance(200 * crate::house::DAY);
    let starts = [NUMBER, "+358401234599"].map(|number| {
        let (program, house) = (&program, &house);
        async move { prove(house, program, sign_in(number)).await }
    });
    let [silent, other] = futures::future::join_all(starts).await.try_into().unwrap();
    // Approved, and left to a job that will say what is wrong: whose it is, nobody can tell.
    let told = program.verifications.get(&house.cx, silent).await.unwrap().verification;
    assert_eq!((told.state, told.customer), (identity::verification::State::Approved, None));
    assert_eq!(house.jobs_waiting().await, 1);
    assert!(program.verifications.holder(&house.cx, silent).await.is_err());
    let told = program.verifications.get(&house.cx, other).await.unwrap().verification.customer;
    assert_eq!(program.verifications.holder(&house.cx, other).await.unwrap(), told.unwrap());
}

async fn one_whose_orders_an_import_has_brought_but_not_linked_yet_is_no_stranger(house: House) {
    let program = house.program().await;
    house.bring_unlinked(NUMBER, "Aino Virtanen").await;
    assert_eq!(program.customers.counts(&house.cx).await.unwrap().customers, 0, "nobody is linked yet");
    let before = house.personas().await;
    let id = prove(&house, &program, sign_in(NUMBER)).await;
    let customer = program.verifications.get(&house.cx, id).await.unwrap().verification.customer.unwrap();
    assert_eq!(house.personas().await, before, "no record was made of the proof");
    let view = program.customers.get(&house.cx, customer).await.unwrap();
    assert_eq!(view.summary.name(), Some("Aino Virtanen"));
    assert_eq!(verified_at(&house, &program, customer).await, [Some(house.cx.now())]);
    // The pass of the import finds all as it should be.
    let done = program.customers.linker().relink_marked(&house.cx, None, |_, _| ()).await.unwrap();
    assert_eq!((done.anchors, done.customers_created, done.links_recorded), (1, 0, 0));
    assert_eq!(verified_at(&house, &program, customer).await, [Some(house.cx.now())]);
    assert_eq!(house.jobs_waiting().await, 0);
}
