//! The examples with agents, as a user runs them: their binaries, without a network and without a
//! key, in an empty folder.
#![cfg(all(unix, feature = "agents", feature = "cli", feature = "sled"))]

#[path = "examples_agents/blog_post.rs"]
mod blog_post;
#[cfg(feature = "mcp")]
#[path = "examples_agents/handoff.rs"]
mod handoff;
#[path = "examples_agents/kit.rs"]
mod kit;
#[path = "examples_agents/research.rs"]
mod research;
#[path = "examples_agents/small.rs"]
mod small;
#[path = "examples_agents/typification.rs"]
mod typification;

/// The examples that are started here.
const NAMES: &[&str] = &[
    "blog_post",
    "cached_joke",
    "chat",
    "content_creation",
    "deep_research_loop",
    #[cfg(feature = "mcp")]
    "handoff",
    "parallel_research",
    "research",
    "topic_router",
    "typification",
    "validated_support_request",
];
