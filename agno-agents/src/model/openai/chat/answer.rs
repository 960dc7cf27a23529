//! A chat completion, whole or in pieces.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        answer,
        calls::{Calls, WireCall},
        wire::{Finish, place, text_of, usage, word},
    },
    request::EXTRA_CONTENT,
};
use crate::{
    message::Assistant,
    model::{
        ModelError, ModelReply,
        http::{Attempt, Event, Failure, ProviderError},
    },
};

/// A completion, or a piece of one. Servers leave out any of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCompletion {
    #[serde(deserialize_with = "word")]
    id: Option<String>,
    #[serde(deserialize_with = "word")]
    model: Option<String>,
    choices: Option<Vec<WireChoice>>,
    usage: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireChoice {
    #[serde(deserialize_with = "place")]
    index: Option<u64>,
    message: Option<WireMessage>,
    delta: Option<WireMessage>,
    #[serde(deserialize_with = "word")]
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireMessage {
    content: Option<Value>,
    /// DeepSeek, vLLM, llama.cpp.
    reasoning_content: Option<Value>,
    /// OpenRouter, Ollama.
    reasoning: Option<Value>,
    #[serde(deserialize_with = "word")]
    refusal: Option<String>,
    tool_calls: Option<Vec<WireCall>>,
}

/// A completion that is being put together.
#[derive(Debug, Default)]
pub(in super::super) struct Answer {
    id: Option<String>,
    model: Option<String>,
    text: String,
    reasoning: String,
    refusal: String,
    calls: Calls,
    finish: Option<String>,
    usage: Option<Value>,
    /// It came at one go.
    at_once: bool,
    /// `[DONE]` was seen.
    done: bool,
    pieces: usize,
}

impl Answer {
    fn read(body: Value) -> Result<WireCompletion, Failure> {
        let failed = body.get("error").is_some_and(|error| !error.is_null())
            || body.get("object").and_then(Value::as_str) == Some("error")
            || body.get("type").and_then(Value::as_str) == Some("error");
        if failed {
            return Err(ProviderError::in_band(&body).into());
        }
        serde_json::from_value(body)
            .map_err(|error| Failure::malformed(format!("it is no chat completion: {error}")))
    }

    /// Adds the head of a completion, and gives its choice: the first, for no more are asked for.
    fn head(&mut self, completion: WireCompletion) -> Option<WireChoice> {
        self.id = self.id.take().or(completion.id);
        self.model = self.model.take().or(completion.model);
        if let Some(usage) = completion.usage.filter(Value::is_object) {
            self.usage = Some(usage);
        }
        completion
            .choices?
            .into_iter()
            .find(|choice| choice.index.unwrap_or(0) == 0)
    }

    /// Adds what a message says. Gives where the new text and thoughts begin.
    fn message(&mut self, message: &WireMessage) -> (usize, usize) {
        let from = (self.text.len(), self.reasoning.len());
        let thoughts = [&message.reasoning_content, &message.reasoning];
        // A server that knows both words says the same with each.
        if let Some(thoughts) = thoughts
            .into_iter()
            .flatten()
            .find(|value| !value.is_null())
        {
            text_of(thoughts, &mut self.reasoning, &mut String::new());
        }
        if let Some(content) = &message.content {
            text_of(content, &mut self.text, &mut self.reasoning);
        }
        if let Some(refusal) = &message.refusal {
            self.refusal.push_str(refusal);
        }
        from
    }

    fn has_content(&self) -> bool {
        !self.text.is_empty() || !self.calls.is_empty()
    }

    fn truncated(&self, how: &str) -> Failure {
        Failure::truncated(self.text.len(), how)
    }

    /// The word with which it ended, if it did.
    fn end(&self) -> Result<&str, Failure> {
        match self.finish.as_deref() {
            Some("") | None if self.at_once => {
                if self.has_content() || !self.refusal.is_empty() {
                    Ok("")
                } else {
                    Err(self.truncated("it is empty, and does not say why"))
                }
            }
            Some("") if self.done && self.has_content() => Ok(""),
            Some("") => Err(self.truncated("no reason for its end, and no end of the stream")),
            None if self.pieces == 0 => Err(self.truncated("the stream was empty")),
            None => Err(self.truncated("the stream ended without a reason")),
            Some(finish) => Ok(finish),
        }
    }
}

impl answer::Answer for Answer {
    fn whole(&mut self, body: Value) -> Result<(), Failure> {
        self.at_once = true;
        let completion = Self::read(body)?;
        let choice = self
            .head(completion)
            .ok_or_else(|| Failure::malformed("it has no choices"))?;
        let mut message = choice.message.unwrap_or_default();
        for call in message.tool_calls.take().unwrap_or_default() {
            self.calls.whole(call);
        }
        self.message(&message);
        self.finish = choice.finish_reason;
        Ok(())
    }

    fn piece(&mut self, event: &Event, attempt: &Attempt) -> Result<bool, Failure> {
        let data = event.data.trim();
        if data == "[DONE]" {
            self.done = true;
            return Ok(true);
        }
        if data.is_empty() || event.name == "keepalive" {
            return Ok(false);
        }
        let body: Value = match serde_json::from_str(data) {
            Ok(body) => body,
            Err(_) if event.name == "error" => json!({"error": data}),
            Err(error) if error.is_eof() => {
                return Err(self.truncated("a piece ends before its end"));
            }
            Err(error) => {
                return Err(Failure::malformed(format!("a piece is no JSON: {error}")));
            }
        };
        if event.name == "error" {
            return Err(ProviderError::in_band(&body).into());
        }
        let completion = Self::read(body)?;
        self.pieces += 1;
        let Some(choice) = self.head(completion) else {
            return Ok(false);
        };
        if let Some(mut message) = choice.delta.or(choice.message) {
            for call in message.tool_calls.take().unwrap_or_default() {
                self.calls.piece(call);
            }
            let (text, reasoning) = self.message(&message);
            attempt.reasoning(&self.reasoning[reasoning..]);
            attempt.text(&self.text[text..]);
        }
        // A word is not taken back by an empty one.
        match choice.finish_reason {
            Some(word) if !word.is_empty() => self.finish = Some(word),
            Some(_) if self.finish.is_none() => self.finish = Some(String::new()),
            _ => {}
        }
        Ok(false)
    }

    fn is_over(&self) -> bool {
        self.finish.as_deref().is_some_and(|word| !word.is_empty())
    }

    fn text(&self) -> &str {
        &self.text
    }

    fn reasoning(&self) -> &str {
        &self.reasoning
    }

    fn reply(self, model: &str, turn: usize) -> Result<ModelReply, Failure> {
        let finish = self.end()?.to_owned();
        let model = model.to_owned();
        match Finish::read(&finish) {
            Finish::Filtered => {
                let message = if self.refusal.is_empty() {
                    finish
                } else {
                    self.refusal
                };
                return Err(ModelError::Filtered { model, message }.into());
            }
            Finish::Length => return Err(ModelError::OutputLimit { model }.into()),
            Finish::Failed => {
                return Err(ProviderError {
                    message: format!("the answer ended with `{finish}`"),
                    ..ProviderError::default()
                }
                .into());
            }
            Finish::BadCall => return Err(Failure::malformed(finish)),
            Finish::Stop | Finish::Other(_) => {}
        }
        if !self.refusal.is_empty() {
            return Err(ModelError::Refused {
                model,
                text: self.refusal,
            }
            .into());
        }
        let (tool_calls, extras) = self.calls.finish(turn)?;
        Ok(ModelReply {
            message: Assistant {
                text: self.text,
                tool_calls,
                reasoning: Some(self.reasoning).filter(|text| !text.is_empty()),
                opaque: (!extras.is_empty()).then(|| json!({ EXTRA_CONTENT: extras })),
            },
            usage: usage(self.usage.as_ref()),
            model: self.model.unwrap_or(model),
            id: self.id,
            finish,
            ..ModelReply::default()
        })
    }
}
