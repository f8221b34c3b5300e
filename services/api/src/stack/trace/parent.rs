//! The caller's place in its own trace: W3C trace context, `traceparent`.

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The header.
const TRACEPARENT: &str = "traceparent";

/// Puts a span that has just been made below the caller's.
pub(super) fn go_on(span: &Span, headers: &HeaderMap) {
    let mut given = headers.get_all(TRACEPARENT).iter();
    let (Some(first), None) = (given.next(), given.next()) else { return };
    let Some(parent) = first.to_str().ok().and_then(read) else { return };
    // Fails where nothing is traced: then there is nothing to put below anything.
    let _untraced = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
}

/// Reads `00-{32 hex}-{16 hex}-{2 hex}`; `None` for anything else, as the recommendation says.
fn read(text: &str) -> Option<SpanContext> {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, span, flags, rest @ ..] = parts.as_slice() else { return None };
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    // A later version may say more at the end; this one may not, and `ff` is none.
    let is_read = is_hex(version, 2) && *version != "ff" && (rest.is_empty() || *version != "00");
    if !is_read || !is_hex(trace, 32) || !is_hex(span, 16) || !is_hex(flags, 2) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_place_is_read() {
        let read = read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(read.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((read.span_id().to_string().as_str(), read.is_sampled()), ("00f067aa0ba902b7", true));
    }

    #[test]
    fn what_is_no_place_in_a_trace_is_none() {
        for wrong in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-199309172386-00f067aa0ba902b7-01",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
