//! A streamed answer, put together from its events.

use serde_json::{Map, Value, json};

use super::{
    answer::{self, Answer, BREAK},
    wire::{WireDelta, WireEvent, WireMessage, WireUsage},
};
use crate::model::Delta;

/// An answer under way.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    answer: Answer,
    blocks: Vec<Block>,
    /// The last text was followed by something else.
    broken: bool,
    /// Some text was handed over.
    spoke: bool,
}

/// What an event says beside more of the answer.
#[derive(Debug)]
pub(super) enum Progress {
    /// There may be more.
    More,
    /// There is no more.
    End,
    /// The provider failed.
    Error(Value),
}

/// A content block under way.
#[derive(Debug, Default)]
struct Block {
    index: Option<u64>,
    value: Map<String, Value>,
    /// The input of a tool call, as far as it came.
    input: String,
}

impl Assembly {
    /// An answer that goes on after `paused` blocks.
    pub(super) fn after(paused: &[Value]) -> Self {
        Self {
            broken: paused.last().is_some_and(|block| block["type"] != "text"),
            spoke: !answer::text(paused).is_empty(),
            ..Self::default()
        }
    }

    /// Takes an event; hands its text to `out`. What is not known is passed by.
    pub(super) fn event(&mut self, event: WireEvent, out: &mut impl FnMut(Delta<'_>)) -> Progress {
        match event.kind.as_deref() {
            Some("message_start") => self.begin(event.message.unwrap_or_default()),
            Some("content_block_start") => {
                self.open(event.index, event.content_block.unwrap_or_default(), out);
            }
            Some("content_block_delta") => {
                self.more(event.index, event.delta.unwrap_or_default(), out);
            }
            Some("message_delta") => {
                let delta = event.delta.unwrap_or_default();
                let answer = &mut self.answer;
                answer.stop_reason = delta.stop_reason.or(answer.stop_reason.take());
                answer.stop_details = delta.stop_details.or(answer.stop_details.take());
                add(&mut answer.usage, event.usage);
            }
            Some("message_stop") => return Progress::End,
            // Some servers give an error no type of its own.
            kind => match event.error {
                Some(error) if !error.is_null() => return Progress::Error(error),
                _ if kind == Some("error") => return Progress::Error(Value::Null),
                _ => {}
            },
        }
        Progress::More
    }

    /// Bytes of text so far.
    pub(super) fn received(&self) -> usize {
        let texts = self
            .blocks
            .iter()
            .filter_map(|block| block.value.get("text"));
        texts.filter_map(Value::as_str).map(str::len).sum()
    }

    /// Whether the provider said why the answer ends: then all of it has come, for the reason
    /// follows the last content block.
    pub(super) fn is_whole(&self) -> bool {
        self.answer.stop_reason.is_some()
    }

    /// The answer, as far as it came.
    pub(super) fn finish(self) -> Answer {
        let blocks = self.blocks.into_iter().map(Block::finish).collect();
        Answer {
            blocks,
            ..self.answer
        }
    }

    fn begin(&mut self, message: WireMessage) {
        let head = Answer::from(message);
        self.answer.id = head.id;
        self.answer.model = head.model;
        add(&mut self.answer.usage, Some(head.usage));
    }

    fn open(
        &mut self,
        index: Option<u64>,
        value: Map<String, Value>,
        out: &mut impl FnMut(Delta<'_>),
    ) {
        let text = value.get("text").and_then(Value::as_str).map(str::to_owned);
        let thought = value
            .get("thinking")
            .and_then(Value::as_str)
            .map(str::to_owned);
        self.broken |= value.get("type").is_some_and(|kind| kind != "text");
        self.blocks.push(Block {
            index,
            value,
            input: String::new(),
        });
        self.speak(text.as_deref().unwrap_or_default(), out);
        think(thought.as_deref().unwrap_or_default(), out);
    }

    fn more(&mut self, index: Option<u64>, delta: WireDelta, out: &mut impl FnMut(Delta<'_>)) {
        let kind = delta.kind.as_deref().unwrap_or_default();
        if let Some(text) = &delta.text {
            self.block(index, "text").append("text", text);
            self.speak(text, out);
        }
        if let Some(thought) = &delta.thinking {
            self.block(index, "thinking").append("thinking", thought);
            think(thought, out);
        }
        if let Some(signature) = &delta.signature {
            self.block(index, "thinking").append("signature", signature);
        }
        if let Some(json) = &delta.partial_json {
            self.block(index, "tool_use").input.push_str(json);
        }
        if let (Some(citation), "citations_delta") = (delta.citation, kind) {
            let block = self.block(index, "text");
            let list = block.value.entry("citations").or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(citation);
            } else {
                *list = json!([citation]);
            }
        }
    }

    /// The block that a delta is for: by its index, else the last. A server that never opened it
    /// meant to.
    fn block(&mut self, index: Option<u64>, kind: &str) -> &mut Block {
        let known = match index {
            Some(_) => self.blocks.iter().rposition(|block| block.index == index),
            None => self.blocks.len().checked_sub(1),
        };
        let at = known.unwrap_or_else(|| {
            self.broken |= kind != "text";
            self.blocks.push(Block {
                index,
                value: Map::from_iter([("type".to_owned(), kind.into())]),
                input: String::new(),
            });
            self.blocks.len() - 1
        });
        &mut self.blocks[at]
    }

    /// Hands text over as [`answer::text`] will put it together.
    fn speak(&mut self, text: &str, out: &mut impl FnMut(Delta<'_>)) {
        if text.is_empty() {
            return;
        }
        if self.broken && self.spoke {
            out(Delta::Text(BREAK));
        }
        self.broken = false;
        self.spoke = true;
        out(Delta::Text(text));
    }
}

impl Block {
    fn append(&mut self, field: &str, more: &str) {
        if let Some(Value::String(text)) = self.value.get_mut(field) {
            text.push_str(more);
        } else {
            self.value.insert(field.into(), more.into());
        }
    }

    /// With its input: an object, or what came instead as text.
    fn finish(mut self) -> Value {
        if !self.input.trim().is_empty() {
            let input = match serde_json::from_str(&self.input) {
                Ok(Value::Object(input)) => input.into(),
                _ => Value::String(self.input),
            };
            self.value.insert("input".into(), input);
        }
        self.value.into()
    }
}

fn think(thought: &str, out: &mut impl FnMut(Delta<'_>)) {
    if !thought.is_empty() {
        out(Delta::Reasoning(thought));
    }
}

/// The numbers of a stream are sums so far, and some events leave some out or say zero.
fn add(sum: &mut WireUsage, more: Option<WireUsage>) {
    let Some(more) = more else { return };
    sum.input_tokens = sum.input_tokens.max(more.input_tokens);
    sum.output_tokens = sum.output_tokens.max(more.output_tokens);
    sum.cache_creation_input_tokens = sum
        .cache_creation_input_tokens
        .max(more.cache_creation_input_tokens);
    sum.cache_read_input_tokens = sum
        .cache_read_input_tokens
        .max(more.cache_read_input_tokens);
    sum.output_tokens_details = more.output_tokens_details.or(sum.output_tokens_details);
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
