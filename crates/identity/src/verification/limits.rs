//! What is bounded for a number, and for a device that is known for it: sends and guesses, over new codes, new addresses and restarts.

use base::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Reason, Refusal};

/// How much of each there may be. Every limit is for one number of one shop unless it says otherwise. Of sends and of wrong guesses 32 are remembered, so that no limit
/// in a stretch of time is above that, whatever the settings say.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Guesses that are looked at for one code.
    pub guesses_of_code_max: u32,
    /// Wrong guesses that are looked at in any 24 hours, over all codes. Ten at codes of six digits are a chance of 1 in 100,000.
    pub guesses_a_day_max: u32,
    /// Wrong guesses that are looked at since somebody last succeeded.
    pub guesses_since_success_max: u32,
    /// Seconds between two sends.
    pub sends_pause_seconds: i64,
    /// Sends in any ten minutes.
    pub sends_in_ten_minutes_max: usize,
    /// Sends in any 24 hours.
    pub sends_a_day_max: usize,
    /// Sends a day that a device that is known for the number keeps for itself when strangers have used those of the number.
    pub device_sends_a_day_max: usize,
    /// Wrong guesses a day that such a device keeps for itself.
    pub device_guesses_a_day_max: u32,
    /// Sends asked for from one address in an hour; many people may share one.
    pub address_sends_an_hour_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            guesses_of_code_max: 5,
            guesses_a_day_max: 10,
            guesses_since_success_max: 100,
            sends_pause_seconds: 30,
            sends_in_ten_minutes_max: 3,
            sends_a_day_max: 10,
            device_sends_a_day_max: 1,
            device_guesses_a_day_max: 5,
            address_sends_an_hour_max: 100,
        }
    }
}

const TEN_MINUTES: i64 = 600 * Timestamp::SECOND;
/// Moments remembered of each kind; no limit looks further back.
const REMEMBERED_MAX: usize = 32;

/// What is remembered of a number, or of a device for a number.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Record {
    /// The oldest first.
    pub sends: Vec<Timestamp>,
    /// Wrong guesses, the oldest first.
    pub guesses: Vec<Timestamp>,
    pub guesses_since_success: u32,
    pub succeeded_at: Option<Timestamp>,
}

/// What was asked for from an address in an hour.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct AddressHour {
    /// Sends that were asked for, refused ones among them.
    pub asked: u32,
    /// Sends to numbers that never succeeded, and how many such numbers did.
    pub sent: u32,
    pub approved: u32,
}

impl AddressHour {
    pub const fn unanswered(&self) -> u32 {
        self.sent.saturating_sub(self.approved)
    }
}

fn since(moments: &[Timestamp], from: Timestamp) -> impl DoubleEndedIterator<Item = Timestamp> + '_ {
    moments.iter().copied().filter(move |at| *at > from)
}

/// When the oldest of the last `max` leaves the window of `micros`, if there are as many; `None` when there is room. More than are remembered cannot be allowed.
fn room_at(moments: &[Timestamp], now: Timestamp, micros: i64, max: usize) -> Option<Timestamp> {
    let within: Vec<Timestamp> = since(moments, now.plus_micros(-micros)).collect();
    match max.min(REMEMBERED_MAX) {
        0 => Some(now.plus_micros(micros)),
        max => within.len().checked_sub(max).map(|at| within[at].plus_micros(micros)),
    }
}

fn push(moments: &mut Vec<Timestamp>, at: Timestamp) {
    moments.retain(|old| *old > at.plus_micros(-Timestamp::DAY));
    if moments.len() == REMEMBERED_MAX {
        moments.remove(0);
    }
    moments.push(at);
}

impl Record {
    /// Whether another code may be sent to the number.
    pub fn may_send(&self, limits: &Limits, now: Timestamp) -> Result<(), Refusal> {
        let pause = room_at(&self.sends, now, limits.sends_pause_seconds * Timestamp::SECOND, 1);
        let short = room_at(&self.sends, now, TEN_MINUTES, limits.sends_in_ten_minutes_max);
        let day = room_at(&self.sends, now, Timestamp::DAY, limits.sends_a_day_max);
        match pause.max(short).max(day) {
            None => Ok(()),
            retry_at => Err(Refusal { reason: Reason::SendsOfNumber, retry_at }),
        }
    }

    /// Whether a guess for the number may be looked at.
    pub fn may_guess(&self, limits: &Limits, now: Timestamp) -> Result<(), Refusal> {
        if self.guesses_since_success >= limits.guesses_since_success_max {
            return Err(Refusal { reason: Reason::GuessesSinceSuccess, retry_at: None });
        }
        match room_at(&self.guesses, now, Timestamp::DAY, limits.guesses_a_day_max as usize) {
            None => Ok(()),
            retry_at => Err(Refusal { reason: Reason::GuessesOfNumber, retry_at }),
        }
    }

    /// Whether this device, which succeeded with the number before, has a send of its own left.
    pub fn device_may_send(&self, limits: &Limits, now: Timestamp) -> bool {
        let pause = limits.sends_pause_seconds * Timestamp::SECOND;
        self.succeeded_at.is_some()
            && room_at(&self.sends, now, pause, 1).is_none()
            && room_at(&self.sends, now, Timestamp::DAY, limits.device_sends_a_day_max).is_none()
    }

    /// Whether this device, which succeeded with the number before, has a guess of its own left.
    pub fn device_may_guess(&self, limits: &Limits, now: Timestamp) -> bool {
        self.succeeded_at.is_some()
            && room_at(&self.guesses, now, Timestamp::DAY, limits.device_guesses_a_day_max as usize).is_none()
    }

    pub fn note_send(&mut self, now: Timestamp) {
        push(&mut self.sends, now);
    }

    pub fn note_wrong(&mut self, now: Timestamp) {
        push(&mut self.guesses, now);
        self.guesses_since_success = self.guesses_since_success.saturating_add(1);
    }

    /// The wrong guesses of the day stay counted: they are what bounds a guesser, who does not stop when the holder succeeds.
    pub fn note_success(&mut self, now: Timestamp) {
        self.guesses_since_success = 0;
        self.succeeded_at = Some(now);
    }
}

/// Moments as bytes, eight each.
pub(crate) fn pack(moments: &[Timestamp]) -> Vec<u8> {
    moments.iter().flat_map(|at| at.as_micros().to_be_bytes()).collect()
}

pub(crate) fn unpack(bytes: &[u8]) -> Vec<Timestamp> {
    let (whole, _) = bytes.as_chunks::<8>();
    whole.iter().map(|eight| Timestamp::from_micros(i64::from_be_bytes(*eight))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_SECONDS: i64 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000 * Timestamp::SECOND + seconds * Timestamp::SECOND)
    }

    fn sent(seconds: &[i64]) -> Record {
        Record { sends: seconds.iter().map(|second| at(*second)).collect(), ..Record::default() }
    }

    #[test]
    fn sends_are_bounded_by_half_minute_ten_minutes_and_day() {
        let limits = Limits::default();
        let daily: Vec<i64> = (0..10).map(|turn| turn * 3600).collect();
        for (sends, now, allowed_at) in [
            (&[][..], 0, None),
            (&[0], 29, Some(30)),
            (&[0], 30, None),
            (&[0, 30, 60], 90, Some(600)),
            (&[0, 30, 60], 599, Some(600)),
            (&[0, 30, 60], 600, None),
            // The pause after the last one reaches beyond the ten minutes of the first.
            (&[0, 30, 585], 590, Some(615)),
            (&daily[..], 40_000, Some(DAY_SECONDS)),
            (&daily[..], DAY_SECONDS, None),
        ] {
            let refused = sent(sends).may_send(&limits, at(now)).err();
            assert_eq!(
                refused.and_then(|refusal| refusal.retry_at),
                allowed_at.map(at),
                "{sends:?} at {now}"
            );
        }
    }

    #[test]
    fn limits_above_what_is_remembered_hold_at_that() {
        for max in [31, 32, 33, 1_000] {
            let limits = Limits {
                sends_pause_seconds: 0,
                sends_in_ten_minutes_max: 1_000,
                sends_a_day_max: max,
                guesses_a_day_max: u32::try_from(max).unwrap(),
                ..Limits::default()
            };
            let mut record = Record::default();
            let (mut sent, mut looked_at) = (0, 0);
            for turn in 0..40 {
                if record.may_send(&limits, at(turn)).is_ok() {
                    record.note_send(at(turn));
                    sent += 1;
                }
                if record.may_guess(&limits, at(turn)).is_ok() {
                    record.note_wrong(at(turn));
                    looked_at += 1;
                }
            }
            assert_eq!((sent, looked_at), (max.min(32), max.min(32)), "{max}");
        }
    }

    #[test]
    fn guesses_are_bounded_by_day_and_since_the_last_success() {
        let limits = Limits::default();
        let mut record = Record::default();
        for turn in 0..10 {
            assert_eq!(record.may_guess(&limits, at(turn)), Ok(()));
            record.note_wrong(at(turn));
        }
        let refusal = record.may_guess(&limits, at(10)).unwrap_err();
        assert_eq!(refusal, Refusal { reason: Reason::GuessesOfNumber, retry_at: Some(at(DAY_SECONDS)) });
        record.note_success(at(11));
        assert!(record.may_guess(&limits, at(12)).is_err(), "a success gives a guesser no more guesses");
        assert_eq!(record.may_guess(&limits, at(DAY_SECONDS)), Ok(()));
    }

    #[test]
    fn a_hundred_wrong_guesses_over_many_days_close_a_number_until_a_success() {
        let limits = Limits::default();
        let mut record = Record::default();
        let mut looked_at = 0;
        for day in 0..30 {
            for turn in 0..20 {
                let now = at(day * DAY_SECONDS + turn + day);
                if record.may_guess(&limits, now).is_ok() {
                    record.note_wrong(now);
                    looked_at += 1;
                }
            }
        }
        assert_eq!(looked_at, 100);
        let later = at(60 * DAY_SECONDS);
        let refusal = Refusal { reason: Reason::GuessesSinceSuccess, retry_at: None };
        assert_eq!(record.may_guess(&limits, later), Err(refusal));
        record.note_success(later);
        assert_eq!(record.may_guess(&limits, later), Ok(()));
    }

    #[test]
    fn a_device_keeps_a_send_and_five_guesses_once_it_has_succeeded() {
        let limits = Limits::default();
        let mut device = Record::default();
        assert!(!device.device_may_send(&limits, at(0)) && !device.device_may_guess(&limits, at(0)));
        device.note_success(at(0));
        assert!(device.device_may_send(&limits, at(1)));
        device.note_send(at(1));
        assert!(!device.device_may_send(&limits, at(3600)));
        assert!(device.device_may_send(&limits, at(1 + DAY_SECONDS)));
        for turn in 0..5 {
            assert!(device.device_may_guess(&limits, at(10 + turn)));
            device.note_wrong(at(10 + turn));
        }
        assert!(!device.device_may_guess(&limits, at(20)));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_reads_back() {
        let mut record = Record::default();
        for turn in 0..100 {
            record.note_send(at(turn));
        }
        assert_eq!(record.sends.len(), REMEMBERED_MAX);
        assert_eq!(unpack(&pack(&record.sends)), record.sends);
        record.note_send(at(2 * DAY_SECONDS));
        assert_eq!(record.sends, [at(2 * DAY_SECONDS)], "what is older than a day is forgotten");
    }
}
