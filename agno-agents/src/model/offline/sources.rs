//! What a conversation holds to quote from.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    sentences::{Sentence, split},
    topic::LABELS,
    words::{stems, words},
};

/// Longest text that is looked at, in bytes.
const LONGEST: usize = 400_000;
/// Most places of a text at which JSON is looked for.
const MOST_TRIES: usize = 50;
/// How addresses begin; documents of a folder have `file://`.
const SCHEMES: [&str; 3] = ["https://", "http://", "file://"];
/// Fewest words of a sentence; less is a fact, a heading or a label.
const SENTENCE: usize = 4;

/// One document: an article, an entry of a search's results, a paragraph of the user's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) title: Option<String>,
    pub(super) url: Option<String>,
    pub(super) sentences: Vec<String>,
    /// Short pieces that are no sentences: `temperature: 21`.
    pub(super) facts: Vec<String>,
}

/// Everything there is to quote.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources(pub(super) Vec<Source>);

impl Sources {
    /// Reads a text: JSON, Markdown or prose with JSON in it.
    pub(super) fn read(&mut self, text: &str) {
        let mut rest = up_to(text, LONGEST);
        let mut prose = String::new();
        let mut tries = 0;
        while let Some(line) = rest.split_inclusive('\n').next() {
            let begins = line.trim_start().starts_with(['{', '[']);
            if begins && tries < MOST_TRIES {
                tries += 1;
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
                if let Some(Ok(value)) = values.next() {
                    let end = values.byte_offset();
                    self.prose(&std::mem::take(&mut prose));
                    self.json(&value);
                    rest = rest.get(end..).unwrap_or_default();
                    continue;
                }
            }
            prose.push_str(line);
            rest = rest.get(line.len()..).unwrap_or_default();
        }
        self.prose(&prose);
    }

    fn prose(&mut self, text: &str) {
        let mut source = Source::default();
        for line in unwrapped(text) {
            match Reference::of(&line) {
                Some(reference) => self.references(reference),
                None => source.line(&line),
            }
        }
        self.push(source);
    }

    fn references(&mut self, reference: Reference) {
        let several = reference.urls.len() > 1;
        for url in reference.urls {
            self.push(Source {
                title: reference.title.clone().filter(|_| !several),
                url: Some(url),
                ..Source::default()
            });
        }
    }

    fn json(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.json(item)),
            Value::Object(fields) => self.object(fields),
            Value::String(text) => self.prose(text),
            Value::Null => {}
            other => self.push(Source {
                facts: vec![other.to_string()],
                ..Source::default()
            }),
        }
    }

    fn object(&mut self, fields: &Map<String, Value>) {
        // Before the text, whose first heading would be the title otherwise.
        let is_title = |name: &str| is_named(name, &["title", "headline", "name"]);
        let mut titles = fields.iter().filter(|(name, _)| is_title(name));
        let mut source = Source {
            title: titles.find_map(|(_, title)| Some(title.as_str()?.trim().to_owned())),
            ..Source::default()
        };
        let mut inner = Vec::new();
        for (name, value) in fields {
            let label = words(name).join(" ");
            match value {
                Value::String(_) if is_title(name) => {}
                Value::String(text) if is_url(text) => {
                    source.url.get_or_insert_with(|| text.trim().to_owned());
                }
                // What was asked for is a fact, and nothing to quote.
                Value::String(text)
                    if words(text).len() >= SENTENCE && !LABELS.contains(&name.as_str()) =>
                {
                    let lines = unwrapped(text);
                    let told = lines.iter().filter(|line| Reference::of(line).is_none());
                    told.for_each(|line| source.line(line));
                }
                Value::String(text) if !text.trim().is_empty() => {
                    source.facts.push(format!("{label}: {}", text.trim()));
                }
                Value::Bool(_) | Value::Number(_) => source.facts.push(format!("{label}: {value}")),
                Value::Array(_) | Value::Object(_) => inner.push(value),
                Value::String(_) | Value::Null => {}
            }
        }
        self.push(source);
        inner.into_iter().for_each(|value| self.json(value));
    }

    fn push(&mut self, source: Source) {
        let empty = source.sentences.is_empty() && source.facts.is_empty();
        if !empty || source.url.is_some() || source.title.is_some() {
            self.0.push(source);
        }
    }

    /// Keeps the sentences that may be quoted.
    pub(super) fn retain(&mut self, may: impl Fn(&str) -> bool) {
        for source in &mut self.0 {
            source.sentences.retain(|sentence| may(sentence));
            source.facts.retain(|fact| may(fact));
        }
        let nothing = |source: &Source| {
            source.sentences.is_empty() && source.facts.is_empty() && source.url.is_none()
        };
        self.0.retain(|source| !nothing(source));
    }

    /// Drops pages that have little to do with a subject, as the last results of a search do: those
    /// that share less than a third of what the best shares, where a word counts the less the more
    /// pages have it. Gives their addresses.
    pub(super) fn keep_relevant(&mut self, subject: &BTreeSet<String>) -> Vec<String> {
        /// Divided by how many pages have a word.
        const WORD: usize = 5_040;
        let shared = |source: &Source| -> BTreeSet<String> {
            let texts = source.sentences.iter().chain(&source.facts);
            let words = texts.chain(&source.title).flat_map(|text| stems(text));
            words.filter(|word| subject.contains(word)).collect()
        };
        let all: Vec<BTreeSet<String>> = self.0.iter().map(shared).collect();
        let pages = |word: &String| all.iter().filter(|words| words.contains(word)).count();
        let points = |words: &BTreeSet<String>| words.iter().map(|word| WORD / pages(word)).sum();
        let points: Vec<usize> = all.iter().map(points).collect();
        let best = points.iter().copied().max().unwrap_or_default();
        let fits = |points: usize| subject.is_empty() || points > 0 && 3 * points >= best;
        let mut points = points.into_iter();
        let all = std::mem::take(&mut self.0).into_iter();
        let mut keep =
            |source: &Source| fits(points.next().unwrap_or_default()) || source.url.is_none();
        let (kept, dropped): (Vec<_>, Vec<_>) = all.partition(|source| keep(source));
        self.0 = kept;
        dropped
            .into_iter()
            .filter_map(|source| source.url)
            .collect()
    }

    pub(super) fn sentences(&self) -> Vec<Sentence> {
        let mut all: Vec<Sentence> = Vec::new();
        for (source, document) in self.0.iter().enumerate() {
            for (place, text) in document.sentences.iter().enumerate() {
                all.push(Sentence {
                    text: text.clone(),
                    source,
                    place,
                });
            }
        }
        all
    }

    pub(super) fn facts(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .flat_map(|source| &source.facts)
            .map(String::as_str)
    }

    /// Whether there is a sentence or a fact.
    pub(super) fn is_empty(&self) -> bool {
        self.0
            .iter()
            .all(|source| source.sentences.is_empty() && source.facts.is_empty())
    }
}

impl Source {
    fn line(&mut self, line: &str) {
        if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim();
            // Later headings are the text's order, not its subject.
            if self.title.is_none() && !heading.is_empty() {
                self.title = Some(heading.to_owned());
            }
        } else if !line.starts_with("```") {
            self.add(line);
        }
    }

    fn add(&mut self, line: &str) {
        // What ends with a colon says what follows, and what ends with dots was cut off.
        let ends = |one: &String| !one.ends_with([':', '…']) && !one.ends_with("...");
        for sentence in split(line).into_iter().filter(ends) {
            if words(&sentence).len() >= SENTENCE || sentence.ends_with(['。', '！', '？']) {
                self.sentences.push(sentence);
            } else {
                self.facts.push(sentence);
            }
        }
    }
}

/// A line of nothing but addresses, with a title at most: `- [Title](https://a.example)`.
struct Reference {
    title: Option<String>,
    urls: Vec<String>,
}

impl Reference {
    fn of(line: &str) -> Option<Self> {
        let urls = urls(line);
        let mut rest = line.to_owned();
        for url in &urls {
            rest = rest.replace(url.as_str(), " ");
        }
        let linked = line
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once("]("));
        let title = linked.map(|(title, _)| title.trim());
        let beside = title.map_or(rest.clone(), |title| rest.replace(title, " "));
        (!urls.is_empty() && words(&beside).len() < SENTENCE).then(|| Self {
            title: title.filter(|title| !title.is_empty()).map(str::to_owned),
            urls,
        })
    }
}

/// The lines of a text, with those put together that an editor has broken.
fn unwrapped(text: &str) -> Vec<String> {
    /// Shorter lines are short for a reason.
    const BROKEN: usize = 50;
    let mut lines: Vec<String> = Vec::new();
    let mut is_code = false;
    for line in text.lines().map(str::trim) {
        let continues = |last: &String| {
            last.chars().count() >= BROKEN
                && !last.ends_with(['.', '!', '?', ':', '。'])
                && !last.starts_with(['#', '|', '<'])
                && !line.is_empty()
                && !line.starts_with(['#', '-', '*', '•', '>', '|', '<', '`'])
                && !line.starts_with(|c: char| c.is_ascii_digit())
                && ![last.as_str(), line]
                    .iter()
                    .any(|line| line.contains("://"))
        };
        is_code ^= line.starts_with("```");
        match lines.last_mut().filter(|last| !is_code && continues(last)) {
            Some(last) => {
                last.push(' ');
                last.push_str(line);
            }
            None => lines.push(line.to_owned()),
        }
    }
    lines
}

/// Whether a name has one of these words in it.
pub(super) fn is_named(name: &str, any: &[&str]) -> bool {
    words(name).iter().any(|word| any.contains(&word.as_str()))
}

pub(super) fn is_url(text: &str) -> bool {
    let text = text.trim();
    SCHEMES.iter().any(|scheme| text.starts_with(scheme)) && !text.contains(char::is_whitespace)
}

/// The addresses in a text, each once.
pub(super) fn urls(text: &str) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    let mut rest = up_to(text, LONGEST);
    let next = |text: &str| SCHEMES.iter().filter_map(|scheme| text.find(scheme)).min();
    while let Some(at) = next(rest) {
        rest = rest.get(at..).unwrap_or_default();
        let end = rest
            .find(|c: char| c.is_whitespace() || "\"'<>()[]{}\\`|".contains(c))
            .unwrap_or(rest.len());
        let url = rest.get(..end).unwrap_or_default();
        let url = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
        let (_, host) = url.split_once("://").unwrap_or_default();
        if is_url(url) && !host.is_empty() && !urls.iter().any(|known| known == url) {
            urls.push(url.to_owned());
        }
        rest = rest.get(end.max(4)..).unwrap_or_default();
    }
    urls
}

/// The numbers in a text, in order.
pub(super) fn numbers(text: &str) -> Vec<serde_json::Number> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    let pieces =
        up_to(text, LONGEST).split(|c: char| c.is_whitespace() || ",;:()[]{}?!".contains(c));
    let number = |piece: &str| {
        let piece = piece.trim_end_matches(['.', '%']);
        let digits = piece.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        (digits && piece.chars().all(is_part)).then(|| serde_json::from_str(piece).ok())?
    };
    pieces.filter_map(number).collect()
}

fn up_to(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
