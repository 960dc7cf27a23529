//! What the compiler says to a user's mistake is part of the product: each message is a file in `ui/fail`, and
//! each is one short error at the user's token that says what to write.
//!
//! The tests that read the recorded messages run on every compiler; those that compile run on the one that the
//! messages were recorded with.

use std::{collections::BTreeSet, fs, path::Path, path::PathBuf, process::Command};

#[path = "ui/recorded.rs"]
mod recorded;

use recorded::{Problem, Recorded};

/// The compiler that the messages were recorded with. Another one words its part differently.
const BLESSED: &str = "1.95";

/// Longest output for one mistake.
const LINES: usize = 20;

/// Widest mark under a user's line.
const WIDTH: usize = 40;

/// Fewer files than this and some were lost.
const MISTAKES: usize = 280;

/// Why nothing is compiled on this compiler, if it is another one. `version` is what `rustc --version` says.
fn skipped(version: &str) -> Option<String> {
    let release = version
        .strip_prefix("rustc ")
        .and_then(|rest| rest.split(' ').next());
    // A beta or a nightly of the same number is another compiler.
    let is_blessed = release
        .and_then(|release| release.strip_prefix(BLESSED))
        .and_then(|rest| rest.strip_prefix('.'))
        .is_some_and(|patch| patch.parse::<u32>().is_ok());
    (!is_blessed).then(|| {
        format!(
            "skipped: the messages were recorded with rustc {BLESSED}, and this is {}",
            version.trim()
        )
    })
}

fn is_blessed_compiler() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("a compiler");
    let skipped = skipped(&String::from_utf8_lossy(&version.stdout));
    if let Some(reason) = &skipped {
        eprintln!("{reason}");
    }
    skipped.is_none()
}

#[test]
fn another_compiler_is_named_and_skipped() {
    assert_eq!(skipped("rustc 1.95.0 (59807616e 2026-04-14)\n"), None);
    assert_eq!(skipped("rustc 1.95.12"), None);
    for other in [
        "rustc 1.96.0 (abcdef012 2026-05-28)",
        "rustc 1.9.5",
        "rustc 1.950.0",
        "rustc 1.95.0-beta.3 (abcdef012 2026-03-01)",
        "rustc 1.95.0-nightly (abcdef012 2026-02-01)",
        "a wrapper",
    ] {
        assert_eq!(
            skipped(&format!("{other}\n")),
            Some(format!(
                "skipped: the messages were recorded with rustc 1.95, and this is {other}"
            ))
        );
    }
}

// Without a program that runs they are only checked, all at once: those that compile are in `tests/programs`.
#[test]
fn mistakes() {
    if is_blessed_compiler() {
        trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/fail")
}

/// The names of the files in the gallery with this ending.
fn names(ending: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder()).expect("the folder of mistakes");
    files
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == ending)
        })
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

fn gallery() -> Vec<Recorded> {
    let names = names("rs");
    names
        .iter()
        .map(|name| Recorded::read(&folder(), name))
        .collect()
}

/// Each problem of each mistake.
fn problems(gallery: &[Recorded]) -> impl Iterator<Item = (&Recorded, &Problem)> {
    gallery.iter().flat_map(|recorded| {
        recorded
            .problems
            .iter()
            .map(move |problem| (recorded, problem))
    })
}

#[test]
fn every_mistake_has_its_message_and_every_message_its_mistake() {
    assert_eq!(names("rs"), names("stderr"));
    let mistakes = names("rs").len();
    assert!(mistakes >= MISTAKES, "{mistakes} mistakes");
}

#[test]
fn a_mistake_is_one_short_error() {
    for recorded in gallery() {
        let Recorded {
            name,
            source,
            message,
            ..
        } = &recorded;
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
        assert_eq!(recorded.problems.len(), expected, "{name}:\n{message}");
        let headlines: BTreeSet<_> = recorded.problems.iter().map(Problem::headline).collect();
        assert_eq!(
            headlines.len(),
            expected,
            "{name}: one is said twice\n{message}"
        );
        for problem in &recorded.problems {
            let lines = problem.text.lines().count();
            assert!(lines <= LINES, "{name}: {lines} lines\n{message}");
        }
        assert!(
            !message.lines().any(|line| line.starts_with("warning")),
            "{name}:\n{message}"
        );
    }
}

#[test]
fn the_caret_is_under_a_token_of_the_user() {
    for (recorded, problem) in problems(&gallery()) {
        let (name, text) = (&recorded.name, &problem.text);
        assert_eq!(
            problem.file,
            format!("tests/ui/fail/{name}.rs"),
            "{name}:\n{text}"
        );
        let marked = problem.marked(&recorded.source);
        let width = marked.chars().count();
        assert!(
            (1..=WIDTH).contains(&width),
            "{name}: `{marked}` is marked\n{text}"
        );
        assert!(
            problem.is_whole_tokens(&recorded.source),
            "{name}: `{marked}` is a part of a word\n{text}"
        );
        // An attribute is marked where it is itself out of place. What it has found is elsewhere.
        assert!(
            !["#[workflow", "#[tool", "#[data", "#[derive"]
                .iter()
                .any(|macros| marked.starts_with(macros)),
            "{name}: `{marked}` is marked\n{text}"
        );
    }
}

/// Nothing that is only in generated code, and none of its helpers, is news to a user.
#[test]
fn no_name_of_the_macros_leaks() {
    const INTERNAL: [&str; 9] = [
        "__private",
        "__agno",
        "__Agno",
        "__Arguments",
        "macro_support",
        "Codec",
        "Probe",
        "required by this bound in `codec`",
        "::define",
    ];
    for recorded in gallery() {
        let leaked = INTERNAL
            .iter()
            .find(|name| recorded.message.contains(**name));
        assert_eq!(leaked, None, "{}:\n{}", recorded.name, recorded.message);
    }
}

/// What rustc alone can say, and the words in which it says what to change.
const BY_RUSTC: [(&str, &str); 9] = [
    // A method that nothing calls is rustc's own to see.
    ("warn_step_never_called_by_helpers", "is never used"),
    // It names both types.
    (
        "wrong_input_type_in_flow",
        "expected `String`, found `Vec<String>`",
    ),
    ("peers_1_wrong_input_type", "expected `u64`, found `String`"),
    (
        "route_without_an_arm",
        "ensure that all possible cases are being handled",
    ),
    // It names the value, its type, and the await.
    (
        "future_not_send",
        "has type `Rc<std::string::String>` which is not `Send`",
    ),
    (
        "tool_future_not_send",
        "has type `Rc<std::string::String>` which is not `Send`",
    ),
    ("private_input", "can't leak private type"),
    // A macro on a field is never run.
    ("field_of_unmarked_struct", "expected non-macro attribute"),
    // The advice is the name of the bound: rustc quotes nothing else there.
    (
        "field_beside_impl",
        "its_steps_stand_in_its_fields_or_in_one_impl_block",
    ),
];

#[test]
fn the_text_says_what_to_write() {
    let gallery = gallery();
    for (name, _) in BY_RUSTC {
        assert!(
            gallery.iter().any(|recorded| recorded.name == name),
            "{name} is gone"
        );
    }
    let mut silent = Vec::new();
    for (recorded, problem) in problems(&gallery) {
        let (name, text) = (&recorded.name, &problem.text);
        let advised = match BY_RUSTC.iter().find(|(rustc, _)| rustc == name) {
            Some((_, words)) => text.contains(words),
            None => problem.advises(),
        };
        if !advised {
            silent.push(format!("{name}: {:#?}", problem.prose()));
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// The mistakes that were measured in four other projects. What the guide says of them is what is recorded here.
#[test]
fn the_guide_counts_what_the_compiler_says() {
    let page =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src/reference/compiler-messages.md");
    let page = fs::read_to_string(page).expect("the page of the guide");
    let gallery = gallery();
    let faults: Vec<&Recorded> = gallery
        .iter()
        .filter(|recorded| recorded.name.starts_with("peers_"))
        .collect();
    assert_eq!(faults.len(), 6);
    for fault in faults {
        let count = format!(
            "`tests/ui/fail/{}.rs` | {} | {} |",
            fault.name,
            fault.problems.len(),
            fault.lines_of_cargo(),
        );
        assert!(page.contains(&count), "the page does not say\n{count}");
    }
    // Whole messages are quoted as they are.
    let mut quoted = 0;
    for recorded in &gallery {
        if page.contains(&format!("--> tests/ui/fail/{}.rs:", recorded.name)) {
            quoted += 1;
            let whole = format!("```text\n{}\n```", recorded.message.trim_end());
            assert!(
                page.contains(&whole),
                "{} is quoted differently",
                recorded.name
            );
        }
    }
    assert!(quoted >= 3, "{quoted} messages are quoted");
}

/// Each of those programs is the fault-free one with one change.
#[test]
fn the_compared_programs_differ_in_their_fault_alone() {
    let sound = folder().with_file_name("peers_without_a_fault.rs");
    let sound = fs::read_to_string(sound).expect("the program without a fault");
    let sound: Vec<&str> = sound.lines().skip(1).collect();
    for fault in gallery() {
        if !fault.name.starts_with("peers_") {
            continue;
        }
        let lines: Vec<&str> = fault.source.lines().skip(1).collect();
        let alike = |a: &[&str], b: &[&str]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let before = alike(&sound, &lines);
        let (mut left, mut right) = (sound[before..].to_vec(), lines[before..].to_vec());
        left.reverse();
        right.reverse();
        let after = alike(&left, &right);
        let changed = (left.len() - after).max(right.len() - after);
        assert!(
            (1..=2).contains(&changed),
            "{}: {changed} lines differ",
            fault.name
        );
    }
}
