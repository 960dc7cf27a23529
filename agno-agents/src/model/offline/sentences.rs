//! Key sentences of a text.
//!
//! The method is SumBasic (Nenkova and Vanderwende, "The Impact of Frequency on Summarization",
//! 2005): a sentence counts by the mean frequency of its words, and words already told count less.
//! Two features of Edmundson's ("New Methods in Automatic Extracting", 1969) are added: the place
//! in its text, and words shared with the request. Only sums, products and quotients are used, so
//! that every platform picks the same sentences.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{stems, subject};

/// Most sentences that are looked at.
const MOST: usize = 2_000;
/// What a sentence's place counts beside its words.
const PLACE: f64 = 0.3;
/// What the words shared with the request count.
const REQUEST: f64 = 0.6;

/// A sentence of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) text: String,
    /// Which source it is of.
    pub(super) source: usize,
    /// How many sentences of its source are before it.
    pub(super) place: usize,
}

/// The sentences of a text without markup.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for line in text.lines() {
        let line = plain(line);
        let mut start = 0;
        let mut characters = line.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            let end = at + c.len_utf8();
            let next = characters.peek().map(|(_, next)| *next);
            let so_far = line.get(start..at).unwrap_or_default();
            let ends = match c {
                '。' | '！' | '？' => true,
                '!' | '?' => next.is_none_or(char::is_whitespace),
                '.' => next.is_none_or(char::is_whitespace) && !is_abbreviation(so_far),
                _ => false,
            };
            if ends {
                sentences.push(line.get(start..end).unwrap_or_default().trim().to_owned());
                start = end;
            }
        }
        sentences.push(line.get(start..).unwrap_or_default().trim().to_owned());
    }
    sentences.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    sentences
}

/// Whether a point after this is no end: `e.g.`, `Dr.`, `J.`
fn is_abbreviation(before: &str) -> bool {
    let word = before
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let known = [
        "e.g", "i.e", "etc", "Dr", "Mr", "Mrs", "Ms", "No", "St", "vs", "cf",
    ];
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    known.contains(&word) || initial
}

/// A line without Markdown's marks at its beginning and inside.
fn plain(line: &str) -> String {
    let mut line = line
        .trim()
        .trim_start_matches(['-', '*', '•', '>', '+', ' ']);
    // `1. ` and `1) `
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        let rest = line.get(digits..).unwrap_or_default();
        line = rest
            .strip_prefix(". ")
            .or(rest.strip_prefix(") "))
            .unwrap_or(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    // `[text](address)` is `text`.
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        let link = after.split_once("](").and_then(|(text, tail)| {
            let (_, tail) = tail.split_once(')')?;
            (!text.contains(['[', ']'])).then_some((text, tail))
        });
        if let Some((text, tail)) = link {
            plain.push_str(text);
            rest = tail;
        } else {
            plain.push('[');
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
        .replace("**", "")
        .replace("__", "")
        .replace('`', "")
        .trim()
        .to_owned()
}

/// The sentences that tell most, at most so many, in the order of their sources.
pub(super) fn key(
    sentences: &[Sentence],
    request: &BTreeSet<String>,
    most: usize,
) -> Vec<Sentence> {
    let mut left: Vec<_> = sentences
        .iter()
        .take(MOST)
        .enumerate()
        .map(|(index, sentence)| (index, sentence, stems(&sentence.text)))
        .filter(|(_, _, stems)| !stems.is_empty())
        .collect();
    let mut frequency: BTreeMap<String, f64> = BTreeMap::new();
    for stem in left.iter().flat_map(|(_, _, stems)| stems) {
        *frequency.entry(stem.clone()).or_default() += 1.0;
    }
    let most_frequent = frequency.values().copied().fold(1.0, f64::max);
    frequency
        .values_mut()
        .for_each(|count| *count /= most_frequent);

    let mut chosen: Vec<(usize, &Sentence)> = Vec::new();
    let mut told: BTreeSet<BTreeSet<String>> = BTreeSet::new();
    while chosen.len() < most {
        let mut best: Option<(f64, usize)> = None;
        for (at, (_, sentence, stems)) in left.iter().enumerate() {
            let score = score(sentence, stems, &frequency, request);
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, at));
            }
        }
        let Some((_, at)) = best else { break };
        let (index, sentence, stems) = left.remove(at);
        if told.insert(subject(&sentence.text)) {
            chosen.push((index, sentence));
        }
        for stem in stems {
            if let Some(count) = frequency.get_mut(&stem) {
                *count *= *count;
            }
        }
    }
    chosen.sort_by_key(|(index, _)| *index);
    chosen
        .into_iter()
        .map(|(_, sentence)| sentence.clone())
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn score(
    sentence: &Sentence,
    stems: &[String],
    frequency: &BTreeMap<String, f64>,
    request: &BTreeSet<String>,
) -> f64 {
    let sum: f64 = stems.iter().filter_map(|stem| frequency.get(stem)).sum();
    let own: BTreeSet<_> = stems.iter().cloned().collect();
    let shared = own.intersection(request).count() as f64;
    let mean = sum / stems.len().max(1) as f64;
    // A sentence of few words says little, whatever its words.
    let short = if stems.len() < 4 { 0.5 } else { 1.0 };
    short * mean
        + REQUEST * shared / request.len().max(1) as f64
        + PLACE / (1 + sentence.place) as f64
}
