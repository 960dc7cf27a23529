//! Artifacts of one kind of media.

use std::{borrow::Cow, fmt, ops::Deref, path::Path};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::{Artifact, Content, put_file, reference::schema};
use crate::{
    context::StepContext,
    error::{Error, code},
};

const MEDIA: [&str; 3] = ["image/", "audio/", "video/"];

macro_rules! media {
    ($($(#[$doc:meta])* $Media:ident: $what:literal, $pattern:literal, $example:literal, $accepts:expr;)+) => {$(
        $(#[$doc])*
        ///
        /// It has all that an [`Artifact`] has. One of another media type is refused, wherever it
        /// comes from.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Artifact", into = "Artifact")]
        pub struct $Media(Artifact);

        impl $Media {
            fn accept(media_type: &str) -> Result<(), String> {
                let accepts: fn(&str) -> bool = $accepts;
                match accepts(media_type) {
                    true => Ok(()),
                    false => Err(format!("expected {}, found `{media_type}`", $what)),
                }
            }

            /// Keeps bytes in the store of the step's run. They are on disk when this resolves.
            ///
            /// # Errors
            ///
            /// `invalid_artifact` when they are of another media type, or their name is none;
            /// then nothing is written. Else those of [`StepContext::store`].
            pub async fn store(
                context: &StepContext,
                content: impl Into<Content>,
            ) -> Result<Self, Error> {
                let content = content.into();
                content.put(context.artifacts(), Self::accept).await.map(Self)
            }

            /// Keeps a file in the store of the step's run. It is on disk there when this resolves.
            ///
            /// # Errors
            ///
            /// `invalid_artifact` when it is of another media type; then nothing is written. Else
            /// those of [`StepContext::store_file`].
            pub async fn store_file(
                context: &StepContext,
                path: impl AsRef<Path>,
            ) -> Result<Self, Error> {
                let path = path.as_ref().to_owned();
                put_file(context.artifacts(), path, Self::accept).await.map(Self)
            }
        }

        impl TryFrom<Artifact> for $Media {
            type Error = Error;

            fn try_from(artifact: Artifact) -> Result<Self, Error> {
                match Self::accept(artifact.media_type()) {
                    Ok(()) => Ok(Self(artifact)),
                    Err(problem) => Err(Error::new(code::INVALID_ARTIFACT, problem).permanent()),
                }
            }
        }

        impl From<$Media> for Artifact {
            fn from(media: $Media) -> Self {
                media.0
            }
        }

        impl Deref for $Media {
            type Target = Artifact;

            fn deref(&self) -> &Artifact {
                &self.0
            }
        }

        impl fmt::Display for $Media {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl JsonSchema for $Media {
            fn schema_name() -> Cow<'static, str> {
                stringify!($Media).into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!("agno::", stringify!($Media)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schema(stringify!($Media), concat!("In the store: ", $what), $pattern, $example)
            }
        }
    )+};
}

media! {
    /// An [`Artifact`] that is a picture: its media type begins with `image/`.
    Image: "an image", "^image/", "image/png", |media_type| media_type.starts_with(MEDIA[0]);
    /// An [`Artifact`] that is a sound: its media type begins with `audio/`.
    Audio: "a sound (`audio/..`)", "^audio/", "audio/mpeg", |media_type| media_type.starts_with(MEDIA[1]);
    /// An [`Artifact`] that is a film: its media type begins with `video/`.
    Video: "a video", "^video/", "video/mp4", |media_type| media_type.starts_with(MEDIA[2]);
    /// An [`Artifact`] that is a document, an archive or whatever else is no picture, no sound and
    /// no film.
    File: "a file that is no image, sound or video", "^(?!(image|audio|video)/)", "application/pdf",
        |media_type| !MEDIA.iter().any(|media| media_type.starts_with(media));
}
