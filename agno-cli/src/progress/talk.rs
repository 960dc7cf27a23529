//! What the agents of a step do, in words.

use std::{sync::Arc, time::Duration};

use agno_core::AgentEvent;

use super::screen::Colour;
use crate::{spent::Spent, text, time};

/// How much of an answer under way is shown.
const TAIL: usize = 80;

/// What the agents of a step do.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// What they took so far.
    pub(super) spent: Spent,
    /// Who writes.
    speaker: Option<Arc<str>>,
    /// The end of what it has written in this turn, as it came.
    tail: String,
}

impl Talk {
    /// Takes what an agent did. Answers what is to be noted of it, if anything is.
    pub(super) fn hear(
        &mut self,
        agent: &Arc<str>,
        is_member: bool,
        what: &AgentEvent,
    ) -> Option<Heard> {
        self.spent.add(what, is_member);
        let who = text::line(agent, 40);
        if let AgentEvent::Content { text } = what {
            self.write(agent, text);
            return None;
        }
        if self.speaker.as_ref() == Some(agent) {
            self.speaker = None;
        }
        let heard = |words| Some(Heard { words, told: None });
        let told = |sign, colour, words| {
            let told = Some((sign, colour));
            Some(Heard { words, told })
        };
        match what {
            AgentEvent::Started { model } => heard(format!("{who} asks {}", text::line(model, 60))),
            AgentEvent::Turn { turn, .. } => heard(format!("{who} ended turn {turn}")),
            AgentEvent::ToolStarted {
                tool, arguments, ..
            } => {
                let tool = text::line(tool, 60);
                let words = format!("{who} calls {tool}({})", text::line(arguments, 120));
                told("→", Colour::Cyan, words)
            }
            AgentEvent::ToolCompleted { tool, micros, .. } => {
                let took = time::span(Duration::from_micros(*micros));
                let tool = text::line(tool, 60);
                heard(format!("{who}: {tool} answered in {took}"))
            }
            AgentEvent::ToolFailed { tool, error, .. } => {
                let (tool, why) = (text::line(tool, 60), text::line(&error.message, 200));
                told("✘", Colour::Red, format!("{who}: {tool} failed: {why}"))
            }
            AgentEvent::Repair { problem } => {
                let why = text::line(problem, 200);
                told("↻", Colour::Yellow, format!("{who} is asked again: {why}"))
            }
            AgentEvent::Reset { reason } => {
                let why = text::line(reason, 200);
                told("↻", Colour::Yellow, format!("{who} begins anew: {why}"))
            }
            AgentEvent::Failed { error } => {
                let why = text::line(&error.message, 200);
                told("✘", Colour::Red, format!("{who} failed: {why}"))
            }
            AgentEvent::Completed { .. } => heard(format!("{who} answered")),
            _ => None,
        }
    }

    fn write(&mut self, agent: &Arc<str>, text: &str) {
        if self.speaker.as_ref() != Some(agent) {
            self.speaker = Some(agent.clone());
            self.tail.clear();
        }
        self.tail.push_str(text);
        // Now and then, so that a long answer is not moved for each of its pieces.
        if self.tail.len() > 16 * TAIL {
            let kept = self.tail.char_indices().rev().nth(2 * TAIL);
            self.tail.drain(..kept.map_or(0, |(at, _)| at));
        }
    }

    /// The end of the answer that is written at the moment, in about `room` characters.
    pub(super) fn writing(&self, room: usize) -> Option<String> {
        let speaker = text::line(self.speaker.as_ref()?, 40);
        let room = room.min(TAIL).saturating_sub(speaker.chars().count() + 3);
        // Cleaned first: what is written out takes more room.
        let words: Vec<&str> = self.tail.split_whitespace().collect();
        let words = text::line(&words.join(" "), usize::MAX);
        let kept = match room.checked_sub(1) {
            Some(last) => words.char_indices().rev().nth(last),
            None => Some((words.len(), ' ')),
        };
        Some(match kept {
            Some((at, _)) if at > 0 => format!("{speaker}: …{}", &words[at..]),
            _ => format!("{speaker}: {words}"),
        })
    }
}

/// What is to be noted.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) words: String,
    /// With a sign, it is worth a line of its own where nothing moves.
    pub(super) told: Option<(&'static str, Colour)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_end_of_what_is_written() {
        let writer: Arc<str> = Arc::from("Writer");
        let mut talk = Talk::default();
        let content = |text: &str| AgentEvent::Content {
            text: text.to_owned(),
        };
        assert!(talk.writing(99).is_none());
        assert!(talk.hear(&writer, false, &content("Some\nwo")).is_none());
        talk.hear(&writer, false, &content("rds\u{1b}[2J"));
        assert_eq!(
            talk.writing(99).as_deref(),
            Some("Writer: Some words\\u{1b}[2J")
        );
        assert_eq!(talk.writing(16).as_deref(), Some("Writer: …{1b}[2J"));
        assert_eq!(talk.writing(3).as_deref(), Some("Writer: …"));
        for number in 0..100_000 {
            talk.hear(&writer, false, &content(&format!("{number} é ")));
        }
        assert!(talk.tail.len() <= 16 * TAIL + 20);
        let tail = talk.writing(99).expect("a tail");
        assert!(
            tail.ends_with("99998 é 99999 é") && tail.chars().count() < 100,
            "{tail}"
        );
        let reset = AgentEvent::Reset {
            reason: "cut".to_owned(),
        };
        let heard = talk.hear(&writer, false, &reset).expect("news");
        assert_eq!(heard.words, "Writer begins anew: cut");
        assert!(talk.writing(99).is_none());
    }
}
