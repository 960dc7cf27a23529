//! What earlier runs of a session have digested, and what is left to do.

use std::collections::BTreeMap;

use agno::prelude::State;

use super::Request;
use super::source::{Document, Listing, Reason, Skipped};
use super::summary::{METHOD, Summary};

/// The session's memory: the summary of every document of one folder, and the report over them.
#[agno::data]
#[derive(Default, PartialEq, State)]
pub struct Seen {
    /// The folder of the last report, absolute.
    #[merge(last)]
    pub folder: String,
    /// By path.
    #[merge(union)]
    pub summaries: BTreeMap<String, Summary>,
    /// Gone as soon as it does not say everything that is known.
    #[merge(last)]
    pub report: Option<Kept>,
}

/// A report, with what it was made from beside the summaries.
#[agno::data]
#[derive(PartialEq)]
pub struct Kept {
    pub request: Request,
    pub skipped: Vec<Skipped>,
    pub markdown: String,
}

/// What a run has to do.
#[agno::data]
#[derive(Default, PartialEq)]
pub struct Plan {
    /// The folder, absolute.
    pub folder: String,
    /// New or changed since the last run, or summarised by an older method.
    pub changed: Vec<Document>,
    /// How many are known and still the same.
    pub known: usize,
    /// Known, but no longer there.
    pub gone: Vec<String>,
    pub skipped: Vec<Skipped>,
}

impl Seen {
    /// Compares a listing with what is known.
    pub fn plan(&self, listing: Listing) -> Plan {
        let is_listed = |path: &String| {
            let found = listing.documents.binary_search_by(|one| one.path.cmp(path));
            found.is_ok()
        };
        let gone = self.summaries.keys().filter(|path| !is_listed(path));
        let mut plan = Plan {
            gone: gone.cloned().collect(),
            folder: listing.folder,
            skipped: listing.skipped,
            ..Plan::default()
        };
        for document in listing.documents {
            match self.summaries.get(&document.path) {
                // The same content at the same path has the same summary, in whatever folder.
                Some(known) if known.hash == document.hash && known.method == METHOD => {
                    plan.known += 1;
                }
                _ => plan.changed.push(document),
            }
        }
        plan
    }

    /// The report of an earlier run, if it is still what this run would write.
    pub fn report_for(&self, request: &Request, plan: &Plan) -> Option<&str> {
        let kept = self.report.as_ref()?;
        let is_same = self.folder == plan.folder
            && plan.changed.is_empty()
            && plan.gone.is_empty()
            && kept.request == *request
            && kept.skipped == plan.skipped;
        is_same.then_some(&kept.markdown)
    }

    /// Adds the summaries of new and changed documents.
    pub fn remember(&mut self, summaries: Vec<Summary>) {
        self.report = None;
        let by_path = |one: Summary| (one.path.clone(), one);
        self.summaries.extend(summaries.into_iter().map(by_path));
    }

    /// Forgets what is no longer there, and answers the paths if they are of this folder.
    pub fn forget(&mut self, plan: &Plan) -> Vec<String> {
        // What could not be read again is not what it was.
        let restless = plan.changed.iter().map(|document| &document.path);
        for path in plan.gone.iter().chain(restless) {
            self.summaries.remove(path);
        }
        if self.folder == plan.folder {
            return plan.gone.clone();
        }
        self.folder.clone_from(&plan.folder);
        Vec::new()
    }

    /// Keeps a report for a run that finds nothing new.
    pub fn keep(&mut self, request: Request, plan: &Plan, markdown: &str) {
        // What has gone or was restless is news in this report and not in the next.
        let is_settled = plan.gone.is_empty() && plan.changed.is_empty();
        self.report = is_settled.then(|| Kept {
            request,
            skipped: plan.skipped.clone(),
            markdown: markdown.to_owned(),
        });
    }
}

impl Plan {
    /// Everything that is not in the report.
    pub fn left_out(&self) -> Vec<Skipped> {
        let restless = self.changed.iter().map(|document| Skipped {
            path: document.path.clone(),
            reason: Reason::Restless,
        });
        let mut left_out: Vec<_> = self.skipped.iter().cloned().chain(restless).collect();
        left_out.sort_by(|a, b| a.path.cmp(&b.path));
        left_out
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::Format;
    use super::*;

    fn document(path: &str, hash: &str) -> Document {
        Document {
            path: path.into(),
            format: Format::Text,
            bytes: 1,
            hash: hash.into(),
        }
    }

    fn summary(path: &str, hash: &str, method: u32) -> Summary {
        Summary {
            path: path.into(),
            hash: hash.into(),
            method,
            ..Summary::default()
        }
    }

    fn listing(folder: &str, documents: Vec<Document>) -> Listing {
        Listing {
            folder: folder.into(),
            documents,
            skipped: Vec::new(),
        }
    }

    /// A session that has written a report over `a` in `docs`.
    fn seen() -> Seen {
        let mut seen = Seen::default();
        seen.remember(vec![summary("a", "1", METHOD)]);
        let plan = seen.plan(listing("docs", vec![document("a", "1")]));
        seen.forget(&plan);
        seen.keep(Request::default(), &plan, "report");
        seen
    }

    #[test]
    fn only_what_changed_is_read_again() {
        let mut seen = Seen::default();
        seen.remember(vec![
            summary("gone", "1", METHOD),
            summary("new-content", "1", METHOD),
            summary("old-method", "1", METHOD - 1),
            summary("same", "1", METHOD),
        ]);
        let found = seen.plan(listing(
            "docs",
            vec![
                document("added", "1"),
                document("new-content", "2"),
                document("old-method", "1"),
                document("same", "1"),
            ],
        ));
        let changed: Vec<_> = found.changed.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(changed, ["added", "new-content", "old-method"]);
        assert_eq!(found.known, 1);
        assert_eq!(found.gone, ["gone"]);
    }

    #[test]
    fn a_report_is_used_again_while_nothing_is_different() {
        let seen = seen();
        let request = Request::default();
        let same = seen.plan(listing("docs", vec![document("a", "1")]));
        assert_eq!(seen.report_for(&request, &same), Some("report"));
        let shorter = Request {
            max_words: 100,
            ..Request::default()
        };
        assert_eq!(seen.report_for(&shorter, &same), None);
        let mut skipping = same.clone();
        skipping.skipped.push(Skipped {
            path: "b".into(),
            reason: Reason::Binary,
        });
        for different in [
            skipping,
            seen.plan(listing("docs", vec![document("a", "2")])),
            seen.plan(listing("docs", Vec::new())),
            seen.plan(listing(
                "docs",
                vec![document("a", "1"), document("b", "1")],
            )),
            seen.plan(listing("elsewhere", vec![document("a", "1")])),
        ] {
            assert_eq!(seen.report_for(&request, &different), None, "{different:?}");
        }
    }

    #[test]
    fn a_new_summary_makes_the_report_old() {
        let mut seen = seen();
        seen.remember(vec![summary("b", "1", METHOD)]);
        assert_eq!(seen.report, None);
    }

    #[test]
    fn what_has_gone_is_news_once() {
        let mut seen = seen();
        let plan = seen.plan(listing("docs", Vec::new()));
        assert_eq!(seen.forget(&plan), ["a"]);
        seen.keep(Request::default(), &plan, "a has gone");
        assert_eq!((seen.report.as_ref(), seen.summaries.len()), (None, 0));
        let next = seen.plan(listing("docs", Vec::new()));
        assert_eq!(seen.forget(&next), Vec::<String>::new());
    }

    #[test]
    fn another_folder_has_lost_nothing() {
        let mut seen = seen();
        let plan = seen.plan(listing("elsewhere", vec![document("b", "1")]));
        assert_eq!(seen.forget(&plan), Vec::<String>::new());
        assert_eq!(seen.summaries.len(), 0);
        assert_eq!(seen.folder, "elsewhere");
    }

    #[test]
    fn a_restless_document_is_left_out_and_looked_at_again() {
        let mut seen = seen();
        let plan = seen.plan(listing("docs", vec![document("a", "2")]));
        seen.forget(&plan);
        seen.keep(Request::default(), &plan, "without a");
        let left_out: Vec<_> = plan.left_out().into_iter().map(|one| one.path).collect();
        assert_eq!(left_out, ["a"]);
        assert_eq!((seen.report.as_ref(), seen.summaries.len()), (None, 0));
    }
}
