//! The examples of single constructs, as a user runs them: their binaries, in an empty folder.
#![cfg(all(unix, feature = "agents", feature = "cli", feature = "sled"))]

#[path = "examples_flows/background.rs"]
mod background;
#[path = "examples_flows/from_agno.rs"]
mod from_agno;
#[path = "examples_agents/kit.rs"]
#[allow(dead_code, reason = "the kit of the examples with agents")]
mod kit;
#[path = "examples_flows/media.rs"]
mod media;
#[path = "examples_flows/people.rs"]
mod people;
#[path = "examples_flows/routes.rs"]
mod routes;
#[path = "examples_flows/sessions.rs"]
mod sessions;

/// The examples that are started here.
const NAMES: &[&str] = &[
    "background",
    "conditional_research",
    "confidence_router",
    "from_agno_1x",
    "from_agno_2x",
    "media_analysis",
    "quality_gate",
    "session_history",
    "trade_approval",
    "typed_router",
];
