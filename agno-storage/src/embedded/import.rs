//! Taking over a piece of another store: compared with what is there, then written as it is.

use super::{
    body::{self, Numbers, encode},
    definitions,
    format::{Change, asked},
    journal,
    key_value::{Batch, KeyValue},
    keys, read_json, record, requests,
    unfinished::Steps,
};
use crate::{
    CacheEntry, CacheKey, Definition, Portable, PortableRun, RequestQuery, RunId, SessionFields,
    SessionKey, StoreError, StoreResult,
};

type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// A piece on its way to the writer: checked as far as it can be alone, and encoded.
pub(super) enum NewPiece {
    Run {
        run: Box<PortableRun>,
        head: Vec<u8>,
        records: Records,
        change: Change,
    },
    Session {
        key: SessionKey,
        fields: SessionFields,
        records: Records,
    },
    Cached {
        key: CacheKey,
        entry: Box<CacheEntry>,
        json: Vec<u8>,
    },
    Definition {
        definition: Definition,
        json: Vec<u8>,
    },
}

/// What a piece comes to: something for the writer, or an artifact, which is a file.
pub(super) enum Prepared {
    Record(Box<NewPiece>),
    Artifact(blake3::Hash, Vec<u8>),
}

impl Prepared {
    pub(super) fn new(piece: Portable) -> StoreResult<Self> {
        piece.check()?;
        let new = match piece {
            Portable::Run(run) => NewPiece::run(run)?,
            Portable::Session(key, fields) => {
                let records = fields.iter().map(|(name, value)| {
                    let body = body::encode_field(&key, name, value)?;
                    Ok((keys::field(&key, name), body))
                });
                let records = records.collect::<StoreResult<_>>()?;
                NewPiece::Session {
                    key,
                    fields,
                    records,
                }
            }
            Portable::Cached(key, entry) => {
                let json = encode(&entry, "a cached result")?;
                crate::rules::check_value(json.len(), || {
                    format!("the cached result of step `{}`", entry.step)
                })?;
                NewPiece::Cached { key, entry, json }
            }
            Portable::Definition(definition) => {
                let json = encode(&definition, "a definition")?;
                crate::rules::check_value(json.len(), || {
                    format!("the {} definition `{}`", definition.kind, definition.name)
                })?;
                NewPiece::Definition { definition, json }
            }
            Portable::Artifact(hash, bytes) => {
                return Ok(Self::Artifact(crate::artifact::parse(&hash)?, bytes));
            }
        };
        Ok(Self::Record(Box::new(new)))
    }
}

impl NewPiece {
    fn run(run: Box<PortableRun>) -> StoreResult<Self> {
        let id = &run.head.id;
        let checked = |key: Vec<u8>, body: Vec<u8>| {
            crate::rules::check_value(body.len(), || keys::readable(&key))?;
            Ok::<_, StoreError>((key, body))
        };
        let entries = run.entries.len() as u64;
        let mut change = Change {
            appended: entries,
            ..Change::default()
        };
        let head = body::encode_head(&run.head, entries)?;
        let input = encode(&run.input, "an input")?;
        let mut records = vec![checked(keys::run(keys::INPUT, id), input)?];
        if let Some(output) = &run.output {
            let body = output.as_str().as_bytes().to_vec();
            records.push(checked(keys::run(keys::OUTPUT, id), body)?);
        }
        for entry in &run.entries {
            let numbers = Numbers {
                seq: entry.seq,
                first_event: entry.first_event,
                events: u32::try_from(entry.events.len()).unwrap_or(u32::MAX),
            };
            // The numbers stand in front of it, as for an entry that is committed.
            let mut body = body::encode_entry(entry)?;
            numbers.write_into(&mut body);
            records.push(checked(keys::entry(id, &entry.path), body)?);
        }
        for request in &run.requests {
            let key = keys::request(id, &request.id);
            change.asked ^= asked(&key);
            records.push(checked(key, encode(request, "a request")?)?);
        }
        Ok(Self::Run {
            run,
            head,
            records,
            change,
        })
    }

    /// What is to be written; `None` if it is there already.
    pub(super) fn steps<K: KeyValue>(&self, store: &K) -> StoreResult<Option<Steps>> {
        match self {
            Self::Run {
                run,
                head,
                records,
                change,
            } => {
                let id = &run.head.id;
                match self::run(store, id)? {
                    Some(found) if found.is_same(run) => return Ok(None),
                    Some(_) => return Err(StoreError::RunExists { run: id.clone() }),
                    None => {}
                }
                let key = keys::run(keys::HEAD, id);
                let mut last = Batch::default();
                last.put(&key, head, 0);
                Ok(Some(Steps::adding(&key, batch(records), last, *change)))
            }
            Self::Session {
                key,
                fields,
                records,
            } => {
                let prefix = keys::session(key);
                let found = session(store, key)?;
                if found == *fields {
                    return Ok(None);
                }
                if !found.is_empty() {
                    return Err(occupied(format!(
                        "the state of session `{}` of {}",
                        key.session, key.workflow
                    )));
                }
                let (records, last) = (batch(records), Batch::default());
                Ok(Some(Steps::adding(
                    &prefix,
                    records,
                    last,
                    Change::default(),
                )))
            }
            Self::Cached { key, entry, json } => {
                let at = keys::cached(*key);
                match read_json::<K, CacheEntry>(store, &at) {
                    Ok(None) => {}
                    Ok(Some(found)) if found == **entry => return Ok(None),
                    Ok(Some(_)) => return Err(occupied(keys::readable(&at))),
                    // A miss, and no loss.
                    Err(StoreError::Corrupt { .. }) => {}
                    Err(error) => return Err(error),
                }
                let mut records = Batch::default();
                records.put(&at, json, record::chunks(store, &at)?);
                // The first chunk is what it is found by.
                let rest = records.writes.split_off(1);
                let (last, records) = (records, Batch { writes: rest });
                Ok(Some(Steps::adding(&at, records, last, Change::default())))
            }
            Self::Definition { definition, json } => {
                // As when it is saved: in one batch.
                let saved = definitions::import(store, definition, json)?;
                Ok(saved.map(Steps::at_once))
            }
        }
    }
}

fn occupied(what: String) -> StoreError {
    StoreError::Occupied { what }
}

fn batch(records: &Records) -> Batch {
    let mut batch = Batch::default();
    for (key, body) in records {
        batch.put(key, body, 0);
    }
    batch
}

/// A run with all that is recorded of it.
fn run<K: KeyValue>(store: &K, id: &RunId) -> StoreResult<Option<PortableRun>> {
    let Some(stored) = journal::read_head(store, id)? else {
        return Ok(None);
    };
    let key = keys::run(keys::INPUT, id);
    let Some(input) = read_json(store, &key)? else {
        return Err(record::corrupt(&key, "it is missing"));
    };
    let entries = journal::read(store, id, stored.entries, |key, body| {
        let entry = body::decode_entry(key, body)?;
        Ok((entry.seq, entry))
    })?;
    let query = RequestQuery {
        run: Some(id.clone()),
        ..RequestQuery::default()
    };
    Ok(Some(PortableRun {
        head: stored.head,
        input,
        output: read_json(store, &keys::run(keys::OUTPUT, id))?,
        entries,
        requests: requests::list(store, &query)?,
    }))
}

/// The fields of a session's state.
pub(super) fn session<K: KeyValue>(store: &K, key: &SessionKey) -> StoreResult<SessionFields> {
    let mut fields = SessionFields::new();
    let mut failed = None;
    record::scan(store, &keys::session(key), |key, record| {
        match record.and_then(|record| body::decode_field(key, &record.body)) {
            Ok((name, value)) => drop(fields.insert(name, value)),
            Err(error) => failed = failed.take().or(Some(error)),
        }
    })?;
    failed.map_or(Ok(fields), Err)
}
