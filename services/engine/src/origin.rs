//! Where in the traces something was ordered, so that what follows from it can be linked.
//!
//! A trace restarts at the agency's border (invariant I10): a call to an agency is a trace of its own, which on our side
//! alone points back to the request that ordered it.

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// A point in a trace; none where nothing is traced. Holds no span open.
#[derive(Debug, Clone)]
pub(crate) struct Origin(Option<SpanContext>);

impl Origin {
    /// Nowhere: what is performed again after a start was ordered by nobody who is still there.
    pub(crate) const NONE: Origin = Origin(None);

    /// The span that is entered now.
    pub(crate) fn here() -> Origin {
        let span = Span::current();
        if span.is_disabled() {
            return Origin::NONE;
        }
        let context = span.context().span().span_context().clone();
        Origin(context.is_valid().then_some(context))
    }

    /// Links a span to this point.
    pub(crate) fn link(&self, span: &Span) {
        if let Some(context) = &self.0 {
            span.add_link(context.clone());
        }
    }
}
