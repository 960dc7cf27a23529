//! A reference to bytes in the store.

use std::{borrow::Cow, fmt, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    artifact::stored,
    context::StepContext,
    error::{Error, code},
    schema::{is_hidden, printable},
};

/// The field that tells a reference from any other JSON.
pub(crate) const KEY: &str = "$artifact";

/// The longest name of an artifact, in bytes.
const LONGEST_NAME: usize = 255;

/// The longest media type, in bytes.
const LONGEST_TYPE: usize = 127;

/// A reference to bytes in the store: an image, a sound, a film or any other file. A step takes and
/// returns it like any other value, and the journal holds no more than that.
///
/// As JSON it is `{"$artifact": HASH, "media_type": "image/png", "name": "cat.png", "bytes": 123}`.
/// Read back, each part is checked. A run is not started with a reference to what its store does
/// not hold, and a step that returns one fails.
///
/// Made with [`StepContext::store`] or [`Runtime::put_artifact`](crate::Runtime::put_artifact).
/// Where only some media will do, take an [`Image`](crate::Image), [`Audio`](crate::Audio),
/// [`Video`](crate::Video) or [`File`](crate::File).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Artifact {
    hash: Arc<str>,
    media_type: Arc<str>,
    name: Option<Arc<str>>,
    bytes: u64,
}

/// A reference as it is written, unchecked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "$artifact")]
    hash: Arc<str>,
    media_type: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Arc<str>>,
    bytes: u64,
}

impl TryFrom<Raw> for Artifact {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let is_digit = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        if raw.hash.len() != 64 || !raw.hash.bytes().all(is_digit) {
            let hash = printable(&raw.hash, 80);
            return Err(format!(
                "`{hash}` is no hash of an artifact: expected 64 lower-case hexadecimal digits"
            ));
        }
        check_media_type(&raw.media_type)?;
        if let Some(name) = &raw.name {
            check_name(name)?;
        }
        Ok(Self {
            hash: raw.hash,
            media_type: raw.media_type,
            name: raw.name,
            bytes: raw.bytes,
        })
    }
}

impl From<Artifact> for Raw {
    fn from(artifact: Artifact) -> Self {
        Self {
            hash: artifact.hash,
            media_type: artifact.media_type,
            name: artifact.name,
            bytes: artifact.bytes,
        }
    }
}

impl Artifact {
    /// A reference whose parts are known to be in order.
    pub(super) fn checked(
        hash: Arc<str>,
        media_type: Arc<str>,
        name: Option<Arc<str>>,
        bytes: u64,
    ) -> Result<Self, Error> {
        let raw = Raw {
            hash,
            media_type,
            name,
            bytes,
        };
        Self::try_from(raw)
            .map_err(|problem| Error::new(code::INVALID_ARTIFACT, problem).permanent())
    }

    /// The hash of its bytes (BLAKE3): 64 hexadecimal digits. Equal bytes have equal hashes.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What its bytes are: `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// What it is called, for people: the name of a file, without its folders. Untrusted text.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.bytes
    }

    /// Its bytes, from the store of the step's run. They are those that were stored: anything else
    /// is an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the store does not hold it,
    /// `invalid_artifact` when it holds another number of bytes than the reference says, or the
    /// store's own error: `Corrupt`, when the bytes are not what they were.
    pub async fn read(&self, context: &StepContext) -> Result<Vec<u8>, Error> {
        stored::read(context.artifacts(), self).await
    }
}

/// `image/png cat.png 12.3 KB (1a2b3c4d)`, without anything that a terminal would obey.
impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.media_type)?;
        if let Some(name) = &self.name {
            write!(f, "{} ", printable(name, 80))?;
        }
        write!(f, "{} ({})", Size(self.bytes), &self.hash[..8])
    }
}

/// A number of bytes, for people.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = |unit: u64| {
            let tenths = u128::from(self.0) * 10 / u128::from(unit);
            (tenths / 10, tenths % 10)
        };
        let (unit, name) = match self.0 {
            0..1_000 => return write!(f, "{} B", self.0),
            1_000..1_000_000 => (1_000, "KB"),
            1_000_000..1_000_000_000 => (1_000_000, "MB"),
            _ => (1_000_000_000, "GB"),
        };
        let (whole, rest) = tenths(unit);
        write!(f, "{whole}.{rest} {name}")
    }
}

fn check_media_type(media_type: &str) -> Result<(), String> {
    let is_token = |part: &str| {
        let is_in_it =
            |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"!#$&-^_.+".contains(&c);
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.bytes().all(is_in_it)
    };
    let parts = media_type.split_once('/');
    if media_type.len() <= LONGEST_TYPE && parts.is_some_and(|(a, b)| is_token(a) && is_token(b)) {
        return Ok(());
    }
    Err(format!(
        "`{}` is no media type: expected one like `image/png`, in lower case and without parameters",
        printable(media_type, 80)
    ))
}

pub(super) fn check_name(name: &str) -> Result<(), String> {
    let is_bad = |c: char| matches!(c, '/' | '\\') || is_hidden(c);
    if !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !matches!(name, "." | "..")
        && !name.contains(is_bad)
    {
        return Ok(());
    }
    Err(format!(
        "`{}` is no name for an artifact: expected 1 to {LONGEST_NAME} bytes without path \
         separators and control characters",
        printable(name, 80)
    ))
}

/// The name of a file as one for an artifact: shown to people, so that little is lost with what it
/// cannot have.
pub(super) fn tamed_name(name: &str) -> Option<Arc<str>> {
    let mut tamed = String::new();
    for c in name.chars() {
        let c = match c {
            '/' | '\\' => '_',
            c if is_hidden(c) => '_',
            c => c,
        };
        if tamed.len() + c.len_utf8() > LONGEST_NAME {
            break;
        }
        tamed.push(c);
    }
    check_name(&tamed).ok()?;
    Some(Arc::from(tamed))
}

impl JsonSchema for Artifact {
    fn schema_name() -> Cow<'static, str> {
        "Artifact".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "agno::Artifact".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema(
            "Artifact",
            "A file in the store",
            "^[a-z0-9][^/]*/[a-z0-9][^/]*$",
            "application/octet-stream",
        )
    }
}

/// The schema of a reference whose media type matches a pattern.
pub(super) fn schema(title: &str, description: &str, media_type: &str, example: &str) -> Schema {
    json_schema!({
        "title": title,
        "description": description,
        "type": "object",
        "format": "artifact",
        "properties": {
            KEY: {
                "description": "The hash of its bytes",
                "type": "string",
                "pattern": "^[0-9a-f]{64}$",
            },
            "media_type": {
                "description": "What its bytes are",
                "type": "string",
                "pattern": media_type,
                "maxLength": LONGEST_TYPE,
            },
            "name": {
                "description": "What it is called",
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": LONGEST_NAME,
            },
            "bytes": {
                "description": "How many bytes it has",
                "type": "integer",
                "format": "uint64",
                "minimum": 0,
            },
        },
        "required": [KEY, "media_type", "bytes"],
        "additionalProperties": false,
        "examples": [{ KEY: "0".repeat(64), "media_type": example, "bytes": 0 }],
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn reference() -> Value {
        json!({"$artifact": "ab".repeat(32), "media_type": "image/png", "name": "cat.png", "bytes": 12345})
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<Artifact, String> {
        let mut value = reference();
        change(&mut value);
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_reference_reads_back_as_it_was_written() {
        let artifact = read(|_| {}).expect("it is in order");
        assert_eq!(serde_json::to_value(&artifact).expect("json"), reference());
        assert_eq!(artifact.to_string(), "image/png cat.png 12.3 KB (abababab)");
        let nameless = read(|value| {
            value.as_object_mut().expect("object").remove("name");
        });
        let nameless = nameless.expect("a name is not needed");
        assert_eq!(nameless.to_string(), "image/png 12.3 KB (abababab)");
        let json = serde_json::to_string(&nameless).expect("json");
        assert!(!json.contains("name"), "{json}");
    }

    #[test]
    fn whatever_is_wrong_with_a_reference_is_refused() {
        for hash in [
            "",
            "ab",
            "../../etc/passwd",
            &"AB".repeat(32),
            &"é".repeat(32),
        ] {
            let refused = read(|value| value[KEY] = json!(hash));
            assert!(
                refused.is_err_and(|error| error.contains("64 lower-case")),
                "{hash}"
            );
        }
        for kind in [
            "",
            "image",
            "image/",
            "/png",
            "image/png; q=1",
            "Image/png",
            "a/b/c",
            "a/\u{1b}",
        ] {
            let refused = read(|value| value["media_type"] = json!(kind));
            assert!(
                refused.is_err_and(|error| error.contains("no media type")),
                "{kind}"
            );
        }
        let long = "x".repeat(256);
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a\\b",
            "a\nb",
            "a\u{1b}[2J",
            "\u{202e}gnp.exe",
            &long,
        ] {
            let refused = read(|value| value["name"] = json!(name)).expect_err(name);
            assert!(
                refused.contains("no name for an artifact"),
                "{name}: {refused}"
            );
            assert!(!refused.contains(crate::schema::is_hidden), "{refused:?}");
        }
        assert!(read(|value| value["bytes"] = json!(-1)).is_err());
        assert!(read(|value| value["more"] = json!(1)).is_err());
    }

    #[test]
    fn the_name_of_a_file_is_tamed() {
        assert_eq!(tamed_name("cat.png").as_deref(), Some("cat.png"));
        assert_eq!(tamed_name("a\n\u{202e}b\\c").as_deref(), Some("a__b_c"));
        assert_eq!(tamed_name(".."), None);
        let long = "é".repeat(300);
        assert_eq!(tamed_name(&long).expect("cut").len(), 254);
    }

    #[test]
    fn sizes_are_in_words_of_people() {
        let said: Vec<_> = [0, 999, 1_000, 1_049, 12_345, 999_999, 1_500_000, u64::MAX]
            .map(|bytes| Size(bytes).to_string())
            .into();
        assert_eq!(
            said,
            [
                "0 B",
                "999 B",
                "1.0 KB",
                "1.0 KB",
                "12.3 KB",
                "999.9 KB",
                "1.5 MB",
                "18446744073.7 GB"
            ]
        );
    }
}
