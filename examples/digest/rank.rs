//! Extractive ranking without chance: LexRank with a prior, and maximal marginal relevance against repetition.
//!
//! * G. Erkan, D. Radev: "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization", JAIR 22, 2004
//!   (continuous LexRank over TF-IDF cosines).
//! * J. Otterbacher, G. Erkan, D. Radev: "Biased LexRank: Passage retrieval using random walks with question-based
//!   priors", Information Processing & Management 45, 2009 (the prior).
//! * J. Carbonell, J. Goldstein: "The use of MMR, diversity-based reranking for reordering documents and producing
//!   summaries", SIGIR 1998.
//!
//! Sums run in a fixed order over sorted terms, and the logarithm is computed here from the operations that IEEE 754
//! rounds exactly, so the same text gives the same bits on every machine.

use std::collections::BTreeMap;

/// The share of a random walk that follows similarity; the rest jumps by the prior.
const DAMPING: f64 = 0.7;
const MAX_ROUNDS: usize = 100;
const TOLERANCE: f64 = 1e-9;
/// The weight of relevance against novelty.
const RELEVANCE: f64 = 0.7;
/// Two sentences this alike say the same.
const SAME: f64 = 0.8;

/// A sentence as TF-IDF weights of length 1, sorted by term.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Vector(Vec<(usize, f64)>);

impl Vector {
    /// The cosine of the angle between two vectors.
    pub(crate) fn cosine(&self, other: &Self) -> f64 {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut sum = 0.0;
        while let (Some(&&(a, x)), Some(&&(b, y))) = (left.peek(), right.peek()) {
            if a == b {
                sum += x * y;
            }
            if a <= b {
                left.next();
            }
            if b <= a {
                right.next();
            }
        }
        sum
    }
}

/// The vectors of sentences given as terms; a term in few sentences weighs more.
pub(crate) fn vectors(sentences: &[Vec<&str>]) -> Vec<Vector> {
    let mut spread: BTreeMap<&str, usize> = BTreeMap::new();
    let counted: Vec<BTreeMap<&str, usize>> = sentences
        .iter()
        .map(|terms| {
            let mut counts = BTreeMap::new();
            for &term in terms {
                *counts.entry(term).or_default() += 1;
            }
            for &term in counts.keys() {
                *spread.entry(term).or_default() += 1;
            }
            counts
        })
        .collect();
    let weights: BTreeMap<&str, (usize, f64)> = spread
        .iter()
        .enumerate()
        .map(|(id, (&term, &found))| (term, (id, 1.0 + ln(sentences.len() as f64 / found as f64))))
        .collect();
    counted
        .iter()
        .map(|counts| {
            let weighted: Vec<(usize, f64)> = counts
                .iter()
                .filter_map(|(term, &count)| {
                    weights
                        .get(term)
                        .map(|&(id, weight)| (id, count as f64 * weight))
                })
                .collect();
            let length = weighted
                .iter()
                .map(|(_, weight)| weight * weight)
                .sum::<f64>()
                .sqrt();
            Vector(
                weighted
                    .into_iter()
                    .map(|(id, weight)| (id, weight / length))
                    .collect(),
            )
        })
        .collect()
}

/// How central each sentence is; the highest is 1. `prior` says where a reader would look without knowing the text.
///
/// No sentence links to itself: one that is like no other would keep all its weight and come out on top.
pub(crate) fn lexrank(vectors: &[Vector], prior: &[f64]) -> Vec<f64> {
    let count = vectors.len();
    let mut links = vec![0.0; count * count];
    for row in 0..count {
        for column in 0..row {
            let cosine = vectors[row].cosine(&vectors[column]);
            links[row * count + column] = cosine;
            links[column * count + row] = cosine;
        }
    }
    let total: f64 = prior.iter().sum();
    let prior: Vec<f64> = prior.iter().map(|weight| weight / total).collect();
    for row in links.chunks_mut(count.max(1)) {
        let sum: f64 = row.iter().sum();
        if sum > 0.0 {
            row.iter_mut().for_each(|link| *link /= sum);
        } else {
            row.copy_from_slice(&prior);
        }
    }
    let mut scores = prior.clone();
    for _ in 0..MAX_ROUNDS {
        let mut next: Vec<f64> = prior
            .iter()
            .map(|weight| (1.0 - DAMPING) * weight)
            .collect();
        for (row, &score) in links.chunks(count.max(1)).zip(&scores) {
            for (target, link) in next.iter_mut().zip(row) {
                *target += DAMPING * score * link;
            }
        }
        let change: f64 = next
            .iter()
            .zip(&scores)
            .map(|(new, old)| (new - old).abs())
            .sum();
        scores = next;
        if change < TOLERANCE {
            break;
        }
    }
    let highest = scores.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    scores.iter().map(|score| score / highest).collect()
}

/// Chooses up to `count` sentences, the best first, none of which repeats another. Of equals the earlier wins.
pub(crate) fn select(scores: &[f64], vectors: &[Vector], count: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut nearest = vec![0.0_f64; scores.len()];
    while chosen.len() < count {
        let mut best: Option<(usize, f64)> = None;
        for (index, (&score, &near)) in scores.iter().zip(&nearest).enumerate() {
            let value = RELEVANCE * score - (1.0 - RELEVANCE) * near;
            if near < SAME && !chosen.contains(&index) && best.is_none_or(|(_, top)| value > top) {
                best = Some((index, value));
            }
        }
        let Some((next, _)) = best else { break };
        chosen.push(next);
        for (near, vector) in nearest.iter_mut().zip(vectors) {
            *near = near.max(vector.cosine(&vectors[next]));
        }
    }
    chosen
}

/// The natural logarithm of a number of at least 1. The one of the standard library may differ in the last bit
/// between systems, which would be enough to swap two sentences.
pub(crate) fn ln(x: f64) -> f64 {
    let (mut mantissa, mut exponent) = (x, 0.0);
    while mantissa > 1.5 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), and |z| <= 1/5 here.
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let mut power = z;
    let mut sum = 0.0;
    for odd in (1..30).step_by(2) {
        sum += power / f64::from(odd);
        power *= z * z;
    }
    2.0 * sum + exponent * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms<'a>(sentences: &[&'a str]) -> Vec<Vec<&'a str>> {
        sentences
            .iter()
            .map(|sentence| sentence.split(' ').collect())
            .collect()
    }

    #[test]
    fn the_logarithm_is_close() {
        for x in [1.0, 1.1, 1.5, 2.0, 3.0, 10.0, 400.0, 1e9] {
            assert!((ln(x) - f64::ln(x)).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn vectors_have_length_one_and_cosine_is_symmetric() {
        let found = vectors(&terms(&["a b c", "a b", "d"]));
        for vector in &found {
            assert!((vector.cosine(vector) - 1.0).abs() < 1e-12);
        }
        assert_eq!(
            found[0].cosine(&found[1]).to_bits(),
            found[1].cosine(&found[0]).to_bits()
        );
        assert_eq!(found[0].cosine(&found[2]), 0.0);
    }

    #[test]
    fn the_sentence_that_shares_most_is_central() {
        let sentences = terms(&[
            "cats eat fish",
            "dogs eat meat",
            "cats dogs eat fish meat",
            "stars shine bright",
        ]);
        let scores = lexrank(&vectors(&sentences), &[1.0; 4]);
        assert_eq!(scores[2], 1.0);
        assert!(scores[3] < scores[0] && scores[3] < scores[1]);
    }

    #[test]
    fn the_prior_decides_between_equals_and_position_breaks_ties() {
        let sentences = terms(&["a b", "c d", "e f"]);
        let vectors = vectors(&sentences);
        let scores = lexrank(&vectors, &[1.0, 1.0, 2.0]);
        assert_eq!(select(&scores, &vectors, 3), [2, 0, 1]);
    }

    #[test]
    fn scores_are_the_same_bits_on_every_machine() {
        let sentences = terms(&["cats eat fish", "dogs eat meat", "cats dogs eat fish meat"]);
        let scores = lexrank(&vectors(&sentences), &[3.0, 1.0, 0.1]);
        let bits: Vec<u64> = scores.iter().map(|score| score.to_bits()).collect();
        assert_eq!(
            bits,
            [
                0x3ff0_0000_0000_0000,
                0x3fe5_6164_3358_edeb,
                0x3fee_0343_d594_0c56
            ]
        );
    }

    #[test]
    fn repetition_is_not_chosen() {
        let sentences = terms(&["a b c", "a b c", "a b d", "x y z"]);
        let vectors = vectors(&sentences);
        let chosen = select(&[1.0, 1.0, 0.6, 0.5], &vectors, 4);
        assert_eq!(chosen, [0, 3, 2]);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(lexrank(&[], &[]).is_empty());
        assert!(select(&[], &[], 3).is_empty());
        let empty = vectors(&[Vec::new(), Vec::new()]);
        assert!(
            lexrank(&empty, &[1.0, 1.0])
                .iter()
                .all(|score| *score == 1.0)
        );
    }
}
