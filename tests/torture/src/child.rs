//! Children: how a test starts them, listens to them, and ends them.

use std::{
    fmt,
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// A child that read a store: all is there.
pub const INTACT: u8 = 10;
/// The store says itself that something does not hold.
pub const REFUSED: u8 = 11;
/// Something acknowledged is not there, and the store says nothing.
pub const LOST: u8 = 12;
/// Something is there that was not written so.
pub const WRONG: u8 = 13;

/// A child after which a minute is over is one that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child and what it says.
pub struct Said {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// All whole lines so far.
    pub heard: Vec<String>,
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said")
            .field("child", &self.child.id())
            .finish_non_exhaustive()
    }
}

impl Said {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Engines panic over what is done to them here; what counts is how the child ends.
            .stderr(Stdio::null())
            .spawn()
            .expect("start a child");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let (told, lines) = mpsc::channel();
        thread::spawn(move || read_lines(out, &told));
        Self {
            child,
            lines,
            heard: Vec::new(),
        }
    }

    /// Waits until `enough` of a line; false if it ended before.
    ///
    /// # Panics
    ///
    /// If it says nothing for a minute.
    pub fn until(&mut self, mut enough: impl FnMut(&str) -> bool) -> bool {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let found = enough(&line);
                    self.heard.push(line);
                    if found {
                        return true;
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return false,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("the child hangs after {:?}", self.heard.last());
                }
            }
        }
    }

    /// Kills it with signal 9, and hears what it had said. How it ended: false if by itself.
    pub fn kill(mut self) -> (Vec<String>, bool) {
        let _ = self.child.kill();
        let killed = match self.child.wait() {
            Ok(status) => status.code().is_none(),
            Err(_) => false,
        };
        self.until(|_| false);
        (self.heard, killed)
    }

    /// Waits for its end; `None` for one that hangs, which is killed.
    pub fn end(mut self, limit: Duration) -> (Vec<String>, Option<ExitStatus>) {
        let begun = Instant::now();
        let status = loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                break Some(status);
            }
            if begun.elapsed() > limit {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break None;
            }
            thread::sleep(Duration::from_millis(1));
        };
        self.until(|_| false);
        (self.heard, status)
    }
}

/// Hands on whole lines: the last one of a killed child may be cut.
fn read_lines(mut out: impl BufRead, told: &mpsc::Sender<String>) {
    let mut line = String::new();
    while out.read_line(&mut line).is_ok_and(|read| read > 0) {
        if let Some(whole) = line.strip_suffix('\n')
            && told.send(whole.to_owned()).is_err()
        {
            return;
        }
        line.clear();
    }
}
