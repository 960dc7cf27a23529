//! What holds for every page of the guide: it is in the table of contents and among the pages that
//! are compiled, its blocks say what they are, its links lead somewhere, and the tests that it names
//! exist.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

use agno_book::PAGES;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// What a block may be. Rust is compiled, `console` is run by `tests/guide.rs` of the workspace.
const KINDS: &[&str] = &[
    "rust",
    "rust,no_run",
    "rust,compile_fail",
    "console",
    "json",
    "python",
    "sh",
    "text",
    "toml",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(page: &str) -> String {
    fs::read_to_string(source().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

fn pages() -> impl Iterator<Item = &'static str> {
    PAGES.iter().copied()
}

fn parse(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

fn links(text: &str) -> Vec<String> {
    let links = parse(text).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    });
    links.collect()
}

/// The ids that mdBook gives to a page's headings.
fn headings(text: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in parse(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => ids.extend(heading.take().map(|text| id(&text))),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    ids
}

fn id(heading: &str) -> String {
    let letters = heading.trim().chars().filter_map(|letter| match letter {
        letter if letter.is_alphanumeric() || "_-".contains(letter) => Some(letter),
        letter if letter.is_whitespace() => Some('-'),
        _ => None,
    });
    letters.flat_map(char::to_lowercase).collect()
}

/// The path without its `..`.
fn plain(path: &Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(part) => parts.extend(part.to_str()),
            _ => {}
        }
    }
    parts.join("/")
}

fn markdown(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("is a folder") {
        let path = entry.expect("is readable").path();
        if path.is_dir() {
            markdown(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            let page = path.strip_prefix(source()).expect("is inside");
            found.insert(page.to_str().expect("is text").to_owned());
        }
    }
}

#[test]
fn every_page_is_listed_and_compiled() {
    let listed: BTreeSet<String> = links(&read("SUMMARY.md")).into_iter().collect();
    let compiled: BTreeSet<String> = pages().map(str::to_owned).collect();
    assert_eq!(listed, compiled, "SUMMARY.md and pages.rs differ");
    let mut written = BTreeSet::new();
    markdown(&source(), &mut written);
    written.remove("SUMMARY.md");
    assert_eq!(listed, written, "SUMMARY.md and the files differ");
}

#[test]
fn every_block_says_what_it_is() {
    let mut rust = 0;
    for page in pages() {
        let text = read(page);
        for event in parse(&text) {
            let Event::Start(Tag::CodeBlock(kind)) = event else {
                continue;
            };
            let CodeBlockKind::Fenced(kind) = kind else {
                panic!("{page}: a block by indentation would be compiled as Rust; fence it");
            };
            assert!(
                KINDS.contains(&&*kind),
                "{page}: a block of `{kind}`; use one of {KINDS:?}"
            );
            rust += usize::from(kind.starts_with("rust"));
        }
    }
    assert!(rust > 40, "only {rust} blocks of Rust were found");
}

#[test]
fn every_link_leads_somewhere() {
    let mut followed = 0;
    for page in pages() {
        let text = read(page);
        for link in links(&text) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => page.to_owned(),
                path => plain(&Path::new(page).with_file_name("").join(path)),
            };
            assert!(
                pages().any(|page| page == target),
                "{page}: `{link}` leads to no page"
            );
            assert!(
                anchor.is_empty() || headings(&read(&target)).contains(anchor),
                "{page}: `{link}` leads to no heading"
            );
            followed += 1;
        }
    }
    assert!(followed > 30, "only {followed} links were found");
}

/// Names in backticks like `tests/replay/values.rs::replay_r01_live_equals_replayed`.
fn named_tests(text: &str) -> Vec<(String, String)> {
    let named = parse(text).filter_map(|event| match event {
        Event::Code(code) => {
            let (file, test) = code.split_once(".rs::")?;
            Some((format!("{file}.rs"), test.to_owned()))
        }
        _ => None,
    });
    named.collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let mut found = 0;
    for page in pages() {
        for (file, test) in named_tests(&read(page)) {
            let path = root().join(&file);
            let code = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{page} names {file}: {error}"));
            assert!(
                code.contains(&format!("fn {test}(")),
                "{page} names `{test}`, which is not in {file}"
            );
            found += 1;
        }
    }
    assert!(found > 30, "only {found} tests were found");
}

/// Names in backticks like `examples/hello.rs` or `tests/ui/fail/no_steps.rs`.
#[test]
fn every_example_that_is_named_exists() {
    let mut found = 0;
    for page in pages() {
        for event in parse(&read(page)) {
            let Event::Code(code) = event else { continue };
            let is_named = ["examples/", "tests/"]
                .iter()
                .any(|at| code.starts_with(at));
            if is_named && code.ends_with(".rs") {
                assert!(root().join(&*code).exists(), "{page}: no {code}");
                found += 1;
            }
        }
    }
    assert!(found > 10, "only {found} examples were found");
}

/// Every event that Agno 3.1 sends in a workflow's stream.
const EVENTS_OF_AGNO: &[&str] = &[
    "WorkflowStarted",
    "WorkflowCompleted",
    "WorkflowPaused",
    "WorkflowError",
    "WorkflowCancelled",
    "WorkflowAgentStarted",
    "WorkflowAgentCompleted",
    "StepStarted",
    "StepProgress",
    "StepCompleted",
    "StepOutput",
    "StepError",
    "StepPaused",
    "StepContinued",
    "StepOutputReview",
    "StepExecutorPaused",
    "StepExecutorContinued",
    "LoopExecutionStarted",
    "LoopIterationStarted",
    "LoopIterationCompleted",
    "LoopExecutionCompleted",
    "ParallelExecutionStarted",
    "ParallelExecutionCompleted",
    "ConditionExecutionStarted",
    "ConditionExecutionCompleted",
    "ConditionPaused",
    "RouterExecutionStarted",
    "RouterExecutionCompleted",
    "RouterPaused",
    "StepsExecutionStarted",
    "StepsExecutionCompleted",
    "CustomEvent",
];

/// The variants of an enum, as they stand in JSON.
fn variants(code: &str, of: &str) -> Vec<String> {
    let (_, body) = code.split_once(of).expect("is declared");
    let (body, _) = body.split_once("\n}").expect("ends");
    let names = body.lines().filter_map(|line| {
        let name = line.strip_prefix("    ")?.strip_suffix(" {")?;
        name.starts_with(char::is_uppercase).then_some(name)
    });
    let snake = names.map(|name| {
        let words = name.chars().enumerate().map(|(place, letter)| {
            let begins = place > 0 && letter.is_uppercase();
            let letter = letter.to_ascii_lowercase();
            if begins {
                format!("_{letter}")
            } else {
                letter.to_string()
            }
        });
        words.collect()
    });
    snake.collect()
}

#[test]
fn every_event_is_told_of() {
    let page = read("reference/events.md");
    let told: BTreeSet<&str> = page.split('`').skip(1).step_by(2).collect();
    for name in EVENTS_OF_AGNO {
        assert!(told.contains(name), "nothing is said of Agno's {name}");
    }
    let code = fs::read_to_string(root().join("agno-storage/src/event.rs")).expect("is text");
    let ours = variants(&code, "pub enum EventKind {");
    assert!(ours.len() > 20, "{ours:?}");
    for name in ours {
        assert!(told.contains(&*name), "nothing is said of `{name}`");
    }
}

/// The rows of a page's table, without its head.
fn rows(page: &str) -> Vec<String> {
    let text = read(page);
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.skip(1).map(str::to_owned).collect()
}

/// What proves a row: a test, an example, a page.
fn proofs(row: &str) -> usize {
    let named = ["examples/", "tests/", ".md"].iter();
    named.map(|name| row.matches(name).count()).sum()
}

#[test]
fn every_scenario_is_in_the_table_with_what_proves_it() {
    let rows = rows("from-agno/scenarios.md");
    for number in 1..=38 {
        let head = format!("| A{number} |");
        let mut of = rows.iter().filter(|row| row.starts_with(&head));
        let row = of.next().unwrap_or_else(|| panic!("no {head}"));
        assert!(of.next().is_none(), "{head} is there twice");
        assert!(proofs(row) > 0, "nothing proves {row}");
    }
}

/// Faults of Agno 3.1 that were reproduced.
const FAULTS: usize = 19;

#[test]
fn every_fault_has_its_test() {
    let rows = rows("from-agno/faults.md");
    assert_eq!(rows.len(), FAULTS);
    for row in rows {
        let own = named_tests(&row).into_iter();
        let own = own.filter(|(file, _)| file.starts_with("tests/upstream_faults/"));
        assert!(own.count() > 0, "no test in {row}");
    }
}
