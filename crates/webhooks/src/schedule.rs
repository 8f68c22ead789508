//! When a call that failed is made again, and when an endpoint is given up.

use base::Timestamp;
use rand::RngExt as _;

const MINUTE: i64 = 60 * Timestamp::SECOND;
const HOUR: i64 = 60 * MINUTE;

/// The pauses after the first failure, the second and so on: three days and a few hours in all.
pub const PAUSES_MICROS: [i64; 9] = [
    5 * Timestamp::SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];

/// An endpoint of which every call failed for so long is told nothing any more.
pub const FAILING_MICROS_MAX: i64 = 5 * Timestamp::DAY;

/// The pause after so many tries that all failed, with up to a fifth more by chance, so that what failed together does not come back together; `None` when it is given up.
pub fn pause_after(tries: u32) -> Option<i64> {
    let at = usize::try_from(tries.checked_sub(1)?).ok()?;
    let pause = *PAUSES_MICROS.get(at)?;
    Some(pause + rand::rng().random_range(0..=pause / 5))
}

/// Whether an endpoint has failed for too long.
pub fn is_given_up(failing_since: Option<Timestamp>, now: Timestamp) -> bool {
    failing_since.is_some_and(|since| now.as_micros() - since.as_micros() >= FAILING_MICROS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_over_three_days_and_end() {
        let minutes = [(2, 5), (3, 30), (4, 120), (5, 300), (6, 600), (7, 840), (8, 1_200), (9, 1_440)];
        for (tries, minutes) in minutes {
            let pause = pause_after(tries).unwrap();
            assert!((minutes * MINUTE..=minutes * MINUTE * 6 / 5).contains(&pause), "{tries}: {pause}");
        }
        let first = pause_after(1).unwrap();
        assert!((5 * Timestamp::SECOND..=6 * Timestamp::SECOND).contains(&first), "{first}");
        assert_eq!((pause_after(0), pause_after(10), pause_after(u32::MAX)), (None, None, None));
        let all: i64 = PAUSES_MICROS.iter().sum();
        assert!(all > 3 * Timestamp::DAY && all < 4 * Timestamp::DAY);
    }

    #[test]
    fn an_endpoint_is_given_up_after_five_days_of_failures() {
        let now: Timestamp = "2024-03-10T12:00:00Z".parse().unwrap();
        for (since, is_given_up_now) in [
            (None, false),
            (Some("2024-03-05T12:00:01Z"), false),
            (Some("2024-03-05T12:00:00Z"), true),
            (Some("2024-01-01T00:00:00Z"), true),
        ] {
            let since = since.map(|text| text.parse().unwrap());
            assert_eq!(is_given_up(since, now), is_given_up_now, "{since:?}");
        }
    }
}
