//! Work for the processor, beside the threads that answer requests.

use base::Fault;
use tokio::sync::oneshot;

/// Runs `work` on the threads for long work and waits for it. A piece of some milliseconds that a task did itself would hold back the requests that share its thread.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let (done, result) = oneshot::channel();
    rayon::spawn(move || drop(done.send(work())));
    result.await.map_err(|_| Fault::internal("work done aside panicked"))
}
