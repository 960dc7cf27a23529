//! All summaries side by side: what repeats, what is central, which terms join documents.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use unicode_segmentation::UnicodeSegmentation;

use super::rank::{lexrank, ln, select, vectors};
use super::summary::{KeySentence, MAX_RANKED, Summary, Term};
use super::terms::{StopWords, language, words};

/// A sentence that stands in this many documents is boilerplate.
const BOILERPLATE: usize = 3;
const TERMS_SHOWN: usize = 6;
/// Shorter documents are notices and redirects, which are like each other but not like the folder.
const MIN_CENTRAL_WORDS: u32 = 100;

/// One document, or several with the same content.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) summary: &'a Summary,
    /// The paths of its copies.
    pub(crate) also: Vec<&'a str>,
    /// The title, with the path where others have the same.
    pub(crate) label: String,
    /// Best first; boilerplate is gone.
    pub(crate) sentences: Vec<&'a KeySentence>,
    /// Most telling first: frequent here and rare elsewhere.
    pub(crate) terms: Vec<&'a Term>,
}

/// How often something occurs over all documents.
#[derive(Default)]
struct Spread<'a> {
    sentences: BTreeMap<String, usize>,
    terms: BTreeMap<&'a str, usize>,
    titles: BTreeMap<&'a str, usize>,
}

/// The documents by path, copies folded into one.
pub(crate) fn entries(summaries: &[Summary]) -> Vec<Entry<'_>> {
    let mut sorted: Vec<&Summary> = summaries.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut by_hash: BTreeMap<&str, usize> = BTreeMap::new();
    for summary in sorted {
        if let Some(&at) = by_hash.get(summary.hash.as_str()) {
            entries[at].also.push(&summary.path);
            continue;
        }
        by_hash.insert(&summary.hash, entries.len());
        entries.push(Entry {
            summary,
            also: Vec::new(),
            label: summary.title.clone(),
            sentences: summary.key_sentences.iter().collect(),
            terms: summary.terms.iter().collect(),
        });
    }
    let spread = spread(&entries);
    let count = entries.len();
    for entry in &mut entries {
        weigh(entry, &spread, count);
    }
    entries
}

fn spread<'a>(entries: &[Entry<'a>]) -> Spread<'a> {
    let mut spread = Spread::default();
    for entry in entries {
        let texts: BTreeSet<String> = entry
            .sentences
            .iter()
            .map(|one| folded(&one.text))
            .collect();
        for text in texts {
            *spread.sentences.entry(text).or_default() += 1;
        }
        for term in &entry.terms {
            *spread.terms.entry(&term.key).or_default() += 1;
        }
        *spread.titles.entry(&entry.summary.title).or_default() += 1;
    }
    spread
}

fn weigh(entry: &mut Entry<'_>, spread: &Spread<'_>, count: usize) {
    entry.sentences.retain(|one| {
        spread
            .sentences
            .get(&folded(&one.text))
            .is_none_or(|&found| found < BOILERPLATE)
    });
    entry.sentences.sort_by_key(|one| one.rank);

    let weight = |term: &Term| {
        let found = spread.terms.get(term.key.as_str()).copied().unwrap_or(1);
        f64::from(term.count) * ln(1.0 + count as f64 / found as f64)
    };
    entry.terms.sort_by(|a, b| {
        weight(b)
            .total_cmp(&weight(a))
            .then_with(|| a.key.cmp(&b.key))
    });
    entry.terms.truncate(TERMS_SHOWN);

    let Summary { title, path, .. } = entry.summary;
    if spread
        .titles
        .get(title.as_str())
        .is_some_and(|&found| found > 1)
    {
        entry.label = format!("{title}, {path}");
    }
}

fn folded(text: &str) -> String {
    text.unicode_words()
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The sentences most like those of other documents, by path, at most one from each.
#[derive(Debug)]
pub(crate) struct Central<'a> {
    pub(crate) sentences: Vec<(&'a Entry<'a>, &'a str)>,
    /// Only the [`MAX_RANKED`] longest documents were compared.
    pub(crate) is_cut: bool,
}

/// Picks up to `count` sentences that stand for the whole folder.
pub(crate) fn central<'a>(entries: &'a [Entry<'a>], count: usize) -> Central<'a> {
    let mut candidates: Vec<(&Entry<'_>, &str)> = entries
        .iter()
        .filter_map(|entry| Some((entry, entry.sentences.first()?.text.as_str())))
        .collect();
    let is_long = |entry: &Entry<'_>| entry.summary.words >= MIN_CENTRAL_WORDS;
    if candidates
        .iter()
        .filter(|(entry, _)| is_long(entry))
        .count()
        > count
    {
        candidates.retain(|(entry, _)| is_long(entry));
    }
    let is_cut = candidates.len() > MAX_RANKED;
    if is_cut {
        candidates.sort_by_key(|(entry, _)| Reverse(entry.summary.words)); // stable: then by path
        candidates.truncate(MAX_RANKED);
        candidates.sort_by(|(a, _), (b, _)| a.summary.path.cmp(&b.summary.path));
    }
    let language = language(candidates.iter().map(|(_, text)| *text));
    let stop = StopWords::of(language);
    let all: Vec<Vec<_>> = candidates
        .iter()
        .map(|(_, text)| words(text, &stop, language))
        .collect();
    let terms: Vec<Vec<&str>> = all
        .iter()
        .map(|found| {
            found
                .iter()
                .filter(|word| word.is_content)
                .map(|word| word.key.as_str())
        })
        .map(Iterator::collect)
        .collect();
    let vectors = vectors(&terms);
    // A long document speaks for more of the folder than a short one.
    let prior: Vec<f64> = candidates
        .iter()
        .map(|(entry, _)| 1.0 + ln(1.0 + f64::from(entry.summary.words)))
        .collect();
    let mut chosen = select(&lexrank(&vectors, &prior), &vectors, count);
    chosen.sort_unstable();
    Central {
        sentences: chosen.into_iter().map(|index| candidates[index]).collect(),
        is_cut,
    }
}

/// Key terms with the documents that show them, alphabetically; if there are too many, those that join most documents.
pub(crate) fn index<'a>(
    entries: &'a [Entry<'a>],
    count: usize,
) -> Vec<(&'a str, Vec<&'a Entry<'a>>)> {
    let mut found: BTreeMap<&str, (&str, Vec<&Entry<'_>>)> = BTreeMap::new();
    // What has no sentence to show has only boilerplate for terms.
    for entry in entries.iter().filter(|entry| !entry.sentences.is_empty()) {
        for term in &entry.terms {
            let slot = found
                .entry(&term.key)
                .or_insert_with(|| (&term.surface, Vec::new()));
            slot.1.push(entry);
        }
    }
    let mut terms: Vec<_> = found.into_iter().collect();
    terms.sort_by_key(|(_, (_, entries))| Reverse(entries.len())); // stable: then by key
    terms.truncate(count);
    terms.sort_by_key(|(key, _)| *key);
    terms.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(path: &str, sentences: &[&str], terms: &[(&str, u32)]) -> Summary {
        let key_sentences = sentences
            .iter()
            .zip(1..)
            .map(|(text, rank)| KeySentence {
                text: (*text).into(),
                section: None,
                rank,
            })
            .collect();
        let terms = terms
            .iter()
            .map(|&(key, count)| Term {
                key: key.into(),
                surface: key.into(),
                count,
            })
            .collect();
        Summary {
            path: path.into(),
            hash: path.into(),
            title: path.into(),
            words: 100,
            key_sentences,
            terms,
            ..Summary::default()
        }
    }

    #[test]
    fn boilerplate_is_dropped_and_copies_are_folded() {
        let common = "You may use it freely!";
        let mut copy = summary("d", &["The first one."], &[]);
        copy.hash = "a".into();
        let all = [
            copy,
            summary("c", &["you may use it FREELY", "The third one."], &[]),
            summary("b", &[common, "The second one."], &[]),
            summary("a", &[common, "The first one."], &[]),
        ];
        let found = entries(&all);
        let paths: Vec<_> = found
            .iter()
            .map(|entry| entry.summary.path.as_str())
            .collect();
        assert_eq!(paths, ["a", "b", "c"]);
        assert_eq!(found[0].also, ["d"]);
        let texts: Vec<_> = found
            .iter()
            .map(|entry| entry.sentences[0].text.as_str())
            .collect();
        assert_eq!(
            texts,
            ["The first one.", "The second one.", "The third one."]
        );
    }

    #[test]
    fn terms_that_are_everywhere_tell_less() {
        let all = [
            summary("a", &[], &[("crate", 5), ("honey", 4)]),
            summary("b", &[], &[("crate", 5)]),
            summary("c", &[], &[("crate", 5)]),
        ];
        assert_eq!(entries(&all)[0].terms[0].key, "honey");
    }

    #[test]
    fn equal_titles_are_told_apart() {
        let mut all = [
            summary("a", &[], &[]),
            summary("b", &[], &[]),
            summary("c", &[], &[]),
        ];
        all[0].title = "Same".into();
        all[1].title = "Same".into();
        let labels: Vec<_> = entries(&all).into_iter().map(|entry| entry.label).collect();
        assert_eq!(labels, ["Same, a", "Same, b", "c"]);
    }

    #[test]
    fn the_central_sentence_is_shared_by_most() {
        let all = [
            summary("a", &["Bees make honey in the hive."], &[]),
            summary("b", &["Stars are far away tonight."], &[]),
            summary("c", &["Honey is stored in the hive by bees."], &[]),
        ];
        let entries = entries(&all);
        let found = central(&entries, 1);
        assert_ne!(found.sentences[0].0.summary.path, "b");
        assert!(!found.is_cut);
        assert_eq!(central(&entries, 9).sentences.len(), 3);
    }

    #[test]
    fn a_short_index_keeps_what_joins_documents() {
        let all = [
            summary("a", &["One."], &[("alpha", 2), ("zeta", 2)]),
            summary("b", &["Two."], &[("beta", 2), ("zeta", 2)]),
            summary("c", &[], &[("gamma", 2), ("zeta", 2)]),
        ];
        let entries = entries(&all);
        let names = |count| -> Vec<_> {
            index(&entries, count)
                .into_iter()
                .map(|(term, found)| (term, found.len()))
                .collect()
        };
        assert_eq!(names(9), [("alpha", 1), ("beta", 1), ("zeta", 2)]);
        assert_eq!(names(1), [("zeta", 2)]);
    }
}
