//! Which documents a folder holds, and their text.
//!
//! A listing depends on the folder alone: names are sorted, links are not followed, and ignore files
//! outside the folder's own tree (a user's global one) have no say. What is left out is named with its reason.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

/// Larger files are seldom prose: generated references, logs, data.
pub const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// Folders of other people's or generated files that a `.gitignore` often, but not always, names.
const FOREIGN_FOLDERS: [&str; 2] = ["target", "node_modules"];

/// How a document is written.
#[agno::data]
#[derive(Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Markdown,
    Html,
    Text,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            "txt" | "rst" => Some(Self::Text),
            _ => None,
        }
    }
}

/// A document that can be read.
#[agno::data]
#[derive(PartialEq, Eq)]
pub struct Document {
    /// Below the folder, with `/` on every system.
    pub path: String,
    pub format: Format,
    pub bytes: u64,
    /// BLAKE3 of the content, in hex.
    pub hash: String,
}

/// A document that was left out.
#[agno::data]
#[derive(PartialEq, Eq)]
pub struct Skipped {
    pub path: String,
    pub reason: Reason,
}

/// Why a document was left out.
#[agno::data]
#[derive(PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    TooLarge { bytes: u64, limit: u64 },
    Binary,
    Link,
    NameNotUtf8,
    Vanished,
    Restless,
    Unreadable { problem: String },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, limit } => {
                write!(f, "{bytes} bytes, more than the limit of {limit}")
            }
            Self::Binary => f.write_str("not text: it holds NUL bytes"),
            Self::Link => f.write_str("a symbolic link, which is not followed"),
            Self::NameNotUtf8 => f.write_str("its name is not UTF-8"),
            Self::Vanished => f.write_str("it was gone when it was to be read"),
            Self::Restless => f.write_str(
                "it changed or could not be read when it was its turn; the next run tries again",
            ),
            Self::Unreadable { problem } => write!(f, "not readable: {problem}"),
        }
    }
}

/// What a folder holds, sorted by path.
#[agno::data]
#[derive(Default, PartialEq, Eq)]
pub struct Listing {
    /// The folder, absolute.
    pub folder: String,
    pub documents: Vec<Document>,
    pub skipped: Vec<Skipped>,
}

/// A document's text, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Text {
        text: String,
        /// Of the bytes that were read, which may be newer than the listing.
        hash: String,
        /// Bytes that are not UTF-8 were replaced by U+FFFD.
        lossy: bool,
    },
    Skipped(Reason),
}

/// The folder or a document in it could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("there is no folder `{}`; give the folder that holds the documents", path.display())]
    NotFound { path: PathBuf },
    #[error("`{}` is not a folder; give the folder that holds the documents", path.display())]
    NotAFolder { path: PathBuf },
    #[error("the name of `{}` is not UTF-8, so it cannot be recorded; rename it", path.display())]
    NameNotUtf8 { path: PathBuf },
    #[error("`{}` cannot be read; check its permissions and run again", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
}

/// Lists the documents under `folder` with the hash of their content.
pub fn list(folder: &Path, max_bytes: u64) -> Result<Listing, SourceError> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => {
            return Err(SourceError::NotAFolder {
                path: folder.into(),
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SourceError::NotFound {
                path: folder.into(),
            });
        }
        Err(source) => {
            return Err(SourceError::Unreadable {
                path: folder.into(),
                source,
            });
        }
    }
    let walk = WalkBuilder::new(folder)
        .follow_links(false)
        .require_git(false)
        .git_global(false)
        .git_exclude(false)
        .filter_entry(|entry| !is_foreign(entry))
        .build();

    let absolute = folder
        .canonicalize()
        .map_err(|source| SourceError::Unreadable {
            path: folder.into(),
            source,
        })?;
    let mut listing = Listing {
        folder: absolute
            .into_os_string()
            .into_string()
            .map_err(|path| SourceError::NameNotUtf8 { path: path.into() })?,
        ..Listing::default()
    };
    for entry in walk {
        match entry {
            Ok(entry) if entry.depth() > 0 => visit(folder, &entry, max_bytes, &mut listing),
            Ok(_) => {}
            Err(error) => listing.skipped.push(Skipped {
                path: failed_path(&error, folder),
                reason: Reason::Unreadable {
                    problem: error.to_string(),
                },
            }),
        }
    }
    listing.documents.sort_by(|a, b| a.path.cmp(&b.path));
    listing.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(listing)
}

/// Reads one document of a listing.
pub fn read(folder: &Path, document: &Document, max_bytes: u64) -> Result<Content, SourceError> {
    let path = folder.join(&document.path);
    match load(&path, max_bytes) {
        Ok(Ok(bytes)) => {
            let hash = blake3::hash(&bytes).to_hex().to_string();
            let decoded = String::from_utf8_lossy(&bytes);
            let lossy = matches!(decoded, std::borrow::Cow::Owned(_));
            let text = decoded.trim_start_matches('\u{feff}').to_owned();
            Ok(Content::Text { text, hash, lossy })
        }
        Ok(Err(reason)) => Ok(Content::Skipped(reason)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Content::Skipped(Reason::Vanished))
        }
        Err(source) => Err(SourceError::Unreadable { path, source }),
    }
}

fn is_foreign(entry: &DirEntry) -> bool {
    entry.depth() > 0
        && entry.file_type().is_some_and(|kind| kind.is_dir())
        && FOREIGN_FOLDERS
            .iter()
            .any(|name| entry.file_name() == *name)
}

fn visit(folder: &Path, entry: &DirEntry, max_bytes: u64, listing: &mut Listing) {
    let Some(kind) = entry.file_type() else {
        return;
    };
    let Some(format) = Format::of(entry.path()) else {
        return;
    };
    if kind.is_dir() {
        return;
    }
    let Some(path) = relative(folder, entry.path()) else {
        let path = entry
            .path()
            .strip_prefix(folder)
            .unwrap_or(entry.path())
            .to_string_lossy();
        listing.skipped.push(Skipped {
            path: path.into_owned(),
            reason: Reason::NameNotUtf8,
        });
        return;
    };
    let skipped = if kind.is_symlink() {
        Reason::Link
    } else {
        match load(entry.path(), max_bytes) {
            Ok(Ok(bytes)) => {
                let hash = blake3::hash(&bytes).to_hex().to_string();
                listing.documents.push(Document {
                    path,
                    format,
                    bytes: bytes.len() as u64,
                    hash,
                });
                return;
            }
            Ok(Err(reason)) => reason,
            Err(error) => Reason::Unreadable {
                problem: error.to_string(),
            },
        }
    };
    listing.skipped.push(Skipped {
        path,
        reason: skipped,
    });
}

/// The bytes of a text file, or the reason why it is left out.
fn load(path: &Path, max_bytes: u64) -> io::Result<Result<Vec<u8>, Reason>> {
    let file = fs::File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        let problem = "it is not a regular file".to_owned();
        return Ok(Err(Reason::Unreadable { problem }));
    }
    let mut bytes = Vec::new();
    // The file may grow between the look at its size and the read.
    file.take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        let size = found.len().max(bytes.len() as u64);
        return Ok(Err(Reason::TooLarge {
            bytes: size,
            limit: max_bytes,
        }));
    }
    if bytes.contains(&0) {
        return Ok(Err(Reason::Binary));
    }
    Ok(Ok(bytes))
}

fn relative(folder: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(folder).ok()?;
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

fn failed_path(error: &ignore::Error, folder: &Path) -> String {
    match error {
        ignore::Error::WithPath { path, .. } => {
            relative(folder, path).unwrap_or_else(|| path.to_string_lossy().into_owned())
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            failed_path(err, folder)
        }
        _ => ".".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        folder
    }

    fn paths(listing: &Listing) -> Vec<&str> {
        listing
            .documents
            .iter()
            .map(|document| document.path.as_str())
            .collect()
    }

    #[test]
    fn lists_documents_sorted_and_leaves_out_what_is_ignored() {
        let folder = folder(&[
            ("b/second.HTML", b"<p>x"),
            ("a.md", b"# a"),
            ("b.txt", b"b"),
            ("b-c.rst", b"c"),
            ("main.rs", b"fn main() {}"),
            (".hidden/x.md", b"x"),
            ("target/doc.md", b"x"),
            ("web/node_modules/y.md", b"x"),
            (".gitignore", b"drafts/\n"),
            ("drafts/z.md", b"x"),
        ]);
        let listing = list(folder.path(), MAX_BYTES).unwrap();
        assert_eq!(
            paths(&listing),
            ["a.md", "b-c.rst", "b.txt", "b/second.HTML"]
        );
        assert!(listing.skipped.is_empty());
        assert_eq!(
            listing.documents[0].hash,
            blake3::hash(b"# a").to_hex().to_string()
        );
    }

    #[test]
    fn large_and_binary_files_are_named_with_a_reason() {
        let folder = folder(&[
            ("big.md", &[b'x'; 11]),
            ("bin.txt", b"a\0b"),
            ("fit.md", &[b'x'; 10]),
        ]);
        let listing = list(folder.path(), 10).unwrap();
        assert_eq!(paths(&listing), ["fit.md"]);
        let reasons: Vec<_> = listing
            .skipped
            .iter()
            .map(|skip| (skip.path.as_str(), &skip.reason))
            .collect();
        assert_eq!(
            reasons,
            [
                (
                    "big.md",
                    &Reason::TooLarge {
                        bytes: 11,
                        limit: 10
                    }
                ),
                ("bin.txt", &Reason::Binary)
            ]
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_are_read_with_a_note() {
        let folder = folder(&[
            ("latin.txt", b"caf\xe9 au lait"),
            ("bom.md", "\u{feff}# T".as_bytes()),
        ]);
        let listing = list(folder.path(), MAX_BYTES).unwrap();
        let Content::Text { text, lossy, .. } =
            read(folder.path(), &listing.documents[1], MAX_BYTES).unwrap()
        else {
            panic!("expected text");
        };
        assert_eq!((text.as_str(), lossy), ("caf\u{fffd} au lait", true));
        let Content::Text { text, lossy, .. } =
            read(folder.path(), &listing.documents[0], MAX_BYTES).unwrap()
        else {
            panic!("expected text");
        };
        assert_eq!((text.as_str(), lossy), ("# T", false));
    }

    #[test]
    fn a_document_that_vanished_or_changed_is_told() {
        let folder = folder(&[("a.md", b"old"), ("b.md", b"b")]);
        let listing = list(folder.path(), MAX_BYTES).unwrap();
        fs::write(folder.path().join("a.md"), b"new").unwrap();
        fs::remove_file(folder.path().join("b.md")).unwrap();
        let Content::Text { hash, .. } =
            read(folder.path(), &listing.documents[0], MAX_BYTES).unwrap()
        else {
            panic!("expected text");
        };
        assert_ne!(hash, listing.documents[0].hash);
        let gone = read(folder.path(), &listing.documents[1], MAX_BYTES).unwrap();
        assert_eq!(gone, Content::Skipped(Reason::Vanished));
    }

    #[test]
    fn a_wrong_folder_is_an_error_that_names_it() {
        let folder = folder(&[("a.md", b"a")]);
        let missing = list(&folder.path().join("nothing"), MAX_BYTES).unwrap_err();
        assert!(missing.to_string().contains("nothing"), "{missing}");
        let file = list(&folder.path().join("a.md"), MAX_BYTES).unwrap_err();
        assert!(matches!(file, SourceError::NotAFolder { .. }), "{file}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        use std::os::unix::fs::symlink;
        let folder = folder(&[("a.md", b"a"), ("sub/b.md", b"b")]);
        symlink(folder.path(), folder.path().join("sub/loop")).unwrap();
        symlink(folder.path().join("a.md"), folder.path().join("link.md")).unwrap();
        let listing = list(folder.path(), MAX_BYTES).unwrap();
        assert_eq!(paths(&listing), ["a.md", "sub/b.md"]);
        assert_eq!(
            listing.skipped,
            [Skipped {
                path: "link.md".into(),
                reason: Reason::Link
            }]
        );
    }
}
