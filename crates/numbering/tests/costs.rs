//! What reading numbers may cost: no memory, little room for the tables, no time before the first number, and time that grows no faster than
//! the text.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use numbering::{Batch, Format, PhoneNumber, Plans, Region, TABLE_BYTES, TABLE_SHA256, find, parse, regions};
use sha2::{Digest, Sha256};

/// How often this thread asks for memory meanwhile.
fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

const SPELLINGS: &[(&str, &str)] = &[
    ("BD", "01712-345678"),
    ("BD", "+8801712345678"),
    ("BD", "+880 (0) 1712-345678"),
    ("BD", "০১৭১২-৩৪৫৬৭৮"),
    ("US", "011 880 1712 345678"),
    ("US", "1-800-FLOWERS"),
    ("NZ", "03 331 6005 ext 3456"),
    ("NZ", "tel:03-331-6005;phone-context=+64"),
    ("IT", "06 698 12345"),
    ("AR", "0343 15 555 1212"),
    ("AG", "460 1234"),
    ("BR", "0 31 11 96123-4567"),
    ("GB", "++44 20 7946 0000"),
    ("US", "This is not a phone number"),
    ("ZZ", "123 456 7890"),
    ("DE", "0"),
    ("DE", "12345678901234567890123"),
];

#[test]
fn reading_a_number_allocates_nothing() {
    for (code, raw) in SPELLINGS {
        let region: Option<Region> = code.parse().ok();
        let count = allocations(|| {
            if let Ok(parsed) = parse(raw, region) {
                let number = parsed.number;
                std::hint::black_box((
                    number.is_valid(),
                    number.line_type(),
                    number.possibility(),
                    number.e164(),
                ));
            }
        });
        assert_eq!(count, 0, "{raw}");
    }
}

#[test]
fn a_column_allocates_no_more_the_second_time() {
    let texts: Vec<&str> = SPELLINGS.iter().map(|(_, raw)| *raw).collect();
    let mut batch = Batch::default();
    batch.read(&texts, "BD".parse().ok());
    assert_eq!(allocations(|| batch.read(&texts, "BD".parse().ok())), 0);
}

#[test]
fn the_allocator_does_count() {
    assert!(allocations(|| drop(std::hint::black_box(String::from("+880")))) > 0);
}

#[test]
fn the_tables_are_small_and_as_they_were_made() {
    const TABLE: &[u8] = include_bytes!("../src/plans.bin");
    assert_eq!(TABLE.len(), TABLE_BYTES);
    assert!(TABLE.len() < 2_000_000);
    let sum: String = Sha256::digest(TABLE).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sum, TABLE_SHA256);
    assert!(Plans::read(TABLE).is_some());
    assert!(Plans::read(&TABLE[8..]).is_none());
    assert!(Plans::read(b"").is_none());
}

#[test]
fn all_plans_are_there() {
    // ITU-T E.164 has two hundred and more calling codes in use, and more territories than these share them.
    assert!(regions().len() > 240);
    assert!(Plans::BUILT_IN.calling_codes().count() > 200);
    assert_eq!(
        Plans::BUILT_IN.regions_of(44).map(|region| region.to_string()).collect::<Vec<_>>(),
        ["GB", "GG", "IM", "JE"]
    );
}

/// The time that this thread has spent on a processor, where the system tells; other programs do not count then.
fn now() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = spent.and_then(|text| text.split(' ').next()?.parse().ok());
    spent.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

fn time(work: impl FnOnce()) -> Duration {
    let start = now();
    work();
    now() - start
}

/// Twenty times the text may take twenty times as long, and some more as clocks tick coarsely; a square would be four hundred times.
#[test]
fn time_grows_with_the_text_and_no_faster() {
    let region: Option<Region> = "US".parse().ok();
    for unit in [
        "1",
        "+",
        "(",
        "1 ",
        "1/x",
        "x",
        "12 345678 ",
        "1-",
        "[1]",
        "1,",
        "ext",
        "1 ext 1 ",
        "٣",
        "+1 202 555 0173 ",
        "/ x",
        "~1",
    ] {
        let short = unit.repeat(20_000 / unit.len());
        let long = unit.repeat(400_000 / unit.len());
        let count = |text: &str| {
            std::hint::black_box(find(text, region).count());
        };
        // The best of a few tries is the time that the work needs.
        let best = |text: &str| (0..3).map(|_| time(|| count(text))).min().expect("three tries");
        let (short, long) = (best(&short), best(&long));
        assert!(long < short * 40 + Duration::from_millis(500), "{unit}: {short:?}, then {long:?}");
    }
    for unit in
        ["1", "+", "x", "1,", ";ext=1", "1 ext 1 ", "(1)", ";phone-context=+1", "e", "1#", "\u{301}", "tel:"]
    {
        let text: String = unit.chars().cycle().take(250).collect();
        let taken = (0..5).map(|_| time(|| drop(std::hint::black_box(parse(&text, region))))).min();
        assert!(taken < Some(Duration::from_millis(10)), "{unit}: {taken:?}");
    }
}

#[test]
fn formats_allocate_only_their_text() {
    let number = PhoneNumber::from_e164("+8801712345678").expect("a number");
    for format in Format::ALL {
        assert!(allocations(|| drop(number.format(*format))) <= 4, "{format}");
    }
}
