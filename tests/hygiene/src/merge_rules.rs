//! Every rule of a state, and the names that serde writes.
#![allow(
    missing_docs,
    dead_code,
    missing_debug_implementations,
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    reason = "what compiles is the case"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use durable::prelude::*;

#[data(crate = durable)]
#[derive(Default, State)]
#[state(crate = durable)]
#[serde(rename_all = "camelCase", default)]
struct Notes {
    #[merge(append)]
    found_sources: Vec<String>,
    #[merge(union)]
    seen_pages: BTreeSet<u32>,
    #[merge(union)]
    by_name: BTreeMap<String, u32>,
    #[merge(sum)]
    #[serde(rename = "n")]
    number: u32,
    #[merge(max)]
    best: f64,
    #[merge(min)]
    first: Option<u64>,
    #[merge(last)]
    last_topic: String,
    r#type: HashMap<String, String>,
    #[serde(skip)]
    local: u8,
}

#[data(crate = durable)]
#[derive(Default, State)]
#[state(crate = durable)]
struct Empty;
