//! Whether an import that says it is running still has somebody who runs it. What a process wrote last stays in its row when it is
//! killed; so the row is believed only while its process, or its lease, is there.

use base::Timestamp;
use jobs::lease::{self, Holding};

use super::State;

/// What an import's row says of who runs it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse {
    /// As [`lease::this_process`] names it. `None` in rows of older programs.
    pub holder: Option<String>,
    pub seen_at: Option<Timestamp>,
    /// Its file is kept, and a job will run it again.
    pub kept: bool,
}

/// How long a process of another machine may be silent while it waits for its turn. It writes every [`TOUCH_SECONDS`].
const SILENT_MICROS_MAX: i64 = 60 * Timestamp::SECOND;
pub(crate) const TOUCH_SECONDS: u64 = 10;

/// How an import stands, `written` being what its row says and `held` who has the shop's lease for imports.
pub(crate) fn standing(written: State, pulse: &Pulse, held: Option<&Holding>, now: Timestamp) -> State {
    if !matches!(written, State::Running | State::Linking) || is_alive(pulse, held, now) {
        written
    } else if pulse.kept {
        State::Queued
    } else {
        State::Interrupted
    }
}

fn is_alive(pulse: &Pulse, held: Option<&Holding>, now: Timestamp) -> bool {
    let held = held.filter(|held| held.until > now);
    let Some(process) = &pulse.holder else { return held.is_some() };
    lease::is_alive_here(process).unwrap_or_else(|| {
        let silent = |at: Timestamp| now.as_micros() - at.as_micros() > SILENT_MICROS_MAX;
        held.is_some_and(|held| held.is_of(process)) || pulse.seen_at.is_some_and(|at| !silent(at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn ago(seconds: i64) -> Option<Timestamp> {
        Some(NOW.plus_micros(-seconds * Timestamp::SECOND))
    }

    fn pulse(holder: &str, seen_at: Option<Timestamp>) -> Pulse {
        Pulse { holder: Some(holder.to_owned()), seen_at, kept: false }
    }

    fn held(holder: &str, seconds_left: i64) -> Holding {
        Holding { holder: holder.to_owned(), until: NOW.plus_micros(seconds_left * Timestamp::SECOND) }
    }

    #[test]
    fn an_import_of_this_very_process_runs() {
        let mine = pulse(&lease::this_process(), ago(3_600));
        assert_eq!(standing(State::Running, &mine, None, NOW), State::Running);
        assert_eq!(standing(State::Linking, &mine, None, NOW), State::Linking);
    }

    #[test]
    fn an_import_of_a_process_that_is_gone_was_interrupted() {
        // No process is started at tick 1 under our id: that was before us.
        let this = lease::this_process();
        let gone = format!("{}/1", this.rsplit_once('/').unwrap().0);
        assert_eq!(standing(State::Linking, &pulse(&gone, ago(1)), None, NOW), State::Interrupted);
        let kept = Pulse { kept: true, ..pulse(&gone, ago(1)) };
        assert_eq!(standing(State::Running, &kept, None, NOW), State::Queued, "its job runs it again");
    }

    #[test]
    fn another_machine_is_believed_while_it_holds_the_lease_or_was_heard_of_lately() {
        let far = "far-boot/7/99";
        for (seen, lease, expected) in [
            (ago(3_600), Some(held("far-boot/7/99/0", 20)), State::Running),
            (ago(3_600), Some(held("far-boot/7/99/0", -1)), State::Interrupted),
            (ago(3_600), Some(held("far-boot/7/990/0", 20)), State::Interrupted),
            (ago(30), None, State::Running),
            (ago(61), None, State::Interrupted),
        ] {
            let found = standing(State::Running, &pulse(far, seen), lease.as_ref(), NOW);
            assert_eq!(found, expected, "{seen:?} {lease:?}");
        }
    }

    #[test]
    fn what_has_ended_stays_as_it_ended() {
        for state in [State::Queued, State::Done, State::Failed] {
            assert_eq!(standing(state, &Pulse::default(), None, NOW), state);
        }
    }
}
