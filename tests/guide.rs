//! The terminals shown in the guide: each block of `console` in `book/src` is typed into a shell, and
//! what it says has to be what is printed there. Times, ages and ids may differ.
#![cfg(all(unix, feature = "agents", feature = "cli", feature = "sled"))]

use std::{
    fs,
    io::{Read, pipe},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

/// The examples that the guide starts.
const NAMES: [&str; 2] = ["hello", "topic_router"];

const START: &str = "cargo run --example ";

/// The folder of the examples, which cargo builds next to the tests; only this test may have been
/// built, as by `cargo test --test guide`.
static BINARIES: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("has a path");
    let profile = test.ancestors().nth(2).expect("stands in `deps`");
    let binaries = profile.join("examples");
    let built = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    if NAMES
        .iter()
        .any(|name| built(&binaries.join(name)) < built(&test))
    {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--package", "agno-workflows"]);
        for (feature, is_on) in [
            ("full", cfg!(all(feature = "openai", feature = "mcp"))),
            ("testing", cfg!(feature = "testing")),
        ] {
            if is_on {
                build.args(["--features", feature]);
            }
        }
        for name in NAMES {
            build.args(["--example", name]);
        }
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success(), "they build");
    }
    binaries
});

/// What is typed, and what is shown for it.
struct Typed {
    command: String,
    shown: String,
}

/// The blocks of a page. One page is one terminal: what an earlier block has stored is there.
fn terminals(page: &str) -> Vec<Typed> {
    let mut typed: Vec<Typed> = Vec::new();
    let mut inside = false;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                inside = &*kind == "console";
            }
            Event::Text(text) if inside => {
                for line in text.lines() {
                    if let Some(command) = line.strip_prefix("$ ") {
                        let (command, shown) = (command.to_owned(), String::new());
                        typed.push(Typed { command, shown });
                    } else if let Some(last) = typed.last_mut() {
                        last.shown += line;
                        last.shown.push('\n');
                    }
                }
            }
            Event::End(_) => inside = false,
            _ => {}
        }
    }
    typed
}

/// Types a command, and answers all that the terminal shows.
fn type_in(command: &str, folder: &Path) -> String {
    let mut program = command.to_owned();
    for name in NAMES {
        let binary = BINARIES.join(name);
        program = program.replace(
            &format!("{START}{name} --"),
            binary.to_str().expect("is text"),
        );
    }
    assert!(!program.contains(START), "{command}: add it to NAMES");
    let (mut reader, writer) = pipe().expect("is made");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &program])
        .current_dir(folder)
        // Under cargo, the next command to type is cargo's.
        .env("CARGO", env!("CARGO"))
        .env("AGNO_MODEL", "offline")
        .env("NO_COLOR", "1")
        .env_remove("AGNO_STORE")
        .stdin(Stdio::null())
        .stdout(writer.try_clone().expect("is one pipe"))
        .stderr(writer);
    let mut child = shell.spawn().expect("there is a shell");
    drop(shell);
    let mut shown = Vec::new();
    reader.read_to_end(&mut shown).expect("is read");
    child.wait().expect("ends");
    String::from_utf8(shown).expect("is text")
}

/// A text without what differs each time: times, ages, ids, and the width of columns of them.
fn same_each_time(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| {
        // Some shells tell the end of a process that was killed.
        !line.is_empty() && !line.contains("Killed")
    });
    let word = |word: &str| {
        let number = word.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let unit = &word[number.len()..];
        let is_time = number.parse::<f64>().is_ok() && ["ms", "s", "m"].contains(&unit);
        let is_id = word.len() == 26 && word.starts_with("01");
        match (is_time, is_id) {
            (true, _) => "TIME".to_owned(),
            (_, true) => "ID".to_owned(),
            _ => word.to_owned(),
        }
    };
    let line = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(word).collect();
        words.join(" ")
    };
    lines.map(line).collect()
}

/// The verbs that the help of a program lists.
fn verbs(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let verbs = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    verbs
        .filter(|verb| !verb.is_empty() && *verb != "help")
        .collect()
}

#[test]
fn every_verb_is_told_of() {
    let page = include_str!("../book/src/reference/command-line.md");
    let folder = tempfile::tempdir().expect("is created");
    let help = type_in(&format!("{START}hello -- --help"), folder.path());
    let verbs = verbs(&help);
    assert!(verbs.len() > 8, "{help}");
    for verb in verbs {
        let begins = [format!("`{verb} "), format!("`{verb}`")];
        assert!(
            begins.iter().any(|verb| page.contains(verb)),
            "nothing is said of `{verb}`"
        );
    }
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("is a folder") {
        let path = entry.expect("is readable").path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
}

#[test]
fn terminals_of_the_guide_show_what_is_printed() {
    let mut found = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src");
    pages(&source, &mut found);
    let mut compared = 0;
    for page in found {
        let typed = terminals(&fs::read_to_string(&page).expect("is text"));
        let folder = tempfile::tempdir().expect("is created");
        for Typed { command, shown } in typed {
            let said = type_in(&command, folder.path());
            assert_eq!(
                same_each_time(&shown),
                same_each_time(&said),
                "{}: $ {command}\n{said}",
                page.display()
            );
            compared += 1;
        }
    }
    assert!(compared >= 8, "only {compared} commands were found");
}
