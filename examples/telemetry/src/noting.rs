//! An exporter that keeps why it failed: the SDK drops what it cannot send, and says so nowhere.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::{Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::{SpanData, SpanExporter},
};

/// Why something was not sent, the first time.
pub(crate) type Failure = Arc<OnceLock<String>>;

/// Hands on, and notes a failure.
#[derive(Debug)]
pub(crate) struct Noting<E> {
    exporter: E,
    failure: Failure,
}

impl<E> Noting<E> {
    pub(crate) fn new(exporter: E) -> (Self, Failure) {
        let failure = Failure::default();
        let noting = Self {
            exporter,
            failure: Arc::clone(&failure),
        };
        (noting, failure)
    }

    fn note(&self, result: OTelSdkResult) -> OTelSdkResult {
        result.inspect_err(|error| {
            self.failure.get_or_init(|| error.to_string());
        })
    }
}

impl<E: SpanExporter> SpanExporter for Noting<E> {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        self.note(self.exporter.export(spans).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Noting<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.note(self.exporter.export(metrics).await)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
