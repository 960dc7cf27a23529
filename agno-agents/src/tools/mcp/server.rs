//! A server that tools are taken from, started again when it has died.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;

use super::{
    Mcp, McpError,
    answer::{self, Ended},
    clean,
    connection::Connection,
    offer::{self, Offer},
};
use crate::{Tool, tool::ToolAnswer};

/// A server under way, and its tools. Clones share it.
///
/// A server that has died is started again by the next call, once per call; its tools are asked
/// for anew. A call during which it dies is made again only if its tool does no harm twice.
///
/// [`close`](Self::close) it: that ends its program gently. When the last of this handle, its
/// clones and its tools is dropped, the program is killed, with all that it has started in its
/// process group.
#[derive(Clone)]
pub struct McpServer(Arc<Inner>);

struct Inner {
    settings: Mcp,
    label: Arc<str>,
    slot: Mutex<Slot>,
    /// Held while it is started: nobody starts it twice.
    starting: tokio::sync::Mutex<()>,
}

struct Slot {
    connection: Option<Arc<Connection>>,
    offers: Vec<Offer>,
    closed: bool,
}

impl McpServer {
    pub(super) async fn connect(settings: Mcp) -> Result<Self, McpError> {
        let (connection, offers) = begin(&settings).await?;
        Ok(Self(Arc::new(Inner {
            label: settings.label(),
            settings,
            slot: Mutex::new(Slot {
                connection: Some(Arc::new(connection)),
                offers,
                closed: false,
            }),
            starting: tokio::sync::Mutex::new(()),
        })))
    }

    /// Its tools, as it told them last.
    pub fn tools(&self) -> Vec<Tool> {
        let slot = self.0.slot();
        slot.offers.iter().map(|offer| self.tool(offer)).collect()
    }

    fn tool(&self, offer: &Offer) -> Tool {
        let (inner, remote) = (self.0.clone(), Arc::<str>::from(offer.remote.as_str()));
        let repeatable = offer.repeatable;
        let mut tool = Tool::raw(offer.spec.clone(), move |arguments, _| {
            let (inner, remote) = (inner.clone(), remote.clone());
            async move {
                let answer = inner.call(&remote, arguments, repeatable).await;
                answer.map_err(McpError::into_error)
            }
        });
        let settings = &self.0.settings;
        // Beyond its own limits, which say more when they are over: two calls and a start.
        let outer = settings.call_timeout.saturating_mul(2);
        let outer = outer.saturating_add(settings.connect_timeout);
        let outer = outer.saturating_add(Duration::from_secs(5));
        tool = tool.timeout(outer);
        if !offer.repeatable {
            tool = tool.not_idempotent();
        }
        if offer.destructive {
            let name = clean(&offer.remote, 80);
            let server = &self.0.label;
            let question = format!("`{name}` of {server} says that it may destroy. Run it?");
            tool = tool.confirm(question);
        }
        tool
    }

    /// Asks the server for its tools anew, and answers them.
    ///
    /// # Errors
    ///
    /// As [`Mcp::connect`].
    pub async fn refresh(&self) -> Result<Vec<Tool>, McpError> {
        let (connection, fresh) = self.0.connection().await?;
        if !fresh {
            let offered = connection
                .list_within(self.0.settings.connect_timeout)
                .await?;
            let offers = offer::take(&self.0.settings, offered)?;
            self.0.slot().offers = offers;
        }
        Ok(self.tools())
    }

    /// Ends the connection and the server's program: by closing its input, then by a word
    /// (`SIGTERM`), then by force. Takes about four seconds at most. Calls under way fail, and
    /// later ones too.
    pub async fn close(&self) {
        let connection = {
            let mut slot = self.0.slot();
            slot.closed = true;
            slot.connection.take()
        };
        if let Some(connection) = connection {
            connection.end().await;
        }
    }
}

impl fmt::Debug for McpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slot = self.0.slot();
        f.debug_struct("McpServer")
            .field("server", &self.0.label)
            .field("tools", &slot.offers.len())
            .field("closed", &slot.closed)
            .finish()
    }
}

async fn begin(settings: &Mcp) -> Result<(Connection, Vec<Offer>), McpError> {
    let (connection, offered) = Connection::open(&settings.place, settings.connect_timeout).await?;
    let offers = offer::take(settings, offered)?;
    Ok((connection, offers))
}

impl Inner {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, if it is alive.
    fn alive(&self) -> Result<Option<Arc<Connection>>, McpError> {
        let slot = self.slot();
        if slot.closed {
            let server = self.label.clone();
            return Err(McpError::Closed { server });
        }
        let alive = slot.connection.as_ref().filter(|found| found.is_alive());
        Ok(alive.cloned())
    }

    /// A connection that is alive, and whether it is a new one.
    async fn connection(&self) -> Result<(Arc<Connection>, bool), McpError> {
        if let Some(connection) = self.alive()? {
            return Ok((connection, false));
        }
        let _turn = self.starting.lock().await;
        if let Some(connection) = self.alive()? {
            return Ok((connection, false));
        }
        // What is left of the old one goes first: two programs may not share a file.
        let old = self.slot().connection.take();
        if let Some(old) = old {
            old.end().await;
        }
        tracing::debug!(server = %self.label, "an MCP server is started again");
        let (connection, offers) = begin(&self.settings).await?;
        let connection = Arc::new(connection);
        let closed = {
            let mut slot = self.slot();
            if !slot.closed {
                slot.offers = offers;
                slot.connection = Some(connection.clone());
            }
            slot.closed
        };
        if closed {
            connection.end().await;
            let server = self.label.clone();
            return Err(McpError::Closed { server });
        }
        Ok((connection, true))
    }

    async fn call(
        &self,
        tool: &str,
        arguments: Value,
        repeatable: bool,
    ) -> Result<ToolAnswer, McpError> {
        let Value::Object(arguments) = arguments else {
            return Err(McpError::Arguments {
                tool: clean(tool, 80),
            });
        };
        let limit = self.settings.call_timeout;
        let (mut connection, fresh) = self.connection().await?;
        self.check(tool)?;
        let mut result = connection.call(tool, arguments.clone(), limit).await;
        if let Err(McpError::Died { .. }) = &result
            && repeatable
            && !fresh
        {
            (connection, _) = self.connection().await?;
            self.check(tool)?;
            result = connection.call(tool, arguments, limit).await;
        }
        match answer::read(result?) {
            Ended::Answer(answer) => Ok(answer),
            Ended::Failed(text) => Err(McpError::Tool {
                server: self.label.clone(),
                tool: clean(tool, 80),
                text,
            }),
            Ended::Malformed(problem) => {
                Err(connection.malformed(&format!("tool `{}`", clean(tool, 80)), problem))
            }
        }
    }

    /// Whether the server, as it is now, has the tool.
    fn check(&self, tool: &str) -> Result<(), McpError> {
        let slot = self.slot();
        if slot.offers.iter().any(|offer| offer.remote == tool) {
            return Ok(());
        }
        Err(McpError::NoTool {
            server: self.label.clone(),
            tool: clean(tool, 80),
            known: slot
                .offers
                .iter()
                .map(|offer| clean(&offer.remote, 80))
                .collect(),
        })
    }
}
