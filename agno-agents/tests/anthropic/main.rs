//! The Anthropic adapter against a server that misbehaves on purpose.
#![cfg(feature = "anthropic")]

mod answers;
mod events;
mod failures;
#[path = "../hostile/mod.rs"]
mod hostile;

use agno_agents::{
    Message, Model, ModelError, ModelReply, ModelRequest,
    model::{Anthropic, AnthropicBuilder, Deltas},
};

use self::hostile::{Server, heard::Heard};

const KEY: &str = "sk-ant-a-very-secret-key";

fn builder(server: &Server) -> AnthropicBuilder {
    Anthropic::builder("claude-sonnet-5-5")
        .key(KEY)
        .base_url(server.url(""))
        .max_attempts(3)
}

fn model(server: &Server) -> Anthropic {
    builder(server).build().expect("a model")
}

fn ask(text: &str) -> ModelRequest {
    ModelRequest {
        messages: vec![Message::system("Be brief."), Message::user(text)],
        ..ModelRequest::default()
    }
}

async fn unary(model: &Anthropic, request: &ModelRequest) -> Result<ModelReply, ModelError> {
    model.respond(request, &Deltas::none()).await
}

/// Asks with a listener: the outcome, and what was heard.
async fn streamed(
    model: &Anthropic,
    request: &ModelRequest,
) -> (Result<ModelReply, ModelError>, String) {
    let heard = Heard::default();
    let outcome = model.respond(request, &heard.deltas()).await;
    (outcome, heard.text())
}
