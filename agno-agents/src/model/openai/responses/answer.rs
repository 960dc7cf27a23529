//! A response, whole or in pieces.

use serde_json::{Map, Value, json};

use super::{
    super::{
        answer,
        calls::{Calls, WireCall},
        wire::{Finish, usage},
    },
    request::REASONING_ITEMS,
};
use crate::{
    message::Assistant,
    model::{
        ModelError, ModelReply,
        http::{Attempt, Event, Failure, ProviderError},
    },
};

/// A response that is being put together. A server's last event repeats the whole of it; some leave
/// its items out there, or the numbers and names of the events, so the pieces are kept too.
#[derive(Debug, Default)]
pub(in super::super) struct Answer {
    /// The response of the last event, or the only one.
    over: Option<Value>,
    /// The items, as they were last told.
    items: Vec<Item>,
    text: String,
    reasoning: String,
    refusal: String,
    pieces: usize,
}

#[derive(Debug)]
struct Item {
    /// Its place in the output, if the server says it.
    place: Option<u64>,
    id: Option<String>,
    value: Value,
}

impl Answer {
    fn at<'a>(&'a mut self, event: &Value) -> Option<&'a mut Item> {
        let place = event.get("output_index").and_then(Value::as_u64);
        let id = event
            .get("item_id")
            .or_else(|| event.pointer("/item/id"))
            .and_then(Value::as_str);
        let found = match (place, id) {
            (Some(_), _) => self.items.iter().rposition(|item| item.place == place),
            (None, Some(id)) => self
                .items
                .iter()
                .rposition(|item| item.id.as_deref() == Some(id)),
            // Neither: the last, if it is of the same kind.
            (None, None) => self.items.len().checked_sub(1).filter(|last| {
                event
                    .pointer("/item/type")
                    .is_none_or(|kind| self.items[*last].value.get("type") == Some(kind))
            }),
        };
        found.and_then(|at| self.items.get_mut(at))
    }

    fn add_item(&mut self, event: &Value) {
        self.items.push(Item {
            place: event.get("output_index").and_then(Value::as_u64),
            id: event
                .pointer("/item/id")
                .and_then(Value::as_str)
                .map(str::to_owned),
            value: event.get("item").cloned().unwrap_or_default(),
        });
    }

    fn end_item(&mut self, event: &Value) {
        match (self.at(event), event.get("item")) {
            (Some(held), Some(item)) => {
                let mut item = item.clone();
                // One that says less at its end than before.
                if let (Some(whole), Some(before)) = (item.as_object_mut(), held.value.as_object())
                {
                    for (name, value) in before {
                        if whole.get(name).is_none_or(is_bare) {
                            whole.insert(name.clone(), value.clone());
                        }
                    }
                }
                held.value = item;
            }
            (None, Some(_)) => self.add_item(event),
            _ => {}
        }
    }

    fn arguments(&mut self, event: &Value, name: &str, whole: bool) {
        let Some(more) = event.get(name).and_then(Value::as_str).map(str::to_owned) else {
            return;
        };
        let Some(Value::Object(item)) = self.at(event).map(|item| &mut item.value) else {
            return;
        };
        let held = item
            .entry("arguments")
            .or_insert_with(|| Value::String(String::new()));
        match held {
            Value::String(text) if !whole => text.push_str(&more),
            held => *held = Value::String(more),
        }
    }

    /// The items: those of the last event, else those that came before.
    fn take_items(&mut self, response: &mut Value) -> Vec<Value> {
        match response.get_mut("output").map(Value::take) {
            Some(Value::Array(items)) if !items.is_empty() => items,
            _ => std::mem::take(&mut self.items)
                .into_iter()
                .map(|item| item.value)
                .collect(),
        }
    }
}

fn is_bare(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn parts<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// What the items of an output say.
#[derive(Default)]
struct Said {
    text: String,
    reasoning: String,
    refusal: String,
    calls: Calls,
    thoughts: Vec<Value>,
}

impl Said {
    fn of(items: Vec<Value>) -> Result<Self, Failure> {
        let mut said = Self::default();
        for item in items {
            match text(&item, "type") {
                "function_call" => said.calls.whole(call(&item)?),
                "reasoning" => {
                    for part in parts(&item, "summary")
                        .iter()
                        .chain(parts(&item, "content"))
                    {
                        said.reasoning.push_str(text(part, "text"));
                    }
                    // Without it the server would look for the item in its own store.
                    if !text(&item, "encrypted_content").is_empty() {
                        said.thoughts.push(item);
                    }
                }
                "message" | "" => {
                    for part in parts(&item, "content") {
                        said.text.push_str(text(part, "text"));
                        said.refusal.push_str(text(part, "refusal"));
                    }
                }
                // What the server's own tools did.
                _ => {}
            }
        }
        Ok(said)
    }
}

fn call(item: &Value) -> Result<WireCall, Failure> {
    let id = match text(item, "call_id") {
        "" => text(item, "id"),
        id => id,
    };
    serde_json::from_value(json!({
        "id": id,
        "function": {"name": item.get("name"), "arguments": item.get("arguments")},
    }))
    .map_err(|error| Failure::malformed(format!("it is no call of a tool: {error}")))
}

impl answer::Answer for Answer {
    fn whole(&mut self, body: Value) -> Result<(), Failure> {
        let failed = body.get("error").is_some_and(|error| !error.is_null());
        if failed {
            return Err(ProviderError::in_band(&body).into());
        }
        if !body.get("output").is_some_and(Value::is_array) {
            return Err(Failure::malformed("it is no response: it has no output"));
        }
        let said = Said::of(parts(&body, "output").to_vec())?;
        self.text = said.text;
        self.reasoning = said.reasoning;
        self.over = Some(body);
        Ok(())
    }

    fn piece(&mut self, event: &Event, attempt: &Attempt) -> Result<bool, Failure> {
        let data = event.data.trim();
        if data == "[DONE]" {
            return Ok(true);
        }
        if data.is_empty() || event.name == "keepalive" {
            return Ok(false);
        }
        let body: Value = serde_json::from_str(data).map_err(|error| {
            if error.is_eof() {
                Failure::truncated(self.text.len(), "a piece ends before its end")
            } else {
                Failure::malformed(format!("a piece is no JSON: {error}"))
            }
        })?;
        self.pieces += 1;
        let kind = match text(&body, "type") {
            "" => &*event.name,
            kind => kind,
        };
        match kind {
            "response.output_text.delta" => {
                self.text.push_str(text(&body, "delta"));
                attempt.text(text(&body, "delta"));
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                self.reasoning.push_str(text(&body, "delta"));
                attempt.reasoning(text(&body, "delta"));
            }
            "response.refusal.delta" => self.refusal.push_str(text(&body, "delta")),
            "response.output_item.added" => self.add_item(&body),
            "response.output_item.done" => self.end_item(&body),
            "response.function_call_arguments.delta" => self.arguments(&body, "delta", false),
            "response.function_call_arguments.done" => self.arguments(&body, "arguments", true),
            "response.completed" | "response.incomplete" | "response.done" => {
                let mut response = match body.get("response") {
                    Some(Value::Object(response)) => response.clone(),
                    _ => Map::new(),
                };
                // The event says it too, where the response does not.
                if kind == "response.incomplete" {
                    response.insert("status".to_owned(), "incomplete".into());
                }
                self.over = Some(response.into());
                return Ok(true);
            }
            "response.failed" => {
                let response = body.get("response").unwrap_or(&body);
                return Err(ProviderError::in_band(response).into());
            }
            "error" => return Err(ProviderError::in_band(&body).into()),
            _ if body.get("error").is_some_and(|error| !error.is_null()) => {
                return Err(ProviderError::in_band(&body).into());
            }
            _ => {}
        }
        Ok(false)
    }

    fn is_over(&self) -> bool {
        self.over.is_some()
    }

    fn text(&self) -> &str {
        &self.text
    }

    fn reasoning(&self) -> &str {
        &self.reasoning
    }

    fn reply(mut self, model: &str, turn: usize) -> Result<ModelReply, Failure> {
        let Some(mut response) = self.over.take() else {
            let how = if self.pieces == 0 {
                "the stream was empty"
            } else {
                "the stream ended before the response did"
            };
            return Err(Failure::truncated(self.text.len(), how));
        };
        let mut said = Said::of(self.take_items(&mut response))?;
        for (whole, pieces) in [
            (&mut said.text, self.text),
            (&mut said.reasoning, self.reasoning),
            (&mut said.refusal, self.refusal),
        ] {
            if whole.is_empty() {
                *whole = pieces;
            }
        }
        let name = model.to_owned();
        let finish = match text(&response, "status") {
            "" => "completed",
            status => status,
        }
        .to_owned();
        match &*finish {
            "incomplete" => {
                let reason = response
                    .pointer("/incomplete_details/reason")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                return Err(match Finish::read(reason) {
                    Finish::Length => ModelError::OutputLimit { model: name }.into(),
                    Finish::Filtered => ModelError::Filtered {
                        model: name,
                        message: reason.to_owned(),
                    }
                    .into(),
                    _ => Failure::truncated(said.text.len(), format!("incomplete: {reason}")),
                });
            }
            "failed" => return Err(ProviderError::in_band(&response).into()),
            "cancelled" | "in_progress" | "queued" => {
                let how = format!("the response is {finish}");
                return Err(Failure::truncated(said.text.len(), how));
            }
            _ => {}
        }
        if !said.refusal.is_empty() {
            return Err(ModelError::Refused {
                model: name,
                text: said.refusal,
            }
            .into());
        }
        let (tool_calls, _) = said.calls.finish(turn)?;
        let mut opaque = Map::new();
        if !said.thoughts.is_empty() {
            opaque.insert(REASONING_ITEMS.to_owned(), said.thoughts.into());
        }
        let own = |key: &str| Some(text(&response, key).to_owned()).filter(|text| !text.is_empty());
        Ok(ModelReply {
            message: Assistant {
                text: said.text,
                tool_calls,
                reasoning: Some(said.reasoning).filter(|text| !text.is_empty()),
                opaque: (!opaque.is_empty()).then(|| opaque.into()),
            },
            usage: usage(response.get("usage")),
            model: own("model").unwrap_or(name),
            id: own("id"),
            finish,
            ..ModelReply::default()
        })
    }
}
