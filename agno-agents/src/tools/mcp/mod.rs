//! Tools of MCP servers (<https://modelcontextprotocol.io>), over stdio and streamable HTTP.
//!
//! ```no_run
//! use agno_agents::tools::mcp::Mcp;
//!
//! # async fn example() -> Result<(), agno_agents::tools::mcp::McpError> {
//! let files = Mcp::stdio("npx", ["-y", "@modelcontextprotocol/server-filesystem", "/data"])
//!     .prefix("files")
//!     .connect()
//!     .await?;
//! for tool in files.tools() {
//!     println!("{}: {}", tool.name(), tool.spec().description);
//! }
//! files.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! **What a server says is untrusted.** Names are brought into the form that models take,
//! descriptions are cut and lose their control characters, messages have a largest size, and no
//! wait is without end. A server may still describe its tools so as to mislead a model: connect
//! to those you trust, and name the tools you want with [`Mcp::only`].
//!
//! **Hints.** A tool that its server declares `readOnlyHint` or `idempotentHint` is called again
//! after a crash. Any other is [not idempotent](crate::Tool::not_idempotent), as the protocol has
//! it where nothing is declared: after a crash in its middle it "may have run". One that is
//! declared `destructiveHint: true` asks [for confirmation](crate::Tool::confirm) as well; where
//! nothing is declared it does not, or every tool would. With [`Mcp::ignore_hints`] none of them
//! is believed: every tool counts as not idempotent, and none asks.

mod answer;
mod connection;
mod error;
mod line;
mod names;
mod offer;
mod process;
mod questions;
mod server;

use std::{collections::BTreeMap, ffi::OsString, fmt, path::PathBuf, sync::Arc, time::Duration};

use self::{connection::Place, process::Launch};
pub use self::{error::McpError, server::McpServer};

/// Largest message of a server, in bytes. A recorded answer has to fit into a store's value.
const LARGEST_MESSAGE: usize = 8 * 1024 * 1024;

/// How to reach an MCP server. [`connect`](Self::connect) starts it.
#[derive(Clone)]
#[must_use = "nothing is started until `connect`"]
pub struct Mcp {
    place: Place,
    prefix: String,
    only: Option<Vec<String>>,
    hints: bool,
    connect_timeout: Duration,
    call_timeout: Duration,
}

impl Mcp {
    /// A server that is a program, spoken to over its standard input and output.
    ///
    /// It gets a process group of its own, and of this program's environment only what most
    /// programs need (`PATH`, `HOME`, language, time zone, place for temporary files); see
    /// [`env`](Self::env) and [`inherit_env`](Self::inherit_env). Lines on its standard error
    /// become `tracing` events of level `debug`.
    ///
    /// Where this program is killed (`kill -9`) it can end nobody: its servers then see the end of
    /// their input, at which MCP has them end by themselves.
    pub fn stdio<A: Into<OsString>>(
        command: impl Into<OsString>,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        Self::at(Place::Stdio(Launch {
            command: command.into(),
            args: args.into_iter().map(Into::into).collect(),
            env: BTreeMap::new(),
            inherit: Vec::new(),
            directory: None,
        }))
    }

    /// A server at an address, over streamable HTTP: `https://example.com/mcp`.
    pub fn http(url: impl Into<String>) -> Self {
        Self::at(Place::Http {
            url: url.into(),
            headers: Vec::new(),
        })
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            prefix: "mcp".to_owned(),
            only: None,
            hints: true,
            connect_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(60),
        }
    }

    /// Gives the program an environment variable. Without effect over HTTP.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        if let Place::Stdio(launch) = &mut self.place {
            launch.env.insert(name.into(), value.into());
        }
        self
    }

    /// Hands an environment variable of this program on, if it is set when the server is started.
    /// Without effect over HTTP.
    pub fn inherit_env(mut self, name: impl Into<OsString>) -> Self {
        if let Place::Stdio(launch) = &mut self.place {
            launch.inherit.push(name.into());
        }
        self
    }

    /// The directory that the program starts in. Default: this program's. Without effect over
    /// HTTP.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        if let Place::Stdio(launch) = &mut self.place {
            launch.directory = Some(directory.into());
        }
        self
    }

    /// Adds a header to every request: `.header("authorization", format!("Bearer {key}"))`. It is
    /// never logged. Without effect over stdio.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Place::Http { headers, .. } = &mut self.place {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// What the names of its tools begin with: `files` makes `files_read` of `read`. An empty one
    /// adds nothing. Default: `mcp`. Servers of one agent need prefixes of their own.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Takes only these of its tools, by the names that the server gives them. One that it does
    /// not have is an error of [`connect`](Self::connect). Default: all.
    pub fn only<N: Into<String>>(mut self, tools: impl IntoIterator<Item = N>) -> Self {
        self.only = Some(tools.into_iter().map(Into::into).collect());
        self
    }

    /// Believes nothing that the server declares about what its tools do.
    pub fn ignore_hints(mut self) -> Self {
        self.hints = false;
        self
    }

    /// Longest time until the server runs and has told its tools. Default: 30 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Longest time of a call. Default: one minute.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Starts the server, or reaches it, and asks for its tools.
    ///
    /// # Errors
    ///
    /// When the program does not start, the server does not answer in time or not as MCP has it,
    /// or a tool cannot be offered to a model.
    pub async fn connect(self) -> Result<McpServer, McpError> {
        McpServer::connect(self).await
    }

    /// The server in words, without anything secret: its program, or its address.
    fn label(&self) -> Arc<str> {
        self.place.label()
    }
}

impl fmt::Debug for Mcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mcp")
            .field("server", &self.label())
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// Text of a server as a model and a log may have it: no control characters but line breaks and
/// tabs, and a beginning of at most so many characters.
fn clean(text: &str, most: usize) -> String {
    let legal = |c: &char| matches!(c, '\n' | '\t') || !agno_core::schema::is_hidden(*c);
    let mut characters = text.chars().filter(legal);
    let mut cleaned: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        cleaned.push('…');
    }
    cleaned
}
