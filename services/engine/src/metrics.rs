//! What operators see: counts and times, never anybody's content. No label names a person or a case.

use livshandelse_core::case::Outcome;
use livshandelse_core::definition::Definition;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// A label that says how something ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OutcomeLabel {
    pub(crate) outcome: &'static str,
}

/// Labels of a call to an agency: the agency as the definition names it, without a place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct CallLabel {
    pub(crate) agency: String,
    pub(crate) result: &'static str,
}

/// An agency as the definition names it, without a place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct AgencyLabel {
    pub(crate) agency: String,
}

/// Labels of a notice's outcome. Neither names a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct NoticeLabel {
    pub(crate) medium: &'static str,
    pub(crate) outcome: &'static str,
}

/// The engine's metrics. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(crate) commits: Counter,
    pub(crate) records: Counter,
    pub(crate) batch_len: Histogram,
    pub(crate) commit_seconds: Histogram,
    pub(crate) in_flight: Gauge,
    pub(crate) open_cases: Gauge,
    pub(crate) dispatch_waiting: Gauge,
    pub(crate) steps_finished: Family<OutcomeLabel, Counter>,
    pub(crate) cases_ended: Counter,
    pub(crate) agency_calls: Family<CallLabel, Counter>,
    pub(crate) shed: Counter,
    pub(crate) clocks_passed_unreached: Family<AgencyLabel, Counter>,
    pub(crate) notices: Family<NoticeLabel, Counter>,
    pub(crate) notices_waiting: Gauge,
}

impl Metrics {
    /// Makes the metrics and registers them.
    pub fn new(registry: &mut Registry) -> Metrics {
        let metrics = Metrics {
            commits: Counter::default(),
            records: Counter::default(),
            batch_len: Histogram::new(exponential_buckets(1.0, 2.0, 11)),
            commit_seconds: Histogram::new(exponential_buckets(0.000_05, 2.0, 16)),
            in_flight: Gauge::default(),
            open_cases: Gauge::default(),
            dispatch_waiting: Gauge::default(),
            steps_finished: Family::default(),
            cases_ended: Counter::default(),
            agency_calls: Family::default(),
            shed: Counter::default(),
            clocks_passed_unreached: Family::default(),
            notices: Family::default(),
            notices_waiting: Gauge::default(),
        };
        let prefixed = registry.sub_registry_with_prefix("livshandelse");
        prefixed.register("commits", "Commits to the store", metrics.commits.clone());
        prefixed.register("records", "Records committed", metrics.records.clone());
        prefixed.register("batch_len", "Records in one commit", metrics.batch_len.clone());
        prefixed.register("commit_duration_seconds", "One commit, sync included", metrics.commit_seconds.clone());
        prefixed.register("requests_in_flight", "Requests under way", metrics.in_flight.clone());
        prefixed.register("cases_open", "Cases that have not ended", metrics.open_cases.clone());
        prefixed.register(
            "agency_calls_waiting",
            "Calls to agencies waiting or under way",
            metrics.dispatch_waiting.clone(),
        );
        prefixed.register("steps_finished", "Steps that ended, by outcome", metrics.steps_finished.clone());
        prefixed.register("cases_ended", "Cases that ended", metrics.cases_ended.clone());
        prefixed.register("agency_calls", "Calls to agencies, by result", metrics.agency_calls.clone());
        prefixed.register("starts_shed", "Starts refused because too much was waiting", metrics.shed.clone());
        prefixed.register(
            "clocks_passed_unreached",
            "Clocks that ended while their step was not delivered to its agency",
            metrics.clocks_passed_unreached.clone(),
        );
        prefixed.register("notices", "Notices to people that have an outcome, by medium", metrics.notices.clone());
        prefixed.register("notices_waiting", "Notices to people waiting or under way", metrics.notices_waiting.clone());
        metrics
    }

    /// Counts from 0 for every agency of a definition, so that the first of something rare is seen as a change.
    pub(crate) fn name_agencies(&self, definition: &Definition) {
        for agency in &definition.parts().agencies {
            let label = AgencyLabel { agency: agency.slug.to_string() };
            drop(self.clocks_passed_unreached.get_or_create(&label));
        }
    }

    /// Cases that have ended since the start.
    pub fn cases_ended(&self) -> u64 {
        self.cases_ended.get()
    }
}

pub(crate) fn outcome_label(outcome: Outcome) -> OutcomeLabel {
    let outcome = match outcome {
        Outcome::None => "none",
        Outcome::Approved => "approved",
        Outcome::PartlyApproved => "partly-approved",
        Outcome::Rejected => "rejected",
        Outcome::Dismissed => "dismissed",
        Outcome::ClosedWithoutDecision => "closed-without-decision",
        Outcome::NoDecisionNeeded => "no-decision-needed",
    };
    OutcomeLabel { outcome }
}
