//! The metrics page, for Prometheus: what the engine counts, and what the store and the agencies look like now.

use crate::serve::backing_up::BackupCounts;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use livshandelse_core::case::Reason;
use livshandelse_core::command::Undelivered;
use livshandelse_core::id::Slug;
use livshandelse_engine::{Engine, Readiness};
use livshandelse_store::Room;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The agency that a number is about, as the definition names it: a place could tell where somebody lives. Operators see
/// each by itself with `OperationsService.GetTopology`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AgencyLabel {
    agency: String,
}

/// An agency as the definition names it, and why steps wait there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct IncidentLabel {
    agency: String,
    reason: &'static str,
}

/// Numbers that are read when somebody looks.
#[derive(Debug, Default)]
struct Gauges {
    calls_in_flight: Family<AgencyLabel, Gauge>,
    calls_waiting: Family<AgencyLabel, Gauge>,
    calls_failed_in_a_row: Family<AgencyLabel, Gauge>,
    incidents: Gauge,
    steps_stopped: Family<IncidentLabel, Gauge>,
    calls_to_repeat: Gauge,
    disk_low: Gauge,
    store_records: Gauge,
    store_batches: Gauge,
    store_syncs: Gauge,
    store_keys: Gauge,
    store_heads_unindexed: Gauge,
    store_segment: Gauge,
    store_damages: Gauge,
    ready: Gauge,
}

/// What the page shows.
pub(crate) struct MetricsPage {
    registry: Registry,
    gauges: Gauges,
    engine: Engine,
}

impl MetricsPage {
    /// A page over a registry in which the engine already counts.
    pub(crate) fn new(mut registry: Registry, engine: Engine, backups: &BackupCounts) -> MetricsPage {
        let gauges = Gauges::default();
        let ours = registry.sub_registry_with_prefix("livshandelse");
        ours.register("agency_calls_in_flight", "Calls to an agency under way", gauges.calls_in_flight.clone());
        ours.register("agency_calls_queued", "Calls to an agency that wait for a place", gauges.calls_waiting.clone());
        ours.register(
            "agency_calls_failed_in_a_row",
            "Calls to an agency that failed since one that did not; of its places the worst",
            gauges.calls_failed_in_a_row.clone(),
        );
        ours.register("incidents_open", "Steps that wait for an operator", gauges.incidents.clone());
        ours.register(
            "steps_stopped",
            "Steps that wait for an operator, by agency and reason",
            gauges.steps_stopped.clone(),
        );
        ours.register(
            "agency_calls_to_repeat",
            "Calls to agencies that failed and are repeated after a wait",
            gauges.calls_to_repeat.clone(),
        );
        ours.register("disk_low", "1 when the disk runs low: no new cases; 2 when it is full", gauges.disk_low.clone());
        backups.register(ours);
        ours.register("store_records", "Records committed since the start", gauges.store_records.clone());
        ours.register("store_batches", "Batches written since the start", gauges.store_batches.clone());
        ours.register("store_syncs", "Syncs of the journal since the start", gauges.store_syncs.clone());
        ours.register("store_keys", "Keys that have not been destroyed", gauges.store_keys.clone());
        ours.register(
            "store_heads_unindexed",
            "Streams whose newest state is in memory alone",
            gauges.store_heads_unindexed.clone(),
        );
        ours.register("store_segment", "Number of the journal segment that is written", gauges.store_segment.clone());
        ours.register("store_damages", "Known damages", gauges.store_damages.clone());
        ours.register("ready", "1 when new cases are taken", gauges.ready.clone());
        MetricsPage { registry, gauges, engine }
    }

    /// Serves `/metrics` on some listeners for as long as the process lives.
    pub(crate) fn serve(self, listeners: Vec<TcpListener>) {
        let router = axum::Router::new().route("/metrics", get(page)).with_state(Arc::new(self));
        for listener in listeners {
            let router = router.clone();
            tokio::spawn(async move {
                if let Err(error) = axum::serve(listener, router).await {
                    tracing::error!(%error, "the metrics page is gone");
                }
            });
        }
    }

    fn look(&self) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let large = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let topology = self.engine.topology();
        let gauges = &self.gauges;
        let mut by_base: BTreeMap<Slug, (usize, usize, u32)> = BTreeMap::new();
        for agency in &topology.agencies {
            let Some(base) = self.engine.definitions().base_agency(&agency.agency) else { continue };
            let (in_flight, waiting, failed) = by_base.entry(base).or_default();
            *in_flight += agency.in_flight;
            *waiting += agency.waiting;
            *failed = agency.failed_in_a_row.max(*failed);
        }
        for (base, (in_flight, waiting, failed)) in by_base {
            let label = AgencyLabel { agency: base.to_string() };
            gauges.calls_in_flight.get_or_create(&label).set(number(in_flight));
            gauges.calls_waiting.get_or_create(&label).set(number(waiting));
            gauges.calls_failed_in_a_row.get_or_create(&label).set(i64::from(failed));
        }
        let known: usize = topology.agencies.iter().map(|agency| agency.in_flight + agency.waiting).sum();
        gauges.calls_to_repeat.set(number(topology.calls_waiting.saturating_sub(known)));
        gauges.disk_low.set(match topology.room {
            Room::Plenty => 0,
            Room::Low => 1,
            Room::Full => 2,
        });
        let incidents = self.engine.incidents();
        gauges.incidents.set(number(incidents.len()));
        let mut stopped: BTreeMap<(Slug, &'static str), usize> = BTreeMap::new();
        for incident in &incidents {
            let base = incident.agency.as_ref().and_then(|agency| self.engine.definitions().base_agency(agency));
            let Some(base) = base else { continue };
            *stopped.entry((base, reason(&incident.reason))).or_default() += 1;
        }
        gauges.steps_stopped.clear();
        for ((base, reason), count) in stopped {
            gauges.steps_stopped.get_or_create(&IncidentLabel { agency: base.to_string(), reason }).set(number(count));
        }
        let store = &topology.store;
        gauges.store_records.set(large(store.records_count));
        gauges.store_batches.set(large(store.batches_count));
        gauges.store_syncs.set(large(store.syncs_count));
        gauges.store_keys.set(large(store.keys_count));
        gauges.store_heads_unindexed.set(large(store.heads_unindexed_count));
        gauges.store_segment.set(i64::from(store.segment_number));
        gauges.store_damages.set(large(store.damages_count));
        gauges.ready.set(i64::from(topology.readiness == Readiness::Ready));
    }
}

/// Why a step stopped, in a word.
fn reason(reason: &Reason) -> &'static str {
    match reason {
        Reason::Undelivered(Undelivered::Silent) => "silent",
        Reason::Undelivered(Undelivered::Unreachable) => "unreachable",
        Reason::Undelivered(Undelivered::Garbage) => "garbage",
        Reason::Undelivered(Undelivered::Refused) => "refused",
        Reason::AgencyFailed => "failed",
        Reason::Condition
        | Reason::NeedGone(_)
        | Reason::ClockEnded(_)
        | Reason::FactEnded(_)
        | Reason::WithdrawnUnsent
        | Reason::WithdrawnAndClosed
        | Reason::CaseWithdrawn
        | Reason::Settled(_) => "other",
    }
}

async fn page(State(page): State<Arc<MetricsPage>>) -> Response {
    page.look();
    let mut text = String::new();
    match encode(&mut text, &page.registry) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
