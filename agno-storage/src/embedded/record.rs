//! Records on top of keys and values: a checksum around each, and chunks of 4 KiB.
//!
//! First chunk: `[u8 format] [u8 flags] [u32 checksum] [u16 chunks, if more than one] body..`;
//! the others are body alone. The checksum covers format, flags, number of chunks, key and body,
//! so that a record in another's place is found as well as a flipped bit.

use super::{
    key_value::{Batch, KeyValue},
    keys,
};
use crate::{StoreError, StoreResult};

/// The largest value that the back end sees. sled moves large pages into files that it never
/// syncs; at this size no page of it comes near.
pub(super) const CHUNK_BYTES: usize = 4096;

const FORMAT: u8 = 1;
/// The record has more than one chunk.
const CHUNKED: u8 = 1;
const HEADER: usize = 6;

/// A chunk's key.
fn chunk_key(key: &[u8], number: u16) -> Vec<u8> {
    let mut chunk = Vec::with_capacity(key.len() + 2);
    chunk.extend_from_slice(key);
    chunk.extend_from_slice(&number.to_be_bytes());
    chunk
}

fn checksum(flags: u8, chunks: u16, key: &[u8], body: &[u8]) -> u32 {
    let [high, low] = chunks.to_be_bytes();
    let crc = crc32c::crc32c(&[FORMAT, flags, high, low]);
    crc32c::crc32c_append(crc32c::crc32c_append(crc, key), body)
}

/// Number of chunks that a body takes.
fn chunks_of(body: usize) -> u16 {
    if body <= CHUNK_BYTES - HEADER {
        return 1;
    }
    let rest = body - (CHUNK_BYTES - HEADER - 2);
    u16::try_from(1 + rest.div_ceil(CHUNK_BYTES)).expect("the size was checked: 16 MiB at most")
}

impl Batch {
    /// Writes a record in the place of one of `old` chunks (0: of none). Answers its chunks.
    pub(super) fn put(&mut self, key: &[u8], body: &[u8], old: u16) -> u16 {
        let chunks = chunks_of(body.len());
        let flags = if chunks > 1 { CHUNKED } else { 0 };
        let room = CHUNK_BYTES - HEADER - if chunks > 1 { 2 } else { 0 };
        let (first, rest) = body.split_at(room.min(body.len()));

        let mut value = Vec::with_capacity(HEADER + 2 + first.len());
        value.extend_from_slice(&[FORMAT, flags]);
        value.extend_from_slice(&checksum(flags, chunks, key, body).to_be_bytes());
        if chunks > 1 {
            value.extend_from_slice(&chunks.to_be_bytes());
        }
        value.extend_from_slice(first);
        self.writes.push((chunk_key(key, 0), Some(value)));
        for (number, chunk) in (1..).zip(rest.chunks(CHUNK_BYTES)) {
            self.writes
                .push((chunk_key(key, number), Some(chunk.to_vec())));
        }
        self.remove_from(key, chunks, old);
        chunks
    }

    /// Removes a record of so many chunks.
    pub(super) fn remove(&mut self, key: &[u8], chunks: u16) {
        self.remove_from(key, 0, chunks);
    }

    fn remove_from(&mut self, key: &[u8], from: u16, to: u16) {
        self.writes
            .extend((from..to).map(|number| (chunk_key(key, number), None)));
    }
}

/// A record that was read and whose checksum holds.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) body: Vec<u8>,
    pub(super) chunks: u16,
}

pub(super) fn corrupt(key: &[u8], reason: impl Into<String>) -> StoreError {
    StoreError::Corrupt {
        key: keys::readable(key),
        reason: reason.into(),
    }
}

/// A record whose chunks are still being gathered.
struct Partial {
    flags: u8,
    checksum: u32,
    chunks: u16,
    /// Chunks so far.
    found: u16,
    body: Vec<u8>,
}

impl Partial {
    /// Begins with the first chunk.
    fn begin(value: &[u8]) -> Result<Self, &'static str> {
        let (header, mut body) = value.split_at_checked(HEADER).ok_or("it is cut short")?;
        let [format, flags, checksum @ ..] = header else {
            return Err("it is cut short");
        };
        if *format != FORMAT || flags & !CHUNKED != 0 {
            return Err("its frame is of an unknown format");
        }
        let mut chunks = 1;
        if flags & CHUNKED != 0 {
            let (count, rest) = body.split_first_chunk().ok_or("it is cut short")?;
            (chunks, body) = (u16::from_be_bytes(*count), rest);
        }
        let checksum = checksum.try_into().map_err(|_| "it is cut short")?;
        Ok(Self {
            flags: *flags,
            checksum: u32::from_be_bytes(checksum),
            chunks,
            found: 1,
            body: body.to_vec(),
        })
    }

    fn finish(self, key: &[u8]) -> Result<Record, &'static str> {
        if self.found != self.chunks {
            return Err("a part of it is missing");
        }
        if self.checksum != checksum(self.flags, self.chunks, key, &self.body) {
            return Err("its checksum does not hold");
        }
        Ok(Record {
            body: self.body,
            chunks: self.chunks,
        })
    }
}

/// Reads a record.
pub(super) fn get<K: KeyValue>(store: &K, key: &[u8]) -> StoreResult<Option<Record>> {
    let Some(first) = store.get(&chunk_key(key, 0))? else {
        return Ok(None);
    };
    let mut partial = Partial::begin(first.as_ref()).map_err(|reason| corrupt(key, reason))?;
    while partial.found < partial.chunks {
        let Some(chunk) = store.get(&chunk_key(key, partial.found))? else {
            break;
        };
        partial.body.extend_from_slice(chunk.as_ref());
        partial.found += 1;
    }
    let record = partial.finish(key);
    record.map(Some).map_err(|reason| corrupt(key, reason))
}

/// Number of chunks of a record, 0 if there is none. A record that does not read counts the
/// chunks that are there, so that it can be replaced.
pub(super) fn chunks<K: KeyValue>(store: &K, key: &[u8]) -> StoreResult<u16> {
    let mut count = 0;
    match store.get(&chunk_key(key, 0))? {
        None => return Ok(0),
        Some(first) => {
            if let Ok(partial) = Partial::begin(first.as_ref()) {
                return Ok(partial.chunks.max(1));
            }
        }
    }
    while store.get(&chunk_key(key, count))?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Shows every record whose key begins with `prefix`, in order, the ones that do not read as
/// errors.
pub(super) fn scan<K: KeyValue>(
    store: &K,
    prefix: &[u8],
    mut visit: impl FnMut(&[u8], StoreResult<Record>),
) -> StoreResult<()> {
    let mut current: Option<(Vec<u8>, Result<Partial, &'static str>)> = None;
    let mut finish = |(key, partial): (Vec<u8>, Result<Partial, &'static str>)| {
        let record = partial.and_then(|partial| partial.finish(&key));
        visit(&key, record.map_err(|reason| corrupt(&key, reason)));
    };
    store.scan(prefix, &mut |chunk, value| {
        let Some((key, number)) = chunk.split_last_chunk::<2>() else {
            finish((chunk.to_vec(), Err("its key is cut short")));
            return;
        };
        let number = u16::from_be_bytes(*number);
        match &mut current {
            Some((of, partial)) if of == key => {
                if let Ok(record) = partial {
                    if record.found == number {
                        record.body.extend_from_slice(value);
                        record.found += 1;
                    } else {
                        *partial = Err("a part of it is missing");
                    }
                }
            }
            _ => {
                let begun = if number == 0 {
                    Partial::begin(value)
                } else {
                    Err("its first part is missing")
                };
                if let Some(done) = current.replace((key.to_vec(), begun)) {
                    finish(done);
                }
            }
        }
    })?;
    if let Some(done) = current.take() {
        finish(done);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::map::Map;

    fn put(store: &Map, key: &[u8], body: &[u8]) {
        let mut batch = Batch::default();
        batch.put(key, body, chunks(store, key).expect("chunks"));
        for (_, value) in &batch.writes {
            assert!(
                value
                    .as_ref()
                    .is_none_or(|value| value.len() <= CHUNK_BYTES)
            );
        }
        store.apply(batch).expect("apply");
    }

    /// Sizes around every edge of the chunks.
    fn sizes() -> Vec<usize> {
        let edges = [
            0,
            CHUNK_BYTES - 8,
            CHUNK_BYTES - HEADER,
            CHUNK_BYTES,
            3 * CHUNK_BYTES - 8,
        ];
        edges
            .iter()
            .flat_map(|edge| [edge.saturating_sub(1), *edge, edge + 1])
            .collect()
    }

    #[test]
    fn every_size_replaces_every_other_and_leaves_nothing_behind() {
        let store = Map::default();
        let body = |size: usize| (0..size).map(|i| (i % 251) as u8).collect::<Vec<_>>();
        for old in sizes() {
            for new in sizes() {
                put(&store, b"rkey", &body(old));
                put(&store, b"rkey", &body(new));
                let record = get(&store, b"rkey").expect("get").expect("record");
                assert_eq!(record.body, body(new));
                let stored = store.pairs().len();
                assert_eq!(stored, usize::from(record.chunks));
                let mut scanned = Vec::new();
                scan(&store, b"r", |key, record| {
                    scanned.push((key.to_vec(), record.expect("record").body));
                })
                .expect("scan");
                assert_eq!(scanned, [(b"rkey".to_vec(), body(new))]);
            }
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let store = Map::default();
        put(&store, b"rkey", &vec![7; CHUNK_BYTES + 100]);
        let intact = store.pairs().clone();
        for (chunk, value) in &intact {
            for bit in (0..value.len() * 8).step_by(3) {
                let mut damaged = intact.clone();
                damaged.get_mut(chunk).expect("chunk")[bit / 8] ^= 1 << (bit % 8);
                *store.pairs() = damaged;
                let error = get(&store, b"rkey").expect_err("a flipped bit");
                assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
                scan(&store, b"r", |_, record| {
                    record.expect_err("a flipped bit");
                })
                .expect("scan");
            }
        }
    }

    #[test]
    fn a_record_under_another_key_and_a_lost_chunk_are_found() {
        let store = Map::default();
        put(&store, b"rkey", &vec![7; CHUNK_BYTES + 100]);
        let value = store.pairs()[&b"rkey\0\0"[..]].clone();
        store.pairs().insert(b"rotherkey\0\0".to_vec(), value);
        get(&store, b"rotherkey").expect_err("another's record");
        for lost in [&b"rkey\0\0"[..], b"rkey\0\x01"] {
            let store = Map::default();
            put(&store, b"rkey", &vec![7; CHUNK_BYTES + 100]);
            store.pairs().remove(lost);
            let mut problems = 0;
            scan(&store, b"r", |_, record| {
                problems += u32::from(record.is_err());
            })
            .expect("scan");
            assert_eq!(problems, 1);
        }
    }
}
