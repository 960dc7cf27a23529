//! The summary of one document: its key sentences and terms.

use std::collections::BTreeMap;

use super::clean::{Page, Section};
use super::rank::{lexrank, select, vectors};
use super::sentences::sentences;
use super::source::{Document, Format};
use super::terms::{Language, StopWords, Word, language, words};

/// Raise it when the method changes, and the `version` of the step with it: documents summarised by another method
/// are then done again, and not taken from the cache.
pub const METHOD: u32 = 1;

/// Comparing sentences takes time that grows with their square.
pub const MAX_RANKED: usize = 400;
/// More than a report shows, so that a report can be made again without reading.
pub const MAX_KEY_SENTENCES: usize = 8;
const MAX_TERMS: usize = 30;

/// Shorter ones are labels, longer ones are lists or code in disguise.
const SENTENCE_WORDS: std::ops::RangeInclusive<usize> = 5..=60;
const MAX_SENTENCE_CHARS: usize = 420;

/// Sections about the project's paperwork, not about its subject.
const PAPERWORK: [&str; 30] = [
    "acknowledgements",
    "acknowledgments",
    "authors",
    "bibliography",
    "citations",
    "code of conduct",
    "contact",
    "contents",
    "contributing",
    "contribution",
    "contributions",
    "contributors",
    "copyright",
    "credits",
    "external links",
    "footnotes",
    "further reading",
    "index",
    "licence",
    "license",
    "licenses",
    "licensing",
    "maintainers",
    "navigation",
    "references",
    "related projects",
    "see also",
    "sources",
    "sponsors",
    "table of contents",
];

/// A sentence that says what a document is about.
#[agno::data]
#[derive(Default, PartialEq, Eq)]
pub struct KeySentence {
    pub text: String,
    /// The heading above it, if that is not the title.
    pub section: Option<String>,
    /// 1 for the one to keep if only one is kept.
    pub rank: u32,
}

/// A word or pair of words, and how often it occurs.
#[agno::data]
#[derive(Default, PartialEq, Eq)]
pub struct Term {
    /// The form in which it is compared between documents.
    pub key: String,
    pub surface: String,
    pub count: u32,
}

/// A document in short.
#[agno::data]
#[derive(Default, PartialEq, Eq)]
pub struct Summary {
    pub path: String,
    /// Of the content that was summarised.
    pub hash: String,
    pub method: u32,
    pub title: String,
    pub words: u32,
    pub sentences: u32,
    /// Those that were compared, at most [`MAX_RANKED`].
    pub ranked: u32,
    /// More than [`MAX_RANKED`] were worth comparing.
    pub is_cut: bool,
    /// Some bytes were not UTF-8 and are shown as U+FFFD.
    pub lossy: bool,
    /// In document order, at most [`MAX_KEY_SENTENCES`].
    pub key_sentences: Vec<KeySentence>,
    /// Most frequent first.
    pub terms: Vec<Term>,
}

/// A sentence in its place.
struct Candidate<'a> {
    text: &'a str,
    section: usize,
    /// In its paragraph.
    nth: usize,
    words: Vec<Word>,
}

/// Summarises a page read from `document`, whose bytes had the given hash.
pub fn summarize(document: &Document, hash: &str, lossy: bool, page: &Page) -> Summary {
    let paragraphs = || {
        page.sections
            .iter()
            .flat_map(|section| &section.paragraphs)
            .map(String::as_str)
    };
    let language = language(paragraphs());
    let stop = StopWords::of(language);
    let all = split(page, &stop, language);
    let title = title(document, page);

    let wanted = subject_sections(&page.sections);
    let mut candidates: Vec<&Candidate<'_>> = all
        .iter()
        .filter(|one| wanted[one.section] && is_readable(one))
        .collect();
    let has_subject = !candidates.is_empty();
    if !has_subject {
        candidates = all.iter().filter(|one| is_readable(one)).collect();
    }
    let is_cut = candidates.len() > MAX_RANKED;
    limit(&mut candidates);

    Summary {
        path: document.path.clone(),
        hash: hash.to_owned(),
        method: METHOD,
        words: all.iter().map(|one| one.words.len()).sum::<usize>() as u32,
        sentences: all.len() as u32,
        ranked: candidates.len() as u32,
        is_cut,
        lossy,
        key_sentences: key_sentences(page, &title, &candidates, &stop, language),
        terms: key_terms(all.iter().filter(|one| !has_subject || wanted[one.section])),
        title,
    }
}

fn split<'a>(page: &'a Page, stop: &StopWords, language: Language) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for (section, content) in page.sections.iter().enumerate() {
        for paragraph in &content.paragraphs {
            for (nth, text) in sentences(paragraph).into_iter().enumerate() {
                found.push(Candidate {
                    text,
                    section,
                    nth,
                    words: words(text, stop, language),
                });
            }
        }
    }
    found
}

/// Which sections are about the subject: not paperwork, nor below it. The first heading is the subject.
fn subject_sections(sections: &[Section]) -> Vec<bool> {
    let mut below: Option<u8> = None;
    let mut is_first = true;
    let mut wanted = Vec::with_capacity(sections.len());
    for section in sections {
        if let Some(heading) = &section.heading {
            if below.is_some_and(|level| section.level <= level) {
                below = None;
            }
            let heading = heading.to_lowercase();
            let heading = heading.trim_matches(|c: char| !c.is_alphanumeric());
            if below.is_none() && !is_first && PAPERWORK.contains(&heading) {
                below = Some(section.level);
            }
            is_first = false;
        }
        wanted.push(below.is_none());
    }
    wanted
}

/// A sentence for people: long enough, mostly letters, and not the announcement of something that was dropped.
fn is_readable(candidate: &Candidate<'_>) -> bool {
    let text = candidate.text;
    let signs = text.chars().filter(|c| !c.is_whitespace()).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    SENTENCE_WORDS.contains(&candidate.words.len())
        && text.chars().count() <= MAX_SENTENCE_CHARS
        && letters * 100 >= signs * 75
        && candidate
            .words
            .iter()
            .filter(|word| word.is_content)
            .count()
            >= 3
        && !text.ends_with([':', ',', ';'])
        && !text.contains("://")
        && text.matches('|').count() < 2
}

/// Keeps the sentences that open paragraphs, then second ones, and so on: they span the whole of a long document.
fn limit(candidates: &mut Vec<&Candidate<'_>>) {
    if candidates.len() <= MAX_RANKED {
        return;
    }
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|&index| candidates[index].nth); // stable: by position within
    order.truncate(MAX_RANKED);
    order.sort_unstable();
    *candidates = order.into_iter().map(|index| candidates[index]).collect();
}

fn key_sentences(
    page: &Page,
    title: &str,
    candidates: &[&Candidate<'_>],
    stop: &StopWords,
    language: Language,
) -> Vec<KeySentence> {
    let title_words = words(title, stop, language);
    let mut texts: Vec<Vec<&str>> = candidates.iter().map(|one| content(&one.words)).collect();
    texts.push(content(&title_words));
    let mut vectors = vectors(&texts);
    let title_vector = vectors.pop().unwrap_or_default();

    // A reader looks at the opening first, at what names the subject, and at whole sentences.
    let prior: Vec<f64> = candidates
        .iter()
        .zip(&vectors)
        .enumerate()
        .map(|(position, (one, vector))| {
            let opening = 2.0 / (1 + position) as f64;
            let whole = if ends_sentence(one.text) && !leans(one.text) {
                0.5
            } else {
                0.0
            };
            0.1 + whole + opening + vector.cosine(&title_vector)
        })
        .collect();
    let scores = lexrank(&vectors, &prior);
    let chosen = select(&scores, &vectors, MAX_KEY_SENTENCES);
    let mut ranked: Vec<(usize, u32)> = chosen.into_iter().zip(1..).collect();
    ranked.sort_unstable();
    ranked
        .into_iter()
        .map(|(index, rank)| {
            let section = page.sections[candidates[index].section].heading.clone();
            KeySentence {
                text: candidates[index].text.to_owned(),
                section: section.filter(|heading| heading != title),
                rank,
            }
        })
        .collect()
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['"', '\'', ')', ']', '”', '’', '»', '」', '）'])
        .ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।'])
}

/// Begins with a word that points back, so it says little alone.
fn leans(text: &str) -> bool {
    const POINTERS: [&str; 24] = [
        "also",
        "and",
        "as",
        "because",
        "but",
        "even",
        "for",
        "hence",
        "however",
        "if",
        "instead",
        "it",
        "otherwise",
        "since",
        "so",
        "that",
        "then",
        "therefore",
        "these",
        "they",
        "those",
        "though",
        "thus",
        "when",
    ];
    let first = text
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_lowercase();
    POINTERS.contains(&first.as_str())
}

fn content(words: &[Word]) -> Vec<&str> {
    words
        .iter()
        .filter(|word| word.is_content)
        .map(|word| word.key.as_str())
        .collect()
}

/// The most frequent content words and pairs of them. How much each tells is known only beside other documents.
fn key_terms<'a>(sentences: impl Iterator<Item = &'a Candidate<'a>>) -> Vec<Term> {
    let mut counts: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    let mut add = |key: String, surface: String| {
        *counts.entry(key).or_default().entry(surface).or_default() += 1;
    };
    for sentence in sentences {
        for (index, word) in sentence.words.iter().enumerate() {
            if !word.is_content {
                continue;
            }
            add(word.key.clone(), word.surface.clone());
            if let Some(before) = index.checked_sub(1).map(|before| &sentence.words[before])
                && let Some(joint) = word.joint
                && before.is_content
            {
                add(
                    format!("{} {}", before.key, word.key),
                    format!("{}{joint}{}", before.surface, word.surface),
                );
            }
        }
    }
    let mut terms: Vec<Term> = counts
        .into_iter()
        .map(|(key, surfaces)| Term {
            count: surfaces.values().sum(),
            surface: shown(&key, &surfaces),
            key,
        })
        .filter(|term| {
            term.key.chars().count() > 2 || is_acronym(&term.surface) || !term.key.is_ascii()
        })
        .filter(|term| term.count > 2 || !term.key.contains(' '))
        .collect();
    terms.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
    // A pair that makes up most uses of a word says it better.
    let mut in_pair: BTreeMap<String, u32> = BTreeMap::new();
    for pair in terms.iter().filter(|term| term.key.contains(' ')) {
        for part in pair.key.split(' ') {
            let most = in_pair.entry(part.to_owned()).or_default();
            *most = pair.count.max(*most);
        }
    }
    terms.retain(|term| {
        in_pair
            .get(&term.key)
            .is_none_or(|&most| most * 2 <= term.count)
    });
    terms.truncate(MAX_TERMS);
    terms
}

/// Lower case if the text ever writes it so; else as the text writes it most often.
fn shown(key: &str, surfaces: &BTreeMap<String, u32>) -> String {
    let lower = surfaces
        .iter()
        .filter(|(surface, _)| !surface.contains(char::is_uppercase));
    let most = most_frequent(lower).or_else(|| most_frequent(surfaces.iter()));
    most.map_or_else(|| key.to_owned(), Clone::clone)
}

/// Of equals the first.
fn most_frequent<'a>(surfaces: impl Iterator<Item = (&'a String, &'a u32)>) -> Option<&'a String> {
    surfaces
        .reduce(|best, other| if other.1 > best.1 { other } else { best })
        .map(|(surface, _)| surface)
}

fn is_acronym(surface: &str) -> bool {
    surface.chars().all(char::is_uppercase)
}

/// The document's own title; its file's name where several headings could be it.
fn title(document: &Document, page: &Page) -> String {
    let file = document.path.rsplit('/').next().unwrap_or(&document.path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let tops = page
        .sections
        .iter()
        .filter(|section| section.level == 1)
        .count();
    let is_front = ["readme", "index"].contains(&stem.to_lowercase().as_str());
    match &page.title {
        Some(title) if tops <= 1 || is_front || document.format == Format::Html => title.clone(),
        _ => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::clean::clean;
    use super::*;

    fn summary(text: &str) -> Summary {
        let document = Document {
            path: "a/notes.md".into(),
            format: Format::Markdown,
            bytes: 0,
            hash: "h".into(),
        };
        summarize(&document, "h", false, &clean(Format::Markdown, text))
    }

    const TEXT: &str = "# Bees\n\nHoney bees live in large colonies with one queen. The weather was nice.\n\n\
        ## Work\n\nWorker bees collect nectar and turn it into honey. Honey feeds the colonies of bees in winter. \
        Read on:\n\n```sh\nls\n```\n\n## License\n\nBees and honey and colonies are licensed under the MIT license.\n";

    #[test]
    fn sentences_about_the_subject_are_chosen_in_document_order() {
        let found = summary(TEXT);
        let texts: Vec<_> = found
            .key_sentences
            .iter()
            .map(|one| one.text.as_str())
            .collect();
        assert_eq!(
            texts,
            [
                "Honey bees live in large colonies with one queen.",
                "Worker bees collect nectar and turn it into honey.",
                "Honey feeds the colonies of bees in winter.",
            ]
        );
        assert_eq!(found.key_sentences[0].rank, 1);
        assert_eq!(found.key_sentences[0].section, None);
        assert_eq!(found.key_sentences[1].section.as_deref(), Some("Work"));
        assert_eq!((found.title.as_str(), found.ranked), ("Bees", 3));
        assert_eq!(found.terms[0].key, "bee");
    }

    #[test]
    fn the_same_text_gives_the_same_summary() {
        let first = summary(TEXT);
        for _ in 0..5 {
            assert_eq!(summary(TEXT), first);
        }
    }

    #[test]
    fn a_long_document_is_ranked_in_part_and_says_so() {
        let text: String = (0..900)
            .map(|n| format!("Paragraph number{n} opens with words{n} here. A second sentence about thing{n} follows it.\n\n"))
            .collect();
        let found = summary(&text);
        assert_eq!((found.sentences, found.ranked as usize), (1800, MAX_RANKED));
    }

    #[test]
    fn paperwork_is_used_when_there_is_nothing_else() {
        let found = summary(
            "# X\n\n## License\n\nThis small project is licensed under the well known MIT license.\n",
        );
        assert_eq!(found.key_sentences.len(), 1);
        let empty = summary("");
        assert_eq!(
            (empty.title.as_str(), empty.words, empty.key_sentences.len()),
            ("notes", 0, 0)
        );
    }

    #[test]
    fn terms_keep_their_usual_form_and_pairs_replace_their_words() {
        let text = "The HTTP server of Tokio. An HTTP server is here. Servers of HTTP. HTTP server again. Runtimes and a runtime.";
        let terms = summary(text).terms;
        let surfaces: Vec<_> = terms.iter().map(|term| term.surface.as_str()).collect();
        assert_eq!(surfaces, ["HTTP server", "runtime", "Tokio"]);
    }
}
