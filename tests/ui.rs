//! What the compiler says to a user's mistake is part of the product: each message is a file in `ui/fail`, and
//! each is one short error at the user's token that says what to write.

use std::{fs, path::Path, path::PathBuf, process::Command};

/// The compiler that the messages were recorded with. Another one words its part differently.
const BLESSED: &str = "rustc 1.95.";

/// Longest output for one mistake.
const LINES: usize = 20;

/// Fewer files than this and some were lost.
const MISTAKES: usize = 36;

fn is_blessed_compiler() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("a compiler");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(BLESSED) {
        eprintln!("skipped: the messages were recorded with {BLESSED}x, this is {version}");
        return false;
    }
    true
}

// Apart from the odd programs: without one that runs, the mistakes are only checked, all at once.
#[test]
fn mistakes() {
    if is_blessed_compiler() {
        trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
    }
}

#[test]
fn odd_programs() {
    if is_blessed_compiler() {
        trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
    }
}

/// One recorded message.
struct Mistake {
    name: String,
    source: String,
    message: String,
}

fn recorded() -> Vec<Mistake> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/fail");
    let mut sources: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of mistakes")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    sources.sort();
    let read = |path: &Path| {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let mistake = |path: PathBuf| Mistake {
        name: path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned(),
        source: read(&path),
        message: read(&path.with_extension("stderr")),
    };
    sources.into_iter().map(mistake).collect()
}

#[test]
fn a_mistake_is_one_short_error() {
    let mistakes = recorded();
    assert!(mistakes.len() >= MISTAKES, "{} mistakes", mistakes.len());
    for Mistake {
        name,
        source,
        message,
    } in mistakes
    {
        let first = source.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("// Wanted: "),
            "{name}: the first line says what the user wanted"
        );
        // A file with several mistakes says how many.
        let expected = first.split_once("Errors: ").map_or(1, |(_, count)| {
            count
                .trim_end_matches('.')
                .parse()
                .expect("a number of errors")
        });
        let errors = message
            .lines()
            .filter(|line| line.starts_with("error"))
            .count();
        assert_eq!(errors, expected, "{name}:\n{message}");
        let lines = message.trim_end().lines().count();
        assert!(
            lines <= LINES * expected,
            "{name}: {lines} lines\n{message}"
        );
        assert!(
            !message.lines().any(|line| line.starts_with("warning")),
            "{name}:\n{message}"
        );
    }
}

#[test]
fn the_caret_is_under_a_token_of_the_user() {
    for Mistake { name, message, .. } in recorded() {
        let place = format!(" --> tests/ui/fail/{name}.rs:");
        let mut lines = message.lines();
        lines
            .find(|line| line.starts_with("error"))
            .expect("an error");
        let at = lines.next().unwrap_or_default();
        assert!(
            at.trim_start_matches(' ').starts_with(place.trim_start()),
            "{name}:\n{message}"
        );
        let marked = lines
            .by_ref()
            .find(|line| line.contains('^'))
            .unwrap_or_default();
        let width = marked.matches('^').count();
        assert!(
            (1..=40).contains(&width),
            "{name}: {width} characters are marked\n{message}"
        );
    }
}

#[test]
fn the_text_says_what_to_write() {
    const ADVICE: [&str; 20] = [
        "this rule takes",
        "write",
        "return `",
        "put",
        "use",
        "remove",
        "add",
        "rename",
        "change",
        "give",
        "name the",
        "did you mean",
        "one of",
        "the rules are",
        "derive",
        "group",
        "make",
        "goes on",
        "call a",
        "move it",
    ];
    for Mistake { name, message, .. } in recorded() {
        // Wrong arguments are rustc's own message; it names both types.
        let types = message.contains("expected `") && message.contains("found `");
        // A macro on a field is never run, so rustc alone can speak of a stray one.
        let own = types || message.contains("expected non-macro attribute");
        let advised = ADVICE.iter().any(|word| message.contains(word));
        assert!(own || advised, "{name}:\n{message}");
    }
}
