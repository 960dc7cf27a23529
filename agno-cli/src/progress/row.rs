//! One line of the board: a step, or all steps of a list.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;

use super::{
    label,
    screen::{self, Colour, paint},
    talk::Talk,
};
use crate::time::span;

/// How wide names are at least, so that what follows stands below each other.
const NAMES: usize = 20;

#[derive(Debug)]
pub(super) struct Row {
    /// What steps of this line have in common.
    pub(super) key: String,
    pub(super) top: String,
    pub(super) is_group: bool,
    label: String,
    begun: Instant,
    /// When it began and was last changed, in microseconds since 1970.
    first: u64,
    last: u64,
    running: HashMap<Arc<str>, Instant>,
    /// Those of them that wait for a person.
    waiting: HashSet<String>,
    completed: u32,
    cached: u32,
    failed: u32,
    skipped: u32,
    retried: u32,
    /// What it last said: its progress, or why it is tried again.
    note: String,
    /// What its agents do.
    pub(super) talk: Talk,
    line: Option<ProgressBar>,
    /// In plain lines: it was said that it runs.
    announced: bool,
}

impl Row {
    pub(super) fn new(path: &str, at: u64) -> Self {
        let group = label::group(path);
        Self {
            is_group: group.is_some(),
            key: group.unwrap_or_else(|| path.to_owned()),
            top: label::top(path).to_owned(),
            label: crate::text::line(&label::label(path), 60),
            begun: Instant::now(),
            first: at,
            last: at,
            running: HashMap::new(),
            waiting: HashSet::new(),
            completed: 0,
            cached: 0,
            failed: 0,
            skipped: 0,
            retried: 0,
            note: String::new(),
            talk: Talk::default(),
            line: None,
            announced: false,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn has_line(&self) -> bool {
        self.line.is_some()
    }

    pub(super) fn start(&mut self, path: &Arc<str>) {
        self.running
            .entry(path.clone())
            .or_insert_with(Instant::now);
    }

    pub(super) fn has(&self, step: &str) -> bool {
        self.running.contains_key(step)
    }

    /// A step of it waits for the answer to a request of this path.
    pub(super) fn waits(&mut self, request: &str) {
        self.waiting.insert(request.to_owned());
    }

    /// It waits no more.
    pub(super) fn goes_on(&mut self, request: &str) {
        self.waiting.remove(request);
    }

    /// A step of it has ended, in one of these ways.
    pub(super) fn end(&mut self, path: &str, at: u64, how: End, attempts: u32) {
        self.running.remove(path);
        self.waiting
            .retain(|request| request.split('!').next() != Some(path));
        self.last = self.last.max(at);
        self.retried += attempts.saturating_sub(1);
        match how {
            End::Completed => self.completed += 1,
            End::Cached => self.cached += 1,
            End::Failed => self.failed += 1,
            End::Skipped => self.skipped += 1,
        }
    }

    pub(super) fn note(&mut self, note: String) {
        self.note = note;
    }

    /// Gives it a live line, if it has none.
    pub(super) fn show(&mut self) {
        if self.line.is_none() {
            self.line = screen::live_line();
        }
    }

    /// Says on its live line how it stands.
    pub(super) fn refresh(&self) {
        if let Some(line) = &self.line {
            line.set_message(self.standing());
            line.tick();
        }
    }

    fn standing(&self) -> String {
        let (name, time) = (self.name(), span(self.begun.elapsed()));
        let mut counts = String::new();
        if self.is_group {
            let running = self.running.len().saturating_sub(self.waiting.len());
            let ended = self.ended();
            let waiting = self.waiting.len();
            counts = match waiting {
                0 => format!("  {ended} done · {running} running"),
                _ => format!("  {ended} done · {running} running · {waiting} waiting for people"),
            };
        } else if !self.waiting.is_empty() {
            counts = "  waits for a person".to_owned();
        }
        if let Some(tokens) = self.talk.spent.in_brief() {
            counts.push_str(&format!("  {tokens}"));
        }
        // Of an answer under way the end is worth seeing, so it has to fit beside the rest and
        // the spinner.
        let taken = format!("    {name}  {time}{counts}  ").chars().count();
        let room = screen::live_width().saturating_sub(taken);
        let note = self.talk.writing(room);
        let note = note.as_deref().unwrap_or(&self.note);
        let mut standing = format!("{name}  {}{counts}", paint(Colour::Dim, &time));
        if !note.is_empty() {
            standing.push_str(&format!("  {}", paint(Colour::Dim, note)));
        }
        standing
    }

    /// In plain lines: says once that it is still running.
    pub(super) fn announce(&mut self) {
        let long = self
            .running
            .values()
            .any(|begun| begun.elapsed() > Duration::from_secs(1));
        if long && !self.announced && self.waiting.is_empty() {
            self.announced = true;
            screen::say(&format!("  … {}  running", self.name()));
        }
    }

    /// Takes its live line away, and says what became of it.
    pub(super) fn finish(&mut self, more: &str) {
        self.close();
        let (sign, colour) = match () {
            () if self.failed > 0 => ("✘", Colour::Red),
            () if self.skipped > 0 => ("↷", Colour::Yellow),
            () if self.completed > 0 => ("✔", Colour::Green),
            () if self.cached > 0 => ("◆", Colour::Cyan),
            () => return,
        };
        let mut words = vec![self.name()];
        if self.completed + self.failed + self.skipped > 0 {
            words.push(span(Duration::from_micros(
                self.last.saturating_sub(self.first),
            )));
        }
        let mut counts = Vec::new();
        if self.is_group {
            let mut count = |number: u32, what: &str| {
                if number > 0 && number < self.ended() {
                    counts.push(format!("{number} {what}"));
                }
            };
            count(self.completed, "ran");
            count(self.cached, "cached");
            count(self.skipped, "skipped");
            count(self.failed, "failed");
            // When one of a list has failed, the others are not waited for.
            let stopped = self.running.len().saturating_sub(self.waiting.len());
            if stopped > 0 {
                counts.push(format!("{stopped} stopped"));
            }
            if self.cached == self.ended() {
                counts.push("cached".to_owned());
            }
        }
        if self.retried > 0 {
            counts.push(crate::text::count(self.retried as usize + 1, "attempt"));
        }
        counts.extend(Some(self.talk.spent.words()).filter(|spent| !spent.is_empty()));
        counts.extend(Some(more.to_owned()).filter(|more| !more.is_empty()));
        if !counts.is_empty() {
            words.push(counts.join(" · "));
        }
        screen::say(&format!("  {} {}", paint(colour, sign), words.join("  ")));
    }

    /// Takes its live line away.
    pub(super) fn close(&mut self) {
        if let Some(line) = self.line.take() {
            screen::remove(&line);
        }
    }

    fn ended(&self) -> u32 {
        self.completed + self.cached + self.failed + self.skipped
    }

    fn name(&self) -> String {
        let times = if self.is_group {
            format!(" ×{}", self.ended().max(1))
        } else {
            String::new()
        };
        format!("{:NAMES$}", format!("{}{times}", self.label))
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Completed,
    Cached,
    Failed,
    Skipped,
}
