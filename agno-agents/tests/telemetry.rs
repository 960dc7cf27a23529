//! What is traced of agents: spans in each other as the work is, with the names of OpenTelemetry's
//! conventions, measurements, and no word of a conversation unless it is wanted.

#[path = "telemetry/capture.rs"]
mod capture;
#[path = "telemetry/content.rs"]
mod content;
#[path = "telemetry/metrics.rs"]
mod metrics;
#[path = "telemetry/spans.rs"]
mod spans;
#[path = "telemetry/streams.rs"]
mod streams;
#[path = "telemetry/workflow.rs"]
mod workflow;
