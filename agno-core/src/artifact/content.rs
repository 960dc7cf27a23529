//! Bytes on their way into the store, and what they are.

use std::{fmt, sync::Arc};

use agno_storage::Storage;

use super::{Artifact, reference::check_name};
use crate::error::{Error, code};

/// What bytes are that nothing tells more of.
const UNKNOWN: &str = "application/octet-stream";

/// Media types of texts, by the extension of a name: nothing in the bytes tells them.
const TEXTS: [(&str, &str); 16] = [
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("jsonl", "application/jsonl"),
    ("log", "text/plain"),
    ("md", "text/markdown"),
    ("svg", "image/svg+xml"),
    ("toml", "application/toml"),
    ("tsv", "text/tab-separated-values"),
    ("txt", "text/plain"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
];

/// Bytes to keep as an [`Artifact`], with what is known of them. Bytes alone will do.
///
/// ```
/// use agno_core::Content;
///
/// let page = Content::new("<!DOCTYPE html>").named("page.html");
/// assert_eq!(page.media_type(), "text/html");
/// ```
#[derive(Clone)]
pub struct Content {
    bytes: Vec<u8>,
    name: Option<Arc<str>>,
    media_type: Option<Arc<str>>,
}

impl Content {
    /// These bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            name: None,
            media_type: None,
        }
    }

    /// What it is called, for people: 1 to 255 bytes without path separators and control
    /// characters. Default: it has no name.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What the bytes are: `image/png`. Default: what they begin with tells it, or, of a text, the
    /// extension of its name; `application/octet-stream` if nothing does.
    #[must_use]
    pub fn of_type(mut self, media_type: impl Into<Arc<str>>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// What the bytes are, as far as it is known.
    pub fn media_type(&self) -> &str {
        match &self.media_type {
            Some(media_type) => media_type,
            None => told(&self.bytes, self.name.as_deref()),
        }
    }

    pub(super) fn with_name(mut self, name: Option<Arc<str>>) -> Self {
        self.name = name;
        self
    }

    /// Keeps it: on disk when this resolves. `accept` has the last word before anything is written.
    pub(crate) async fn put(
        self,
        storage: &dyn Storage,
        accept: impl FnOnce(&str) -> Result<(), String>,
    ) -> Result<Artifact, Error> {
        let refuse = |problem| Error::new(code::INVALID_ARTIFACT, problem).permanent();
        if let Some(name) = &self.name {
            check_name(name).map_err(refuse)?;
        }
        let media_type: Arc<str> = Arc::from(self.media_type());
        accept(&media_type).map_err(refuse)?;
        let size = self.bytes.len() as u64;
        // With a hash that is none yet: whatever is wrong is found before anything is written.
        Artifact::checked(Arc::from("0".repeat(64)), media_type.clone(), None, size)?;
        let hash = storage.put_artifact(self.bytes).await?;
        Artifact::checked(hash, media_type, self.name, size)
    }

    /// The reference that it would have in a store.
    ///
    /// # Errors
    ///
    /// `invalid_artifact`: its name or media type is none.
    pub fn reference(&self) -> Result<Artifact, Error> {
        let hash = blake3::hash(&self.bytes).to_hex();
        let (media_type, name) = (Arc::from(self.media_type()), self.name.clone());
        Artifact::checked(
            Arc::from(hash.as_str()),
            media_type,
            name,
            self.bytes.len() as u64,
        )
    }
}

impl<T: Into<Vec<u8>>> From<T> for Content {
    fn from(bytes: T) -> Self {
        Self::new(bytes)
    }
}

/// Without the bytes.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("name", &self.name)
            .field("media_type", &self.media_type())
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// What bytes are. A name says nothing of those that would tell it themselves: `cat.png` that does
/// not begin like a PNG is none.
fn told(bytes: &[u8], name: Option<&str>) -> &'static str {
    let found = infer::get(bytes).map(|found| found.mime_type());
    match found {
        // Many texts begin like XML or HTML; the name knows better which.
        Some(media_type) if !media_type.starts_with("text/") => media_type,
        text => by_name(name).or(text).unwrap_or(UNKNOWN),
    }
}

fn by_name(name: Option<&str>) -> Option<&'static str> {
    let (_, extension) = name?.rsplit_once('.')?;
    let known = TEXTS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension));
    known.map(|(_, media_type)| *media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell_what_they_are_and_names_only_of_texts() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        let cases: [(&[u8], Option<&str>, &str); 10] = [
            (png, None, "image/png"),
            (png, Some("cat.txt"), "image/png"),
            (b"GIF89a", Some("x"), "image/gif"),
            (b"RIFF\x24\0\0\0WAVEfmt ", None, "audio/x-wav"),
            (b"%PDF-1.7", None, "application/pdf"),
            (b"hello", Some("notes.MD"), "text/markdown"),
            (b"hello", Some("cat.png"), UNKNOWN),
            (b"hello", None, UNKNOWN),
            (
                b"<?xml version=\"1.0\"?><svg/>",
                Some("a.svg"),
                "image/svg+xml",
            ),
            (b"", Some("empty.csv"), "text/csv"),
        ];
        for (bytes, name, wanted) in cases {
            assert_eq!(told(bytes, name), wanted, "{name:?}");
        }
    }
}
