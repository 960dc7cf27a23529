//! Strings: what the sources say under a name.

use serde_json::{Map, Value};

use super::{Fill, Purpose, QUESTIONS, Scope};
use crate::model::offline::{
    answer,
    calls::is_url_name,
    conversation::NOTHING,
    sources::{Source, is_named},
    words::{shortened, title_of, words},
};

const TITLES: &[&str] = &["title", "headline", "heading", "name", "subject", "topic"];
const WHOLES: &[&str] = &[
    "content", "body", "article", "post", "report", "markdown", "draft",
];
const LONG: &[&str] = &[
    "summary",
    "text",
    "answer",
    "description",
    "abstract",
    "details",
    "analysis",
    "synthesis",
    "reply",
    "response",
    "message",
    "conclusion",
    "explanation",
    "value",
];
const REQUESTS: &[&str] = &[
    "task",
    "message",
    "prompt",
    "request",
    "input",
    "question",
    "instruction",
    "instructions",
    "text",
    "content",
    "body",
];
/// What only a source can say.
const FACTS: &[&str] = &[
    "author",
    "authors",
    "byline",
    "publisher",
    "language",
    "date",
    "published",
    "email",
    "error",
];
/// What a person, a place or the like is asked for by.
const NAMES: &[&str] = &[
    "city", "place", "location", "country", "person", "company", "symbol", "author", "name",
    "customer", "user",
];

impl Fill<'_> {
    pub(super) fn string(
        &mut self,
        name: &str,
        schema: &Map<String, Value>,
        scope: Scope,
    ) -> String {
        let format = schema.get("format").and_then(Value::as_str);
        let text = self
            .formatted(name, format.unwrap_or_default(), scope)
            .unwrap_or_else(|| match self.purpose {
                Purpose::Arguments if is_named(name, REQUESTS) => {
                    self.conversation.request.to_owned()
                }
                Purpose::Arguments => {
                    let default = schema.get("default").and_then(Value::as_str);
                    let named = is_named(name, NAMES).then(|| proper(self.conversation.request));
                    let known = default.map(str::to_owned).or(named.flatten());
                    known.unwrap_or_else(|| self.conversation.topic.clone())
                }
                Purpose::Answer => self.told(name, scope),
            });
        fitted(text, schema)
    }

    /// Strings that are no text: addresses, times and the like.
    fn formatted(&self, name: &str, format: &str, scope: Scope) -> Option<String> {
        let searched = || {
            let said = [self.conversation.request].into_iter();
            said.chain(self.conversation.answers.iter().map(|answer| answer.text))
        };
        let word = |is: fn(&str) -> bool| {
            searched().flat_map(str::split_whitespace).find_map(|word| {
                let word = word.trim_matches(|c: char| !c.is_alphanumeric());
                is(word).then(|| word.to_owned())
            })
        };
        let is_email = |word: &str| {
            let (name, host) = word.split_once('@').unwrap_or_default();
            !name.is_empty() && host.contains('.')
        };
        let is_date = |word: &str| {
            let parts: Vec<_> = word.split('-').map(str::len).collect();
            parts == [4, 2, 2] && word.chars().all(|c| c.is_ascii_digit() || c == '-')
        };
        let known = match format {
            "uri" | "url" => self.url(scope).unwrap_or_else(|| "about:blank".to_owned()),
            "email" => word(is_email).unwrap_or_else(|| "nobody@example.com".to_owned()),
            "date" => word(is_date).unwrap_or_else(|| "1970-01-01".to_owned()),
            "date-time" => {
                let day = word(is_date).unwrap_or_else(|| "1970-01-01".to_owned());
                format!("{day}T00:00:00Z")
            }
            "time" => "00:00:00Z".to_owned(),
            "duration" => "PT0S".to_owned(),
            "uuid" => "00000000-0000-0000-0000-000000000000".to_owned(),
            "ipv4" => "127.0.0.1".to_owned(),
            "ipv6" => "::1".to_owned(),
            "hostname" => "localhost".to_owned(),
            _ if is_url_name(name) => self.url(scope).unwrap_or_default(),
            _ if is_named(name, &["email"]) => word(is_email)?,
            _ if is_named(name, &["date", "published", "day"]) => word(is_date)?,
            _ => return None,
        };
        Some(known)
    }

    fn url(&self, scope: Scope) -> Option<String> {
        let own = self.source(scope).and_then(|source| source.url.clone());
        own.or_else(|| self.conversation.urls().into_iter().next())
    }

    /// What the sources say under a name.
    fn told(&mut self, name: &str, scope: Scope) -> String {
        if let Some(fact) = self.fact(name, scope) {
            return fact;
        }
        let topic = self.conversation.topic.clone();
        if is_named(name, QUESTIONS) {
            return topic;
        }
        if is_named(name, FACTS) {
            return "unknown".to_owned();
        }
        let titled = is_named(name, TITLES);
        match scope {
            Scope::Source(_) => {
                let Some(source) = self.source(scope) else {
                    return topic;
                };
                let first = source.sentences.first().or(source.facts.first());
                match (&source.title, first) {
                    (Some(title), _) if titled => title.clone(),
                    (_, Some(first)) if titled => title_of(first),
                    (title, None) => title.clone().unwrap_or(topic),
                    _ => source
                        .sentences
                        .iter()
                        .take(3)
                        .cloned()
                        .collect::<Vec<_>>()
                        .join(" "),
                }
            }
            Scope::Sentence(index) => {
                let sentence = self.key.get(index).map(|sentence| sentence.text.clone());
                let sentence = sentence.unwrap_or(topic);
                if titled {
                    title_of(&sentence)
                } else {
                    sentence
                }
            }
            Scope::All if titled => topic,
            // A question or a complaint is what its summary says; an order is not its own result.
            Scope::All if self.conversation.sources.is_empty() => {
                if self.conversation.orders || self.conversation.request.trim().is_empty() {
                    NOTHING.to_owned()
                } else {
                    self.conversation.request.trim().to_owned()
                }
            }
            Scope::All if is_named(name, WHOLES) => answer::text(self.conversation),
            Scope::All if is_named(name, LONG) => answer::few(self.conversation, 3),
            Scope::All => {
                let sentence = self.key.get(self.told % self.key.len().max(1));
                self.told += 1;
                match sentence {
                    Some(sentence) => sentence.text.clone(),
                    None => answer::few(self.conversation, 1),
                }
            }
        }
    }

    /// A fact that a source has under this very name: `author: Ada`.
    pub(super) fn fact(&self, name: &str, scope: Scope) -> Option<String> {
        let label = words(name).join(" ");
        let of = |source: &Source| {
            source.facts.iter().find_map(|fact| {
                let (known, value) = fact.split_once(':')?;
                (words(known).join(" ") == label).then(|| value.trim().to_owned())
            })
        };
        match (self.purpose, self.source(scope)) {
            (Purpose::Arguments, _) => None,
            (_, Some(source)) => of(source),
            (_, None) => self.conversation.sources.0.iter().find_map(of),
        }
    }

    /// Whether nothing is known of a field that is no text of its own.
    pub(super) fn is_unknown(&self, name: &str, scope: Scope) -> bool {
        if self.purpose == Purpose::Arguments || self.fact(name, scope).is_some() {
            return false;
        }
        let pages = &self.conversation.sources.0;
        let is_nameless =
            is_named(name, &["name"]) && pages.iter().all(|page| page.title.is_none());
        is_nameless
            || is_url_name(name) && self.url(scope).is_none()
            || is_named(name, FACTS) && self.formatted(name, "", scope).is_none()
    }
}

/// The first name in a text: words with capitals, not at the beginning of a sentence.
fn proper(text: &str) -> Option<String> {
    let mut name: Vec<&str> = Vec::new();
    let mut begins = true;
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let capital = bare.starts_with(char::is_uppercase) && bare != "I";
        if capital && !begins {
            name.push(bare);
        } else if !name.is_empty() {
            break;
        }
        begins = word.ends_with(['.', '!', '?', ':']);
        if begins && !name.is_empty() {
            break;
        }
    }
    (!name.is_empty()).then(|| name.join(" "))
}

/// A text within the schema's lengths, which count characters.
pub(super) fn fitted(text: String, schema: &Map<String, Value>) -> String {
    let bound = |key: &str| {
        let bound = schema.get(key).and_then(Value::as_u64);
        bound.and_then(|bound| usize::try_from(bound).ok())
    };
    let least = bound("minLength").unwrap_or(0).min(10_000);
    let mut text = match bound("maxLength") {
        Some(most) if text.chars().count() > most => {
            let short = shortened(&text, most);
            // At the end of a sentence, if that leaves enough.
            let end = short.rfind(". ").and_then(|end| short.get(..=end));
            let end = end.filter(|end| end.chars().count() >= least.max(most / 3));
            end.unwrap_or(&short).to_owned()
        }
        _ => text,
    };
    let missing = least.saturating_sub(text.chars().count());
    text.extend(std::iter::repeat_n('.', missing));
    text
}
