//! Sentences of a paragraph: the boundaries of Unicode (UAX #29), less those that are wrong in real documents.
//!
//! UAX #29 knows neither abbreviations nor quotations, and breaks inside `?key=Value` of a link. It is right about
//! decimals, ideographic full stops, and closing quotes, so its pieces are the start and some are joined again.

use unicode_segmentation::UnicodeSegmentation;

/// Before a name or a number, their full stop ends no sentence.
const ABBREVIATIONS: [&str; 48] = [
    "al", "approx", "art", "aufl", "bd", "bzgl", "bzw", "ca", "cap", "cf", "ch", "chap", "co",
    "dr", "ed", "eds", "eq", "evtl", "ex", "fig", "ggf", "incl", "inkl", "jr", "mr", "mrs", "ms",
    "mt", "no", "nos", "nr", "op", "p", "pp", "prof", "resp", "rev", "sec", "sog", "st", "tab",
    "u.s", "usw", "v", "vgl", "viz", "vol", "vs",
];

/// Ends no sentence, whatever follows.
const INNER: [&str; 11] = [
    "z", "e.g", "i.e", "z.b", "d.h", "u.a", "p.ex", "c.-à-d", "c.à.d", "eg", "ie",
];

/// A quotation or bracket that stays open longer than this is a slip, and joins nothing.
const MAX_ENCLOSED: usize = 400;

/// Splits one paragraph, whose whitespace is single spaces, into sentences.
pub fn sentences(paragraph: &str) -> Vec<&str> {
    let mut ends = Vec::new();
    let mut start = 0;
    for end in boundaries(paragraph) {
        let piece = &paragraph[start..end];
        if !joins(piece, &paragraph[end..]) {
            ends.push(end);
            start = end;
        }
    }
    let mut found = Vec::new();
    let mut start = 0;
    for end in ends {
        let sentence = paragraph[start..end]
            .trim()
            .trim_start_matches(['-', '–'])
            .trim_start();
        if !sentence.is_empty() {
            found.push(sentence);
        }
        start = end;
    }
    found
}

/// Where a sentence may end: UAX #29, and before a number, a dash, or a capital behind an ellipsis sign.
fn boundaries(paragraph: &str) -> Vec<usize> {
    let pieces = paragraph.split_sentence_bound_indices();
    let mut found: Vec<usize> = pieces.map(|(start, piece)| start + piece.len()).collect();
    for (at, _) in paragraph.match_indices(' ') {
        let (before, after) = (&paragraph[..at], &paragraph[at + 1..]);
        let begins = after.starts_with(char::is_numeric) || starts_with_dash(after);
        if (before.ends_with(['.', '!', '?']) && begins)
            || (before.ends_with('…') && after.starts_with(char::is_uppercase))
        {
            found.push(at + 1);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn starts_with_dash(text: &str) -> bool {
    let after = text.strip_prefix("- ").or_else(|| text.strip_prefix("– "));
    after.is_some_and(|after| after.starts_with(char::is_uppercase))
}

/// Whether `piece` and what follows belong to one sentence.
fn joins(piece: &str, rest: &str) -> bool {
    if rest.trim().is_empty() {
        return false;
    }
    is_inside_word(piece)
        || ends_in_abbreviation(piece, rest)
        || stays_open(piece, rest)
        || rest.starts_with(char::is_lowercase)
        || rest.starts_with([',', ';', ')', ']'])
}

/// Outside of East Asian scripts, a sentence ends before a space: not in `x.Y`, `?q=Z`, `.NET`.
fn is_inside_word(piece: &str) -> bool {
    !piece.ends_with(char::is_whitespace)
        && piece.ends_with(|c: char| c.is_ascii() || matches!(c, '…' | '’' | '”' | '»'))
}

fn ends_in_abbreviation(piece: &str, rest: &str) -> bool {
    let Some(body) = piece.trim_end().strip_suffix('.') else {
        return false;
    };
    if body.ends_with('.') {
        return false; // an ellipsis
    }
    let last = body
        .rsplit([' ', '(', '[', '"', '“', '/', '—'])
        .next()
        .unwrap_or(body);
    let word = last.to_lowercase();
    if INNER.contains(&word.as_str()) {
        return true;
    }
    // `1. Install it`, and the German `am 3. Oktober`, but not `in 1999. Then`.
    let number = word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
    if number && (body.len() == last.len() || next_word(rest).is_some_and(is_month)) {
        return true;
    }
    // An initial: `J. Smith`, `U. S. Navy`; but `plan B. Then` and `than I. She` end.
    let mut chars = last.chars();
    if let (Some(letter), None) = (chars.next(), chars.next())
        && letter.is_uppercase()
        && letter != 'I'
    {
        let before = body[..body.len() - last.len()].trim_end();
        return before.is_empty()
            || before.ends_with('.')
            || starts_name(before)
            || starts_with_initial(rest);
    }
    ABBREVIATIONS.contains(&word.as_str()) && follows_abbreviation(&word, rest)
}

/// `No. 5` goes on, `I said no. Then` does not.
fn follows_abbreviation(word: &str, rest: &str) -> bool {
    let numbered = [
        "art", "bd", "cap", "ch", "chap", "eq", "ex", "fig", "no", "nos", "nr", "op", "p", "pp",
        "sec", "tab", "v", "vol",
    ];
    if numbered.contains(&word) {
        return rest.starts_with(|c: char| c.is_numeric() || matches!(c, '#' | '('))
            || next_word(rest)
                .is_some_and(|next| next.chars().all(|c| matches!(c, 'I' | 'V' | 'X')));
    }
    !(word == "co" || word == "usw" || word == "al" || word == "jr") || rest.starts_with(['(', '['])
}

fn starts_name(before: &str) -> bool {
    let word = before.rsplit(' ').next().unwrap_or(before);
    word.chars().count() > 2 && word.starts_with(char::is_uppercase)
}

fn starts_with_initial(rest: &str) -> bool {
    let mut chars = rest.trim_start().chars();
    chars.next().is_some_and(char::is_uppercase) && chars.next() == Some('.')
}

fn next_word(rest: &str) -> Option<&str> {
    rest.trim_start()
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .filter(|word| !word.is_empty())
}

fn is_month(word: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ];
    MONTHS.contains(&word)
}

/// A bracket or quotation opened in `piece` and closed soon after.
fn stays_open(piece: &str, rest: &str) -> bool {
    const PAIRS: [(char, char); 7] = [
        ('(', ')'),
        ('[', ']'),
        ('“', '”'),
        ('«', '»'),
        ('„', '“'),
        ('「', '」'),
        ('（', '）'),
    ];
    let near = rest
        .char_indices()
        .nth(MAX_ENCLOSED)
        .map_or(rest, |(end, _)| &rest[..end]);
    let open = |opening: char, closing: char| {
        let depth = piece.chars().fold(0_i32, |depth, c| match c {
            _ if c == opening => depth + 1,
            _ if c == closing => (depth - 1).max(0),
            _ => depth,
        });
        depth > 0 && near.contains(closing)
    };
    let paired = PAIRS.iter().any(|&(opening, closing)| {
        // In German `„so“`, the sign that opens in English closes.
        !(opening == '“' && piece.contains('„')) && open(opening, closing)
    });
    let straight = piece.matches('"').count() % 2 == 1 && near.contains('"');
    paired || straight
}

#[cfg(test)]
mod tests {
    use super::sentences;

    /// Each case is written as its sentences, and must be found again from their join.
    fn holds(expected: &[&str]) {
        let text = expected.join(" ");
        assert_eq!(sentences(&text), expected);
    }

    #[test]
    fn plain_sentences() {
        holds(&["It works.", "Does it?", "Yes!", "Good."]);
        holds(&["No stop at the end"]);
        assert!(sentences("").is_empty());
    }

    #[test]
    fn abbreviations_and_initials() {
        holds(&["Use a tool, e.g. Cargo, i.e. The one.", "Then go on."]);
        holds(&[
            "Dr. Smith and J. R. R. Tolkien met at St. Mary.",
            "It was late.",
        ]);
        holds(&[
            "See Fig. 3 and No. 5 in Vol. II for more.",
            "I said no.",
            "She did too.",
        ]);
        holds(&[
            "It was shown by Erkan et al. (2004) first.",
            "Others followed.",
        ]);
        holds(&[
            "He went to plan B.",
            "It failed.",
            "She is older than I.",
            "Fine.",
        ]);
        holds(&[
            "Das gilt z. B. für Häuser bzw. Wohnungen am 3. Oktober.",
            "Danach nicht.",
        ]);
        holds(&["We support Linux, macOS, etc.", "Others may work."]);
    }

    #[test]
    fn numbers_versions_and_links() {
        holds(&[
            "It costs 3.5 euros in version 1.2.3.",
            "The next is 2.0.",
            "It was made in 1999.",
            "Then no more.",
        ]);
        holds(&[
            "Read https://example.com/a.B?q=What&x=Y!z first.",
            "Then foo.bar() and Node.js or .NET 8.",
        ]);
        holds(&["Tokio 1.X is stable.", "So is `std::fs::File.Open`."]);
        holds(&[
            "It reads chunks.",
            "16 (or 32) is the size of approx. 3 lines.",
        ]);
        assert_eq!(
            sentences("It is fast. - This means that it wins."),
            ["It is fast.", "This means that it wins."]
        );
        holds(&["1. Install the tool.", "2. Run it."]);
    }

    #[test]
    fn ellipsis() {
        holds(&["Wait... what is it?", "Well...", "That was it."]);
        holds(&["Wait… what is it?", "Well…", "That was it."]);
    }

    #[test]
    fn quotations_and_brackets() {
        holds(&["He said \"Go. Now. Please.\" and left.", "She stayed."]);
        holds(&["They asked “Why? How?” again.", "Nobody knew."]);
        holds(&["The tool (see above. It is old.) works.", "Use it."]);
        holds(&["(This stands alone.)", "So does this."]);
        holds(&["Er sagte „Geh. Sofort.“ und ging.", "Sie blieb."]);
        holds(&["\"Really?\" she asked.", "\"Yes.\"", "He nodded."]);
        holds(&["He wrote \"The end\".", "The Guardian printed it."]);
        holds(&["A quote \" that never ends.", "Must not join all."]);
    }

    #[test]
    fn other_scripts() {
        assert_eq!(
            sentences("これは文です。次の文です！終わり。"),
            ["これは文です。", "次の文です！", "終わり。"]
        );
        holds(&["Это первое предложение.", "Это второе."]);
        holds(&["यह पहला वाक्य है।", "यह दूसरा है।"]);
        holds(&["هل هذا سؤال؟", "نعم هذا سؤال."]);
    }
}
