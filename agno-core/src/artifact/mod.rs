//! Images, sounds, films and files that pass between steps.
//!
//! Their bytes are kept in the store once, under a hash of them. What passes, and what the journal
//! holds, is an [`Artifact`]: a reference of a few words.

mod content;
mod context;
mod media;
mod reference;
mod stored;

pub use content::Content;
pub use media::{Audio, File, Image, Video};
pub use reference::Artifact;
pub(crate) use reference::KEY;
pub(crate) use stored::{missing, put_file, read, refuse_missing};
