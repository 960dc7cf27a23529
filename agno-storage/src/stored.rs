//! A journal entry as stores write it.

use std::sync::Arc;

use serde::Serialize;

use crate::{Entry, EntryKind, Event, Json, Place, RecordedError, Source, StateDelta};

/// An [`Entry`] without its numbers, which a store keeps beside it, and without what is so of nearly every entry: a page
/// of a tree holds a few of them, and each byte less is one less to write, to sync and to read.
///
/// It is read as an [`Entry`], whose defaults are what is left out.
#[derive(Serialize)]
pub(crate) struct StoredEntry<'a> {
    path: &'a Arc<str>,
    position: u32,
    kind: EntryKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RecordedError>,
    #[serde(skip_serializing_if = "is_default")]
    source: Source,
    #[serde(skip_serializing_if = "is_default")]
    attempts: u32,
    #[serde(skip_serializing_if = "is_default")]
    started_at: u64,
    #[serde(skip_serializing_if = "is_default")]
    finished_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<&'a StateDelta>,
    #[serde(skip_serializing_if = "is_default")]
    superseded: bool,
    #[serde(skip_serializing_if = "<[Event]>::is_empty")]
    events: &'a [Event],
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl<'a> From<&'a Entry> for StoredEntry<'a> {
    fn from(entry: &'a Entry) -> Self {
        let Entry {
            seq: _,
            path,
            position,
            kind,
            place,
            input,
            output,
            error,
            source,
            attempts,
            started_at,
            finished_at,
            delta,
            superseded,
            first_event: _,
            events,
        } = entry;
        Self {
            path,
            position: *position,
            kind: *kind,
            place: place.as_ref(),
            input: input.as_ref(),
            output: output.as_ref(),
            error: error.as_ref(),
            source: *source,
            attempts: *attempts,
            started_at: *started_at,
            finished_at: *finished_at,
            delta: delta.as_ref(),
            superseded: *superseded,
            events,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(entry: &Entry) -> (String, Entry) {
        let json = serde_json::to_string(&StoredEntry::from(entry)).expect("json");
        let read = serde_json::from_str(&json).expect("an entry");
        (json, read)
    }

    #[test]
    fn nothing_but_the_numbers_is_lost() {
        let mut entry = Entry::new(EntryKind::Step, "a#0".into(), 3);
        entry.seq = 7;
        entry.first_event = 9;
        entry.place = Some(Place {
            file: "src/main.rs".into(),
            line: 1,
            column: 2,
        });
        entry.input = Some(Json::parse(r#"{"topic":1.50}"#).expect("json"));
        entry.output = Some(Json::parse("null").expect("json"));
        entry.source = Source::Given;
        entry.attempts = 2;
        entry.started_at = 4;
        entry.finished_at = 5;
        entry.superseded = true;
        let (_, read) = read_back(&entry);
        let numbered = Entry {
            seq: entry.seq,
            first_event: entry.first_event,
            ..read
        };
        let whole = |entry: &Entry| serde_json::to_string(entry).expect("json");
        assert_eq!(whole(&numbered), whole(&entry));
    }

    #[test]
    fn what_is_usual_takes_no_room() {
        let entry = Entry::new(EntryKind::Step, "a#0".into(), 3);
        let (json, read) = read_back(&entry);
        assert_eq!(json, r#"{"path":"a#0","position":3,"kind":"step"}"#);
        assert_eq!((read.source, read.attempts), (Source::Ran, 0));
    }
}
