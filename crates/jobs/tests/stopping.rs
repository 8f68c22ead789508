//! A worker that is told to stop: what is short is finished, what is long is left to the next worker as if it had not been begun.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base::{Actor, Context, Fault, ShopId, SystemClock};
use db::{Db, Options};
use futures::{FutureExt as _, future::BoxFuture};
use jobs::{Handler, Job, Worker};
use serde_json::json;
use tokio::sync::{Notify, watch};

/// Tells of each try, and comes to an end only when it may.
#[derive(Default)]
struct Long {
    tries: Mutex<Vec<u32>>,
    begun: Notify,
    may_end: AtomicBool,
}

impl Handler for Long {
    fn run<'a>(&'a self, _: &'a Context, job: &'a Job) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            self.tries.lock().unwrap().push(job.attempt);
            self.begun.notify_one();
            if self.may_end.load(Ordering::Relaxed) { Ok(()) } else { std::future::pending().await }
        }
        .boxed()
    }
}

async fn told(db: Db) {
    db.migrate(&[db::MIGRATIONS, jobs::MIGRATIONS].concat()).await.unwrap();
    let cx = Context::new(
        ShopId::from_uuid(uuid::Uuid::from_u128(7)),
        Actor::System("test"),
        Arc::new(SystemClock),
    );
    let enqueued = cx.clone();
    db.write(async move |tx| jobs::enqueue(tx, &enqueued, "long", &json!({}), enqueued.now()).await)
        .await
        .unwrap();
    let long = Arc::new(Long::default());
    let worker = Worker::new(db.clone(), Arc::new(SystemClock))
        .handle("long", Arc::clone(&long) as Arc<dyn Handler>)
        .stop_within(Duration::ZERO);
    let (stop, stopped) = watch::channel(false);
    tokio::join!(worker.run(stopped), async {
        long.begun.notified().await;
        stop.send(true).unwrap();
    });
    assert_eq!(jobs::counts(&db).await.unwrap().waiting, 1);

    long.may_end.store(true, Ordering::Relaxed);
    assert_eq!(worker.run_once().await.unwrap(), 1, "there is no lease to wait for");
    assert_eq!(*long.tries.lock().unwrap(), [1, 1], "the try that was cut short does not count");
    assert_eq!(jobs::counts(&db).await.unwrap(), jobs::Counts::default());
}

#[test]
fn a_long_job_is_given_back() {
    testkit::stories::on_both(async |url| told(Db::open(url, Options::default()).await.unwrap()).await);
}
