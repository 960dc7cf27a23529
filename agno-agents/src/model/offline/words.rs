//! Words of a text, for comparing texts.

use std::collections::BTreeSet;

/// Words that say nothing of a subject, of which those of requests are a part.
const EMPTY: &[&str] = &[
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because",
    "been", "but", "by", "can", "could", "did", "do", "does", "each", "for", "from", "get", "had",
    "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just",
    "like", "may", "me", "more", "most", "my", "no", "not", "of", "on", "one", "or", "other",
    "our", "out", "over", "please", "she", "should", "so", "some", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "to", "up", "us", "use", "using",
    "very", "was", "we", "were", "what", "when", "where", "which", "who", "why", "will", "with",
    "would", "you", "your",
];

/// What requests begin with.
pub(super) const ASKING: &[&str] = &[
    "add",
    "analyse",
    "analyze",
    "answer",
    "classify",
    "collect",
    "compare",
    "compose",
    "compute",
    "create",
    "describe",
    "discuss",
    "draft",
    "evaluate",
    "explain",
    "explore",
    "fetch",
    "find",
    "gather",
    "generate",
    "give",
    "help",
    "identify",
    "investigate",
    "list",
    "look",
    "make",
    "plan",
    "prepare",
    "produce",
    "provide",
    "read",
    "report",
    "research",
    "return",
    "review",
    "rewrite",
    "search",
    "show",
    "study",
    "suggest",
    "summarise",
    "summarize",
    "take",
    "tell",
    "think",
    "translate",
    "use",
    "write",
];

/// The words of a text in order, in lower case. Names such as `readArticle` and `read_article` are
/// two words.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in text.chars() {
        let new = was_lower && c.is_uppercase();
        if (new || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The words that carry a text's subject, without their endings.
pub(super) fn stems(text: &str) -> Vec<String> {
    let words = words(text).into_iter();
    words
        .filter(|word| !EMPTY.contains(&word.as_str()) && word.chars().count() > 1)
        .map(stem)
        .collect()
}

/// [`stems`], each once.
pub(super) fn subject(text: &str) -> BTreeSet<String> {
    stems(text).into_iter().collect()
}

/// [`subject`] without the words that only ask.
pub(super) fn asked(text: &str) -> BTreeSet<String> {
    let mut subject = subject(text);
    for word in ASKING {
        subject.remove(&stem((*word).to_owned()));
    }
    subject
}

/// How many words two texts have in common.
pub(super) fn common(one: &BTreeSet<String>, other: &BTreeSet<String>) -> usize {
    one.intersection(other).count()
}

/// A word without the commonest English endings. Only for comparing.
fn stem(mut word: String) -> String {
    for (ending, instead) in [("ies", "y"), ("ing", ""), ("ed", ""), ("s", "")] {
        let Some(root) = word.strip_suffix(ending) else {
            continue;
        };
        if root.len() >= 3 && !root.ends_with('s') {
            word = format!("{root}{instead}");
            break;
        }
    }
    // `writes`, `writing` and `write` are the same.
    if word.len() > 4 && word.ends_with('e') {
        word.pop();
    }
    word
}

/// A number at the beginning of words that count something: `five bullets`, `3 sentences`.
pub(super) fn count_of(text: &str, counted: &[&str]) -> Option<usize> {
    const NUMBERS: [&str; 11] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    let words = words(text);
    let number = |word: &String| {
        let spelt = NUMBERS.iter().position(|number| number == word);
        spelt.or_else(|| word.parse().ok())
    };
    words.iter().enumerate().find_map(|(index, word)| {
        let next = words.iter().skip(index + 1).take(2);
        let counts = next
            .into_iter()
            .any(|word| counted.contains(&word.as_str()));
        number(word).filter(|number| counts && (1..=50).contains(number))
    })
}

/// The text up to a number of characters, cut after a word.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text.to_owned();
    };
    let cut = text.get(..end).unwrap_or_default();
    let whole = cut.rfind(char::is_whitespace).filter(|at| *at > 0);
    let cut = whole.and_then(|at| cut.get(..at)).unwrap_or(cut);
    cut.trim_end_matches([',', ';', ':', ' ', '-']).to_owned()
}

/// A sentence as a title: without its end, and without the words that would dangle.
pub(super) fn title_of(sentence: &str) -> String {
    let mut title = shortened(sentence, 60);
    let ends = |c: char| ".!?:;,".contains(c) || c.is_whitespace();
    while let Some(at) = title.rfind(char::is_whitespace) {
        let last = title.get(at..).unwrap_or_default().trim().to_lowercase();
        if !EMPTY.contains(&last.as_str()) {
            break;
        }
        title.truncate(at);
    }
    title.trim_end_matches(ends).to_owned()
}
