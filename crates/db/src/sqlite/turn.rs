//! Whose turn it is to write. SQLite lets one connection write at a time; who would else wait on its lock polls, so the two writers of a process ask here first.
//! Work that people wait for goes before bulk work.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Whom the writing is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum For {
    People,
    Bulk,
}

#[derive(Default)]
struct State {
    taken: bool,
    people_waiting: usize,
}

#[derive(Default)]
pub(super) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

/// The turn of whoever has this; over when it is dropped.
pub(super) struct Turn<'t>(&'t Turns);

impl Turns {
    /// Waits for a turn.
    pub(super) fn take(&self, who: For) -> Turn<'_> {
        let mut state = self.state();
        if who == For::People {
            state.people_waiting += 1;
        }
        while state.taken || (who == For::Bulk && state.people_waiting > 0) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if who == For::People {
            state.people_waiting -= 1;
        }
        state.taken = true;
        Turn(self)
    }

    /// Whether somebody waits whom others wait for.
    pub(super) fn people_wait(&self) -> bool {
        self.state().people_waiting > 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().taken = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, mpsc},
        thread,
    };

    use super::{For, Turns};

    #[test]
    fn people_go_before_bulk_and_nobody_goes_beside_another() {
        let turns = Arc::new(Turns::default());
        let held = turns.take(For::Bulk);
        let (went, order) = mpsc::channel();
        let go = |who: For| {
            let (turns, went) = (Arc::clone(&turns), went.clone());
            thread::spawn(move || {
                let _turn = turns.take(who);
                went.send(who).expect("the test listens");
            })
        };
        let bulk = go(For::Bulk);
        let people = go(For::People);
        while turns.state().people_waiting == 0 {
            thread::yield_now();
        }
        assert!(order.try_recv().is_err(), "the first one still has its turn");
        drop(held);
        assert_eq!(order.recv(), Ok(For::People));
        assert_eq!(order.recv(), Ok(For::Bulk));
        people.join().expect("no panic");
        bulk.join().expect("no panic");
    }
}
