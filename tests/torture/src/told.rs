//! A store that tells what it has acknowledged, a line for each, right after the store below said so.
//!
//! A line with a question mark comes before something that removes: until the line without it, both
//! are right.

use std::{io::Write, sync::Arc};

use agno_storage::{
    Ack, BoxFuture, CacheQuery, Commit, Entry, Imported, Json, Layer, Operation, Portable, RunId,
    Storage, StoreResult,
};

/// Writes a line to standard output at once.
///
/// # Panics
///
/// If nobody reads it.
pub fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .expect("the test listens");
}

/// Sixteen hexadecimal digits of a text.
pub fn short_hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// What counts of an entry: what replay goes by.
pub fn hash_of(entry: &Entry) -> String {
    let error = entry.error.as_ref().map(serde_json::to_string);
    let error = error.transpose().expect("an error is JSON");
    short_hash(&format!(
        "{:?} {:?} {:?} {:?}",
        entry.kind,
        entry.input.as_ref().map(Json::as_str),
        entry.output.as_ref().map(Json::as_str),
        error
    ))
}

/// The store.
#[derive(Debug)]
pub struct Told {
    below: Arc<dyn Storage>,
}

impl Told {
    /// Tells of this one.
    pub fn new(below: Arc<dyn Storage>) -> Self {
        Self { below }
    }
}

/// What a commit comes to, ready to be told.
#[derive(Default)]
struct Lines {
    before: Vec<String>,
    after: Vec<String>,
}

impl Lines {
    fn of(commit: &Commit) -> Self {
        let mut lines = Self::default();
        let run = &commit.run;
        for id in &commit.settled {
            lines.before.push(format!("settled? {id}"));
        }
        for path in &commit.supersede {
            lines.before.push(format!("superseded? {run} {path}"));
        }
        if commit.create.is_some() {
            lines.after.push(format!("made {run}"));
        }
        for entry in &commit.entries {
            let hash = hash_of(entry);
            let at = entry.finished_at;
            lines
                .after
                .push(format!("ack {run} {} {hash} {at}", entry.path));
        }
        for request in &commit.requests {
            lines.after.push(format!("asked {} {run}", request.id));
        }
        if let Some(update) = commit.update.as_deref() {
            if update.status.is_over() {
                lines.before.push(format!("over? {run}"));
            }
            if let Some(output) = &update.output {
                let hash = short_hash(output.as_str());
                lines.after.push(format!("output {run} {hash}"));
            }
        }
        if let Some((session, delta)) = &commit.state
            && let Some(total) = delta.changes.iter().find(|it| &*it.field == "total")
            // A step adds; a fork sets what its session begins with.
            && let Operation::Sum { by } | Operation::Set { value: by, .. } = &total.operation
        {
            let name = format!("{} {} {by}", session.workflow, session.session);
            lines.before.push(format!("counted? {name}"));
            lines.after.push(format!("counted {name}"));
        }
        if let Some(fill) = commit.cache.as_deref() {
            let (key, hash) = (fill.key.to_hex(), short_hash(fill.entry.output.as_str()));
            lines.before.push(format!("cached? {key}"));
            lines.after.push(format!("cached {key} {hash}"));
        }
        lines
    }
}

impl Layer for Told {
    fn below(&self) -> &dyn Storage {
        &*self.below
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        Box::pin(async move {
            let lines = Lines::of(&commit);
            lines.before.iter().for_each(|line| tell(line));
            let ack = self.below.commit(commit).await?;
            lines.after.iter().for_each(|line| tell(line));
            Ok(ack)
        })
    }

    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        Box::pin(async move {
            tell(&format!("gone? {id}"));
            let found = self.below.delete_run(id).await?;
            tell(&format!("gone {id}"));
            Ok(found)
        })
    }

    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>> {
        Box::pin(async move {
            let hash = self.below.put_artifact(bytes).await?;
            tell(&format!("artifact {hash}"));
            Ok(hash)
        })
    }

    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(async move {
            tell("cleared?");
            let count = self.below.cache_clear(query).await?;
            tell("cleared");
            Ok(count)
        })
    }

    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(async move {
            tell("cleared?");
            let count = self.below.cache_shrink(bytes).await?;
            tell("cleared");
            Ok(count)
        })
    }

    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>> {
        Box::pin(async move {
            let hash = short_hash(body.as_str());
            let saved = self.below.save_definition(kind, name, body, expected);
            let version = saved.await?;
            tell(&format!("definition {kind} {name} {version} {hash}"));
            Ok(version)
        })
    }

    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        Box::pin(async move {
            let lines: Vec<String> = match &piece {
                Portable::Run(run) => {
                    let id = &run.head.id;
                    let line =
                        |entry: &Entry| format!("ack {id} {} {}", entry.path, hash_of(entry));
                    let entries = run.entries.iter().map(line);
                    entries.chain([format!("made {id}")]).collect()
                }
                _ => Vec::new(),
            };
            let imported = self.below.import(piece).await?;
            lines.iter().for_each(|line| tell(line));
            Ok(imported)
        })
    }
}
