//! Serving together those who ask at the same time: all who wait are served in one turn, and who comes meanwhile in the next. Nobody lingers for more, so a single
//! asker waits for nobody; under load, many look-ups become one query and many decisions one commit.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base::Fault;
use tokio::sync::oneshot;

use crate::{Db, DbError, Kind, Tx};

/// Most that are served at once.
const SERVED_MAX: usize = 256;
/// How long a reading may take.
const READING_MAX: Duration = Duration::from_secs(10);

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

/// While somebody has it, nobody else is served.
#[derive(Debug)]
pub struct Turn {
    /// Nothing is sent: its end is what is heard.
    _held: oneshot::Sender<()>,
}

/// A queue whose turns serve all who wait.
pub struct Together<K, V>(Arc<Mutex<Waiting<K, V>>>);

struct Waiting<K, V> {
    asked: Vec<Asked<K, V>>,
    /// Whether a task takes those who wait, turn by turn.
    is_served: bool,
}

impl<K, V> Default for Together<K, V> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Waiting { asked: Vec::new(), is_served: false })))
    }
}

impl<K: Send + 'static, V: Send + 'static> Together<K, V> {
    /// Waits for the turn that serves this: `serve` answers everybody it is given, and ends the turn by dropping it. `None` when it broke off.
    ///
    /// The turns are a task of their own: whoever asks may go, or not look for a while, and the others are served all the same.
    pub async fn ask<F, S>(&self, key: K, serve: F) -> Option<Result<V, Fault>>
    where
        F: Fn(Vec<Asked<K, V>>, Turn) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = waiting(&self.0);
            waiting.asked.push(Asked { key, answer });
            !std::mem::replace(&mut waiting.is_served, true)
        };
        if is_first {
            tokio::spawn(serve_all(Arc::clone(&self.0), serve));
        }
        answered.await.ok()
    }

    /// Looks something up, on PostgreSQL with one reading for all who ask meanwhile: `read` gives an answer for each key, in their order, by a single statement ([`Db::look`]).
    pub async fn read<R>(&self, db: &Db, key: K, read: R) -> Result<V, Fault>
    where
        K: Sync,
        R: AsyncFn(&mut Tx, &[K]) -> Result<Vec<V>, Fault> + Copy + Send + 'static,
    {
        if db.kind() == Kind::Sqlite {
            // There is no way to a server that they could share.
            let mut found = db.look(async move |tx| read(tx, std::slice::from_ref(&key)).await).await?;
            return found.pop().ok_or_else(|| Fault::internal("a look-up without an answer"));
        }
        let db = db.clone();
        let serve = move |batch: Vec<Asked<K, V>>, turn: Turn| {
            let db = db.clone();
            async move {
                let (keys, asked): (Vec<K>, Vec<_>) = batch.into_iter().map(Asked::split).unzip();
                let reading = db.look(async move |tx| read(tx, &keys).await);
                // A line that hangs must not hold up those who come after.
                let found = tokio::time::timeout(READING_MAX, reading).await;
                let slow = || DbError::Unreachable("no answer in time".to_owned());
                let found = found.unwrap_or_else(|_| Err(slow().into()));
                drop(turn);
                match found {
                    Ok(found) => asked.into_iter().zip(found).for_each(|(one, found)| one.answer(Ok(found))),
                    Err(fault) => asked.into_iter().for_each(|one| one.answer(Err(fault.clone()))),
                }
            }
        };
        self.ask(key, serve).await.unwrap_or_else(|| Err(DbError::Closed.into()))
    }
}

/// Turn after turn, until nobody waits.
async fn serve_all<K, V, F, S>(all: Arc<Mutex<Waiting<K, V>>>, serve: F)
where
    F: Fn(Vec<Asked<K, V>>, Turn) -> S,
    S: Future<Output = ()> + Send + 'static,
{
    loop {
        let batch = next(&mut waiting(&all));
        if batch.is_empty() {
            return;
        }
        let (held, over) = oneshot::channel();
        tokio::spawn(serve(batch, Turn { _held: held }));
        drop(over.await); // it is dropped, whatever becomes of the one who had it
    }
}

fn waiting<K, V>(all: &Mutex<Waiting<K, V>>) -> MutexGuard<'_, Waiting<K, V>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Those of the next turn; with none of them it is over.
fn next<K, V>(waiting: &mut Waiting<K, V>) -> Vec<Asked<K, V>> {
    // Whoever has gone wants nothing any more, and what they asked for may be of long ago.
    waiting.asked.retain(|asked| !asked.answer.is_closed());
    let served = waiting.asked.len().min(SERVED_MAX);
    waiting.is_served = served > 0;
    waiting.asked.drain(..served).collect()
}

impl<K, V> fmt::Debug for Together<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Together({} waiting)", waiting(&self.0).asked.len())
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, future::join_all};

    use super::*;

    #[test]
    fn whoever_has_gone_is_not_served() {
        let mut waiting = Waiting { asked: Vec::new(), is_served: true };
        let mut answers = Vec::new();
        for key in 0..3u8 {
            let (answer, answered) = oneshot::channel::<Result<(), Fault>>();
            waiting.asked.push(Asked { key, answer });
            answers.push(answered);
        }
        drop(answers.remove(1));
        let served: Vec<u8> = next(&mut waiting).into_iter().map(|asked| asked.key).collect();
        assert_eq!((served, waiting.is_served), (vec![0, 2], true));
        assert!(next(&mut waiting).is_empty() && !waiting.is_served);
    }

    /// Answers everybody with all keys of the turn.
    async fn all(batch: Vec<Asked<u32, Vec<u32>>>, turn: Turn) {
        let all: Vec<u32> = batch.iter().map(|asked| asked.key).collect();
        drop(turn);
        batch.into_iter().for_each(|asked| asked.answer(Ok(all.clone())));
    }

    #[tokio::test]
    async fn those_who_come_meanwhile_are_served_together_and_at_most_so_many() {
        let together = Together::<u32, Vec<u32>>::default();
        // The task that serves begins when all of these wait.
        let answers = join_all((0..300).map(|key| together.ask(key, all))).await;
        for (key, answer) in (0..300).zip(answers) {
            let expected: Vec<u32> = if key < 256 { (0..256).collect() } else { (256..300).collect() };
            assert_eq!(answer.unwrap().unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_turn_that_broke_off_answers_nothing_and_the_next_one_comes() {
        let together = Together::<u32, Vec<u32>>::default();
        assert!(together.ask(1, |batch, _turn| async move { drop(batch) }).await.is_none());
        assert!(together.ask(2, |_, _turn| async { panic!("as a test wants") }).await.is_none());
        assert_eq!(together.ask(3, all).await.unwrap().unwrap(), [3]);
    }

    /// Those of the first turn wait for something else after it: whoever comes later does not wait for that.
    #[tokio::test]
    async fn what_comes_after_a_turn_holds_nobody_up() {
        let together = Together::<u32, Vec<u32>>::default();
        let (go, may_go) = tokio::sync::watch::channel(false);
        let serve = move |batch: Vec<Asked<u32, Vec<u32>>>, turn: Turn| {
            let mut may_go = may_go.clone();
            async move {
                let is_first = batch.iter().any(|asked| asked.key < 2);
                drop(turn);
                if is_first {
                    may_go.wait_for(|may| *may).await.unwrap();
                }
                batch.into_iter().for_each(|asked| {
                    let key = asked.key;
                    asked.answer(Ok(vec![key]));
                });
            }
        };
        let mut first = Box::pin(join_all((0..2).map(|key| together.ask(key, serve.clone()))));
        assert!(first.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await; // the first turn begins
        assert_eq!(together.ask(2, serve.clone()).await.unwrap().unwrap(), [2]);
        assert!(first.as_mut().now_or_never().is_none());
        go.send(true).unwrap();
        assert_eq!(first.await.into_iter().map(|one| one.unwrap().unwrap()[0]).sum::<u32>(), 1);
    }

    /// Whoever asked and is not looked at any more does not keep the others from being served.
    #[tokio::test]
    async fn who_does_not_look_holds_nobody_up() {
        let together = Together::<u32, Vec<u32>>::default();
        let mut sleeping = Box::pin(together.ask(1, all));
        assert!(sleeping.as_mut().now_or_never().is_none());
        for key in 2..10 {
            let answer = together.ask(key, all).await.unwrap().unwrap();
            assert!(answer.contains(&key));
        }
        assert_eq!(sleeping.await.unwrap().unwrap().first(), Some(&1));
    }
}
