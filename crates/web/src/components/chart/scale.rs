//! Where things stand on an axis: round steps for amounts, calendar steps for time.

use base::Timestamp;
use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

/// Lines of an axis: steps of 1, 2 or 5 times a power of ten, five at the most, the last at or above `largest`.
pub fn amounts(largest: u64) -> Vec<u64> {
    let rough = largest.max(5).div_ceil(5);
    let magnitude = 10u64.pow(rough.ilog10());
    let step = [1, 2, 5]
        .into_iter()
        .map(|unit: u64| unit * magnitude)
        .find(|step| *step >= rough)
        .unwrap_or(magnitude * 10);
    let steps = largest.max(1).div_ceil(step).max(1);
    (0..=steps).map(|at| at * step).collect()
}

/// A stretch of time laid along a width.
#[derive(Clone, Copy, Debug)]
pub struct TimeScale {
    from: i64,
    until: i64,
}

impl TimeScale {
    /// Covers all moments, with a little air at both ends.
    pub fn over(moments: impl IntoIterator<Item = Timestamp>) -> Self {
        let (mut from, mut until) = (i64::MAX, i64::MIN);
        for moment in moments {
            from = from.min(moment.as_micros());
            until = until.max(moment.as_micros());
        }
        if from > until {
            (from, until) = (0, 0);
        }
        let least = 30 * Timestamp::DAY;
        let air = ((until - from) / 40).max(least / 10);
        Self { from: from - air, until: until.max(from + least) + air }
    }

    /// 0 at the left end, 1 at the right.
    #[allow(clippy::cast_precision_loss)]
    pub fn share(&self, at: Timestamp) -> f64 {
        let share = (at.as_micros() - self.from) as f64 / (self.until - self.from) as f64;
        share.clamp(0.0, 1.0)
    }

    /// Between four and about nine marks at the starts of years, quarters or months.
    pub fn ticks(&self) -> Vec<(Timestamp, String)> {
        let days = (self.until - self.from) / Timestamp::DAY;
        let (months, pattern) = match days {
            0..270 => (1, "%b %Y"),
            270..800 => (3, "%b %Y"),
            800..1_500 => (6, "%b %Y"),
            1_500..3_300 => (12, "%Y"),
            _ => (36, "%Y"),
        };
        let mut ticks = Vec::new();
        let mut day = self.first_tick(months);
        while let Some(at) = start_of(day).filter(|at| at.as_micros() < self.until) {
            if at.as_micros() > self.from {
                ticks.push((at, day.strftime(pattern).to_string()));
            }
            let Ok(next) = day.checked_add(months.months()) else { break };
            day = next;
        }
        ticks
    }

    /// The first day of the year in which the scale begins: steps from there fall on calendar quarters and halves.
    fn first_tick(&self, months: i32) -> Date {
        let year = Timestamp::from_micros(self.from)
            .to_jiff()
            .map_or(1970, |at| at.to_zoned(TimeZone::UTC).date().year());
        let years = i16::try_from(months / 12).unwrap_or(1).max(1);
        date(year - year.rem_euclid(years), 1, 1)
    }
}

fn start_of(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    #[test]
    fn amounts_are_round_and_cover_the_largest() {
        assert_eq!(amounts(0), [0, 1]);
        assert_eq!(amounts(3), [0, 1, 2, 3]);
        assert_eq!(amounts(97), [0, 20, 40, 60, 80, 100]);
        assert_eq!(amounts(1_230), [0, 500, 1_000, 1_500]);
        for largest in [1, 7, 19, 101, 999, 12_345, 8_765_432] {
            let steps = amounts(largest);
            assert!(steps.len() <= 6 && *steps.last().unwrap() >= largest, "{largest}: {steps:?}");
        }
    }

    #[test]
    fn ticks_stand_at_calendar_starts() {
        let scale = TimeScale::over([at("2022-03-10"), at("2024-06-01")]);
        let labels: Vec<_> = scale.ticks().into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["Jul 2022", "Jan 2023", "Jul 2023", "Jan 2024"]);
    }

    #[test]
    fn a_long_history_is_marked_by_years() {
        let scale = TimeScale::over([at("2017-05-01"), at("2024-06-01")]);
        let labels: Vec<_> = scale.ticks().into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["2018", "2019", "2020", "2021", "2022", "2023", "2024"]);
    }

    #[test]
    fn shares_run_from_left_to_right() {
        let (first, last) = (at("2022-01-01"), at("2024-01-01"));
        let scale = TimeScale::over([first, last]);
        let (left, right) = (scale.share(first), scale.share(last));
        assert!(0.0 < left && left < 0.1 && 0.9 < right && right < 1.0, "{left} {right}");
        assert!(scale.share(at("2030-01-01")) <= 1.0);
    }

    #[test]
    fn a_single_moment_still_has_a_scale() {
        let scale = TimeScale::over([at("2024-01-01")]);
        assert!(scale.share(at("2024-01-01")) < scale.share(at("2024-01-20")));
        assert!(TimeScale::over([]).share(at("2024-01-01")) <= 1.0);
    }
}
