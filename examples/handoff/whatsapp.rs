//! Sends WhatsApp messages through an MCP server.

use std::{ffi::OsString, path::PathBuf};

use agno::{prelude::*, tools::mcp::Mcp};
use serde_json::json;

use super::whatsapp_server;

/// A message to send.
#[data]
pub(crate) struct Notification {
    /// The telephone number that it is about.
    pub(crate) number: String,
    /// The text.
    pub(crate) message: String,
}

/// How to reach the server.
pub(crate) struct WhatsApp {
    command: PathBuf,
    arguments: Vec<OsString>,
}

impl WhatsApp {
    /// The server in this program, which writes to a file.
    pub(crate) fn of_this_program(outbox: &str) -> Result<Self> {
        Ok(Self {
            command: std::env::current_exe()?,
            arguments: vec![whatsapp_server::COMMAND.into(), outbox.into()],
        })
    }

    /// Sends a message, and answers what the server says of it.
    pub(crate) async fn send(
        &self,
        notification: &Notification,
        step: &StepContext,
    ) -> Result<String> {
        let server = Mcp::stdio(&self.command, &self.arguments)
            .only([whatsapp_server::TOOL])
            .prefix("")
            .connect()
            .await?;
        let mut tools = server.tools();
        let Some(tool) = tools.pop() else {
            bail!("the WhatsApp server has no tool");
        };
        let arguments = json!({
            "instance": "agno-example",
            "number": notification.number,
            "message": notification.message,
        });
        // Called by the program itself: no model says who is told, or what.
        let context = ToolContext::in_step(step);
        let answer = tool.call(&arguments.to_string(), context, None).await;
        server.close().await;
        Ok(answer?.text)
    }
}
