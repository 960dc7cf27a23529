//! What the bodies of steps did: a file to which each appends a line before its result is recorded.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    time::SystemTime,
};

use agno::StepContext;

/// The file, to append to.
#[derive(Debug)]
pub struct Effects {
    file: File,
}

impl Effects {
    /// Opens it, or makes it.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self { file })
    }

    /// Notes that the body of this step runs: its idempotency key, its attempt, and the time.
    ///
    /// # Panics
    ///
    /// If the file cannot be written.
    pub fn note(&self, context: &StepContext) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let at = since.expect("after 1970").as_micros();
        let key = context.idempotency_key();
        let line = format!("{key} {} {at}\n", context.attempt());
        // One write, so that two at once do not mix.
        (&self.file)
            .write_all(line.as_bytes())
            .expect("the effects are written down");
    }
}

/// A body that ran.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effect {
    /// The run.
    pub run: String,
    /// The path of the step.
    pub path: String,
    /// Which attempt.
    pub attempt: u32,
    /// When it began, in microseconds since 1970.
    pub at: u64,
}

/// Reads what was appended since the last time.
#[derive(Debug, Default)]
pub struct EffectsReader {
    read: u64,
}

impl EffectsReader {
    /// The new lines.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn read(&mut self, path: &Path) -> io::Result<Vec<Effect>> {
        if fs::metadata(path).is_err() {
            return Ok(Vec::new());
        }
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        self.read += text.len() as u64;
        Ok(text.lines().filter_map(parse).collect())
    }
}

fn parse(line: &str) -> Option<Effect> {
    let (key, at) = line.rsplit_once(' ')?;
    let (key, attempt) = key.rsplit_once(' ')?;
    let (run, path) = key.split_once(':')?;
    Some(Effect {
        run: run.to_owned(),
        path: path.to_owned(),
        attempt: attempt.parse().ok()?,
        at: at.parse().ok()?,
    })
}

/// Those that appear twice: one process ran a body again.
pub fn twice(effects: &[Effect]) -> Vec<&Effect> {
    let mut seen = BTreeSet::new();
    let body = |it: &Effect| (it.run.clone(), it.path.clone(), it.attempt);
    effects.iter().filter(|it| !seen.insert(body(it))).collect()
}
