//! Which media go into a request.

use super::Target;
use crate::{
    media::{Media, MediaKind, MediaSource},
    model::ModelError,
};

/// A medium that a request can hold.
pub(super) enum Part<'a> {
    /// An address, or a `data:` URL.
    Image(String),
    /// Base64, and its format.
    Audio(&'a str, &'static str),
    /// A name, and a `data:` URL.
    File(String, String),
    /// An address that the provider fetches.
    FileAt(&'a str),
}

pub(super) fn part<'a>(target: &Target<'_>, media: &'a Media) -> Result<Part<'a>, ModelError> {
    let can = target.server.capabilities;
    let takes = match media.kind {
        MediaKind::Image => can.images,
        MediaKind::Audio => can.audio,
        MediaKind::File => can.files,
        // The interface has no place for it.
        MediaKind::Video => false,
    };
    if !takes {
        return Err(target.takes_no(format!("media of the kind {}", media.kind)));
    }
    match (media.kind, &media.source) {
        (MediaKind::Image, _) => Ok(Part::Image(media.to_url())),
        (MediaKind::Audio, MediaSource::Base64(data)) => Ok(Part::Audio(
            data,
            match media.mime.as_str() {
                "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "wav",
                "audio/mpeg" | "audio/mp3" => "mp3",
                other => {
                    return Err(
                        target.takes_no(format!("audio of the type {other}: only wav and mp3"))
                    );
                }
            },
        )),
        (MediaKind::Audio, MediaSource::Url(_)) => {
            Err(target.takes_no("audio by its address: give its bytes"))
        }
        (_, MediaSource::Base64(_)) => Ok(Part::File(
            media.name.clone().unwrap_or_else(|| name_of(&media.mime)),
            media.to_url(),
        )),
        (_, MediaSource::Url(url)) => Ok(Part::FileAt(url)),
    }
}

/// Servers know a file by its ending.
fn name_of(mime: &str) -> String {
    let ending = match mime {
        "text/plain" => "txt",
        "text/markdown" => "md",
        other => other
            .rsplit(['/', '+'])
            .next()
            .filter(|ending| ending.chars().all(char::is_alphanumeric))
            .unwrap_or("bin"),
    };
    format!("file.{ending}")
}
