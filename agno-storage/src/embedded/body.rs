//! What stands in the body of a record: JSON, behind the numbers that only the writer knows.
//!
//! Callers encode their JSON before they queue; the writer puts numbers in front of it. So the
//! one thread that everybody waits for does not encode entries.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{keys, record::corrupt};
use crate::{
    Entry, FieldValue, Json, RunRecord, SessionKey, StoreError, StoreResult, stored::StoredEntry,
};

/// What most bodies take, so that few have to grow while they are written.
const USUAL_BYTES: usize = 640;

/// Encodes a body. Only a type whose own `Serialize` fails can fail here.
pub(super) fn encode<T: Serialize + ?Sized>(value: &T, what: &str) -> StoreResult<Vec<u8>> {
    encode_behind(Vec::with_capacity(USUAL_BYTES), value, what)
}

/// Encodes an entry behind room for its numbers.
pub(super) fn encode_entry(entry: &Entry) -> StoreResult<Vec<u8>> {
    let mut body = Vec::with_capacity(Numbers::LEN + USUAL_BYTES);
    body.resize(Numbers::LEN, 0);
    encode_behind(body, &StoredEntry::from(entry), "a journal entry")
}

fn encode_behind<T: Serialize + ?Sized>(
    mut body: Vec<u8>,
    value: &T,
    what: &str,
) -> StoreResult<Vec<u8>> {
    match serde_json::to_writer(&mut body, value) {
        Ok(()) => Ok(body),
        Err(error) => Err(StoreError::Io {
            context: format!("cannot write {what} as JSON"),
            message: error.to_string(),
        }),
    }
}

/// Decodes the JSON of the record under `key`.
pub(super) fn decode<T: DeserializeOwned>(key: &[u8], json: &[u8]) -> StoreResult<T> {
    serde_json::from_slice(json).map_err(|error| corrupt(key, error.to_string()))
}

/// A run's head: `[u64 entries] JSON`. The number of journal entries when the head was written:
/// the journal has at least as many, or it lost some.
pub(super) fn encode_head(head: &RunRecord, entries: u64) -> StoreResult<Vec<u8>> {
    let mut body = entries.to_be_bytes().to_vec();
    body.extend(encode(head, "the head of a run")?);
    Ok(body)
}

pub(super) fn decode_head(key: &[u8], body: &[u8]) -> StoreResult<(RunRecord, u64)> {
    let Some((entries, json)) = body.split_first_chunk() else {
        return Err(corrupt(key, "it is cut short"));
    };
    Ok((decode(key, json)?, u64::from_be_bytes(*entries)))
}

/// The numbers in front of a journal entry: `[u64 seq] [u64 first event] [u32 events] JSON`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) seq: u64,
    pub(super) first_event: u64,
    pub(super) events: u32,
}

impl Numbers {
    pub(super) const LEN: usize = 20;

    pub(super) fn before(self, json: &[u8]) -> Vec<u8> {
        [&self.bytes(), json].concat()
    }

    /// Fills the room that an entry was encoded behind.
    pub(super) fn write_into(self, body: &mut [u8]) {
        if let Some(room) = body.first_chunk_mut() {
            *room = self.bytes();
        }
    }

    fn bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.seq.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.first_event.to_be_bytes());
        bytes[16..].copy_from_slice(&self.events.to_be_bytes());
        bytes
    }

    /// Parts the numbers from the JSON.
    pub(super) fn of<'a>(key: &[u8], body: &'a [u8]) -> StoreResult<(Self, &'a [u8])> {
        let parts = || {
            let (seq, rest) = body.split_first_chunk()?;
            let (first_event, rest) = rest.split_first_chunk()?;
            let (events, json) = rest.split_first_chunk()?;
            let numbers = Self {
                seq: u64::from_be_bytes(*seq),
                first_event: u64::from_be_bytes(*first_event),
                events: u32::from_be_bytes(*events),
            };
            Some((numbers, json))
        };
        parts().ok_or_else(|| corrupt(key, "it is cut short"))
    }
}

pub(super) fn decode_entry(key: &[u8], body: &[u8]) -> StoreResult<Entry> {
    let (numbers, json) = Numbers::of(key, body)?;
    let mut entry: Entry = decode(key, json)?;
    entry.seq = numbers.seq;
    entry.first_event = numbers.first_event;
    Ok(entry)
}

/// The path of an entry, without reading the rest of it.
pub(super) fn path_of(key: &[u8], json: &[u8]) -> StoreResult<Arc<str>> {
    #[derive(Deserialize)]
    struct Path {
        path: Arc<str>,
    }
    decode::<Path>(key, json).map(|entry| entry.path)
}

/// The JSON of an entry, marked as superseded and under another path. Fields that a newer
/// version wrote stay as they are.
pub(super) fn supersede(key: &[u8], json: &[u8], path: &str) -> StoreResult<Vec<u8>> {
    let mut fields: BTreeMap<String, Json> = decode(key, json)?;
    let unwritable = |error: serde_json::Error| corrupt(key, error.to_string());
    fields.insert("path".to_owned(), Json::encode(path).map_err(unwritable)?);
    fields.insert(
        "superseded".to_owned(),
        Json::encode(&true).map_err(unwritable)?,
    );
    encode(&fields, "a superseded entry")
}

/// A state field. Its name is in the key too, but a long one is cut there.
#[derive(Serialize, Deserialize)]
struct StoredField {
    field: Arc<str>,
    value: Json,
    by: Arc<str>,
    /// The session, if the key does not tell its full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<SessionKey>,
}

pub(super) fn encode_field(
    session: &SessionKey,
    field: &Arc<str>,
    value: &FieldValue,
) -> StoreResult<Vec<u8>> {
    let stored = StoredField {
        field: field.clone(),
        value: value.value.clone(),
        by: value.by.clone(),
        session: keys::is_cut(session).then(|| session.clone()),
    };
    encode(&stored, "a state field")
}

pub(super) fn decode_field(key: &[u8], body: &[u8]) -> StoreResult<(Arc<str>, FieldValue)> {
    let StoredField {
        field, value, by, ..
    } = decode(key, body)?;
    Ok((field, FieldValue { value, by }))
}

/// The session of a field, if the key does not tell it. Fields of older versions do not either.
pub(super) fn session_of(key: &[u8], body: &[u8]) -> StoreResult<Option<SessionKey>> {
    Ok(decode::<StoredField>(key, body)?.session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EntryKind;

    #[test]
    fn fields_of_a_newer_version_are_read_over_and_kept() {
        let mut entry = Entry::new(EntryKind::Step, "a#0".into(), 3);
        entry.output = Some(Json::parse("18446744073709551616.5").expect("json"));
        let text = String::from_utf8(encode(&entry, "entry").expect("encode")).expect("utf-8");
        let newer = text.replacen(
            '{',
            r#"{"colour":{"deep":[123456789012345678901234567890]},"#,
            1,
        );
        let moved = supersede(b"j", newer.as_bytes(), "a#0~7").expect("supersede");
        let text = String::from_utf8(moved).expect("utf-8");
        assert!(
            text.contains(r#""colour":{"deep":[123456789012345678901234567890]}"#),
            "{text}"
        );

        let numbers = Numbers {
            seq: 7,
            first_event: 9,
            events: 0,
        };
        let read = decode_entry(b"j", &numbers.before(text.as_bytes())).expect("decode");
        assert_eq!((&*read.path, read.superseded), ("a#0~7", true));
        assert_eq!((read.seq, read.first_event, read.position), (7, 9, 3));
        assert_eq!(
            read.output.expect("output").as_str(),
            "18446744073709551616.5"
        );
    }

    #[test]
    fn short_bodies_are_corrupt() {
        for len in 0..Numbers::LEN {
            decode_entry(b"j", &vec![0; len]).expect_err("too short");
        }
        decode_head(b"r", &[0; 7]).expect_err("too short");
    }
}
