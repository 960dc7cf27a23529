//! Tool calls, put together from their pieces.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::wire::{place, word};
use crate::{message::ToolCall, model::http::Failure};

/// A call, or a piece of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireCall {
    #[serde(deserialize_with = "place")]
    index: Option<u64>,
    #[serde(deserialize_with = "word")]
    id: Option<String>,
    function: Option<WireFunction>,
    /// Gemini's signature of its thoughts, which has to come back.
    extra_content: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireFunction {
    #[serde(deserialize_with = "word")]
    name: Option<String>,
    arguments: Option<Value>,
}

/// The calls of an answer, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    extra: Option<Value>,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a call of an answer that came at one go: each is one of its own.
    pub(super) fn whole(&mut self, piece: WireCall) {
        self.0.push(Call::default());
        let last = self.0.len() - 1;
        self.fill(last, piece);
    }

    /// Adds a piece to the call that it belongs to: by its index, else its id, else the last.
    pub(super) fn piece(&mut self, piece: WireCall) {
        let at = self.place_of(&piece).unwrap_or_else(|| {
            self.0.push(Call::default());
            self.0.len() - 1
        });
        self.fill(at, piece);
    }

    fn place_of(&self, piece: &WireCall) -> Option<usize> {
        let id = piece.id.as_deref().unwrap_or_default();
        let named = piece
            .function
            .as_ref()
            .and_then(|function| function.name.as_deref())
            .is_some_and(|name| !name.is_empty());
        if piece.index.is_some() {
            let at = self.0.iter().rposition(|call| call.index == piece.index)?;
            // Some give every call the index 0.
            let held = &self.0[at].id;
            let another = named && !id.is_empty() && !held.is_empty() && held != id;
            return (!another).then_some(at);
        }
        if !id.is_empty() {
            return self.0.iter().rposition(|call| call.id == id);
        }
        (!named).then(|| self.0.len().checked_sub(1)).flatten()
    }

    fn fill(&mut self, at: usize, piece: WireCall) {
        let Some(call) = self.0.get_mut(at) else {
            return;
        };
        call.index = call.index.or(piece.index);
        if call.id.is_empty() {
            call.id = piece.id.unwrap_or_default();
        }
        call.extra = call.extra.take().or(piece.extra_content);
        let function = piece.function.unwrap_or_default();
        if call.name.is_empty() {
            call.name = function.name.unwrap_or_default();
        }
        match function.arguments {
            None | Some(Value::Null) => {}
            Some(Value::String(more)) => call.arguments.push_str(&more),
            // Some servers write an object where its text belongs.
            Some(object) => call.arguments.push_str(&object.to_string()),
        }
    }

    /// The calls, each with an id of its own, and what has to come back with them, by id.
    pub(super) fn finish(
        self,
        turn: usize,
    ) -> Result<(Vec<ToolCall>, Map<String, Value>), Failure> {
        let mut extras = Map::new();
        let mut calls: Vec<ToolCall> = Vec::with_capacity(self.0.len());
        let mut taken = HashSet::new();
        for (place, call) in self.0.into_iter().enumerate() {
            if call.name.is_empty() {
                return Err(Failure::malformed(format!(
                    "call {} of a tool has no name",
                    place + 1
                )));
            }
            let mut id = call.id;
            if id.is_empty() || !taken.insert(id.clone()) {
                id = format!("call_{turn}_{place}");
                taken.insert(id.clone());
            }
            if let Some(extra) = call.extra {
                extras.insert(id.clone(), extra);
            }
            let arguments = if call.arguments.trim().is_empty() {
                "{}".to_owned()
            } else {
                call.arguments
            };
            calls.push(ToolCall {
                id,
                name: call.name,
                arguments,
            });
        }
        Ok((calls, extras))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Calls;

    fn put_together(pieces: &serde_json::Value) -> Vec<(String, String, String)> {
        let mut calls = Calls::default();
        for piece in pieces.as_array().expect("pieces") {
            calls.piece(serde_json::from_value(piece.clone()).expect("a piece"));
        }
        let (calls, _) = calls.finish(3).expect("calls");
        calls
            .into_iter()
            .map(|call| (call.id, call.name, call.arguments))
            .collect()
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.to_owned(), name.to_owned(), arguments.to_owned())
    }

    #[test]
    fn by_index_interleaved() {
        let calls = put_together(&json!([
            {"index": 0, "id": "a", "function": {"name": "one", "arguments": ""}},
            {"index": 1, "id": "b", "function": {"name": "two"}},
            {"index": 1, "function": {"arguments": "{\"y\":"}},
            {"index": 0, "function": {"arguments": "{\"x\":1}"}},
            {"index": 1, "function": {"arguments": "2}"}},
        ]));
        assert_eq!(
            calls,
            [call("a", "one", "{\"x\":1}"), call("b", "two", "{\"y\":2}")]
        );
    }

    #[test]
    fn by_id_without_index() {
        let calls = put_together(&json!([
            {"id": "a", "function": {"name": "one", "arguments": "{"}},
            {"id": "b", "function": {"name": "two", "arguments": "{"}},
            {"id": "a", "function": {"arguments": "}"}},
            {"id": "b", "function": {"arguments": "}"}},
        ]));
        assert_eq!(calls, [call("a", "one", "{}"), call("b", "two", "{}")]);
    }

    #[test]
    fn by_arrival_without_either() {
        let calls = put_together(&json!([
            {"function": {"name": "one", "arguments": "{\"x\":"}},
            {"function": {"arguments": "1}"}},
            {"function": {"name": "two", "arguments": {"y": 2}}},
        ]));
        assert_eq!(
            calls,
            [
                call("call_3_0", "one", "{\"x\":1}"),
                call("call_3_1", "two", "{\"y\":2}")
            ]
        );
    }

    #[test]
    fn all_with_index_0_and_ids_of_their_own() {
        let calls = put_together(&json!([
            {"index": 0, "id": "a", "function": {"name": "one", "arguments": "{}"}},
            {"index": 0, "id": "b", "function": {"name": "one", "arguments": "{}"}},
        ]));
        assert_eq!(calls, [call("a", "one", "{}"), call("b", "one", "{}")]);
    }

    #[test]
    fn no_arguments_are_an_empty_object_and_ids_stay_unique() {
        let mut calls = Calls::default();
        for _ in 0..2 {
            let piece = json!({"id": "same", "function": {"name": "f", "arguments": null}});
            calls.whole(serde_json::from_value(piece).expect("a call"));
        }
        let (calls, _) = calls.finish(1).expect("calls");
        assert_eq!(calls[0].id, "same");
        assert_eq!(calls[1].id, "call_1_1");
        assert_eq!(calls[1].arguments, "{}");
    }

    #[test]
    fn a_call_without_a_name_is_none() {
        let mut calls = Calls::default();
        calls.piece(serde_json::from_value(json!({"index": 0})).expect("a piece"));
        assert!(calls.finish(0).is_err());
    }
}
