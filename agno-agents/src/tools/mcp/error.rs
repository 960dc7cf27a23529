//! What can go wrong with an MCP server.

use std::{sync::Arc, time::Duration};

use agno_core::Error;

/// What can go wrong with an MCP server. Texts of the server are cut and cleaned; no header, no
/// environment variable and no argument of its program is ever part of an error.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum McpError {
    /// It cannot be reached as it was described.
    #[error("MCP server {server}: {message}")]
    Settings {
        /// The server.
        server: Arc<str>,
        /// What is wrong.
        message: String,
    },
    /// Its program does not start.
    #[error("MCP server {server} does not start: {message}")]
    Start {
        /// The server.
        server: Arc<str>,
        /// The system's answer.
        message: String,
    },
    /// It started, or was reached, and then there was no understanding.
    #[error(
        "MCP server {server} does not speak as expected: {message}. What it writes on its \
         standard error is logged at `debug`"
    )]
    Handshake {
        /// The server.
        server: Arc<str>,
        /// What happened.
        message: String,
    },
    /// It took too long.
    #[error("MCP server {server}: no answer to {what} within {after:?}")]
    Timeout {
        /// The server.
        server: Arc<str>,
        /// What was asked: `its tools`, `tool add`.
        what: String,
        /// The limit.
        after: Duration,
    },
    /// It ended, or the connection did, before the answer. The call may have taken effect.
    #[error("MCP server {server} {message} during {what}, which may have taken effect")]
    Died {
        /// The server.
        server: Arc<str>,
        /// What was asked.
        what: String,
        /// How it was noticed.
        message: String,
    },
    /// It refused a request.
    #[error("MCP server {server} refused {what}: {message} ({number})")]
    Refused {
        /// The server.
        server: Arc<str>,
        /// What was asked.
        what: String,
        /// JSON-RPC's number of the error.
        number: i32,
        /// The server's words. Untrusted.
        message: String,
    },
    /// The tool ran and failed.
    #[error("{text}")]
    Tool {
        /// The server.
        server: Arc<str>,
        /// The tool, as the server names it.
        tool: String,
        /// The server's words. Untrusted.
        text: String,
    },
    /// Its answer is none.
    #[error("MCP server {server}: the answer to {what} cannot be used: {message}")]
    Malformed {
        /// The server.
        server: Arc<str>,
        /// What was asked.
        what: String,
        /// What is wrong with it.
        message: String,
    },
    /// The model's arguments are no JSON object.
    #[error("the arguments of `{tool}` have to be a JSON object")]
    Arguments {
        /// The tool.
        tool: String,
    },
    /// It does not have the tool, or has it no longer.
    #[error("MCP server {server} has no tool `{tool}`; it has {}", known.join(", "))]
    NoTool {
        /// The server.
        server: Arc<str>,
        /// The tool.
        tool: String,
        /// What it has.
        known: Vec<String>,
    },
    /// This program has closed it.
    #[error("MCP server {server} was closed by this program")]
    Closed {
        /// The server.
        server: Arc<str>,
    },
}

impl McpError {
    /// The stable word, which a recorded error has as its code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Settings { .. } => "mcp_settings",
            Self::Start { .. } => "mcp_start",
            Self::Handshake { .. } => "mcp_handshake",
            Self::Timeout { .. } => "mcp_timeout",
            Self::Died { .. } => "mcp_died",
            Self::Refused { .. } => "mcp_refused",
            Self::Tool { .. } => "tool_failed",
            Self::Malformed { .. } => "mcp_malformed",
            Self::Arguments { .. } => "tool_arguments",
            Self::NoTool { .. } => "mcp_no_tool",
            Self::Closed { .. } => "mcp_closed",
        }
    }

    /// As the error of a tool or step, with [`code`](Self::code).
    pub fn into_error(self) -> Error {
        Error::wrap(self.code(), self)
    }
}
