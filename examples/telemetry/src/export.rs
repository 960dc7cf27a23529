//! Spans and metrics on their way to a collector: OTLP over HTTP, as JSON.

use std::fmt;

use agno::{Error, Result};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    metrics::{Aggregation, Instrument, SdkMeterProvider, Stream},
    trace::SdkTracerProvider,
};
use tracing_opentelemetry::MetricsLayer;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::{Layer, SubscriberExt},
    util::SubscriberInitExt,
};

use crate::noting::{Failure, Noting};

/// The conventions' bounds for histograms: seconds, and tokens.
const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const TOKENS: [f64; 14] = [
    1., 4., 16., 64., 256., 1024., 4096., 16384., 65536., 262144., 1048576., 4194304., 16777216.,
    67108864.,
];

/// What is collected and sent: every few seconds, and the rest at the end.
pub(crate) struct Export {
    spans: SdkTracerProvider,
    metrics: SdkMeterProvider,
    failures: [(&'static str, Failure); 2],
}

/// Begins to collect what this program traces.
pub(crate) fn start() -> Result<Export> {
    let wrong = |problem: &dyn fmt::Display| {
        Error::new("telemetry", format!("the export of traces: {problem}")).permanent()
    };
    // Both read the address from the environment themselves.
    let spans = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpJson)
        .build()
        .map_err(|error| wrong(&error))?;
    let metrics = MetricExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpJson)
        .build()
        .map_err(|error| wrong(&error))?;
    let (spans, spans_failed) = Noting::new(spans);
    let (metrics, metrics_failed) = Noting::new(metrics);
    let name = std::env::var("OTEL_SERVICE_NAME");
    let name = name.unwrap_or_else(|_| env!("CARGO_PKG_NAME").to_owned());
    let resource = Resource::builder().with_service_name(name).build();
    let export = Export {
        spans: SdkTracerProvider::builder()
            .with_batch_exporter(spans)
            .with_resource(resource.clone())
            .build(),
        metrics: SdkMeterProvider::builder()
            .with_periodic_exporter(metrics)
            .with_resource(resource)
            .with_view(as_the_conventions_have_it)
            .build(),
        failures: [("spans", spans_failed), ("metrics", metrics_failed)],
    };
    let spans = tracing_opentelemetry::layer()
        .with_tracer(export.spans.tracer("agno"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(LevelFilter::INFO);
    // Measurements are events of this target, at the lowest level.
    let metrics = MetricsLayer::new(export.metrics.clone())
        .with_filter(Targets::new().with_target("agno::metrics", LevelFilter::TRACE));
    tracing_subscriber::registry()
        .with(spans)
        .with(metrics)
        .try_init()
        .map_err(|error| wrong(&error))?;
    Ok(export)
}

/// Units and bounds, which an event cannot give.
fn as_the_conventions_have_it(instrument: &Instrument) -> Option<Stream> {
    let (unit, bounds) = match instrument.name() {
        "gen_ai.client.token.usage" => ("{token}", TOKENS),
        name if name.starts_with("gen_ai.") => ("s", SECONDS),
        _ => return None,
    };
    let histogram = Aggregation::ExplicitBucketHistogram {
        boundaries: bounds.to_vec(),
        record_min_max: true,
    };
    let stream = Stream::builder()
        .with_unit(unit)
        .with_aggregation(histogram);
    stream.build().ok()
}

impl Export {
    /// Sends what is left. Call it when the work is done, outside of it: it waits.
    pub(crate) fn finish(self) -> Result<(), NotSent> {
        let ended = [self.spans.shutdown(), self.metrics.shutdown()];
        let mut lost = Vec::new();
        for ((what, failure), ended) in self.failures.into_iter().zip(ended) {
            // What the exporter says of it tells more than that the end failed.
            let noted = failure.get().cloned();
            let problem = noted.or_else(|| Some(ended.err()?.to_string()));
            lost.extend(problem.map(|problem| (what, problem)));
        }
        match lost.as_slice() {
            [] => Ok(()),
            _ => Err(NotSent(lost)),
        }
    }
}

/// What did not reach a collector, and why.
pub(crate) struct NotSent(Vec<(&'static str, String)>);

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT");
        let address = address.as_deref().unwrap_or("http://localhost:4318");
        for (what, problem) in &self.0 {
            writeln!(
                f,
                "telemetry: the {what} did not reach {address}: {problem}"
            )?;
        }
        write!(
            f,
            "telemetry: is a collector listening there? OTEL_EXPORTER_OTLP_ENDPOINT names another"
        )
    }
}
