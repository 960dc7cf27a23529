//! The terminal, as somewhere to ask.

use std::io::{self, IsTerminal, Write};

use futures_util::FutureExt;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

use crate::progress::screen::say;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The person has left, by Ctrl-C or the end of the input.
    Left,
    /// The question is open no more: its time is over, or somebody else has answered.
    Over,
}

/// A person at a terminal, asked line by line. A question can end before it is answered, when its
/// time is over, which is more than libraries for prompts can do: they hold the terminal until a
/// key is pressed.
#[derive(Debug)]
pub(crate) struct Terminal {
    lines: Lines<BufReader<Stdin>>,
}

impl Terminal {
    /// The terminal of this process; `None` if nobody is there to read and to type.
    pub(crate) fn open() -> Option<Self> {
        let is_one = io::stdin().is_terminal() && io::stderr().is_terminal();
        is_one.then(|| Self {
            lines: BufReader::new(tokio::io::stdin()).lines(),
        })
    }

    /// Forgets what was typed before anything was asked: it was meant for something else.
    pub(super) fn forget(&mut self) {
        #[cfg(unix)]
        {
            use rustix::termios::{QueueSelector, tcflush};
            // A terminal that has gone away has nothing to forget.
            let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        }
        while let Some(Ok(Some(_))) = self.lines.next_line().now_or_never() {}
    }

    /// Asks for a line. The prompt must be safe to show.
    pub(super) async fn line(&mut self, prompt: &str) -> Result<String, Stop> {
        loop {
            let mut err = io::stderr().lock();
            // People who are not there any more do not answer either.
            let _ = write!(err, "{prompt} ").and_then(|()| err.flush());
            drop(err);
            match self.lines.next_line().await {
                Ok(Some(line)) => return Ok(line.trim().to_owned()),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    say("  this is not UTF-8 text: please type it again");
                }
                Ok(None) | Err(_) => {
                    say("");
                    return Err(Stop::Left);
                }
            }
        }
    }
}
