//! The rules on small made-up lives, and what must hold for any input.

use proptest::prelude::*;

use super::*;
use crate::persona::Details;

const DAY: i64 = Timestamp::DAY;

fn id<T>(at: usize) -> Id<T> {
    let millis = 0x018d_0000_0000_u128 + at as u128;
    Id::from_uuid(uuid::Uuid::from_u128(millis << 80 | 0x7000 << 64 | 0x8000_0000_0000_0000 | at as u128))
}

fn day(at: i64) -> Timestamp {
    Timestamp::from_micros(at * DAY)
}

fn number(at: u8) -> Option<NumberKey> {
    Some(NumberKey([at; 32]))
}

/// Fields as `name|email|loyalty|address|device`, over number 1, on these days.
fn seen(at: usize, fields: &str, days: &[i64]) -> Sighting {
    let mut field = fields.split('|').map(|f| Some(f.trim().to_owned()).filter(|f| !f.is_empty()));
    let mut next = || field.next().flatten();
    let (name, email, loyalty_id, address, device_id) = (next(), next(), next(), next(), next());
    Sighting {
        persona: id(at),
        number: number(1),
        details: Details { name, email, address, loyalty_id, device_id, ..Details::default() },
        first_at: day(days[0]),
        last_at: day(days[days.len() - 1]),
        orders: u32::try_from(days.len()).unwrap(),
        dates: days.iter().map(|&d| day(d)).collect(),
    }
}

fn on(key: Option<NumberKey>, sighting: Sighting) -> Sighting {
    Sighting { number: key, ..sighting }
}

fn of(sightings: &[Sighting]) -> Resolution {
    resolve(&Component { sightings: sightings.to_vec(), acts: Vec::new() }, &Rules::default())
}

fn with(sightings: &[Sighting], acts: &[Act]) -> Resolution {
    resolve(&Component { sightings: sightings.to_vec(), acts: acts.to_vec() }, &Rules::default())
}

fn act(at: usize, kind: ActKind) -> Act {
    Act { id: id(1000 + at), at: day(10_000 + i64::try_from(at).unwrap()), kind }
}

/// The customer of a persona on a day.
fn owner(found: &Resolution, at: usize, on: i64) -> Option<Id<Customer>> {
    let on = day(on);
    let covers = |l: &&Link| {
        l.persona == id(at) && l.from.is_none_or(|from| from <= on) && l.until.is_none_or(|until| on < until)
    };
    found.links.iter().find(covers).unwrap().customer
}

fn kind(found: &Resolution) -> NumberKind {
    found.numbers[0].kind
}

#[test]
fn one_person_however_the_name_is_written() {
    for (a, b) in [
        ("Robert Khan", "Bob Khan"),
        ("Robert Khan", "KHAN, ROBERT"),
        ("Robert Khan", "R. Khan"),
        ("Robert Khan", "Mr Robert A. Khan"),
        ("Robert Khan", "Robret Khan"),
        ("Robert Khan", "Xobert Khan"),
        ("Robert Khan", "Robert"),
        ("Jürgen Müller", "Juergen Mueller"),
        ("Ștefan Țurcanu", "Stefan Turcanu"),
        ("Александр Иванов", "Alexander Ivanov"),
        ("রহিম উদ্দিন", "Rahim Uddin"),
        ("Md. Rahim Uddin", "Mohammad Rahim Uddin"),
        ("Md Rahim Uddin", "Rahim Uddin"),
        ("Abdul Karim Khan", "Abdulkarim Khan"),
        ("María García López", "Maria Garcia"),
        ("Anna Virtanen", "Anna Korhonen"),
        ("Popescu Ion", "Ion Popescu"),
        ("Elizabeth O'Brien", "Liz OBrien"),
    ] {
        let found = of(&[seen(1, a, &[0, 30, 90]), seen(2, b, &[200, 260])]);
        assert_eq!(found.customers.len(), 1, "{a} and {b}");
        assert_eq!(kind(&found), NumberKind::Single, "{a} and {b}");
    }
}

#[test]
fn two_people_whatever_else_they_share() {
    for (a, b) in [
        (
            "Anna Khan|home@x.example||1 High Street|tablet",
            "Robert Khan|home@x.example||1 High Street|tablet",
        ),
        ("John Smith", "Priya Nair"),
        ("Fatema Begum", "Jamal Hossain"),
        ("Popescu Ion", "Popescu Maria"),
        ("John Smith Jr", "John Smith Sr."),
    ] {
        let b = b.replace("Sr.", "Senior");
        let found = of(&[seen(1, a, &[0, 20, 40]), seen(2, &b, &[10, 30, 50])]);
        assert_eq!(found.customers.len(), 2, "{a} and {b}");
        assert_eq!(kind(&found), NumberKind::Shared, "{a} and {b}");
        assert!(found.tenures.iter().all(|t| t.until.is_none()), "{a} and {b}");
    }
}

#[test]
fn a_number_that_went_silent_and_came_back_with_a_stranger_is_recycled() {
    let found = of(&[
        seen(1, "John Smith|john@x.example||1 High Street", &[0, 10, 20]),
        seen(2, "", &[5, 25, 130, 160]),
        seen(3, "Priya Nair|priya@y.example||9 Lake Road", &[120, 150]),
    ]);
    assert_eq!(kind(&found), NumberKind::Recycled);
    assert_eq!(found.tenures.len(), 2);
    let (old, new) = (&found.tenures[0], &found.tenures[1]);
    assert_eq!((old.customer, old.from), (id(1), day(0)));
    let end = old.until.unwrap();
    assert!(day(25) < end && end <= day(120), "{end}");
    assert_eq!((new.customer, new.from, new.until), (id(3), day(120), None));
    // The nameless till rows follow whoever held the number then.
    assert_eq!(owner(&found, 2, 5), Some(id(1)));
    assert_eq!(owner(&found, 2, 25), Some(id(1)));
    assert_eq!(owner(&found, 2, 130), Some(id(3)));
    assert_eq!(owner(&found, 2, 160), Some(id(3)));
}

#[test]
fn a_long_pause_with_a_new_life_is_still_the_same_person() {
    let found = of(&[
        seen(1, "Anna Virtanen|anna.v@x.example||1 High Street", &[0, 10, 20]),
        seen(2, "Anna Korhonen|anna.k@y.example||9 Lake Road", &[400, 420]),
    ]);
    assert_eq!(found.customers.len(), 1);
    assert_eq!(kind(&found), NumberKind::Single);
}

#[test]
fn handed_on_in_the_family_is_two_people_on_a_shared_number() {
    let found = of(&[
        seen(1, "Ion Munteanu|||Strada Florilor 3", &[0, 10, 20]),
        seen(2, "Maria Munteanu|||Strada Florilor 3", &[120, 150]),
    ]);
    assert_eq!(found.customers.len(), 2);
    assert_eq!(kind(&found), NumberKind::Shared);
}

#[test]
fn a_number_on_very_many_people_says_nothing() {
    let first = ["Anna", "Robert", "Priya", "Jamal", "Elena", "Igor"];
    let last = ["Khan", "Smith", "Nair", "Popescu", "Virtanen", "Muller"];
    let mut sightings: Vec<Sighting> = first
        .iter()
        .flat_map(|f| last.iter().map(move |l| format!("{f} {l}")))
        .enumerate()
        .map(|(at, name)| seen(at, &name, &[i64::try_from(at).unwrap()]))
        .collect();
    sightings.push(seen(100, "", &[3]));
    let found = of(&sightings);
    assert_eq!(kind(&found), NumberKind::Generic);
    assert_eq!(found.customers.len(), 36);
    assert_eq!(owner(&found, 100, 3), None);
    assert!(found.tenures.is_empty());
}

#[test]
fn the_same_email_joins_across_numbers_but_not_across_a_contradiction() {
    let a = seen(1, "Anna Khan|anna@x.example", &[0, 10]);
    let b = on(number(2), seen(2, "A. Khan|Anna@X.example", &[50]));
    let c = on(number(3), seen(3, "Robert Khan|anna@x.example", &[60]));
    let d = on(None, seen(4, "Anna Khan|anna@x.example", &[70]));
    let found = of(&[a, b, c, d]);
    assert_eq!(owner(&found, 1, 0), Some(id(1)));
    assert_eq!(owner(&found, 2, 50), Some(id(1)));
    assert_eq!(owner(&found, 3, 60), Some(id(3)));
    assert_eq!(owner(&found, 4, 70), Some(id(1)));
}

#[test]
fn in_doubt_nobody_is_split_and_somebody_is_asked() {
    let sightings = [
        seen(1, "Fatema Rahman|one@x.example||1 High Street", &[0, 10]),
        seen(2, "Fatema Biswas|two@y.example||9 Lake Road", &[200, 210]),
    ];
    let found = of(&sightings);
    assert_eq!(found.customers.len(), 1);
    assert_eq!(found.reviews.len(), 1);
    let review = &found.reviews[0];
    assert_eq!(review.kind, ReviewKind::PossibleRecycle);
    assert_eq!((review.left.founder(), review.right.founder()), (id(1), id(2)));
    assert!(!review.reasons.is_empty());
    // Answered either way, it is not asked again.
    let same = with(&sightings, &[act(1, ActKind::Merge { left: id(1), right: id(2) })]);
    assert!(same.reviews.is_empty() && same.customers.len() == 1);
    let apart = with(&sightings, &[act(1, ActKind::Keep { left: id(1), right: id(2) })]);
    assert!(apart.reviews.is_empty() && apart.customers.len() == 2);
}

/// What follows from the names being alike is no second reason.
#[test]
fn names_that_look_alike_are_not_joined_by_addresses_made_of_them() {
    for (a, b) in [
        ("Daniel Popa|daniel.popa@mail.example", "Daniela Popa|daniela.popa19@posti.example"),
        ("Mario Rossi|mario.rossi@mail.example", "Maria Rossi|maria.rossi@posti.example"),
        ("Jan Novak|jan.novak@mail.example", "Jana Novak|jana.novak@posti.example"),
    ] {
        let found = of(&[seen(1, a, &[0, 20]), seen(2, b, &[10, 30])]);
        assert!(found.customers.len() == 2 || found.reviews.len() == 1, "{a} and {b}");
        let words: Vec<_> =
            found.reviews.iter().flat_map(|review| &review.reasons).map(|reason| reason.kind).collect();
        assert!(!words.contains(&EvidenceKind::EmailLikeness), "{words:?}");
    }
}

#[test]
fn merge_holds_for_whole_customers_and_split_for_what_was_named() {
    let sightings = [
        seen(1, "Anna Khan", &[0, 20, 40]),
        seen(2, "A. Khan", &[10]),
        on(number(2), seen(3, "Robert Smith|bob@x.example", &[5, 25])),
        on(number(2), seen(4, "Bob Smith|bob@x.example", &[35])),
    ];
    let merge = act(1, ActKind::Merge { left: id(2), right: id(4) });
    let merged = with(&sightings, std::slice::from_ref(&merge));
    assert_eq!(merged.customers, vec![CustomerView { id: id(1), personas: (1..5).map(id).collect() }]);
    // Who was somebody's first record is so no more; of the customer that remains the first one is.
    let of = |persona: usize| merged.links.iter().find(|link| link.persona == id(persona)).unwrap();
    let kinds = |persona: usize| of(persona).evidence.iter().map(|one| one.kind).collect::<Vec<_>>();
    assert_eq!((of(3).rule, kinds(3)), (Rule::Act, vec![EvidenceKind::ActMerge]));
    assert_eq!((of(1).rule, kinds(1)), (Rule::Founder, vec![EvidenceKind::First]));
    assert_eq!(of(3).evidence[0].in_words(), "staff said that both are one person.");
    let moved = vec![Moved { persona: id(3), from: Some(day(20)), until: None }];
    let split = act(2, ActKind::Split { customer: id(1), moved });
    let found = with(&sightings, &[merge, split]);
    assert_eq!(owner(&found, 3, 5), Some(id(1)));
    assert_ne!(owner(&found, 3, 25), Some(id(1)));
    assert_eq!(owner(&found, 4, 35), Some(id(1)));
    assert_eq!(found.customers.len(), 2);
}

#[test]
fn what_is_recorded_after_a_split_follows_the_side_it_is_like() {
    let mut sightings = vec![
        seen(1, "Anna Khan|anna@x.example", &[0, 20]),
        seen(2, "Anna Khan|other@y.example||9 Lake Road", &[10, 30]),
    ];
    let moved = vec![Moved { persona: id(2), from: None, until: None }];
    let split = act(1, ActKind::Split { customer: id(1), moved });
    sightings.push(seen(2000, "Anna Khan|other@y.example||", &[50]));
    sightings.push(seen(2001, "Anna Khan|anna@x.example||", &[60]));
    let found = with(&sightings, &[split]);
    assert_eq!(owner(&found, 2000, 50), owner(&found, 2, 10));
    assert_eq!(owner(&found, 2001, 60), Some(id(1)));
    assert_ne!(owner(&found, 2, 10), Some(id(1)));
}

#[test]
fn a_change_of_number_takes_history_along_and_leaves_the_rest() {
    let sightings = [
        seen(1, "Anna Khan", &[0, 20]),
        seen(2, "", &[10, 100]),
        on(number(2), seen(3, "Anna Khan", &[60])),
        on(number(2), seen(4, "", &[70])),
    ];
    let (from, to) = (number(1).unwrap(), number(2).unwrap());
    let change = ActKind::ChangeNumber { customer: id(1), from, to, persona: id(3), at: day(50) };
    let found = with(&sightings, &[act(1, change)]);
    assert_eq!(owner(&found, 3, 60), Some(id(1)));
    assert_eq!(owner(&found, 4, 70), Some(id(1)));
    assert_eq!(owner(&found, 2, 10), Some(id(1)));
    // Whoever uses the old number now is not the customer who left it.
    assert_eq!(owner(&found, 2, 100), None);
    let left = found.tenures.iter().find(|t| t.number == from).unwrap();
    assert_eq!(left.until, Some(day(50)));
}

#[test]
fn acts_on_unknown_personas_are_ignored() {
    let sightings = [seen(1, "Anna Khan", &[0]), seen(2, "", &[10])];
    let acts = [
        act(1, ActKind::Merge { left: id(1), right: id(77) }),
        act(2, ActKind::Keep { left: id(77), right: id(78) }),
        act(
            3,
            ActKind::Split {
                customer: id(79),
                moved: vec![Moved { persona: id(1), from: None, until: None }],
            },
        ),
    ];
    assert_eq!(with(&sightings, &acts), of(&sightings));
}

#[test]
fn every_link_says_why_without_personal_data() {
    let found = of(&[
        seen(1, "Anna Khan|anna@x.example||1 High Street", &[0, 20]),
        seen(2, "Ana Khan|anna@x.example||1 High St", &[30]),
        seen(3, "", &[40]),
    ]);
    for link in &found.links {
        assert!(!link.evidence.is_empty());
        for evidence in &link.evidence {
            let words = evidence.in_words();
            assert!(words.ends_with('.') && !words.contains("Khan") && !words.contains("anna"), "{words}");
            assert_eq!(evidence.to_string().parse::<Evidence>(), Ok(*evidence));
        }
    }
}

#[test]
fn debugging_shows_no_personal_data() {
    let component = Component {
        sightings: vec![seen(1, "Anna Khan|anna@x.example|L77|1 High Street|dev9", &[0])],
        acts: vec![],
    };
    let shown = format!("{component:?} {:?}", component.sightings[0].details);
    for secret in ["Anna", "Khan", "anna@", "L77", "High", "dev9", "0101010101"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

// ---- what must hold for any input ----

fn any_sighting() -> impl Strategy<Value = (u8, String, Vec<i64>)> {
    let names = [
        "",
        "",
        "",
        "Anna Khan",
        "A. Khan",
        "Ana Khan",
        "Robert Khan",
        "Bob Khan",
        "Priya Nair",
        "P. Nair",
        "NAIR, PRIYA",
        "Anna Smith",
        "Anna",
        "Khan",
        "Qwv Xyz",
        "Иван Петров",
    ];
    let emails = ["", "", "anna@x.example", "bob@y.example", "home@z.example"];
    let cards = ["", "", "", "L1", "L2"];
    let places = ["", "", "1 High Street", "9 Lake Road"];
    let devices = ["", "", "d1", "d2"];
    let one = |list: &'static [&'static str]| prop::sample::select(list);
    (
        0u8..4,
        one(Box::leak(Box::new(names))),
        one(Box::leak(Box::new(emails))),
        one(Box::leak(Box::new(cards))),
        one(Box::leak(Box::new(places))),
        one(Box::leak(Box::new(devices))),
        prop::collection::btree_set(0i64..900, 1..5),
    )
        .prop_map(|(number, name, email, card, place, device, days)| {
            (number, format!("{name}|{email}|{card}|{place}|{device}"), days.into_iter().collect())
        })
}

fn any_component() -> impl Strategy<Value = Vec<Sighting>> {
    prop::collection::vec(any_sighting(), 1..14).prop_map(|list| {
        let sighting = |(at, (key, fields, days)): (usize, (u8, String, Vec<i64>))| {
            on(Some(NumberKey([key; 32])).filter(|_| key > 0), seen(at, &fields, &days))
        };
        list.into_iter().enumerate().map(sighting).collect()
    })
}

/// Any act on personas and customers that may or may not be there.
fn any_act() -> impl Strategy<Value = ActKind> {
    let persona = || (0usize..15).prop_map(id::<Persona>);
    let key = || (1u8..4).prop_map(|key| NumberKey([key; 32]));
    let moved = (persona(), prop::option::of(0i64..900), prop::option::of(0i64..900))
        .prop_map(|(persona, from, until)| Moved { persona, from: from.map(day), until: until.map(day) });
    prop_oneof![
        (persona(), persona()).prop_map(|(left, right)| ActKind::Merge { left, right }),
        (persona(), persona()).prop_map(|(left, right)| ActKind::Keep { left, right }),
        (persona(), prop::collection::vec(moved, 1..4))
            .prop_map(|(customer, moved)| ActKind::Split { customer: customer.cast(), moved }),
        (persona(), key(), key(), persona(), 0i64..900).prop_map(|(customer, from, to, persona, at)| {
            ActKind::ChangeNumber { customer: customer.cast(), from, to, persona, at: day(at) }
        }),
    ]
}

fn any_acts(most: usize) -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(any_act(), 0..=most)
        .prop_map(|kinds| kinds.into_iter().enumerate().map(|(at, kind)| act(at, kind)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// The order in which sightings and acts are handed over says nothing.
    #[test]
    fn order_of_input_does_not_matter(sightings in any_component(), acts in any_acts(3), turn in 0usize..14) {
        let straight = with(&sightings, &acts);
        let mut turned = sightings;
        let by = turn % turned.len();
        turned.rotate_left(by);
        turned.reverse();
        let mut turned_acts = acts;
        turned_acts.reverse();
        prop_assert_eq!(with(&turned, &turned_acts), straight);
    }

    /// The links of a persona cover all time exactly once, and everything speaks of the same customers.
    #[test]
    fn links_cover_all_time_once(sightings in any_component(), acts in any_acts(4)) {
        let found = with(&sightings, &acts);
        for sighting in &sightings {
            let links: Vec<&Link> = found.links.iter().filter(|l| l.persona == sighting.persona).collect();
            prop_assert!(!links.is_empty());
            prop_assert_eq!(links[0].from, None);
            prop_assert_eq!(links[links.len() - 1].until, None);
            for pair in links.windows(2) {
                prop_assert!(pair[0].until.is_some());
                prop_assert_eq!(pair[0].until, pair[1].from);
                prop_assert!(pair[0].from < pair[0].until);
            }
        }
        let mut linked: Vec<_> = found.links.iter().filter_map(|l| l.customer).collect();
        linked.sort_unstable();
        linked.dedup();
        let listed: Vec<_> = found.customers.iter().map(|c| c.id).collect();
        prop_assert_eq!(&linked, &listed);
        prop_assert!(found.tenures.iter().all(|t| listed.contains(&t.customer)));
        prop_assert!(found.reviews.iter().all(|r| listed.contains(&r.left.customer) && listed.contains(&r.right.customer)));
    }

    /// A wrong act that is taken back leaves no trace, whatever other acts stand.
    #[test]
    fn a_retracted_act_leaves_no_trace(sightings in any_component(), acts in any_acts(3), wrong in any_act(), at in 0usize..4) {
        let before = with(&sightings, &acts);
        let mut all = acts.clone();
        let wrong = Act { id: id(5000), at: day(10_000 + i64::try_from(at).unwrap()), kind: wrong };
        all.insert(at.min(all.len()), wrong.clone());
        let during = with(&sightings, &all);
        prop_assert_eq!(during.links.iter().map(|l| l.persona).min(), before.links.iter().map(|l| l.persona).min());
        all.retain(|act| act.id != wrong.id);
        prop_assert_eq!(with(&sightings, &all), before);
    }

    /// Where dates are said not to matter, they do not.
    #[test]
    fn dates_matter_only_when_said(sightings in any_component()) {
        let bare: Vec<Sighting> = sightings.iter().map(|s| Sighting { dates: Vec::new(), ..s.clone() }).collect();
        if !needs_dates(&bare, &Rules::default()) {
            prop_assert_eq!(of(&bare), of(&sightings));
        }
    }

    /// One more order under known details changes no customer's id.
    #[test]
    fn what_only_confirms_changes_no_ids(name in prop::sample::select(vec!["Anna Khan", "Priya Nair"]), more in 0i64..900) {
        let mut sightings = vec![seen(1, "Anna Khan|anna@x.example", &[0, 20]), seen(2, "Priya Nair", &[100, 500])];
        let before: Vec<_> = of(&sightings).customers.into_iter().map(|c| c.id).collect();
        sightings.push(seen(3, &format!("{name}|||1 High Street"), &[more]));
        let after: Vec<_> = of(&sightings).customers.into_iter().map(|c| c.id).collect();
        prop_assert_eq!(before, after);
    }
}
