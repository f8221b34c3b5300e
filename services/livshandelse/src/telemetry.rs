//! Seeing inside: the log on standard error, traces to a collector when one is named.
//!
//! No trace context is sent to agencies or taken from them: a trace ends at the agency's border, so that nothing linkable
//! leaves (invariant I10). No propagator is installed anywhere; the portals' port reads where its caller stands by itself.

use crate::fail::Failure;
use crate::system;
use clap::{Args, ValueEnum};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::IsTerminal;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// What is logged when nothing is said.
const FILTER_DEFAULT: &str = "info";
/// What is traced: our own spans, whatever the log leaves out. The exporter's own calls must not be among them.
const TRACE_FILTER: &str =
    "off,livshandelse=info,livshandelse_api=info,livshandelse_engine=info,livshandelse_store=info";

/// Where our own log lines come from. What libraries say below `info` may be what passes on the wire or is written to
/// disk: identity numbers, content, the ids of cases. It is never logged, whatever the filter says.
const OWN_TARGET: &str = "livshandelse";

/// How the process tells of itself.
#[derive(Debug, Clone, Args)]
pub(crate) struct Telemetry {
    /// How the log is written on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "LIVSHANDELSE_LOG_FORMAT")]
    log_format: LogFormat,
    /// What is logged, as for the Rust crate env-filter: `info,livshandelse_engine=debug`. Libraries are never logged below
    /// info
    #[arg(long, default_value = FILTER_DEFAULT, env = "LIVSHANDELSE_LOG", value_name = "FILTER")]
    log: String,
    /// Where traces are sent (OTLP over gRPC); otherwise as OTEL_EXPORTER_OTLP_ENDPOINT says, else nowhere
    #[arg(long, env = "LIVSHANDELSE_OTLP", value_name = "URL")]
    otlp: Option<String>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Keeps telemetry going; [`Running::end`] sends what is left.
#[derive(Debug)]
pub(crate) struct Running {
    provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts logging, and tracing where it is wanted. Must be called on a runtime.
    ///
    /// # Errors
    ///
    /// If the filter or the endpoint cannot be understood.
    pub(crate) fn start(&self) -> Result<Running, Failure> {
        let filter = filter(&self.log)
            .map_err(|why| Failure::usage(format!("--log: {why}"), "write it as `info,livshandelse_engine=debug`"))?;
        let is_coloured = std::io::stderr().is_terminal() && system::environment("NO_COLOR").is_none();
        let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(is_coloured);
        let log = match self.log_format {
            LogFormat::Text => log.with_target(false).boxed(),
            LogFormat::Json => log.json().flatten_event(true).boxed(),
        };
        let named = self.otlp.clone().filter(|endpoint| !endpoint.is_empty());
        let endpoint = named.or_else(|| system::environment("OTEL_EXPORTER_OTLP_ENDPOINT"));
        let provider = endpoint.map(|endpoint| provider(&endpoint)).transpose()?;
        let traces = provider.as_ref().map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("livshandelse"))
                .with_filter(EnvFilter::new(TRACE_FILTER))
        });
        tracing_subscriber::registry()
            .with(traces)
            .with(log.with_filter(filter.and(filter_fn(|metadata| {
                metadata.target().starts_with(OWN_TARGET) || *metadata.level() <= Level::INFO
            }))))
            .try_init()
            .map_err(|error| Failure::Own(format!("the log cannot be started: {error}")))?;
        Ok(Running { provider })
    }
}

/// Reads what is to be logged.
///
/// # Errors
///
/// If the filter cannot be understood.
pub(crate) fn filter(text: &str) -> Result<EnvFilter, String> {
    EnvFilter::try_new(text).map_err(|error| format!("`{text}`: {error}"))
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider, Failure> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build().map_err(|error| {
        Failure::usage(
            format!("traces cannot be sent to `{endpoint}`: {error}"),
            "write --otlp as http://127.0.0.1:4317",
        )
    })?;
    let resource = Resource::builder().with_service_name("livshandelse").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

impl Running {
    /// Sends what has not been sent. Blocks for a moment.
    pub(crate) fn end(self) {
        if let Some(Err(error)) = self.provider.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}
