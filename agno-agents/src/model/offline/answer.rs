//! An answer in words: key sentences, in paragraphs or as Markdown.

use std::fmt::Write as _;

use super::{
    conversation::{Answer, Conversation, NOTHING},
    sentences::{Sentence, key},
    words::{count_of, words},
};

/// What requests count: `five bullets`.
pub(super) const COUNTED: &[&str] = &[
    "sentence",
    "sentences",
    "bullet",
    "bullets",
    "point",
    "points",
    "fact",
    "facts",
    "idea",
    "ideas",
    "item",
    "items",
    "lines",
    "articles",
    "sources",
    "sections",
];

/// Sentences of an answer, unless the request counts them.
const SENTENCES: usize = 6;
/// Sentences of a paragraph.
const PARAGRAPH: usize = 3;
/// Most sources that are named.
const SOURCES: usize = 5;

/// The answer, as Markdown if that is wanted.
pub(super) fn text(conversation: &Conversation<'_>) -> String {
    let asked = count_of(conversation.request, COUNTED);
    let wanted = asked.or_else(|| count_of(&conversation.system, COUNTED));
    let sentences = sentences(conversation, wanted.unwrap_or(SENTENCES));
    if sentences.is_empty() {
        return short(conversation);
    }
    if conversation.markdown {
        markdown(conversation, &sentences)
    } else {
        plain(conversation, &sentences)
    }
}

/// So many sentences in a row.
pub(super) fn few(conversation: &Conversation<'_>, most: usize) -> String {
    let sentences = sentences(conversation, most);
    if sentences.is_empty() {
        let mut facts: Vec<&str> = conversation.sources.facts().take(most).collect();
        facts.dedup();
        return if facts.is_empty() {
            NOTHING.to_owned()
        } else {
            facts.join("; ")
        };
    }
    joined(&sentences)
}

fn sentences(conversation: &Conversation<'_>, most: usize) -> Vec<Sentence> {
    key(&conversation.sources.sentences(), &conversation.asked, most)
}

fn joined(sentences: &[Sentence]) -> String {
    let texts = sentences.iter().map(|sentence| ended(&sentence.text));
    texts.collect::<Vec<_>>().join(" ")
}

/// With a point where it has no end of its own.
fn ended(sentence: &str) -> String {
    if sentence.ends_with(|c: char| c.is_alphanumeric() || c == ')') {
        format!("{sentence}.")
    } else {
        sentence.to_owned()
    }
}

/// Paragraphs of a few sentences, then the sources.
fn plain(conversation: &Conversation<'_>, sentences: &[Sentence]) -> String {
    let paragraphs = sentences.chunks(PARAGRAPH);
    let mut text = paragraphs.map(joined).collect::<Vec<_>>().join("\n\n");
    let sources = sources(conversation, sentences);
    if !sources.is_empty() {
        let urls: Vec<_> = sources.iter().map(|(_, url)| *url).collect();
        let _ = write!(text, "\n\nSources: {}", urls.join(" "));
    }
    text
}

/// A heading, the sentence that tells most, the others as bullets, and the sources.
fn markdown(conversation: &Conversation<'_>, sentences: &[Sentence]) -> String {
    let mut text = format!("# {}\n", conversation.topic);
    let lead = key(sentences, &conversation.asked, 1);
    for sentence in &lead {
        let _ = write!(text, "\n{}\n", ended(&sentence.text));
    }
    let others: Vec<_> = sentences.iter().filter(|one| !lead.contains(one)).collect();
    if !others.is_empty() {
        text.push_str("\n## Key points\n\n");
    }
    for sentence in others {
        let _ = writeln!(text, "- {}", ended(&sentence.text));
    }
    let sources = sources(conversation, sentences);
    if !sources.is_empty() {
        text.push_str("\n## Sources\n\n");
    }
    for (title, url) in sources {
        let title = title.unwrap_or(url).replace(['[', ']'], "");
        let _ = writeln!(text, "- [{title}]({url})");
    }
    text.trim_end().to_owned()
}

/// The addresses of what is quoted, and of what is only named, each once.
fn sources<'a>(
    conversation: &'a Conversation<'_>,
    sentences: &[Sentence],
) -> Vec<(Option<&'a str>, &'a str)> {
    let mut sources: Vec<(Option<&str>, &str)> = Vec::new();
    for (index, source) in conversation.sources.0.iter().enumerate() {
        let quoted = sentences.iter().any(|sentence| sentence.source == index);
        if !quoted && !source.sentences.is_empty() {
            continue;
        }
        let Some(url) = source.url.as_deref() else {
            continue;
        };
        if !sources.iter().any(|(_, known)| *known == url) {
            sources.push((source.title.as_deref(), url));
        }
    }
    sources.truncate(SOURCES);
    sources
}

/// Where there are no sentences: what tools answered in a word, why they failed, or that there is
/// nothing.
fn short(conversation: &Conversation<'_>) -> String {
    let facts: Vec<&str> = conversation.sources.facts().collect();
    let answered: Vec<&Answer<'_>> = conversation
        .answers
        .iter()
        .filter(|answer| !answer.text.trim().is_empty())
        .collect();
    match (facts.as_slice(), answered.as_slice()) {
        ([fact], [_] | []) => (*fact).to_owned(),
        ([], []) => nothing(conversation),
        ([], answered) if answered.iter().any(|answer| answer.is_error) => {
            let failed = answered.iter().filter(|answer| answer.is_error);
            let failed = failed.map(|answer| {
                let why = answer.text.lines().next().unwrap_or_default();
                format!("{} failed: {}", spelt(answer.tool), why.trim())
            });
            format!(
                "{}\n\n{}",
                nothing(conversation),
                failed.collect::<Vec<_>>().join("\n")
            )
        }
        ([], _) => nothing(conversation),
        (facts, _) => {
            let bullet = if conversation.markdown { "- " } else { "" };
            let lines = facts.iter().take(20).map(|fact| format!("{bullet}{fact}"));
            let lines = lines.collect::<Vec<_>>().join("\n");
            if conversation.markdown {
                format!("# {}\n\n{lines}", conversation.topic)
            } else {
                lines
            }
        }
    }
}

/// `web_search` is `Web search`.
fn spelt(tool: &str) -> String {
    let text = words(tool).join(" ");
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn nothing(conversation: &Conversation<'_>) -> String {
    let heading = if conversation.markdown { "# " } else { "" };
    format!("{heading}{}\n\n{NOTHING}", conversation.topic)
}
