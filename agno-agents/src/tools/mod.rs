//! Ready-made tools. Each is a plain type with asynchronous methods, which a step may call without
//! a model, and yields [`Tool`](crate::Tool)s for an agent.

#[cfg(feature = "web")]
pub mod article;
pub mod files;
#[cfg(feature = "http")]
pub mod guard;
#[cfg(feature = "http")]
pub mod http_request;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod search;
pub mod shell;
mod text;
pub mod workflow;
