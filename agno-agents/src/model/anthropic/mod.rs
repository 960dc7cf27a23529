//! Claude, through Anthropic's own interface: the Messages API.
//!
//! Sources of names, limits and meanings: <https://platform.claude.com/docs/en/api/messages>, and
//! the pages on streaming, stop reasons, structured outputs, prompt caching, thinking and errors
//! beside it, of November 2026.

mod answer;
mod builder;
mod content;
mod models;
mod request;
mod stream;
mod wire;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::builder::AnthropicBuilder;
use self::{
    answer::{Answer, End},
    request::Settings,
    stream::{Assembly, Progress},
    wire::{WireEvent, WireMessage},
};
use super::{
    BoxFuture, Capabilities, Delta, Deltas, Model, ModelError, ModelReply, ModelRequest,
    http::{Attempt, Event, Exchanged, Failure, Patience, ProviderError, Transport},
};
use crate::{message::Assistant, usage::Usage};

/// How often an answer may pause before it is given up. Each pause stands for about ten uses of
/// the provider's own tools.
const MOST_PAUSES: u32 = 8;

/// Claude, through Anthropic's own interface.
///
/// The key comes from `ANTHROPIC_API_KEY`, the address from `ANTHROPIC_BASE_URL` if that is set;
/// [`builder`](Self::builder) takes others, and everything else that can be set. It repeats what
/// failed, and takes no half answer for a whole one. Clones share their connections and the number
/// of requests at once.
///
/// A request is sent as it is asked, or refused here with what is wrong: nothing is left out of it.
/// So it is the provider that says if a model takes no temperature, or does not let a tool be
/// forced. Newer models do neither.
///
/// An answer that pauses because the provider's own tools, asked for in
/// [`ModelRequest::extra`], took long is continued, up to eight times, and given as one.
///
/// ```
/// use agno_agents::model::{Anthropic, Model};
///
/// # fn main() -> Result<(), agno_agents::ModelError> {
/// let model = Anthropic::builder(Anthropic::DEFAULT_MODEL)
///     .key("sk-ant-..") // Default: ANTHROPIC_API_KEY.
///     .max_tokens(8_000)
///     .cache_prompt(true)
///     .build()?;
/// assert_eq!(model.provider(), "anthropic");
/// assert!(model.capabilities().strict_schema);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Anthropic {
    settings: Settings,
    url: reqwest::Url,
    headers: reqwest::header::HeaderMap,
    betas: Vec<String>,
    transport: Transport,
}

/// How a model thinks before it answers.
///
/// What is thought counts as written and is paid for. With it, the provider refuses a temperature
/// and a [`ToolChoice`](super::ToolChoice) that forces a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Thinking {
    /// As much as the model finds right. For Claude 4.6 and later; those after 4.6 know no other
    /// way, and Claude 5 thinks without being asked, but shows it only if asked.
    Adaptive,
    /// Up to so many tokens, from 1024. For Claude 3.7 to 4.6. They come on top of
    /// [`max_tokens`](AnthropicBuilder::max_tokens).
    Budget(u32),
}

impl Anthropic {
    /// The model this library proposes where none is named: `claude-sonnet-5-5`.
    pub const DEFAULT_MODEL: &str = "claude-sonnet-5-5";

    /// A model with everything from the environment: `ANTHROPIC_API_KEY`, and `ANTHROPIC_BASE_URL`
    /// for another server than Anthropic's.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoKey`] without a key for Anthropic's own server; [`ModelError::Settings`]
    /// for an address that is none.
    pub fn new(name: impl Into<String>) -> Result<Self, ModelError> {
        Self::builder(name).build()
    }

    /// A model with settings of one's own.
    pub fn builder(name: impl Into<String>) -> AnthropicBuilder {
        AnthropicBuilder::new(name.into())
    }
}

impl Model for Anthropic {
    fn name(&self) -> &str {
        &self.settings.model
    }

    fn provider(&self) -> &str {
        "anthropic"
    }

    fn capabilities(&self) -> Capabilities {
        self.settings.capabilities
    }

    fn respond<'a>(
        &'a self,
        request: &'a ModelRequest,
        deltas: &'a Deltas,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(async move {
            let so_far = Mutex::new(SoFar::default());
            let (model, so_far_of) = (&self.settings.model, &so_far);
            let exchanged = self
                .transport
                .exchange(model, deltas, |attempt| {
                    self.attempt(request, so_far_of, attempt)
                })
                .await
                .map_err(sharpened)?;
            Ok(self.reply(exchanged, &locked(&so_far)))
        })
    }

    fn settings(&self) -> Value {
        let settings = &self.settings;
        json!({
            "provider": self.provider(),
            "model": settings.model,
            "base_url": self.url.as_str().trim_end_matches("/v1/messages"),
            "betas": self.betas,
            "max_tokens": settings.max_tokens,
            "thinking": settings.thinking,
            "effort": settings.effort,
            "parallel_tools": settings.parallel_tools,
        })
    }
}

/// What came of an answer before it paused. It is paid for: an attempt that fails later goes on
/// from here.
#[derive(Debug, Default)]
struct SoFar {
    blocks: Vec<Value>,
    usage: Usage,
    pauses: u32,
}

fn locked(so_far: &Mutex<SoFar>) -> MutexGuard<'_, SoFar> {
    so_far.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Anthropic {
    /// One attempt at an answer: a request, and one more for each pause.
    async fn attempt(
        &self,
        request: &ModelRequest,
        so_far: &Mutex<SoFar>,
        attempt: Attempt,
    ) -> Result<(Assistant, Answer), Failure> {
        let mut blocks = locked(so_far).blocks.clone();
        if attempt.wanted() {
            // Said by an attempt that failed, and taken back.
            attempt.text(&answer::text(&blocks));
        }
        loop {
            let answer = self.ask(request, &blocks, &attempt).await?;
            match answer.end(&self.settings.model)? {
                End::Done => {
                    blocks.extend_from_slice(&answer.blocks);
                    let message = answer::message(blocks, &self.settings.model)?;
                    return Ok((message, answer));
                }
                End::Paused => {
                    blocks.extend(answer::sendable(&answer.blocks));
                    let mut so_far = locked(so_far);
                    so_far.blocks.clone_from(&blocks);
                    so_far.usage += &answer::usage(&answer.usage);
                    so_far.pauses += 1;
                    if so_far.pauses > MOST_PAUSES {
                        let message = format!("it paused more than {MOST_PAUSES} times");
                        return Err(Failure::truncated(answer::received(&blocks), message));
                    }
                }
            }
        }
    }

    /// One request, and its answer.
    async fn ask(
        &self,
        request: &ModelRequest,
        paused: &[Value],
        attempt: &Attempt,
    ) -> Result<Answer, Failure> {
        let stream = attempt.wanted();
        let body = request::body(&self.settings, request, paused, stream)?;
        let patience = if stream {
            Patience::Pieces
        } else {
            Patience::Whole
        };
        let response = self.transport.send(self.post(&body)?, patience).await?;
        let whole = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|mime| mime.to_str().ok())
            .is_some_and(|mime| mime.starts_with("application/json"));
        // Some servers cannot stream, and answer whole whatever they are asked.
        if stream && !whole {
            return self.read(response, paused, attempt).await;
        }
        let message: WireMessage = self.transport.json(response).await?;
        if let Some(error) = &message.error {
            return Err(ProviderError::in_band(error).into());
        }
        let answer = Answer::from(message);
        if stream {
            let said = answer::text(paused).len();
            let all = [paused, &answer.blocks].concat();
            attempt.text(&answer::text(&all)[said..]);
        }
        Ok(answer)
    }

    fn post(&self, body: &Value) -> Result<reqwest::Request, Failure> {
        let request = self.transport.client().post(self.url.clone());
        let request = request.headers(self.headers.clone()).json(body);
        request.build().map_err(|error| {
            let error = error.without_url();
            ModelError::Settings(format!("no request can be made: {error}")).into()
        })
    }

    /// Reads an answer that comes in pieces.
    async fn read(
        &self,
        response: reqwest::Response,
        paused: &[Value],
        attempt: &Attempt,
    ) -> Result<Answer, Failure> {
        let mut out = |delta: Delta<'_>| match delta {
            Delta::Text(text) => attempt.text(text),
            Delta::Reasoning(thought) => attempt.reasoning(thought),
            Delta::Reset { .. } => {}
        };
        let mut assembly = Assembly::after(paused);
        let mut events = self.transport.events(response);
        loop {
            let event = match events.next().await {
                Ok(Some(event)) => read(event),
                Ok(None) => break,
                Err(failure) => Err(failure.after(assembly.received())),
            };
            let event = match event {
                Ok(event) => event,
                // It may break after the answer's end, but not before.
                Err(_) if assembly.is_whole() => break,
                Err(failure) => return Err(failure),
            };
            match assembly.event(event, &mut out) {
                Progress::More => {}
                Progress::End => break,
                Progress::Error(error) => return Err(ProviderError::in_band(&error).into()),
            }
        }
        Ok(assembly.finish())
    }

    fn reply(&self, exchanged: Exchanged<(Assistant, Answer)>, so_far: &SoFar) -> ModelReply {
        let (message, answer) = exchanged.value;
        let mut usage = answer::usage(&answer.usage);
        usage += &so_far.usage;
        usage.requests = 1;
        ModelReply {
            message,
            usage,
            model: answer.model.unwrap_or_else(|| self.settings.model.clone()),
            id: answer.id,
            finish: answer.stop_reason.unwrap_or_default(),
            attempts: exchanged.attempts.saturating_add(so_far.pauses),
            micros: exchanged.micros,
            first_micros: exchanged.first_micros,
        }
    }
}

/// What an event says. Its kind is in the data too, save where a server forgets it; the mark that
/// ends streams elsewhere says nothing here.
fn read(event: Event) -> Result<WireEvent, Failure> {
    if event.data.trim() == "[DONE]" {
        return Ok(WireEvent::default());
    }
    let mut read: WireEvent = serde_json::from_str(&event.data)
        .map_err(|_| Failure::malformed("an event is no JSON object"))?;
    read.kind = read.kind.or(Some(event.name));
    Ok(read)
}

/// Anthropic says some things only in words, under status 400.
fn sharpened(error: ModelError) -> ModelError {
    match error {
        ModelError::Rejected {
            model,
            status: 400,
            message,
            ..
        } if message.contains("credit balance is too low")
            || message.contains("specified API usage limits") =>
        {
            ModelError::Quota { model, message }
        }
        ModelError::Rejected {
            model,
            status: 400,
            message,
            ..
        } if message.contains("exceed context limit") => {
            ModelError::ContextLength { model, message }
        }
        other => other,
    }
}

impl fmt::Debug for Anthropic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anthropic")
            .field("settings", &self.settings)
            .field("url", &self.url.as_str())
            .field("betas", &self.betas)
            .finish_non_exhaustive()
    }
}
