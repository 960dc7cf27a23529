//! Server-sent events of an answer that comes in pieces.
//!
//! Read as the HTML standard says (section 9.2.6, "Interpreting an event stream"). Each byte is
//! looked at once, however the answer is cut up.

use std::fmt;

use super::{Failure, body::Body};

/// The longest event, in bytes: 4 MiB. The longest of all repeats a whole answer at its end.
const LONGEST: usize = 4 << 20;

/// An event.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    /// Its kind. `message` where the server names none.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) data: String,
}

/// The events of a response, in order. They end with the response; whether that is the answer's
/// end too is for the reader to say.
pub(crate) struct Events {
    /// `None` once it is over.
    body: Option<Body>,
    lines: Lines,
}

impl Events {
    pub(super) fn new(body: Body) -> Self {
        Self {
            body: Some(body),
            lines: Lines::default(),
        }
    }

    /// The next event, or `None` when the server closed tidily.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            if let Some(event) = self.lines.event()? {
                return Ok(Some(event));
            }
            if self.lines.waiting() > LONGEST {
                self.body = None;
                return Err(Failure::malformed(format!(
                    "no event within {LONGEST} bytes"
                )));
            }
            let Some(body) = &mut self.body else {
                return Ok(None);
            };
            match body.chunk().await {
                Ok(Some(chunk)) => self.lines.add(&chunk),
                Ok(None) => {
                    self.body = None;
                    // Some servers leave out the empty line after the last event.
                    self.lines.add(b"\n\n");
                }
                Err(failure) => {
                    self.body = None;
                    return Err(failure);
                }
            }
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

/// Lines on their way to events.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    /// Where the line under way begins.
    from: usize,
    /// How far its end was looked for.
    seen: usize,
    /// The last line ended with `\r`: a `\n` that follows is part of its end.
    after_return: bool,
    /// The first line, which may begin with a byte order mark, was read.
    begun: bool,
    name: String,
    data: Option<String>,
    /// Bytes of the event under way whose lines were read.
    read: usize,
}

impl Lines {
    fn add(&mut self, chunk: &[u8]) {
        self.bytes.drain(..self.from);
        self.seen -= self.from;
        self.from = 0;
        self.bytes.extend_from_slice(chunk);
    }

    /// Bytes that came since the last event.
    fn waiting(&self) -> usize {
        self.read + self.bytes.len() - self.from
    }

    /// The next event of what has come.
    fn event(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            if self.after_return && self.from < self.bytes.len() {
                self.after_return = false;
                if self.bytes[self.from] == b'\n' {
                    self.from += 1;
                    self.seen = self.from;
                }
            }
            let ends = |byte: &u8| matches!(byte, b'\n' | b'\r');
            let Some(end) = self.bytes[self.seen..].iter().position(ends) else {
                self.seen = self.bytes.len();
                return Ok(None);
            };
            let end = self.seen + end;
            let line = String::from_utf8(self.bytes[self.from..end].to_vec())
                .map_err(|_| Failure::malformed("it is not UTF-8"))?;
            self.after_return = self.bytes[end] == b'\r';
            self.read += end + 1 - self.from;
            self.from = end + 1;
            self.seen = self.from;
            if let Some(event) = self.line(&line) {
                self.read = 0;
                return Ok(Some(event));
            }
        }
    }

    /// Takes a line. An empty one ends an event, if it has data.
    fn line(&mut self, line: &str) -> Option<Event> {
        let first = !std::mem::replace(&mut self.begun, true);
        let line = match line.strip_prefix('\u{feff}') {
            Some(rest) if first => rest,
            _ => line,
        };
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            let data = self.data.take()?;
            let name = if name.is_empty() {
                "message".to_owned()
            } else {
                name
            };
            return Some(Event { name, data });
        }
        // A comment is a field without a name.
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match (field, &mut self.data) {
            ("data", Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data", data) => *data = Some(value.to_owned()),
            ("event", _) => value.clone_into(&mut self.name),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Lines};

    fn events(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut lines = Lines::default();
        let mut events = Vec::new();
        for chunk in chunks {
            lines.add(chunk);
            while let Some(Event { name, data }) = lines.event().expect("UTF-8") {
                events.push((name, data));
            }
        }
        events
    }

    #[test]
    fn fields_comments_and_ends_of_lines() {
        let text = "\u{feff}: hi\r\rdata: a\ndata:b\r\n\r\nevent: x\ndata\n\nevent: lost\n\n\
                    id: 1\ndata:  c\n\rdata: never ended\n";
        let expected = [("message", "a\nb"), ("x", ""), ("message", " c")];
        let expected = expected.map(|(name, data)| (name.to_owned(), data.to_owned()));
        assert_eq!(events(&[text.as_bytes()]), expected);
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(events(&bytes), expected);
    }

    #[test]
    fn what_is_no_utf_8_is_an_error() {
        let mut lines = Lines::default();
        lines.add(b"data: \xff\n\n");
        assert!(lines.event().is_err());
    }
}
