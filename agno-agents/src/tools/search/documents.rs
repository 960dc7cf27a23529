//! A shelf of documents that is searched in place of the web: for examples and tests without a
//! network, and for a program's own texts.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use agno_core::BoxFuture;
use futures_util::FutureExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hit, SearchError, WebSearch, asked, rank};
use crate::{
    Tool, ToolContext,
    tools::text::{line, within},
};

/// Files that are read from a folder, by the end of their name.
const READ: [&str; 4] = ["md", "markdown", "txt", "text"];

/// Largest file that is read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Most files of a folder.
const MOST: usize = 10_000;

/// Length of a snippet, in characters.
const SNIPPET: usize = 240;

/// A document on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Its text.
    pub text: String,
}

/// Searches documents by the words they share with the query (Okapi BM25). Cheap to clone.
///
/// ```
/// use agno_agents::tools::search::{Document, Documents};
///
/// let shelf = Documents::of([Document {
///     title: "Ferries".into(),
///     url: "https://example.com/ferries".into(),
///     text: "A ferry carries cars over a fjord.".into(),
/// }]);
/// assert_eq!(shelf.find("fjord", 5)[0].title, "Ferries");
/// assert!(shelf.find("desert", 5).is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Documents(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    documents: Vec<Document>,
    index: rank::Index,
}

/// What `read_article` takes.
#[derive(Deserialize, JsonSchema)]
struct ReadArticle {
    /// Address of the page, as a search gave it.
    url: String,
}

impl Documents {
    /// A shelf of these documents.
    pub fn of(documents: impl IntoIterator<Item = Document>) -> Self {
        let documents: Vec<Document> = documents.into_iter().collect();
        let whole: Vec<String> = documents
            .iter()
            .map(|document| format!("{}\n{}", document.title, document.text))
            .collect();
        let index = rank::Index::of(whole.iter().map(String::as_str));
        Self(Arc::new(Shelf { documents, index }))
    }

    /// A shelf of the texts in a folder and the folders in it: files whose names end in `.md`,
    /// `.markdown`, `.txt` or `.text`, of at most 4 MiB, at most 10 000. Their first line is their
    /// title, their addresses begin with `file://`. Links are not followed.
    ///
    /// Reads the files before it returns.
    ///
    /// # Errors
    ///
    /// [`SearchError::Read`].
    pub fn in_folder(folder: impl AsRef<Path>) -> Result<Self, SearchError> {
        let folder = folder.as_ref();
        let root = fs::canonicalize(folder).map_err(|error| read_error(folder, error))?;
        let mut folders = vec![root];
        let mut documents = Vec::new();
        while let Some(folder) = folders.pop() {
            for path in children(&folder).map_err(|error| read_error(&folder, error))? {
                let at_path = |error| read_error(&path, error);
                let kind = fs::symlink_metadata(&path).map_err(at_path)?;
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() && kind.len() <= LARGEST && is_text(&path) {
                    if documents.len() == MOST {
                        let problem = format!("more than {MOST} documents");
                        return Err(at_path(io::Error::other(problem)));
                    }
                    let text = fs::read_to_string(&path).map_err(at_path)?;
                    documents.push(document(&path, text));
                }
            }
        }
        Ok(Self::of(documents))
    }

    /// The documents that share words with the query, best first, at most `limit`.
    pub fn find(&self, query: &str, limit: usize) -> Vec<Hit> {
        let found = self.0.index.ranked(query).into_iter().take(limit);
        found
            .map(|at| {
                let document = &self.0.documents[at];
                Hit {
                    title: document.title.clone(),
                    url: document.url.clone(),
                    snippet: snippet(&document.text, query),
                }
            })
            .collect()
    }

    /// The document at an address.
    pub fn get(&self, url: &str) -> Option<&Document> {
        self.0.documents.iter().find(|document| document.url == url)
    }

    /// The tool `read_article(url)` over this shelf, in place of one that fetches.
    pub fn reader(&self) -> Tool {
        let shelf = self.clone();
        Tool::new(
            "read_article",
            "Reads the article at an address that a search gave.",
            move |arguments: ReadArticle, _: ToolContext| {
                let found = shelf.get(arguments.url.trim()).cloned();
                let problem = format!("there is no document at `{}`", line(&arguments.url));
                std::future::ready(found.ok_or_else(|| SearchError::Other {
                    service: shelf.name().to_owned(),
                    problem,
                }))
            },
        )
    }
}

impl WebSearch for Documents {
    fn name(&self) -> &str {
        "documents"
    }

    fn search<'a>(
        &'a self,
        query: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Hit>, SearchError>> {
        let found = asked(query).map(|query| self.find(&query, limit));
        std::future::ready(found).boxed()
    }
}

fn read_error(path: &Path, error: io::Error) -> SearchError {
    SearchError::Read {
        path: path.to_owned(),
        error,
    }
}

/// In the order of their names, so that equal documents are always found in the same order.
fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}

fn is_text(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| READ.iter().any(|read| ending.eq_ignore_ascii_case(read)))
}

fn document(path: &Path, text: String) -> Document {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = line(first.unwrap_or_default().trim_start_matches(['#', ' ']));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Document {
        title: if first.is_empty() {
            name.into_owned()
        } else {
            within(&first, 200).to_owned()
        },
        url: file_url(path),
        text,
    }
}

/// A path as RFC 8089 writes it: what is no letter, digit or one of `-._~/` in per cent.
fn file_url(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let mut url = String::from(if path.starts_with('/') {
        "file://"
    } else {
        "file:///"
    });
    for byte in path.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' | b'/' | b':' => url.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => url.push(char::from(byte)),
            byte => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

/// The part of a text that has the most words of the query, or its beginning.
fn snippet(text: &str, query: &str) -> String {
    let wanted: Vec<String> = rank::words(query).collect();
    // Headings are no sentences, and the first of them is the title.
    let prose: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let text = line(&prose.join("\n"));
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices(". ").map(|(at, _)| at + 2))
        .collect();
    let window = |start: usize| {
        let rest = &text[start..];
        let end = rest.char_indices().nth(SNIPPET);
        &rest[..end.map_or(rest.len(), |(at, _)| at)]
    };
    let fits = |start: &usize| {
        let words: Vec<String> = rank::words(window(*start)).collect();
        wanted.iter().filter(|word| words.contains(word)).count()
    };
    // Of equals the last: it begins with the first of the words.
    let best = starts.into_iter().max_by_key(fits);
    let best = best.filter(|start| fits(start) > 0);
    let start = best.unwrap_or_default();
    let window = window(start);
    if start + window.len() == text.len() || window.trim_end().ends_with(['.', '!', '?']) {
        return window.trim().to_owned();
    }
    let whole = window
        .rsplit_once(char::is_whitespace)
        .map_or(window, |(whole, _)| whole);
    format!("{} …", whole.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_becomes_a_shelf() {
        let folder = tempfile::tempdir().expect("folder");
        let inner = folder.path().join("a b");
        fs::create_dir(&inner).expect("folder");
        fs::write(inner.join("fährt.md"), "# Ferries\n\nThey cross the fjord.").expect("write");
        fs::write(folder.path().join("x.bin"), [0xff]).expect("write");
        let shelf = Documents::in_folder(folder.path()).expect("shelf");
        let hits = shelf.find("fjord ferries", 5);
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].title, "Ferries");
        assert!(hits[0].url.starts_with("file:///"), "{}", hits[0].url);
        assert!(
            hits[0].url.ends_with("/a%20b/f%C3%A4hrt.md"),
            "{}",
            hits[0].url
        );
        assert_eq!(
            shelf.get(&hits[0].url).map(|found| found.title.as_str()),
            Some("Ferries")
        );
        let missing = Documents::in_folder(folder.path().join("missing"));
        assert!(matches!(missing, Err(SearchError::Read { .. })));
    }

    #[test]
    fn a_snippet_shows_the_words() {
        let filler = "Nothing of interest is told here at all. ".repeat(20);
        let text = format!("{filler}The ferry crosses the fjord. {filler}");
        assert!(snippet(&text, "ferry fjord").starts_with("The ferry crosses the fjord."));
        assert!(snippet(&text, "zebra").starts_with("Nothing"));
        let text = format!(
            "# The ferry\n\nA ferry crosses {}",
            "the fjord, ".repeat(60)
        );
        let cut = snippet(&text, "ferry");
        assert!(cut.starts_with("A ferry crosses"), "no heading: {cut}");
        assert!(
            cut.ends_with("fjord, …") || cut.ends_with("the …"),
            "cut after a word: {cut}"
        );
    }
}
