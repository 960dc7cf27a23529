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
    /// How many words the report may have. One sentence from each document is the least.
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
            return Err(Error::new("too_many", problem).permanent());
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
            Content::Text { .. } => Err(moved("it has changed since it was listed".into())),
            Content::Skipped(reason) => Err(moved(reason.to_string())),
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
        let cached = seen.report_for(&request, &plan);
        if let Some(report) = cached {
            let same = format!(
                "Nothing is new in {}: cached report.",
                documents(plan.known)
            );
            flow.say(&same);
            return Ok(format!("{report}\n{same}\n"));
        }
        let mut read = BTreeSet::new();
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
            read.extend(summaries.iter().map(|one| one.path.clone()));
            flow.remember(summaries).await?;
            // Writers do not wait for readers: does the folder still hold what was read?
            plan = flow.state().plan(flow.list(request.clone()).await?);
        }
        let known = plan.known.saturating_sub(read.len());
        let wanted = request.max_words as usize;
        let report = flow.write(request, plan).await?;
        if report.words > wanted {
            flow.say(format!(
                "{} words, more than {wanted}: one sentence from each document",
                report.words
            ));
        }
        let news = format!(
            "{} read anew, {known} known from earlier runs.",
            documents(read.len())
        );
        flow.say(&news);
        Ok(format!("{}\n{news}\n", report.markdown))
    }
}

fn documents(count: usize) -> String {
    report::counted(count as u64, "document")
}

/// What a second attempt would not change is not tried again.
fn told_once(error: SourceError) -> Error {
    match error {
        SourceError::Unreadable { .. } => error.into(),
        _ => Error::new("no_folder", error.to_string()).permanent(),
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Digest).main()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn folder() -> TempDir {
        let folder = tempfile::tempdir().expect("is created");
        for (name, text) in [
            (
                "a.md",
                "# Bees\n\nBees live in large colonies with one queen and many workers.\n",
            ),
            (
                "b.txt",
                "Bread\n\nThe baker keeps a part of the dough back for the next bread.\n",
            ),
            (
                "c.html",
                "<h1>Tides</h1><p>The pull of the moon raises the water of the sea.</p>",
            ),
        ] {
            fs::write(folder.path().join(name), text).expect("is written");
        }
        folder
    }

    fn request(folder: &TempDir) -> Request {
        Request {
            path: folder.path().display().to_string(),
            ..Request::default()
        }
    }

    #[test]
    fn what_is_not_what_was_listed_is_an_error_and_never_kept() {
        let folder = folder();
        let listing = Digest.list(request(&folder)).expect("lists");
        let digest =
            |at: usize| Digest.digest(listing.folder.clone(), listing.documents[at].clone());
        assert!(digest(0).is_ok_and(|found| found.is_some()));
        fs::write(folder.path().join("a.md"), "# Bees\n\nOther.\n").expect("is written");
        fs::remove_file(folder.path().join("b.txt")).expect("is there");
        for at in [0, 1] {
            let error = digest(at).expect_err("is not what was listed");
            assert!(!error.is_retryable(), "{error}");
        }
    }

    #[test]
    fn a_wrong_folder_is_not_tried_again() {
        let folder = folder();
        for path in ["nothing", "a.md"] {
            let wrong = Request {
                path: folder.path().join(path).display().to_string(),
                ..Request::default()
            };
            let error = Digest.list(wrong).expect_err("is no folder");
            assert!(
                !error.is_retryable() && error.message().contains(path),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn an_empty_folder_has_a_report() {
        let folder = tempfile::tempdir().expect("is created");
        let runtime = Runtime::builder()
            .workflow(Digest)
            .build()
            .await
            .expect("builds");
        let run = runtime
            .start::<Digest>(request(&folder))
            .await
            .expect("starts");
        assert!(
            run.await
                .expect("completes")
                .contains("There is no document to digest.")
        );
    }

    #[cfg(feature = "testing")]
    mod with_the_test_kit {
        use std::sync::atomic::{AtomicU32, Ordering};

        use agno::testing::CrashTest;

        use super::*;

        /// A folder in which `a.md` changes after each of the first `changes` listings.
        async fn restless(folder: &TempDir, changes: u32) -> String {
            let (listings, path) = (AtomicU32::new(0), folder.path().join("a.md"));
            let list = move |input: serde_json::Value| {
                let request = serde_json::from_value(input["request"].clone())?;
                let listing = Digest.list(request)?;
                let count = listings.fetch_add(1, Ordering::SeqCst);
                if count < changes {
                    fs::write(
                        &path,
                        format!(
                            "# Bees\n\nThe hive number {count} has one queen and many workers.\n"
                        ),
                    )?;
                }
                Ok(listing)
            };
            let builder = Runtime::builder()
                .workflow(Digest)
                .replace_step("list", list);
            let runtime = builder.build().await.expect("builds");
            let run = runtime
                .start::<Digest>(request(folder))
                .await
                .expect("starts");
            run.await.expect("completes")
        }

        #[tokio::test]
        async fn a_document_that_changes_while_it_is_read_is_looked_at_again() {
            let folder = folder();
            let report = restless(&folder, 2).await;
            assert!(
                report.contains("The hive number 1 has one queen"),
                "{report}"
            );
            assert!(
                report.contains("3 documents read anew, 0 known"),
                "{report}"
            );
        }

        #[tokio::test]
        async fn a_document_that_never_rests_is_left_out_and_said_so() {
            let folder = folder();
            let report = restless(&folder, u32::MAX).await;
            assert!(!report.contains("The hive"), "{report}");
            assert!(report.contains("- a.md: it changed"), "{report}");
            assert!(
                report.contains("2 documents read anew, 0 known"),
                "{report}"
            );
        }

        #[tokio::test]
        async fn a_crash_after_any_commit_changes_nothing() {
            let folder = folder();
            let request = request(&folder);
            let report = CrashTest::new(|| Digest, move || request.clone())
                .run()
                .await;
            let report = report.expect("survives");
            assert!(report.crashes >= 7, "{report:?}");
        }
    }
}
