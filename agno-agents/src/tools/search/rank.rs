//! Which documents fit a query best: Okapi BM25.
//!
//! Source: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond"
//! (2009), with the usual k1 = 1.2 and b = 0.75, and Lucene's `ln(1 + ..)` in the weight of a word,
//! which keeps it positive for words that most documents have.

use std::collections::{BTreeSet, HashMap};

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// The words of a text: letters and digits, in small letters.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|at: char| !at.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// What is counted of documents, once.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// How often each document has each word, and how many words it has.
    documents: Vec<(HashMap<String, u32>, f64)>,
    /// In how many documents a word is.
    spread: HashMap<String, u32>,
    average: f64,
}

impl Index {
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut index = Self::default();
        let mut total = 0.0;
        for text in texts {
            let mut counts: HashMap<String, u32> = HashMap::new();
            let mut length = 0.0;
            for word in words(text) {
                *counts.entry(word).or_default() += 1;
                length += 1.0;
            }
            for word in counts.keys() {
                *index.spread.entry(word.clone()).or_default() += 1;
            }
            total += length;
            index.documents.push((counts, length));
        }
        index.average = total / (index.documents.len().max(1) as f64);
        index
    }

    /// The documents that have a word of the query, best first; equal ones in their order.
    pub(super) fn ranked(&self, query: &str) -> Vec<usize> {
        let query: BTreeSet<String> = words(query).collect();
        let scores = (0..self.documents.len()).map(|at| (at, self.score(at, &query)));
        let mut found: Vec<(usize, f64)> = scores.filter(|(_, score)| *score > 0.0).collect();
        found.sort_by(|one, other| other.1.total_cmp(&one.1));
        found.into_iter().map(|(at, _)| at).collect()
    }

    fn score(&self, at: usize, query: &BTreeSet<String>) -> f64 {
        let (counts, length) = &self.documents[at];
        let all = self.documents.len() as f64;
        let norm = K1 * (1.0 - B + B * length / self.average.max(1.0));
        let of_word = |word: &String| {
            let count = f64::from(*counts.get(word)?);
            let spread = f64::from(*self.spread.get(word)?);
            let weight = (1.0 + (all - spread + 0.5) / (spread + 0.5)).ln();
            Some(weight * count * (K1 + 1.0) / (count + norm))
        };
        query.iter().filter_map(of_word).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_and_short_texts_weigh_more() {
        let texts = [
            "the cat sat on the mat",
            "the dog sat on the log, the dog barked at the cat, and the cat ran",
            "a treatise on logic",
            "the ferret",
        ];
        let index = Index::of(texts.into_iter());
        assert_eq!(
            index.ranked("cat"),
            [0, 1],
            "the shorter first: 1/6 over 2/16"
        );
        assert_eq!(index.ranked("The FERRET")[0], 3, "the rare word decides");
        assert!(index.ranked("zebra").is_empty());
        assert!(index.ranked("").is_empty());
    }

    #[test]
    fn a_score_is_what_the_formula_gives() {
        let index = Index::of(["a b", "a c"].into_iter());
        // ln(1 + 1.5/1.5) * 1 * 2.2 / (1 + 1.2)
        let score = index.score(0, &BTreeSet::from(["b".to_owned()]));
        assert!((score - std::f64::consts::LN_2).abs() < 1e-12, "{score}");
    }
}
