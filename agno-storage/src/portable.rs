//! A store in pieces that any other back end takes as they are.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    CacheEntry, CacheKey, Definition, Entry, Json, MAX_NAME_BYTES, Request, RunInput, RunRecord,
    SessionFields, SessionKey, StoreError, StoreResult, artifact, definition,
    rules::{check_size, check_value},
};

/// One piece of a store. What [`Storage::import`](crate::Storage::import) writes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Portable {
    /// A run with all that is recorded of it.
    Run(Box<PortableRun>),
    /// The state of a session.
    Session(SessionKey, SessionFields),
    /// A cached result.
    Cached(CacheKey, Box<CacheEntry>),
    /// One version of a definition. The versions before it have to be there.
    Definition(Definition),
    /// The bytes of an artifact, and their hash in hexadecimal digits.
    Artifact(Arc<str>, Vec<u8>),
}

/// A run with all that is recorded of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PortableRun {
    /// Its head.
    pub head: RunRecord,
    /// What it was started with.
    pub input: RunInput,
    /// Its output, when it completed.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub output: Option<Json>,
    /// Its journal with the numbers that its store gave, superseded entries too, in order.
    pub entries: Vec<Entry>,
    /// What it asks of people and nobody has answered.
    pub requests: Vec<Request>,
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Imported {
    /// It was written.
    Added,
    /// It was there already.
    Present,
}

impl Portable {
    /// The checks that need no store: sizes, and that the piece is whole in itself.
    pub(crate) fn check(&self) -> StoreResult<()> {
        match self {
            Self::Run(run) => run.check(),
            Self::Session(key, fields) => {
                let own = key.workflow.len() + key.session.len();
                for (name, field) in fields {
                    check_size(own + name.len(), MAX_NAME_BYTES, || {
                        "the name of a session and its field".to_owned()
                    })?;
                    check_value(field.value.len(), || format!("the state field `{name}`"))?;
                }
                Ok(())
            }
            Self::Cached(_, entry) => check_value(entry.output.len(), || {
                format!("the cached result of step `{}`", entry.step)
            }),
            Self::Definition(saved) => definition::check(&saved.kind, &saved.name, &saved.body),
            Self::Artifact(hash, bytes) => {
                if artifact::name(bytes)? == artifact::parse(hash)? {
                    return Ok(());
                }
                Err(damaged(
                    format!("artifact {hash}"),
                    "its bytes do not have this hash",
                ))
            }
        }
    }
}

impl PortableRun {
    fn check(&self) -> StoreResult<()> {
        let id = &self.head.id;
        let key = || format!("run {id}");
        let size = |json: &Option<Json>| json.as_ref().map_or(0, Json::len);
        let input = self.input.input.len() + size(&self.input.state);
        check_value(input, || format!("the input of run `{id}`"))?;
        check_value(size(&self.output), || format!("the output of run `{id}`"))?;
        let mut first_event = 0;
        let mut paths = HashSet::with_capacity(self.entries.len());
        for (entry, seq) in self.entries.iter().zip(1..) {
            entry.check_size()?;
            if entry.seq != seq || entry.first_event != first_event {
                return Err(damaged(key(), "its journal is not numbered without gaps"));
            }
            if !paths.insert(&entry.path) {
                return Err(damaged(key(), "its journal has one path twice"));
            }
            first_event += entry.events.len() as u64;
        }
        let mut asked = HashSet::with_capacity(self.requests.len());
        for request in &self.requests {
            request.check(id)?;
            if !asked.insert(&request.id) {
                return Err(damaged(key(), "it has one request twice"));
            }
        }
        if self.head.status.is_over() && !self.requests.is_empty() {
            return Err(damaged(key(), "it is over, and still asks people"));
        }
        Ok(())
    }

    /// Whether both are the same run as it stands, by value.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let text = |run: &Self| {
            let mut requests: Vec<_> = run.requests.iter().collect();
            requests.sort_unstable_by(|a, b| a.id.cmp(&b.id));
            Json::encode(&(&run.head, &run.input, &run.output, &run.entries, requests)).ok()
        };
        text(self).is_some_and(|this| Some(this) == text(other))
    }
}

fn damaged(key: String, reason: &str) -> StoreError {
    StoreError::Corrupt {
        key,
        reason: reason.to_owned(),
    }
}
