//! A person at a terminal, made by `script`.

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use super::Place;

/// A program on a terminal of its own, with somebody who reads and types.
pub(crate) struct Typist {
    child: Child,
    keys: Option<ChildStdin>,
    shown: Receiver<String>,
    /// All that was shown.
    pub(crate) all: String,
    /// How much of it was read.
    read: usize,
}

impl Typist {
    /// `None` if there is no `script` to make a terminal with.
    pub(crate) fn sits_at(place: &Place, program: &str, args: &str) -> Option<Self> {
        let program = place.command(program, &[]);
        let line = format!("exec {} {args}", program.get_program().to_string_lossy());
        let mut command = Command::new("script");
        command
            .args(["-qec", &line, "/dev/null"])
            .current_dir(&place.directory)
            .env("TERM", "xterm")
            .env("USER", "ada")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        for name in ["CI", "NO_COLOR", "CARGO", "AGNO_STORE"] {
            command.env_remove(name);
        }
        let mut child = command.spawn().ok()?;
        let mut out = child.stdout.take().expect("a pipe");
        let (told, shown) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                if told.send(text).is_err() {
                    return;
                }
            }
        });
        Some(Self {
            keys: child.stdin.take(),
            child,
            shown,
            all: String::new(),
            read: 0,
        })
    }

    /// Waits until these words are shown, after those that were waited for before.
    #[track_caller]
    pub(crate) fn reads(&mut self, words: &str) -> &mut Self {
        let begun = Instant::now();
        loop {
            if let Some(at) = self.all[self.read..].find(words) {
                self.read += at + words.len();
                return self;
            }
            let left = Duration::from_secs(60).saturating_sub(begun.elapsed());
            match self.shown.recv_timeout(left) {
                Ok(text) => self.all.push_str(&text),
                Err(_) => panic!("`{words}` is not shown: {}", self.all),
            }
        }
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) -> &mut Self {
        self.presses(&format!("{line}\n"))
    }

    /// Presses keys.
    pub(crate) fn presses(&mut self, keys: &str) -> &mut Self {
        let to = self.keys.as_mut().expect("the keyboard is there");
        to.write_all(keys.as_bytes()).expect("are pressed");
        to.flush().expect("are pressed");
        self
    }

    /// Waits for the end: the exit code, and all that was shown.
    #[track_caller]
    pub(crate) fn ends(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("ends").code();
        drop(self.keys.take());
        while let Ok(text) = self.shown.recv() {
            self.all.push_str(&text);
        }
        (code, self.all)
    }
}
