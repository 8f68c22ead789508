//! Assessments on both databases: what is kept, what serves again, what is counted, what rules do to the past, what is forgotten.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base::{Context, PageRequest, Timestamp};
use futures::{FutureExt as _, future::BoxFuture};
use jobs::Upkeep as _;
use risk::{
    Answer, Decision, Filter, Finding, Forgetting, Lifetime, Purpose, Question, Settings, Signal, Source,
    Span, Why, WrittenRules,
};

use crate::house::{AINO, House, number};

testkit::stories! { crate::house::House::open =>
    what_was_decided_is_kept_with_its_reasons
    whoever_asks_about_many_numbers_shows
    an_answer_serves_for_its_time_and_for_its_day
    nobody_waits_for_a_slow_source_and_its_answer_serves_next_time
    a_source_that_breaks_decides_nothing
    rules_have_versions_and_are_tried_on_the_past
    what_is_old_or_erased_is_forgotten
}

/// An operator that says what it is told to, as soon as it is let, and counts how often it was asked.
#[derive(Debug)]
struct Told {
    finding: Finding,
    lifetime_seconds: Option<i64>,
    asked: AtomicUsize,
    /// Lets it answer.
    gate: tokio::sync::Semaphore,
}

impl Told {
    fn says(finding: Finding) -> Self {
        Self {
            finding,
            lifetime_seconds: None,
            asked: AtomicUsize::new(0),
            gate: tokio::sync::Semaphore::new(1),
        }
    }

    fn times(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Source for Told {
    fn signals(&self, _: &Question) -> Vec<Signal> {
        vec![Signal::SimSwapped]
    }

    fn lifetime(&self, question: &Question, _: Signal, _: Timestamp) -> Option<Lifetime> {
        let day = question.known_since.map_or(0, Timestamp::day);
        self.lifetime_seconds.map(|seconds| Lifetime { micros: seconds * Timestamp::SECOND, day })
    }

    fn ask<'a>(&'a self, _: &'a Context, _: &'a Question, _: Signal) -> BoxFuture<'a, Answer> {
        async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            drop(self.gate.acquire().await);
            Answer { finding: self.finding, happened_at: None }
        }
        .boxed()
    }
}

/// However busy the machine is, everybody is waited for.
fn patient() -> Settings {
    Settings { wait_millis: 60_000, ..Settings::default() }
}

fn recovery() -> Question {
    Question::new(number(AINO), Purpose::Recovery)
}

async fn what_was_decided_is_kept_with_its_reasons(house: House) {
    let risk = house.risk(patient(), vec![Arc::new(Told::says(Finding::Yes))]);
    let made = risk.assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(made.decision, Decision::Review);
    assert_eq!(made.reasons[0].signals, [Signal::SimSwapped]);
    assert_eq!(made.findings.len(), Signal::ALL.len());
    assert_eq!(made.finding(Signal::Recycled).unwrap().finding, Finding::Unknown(Why::NotConfigured));
    assert_eq!(made.waits_until(risk.settings()).unwrap(), house.cx.now().plus_micros(3 * Timestamp::DAY));
    assert_eq!(risk.get(&house.cx, made.id).await.unwrap(), made);
    // Sign-in has no rule that goes by the SIM, so nobody is asked.
    house.advance(1);
    let sign_in = risk.assess(&house.cx, Question::new(number(AINO), Purpose::SignIn)).await.unwrap();
    assert_eq!(sign_in.finding(Signal::SimSwapped).unwrap().finding, Finding::Unknown(Why::NotAsked));
    assert_eq!(sign_in.decision, Decision::Allow);
    let page = |filter| {
        let (risk, cx) = (risk.clone(), house.cx.clone());
        async move { risk.list(&cx, filter, &PageRequest::default()).await.unwrap().items }
    };
    let all = page(Filter::default()).await;
    assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [sign_in.id, made.id]);
    let reviews = page(Filter { decision: Some(Decision::Review), ..Filter::default() }).await;
    assert_eq!(reviews, [made]);
    let others = page(Filter { number: Some(number("+358401234000")), ..Filter::default() }).await;
    assert!(others.is_empty());
    // Another shop has none of it.
    let other = house.other_shop().await;
    assert_eq!(risk.get(&other, reviews[0].id).await.unwrap_err().code, "assessment_unknown");
    assert!(risk.list(&other, Filter::default(), &PageRequest::default()).await.unwrap().items.is_empty());
}

async fn whoever_asks_about_many_numbers_shows(house: House) {
    let risk = house.risk(patient(), Vec::new());
    let order = |last: u32| Question {
        device: Some("a till".to_owned()),
        network: Some("2001:db8::1".parse().unwrap()),
        ..Question::new(number(&format!("+35840123{last:04}")), Purpose::Order)
    };
    // Three numbers of one device are not yet many; asking about one of them again adds none.
    for last in [1, 2, 3, 3, 2] {
        let made = risk.assess(&house.cx, order(last)).await.unwrap();
        assert_eq!(made.finding(Signal::DeviceBusy).unwrap().finding, Finding::No, "{last}");
        assert_eq!(made.finding(Signal::AddressBusy).unwrap().finding, Finding::Unknown(Why::NotGiven));
    }
    let fourth = risk.assess(&house.cx, order(4)).await.unwrap();
    assert_eq!(fourth.finding(Signal::DeviceBusy).unwrap().finding, Finding::Yes);
    assert_eq!(fourth.decision, Decision::Review);
    // Another device in the same house is not that device.
    let other = Question { device: Some("another".to_owned()), ..order(5) };
    assert_eq!(
        risk.assess(&house.cx, other).await.unwrap().finding(Signal::DeviceBusy).unwrap().finding,
        Finding::No
    );
    // A day later nothing of it counts.
    house.advance(25 * 3_600);
    let made = risk.assess(&house.cx, order(6)).await.unwrap();
    assert_eq!(made.finding(Signal::DeviceBusy).unwrap().finding, Finding::No);
    // One number that is asked about again and again.
    for _ in 0..29 {
        let made = risk.assess(&house.cx, order(6)).await.unwrap();
        assert_eq!(made.finding(Signal::NumberBusy).unwrap().finding, Finding::No);
    }
    let made = risk.assess(&house.cx, order(6)).await.unwrap();
    assert_eq!(made.finding(Signal::NumberBusy).unwrap().finding, Finding::Yes);
}

async fn an_answer_serves_for_its_time_and_for_its_day(house: House) {
    let told = Arc::new(Told { lifetime_seconds: Some(600), ..Told::says(Finding::Yes) });
    let risk = house.risk(patient(), vec![told.clone()]);
    let first = risk.assess(&house.cx, recovery()).await.unwrap();
    house.advance(599);
    let again = risk.assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(told.times(), 1);
    assert_eq!(again.finding(Signal::SimSwapped), first.finding(Signal::SimSwapped));
    // About another day nothing was said yet.
    let since = Question { known_since: Some("2026-01-01T00:00:00Z".parse().unwrap()), ..recovery() };
    risk.assess(&house.cx, since).await.unwrap();
    assert_eq!(told.times(), 2);
    house.advance(2);
    risk.assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(told.times(), 3);
    // That it cannot say serves a minute and no longer.
    let silent =
        Arc::new(Told { lifetime_seconds: Some(600), ..Told::says(Finding::Unknown(Why::CannotSay)) });
    let risk = house.risk(patient(), vec![silent.clone()]);
    let other = || Question::new(number("+358401234999"), Purpose::Recovery);
    for (seconds, times) in [(0, 1), (59, 1), (2, 2)] {
        house.advance(seconds);
        risk.assess(&house.cx, other()).await.unwrap();
        assert_eq!(silent.times(), times);
    }
}

async fn nobody_waits_for_a_slow_source_and_its_answer_serves_next_time(house: House) {
    let slow = Told {
        gate: tokio::sync::Semaphore::new(0),
        lifetime_seconds: Some(600),
        ..Told::says(Finding::Yes)
    };
    let slow = Arc::new(slow);
    let settings = Settings { wait_millis: 50, ..Settings::default() };
    let risk = house.risk(settings, vec![slow.clone()]);
    let made = risk.assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(made.finding(Signal::SimSwapped).unwrap().finding, Finding::Unknown(Why::TimedOut));
    assert_eq!(made.decision, Decision::Allow);
    slow.gate.add_permits(1);
    // It is written down when it comes.
    let until = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let made = risk.assess(&house.cx, recovery()).await.unwrap();
        if made.finding(Signal::SimSwapped).unwrap().finding == Finding::Yes {
            assert_eq!(made.decision, Decision::Review);
            break;
        }
        assert!(std::time::Instant::now() < until, "the late answer never served");
    }
}

/// One that panics.
#[derive(Debug)]
struct Broken;

impl Source for Broken {
    fn signals(&self, _: &Question) -> Vec<Signal> {
        vec![Signal::SimSwapped]
    }

    fn lifetime(&self, _: &Question, _: Signal, _: Timestamp) -> Option<Lifetime> {
        None
    }

    fn ask<'a>(&'a self, _: &'a Context, _: &'a Question, _: Signal) -> BoxFuture<'a, Answer> {
        async { panic!("as it happens") }.boxed()
    }
}

async fn a_source_that_breaks_decides_nothing(house: House) {
    let made = house.risk(patient(), vec![Arc::new(Broken)]).assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(made.finding(Signal::SimSwapped).unwrap().finding, Finding::Unknown(Why::Failed));
    assert_eq!(made.decision, Decision::Allow);
}

fn rules(decision: &str) -> WrittenRules {
    let text = serde_json::json!({ "rules": [
        { "name": "swapped", "when": { "sim_swapped": "yes" }, "decision": decision, "reason": "Swapped." },
        { "name": "phone", "when": { "device_swapped": "yes" }, "decision": "deny", "reason": "Another phone." },
    ]});
    WrittenRules::parse(&text.to_string()).unwrap()
}

async fn rules_have_versions_and_are_tried_on_the_past(house: House) {
    let risk = house.risk(patient(), vec![Arc::new(Told::says(Finding::Yes))]);
    assert_eq!(risk.rules(&house.cx).await.unwrap().version, 0);
    let old = risk.assess(&house.cx, recovery()).await.unwrap();
    house.advance(1);
    risk.assess(&house.cx, Question::new(number("+881612345678"), Purpose::SignIn)).await.unwrap();
    // Of the two, the first would be denied; of the second nobody knows about the SIM, and the line counts no more.
    let tried = risk.dry_run(&house.cx, rules("deny"), 30).await.unwrap();
    assert_eq!((tried.looked_at, tried.changed, tried.is_cut), (2, 2, false));
    let changes: Vec<_> = tried.changes.iter().map(|one| (one.from, one.to, one.count)).collect();
    assert_eq!(changes, [(Decision::Review, Decision::Deny, 1), (Decision::Deny, Decision::Allow, 1)]);
    assert_eq!(tried.examples[1].id, old.id);
    assert_eq!(tried.not_asked, [(Signal::SimSwapped, 1)]);
    // Trying changes nothing.
    assert_eq!(risk.rules(&house.cx).await.unwrap().version, 0);
    assert_eq!(
        risk.set_rules(&house.cx, rules("deny"), Some(1), "why not").await.unwrap_err().code,
        "rules_changed"
    );
    assert_eq!(risk.set_rules(&house.cx, rules("deny"), None, " ").await.unwrap_err().code, "reason_missing");
    let set = risk.set_rules(&house.cx, rules("deny"), Some(0), "too many were taken over").await.unwrap();
    assert_eq!(set.version, 1);
    assert_eq!(risk.rules(&house.cx).await.unwrap(), set);
    let made = risk.assess(&house.cx, recovery()).await.unwrap();
    assert_eq!((made.decision, made.rules_version), (Decision::Deny, 1));
    // What was decided before stays as it was.
    assert_eq!(risk.get(&house.cx, old.id).await.unwrap(), old);
    let trail = house.audit().await;
    assert_eq!(
        trail,
        [("risk.rules".to_owned(), "rules:1".to_owned(), "too many were taken over".to_owned())]
    );
    // Another shop goes by its own.
    let other = house.other_shop().await;
    assert_eq!(risk.rules(&other).await.unwrap().version, 0);
    // Two who write at once: one of them is told.
    let (one, two) = futures::join!(
        risk.set_rules(&house.cx, rules("review"), Some(1), "first"),
        risk.set_rules(&house.cx, rules("challenge"), Some(1), "second")
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
    assert_eq!(risk.rules(&house.cx).await.unwrap().version, 2);
    for days in [0, 91] {
        assert_eq!(risk.dry_run(&house.cx, rules("deny"), days).await.unwrap_err().code, "days_out_of_range");
    }
}

async fn what_is_old_or_erased_is_forgotten(house: House) {
    let told = Arc::new(Told { lifetime_seconds: Some(600), ..Told::says(Finding::Yes) });
    let risk = house.risk(patient(), vec![told.clone()]);
    let before = risk.assess(&house.cx, recovery()).await.unwrap();
    house.advance(60);
    let span = Span { number: number(AINO), from: house.cx.now(), until: None };
    let after = risk.assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(told.times(), 1);
    // Who held the number before is another person.
    assert_eq!(risk.erase(&house.cx, &[span]).await.unwrap(), 1);
    assert_eq!(risk.get(&house.cx, before.id).await.unwrap().number, Some(number(AINO)));
    let erased = risk.get(&house.cx, after.id).await.unwrap();
    assert_eq!((erased.number, erased.decision), (None, Decision::Review));
    risk.assess(&house.cx, recovery()).await.unwrap();
    assert_eq!(told.times(), 2, "what the operator said is forgotten, too");
    house.advance(89 * 86_400);
    Forgetting(risk.clone()).run(house.cx.now()).await.unwrap();
    assert!(risk.get(&house.cx, before.id).await.is_ok());
    house.advance(2 * 86_400);
    Forgetting(risk.clone()).run(house.cx.now()).await.unwrap();
    assert_eq!(risk.get(&house.cx, before.id).await.unwrap_err().code, "assessment_unknown");
}
