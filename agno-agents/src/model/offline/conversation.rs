//! A conversation, as the offline model understands it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    calls::FINDING,
    sentences::split,
    sources::{Sources, is_named, numbers, urls},
    topic::{LABELS, SHORT, orders, tells, topic},
    words::{asked, common, subject, words},
};
use crate::{
    message::{Message, ToolCall},
    model::{ModelRequest, ReplyFormat},
    schema::MARKS,
};

/// What is said when there is nothing to quote. It is never quoted itself.
pub(super) const NOTHING: &str = "The offline model quotes what it is given, and it was given \
    nothing on this. Give the agent a tool that finds something, or set a key for a real model.";

/// How a workflow's front tells of earlier runs.
const EARLIER: &str = "<earlier_runs>";

/// What earlier runs came to, in order.
fn outputs(text: &str) -> Vec<&str> {
    let parts = text.split("<output>").skip(1);
    parts
        .filter_map(|part| Some(part.split_once("</output>")?.0.trim()))
        .collect()
}

#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub(super) system: String,
    /// What the user said last.
    pub(super) request: &'a str,
    /// The words of the request that say what it is about.
    pub(super) asked: BTreeSet<String>,
    pub(super) topic: String,
    /// The request is an order: `Write ..`.
    pub(super) orders: bool,
    pub(super) sources: Sources,
    /// The calls since the user spoke last, in order.
    pub(super) calls: Vec<&'a ToolCall>,
    /// How many calls there were in the whole conversation.
    pub(super) earlier_calls: usize,
    /// What tools answered since then, with errors.
    pub(super) answers: Vec<Answer<'a>>,
    pub(super) markdown: bool,
    /// The request can be answered from earlier runs of a workflow.
    pub(super) recalls: bool,
    /// Addresses that a search gave and that have little to do with the request.
    dropped: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) tool: &'a str,
    pub(super) text: &'a str,
    pub(super) is_error: bool,
}

impl<'a> Conversation<'a> {
    pub(super) fn of(request: &'a ModelRequest) -> Self {
        let messages = request.messages.as_slice();
        let is_user = |message: &Message| matches!(message, Message::User { .. });
        let last = messages.iter().rposition(is_user);
        let (before, after) = messages.split_at(last.unwrap_or(messages.len()));
        let text = match after.first() {
            Some(Message::User { text, .. }) => text.as_str(),
            _ => "",
        };
        let mut system = String::new();
        let mut earlier = Vec::new();
        for message in messages {
            match message {
                Message::User { text, .. } if text.contains(EARLIER) => earlier = outputs(text),
                Message::System { text } => {
                    system.push_str(text);
                    system.push('\n');
                }
                _ => {}
            }
        }
        let mut calls = Vec::new();
        let mut answers = Vec::new();
        for message in after {
            match message {
                Message::Assistant(said) => calls.extend(&said.tool_calls),
                Message::Tool {
                    name,
                    text,
                    is_error,
                    ..
                } => answers.push(Answer {
                    tool: name,
                    text,
                    is_error: *is_error,
                }),
                _ => {}
            }
        }
        let earlier_calls = messages.iter().map(|message| match message {
            Message::Assistant(said) => said.tool_calls.len(),
            _ => 0,
        });
        let mut this = Self {
            earlier_calls: earlier_calls.sum(),
            markdown: wants_markdown(&system),
            request: text,
            asked: asked(if words(text).len() <= SHORT { text } else { "" }),
            topic: String::new(),
            orders: orders(text),
            sources: Sources::default(),
            recalls: false,
            dropped: Vec::new(),
            calls,
            answers,
            system,
        };
        let runs = earlier.join("\n\n");
        this.gather(before, &earlier);
        let known = subject(&runs);
        this.recalls = !earlier.is_empty() && this.asked.is_subset(&known);
        this
    }

    /// Tools' answers are quoted first, then what the user gave, then what was said before.
    fn gather(&mut self, before: &[Message], earlier: &[&str]) {
        let mut given = Sources::default();
        given.read(self.request);
        self.topic = topic(self.request, &given);
        if self.asked.is_empty() {
            self.asked = asked(&self.topic);
        }
        for answer in self.answers.iter().filter(|answer| !answer.is_error) {
            let mut found = Sources::default();
            found.read(answer.text);
            if is_named(answer.tool, FINDING) {
                self.dropped.extend(found.keep_relevant(&self.asked));
            }
            self.sources.0.extend(found.0);
        }
        let told: BTreeSet<_> = split(&self.system)
            .iter()
            .map(|sentence| subject(sentence))
            .collect();
        // What a page is about is what it says it is.
        if !urls(self.request).is_empty()
            && let Some(title) = self.sources.0.iter().find_map(|page| page.title.clone())
        {
            self.topic = title;
        }
        let topic_words = words(&self.topic);
        let names_topic = |sentence: &str| {
            let (label, rest) = sentence.split_once(':').unwrap_or_default();
            let is_label = LABELS.contains(&label.trim().to_lowercase().as_str());
            let is_line = !sentence.ends_with(['.', '!']) && words(sentence) == topic_words;
            is_line || is_label && words(rest) == topic_words
        };
        let may = |sentence: &str| {
            !orders(sentence)
                && !names_topic(sentence)
                && !sentence.ends_with('?')
                && !NOTHING.contains(sentence)
                && !told.contains(&subject(sentence))
                && !sentence.starts_with('<')
        };
        // Another agent's answer may be nothing but the topic, and that there is nothing.
        self.sources
            .retain(|piece| !NOTHING.contains(piece) && words(piece) != topic_words);
        if words(self.request).len() > SHORT || self.sources.is_empty() {
            given.retain(may);
            // A short request has no facts: it is the topic.
            if words(self.request).len() <= SHORT {
                for source in &mut given.0 {
                    source.facts.clear();
                    if source.sentences.len() == 1 && !tells(self.request) {
                        source.sentences.clear();
                    }
                }
            }
            self.sources.0.extend(given.0);
        }
        if self.sources.is_empty() {
            let mut said = Sources::default();
            // The last run first: it is what a question without a subject is about.
            for output in earlier
                .iter()
                .rev()
                .take(if self.asked.is_empty() { 1 } else { 5 })
            {
                said.read(output);
            }
            for message in before {
                match message {
                    Message::User { text, .. } if text.contains(EARLIER) => {}
                    Message::User { text, .. }
                    | Message::Tool {
                        text,
                        is_error: false,
                        ..
                    } => {
                        said.read(text);
                    }
                    Message::Assistant(assistant) => said.read(&assistant.text),
                    _ => {}
                }
            }
            let asked = self.asked.clone();
            let fits = |sentence: &str| asked.is_empty() || common(&asked, &subject(sentence)) > 0;
            said.retain(|sentence| may(sentence) && fits(sentence));
            self.sources.0.extend(said.0);
        }
    }

    /// Addresses in tools' answers, then in what the user said, each once.
    pub(super) fn urls(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let answers = self.answers.iter().filter(|answer| !answer.is_error);
        for text in answers.map(|answer| answer.text).chain([self.request]) {
            for url in urls(text) {
                if !all.contains(&url) && !self.dropped.contains(&url) {
                    all.push(url);
                }
            }
        }
        all
    }

    pub(super) fn numbers(&self) -> Vec<serde_json::Number> {
        numbers(self.request)
    }

    /// The schema that the answer is to have: of the request itself, or told in words.
    pub(super) fn schema(&self, request: &ModelRequest) -> Option<Value> {
        if let ReplyFormat::Schema { schema, .. } = &request.format {
            return Some(schema.clone());
        }
        let texts = [self.request, self.system.as_str()];
        texts.into_iter().find_map(|text| {
            let (_, rest) = text.split_once(MARKS.0)?;
            let (schema, _) = rest.split_once(MARKS.1)?;
            serde_json::from_str(schema.trim()).ok()
        })
    }
}

/// Whether the instructions ask for Markdown, and not for none.
fn wants_markdown(system: &str) -> bool {
    let words = words(system);
    words.iter().enumerate().any(|(index, word)| {
        let before = words.iter().take(index).rev().take(3);
        let negated = ["no", "not", "without", "never", "t"];
        word == "markdown"
            && !before
                .into_iter()
                .any(|word| negated.contains(&word.as_str()))
    })
}
