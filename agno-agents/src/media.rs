//! Pictures, sounds, films and files of a conversation.

use std::fmt;

use agno_core::{Artifact, Result, StepContext};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

/// Something that is not text. Which kinds a model takes is in its
/// [`Capabilities`](crate::model::Capabilities); another kind is an error, never left out.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Its type: `image/png`, `audio/wav`.
    pub mime: String,
    /// A name for people and models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    pub source: MediaSource,
}

/// Kinds of [`Media`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A sound.
    Audio,
    /// A film.
    Video,
    /// Any other file, such as a PDF.
    File,
}

impl fmt::Display for MediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::File => "file",
        })
    }
}

/// Where a [`Media`] is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// The provider fetches it from there.
    Url(String),
    /// Its bytes, in base64.
    Base64(String),
}

impl Media {
    /// From bytes.
    pub fn from_bytes(kind: MediaKind, mime: impl Into<String>, bytes: &[u8]) -> Self {
        Self {
            kind,
            mime: mime.into(),
            name: None,
            source: MediaSource::Base64(BASE64_STANDARD.encode(bytes)),
        }
    }

    /// From an address, which the provider fetches.
    pub fn from_url(kind: MediaKind, mime: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            kind,
            mime: mime.into(),
            name: None,
            source: MediaSource::Url(url.into()),
        }
    }

    /// What a run has stored, read from the store of the step's run. What the journal holds stays
    /// the reference.
    ///
    /// # Errors
    ///
    /// Those of [`Artifact::read`].
    pub async fn from_artifact(artifact: &Artifact, context: &StepContext) -> Result<Self> {
        let bytes = artifact.read(context).await?;
        let media_type = artifact.media_type();
        let kind = match media_type.split('/').next() {
            Some("image") => MediaKind::Image,
            Some("audio") => MediaKind::Audio,
            Some("video") => MediaKind::Video,
            _ => MediaKind::File,
        };
        let media = Self::from_bytes(kind, media_type, &bytes);
        Ok(match artifact.name() {
            Some(name) => media.named(name),
            None => media,
        })
    }

    /// Gives it a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// As a `data:` URL, or the address it is at.
    pub fn to_url(&self) -> String {
        match &self.source {
            MediaSource::Url(url) => url.clone(),
            MediaSource::Base64(data) => format!("data:{};base64,{data}", self.mime),
        }
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Media({}, {}, {:?})", self.kind, self.mime, self.source)
    }
}

impl fmt::Debug for MediaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => write!(f, "{url}"),
            Self::Base64(data) => write!(f, "{} bytes", data.len() / 4 * 3),
        }
    }
}
