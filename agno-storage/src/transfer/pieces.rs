//! Reading a file: lines become pieces, and what is damaged is named. Bytes from elsewhere: whatever
//! they are, nothing here panics.

use std::{fmt, io::BufRead, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Counts, EXPORT_FORMAT, TransferError,
    line::{self, EXPORT, Found, Header, Part, Sum},
};
use crate::{
    CacheKey, FieldValue, MAX_ARTIFACT_BYTES, Portable, PortableRun, SessionFields, SessionKey,
};

/// The pieces of a file, one after another.
pub(crate) struct Pieces<R> {
    from: R,
    pub(super) header: Header,
    line: Vec<u8>,
    /// Number of the last line that was read.
    number: u64,
    /// What is being put together.
    open: Option<Open>,
    /// What was found in the line of something else.
    waiting: Option<Next>,
    /// The lines of a piece follow that is lost already.
    skipping: bool,
    counts: Counts,
    /// Whether the last line was there.
    pub(super) complete: bool,
    damaged: bool,
    ended: bool,
}

/// A piece whose end has not come yet.
struct Open {
    line: u64,
    sum: Sum,
    piece: Growing,
}

enum Growing {
    Session(SessionKey, SessionFields),
    Artifact(Arc<str>, usize, Vec<u8>),
    Run(Box<PortableRun>),
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// A whole piece, and the line where it begins.
    Piece(u64, Portable),
    /// A line that does not read, or is not where it should be, and why.
    Damaged(u64, String),
}

/// Reads the header.
pub(crate) fn read<R: BufRead>(mut from: R) -> Result<Pieces<R>, TransferError> {
    let not_one = |reason: String| TransferError::NotAnExport { reason };
    let mut line = Vec::new();
    match line::next(&mut from, &mut line).map_err(|error| failed(&error))? {
        Found::Line => {}
        Found::Nothing => return Err(not_one("it is empty".to_owned())),
        _ => return Err(not_one("its first line has no end".to_owned())),
    }
    let (header, _) = line::decode::<Header>(&line)
        .map_err(|reason| not_one(format!("its first line does not read: {reason}")))?;
    if header.agno != EXPORT {
        return Err(not_one("its first line says something else".to_owned()));
    }
    if header.format > EXPORT_FORMAT {
        return Err(TransferError::NewerFormat {
            found: header.format,
        });
    }
    Ok(Pieces {
        from,
        header,
        line,
        number: 1,
        open: None,
        waiting: None,
        skipping: false,
        counts: Counts::default(),
        complete: false,
        damaged: false,
        ended: false,
    })
}

fn failed(error: &std::io::Error) -> TransferError {
    TransferError::Io {
        context: "cannot read the export",
        message: error.to_string(),
    }
}

impl<R: BufRead> Pieces<R> {
    /// The next piece or problem; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Next>, TransferError> {
        loop {
            if let Some(next) = self.waiting.take() {
                return Ok(Some(next));
            }
            if self.ended {
                return Ok(None);
            }
            let found =
                line::next(&mut self.from, &mut self.line).map_err(|error| failed(&error))?;
            if found == Found::Nothing {
                self.ended = true;
                if self.complete {
                    return Ok(None);
                }
                self.number += 1;
                let reason = "the file ends before its last line: it was cut".to_owned();
                return Ok(Some(self.damage(reason)));
            }
            self.number += 1;
            let read = match found {
                Found::Line => line::decode::<Part>(&self.line),
                Found::TooLong => Err("it is longer than any line of an export".to_owned()),
                _ => Err("it has no end".to_owned()),
            };
            let unended = match &read {
                Ok((part, _)) if part.begins_a_piece() => self.open.take(),
                _ => None,
            };
            let next = match read.and_then(|(part, checksum)| self.take(part, checksum)) {
                Ok(None) => None,
                Ok(Some((line, piece))) => {
                    self.counts.add(&piece);
                    Some(Next::Piece(line, piece))
                }
                Err(reason) => Some(self.damage(reason)),
            };
            if let Some(open) = unended {
                self.damaged = true;
                self.waiting = next;
                let reason = format!("its end is missing: {} is lost", open.piece);
                return Ok(Some(Next::Damaged(open.line, reason)));
            }
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    /// What was being put together is lost with a line of it.
    fn damage(&mut self, mut reason: String) -> Next {
        self.damaged = true;
        self.skipping = true;
        if let Some(open) = self.open.take() {
            reason += &format!("; {} is lost", open.piece);
        }
        Next::Damaged(self.number, reason)
    }

    /// Takes a line; answers a piece that is whole with it.
    fn take(&mut self, part: Part, checksum: u32) -> Result<Option<(u64, Portable)>, String> {
        if self.complete {
            return Err("it follows the last line".to_owned());
        }
        if part.begins_a_piece() {
            self.skipping = false;
            return self.begin(part, checksum);
        }
        let Some(open) = &mut self.open else {
            // Told with the line that was damaged.
            return match self.skipping {
                true => Ok(None),
                false => Err("it is part of no piece".to_owned()),
            };
        };
        let Part::End(end) = part else {
            open.sum.add(checksum);
            return open.piece.add(part).map(|()| None);
        };
        if end != open.sum.end() {
            return Err("lines before it are missing, or another piece's".to_owned());
        }
        match self.open.take() {
            Some(open) => Ok(Some((open.line, open.piece.whole()?))),
            None => Ok(None),
        }
    }

    /// Begins a piece.
    fn begin(&mut self, part: Part, checksum: u32) -> Result<Option<(u64, Portable)>, String> {
        let piece = match part {
            Part::Definition(definition) => {
                return Ok(Some((self.number, Portable::Definition(definition))));
            }
            Part::Cached(cached) => {
                let key = blake3::Hash::from_hex(&cached.key).map_err(|error| error.to_string())?;
                let key = CacheKey(*key.as_bytes());
                let piece = Portable::Cached(key, Box::new(cached.entry));
                return Ok(Some((self.number, piece)));
            }
            Part::Total(total) => {
                self.complete = true;
                let whole = total.counts == self.counts && total.lines == self.number;
                // What is missing was named already, if it was damaged.
                return match whole || self.damaged {
                    true => Ok(None),
                    false => Err("the file does not have as much as its last line says".to_owned()),
                };
            }
            Part::Session(key) => Growing::Session(key, SessionFields::new()),
            Part::Artifact(artifact) => {
                let size = usize::try_from(artifact.bytes).unwrap_or(usize::MAX);
                if size > MAX_ARTIFACT_BYTES {
                    return Err(format!("an artifact of {size} bytes is larger than any"));
                }
                Growing::Artifact(artifact.hash, size, Vec::new())
            }
            Part::Run(run) => Growing::Run(Box::new(PortableRun {
                head: run.head,
                input: run.input,
                output: run.output,
                entries: Vec::new(),
                requests: Vec::new(),
            })),
            _ => return Err("it begins no piece".to_owned()),
        };
        self.open = Some(Open {
            line: self.number,
            sum: Sum::of(checksum),
            piece,
        });
        Ok(None)
    }
}

impl fmt::Display for Growing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(key, _) => write!(f, "session `{}` of {}", key.session, key.workflow),
            Self::Artifact(hash, ..) => write!(f, "artifact {hash}"),
            Self::Run(run) => write!(f, "run `{}`", run.head.id),
        }
    }
}

impl Part {
    /// Whether it can only stand between pieces.
    fn begins_a_piece(&self) -> bool {
        !matches!(
            self,
            Self::Field(_) | Self::Bytes(_) | Self::Request(_) | Self::Entry(_) | Self::End(_)
        )
    }
}

impl Growing {
    fn add(&mut self, part: Part) -> Result<(), String> {
        match (self, part) {
            (Self::Session(_, fields), Part::Field(field)) => {
                let value = FieldValue {
                    value: field.value,
                    by: field.by,
                };
                match fields.insert(field.name, value) {
                    None => Ok(()),
                    Some(_) => Err("it has a field a second time".to_owned()),
                }
            }
            (Self::Artifact(_, size, bytes), Part::Bytes(text)) => {
                let more = STANDARD.decode(text).map_err(|error| error.to_string())?;
                if bytes.len() + more.len() > *size {
                    return Err("it has more bytes than the artifact".to_owned());
                }
                bytes.extend_from_slice(&more);
                Ok(())
            }
            (Self::Run(run), Part::Request(request)) => {
                run.requests.push(*request);
                Ok(())
            }
            (Self::Run(run), Part::Entry(entry)) => {
                run.entries.push(*entry);
                Ok(())
            }
            _ => Err("it is part of a piece of another kind".to_owned()),
        }
    }

    fn whole(self) -> Result<Portable, String> {
        match self {
            Self::Session(key, fields) => Ok(Portable::Session(key, fields)),
            Self::Artifact(hash, size, bytes) => match bytes.len() == size {
                true => Ok(Portable::Artifact(hash, bytes)),
                false => Err("it has fewer bytes than the artifact".to_owned()),
            },
            Self::Run(run) => Ok(Portable::Run(run)),
        }
    }
}

impl Counts {
    pub(super) fn add(&mut self, piece: &Portable) {
        match piece {
            Portable::Definition(_) => self.definitions += 1,
            Portable::Session(..) => self.sessions += 1,
            Portable::Cached(..) => self.cached += 1,
            Portable::Artifact(..) => self.artifacts += 1,
            Portable::Run(run) => {
                self.runs += 1;
                self.entries += run.entries.len() as u64;
            }
        }
    }
}
