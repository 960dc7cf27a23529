//! The terminals shown in the guide: each block of `console` in `book/src` is typed into a shell, and
//! what it says has to be what is printed there. Times, ages and ids may differ. Commands that are
//! only named have to be there.
#![cfg(all(unix, feature = "agents", feature = "cli", feature = "sled"))]

use std::{
    collections::{BTreeMap, BTreeSet},
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
    let is_old = |name: &&str| built(&binaries.join(name)) < built(&test);
    if std::env::var_os("AGNO_BUILT").is_none() && NAMES.iter().any(is_old) {
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

/// The options that a text names: `--run-id` of "`--run-id ID`".
fn options(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| letter != '-' && !letter.is_ascii_alphanumeric());
    let named = words.filter_map(|word| word.strip_prefix("--"));
    let named = named.filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    named.map(str::to_owned).collect()
}

/// What each verb of a program takes.
struct Help(BTreeMap<String, BTreeSet<String>>);

impl Help {
    fn read() -> Self {
        let folder = tempfile::tempdir().expect("is created");
        let ask = |words: &str| type_in(&format!("{START}hello -- {words}--help"), folder.path());
        let help = ask("");
        let verbs = verbs(&help);
        assert!(verbs.len() > 8, "{help}");
        let taken = |help: &str| -> BTreeSet<String> {
            let lines = help.lines().filter(|line| line.trim().starts_with('-'));
            let left = lines.filter_map(|line| line.split_once("--"));
            let first = left.filter_map(|(_, name)| name.split([' ', '=']).next());
            first.map(str::to_owned).collect()
        };
        // Those of `cache clear` and its like are taken by `cache`.
        let of = |verb: &str| {
            let help = ask(&format!("{verb} "));
            let inner = self::verbs(&help).into_iter();
            let inner = inner.flat_map(|inner| taken(&ask(&format!("{verb} {inner} "))));
            taken(&help).into_iter().chain(inner).collect()
        };
        Self(
            verbs
                .into_iter()
                .map(|verb| (verb.to_owned(), of(verb)))
                .collect(),
        )
    }

    fn takes(&self, verb: &str, option: &str) -> bool {
        let taken = self.0.get(verb);
        taken.is_some_and(|options| options.contains(option))
    }
}

/// What is told of many verbs at once, below the table.
const COMMON: [&str; 6] = ["by", "help", "json", "no-input", "no-wait", "store"];

#[test]
fn every_verb_and_option_is_told_of_and_no_other() {
    let page = include_str!("../book/src/reference/command-line.md");
    let help = Help::read();
    let (table, rest) = page.split_once("## Options of `run`").expect("is there");
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let commands = row.split('|').nth(1).expect("a cell");
        let commands = commands.split('`').skip(1).step_by(2);
        let verbs = commands.filter_map(|command| command.split(' ').next());
        let verbs: BTreeSet<&str> = verbs.collect();
        for option in options(row) {
            let is_taken = verbs.iter().any(|verb| help.takes(verb, &option));
            assert!(is_taken, "no `--{option}` of {verbs:?}");
        }
        for verb in verbs {
            told.entry(verb.to_owned())
                .or_default()
                .extend(options(row));
        }
    }
    let of_run = rest.split_once("## ").map_or(rest, |(section, _)| section);
    let of_run = of_run.lines().filter(|line| line.starts_with("| `--"));
    let run = told.entry("run".to_owned()).or_default();
    for row in of_run {
        run.extend(options(row.split('|').nth(1).expect("a cell")));
    }
    for option in run.iter() {
        assert!(help.takes("run", option), "no `--{option}` of `run`");
    }
    // `-i`, and the field of the example.
    run.extend(["input", "name"].map(str::to_owned));
    for (verb, options) in &help.0 {
        let Some(told) = told.get(verb) else {
            panic!("nothing is said of `{verb}`");
        };
        for option in options {
            let is_told = told.contains(option) || COMMON.contains(&option.as_str());
            assert!(is_told, "nothing is said of `{verb} --{option}`");
        }
    }
    for option in COMMON.iter().filter(|option| **option != "help") {
        assert!(
            page.contains(&format!("--{option}")),
            "nothing is said of `--{option}`"
        );
    }
}

/// The program that pages name commands of, and the fields of its inputs.
const NAMED: (&str, [&str; 2]) = ("report ", ["topic", "images"]);

#[test]
fn every_command_that_is_named_is_one() {
    let help = Help::read();
    let mut found = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src");
    pages(&source, &mut found);
    let mut checked = 0;
    for page in found {
        let text = fs::read_to_string(&page).expect("is text");
        let commands = text.lines().flat_map(|line| line.split('`'));
        let commands = commands.filter_map(|command| command.strip_prefix(NAMED.0));
        for command in commands {
            let command = command.split(" #").next().unwrap_or(command);
            let verb = command.split(' ').next().unwrap_or_default();
            let at = page.display();
            assert!(help.0.contains_key(verb), "{at}: no `{verb}`: {command}");
            for option in options(command) {
                let is_taken = help.takes(verb, &option)
                    || verb == "run" && NAMED.1.contains(&option.as_str())
                    || option == "store";
                assert!(is_taken, "{at}: no `--{option}` of `{verb}`");
            }
            checked += 1;
        }
    }
    assert!(checked > 30, "only {checked} commands were found");
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
            let (shown, mut lines) = (same_each_time(&shown), same_each_time(&said));
            if command.starts_with("AGNO_CRASH_AFTER") {
                // Whether the end of the step is told before the signal comes, nobody knows.
                lines.truncate(shown.len());
            }
            assert_eq!(shown, lines, "{}: $ {command}\n{said}", page.display());
            compared += 1;
        }
    }
    assert!(compared >= 8, "only {compared} commands were found");
}
