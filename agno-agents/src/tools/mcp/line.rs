//! A stream of lines none of which is too long.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

/// Reads on until a line is longer than the limit; that is an error, and says so to others too.
pub(super) struct LimitedLines<R> {
    reader: R,
    limit: usize,
    /// Bytes of the line so far.
    line: usize,
    too_long: Arc<AtomicBool>,
}

impl<R> LimitedLines<R> {
    pub(super) fn new(reader: R, limit: usize, too_long: Arc<AtomicBool>) -> Self {
        Self {
            reader,
            limit,
            line: 0,
            too_long,
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for LimitedLines<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.reader).poll_read(context, buffer))?;
        let (mut line, mut longest) = (self.line, 0);
        for part in buffer.filled()[before..].split_inclusive(|byte| *byte == b'\n') {
            line += part.len();
            longest = longest.max(line);
            if part.ends_with(b"\n") {
                line = 0;
            }
        }
        self.line = line;
        if longest <= self.limit {
            return Poll::Ready(Ok(()));
        }
        self.too_long.store(true, Ordering::SeqCst);
        // An error comes without data.
        buffer.set_filled(before);
        Poll::Ready(Err(io::Error::other("a line is too long")))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn only_a_line_that_is_too_long_ends_the_stream() {
        for (text, fits) in [
            (&b"1234\n1234\n12"[..], true),
            (b"1234\n12345\n", false),
            (b"", true),
            (b"12345", true),
            (b"123456", false),
        ] {
            let too_long = Arc::new(AtomicBool::new(false));
            // In pieces of every size.
            for size in 1..=text.len().max(1) {
                let (mut writer, reader) = tokio::io::duplex(size);
                let bytes = text.to_vec();
                let writing = tokio::spawn(async move {
                    use tokio::io::AsyncWriteExt;
                    // Fails when the reader has given up.
                    let _ = writer.write_all(&bytes).await;
                });
                let mut lines = LimitedLines::new(reader, 5, too_long.clone());
                let mut read = Vec::new();
                let result = lines.read_to_end(&mut read).await;
                assert_eq!(result.is_ok(), fits, "{text:?} by {size}");
                assert_eq!(too_long.load(Ordering::SeqCst), !fits);
                drop(lines);
                writing.await.expect("the writer");
            }
        }
    }
}
