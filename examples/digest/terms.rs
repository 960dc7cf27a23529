//! Words of a text in the form in which they are compared.

use std::collections::BTreeMap;

use unicode_segmentation::UnicodeSegmentation;

/// The most frequent words of a language, which say nothing about a text.
const STOP_WORDS: [(Language, &str); 4] = [
    (
        Language::English,
        "a about above add added adds after again against all also although am an and another any anything are aren't as at be \
         because been before being below between both but by can can't cannot could currently did do does doesn't \
         doing don't done down due during each either else etc even ever every example few first following for from \
         further get gets getting give given go goes had has have having he her here hers herself him himself his how \
         however https i if i'm in instead into is isn't it it's its itself just keep know let like likely made make makes \
         many may me might more most much must my myself need needed needs neither new no non nor not note nothing \
         now of off often on once one only onto or other others otherwise our ours out over own per please possible \
         provide provided provides quite rather really s same say see seen several she should shouldn't simply since \
         so some something still such sure t take than that that's the their theirs them themselves then there \
         there's therefore these they things this those though through thus to together too two under unless until up \
         upon us use used uses useful using usually very via want was way we well were what when where whether which \
         while who whom whose why will with within without won't would yet you you'll you're your yours yourself",
    ),
    (
        Language::German,
        "aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits bis bist da \
         dabei dadurch dafür damit dann das dass dazu dein dem den denn der des dessen die dies diese diesem diesen \
         dieser dieses doch dort du durch ein eine einem einen einer eines er es etwa etwas für gegen gibt habe haben \
         hat hatte hier hinter ich ihm ihn ihr ihre ihrem ihren ihrer im immer in indem ins ist ja jede jedem jeden \
         jeder jedes jedoch kann kein keine keinen können könnte man mehr mein mit muss müssen nach nicht nichts noch \
         nun nur ob oder ohne sein seine seinem seinen seiner seit selbst sich sie sind so sobald sollte sondern \
         sowie über um und uns unser unter viel vom von vor wann war waren was weil welche welcher wenn wer werden \
         wie wieder wir wird wo wurde wurden während zu zum zur zwischen",
    ),
    (
        Language::French,
        "afin ai ainsi alors après au aucun aussi autre autres aux avait avant avec avoir car ce cela celle celles \
         celui ces cet cette ceux chaque comme comment dans de depuis des deux doit donc dont du elle elles en encore \
         entre est et était être eu fait faire fois font il ils je jusqu l la le les leur leurs lors lorsque lui ma \
         mais me même mes moins mon ne ni non nos notre nous on ont ou où par parce pas peu peut peuvent plus pour \
         pourquoi quand que quel quelle quelles quels qui quoi sa sans se sera ses si soit son sont sous sur ta tes \
         ton tous tout toute toutes très tu un une vers vos votre vous y à ça",
    ),
    (
        Language::Spanish,
        "a al algo algunas algunos ante antes aquí así aunque cada como con contra cual cuando de del desde donde dos \
         durante e el ella ellas ellos en entre era es esa esas ese eso esos esta está están estas este esto estos fue \
         fueron ha han hasta hay la las le les lo los más me mi mientras mis mucho muy nada ni no nos nosotros o otra \
         otras otro otros para pero poco por porque puede pueden que quien se sea ser si sí sido sin sobre solo son su \
         sus también tan tanto te tiene tienen todo todos tu tus un una unas uno unos y ya yo",
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    French,
    Spanish,
    /// No list of stop words: inverse frequency alone weighs the words.
    Other,
}

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case, without an English plural: what is compared.
    pub(crate) key: String,
    pub(crate) surface: String,
    /// Says something about the text: no stop word, no number.
    pub(crate) is_content: bool,
    /// The space or hyphen that alone stands between it and the word before.
    pub(crate) joint: Option<char>,
}

/// The language whose most frequent words occur most often.
pub(crate) fn language<'a>(texts: impl Iterator<Item = &'a str>) -> Language {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut total = 0;
    for text in texts {
        for word in text.unicode_words() {
            *counts.entry(word.to_lowercase()).or_default() += 1;
            total += 1;
        }
    }
    let mut best = (total / 8, Language::Other);
    for (language, words) in &STOP_WORDS {
        let hits = words
            .split_whitespace()
            .filter_map(|word| counts.get(word))
            .sum();
        if hits > best.0 {
            best = (hits, *language);
        }
    }
    best.1
}

/// The words that `language` uses everywhere.
pub(crate) struct StopWords(Vec<&'static str>);

impl StopWords {
    pub(crate) fn of(language: Language) -> Self {
        let lists = STOP_WORDS.iter().filter(|(known, _)| *known == language);
        let mut words: Vec<_> = lists
            .flat_map(|(_, words)| words.split_whitespace())
            .collect();
        words.sort_unstable();
        Self(words)
    }

    fn contains(&self, word: &str) -> bool {
        self.0.binary_search(&word).is_ok()
    }
}

/// The words of a sentence; scripts without spaces give overlapping pairs of signs.
pub(crate) fn words(text: &str, stop: &StopWords, language: Language) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut previous: Option<(usize, &str)> = None;
    for (start, surface) in text.unicode_word_indices() {
        let gap = previous.map(|(end, _)| &text[end..start]);
        if is_unspaced(surface) {
            if let (Some(""), Some((_, before))) = (gap, previous)
                && is_unspaced(before)
            {
                let pair = format!("{before}{surface}");
                found.push(Word {
                    key: pair.clone(),
                    surface: pair,
                    is_content: true,
                    joint: None,
                });
            }
        } else {
            let lower = surface.to_lowercase().replace('’', "'");
            let is_content = lower.chars().count() > 1
                && lower.starts_with(char::is_alphabetic)
                && !lower.starts_with("www.")
                && !lower.ends_with(".org")
                && !lower.ends_with(".com")
                && !lower.ends_with(".io")
                && !stop.contains(&lower);
            let key = match language {
                Language::English => singular(lower.trim_end_matches("'s")),
                _ => lower,
            };
            found.push(Word {
                key,
                surface: surface.to_owned(),
                is_content,
                joint: gap.and_then(joint),
            });
        }
        previous = Some((start + surface.len(), surface));
    }
    found
}

fn joint(gap: &str) -> Option<char> {
    let mut chars = gap.chars();
    chars
        .next()
        .filter(|c| matches!(c, ' ' | '-') && chars.next().is_none())
}

/// Han, Hiragana, Katakana: words are not set apart by spaces. (Thai and Khmer words come whole from the segmentation rules.)
fn is_unspaced(word: &str) -> bool {
    word.chars().all(|c| matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}'))
}

/// Harman's S stemmer ("How effective is suffixing?", 1991): plurals only, so that words stay readable.
fn singular(word: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if word.len() < 4 {
        return word.to_owned();
    }
    if word.ends_with("ies") && !ends(&["eies", "aies"]) {
        format!("{}y", &word[..word.len() - 3])
    } else if ends(&["sses", "xes"]) {
        word[..word.len() - 2].to_owned()
    } else if word.ends_with('s') && !ends(&["us", "ss", "is"]) {
        word[..word.len() - 1].to_owned()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let stop = StopWords::of(Language::English);
        let found = words(text, &stop, Language::English);
        found
            .into_iter()
            .filter(|word| word.is_content)
            .map(|word| word.key)
            .collect()
    }

    #[test]
    fn words_are_folded_and_stop_words_told_apart() {
        assert_eq!(
            keys("The Queries of 3 boxes, class's caches!"),
            ["query", "box", "class", "cache"]
        );
    }

    #[test]
    fn unspaced_scripts_give_pairs() {
        assert_eq!(keys("東京都は"), ["東京", "京都", "都は"]);
        assert_eq!(keys("Große Häuser"), ["große", "häuser"]);
    }

    #[test]
    fn the_language_is_guessed_from_its_frequent_words() {
        let of = |text: &str| language(std::iter::once(text));
        assert_eq!(
            of("This is the text that we have written for all of you."),
            Language::English
        );
        assert_eq!(
            of("Das ist der Text, den wir für alle geschrieben haben."),
            Language::German
        );
        assert_eq!(
            of("Voici le texte que nous avons écrit pour vous et pour les autres."),
            Language::French
        );
        assert_eq!(
            of("Este es el texto que hemos escrito para todos los demás."),
            Language::Spanish
        );
        assert_eq!(of("Это текст, который мы написали."), Language::Other);
        assert_eq!(of(""), Language::Other);
    }
}
