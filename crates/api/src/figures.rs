//! What operators measure: counts and times by route template and status, in Prometheus' text form. No label ever holds what a caller sent.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base::Fault;
use metrics::{counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use warehouse::Totals;

/// Upper bounds of the latency histogram, in seconds.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Samples that may wait to be sorted into the histogram while nobody reads the figures.
const WAITING_MAX: u64 = 10_000;

/// The figures of one process. Not global: two servers in one process do not mix theirs.
#[derive(Clone)]
pub(crate) struct Figures {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    waiting: Arc<AtomicU64>,
}

impl Figures {
    pub fn new() -> Self {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
            .expect("there are buckets");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let this = Self { recorder: Arc::new(recorder), handle, waiting: Arc::default() };
        with_local_recorder(&*this.recorder, || {
            gauge!("trunkline_build_info", "version" => env!("CARGO_PKG_VERSION"), "numbering_plans" => numbering::METADATA_VERSION).set(1.0);
        });
        this
    }

    /// Notes one request.
    pub fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        with_local_recorder(&*self.recorder, || {
            let route = route.to_owned();
            counter!("trunkline_http_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string())
                .increment(1);
            histogram!("trunkline_http_request_seconds", "method" => method, "route" => route)
                .record(took.as_secs_f64());
        });
        if self.waiting.fetch_add(1, Ordering::Relaxed) == WAITING_MAX {
            self.waiting.store(0, Ordering::Relaxed);
            let handle = self.handle.clone();
            drop(tokio::task::spawn_blocking(move || handle.run_upkeep()));
        }
    }

    /// Notes what was asked of the database just now.
    pub fn state(
        &self,
        commits: u64,
        jobs: jobs::Counts,
        told: webhooks::Counts,
        imports: &Totals,
        stopped: u64,
    ) {
        with_local_recorder(&*self.recorder, || {
            counter!("trunkline_database_commits_total").absolute(commits);
            gauge!("trunkline_jobs_waiting").set(lossy(jobs.waiting));
            gauge!("trunkline_jobs_failed").set(lossy(jobs.failed));
            gauge!("trunkline_webhooks_waiting").set(lossy(told.waiting));
            gauge!("trunkline_webhook_endpoints_failing").set(lossy(told.endpoints_failing));
            gauge!("trunkline_verification_destinations_stopped").set(lossy(stopped));
            counter!("trunkline_import_rows_total").absolute(imports.rows);
            counter!("trunkline_import_rows_rejected_total").absolute(imports.rejected);
            for (state, count) in &imports.by_state {
                gauge!("trunkline_imports", "state" => state.code()).set(lossy(*count));
            }
        });
    }

    /// All figures, in Prometheus' text form.
    pub async fn render(&self) -> Result<String, Fault> {
        self.waiting.store(0, Ordering::Relaxed);
        let handle = self.handle.clone();
        tokio::task::spawn_blocking(move || handle.render()).await.map_err(Fault::internal)
    }
}

#[allow(clippy::cast_precision_loss)] // a gauge of 2^53 jobs is exact enough
fn lossy(count: u64) -> f64 {
    count as f64
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Figures")
    }
}
