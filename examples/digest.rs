//! Digests a folder of documents into one report, and remembers what it has read.
//!
//! ```sh
//! cargo run --example digest -- run --path .
//! ```
//!
//! Run it again: nothing has changed, so the report is there at once. Change a file: only that
//! one is read. Kill it in the middle: `resume` goes on after the last step that was recorded.

#![allow(
    unreachable_pub,
    reason = "`pub` is what a module offers to its siblings; a program has no other readers"
)]

use std::collections::BTreeSet;
use std::path::Path;

use agno::prelude::*;

#[path = "digest/clean.rs"]
mod clean;
#[path = "digest/escape.rs"]
mod escape;
#[path = "digest/html.rs"]
mod html;
#[path = "digest/markdown.rs"]
mod markdown;
#[path = "digest/merge.rs"]
mod merge;
#[path = "digest/plain.rs"]
mod plain;
#[path = "digest/rank.rs"]
mod rank;
#[path = "digest/report.rs"]
mod report;
#[path = "digest/seen.rs"]
mod seen;
#[path = "digest/sentences.rs"]
mod sentences;
#[path = "digest/source.rs"]
mod source;
#[path = "digest/summary.rs"]
mod summary;
#[path = "digest/terms.rs"]
mod terms;

use report::{Material, Report};
use seen::{Plan, Seen};
use source::{Content, Document, Listing, SourceError};
use summary::Summary;

/// How often documents that changed while they were read are looked at again.
const ROUNDS: usize = 3;
/// The session keeps a summary of each document.
const MAX_DOCUMENTS: usize = 3_000;

/// What to digest.
#[data]
#[derive(PartialEq)]
#[serde(default)]
pub struct Request {
    /// The folder that holds the documents: Markdown, HTML, plain text.
    #[schemars(length(min = 1))]
    path: String,
    /// How many words the report may have, if one sentence from each document is not more.
    #[schemars(range(min = 100, max = 1_000_000))]
    max_words: u32,
    /// Larger files are left out, in KiB.
    #[schemars(range(min = 1, max = 65_536))]
    max_kib: u32,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            path: ".".to_owned(),
            max_words: 5_000,
            max_kib: (source::MAX_BYTES / 1024) as u32,
        }
    }
}

/// Digests a folder of documents into one Markdown report.
#[workflow]
#[derive(Debug)]
pub struct Digest;

#[workflow(state = Seen)]
impl Digest {
    /// Lists the documents of the folder, with the hash of what they hold.
    #[step(retry(max = 2, backoff = "200ms"))]
    fn list(&self, request: Request) -> Result<Listing> {
        let max_bytes = u64::from(request.max_kib) * 1024;
        let listing = source::list(Path::new(&request.path), max_bytes).map_err(told_once)?;
        let found = listing.documents.len();
        if found > MAX_DOCUMENTS {
            let problem = format!(
                "`{}` holds {found} documents, more than {MAX_DOCUMENTS}; give a smaller folder",
                request.path
            );
            return Err(Error::new("too_many", problem).permanent().into());
        }
        Ok(listing)
    }

    /// Reads a document and picks its key sentences; none if it is not what was listed.
    ///
    /// A summary is kept under the hash that was listed, so one of other content, or of none,
    /// must not be kept: it is an error, which the cache does not take, and skipped.
    #[step(
        retry(max = 2, backoff = "200ms"),
        cache(key = "document.path, document.hash", scope = "global", ttl = "90d"),
        on_error = "skip",
        version = 1
    )]
    fn digest(&self, folder: String, document: Document) -> Result<Option<Summary>> {
        let moved = |problem: String| Error::new("moved", problem).permanent();
        match source::read(Path::new(&folder), &document, document.bytes)? {
            Content::Text { text, hash, lossy } if hash == document.hash => {
                let page = clean::clean(document.format, &text);
                Ok(Some(summary::summarize(&document, &hash, lossy, &page)))
            }
            Content::Text { .. } => Err(moved("it has changed since it was listed".into()).into()),
            Content::Skipped(reason) => Err(moved(reason.to_string()).into()),
        }
    }

    /// Remembers the summaries, for the next run too.
    #[step]
    fn remember(&self, seen: &mut Seen, summaries: Vec<Summary>) {
        seen.remember(summaries);
    }

    /// Writes the report over all that is known.
    #[step]
    fn write(&self, seen: &mut Seen, request: Request, plan: Plan) -> Report {
        let removed = seen.forget(&plan);
        let is_here = request.path.trim_end_matches('/') == ".";
        let name = Path::new(&plan.folder).file_name();
        let name = name.map(|name| name.to_string_lossy().into_owned());
        let material = Material {
            folder: name.filter(|_| is_here).unwrap_or(request.path.clone()),
            link_base: if is_here {
                String::new()
            } else {
                request.path.clone()
            },
            summaries: seen.summaries.values().cloned().collect(),
            skipped: plan.left_out(),
            removed,
        };
        let report = report::fit(&material, request.max_words as usize);
        seen.keep(request, &plan, &report.markdown);
        report
    }

    #[flow]
    async fn run(flow: &Flow<Self>, request: Request) -> Result<String> {
        let listing = flow.list(request.clone()).await?;
        let seen = flow.state();
        let mut plan = seen.plan(listing);
        if let Some(report) = seen.report_for(&request, &plan) {
            let known = format!("Nothing is new in {} documents: cached report.", plan.known);
            flow.say(&known);
            return Ok(format!("{report}\n{known}\n"));
        }
        let mut anew = BTreeSet::new();
        for _ in 0..ROUNDS {
            if plan.changed.is_empty() {
                break;
            }
            flow.say(format!(
                "{} to read, {} known",
                plan.changed.len(),
                plan.known
            ));
            let folder = plan.folder;
            let found = flow
                .map(plan.changed, |document| {
                    flow.digest(folder.clone(), document)
                })
                .limit(4)
                .await?;
            let summaries: Vec<_> = found.into_iter().flatten().collect();
            anew.extend(summaries.iter().map(|one| one.path.clone()));
            flow.remember(summaries).await?;
            // Writers do not wait for readers: is the folder still what was read?
            plan = flow.state().plan(flow.list(request.clone()).await?);
        }
        let known = plan.known.saturating_sub(anew.len());
        let report = flow.write(request, plan).await?;
        let read = format!(
            "{} documents read anew, {known} known from earlier runs.",
            anew.len()
        );
        flow.say(&read);
        Ok(format!("{}\n{read}\n", report.markdown))
    }
}

/// What a second attempt would not change is not tried again.
fn told_once(error: SourceError) -> agno::BoxError {
    match error {
        SourceError::Unreadable { .. } => error.into(),
        _ => Error::new("no_folder", error.to_string())
            .permanent()
            .into(),
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Digest).main()
}
