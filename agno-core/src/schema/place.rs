//! Places in a value, and where they are in its text.

use std::fmt;
use std::ops::Range;

use super::printable::printable;

/// One step down into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Key(String),
    Index(usize),
}

/// A place in a value; the whole when empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(pub(super) Vec<Segment>);

impl Path {
    pub(super) fn key(&self, key: &str) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Key(key.to_owned()));
        path
    }

    pub(super) fn parent(&self) -> Self {
        let end = self.0.len().saturating_sub(1);
        Self(self.0[..end].to_vec())
    }

    pub(super) fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if is_name(key) => write!(f, ".{}", printable(key, 60))?,
                Segment::Key(key) => {
                    let key = key.replace('\\', "\\\\").replace('"', "\\\"");
                    write!(f, "[\"{}\"]", printable(&key, 60))?;
                }
            }
        }
        Ok(())
    }
}

fn is_name(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Where a value stands in the text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its key with the quotes, if it is in an object.
    pub(super) key: Option<Range<usize>>,
    pub(super) value: Range<usize>,
}
