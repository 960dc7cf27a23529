//! Agents against servers that this project did not write: aimock, which follows a script, and
//! vidaimock, which follows none; and MCP servers on the official Python SDK and of aimock.
//!
//! `cargo xtask test --all` installs them under `target/servers` and says where they are, by
//! `AIMOCK_BIN`, `VIDAIMOCK_BIN` and `AGNO_MCP_PYTHON`. A test whose server is not named is skipped
//! and says so; one whose server is named and does not start fails.
#![cfg(all(
    unix,
    feature = "anthropic",
    feature = "cli",
    feature = "mcp",
    feature = "openai",
    feature = "sled"
))]

#[path = "servers/blog_post.rs"]
mod blog_post;
#[path = "servers/crowd.rs"]
mod crowd;
#[path = "servers/example.rs"]
mod example;
#[path = "servers/faults.rs"]
mod faults;
#[path = "servers/kill.rs"]
mod kill;
#[path = "servers/loops.rs"]
mod loops;
#[path = "servers/mcp.rs"]
mod mcp;
#[path = "servers/output.rs"]
mod output;
#[path = "servers/server.rs"]
mod server;
#[path = "servers/unscripted.rs"]
mod unscripted;
