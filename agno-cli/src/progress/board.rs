//! The board: what the events of a run come to, a line per step.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use agno_core::{AgentEvent, Event, EventError, EventKind};

use super::{
    label,
    row::{End, Row},
    screen::{self, Colour, paint},
};
use crate::{text, time};

/// So many steps are shown at a time; the others are told when they end.
const MOST_LINES: usize = 12;

/// Shows what a run does.
#[derive(Debug)]
pub(crate) struct Board {
    live: bool,
    rows: Vec<Row>,
    /// Steps that have ended: a late word about one of them is no news.
    ended: HashSet<Arc<str>>,
    /// Times of what was said: the store may tell again what was told live.
    said: HashSet<u64>,
    /// Requests to people, and those of them that are answered.
    asked: HashSet<Arc<str>>,
    answered: HashSet<Arc<str>>,
    /// What agents did, for the same reason.
    heard: HashSet<u64>,
    replayed: Vec<(String, u32)>,
}

impl Board {
    /// Begins to show a run.
    pub(crate) fn begin() -> Self {
        let live = screen::begin_live();
        Self {
            live,
            rows: Vec::new(),
            ended: HashSet::new(),
            said: HashSet::new(),
            asked: HashSet::new(),
            answered: HashSet::new(),
            heard: HashSet::new(),
            replayed: Vec::new(),
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self) {
        if !self.live {
            self.rows.iter_mut().for_each(Row::announce);
            return;
        }
        let mut shown = self.rows.iter().filter(|row| row.has_line()).count();
        for row in &mut self.rows {
            if !row.has_line() && shown < MOST_LINES {
                row.show();
                shown += 1;
            }
            row.refresh();
        }
    }

    /// The run has ended or stopped: nothing is running any more.
    pub(crate) fn end(mut self) {
        self.tell_replayed();
        for row in &mut self.rows {
            row.finish("");
        }
        screen::end_live();
    }

    /// Something has happened.
    pub(crate) fn take(&mut self, event: &Event) {
        if !matches!(event.kind, EventKind::StepReplayed { .. }) {
            self.tell_replayed();
        }
        let at = event.at;
        match &event.kind {
            EventKind::StepStarted { path, .. } => {
                // Its line comes with the next tick: most steps have ended by then.
                if let Some(row) = self.row(path, at) {
                    row.start(path);
                }
            }
            EventKind::StepRetrying {
                path,
                attempt,
                delay_ms,
                error,
            } => {
                let delay = time::span(Duration::from_millis(*delay_ms));
                let reason = reason(error);
                self.noted(
                    path,
                    at,
                    format!("attempt {attempt} failed, again in {delay}: {reason}"),
                );
            }
            EventKind::StepProgress {
                path,
                message,
                fraction,
            } => {
                let message = text::line(message, 200);
                let note = match fraction {
                    Some(fraction) => format!("{:.0}%  {message}", fraction * 100.0),
                    None => message,
                };
                if let Some(row) = self.row(path, at) {
                    row.note(note);
                }
            }
            EventKind::StepCompleted { path, attempts, .. } => {
                self.ended(path, at, End::Completed, *attempts, "");
            }
            EventKind::StepCached {
                path,
                from,
                age_micros,
                ..
            } => {
                let age = time::ago(0, *age_micros);
                let from = text::line(from, 64);
                self.ended(path, at, End::Cached, 1, &format!("cached {age} by {from}"));
            }
            EventKind::StepSkipped { path, error } => {
                let more = format!("failed, its default is used: {}", reason(error));
                self.ended(path, at, End::Skipped, 1, &more);
            }
            EventKind::StepFailed {
                path,
                attempts,
                error,
            } => {
                self.ended(path, at, End::Failed, *attempts, &reason(error));
            }
            EventKind::StepReplayed { path } if self.ended.insert(path.clone()) => {
                self.replay(path);
            }
            EventKind::TimerStarted { path, until } if self.ended.insert(path.clone()) => {
                let left = Duration::from_micros(until.saturating_sub(at));
                say("⏲", &format!("waits {}", time::span(left)));
            }
            EventKind::RequestOpened { path, message, .. } if self.asked.insert(path.clone()) => {
                self.asks(path, message);
            }
            EventKind::RequestAnswered {
                path, decision, by, ..
            } if self.answered.insert(path.clone()) => {
                let by = by.as_ref();
                let by = by.map_or_else(String::new, |by| format!(" by {}", text::line(by, 60)));
                let name = text::line(&label::label(path), 60);
                say("!", &format!("{name}  {decision}{by}"));
                if let Some(row) = self.asking(path) {
                    row.goes_on(path);
                }
            }
            EventKind::Said { message } if self.said.insert(at) => {
                say("│", &text::line(message, 2000));
            }
            EventKind::Agent {
                path,
                agent,
                team,
                what,
            } if self.is_news(event, what) => {
                self.hear(path, at, agent, team.is_some(), what);
            }
            // A run's start and end are told around the board.
            _ => {}
        }
    }

    /// Somebody is asked: the step that asks waits, and does not run.
    fn asks(&mut self, path: &str, message: &str) {
        let name = text::line(&label::label(path), 60);
        let sign = paint(Colour::Yellow, "?");
        let message = text::line(message, 200);
        screen::say(&format!("  {sign} {name}  waits for a person: {message}"));
        if let Some(row) = self.asking(path) {
            row.waits(path);
        }
    }

    /// The line of the step that asks, if it has one.
    fn asking(&mut self, path: &str) -> Option<&mut Row> {
        let step = path.split('!').next().unwrap_or(path);
        self.rows.iter_mut().find(|row| row.has(step))
    }

    /// The line of a step that has not ended. Lines of other lists that rest are told first.
    fn row(&mut self, path: &Arc<str>, at: u64) -> Option<&mut Row> {
        if self.ended.contains(path) {
            return None;
        }
        let key = label::group(path).unwrap_or_else(|| path.to_string());
        if let Some(place) = self.rows.iter().position(|row| row.key == key) {
            return self.rows.get_mut(place);
        }
        let top = label::top(path);
        for row in self
            .rows
            .extract_if(.., |row| row.is_idle() && row.top != top)
        {
            let mut row = row;
            row.finish("");
        }
        self.rows.push(Row::new(path, at));
        self.rows.last_mut()
    }

    fn noted(&mut self, path: &Arc<str>, at: u64, note: String) {
        let live = self.live;
        let Some(row) = self.row(path, at) else {
            return;
        };
        if !live {
            let name = text::line(&label::label(path), 60);
            screen::say(&format!("  {} {name}  {note}", paint(Colour::Yellow, "↻")));
        }
        row.note(note);
    }

    fn ended(&mut self, path: &Arc<str>, at: u64, how: End, attempts: u32, more: &str) {
        let Some(row) = self.row(path, at) else {
            return;
        };
        row.end(path, at, how, attempts);
        if row.is_group {
            // A failure is told by itself: it says which of the list it was.
            if matches!(how, End::Failed | End::Skipped) {
                let sign = paint(Colour::Red, "✘");
                screen::say(&format!("  {sign} {}  {more}", text::line(path, 120)));
            }
        } else {
            row.finish(more);
            let key = row.key.clone();
            self.rows.retain(|row| row.key != key);
        }
        self.ended.insert(path.clone());
    }

    /// Pieces of an answer are told once; the rest may be told live and read from the store.
    fn is_news(&mut self, event: &Event, what: &AgentEvent) -> bool {
        if matches!(what, AgentEvent::Content { .. }) {
            return true;
        }
        let mut hasher = DefaultHasher::new();
        format!("{event:?}").hash(&mut hasher);
        self.heard.insert(hasher.finish())
    }

    fn hear(
        &mut self,
        path: &Arc<str>,
        at: u64,
        agent: &Arc<str>,
        is_member: bool,
        what: &AgentEvent,
    ) {
        let live = self.live;
        let Some(row) = self.row(path, at) else {
            return;
        };
        let Some(heard) = row.talk.hear(agent, is_member, what) else {
            return;
        };
        if let Some((sign, colour)) = heard.told
            && !live
        {
            let name = text::line(&label::label(path), 60);
            let sign = paint(colour, sign);
            screen::say(&format!("  {sign} {name}  {}", heard.words));
        }
        row.note(heard.words);
    }

    fn replay(&mut self, path: &str) {
        let label = text::line(&label::label(path), 60);
        match self.replayed.last_mut() {
            Some((last, times)) if *last == label => *times += 1,
            _ => self.replayed.push((label, 1)),
        }
    }

    /// The recorded steps that a resumed run passes by, on one line.
    fn tell_replayed(&mut self) {
        const MOST_NAMES: usize = 8;
        if self.replayed.is_empty() {
            return;
        }
        let replayed = std::mem::take(&mut self.replayed);
        let names = replayed
            .iter()
            .take(MOST_NAMES)
            .map(|(label, times)| match times {
                1 => label.clone(),
                _ => format!("{label} ×{times}"),
            });
        let mut names: Vec<_> = names.collect();
        if replayed.len() > MOST_NAMES {
            names.push(format!("{} more", replayed.len() - MOST_NAMES));
        }
        let sign = paint(Colour::Cyan, "◆");
        screen::say(&format!("  {sign} {}  from the journal", names.join(" · ")));
    }
}

fn reason(error: &EventError) -> String {
    text::line(&error.message, 300)
}

fn say(sign: &str, words: &str) {
    screen::say(&format!("  {sign} {words}"));
}
