//! A researcher with a search and a writer, whose work is traced and measured: who asked which
//! model, which tools ran, how long it took, how many tokens.
//!
//! ```sh
//! cargo run -p agno-example-telemetry -- run --input "cats at work"
//! ```
//!
//! Spans and metrics go over HTTP, without TLS, to an OpenTelemetry collector at
//! `OTEL_EXPORTER_OTLP_ENDPOINT` (default: `http://localhost:4318`). To start one that prints what
//! it gets:
//!
//! ```sh
//! docker run --rm -p 4318:4318 otel/opentelemetry-collector
//! ```
//!
//! or one that draws the spans, at <http://127.0.0.1:16686>, and takes no metrics:
//!
//! ```sh
//! docker run --rm -p 4318:4318 -p 16686:16686 jaegertracing/jaeger
//! ```
//!
//! Without one the workflow runs all the same, and the program says that nobody listened. The words
//! of the conversation stay here, unless `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true`.

mod export;
mod noting;

use agno::{
    prelude::*,
    tools::search::{Documents, web_search},
};

/// Researches a topic and writes about it.
#[workflow(name = "Traced Content")]
struct Content {
    /// Finds out about the topic.
    #[step]
    researcher: Agent,
    /// Writes the article.
    #[step(input = "{input}\n\nWhat the researcher found:\n\n{previous}")]
    writer: Agent,
}

fn main() -> Result<ExitCode> {
    let traced = std::env::var("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT");
    let traced = traced.is_ok_and(|wish| wish.eq_ignore_ascii_case("true"));
    // A few pages beside the examples stand in for the web, so that it runs without one.
    let shelf = Documents::in_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/../shelf"))?;
    let content = Content {
        researcher: Agent::builder("Researcher")
            .role("finds out what is known about a topic")
            .instructions("Search first. Answer with the facts that matter.")
            .tool(web_search(shelf))
            .trace_content(traced)
            .build()?,
        writer: Agent::builder("Writer")
            .role("writes for people who are new to a topic")
            .instructions([
                "Write a short article.",
                "Use only what the researcher found.",
            ])
            .trace_content(traced)
            .build()?,
    };
    let export = export::start()?;
    let code = agno::app().workflow(content).main();
    // The workflow's exit code stands, whatever becomes of its traces.
    if let Err(problem) = export.finish() {
        eprintln!("{problem}");
    }
    Ok(code)
}
