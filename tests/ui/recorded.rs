//! One recorded answer of the compiler, taken apart.

use std::{collections::BTreeSet, fs, path::Path};

/// A file of the gallery, and what the compiler says to it.
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) message: String,
    pub(crate) problems: Vec<Problem>,
}

/// One error.
pub(crate) struct Problem {
    /// All of it.
    pub(crate) text: String,
    /// Where its first mark is.
    pub(crate) file: String,
    line: usize,
    column: usize,
    width: usize,
}

/// Words that begin a piece of advice.
const ADVICE: [&str; 20] = [
    "add", "call", "change", "convert", "derive", "give", "group", "make", "move", "name", "pass",
    "put", "read", "remove", "rename", "return", "say", "take", "use", "write",
];

/// Advice in other words: a set to choose from, what was probably meant, or where an attribute belongs.
const CHOICE: [&str; 6] = [
    "did you mean `",
    "it is one of `",
    "the rules are `",
    "this rule takes a ",
    "]` goes on ",
    " goes on the ",
];

impl Recorded {
    pub(crate) fn read(folder: &Path, name: &str) -> Self {
        let read = |ending: &str| {
            let path = folder.join(name).with_extension(ending);
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let (source, message) = (read("rs"), read("stderr"));
        let mut problems: Vec<String> = Vec::new();
        for line in message.lines() {
            if line.starts_with("error") {
                problems.push(String::new());
            }
            let problem = problems
                .last_mut()
                .unwrap_or_else(|| panic!("{name} begins with `{line}`"));
            problem.push_str(line);
            problem.push('\n');
        }
        Self {
            name: name.to_owned(),
            problems: problems
                .iter()
                .map(|text| Problem::read(name, text.trim_end()))
                .collect(),
            source,
            message,
        }
    }

    /// Lines of `cargo check` on this program without its progress: what is recorded, and the last lines, which are not.
    /// Those are an empty one, which of the errors rustc explains, and how many there were.
    pub(crate) fn lines_of_cargo(&self) -> usize {
        let explained: BTreeSet<&str> = self
            .problems
            .iter()
            .filter_map(|problem| problem.text.strip_prefix("error[")?.split_once(']'))
            .map(|(code, _)| code)
            .collect();
        let explanations = match explained.len() {
            0 => 0,
            1 => 1,
            // The list of the codes, and the way to read about one.
            _ => 2,
        };
        self.message.trim_end().lines().count() + 1 + explanations + 1
    }
}

impl Problem {
    fn read(name: &str, text: &str) -> Self {
        let mut lines = text.lines().skip(1);
        let place = lines.next().unwrap_or_default().trim_start();
        let mut parts = place
            .strip_prefix("--> ")
            .unwrap_or_default()
            .rsplitn(3, ':');
        let mut number = || {
            let number = parts.next().and_then(|part| part.parse::<usize>().ok());
            number.unwrap_or_else(|| panic!("{name}: no place\n{text}"))
        };
        let (column, line) = (number(), number());
        let marks = lines.find(|line| line.contains('^')).unwrap_or_default();
        Self {
            text: text.to_owned(),
            file: parts.next().unwrap_or_default().to_owned(),
            line,
            column,
            width: marks
                .chars()
                .skip_while(|c| *c != '^')
                .take_while(|c| *c == '^')
                .count(),
        }
    }

    /// What is wrong, and where.
    pub(crate) fn headline(&self) -> (&str, usize, usize) {
        (
            self.text.lines().next().unwrap_or_default(),
            self.line,
            self.column,
        )
    }

    /// The user's line: what stands before the mark, under it, and behind it.
    fn around(&self, source: &str) -> (Vec<char>, Vec<char>, Vec<char>) {
        let line = source.lines().nth(self.line - 1).unwrap_or_default();
        let mut before: Vec<char> = line.chars().collect();
        let mut marked = before.split_off(before.len().min(self.column - 1));
        let after = marked.split_off(marked.len().min(self.width));
        (before, marked, after)
    }

    /// What of the user's is marked.
    pub(crate) fn marked(&self, source: &str) -> String {
        self.around(source).1.into_iter().collect()
    }

    /// Whether the mark begins and ends where a token does.
    pub(crate) fn is_whole_tokens(&self, source: &str) -> bool {
        let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
        let together =
            |a: Option<&char>, b: Option<&char>| a.is_some_and(is_word) && b.is_some_and(is_word);
        let (before, marked, after) = self.around(source);
        let spaces = [marked.first(), marked.last()].map(|c| c.is_none_or(|c| c.is_whitespace()));
        spaces == [false, false]
            && !together(before.last(), marked.first())
            && !together(marked.last(), after.first())
    }

    /// What is said, without the user's own lines.
    pub(crate) fn prose(&self) -> Vec<&str> {
        let mut prose = Vec::new();
        for line in self.text.lines() {
            let said = match line.trim_start() {
                headline if line.starts_with("error") => {
                    headline.split_once(": ").map(|(_, said)| said)
                }
                note if note.starts_with("= ") => note.split_once(": ").map(|(_, said)| said),
                // Beside a mark.
                marked if marked.starts_with('|') => {
                    let label = marked.trim_start_matches(['|', ' ']);
                    let said = label.trim_start_matches(['^', '-', ' ']);
                    let marks = label.strip_suffix(said).unwrap_or_default();
                    marks.contains('^').then_some(said)
                }
                _ => None,
            };
            prose.extend(said.filter(|said| !said.is_empty()));
        }
        prose
    }

    /// Whether it says what to write: a clause that begins with a verb of advice, such a verb ahead of code, or a choice.
    pub(crate) fn advises(&self) -> bool {
        self.prose().into_iter().any(|said| {
            let mut clauses = said.split([';', ':', ',', '?']).map(|clause| {
                let clause = clause.trim();
                ["or ", "and ", "so ", "else "]
                    .iter()
                    .find_map(|joint| clause.strip_prefix(joint))
                    .unwrap_or(clause)
            });
            let begins = clauses.any(|clause| {
                ADVICE
                    .iter()
                    .any(|verb| clause.split(' ').next() == Some(verb))
            });
            let ahead_of_code = ADVICE
                .iter()
                .any(|verb| said.contains(&format!(" {verb} `")));
            begins || ahead_of_code || CHOICE.iter().any(|choice| said.contains(choice))
        })
    }
}
