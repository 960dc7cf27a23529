//! One line of the file: its checksum, and what it says.

use std::{
    borrow::Cow,
    io::{self, BufRead},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::Counts;
use crate::{CacheEntry, Definition, Entry, Json, Request, RunInput, RunRecord, SessionKey};

/// The longest line, in bytes: a run's input and output are 16 MiB each at most.
pub(super) const MAX_LINE: usize = 64 * 1024 * 1024;

/// What stands between a line's body and its checksum.
const MARK: &[u8] = br#","crc32c":""#;
/// `,"crc32c":"01234567"}`
const TAIL: usize = MARK.len() + 8 + 2;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) agno: Cow<'static, str>,
    pub(super) format: u32,
    pub(super) from: String,
    pub(super) at: u64,
}

/// What `agno` says in the first line.
pub(super) const EXPORT: &str = "export";

/// Any other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    Definition(Definition),
    Session(SessionKey),
    Field(Field),
    Cached(Box<Cached>),
    Artifact(Artifact),
    Bytes(String),
    Run(Box<Run>),
    Request(Box<Request>),
    Entry(Box<Entry>),
    End(End),
    Total(Total),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Field {
    pub(super) name: Arc<str>,
    pub(super) value: Json,
    pub(super) by: Arc<str>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cached {
    pub(super) key: String,
    pub(super) entry: CacheEntry,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Artifact {
    pub(super) hash: Arc<str>,
    pub(super) bytes: u64,
}

/// A run without its journal and its requests.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) head: RunRecord,
    pub(super) input: RunInput,
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) output: Option<Json>,
}

/// The end of a piece of several lines.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    /// Lines between its first and this one.
    pub(super) parts: u64,
    /// The checksum of all their checksums.
    pub(super) sum: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Total {
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// All lines, this one too.
    pub(super) lines: u64,
}

/// The checksums of a piece, as one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    parts: u64,
    sum: u32,
}

impl Sum {
    /// Begins with the checksum of a piece's first line.
    pub(super) fn of(first: u32) -> Self {
        Self {
            parts: 0,
            sum: crc32c::crc32c(&first.to_be_bytes()),
        }
    }

    pub(super) fn add(&mut self, part: u32) {
        self.parts += 1;
        self.sum = crc32c::crc32c_append(self.sum, &part.to_be_bytes());
    }

    pub(super) fn end(self) -> End {
        End {
            parts: self.parts,
            sum: format!("{:08x}", self.sum),
        }
    }
}

/// Writes an object as a line with its checksum, and answers that.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<(Vec<u8>, u32), String> {
    let mut line = serde_json::to_vec(value).map_err(|error| error.to_string())?;
    // Values are kept as somebody wrote them. A break between the tokens of one means nothing, and
    // there is none inside of a token.
    for byte in &mut line {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    // The brace that ends the object.
    line.pop();
    let checksum = crc32c::crc32c(&line);
    line.extend_from_slice(MARK);
    line.extend_from_slice(format!("{checksum:08x}\"}}\n").as_bytes());
    match line.len() <= MAX_LINE {
        true => Ok((line, checksum)),
        false => Err(format!(
            "a line of {} bytes, {MAX_LINE} at most",
            line.len()
        )),
    }
}

/// Reads a line, without its end, if its checksum holds.
pub(super) fn decode<T: for<'a> Deserialize<'a>>(line: &[u8]) -> Result<(T, u32), String> {
    let cut = "it does not end in a checksum";
    let split = line.len().checked_sub(TAIL).ok_or(cut)?;
    let (body, tail) = line.split_at(split);
    let digits = tail.strip_prefix(MARK).and_then(|t| t.strip_suffix(b"\"}"));
    let digits = digits.ok_or(cut)?;
    let checksum = crc32c::crc32c(body);
    if digits != format!("{checksum:08x}").as_bytes() {
        return Err("its checksum does not hold".to_owned());
    }
    let body = [body, b"}"].concat();
    let value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    Ok((value, checksum))
}

/// What reading a line came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Line,
    /// Longer than any that is written.
    TooLong,
    /// The file ends within it.
    Cut,
    Nothing,
}

/// Reads the next line into `line`, and no more of it than a line may have.
pub(super) fn next<R: BufRead + ?Sized>(from: &mut R, line: &mut Vec<u8>) -> io::Result<Found> {
    line.clear();
    let mut too_long = false;
    loop {
        let available = match from.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        if available.is_empty() {
            return Ok(match line.is_empty() && !too_long {
                true => Found::Nothing,
                false => Found::Cut,
            });
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        too_long |= line.len() + part.len() > MAX_LINE;
        if !too_long {
            line.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        from.consume(used);
        if end.is_some() {
            return Ok(if too_long {
                Found::TooLong
            } else {
                Found::Line
            });
        }
    }
}
