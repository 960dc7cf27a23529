//! A commit on its way to the writer: checked as far as it can be alone, and encoded.

use std::mem;

use super::{
    body::{self, Numbers},
    keys,
};
use crate::{CacheKey, Commit, StoreResult, rules::check_value};

/// A commit with its JSON.
pub(super) struct Prepared {
    pub(super) commit: Commit,
    /// Body of each entry: room for its numbers, then its JSON.
    pub(super) entries: Vec<Vec<u8>>,
    /// The input of a run to create.
    pub(super) input: Option<Vec<u8>>,
    pub(super) output: Option<Vec<u8>>,
    pub(super) cached: Option<(CacheKey, Vec<u8>)>,
    /// Key and JSON of each request.
    pub(super) requests: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Prepared {
    /// Encodes a commit, or refuses it.
    pub(super) fn new(mut commit: Commit) -> StoreResult<Box<Self>> {
        commit.check_alone()?;
        commit.state = commit.state.take().filter(|(_, delta)| !delta.is_empty());
        let mut entries = Vec::with_capacity(commit.entries.len());
        for entry in &commit.entries {
            let body = body::encode_entry(entry)?;
            check_value(body.len() - Numbers::LEN, || {
                format!("the journal entry `{}`", entry.path)
            })?;
            entries.push(body);
        }
        let mut requests = Vec::with_capacity(commit.requests.len());
        for request in mem::take(&mut commit.requests) {
            let json = body::encode(&request, "a request")?;
            check_value(json.len(), || format!("the request `{}`", request.id))?;
            requests.push((keys::request(&commit.run, &request.id), json));
        }
        let input = commit
            .create
            .as_ref()
            .map(|create| body::encode(&create.1, "an input"));
        let output = commit
            .update
            .as_ref()
            .and_then(|update| update.output.as_ref());
        let cached = match commit.cache.take() {
            None => None,
            Some(fill) => {
                let json = body::encode(&fill.entry, "a cached result")?;
                check_value(json.len(), || {
                    format!("the cached result of step `{}`", fill.entry.step)
                })?;
                Some((fill.key, json))
            }
        };
        Ok(Box::new(Self {
            entries,
            input: input.transpose()?,
            output: output.map(|json| json.as_str().as_bytes().to_vec()),
            cached,
            requests,
            commit,
        }))
    }

    /// About how much it will write.
    pub(super) fn bytes(&self) -> usize {
        let entries = self.entries.iter().map(Vec::len).sum::<usize>();
        let cached = self.cached.as_ref().map_or(0, |(_, json)| json.len());
        let of = |json: &Option<Vec<u8>>| json.as_ref().map_or(0, Vec::len);
        let requests = self.requests.iter().map(|(_, json)| json.len());
        let requests = requests.sum::<usize>();
        entries + cached + requests + of(&self.input) + of(&self.output)
    }
}
