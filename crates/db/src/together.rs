//! Serving together those who ask at the same time: whoever comes first serves all who wait, whoever comes meanwhile is served next. Nobody lingers for more, so a single
//! asker waits for nobody; under load, many look-ups become one query and many decisions one commit.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base::Fault;
use tokio::sync::{OwnedMutexGuard, oneshot};

use crate::{Db, DbError, Tx};

/// Most that are served at once.
const SERVED_MAX: usize = 256;

/// Something that was asked, and where its answer goes.
pub struct Asked<K, V> {
    pub key: K,
    answer: oneshot::Sender<Result<V, Fault>>,
}

impl<K, V> Asked<K, V> {
    pub fn answer(self, answer: Result<V, Fault>) {
        drop(self.answer.send(answer)); // whoever asked may have gone
    }

    /// Apart: what was asked, and where its answer goes.
    pub fn split(self) -> (K, Asked<(), V>) {
        (self.key, Asked { key: (), answer: self.answer })
    }
}

impl<K, V> fmt::Debug for Asked<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked")
    }
}

/// While it is held, nobody else is served.
pub type Turn = OwnedMutexGuard<()>;

/// A queue whose first comer serves all who wait.
pub struct Together<K, V> {
    waiting: Mutex<Vec<Asked<K, V>>>,
    serving: Arc<tokio::sync::Mutex<()>>,
}

impl<K, V> Default for Together<K, V> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), serving: Arc::default() }
    }
}

impl<K, V> Together<K, V> {
    /// Waits for a turn that serves this, or runs one: `serve` answers everybody it is given, and ends the turn by dropping it. `None` when it broke off.
    pub async fn ask<F, S>(&self, key: K, serve: F) -> Option<Result<V, Fault>>
    where
        F: Fn(Vec<Asked<K, V>>, Turn) -> S,
        S: Future<Output = ()> + Send + 'static,
    {
        let (answer, mut answered) = oneshot::channel();
        self.queue().push(Asked { key, answer });
        loop {
            tokio::select! {
                biased;
                answer = &mut answered => return answer.ok(),
                turn = Arc::clone(&self.serving).lock_owned() => {
                    let batch = self.next();
                    let is_ours_taken = batch.len() < SERVED_MAX;
                    if !batch.is_empty() {
                        // Whoever asked may go; the others in the turn are served all the same.
                        tokio::spawn(serve(batch, turn));
                    }
                    // Nobody was left waiting: this turn or one before has it, and will answer.
                    if is_ours_taken {
                        return answered.await.ok();
                    }
                }
            }
        }
    }

    /// Looks something up, with one reading for all who ask meanwhile: `read` gives an answer for each key, in their order.
    pub async fn read<R>(&self, db: &Db, key: K, read: R) -> Result<V, Fault>
    where
        K: Clone + Send + Sync + 'static,
        V: Send + 'static,
        R: AsyncFn(&mut Tx, &[K]) -> Result<Vec<V>, Fault> + Copy + Send + 'static,
    {
        let serve = |batch: Vec<Asked<K, V>>, turn: Turn| {
            let db = db.clone();
            async move {
                let (keys, asked): (Vec<K>, Vec<_>) = batch.into_iter().map(Asked::split).unzip();
                let found = db.read(async move |tx| read(tx, &keys).await).await;
                drop(turn);
                match found {
                    Ok(found) => asked.into_iter().zip(found).for_each(|(one, found)| one.answer(Ok(found))),
                    Err(fault) => asked.into_iter().for_each(|one| one.answer(Err(fault.clone()))),
                }
            }
        };
        self.ask(key, serve).await.unwrap_or_else(|| Err(DbError::Closed.into()))
    }

    fn queue(&self) -> MutexGuard<'_, Vec<Asked<K, V>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Vec<Asked<K, V>> {
        let mut queue = self.queue();
        // Whoever has gone wants nothing any more, and what they asked for may be of long ago.
        queue.retain(|asked| !asked.answer.is_closed());
        let served = queue.len().min(SERVED_MAX);
        queue.drain(..served).collect()
    }
}

impl<K, V> fmt::Debug for Together<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Together({} waiting)", self.queue().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_gone_is_not_served() {
        let together = Together::<u8, ()>::default();
        let mut waiting = Vec::new();
        for key in 0..3 {
            let (answer, answered) = oneshot::channel();
            together.queue().push(Asked { key, answer });
            waiting.push(answered);
        }
        drop(waiting.remove(1));
        let served: Vec<u8> = together.next().into_iter().map(|asked| asked.key).collect();
        assert_eq!(served, [0, 2]);
        assert!(together.next().is_empty());
    }

    #[tokio::test]
    async fn those_who_come_meanwhile_are_served_together() {
        let together = Together::<u32, Vec<u32>>::default();
        let held = Arc::clone(&together.serving).lock_owned().await;
        let serve = |batch: Vec<Asked<u32, Vec<u32>>>, turn: Turn| async move {
            let all: Vec<u32> = batch.iter().map(|asked| asked.key).collect();
            drop(turn);
            batch.into_iter().for_each(|asked| asked.answer(Ok(all.clone())));
        };
        let asking = futures::future::join_all((0..5).map(|key| together.ask(key, serve)));
        let (answers, ()) = futures::join!(asking, async { drop(held) });
        let expected: Vec<u32> = (0..5).collect();
        assert!(answers.into_iter().all(|answer| answer.unwrap().unwrap() == expected));
    }

    #[tokio::test]
    async fn a_turn_that_broke_off_answers_nothing_and_the_next_one_comes() {
        let together = Together::<u32, u32>::default();
        assert!(together.ask(1, |batch, _turn| async move { drop(batch) }).await.is_none());
        let serve = |batch: Vec<Asked<u32, u32>>, _turn: Turn| async move {
            batch.into_iter().for_each(|asked| {
                let twice = asked.key * 2;
                asked.answer(Ok(twice));
            });
        };
        assert_eq!(together.ask(2, serve).await.unwrap().unwrap(), 4);
    }
}
