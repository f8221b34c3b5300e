//! What the service tells of itself, and what it never does: the real program with its log at the most talkative, traces
//! sent to a collector, metrics scraped and every refusal kept, while cases of every kind are run. No identity number, no
//! name, no text, no case and no protected place may stand in any of it; and a trace ends at the agency's border.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "these are tests")]

mod agency;
mod collector;
mod deploy;
mod line;
mod program;
mod story;
mod words;

use collector::{attribute, hex};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::collections::BTreeSet;
use std::time::Duration;
use story::{AGENCY_SPAN, AGENCY_TRACE, Kept, PORTAL_SPAN, PORTAL_TRACE};
use tokio::sync::OnceCell;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Played once, looked at by every test.
static KEPT: OnceCell<Kept> = OnceCell::const_new();

async fn kept() -> &'static Kept {
    KEPT.get_or_init(story::play).await
}

fn named<'a>(kept: &'a Kept, name: &'a str) -> impl Iterator<Item = &'a Span> {
    kept.spans.iter().filter(move |span| span.name == name)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_tells_of_a_person_a_case_or_a_protected_place() {
    let kept = kept().await;
    for told in ["answered", "a call to an agency failed", "store.damaged", "draining"] {
        assert!(kept.log.iter().any(|line| line.contains(told)), "nothing is logged of `{told}`");
    }
    kept.secrets.expect_none("the log", kept.log.iter().map(String::as_bytes));
    let of_others =
        kept.log.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()).filter(|line| {
            let target = line["target"].as_str().unwrap();
            matches!(line["level"].as_str(), Some("DEBUG" | "TRACE")) && !target.starts_with("livshandelse")
        });
    assert_eq!(of_others.count(), 0, "libraries may say anything below info, and are asked to say nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_span_tells_of_a_person_a_case_or_a_protected_place() {
    let kept = kept().await;
    assert!(kept.spans.len() > 50, "{} spans", kept.spans.len());
    kept.secrets.expect_none("spans", kept.span_bytes.iter().map(Vec::as_slice));
    let strange = named(kept, "call").filter(|span| attribute(span, "rpc.method").as_deref() == Some("unknown"));
    assert_eq!(strange.count(), 1, "a path that is not in the contract is the caller's own text");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_metric_tells_of_a_person_a_case_or_a_protected_place() {
    let kept = kept().await;
    let labels = kept.metrics.iter().map(|line| line.rsplit_once(' ').map_or(line.as_str(), |(name, _)| name));
    kept.secrets.expect_none("metrics", labels.map(str::as_bytes));
    let agencies: BTreeSet<&str> =
        kept.metrics.iter().filter_map(|line| Some(line.split_once("agency=\"")?.1.split_once('"')?.0)).collect();
    assert!(agencies.contains("region") && agencies.contains("socialnamnden"), "{agencies:?}");
    assert!(agencies.iter().all(|agency| !agency.contains(|letter: char| letter.is_ascii_digit())), "{agencies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refusal_repeats_an_identity_number_a_name_a_text_or_a_case() {
    let kept = kept().await;
    assert!(kept.refusals.len() > 25, "{} refusals", kept.refusals.len());
    kept.secrets.expect_none("refusals", kept.refusals.iter().map(Vec::as_slice));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_ends_at_the_agencys_border() {
    let kept = kept().await;
    let expected = [
        "content-type",
        "grpc-accept-encoding",
        "grpc-timeout",
        "te",
        "user-agent",
        "x-livshandelse-actor",
        "x-livshandelse-purpose",
    ];
    for name in &kept.agency_metadata_names {
        assert!(expected.contains(&name.as_str()), "an agency is sent `{name}`");
    }
    let mut traces: BTreeSet<String> = kept.spans.iter().map(|span| hex(&span.trace_id)).collect();
    traces.extend([PORTAL_TRACE, PORTAL_SPAN].map(str::to_owned));
    for metadata in &kept.agency_metadata {
        assert!(traces.iter().all(|trace| !metadata.contains(trace)), "{metadata}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portals_trace_is_gone_on_with_and_an_agencys_is_not() {
    let kept = kept().await;
    let submits: Vec<_> = named(kept, "call").filter(|span| hex(&span.trace_id) == PORTAL_TRACE).collect();
    let [submit] = submits.as_slice() else { panic!("{submits:#?}") };
    assert_eq!(attribute(submit, "rpc.method").unwrap(), "/livshandelse.v1.CaseService/SubmitInput");
    assert_eq!(hex(&submit.parent_span_id), PORTAL_SPAN);
    assert!(submit.trace_state.is_empty(), "{}", submit.trace_state);
    for span in &kept.spans {
        assert_ne!(hex(&span.trace_id), AGENCY_TRACE);
        assert_ne!(hex(&span.parent_span_id), AGENCY_SPAN);
        assert!(span.links.iter().all(|link| hex(&link.trace_id) != AGENCY_TRACE));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_an_agency_is_a_trace_of_its_own_linked_to_the_request_that_ordered_it() {
    let kept = kept().await;
    let calls: Vec<&Span> = named(kept, "agency.call").collect();
    let mut results = BTreeSet::new();
    for call in &calls {
        let fields = ["step.name", "agency", "attempt", "try", "result"].map(|name| attribute(call, name));
        assert!(fields.iter().all(Option::is_some), "{fields:?}");
        results.extend(attribute(call, "result"));
        assert!(call.parent_span_id.is_empty(), "it begins a trace");
        let [link] = call.links.as_slice() else { panic!("{:?} links to {:?}", fields, call.links) };
        assert_ne!(link.trace_id, call.trace_id);
        let ordered_by = kept.spans.iter().find(|span| span.span_id == link.span_id && span.trace_id == link.trace_id);
        assert!(ordered_by.is_some_and(|span| span.name == "call" || span.name == "agency.call"), "{ordered_by:?}");
    }
    for result in ["answered", "garbage", "refused"] {
        assert!(results.contains(result), "no call with result `{result}` among {results:?}");
    }
    let by_portal: Vec<_> =
        calls.iter().filter(|call| call.links.iter().any(|link| hex(&link.trace_id) == PORTAL_TRACE)).collect();
    let [enrolment] = by_portal.as_slice() else { panic!("{by_portal:#?}") };
    assert_eq!(attribute(enrolment, "step.name").unwrap(), "midwife-enrolment");
    assert_eq!(attribute(enrolment, "agency").unwrap(), "region");
    assert_eq!(attribute(enrolment, "attempt").unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_can_count_commits_batches_syncs_queues_steps_and_calls() {
    let kept = kept().await;
    let value = |name: &str| {
        let line = kept.metrics.iter().find(|line| line.split([' ', '{']).next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("no metric {name} among\n{}", kept.metrics.join("\n")));
        line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()
    };
    for counted in [
        "livshandelse_commits_total",
        "livshandelse_records_total",
        "livshandelse_batch_len_count",
        "livshandelse_batch_len_sum",
        "livshandelse_commit_duration_seconds_count",
        "livshandelse_commit_duration_seconds_sum",
        "livshandelse_store_syncs",
        "livshandelse_cases_open",
        "livshandelse_cases_ended_total",
        "livshandelse_incidents_open",
        "livshandelse_steps_finished_total",
        "livshandelse_agency_calls_total",
        "livshandelse_ready",
    ] {
        assert!(value(counted) > 0.0, "{counted} is 0");
    }
    for queue in [
        "livshandelse_requests_in_flight",
        "livshandelse_agency_calls_waiting",
        "livshandelse_agency_calls_in_flight",
        "livshandelse_agency_calls_queued",
        "livshandelse_agency_calls_failed_in_a_row",
        "livshandelse_starts_shed_total",
        "livshandelse_store_damages",
    ] {
        value(queue);
    }
    let has = |name: &str, label: &str| kept.metrics.iter().any(|line| line.starts_with(name) && line.contains(label));
    for result in ["answered", "garbage", "refused"] {
        assert!(has("livshandelse_agency_calls_total{", &format!("result=\"{result}\"")), "{result}");
    }
    assert!(has("livshandelse_steps_finished_total{", "outcome=\"no-decision-needed\""));
}
