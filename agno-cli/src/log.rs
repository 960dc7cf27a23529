//! Logs, when the environment asks for them.

use std::io::{self, Write};

use tracing_subscriber::{
    EnvFilter,
    fmt::{MakeWriter, format::FmtSpan},
};

use crate::progress::screen;

/// Writes logs to standard error if `AGNO_LOG` or `RUST_LOG` is set: `AGNO_LOG=debug`. A program
/// that has installed a subscriber of its own keeps it.
pub(crate) fn install() {
    let wish = ["AGNO_LOG", "RUST_LOG"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    let Some(wish) = wish.filter(|wish| !wish.is_empty()) else {
        return;
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(wish))
        .with_ansi(false)
        // Runs and steps are spans: their ends tell how long they took.
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(BesideProgress)
        .finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Writes whole lines above the progress of a run, so that neither tears the other.
struct BesideProgress;

impl<'a> MakeWriter<'a> for BesideProgress {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Vec::new())
    }
}

struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.0);
        screen::say(crate::text::block(line.trim_end_matches('\n')).as_ref());
    }
}
