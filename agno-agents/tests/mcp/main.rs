//! Tools of MCP servers: one on the official Python SDK, one that misbehaves, and whatever
//! `AIMOCK_MCP_URL` names.
#![cfg(feature = "mcp")]

mod calling;
mod hostile;
mod http;
mod lifetime;
mod messages;
mod sdk;
mod secrets;
