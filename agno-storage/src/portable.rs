//! A store in pieces that any other back end takes as they are.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    CacheEntry, CacheKey, Definition, Entry, Json, Request, RunInput, RunRecord, SessionFields,
    SessionKey,
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
