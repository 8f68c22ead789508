//! The sender of this process, as those see it who ask for messages: what it has room for is committed as in its hands already, so that it need neither be claimed nor be
//! read again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{Id, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::rows::{Claimed, Lease};

/// How long a claim lasts: longer than a provider may take, with all that comes before and after.
pub(crate) const LEASE_MICROS: i64 = 120 * Timestamp::SECOND;

/// How much of the room is only for what is queued: what is asked for now must not keep what has waited from being sent. (Claims for less would cost a commit each.)
pub(crate) const fn of_queue(in_flight_max: usize) -> usize {
    in_flight_max.div_ceil(4)
}

/// Where the sender of this process is found, while there is one.
#[derive(Clone, Default, Debug)]
pub(crate) struct Hands(Arc<Mutex<Option<Open>>>);

#[derive(Clone, Debug)]
struct Open {
    holder: Arc<str>,
    room: Arc<Semaphore>,
    /// How much of it is left to the queue.
    of_queue: usize,
    give: mpsc::UnboundedSender<Vec<Claimed>>,
}

/// Room for messages in the hands of this process, and the name of the claim that they are written under.
#[derive(Debug)]
pub(crate) struct Room {
    pub lease: Id<Lease>,
    pub holder: Arc<str>,
    pub until: Timestamp,
    permit: OwnedSemaphorePermit,
    give: mpsc::UnboundedSender<Vec<Claimed>>,
}

/// Messages that were asked for in a transaction; once it is committed, [`crate::Messages::send_off`] has them sent. Dropped, because it was not, they are nobody's.
#[must_use]
#[derive(Debug, Default)]
pub struct Asked(Option<(Room, Vec<Claimed>)>);

impl Hands {
    /// Opens them for what may be in hand at once; what is given comes out of the receiver.
    pub fn open(&self, holder: &str, room: &Arc<Semaphore>) -> mpsc::UnboundedReceiver<Vec<Claimed>> {
        let (give, given) = mpsc::unbounded_channel();
        let of_queue = of_queue(room.available_permits());
        *self.lock() = Some(Open { holder: holder.into(), room: Arc::clone(room), of_queue, give });
        given
    }

    /// Takes nothing more; whoever has room already still gives what they have.
    pub fn close(&self) {
        *self.lock() = None;
    }

    /// Room for so many, if there is a sender and it has it.
    pub fn room(&self, messages: usize, now: Timestamp) -> Option<Room> {
        // As long as it is taken they cannot be closed: a sender that has closed them sees all room that it has given.
        let open = self.lock();
        let Open { holder, room, of_queue, give } = open.as_ref()?.clone();
        if room.available_permits() < messages + of_queue {
            return None;
        }
        let permit = room.try_acquire_many_owned(u32::try_from(messages).ok()?).ok()?;
        drop(open);
        let lease = Id::new(now, &mut rand::rng());
        Some(Room { lease, holder, until: now.plus_micros(LEASE_MICROS), permit, give })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    pub(crate) const fn in_hand(room: Room, messages: Vec<Claimed>) -> Self {
        Self(Some((room, messages)))
    }

    /// Gives them to the sender, whose room they take; says whether there were any.
    pub(crate) fn give(self) -> bool {
        let Some((room, messages)) = self.0 else { return false };
        // The sender goes last: it waits for all whom it gave room.
        if room.give.send(messages).is_ok() {
            room.permit.forget();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_room_is_left_to_the_queue() {
        let (hands, room, now) = (Hands::default(), Arc::new(Semaphore::new(8)), Timestamp::from_micros(0));
        assert!(hands.room(1, now).is_none(), "nobody sends here");
        let _given = hands.open("here", &room);
        let first = hands.room(5, now).unwrap();
        assert!(hands.room(2, now).is_none(), "there is room for three, two of which are the queue's");
        let second = hands.room(1, now).unwrap();
        assert_eq!(room.available_permits(), 2);
        drop((first, second));
        assert_eq!(room.available_permits(), 8);
        hands.close();
        assert!(hands.room(1, now).is_none());
    }
}
