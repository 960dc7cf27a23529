//! What a request is about, and whether it is an order.

use serde_json::{Map, Value};

use super::{
    sentences::split,
    sources::Sources,
    words::{ASKING, shortened, words},
};

/// Longest request whose words are all about its subject, in words.
pub(super) const SHORT: usize = 40;

/// What a subject is called where it is given by name.
pub(super) const LABELS: [&str; 5] = ["topic", "subject", "title", "query", "question"];

/// Whether a text begins as an order does: `Write ..`, `Please find ..`, `Can you explain ..`.
pub(super) fn orders(text: &str) -> bool {
    let words = words(text);
    let polite = [
        "please", "can", "could", "would", "you", "i", "want", "to", "let", "us",
    ];
    let first = words.iter().find(|word| !polite.contains(&word.as_str()));
    first.is_some_and(|word| ASKING.contains(&word.as_str()))
}

/// Whether a short text tells something, and does not only name a subject: it is a sentence with an
/// end, or speaks of its writer.
pub(super) fn tells(text: &str) -> bool {
    let mine = ["i", "my", "we", "our", "me"];
    let speaks = words(text).iter().any(|word| mine.contains(&word.as_str()));
    !orders(text) && (speaks || text.trim_end().ends_with(['.', '!']))
}

/// What a request is about, in a few words.
pub(super) fn topic(request: &str, given: &Sources) -> String {
    let lines = || {
        request
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let json = serde_json::from_str::<Map<String, Value>>(request.trim()).unwrap_or_default();
    let field = LABELS.iter().find_map(|label| json.get(*label)?.as_str());
    let labelled = lines().find_map(|line| {
        let (label, rest) = line.split_once(':')?;
        let label = words(label);
        let is_label = label.len() <= 3
            && label.iter().any(|word| {
                ["topic", "subject", "title", "query", "question"].contains(&word.as_str())
            });
        (is_label && !rest.trim().is_empty()).then(|| rest.trim())
    });
    let title = given.0.iter().find_map(|source| source.title.as_deref());
    let first = lines().next().unwrap_or_default();
    let first = first.trim_start_matches(['#', '-', '*', ' ']);
    let line = match (field.or(labelled), title) {
        (Some(line), _) => line,
        (None, Some(title)) if !names_subject(first) && words(request).len() > SHORT => title,
        (None, Some(title)) if first.starts_with(['{', '[']) => title,
        _ => first,
    };
    let sentence = split(line).into_iter().next().unwrap_or_default();
    let sentence = if sentence.is_empty() {
        line.to_owned()
    } else {
        sentence
    };
    let topic = without_asking(&sentence);
    let topic = topic.trim_matches(|c: char| !c.is_alphanumeric() && !"()+#%$€\"".contains(c));
    let topic = topic.trim_matches('"');
    let topic = shortened(topic, 80);
    let mut characters = topic.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => "The request".to_owned(),
    }
}

/// Whether a first line is a subject by itself: a few words that do not point to what follows.
fn names_subject(line: &str) -> bool {
    let words = words(line);
    let points = ["this", "these", "following", "below"];
    (1..=15).contains(&words.len())
        && !orders(line)
        && !line.ends_with(':')
        && !line.starts_with(['{', '['])
        && !words.iter().any(|word| points.contains(&word.as_str()))
}

/// A request without what it asks to be done: `Write a post about Rust` is `Rust`.
fn without_asking(sentence: &str) -> String {
    const ABOUT: [&str; 6] = ["about", "on", "regarding", "concerning", "into", "of"];
    const LEADING: [&str; 24] = [
        "please", "can", "could", "you", "would", "me", "us", "i", "want", "to", "a", "an", "the",
        "what", "is", "are", "who", "how", "up", "for", "and", "some", "short", "brief",
    ];
    let pieces: Vec<&str> = sentence.split_whitespace().collect();
    let bare = |piece: &&str| {
        piece
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase()
    };
    let asks = pieces.iter().take(4).map(bare).any(|word| {
        ASKING.contains(&word.as_str()) || ["what", "who", "how", "why"].contains(&word.as_str())
    });
    if !asks {
        return sentence.to_owned();
    }
    let first = pieces.first().map(bare).unwrap_or_default();
    if ["how", "why", "who", "when", "where", "which"].contains(&first.as_str()) {
        return sentence.to_owned();
    }
    // `What is the capital of ..` names its subject itself.
    let ordered = pieces.iter().take(9).filter(|_| orders(sentence));
    let about = ordered
        .map(bare)
        .position(|word| ABOUT.contains(&word.as_str()));
    let mut rest = about.map_or(pieces.as_slice(), |at| &pieces[at + 1..]);
    if rest.is_empty() {
        rest = &pieces;
    }
    while let Some((first, others)) = rest.split_first() {
        let word = bare(first);
        let empty = LEADING.contains(&word.as_str()) || ASKING.contains(&word.as_str());
        if !empty || others.is_empty() {
            break;
        }
        rest = others;
    }
    rest.join(" ")
}
