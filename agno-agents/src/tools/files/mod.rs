//! Files under one folder.

mod root;
mod search;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::root::Root;
pub use self::search::Found;
use crate::{Tool, ToolContext};

/// Most entries of a folder that are listed.
const MOST_ENTRIES: usize = 1_000;

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The path is absolute, goes up by `..`, or cannot be a path.
    #[error("`{path}`: {problem}; give a path below the folder, such as `notes/today.md`")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A link on the way leads out of the folder.
    #[error("`{path}` leads out of the folder")]
    Outside {
        /// The path.
        path: String,
    },
    /// There is nothing.
    #[error("`{path}` does not exist")]
    NotFound {
        /// The path.
        path: String,
    },
    /// It is a folder, a device, a pipe.
    #[error("`{path}` is {found}, not {wanted}")]
    Kind {
        /// The path.
        path: String,
        /// What it is.
        found: &'static str,
        /// What it would have to be.
        wanted: &'static str,
    },
    /// It is too large.
    #[error("`{path}` is larger than {limit} bytes")]
    TooLarge {
        /// The path.
        path: String,
        /// Largest file, in bytes.
        limit: usize,
    },
    /// It holds no text.
    #[error("`{path}` is no UTF-8 text: its byte {at} cannot be read")]
    NotText {
        /// The path.
        path: String,
        /// The first byte that cannot be read.
        at: usize,
    },
    /// Writing was not allowed by the program.
    #[error("the files can be read only")]
    ReadOnly,
    /// The operating system said no.
    #[error("`{path}`: {error}")]
    System {
        /// The path.
        path: String,
        /// What it said.
        error: io::Error,
    },
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Size of a file, in bytes.
    pub size: Option<u64>,
}

/// What an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link.
    Link,
    /// A device, a pipe, a socket.
    Other,
}

/// The content of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listing {
    /// What is in it, by name; at most 1000 entries.
    pub entries: Vec<Entry>,
    /// Whether there are more.
    pub shortened: bool,
}

/// Files under one folder: nothing outside it is read or written, whatever paths and links say.
/// Read-only unless [`writable`](Self::writable). Cheap to clone.
///
/// Default limits: files of 1 MiB.
///
/// ```
/// use agno_agents::tools::files::Files;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let folder = tempfile::tempdir().unwrap();
/// let files = Files::under(folder.path())?.writable();
/// files.write("notes/today.md", "Buy milk.").await?;
/// assert_eq!(files.read("notes/today.md").await?, "Buy milk.");
/// assert!(files.read("../secret").await.is_err());
/// # Ok::<(), agno_agents::tools::files::FileError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Files {
    root: Arc<Root>,
    writable: bool,
    largest: usize,
}

/// What `list_files` takes.
#[derive(Deserialize, JsonSchema)]
struct ListFiles {
    /// Path of a folder; empty for the topmost.
    #[serde(default)]
    folder: String,
}

/// What `read_file` takes.
#[derive(Deserialize, JsonSchema)]
struct ReadFile {
    /// Path of the file.
    path: String,
}

/// What `search_files` takes.
#[derive(Deserialize, JsonSchema)]
struct SearchFiles {
    /// The text to look for, in any case. One line.
    text: String,
    /// Path of the folder to look in; empty for all.
    #[serde(default)]
    folder: String,
}

/// What `write_file` takes.
#[derive(Deserialize, JsonSchema)]
struct WriteFile {
    /// Path of the file. Folders on the way are made.
    path: String,
    /// Its whole new content.
    content: String,
}

impl Files {
    /// Files under a folder, which has to exist.
    ///
    /// # Errors
    ///
    /// [`FileError::NotFound`], [`FileError::Kind`], [`FileError::System`].
    pub fn under(folder: impl AsRef<Path>) -> Result<Self, FileError> {
        Ok(Self {
            root: Arc::new(Root::at(folder.as_ref())?),
            writable: false,
            largest: 1024 * 1024,
        })
    }

    /// Lets files be written.
    #[must_use]
    pub fn writable(mut self) -> Self {
        self.writable = true;
        self
    }

    /// Largest file that is read, searched or written, in bytes. Default: 1 MiB.
    #[must_use]
    pub fn largest(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// What is in a folder; `""` is the topmost.
    ///
    /// # Errors
    ///
    /// [`FileError`], but what is about contents and writing.
    pub async fn list(&self, folder: &str) -> Result<Listing, FileError> {
        let (root, folder) = (self.root.clone(), folder.to_owned());
        blocking(move || {
            let mut entries = root.entries(&folder, MOST_ENTRIES + 1)?;
            let shortened = entries.len() > MOST_ENTRIES;
            entries.truncate(MOST_ENTRIES);
            Ok(Listing { entries, shortened })
        })
        .await
    }

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// [`FileError`], but [`ReadOnly`](FileError::ReadOnly).
    pub async fn read(&self, path: &str) -> Result<String, FileError> {
        let (root, path, largest) = (self.root.clone(), path.to_owned(), self.largest);
        blocking(move || root.read(&path, largest)).await
    }

    /// Lines of files in a folder and below that have a text in them, in any case: at most 100, from
    /// at most 10 000 files and folders. Files too large or without text are passed by, links not
    /// followed. Dropped, it reads no further.
    ///
    /// # Errors
    ///
    /// [`FileError`], but what is about contents and writing.
    pub async fn search(&self, text: &str, folder: &str) -> Result<Vec<Found>, FileError> {
        let (root, largest) = (self.root.clone(), self.largest);
        let (text, folder) = (text.to_owned(), folder.to_owned());
        let stop = Arc::new(AtomicBool::new(false));
        let _stopped_when_dropped = Stop(stop.clone());
        blocking(move || search::search(&root, &text, &folder, largest, &stop)).await
    }

    /// Puts a text in the place of a file, or makes one, readable by this user only (mode 0600). A
    /// reader sees the old file or the new one, never half of one.
    ///
    /// # Errors
    ///
    /// [`FileError`], but [`NotText`](FileError::NotText).
    pub async fn write(&self, path: &str, content: &str) -> Result<(), FileError> {
        if !self.writable {
            return Err(FileError::ReadOnly);
        }
        if content.len() > self.largest {
            return Err(FileError::TooLarge {
                path: path.to_owned(),
                limit: self.largest,
            });
        }
        let (root, path) = (self.root.clone(), path.to_owned());
        let content = content.to_owned();
        blocking(move || root.write(&path, content.as_bytes())).await
    }

    /// The tools `list_files`, `read_file` and `search_files`, and `write_file` if
    /// [`writable`](Self::writable). Writing replaces the whole file, so doing it twice does no
    /// harm.
    pub fn tools(&self) -> Vec<Tool> {
        let files = self.clone();
        let list = Tool::new(
            "list_files",
            "Lists a folder: names, kinds and sizes.",
            move |arguments: ListFiles, _: ToolContext| {
                let files = files.clone();
                async move { files.list(&arguments.folder).await }
            },
        );
        let files = self.clone();
        let read = Tool::new(
            "read_file",
            "Reads a text file.",
            move |arguments: ReadFile, _: ToolContext| {
                let files = files.clone();
                async move { files.read(&arguments.path).await }
            },
        );
        let files = self.clone();
        let search = Tool::new(
            "search_files",
            "Finds lines with a text in files. Gives path, number and text of each line.",
            move |arguments: SearchFiles, _: ToolContext| {
                let files = files.clone();
                async move { files.search(&arguments.text, &arguments.folder).await }
            },
        );
        let mut tools = vec![list, read, search];
        if self.writable {
            let files = self.clone();
            tools.push(Tool::new(
                "write_file",
                "Writes a text file, in place of the one that was there.",
                move |arguments: WriteFile, _: ToolContext| {
                    let files = files.clone();
                    async move {
                        let written = files.write(&arguments.path, &arguments.content).await;
                        written.map(|()| "written")
                    }
                },
            ));
        }
        tools
    }
}

/// Tells work on another thread that nobody waits for it.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs what waits for the disk where waiting does no harm.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, FileError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(FileError::System {
            path: String::new(),
            error: io::Error::other(error),
        })
    })
}
