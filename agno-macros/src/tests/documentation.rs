//! What the documentation says: every option is there, and every message in it is one that a user can get.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::{errors, tokens, workflow};
use crate::parse::table::{self, Table};

fn package() -> PathBuf {
    // Of the tests, so that a package that was moved is found.
    PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests"))
}

fn page(name: &str) -> String {
    let path = package().join("docs").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const PAGES: [&str; 7] = [
    "workflow.md",
    "step.md",
    "flow.md",
    "allow_in_flow.md",
    "data.md",
    "state.md",
    "tool.md",
];

/// The part under the heading of an option, up to the next heading.
fn section<'p>(page: &'p str, heading: &str) -> Option<&'p str> {
    let start = page.find(&format!("\n{heading}\n"))? + heading.len() + 2;
    let rest = &page[start..];
    // A line that is left out of an example begins with `#` too.
    let end = ["\n## ", "\n# B", "\n# I", "\n# On its own"]
        .iter()
        .filter_map(|next| rest.find(next));
    Some(&rest[..end.min().unwrap_or(rest.len())])
}

/// The blocks of code that begin with this word.
fn blocks<'p>(text: &'p str, language: &str) -> Vec<&'p str> {
    let fenced = text.split("```").skip(1).step_by(2);
    fenced
        .filter_map(|block| block.strip_prefix(language))
        .collect()
}

#[test]
fn every_option_has_default_example_and_error() {
    let tables: [(&str, &Table); 8] = [
        ("workflow.md", &table::STRUCT),
        ("workflow.md", &table::STRUCT_OF_STEPS),
        ("workflow.md", &table::IMPL),
        ("step.md", &table::STEP),
        ("step.md", &table::FIELD),
        ("flow.md", &table::FLOW),
        ("data.md", &table::DATA),
        ("tool.md", &table::TOOL),
    ];
    let state = ("state.md", &table::STATE);
    for (file, table) in tables.into_iter().chain([state]) {
        let page = page(file);
        for name in table.names() {
            let heading = format!("## `{name}`");
            let section = section(&page, &heading).unwrap_or_else(|| panic!("{file}: {heading}"));
            assert!(section.contains("Default: "), "{file}: {heading}: default");
            let mut examples = blocks(section, "rust\n").into_iter();
            assert!(
                examples.any(|code| uses(code, name)),
                "{file}: {heading}: example"
            );
            let mut messages = blocks(section, "text\n").into_iter();
            assert!(
                messages.any(|text| text.starts_with("error")),
                "{file}: {heading}: error"
            );
        }
    }
}

/// An option in code, and not a word that happens to be called so.
fn uses(code: &str, name: &str) -> bool {
    [" = ", "(", ")", ","]
        .iter()
        .any(|end| code.contains(&format!("{name}{end}")))
}

#[test]
fn every_option_inside_of_one_has_a_row_and_an_example() {
    let rules = table::MERGE_RULES.map(|(name, _)| name);
    let names = |table: &'static Table| table.names().collect::<Vec<_>>();
    for (file, heading, names) in [
        ("step.md", "## `retry`", names(&table::RETRY)),
        ("step.md", "## `cache`", names(&table::CACHE)),
        ("step.md", "## `confirm`", names(&table::CONFIRM)),
        ("allow_in_flow.md", "# Options", names(&table::ALLOW)),
        ("state.md", "# `#[merge(..)]` on a field", rules.to_vec()),
    ] {
        let page = page(file);
        let section = section(&page, heading).unwrap_or_else(|| panic!("{file}: {heading}"));
        for name in names {
            let mut rows = section.lines().filter(|line| line.starts_with("| `"));
            let begins = [format!("| `{name}`"), format!("| `{name} =")];
            assert!(
                rows.any(|row| begins.iter().any(|begin| row.starts_with(begin))),
                "{file}: {heading}: {name}"
            );
            assert!(
                blocks(section, "rust\n")
                    .iter()
                    .any(|code| uses(code, name)),
                "{file}: {heading}: example of {name}"
            );
        }
    }
    let page = page("tool.md");
    let section = section(&page, "## `cache`").expect("a section");
    assert!(
        table::TOOL_CACHE
            .names()
            .all(|name| section.contains(&format!("{name} = ")))
    );
}

#[test]
fn nothing_in_the_documentation_is_left_untested() {
    for name in PAGES {
        let page = page(name);
        for block in page.split("```").skip(1).step_by(2) {
            let language = block.lines().next().unwrap_or_default();
            assert!(["rust", "text"].contains(&language), "{name}: {language}");
        }
    }
}

/// The messages that the documentation shows. The recorded warnings are denied, so they are errors.
fn shown() -> Vec<(&'static str, String)> {
    let mut shown = Vec::new();
    for name in PAGES {
        let page = page(name);
        for line in blocks(&page, "text\n").into_iter().flat_map(str::lines) {
            let denied = line.replacen("warning:", "error:", 1);
            assert!(denied.starts_with("error"), "{name}: {line}");
            shown.push((name, denied));
        }
    }
    shown
}

/// Whether the text holds the parts of the pattern in order; `..` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    pattern.split("..").all(|part| {
        let part = part.trim_matches([' ', '(', ')']);
        match rest.find(part) {
            Some(place) => {
                rest = &rest[place + part.len()..];
                true
            }
            None => false,
        }
    })
}

#[test]
fn every_message_in_the_documentation_is_one_that_a_user_gets() {
    let mut known = recorded();
    known.extend(produced().iter().map(|message| format!("error: {message}")));
    let unknown: Vec<String> = shown()
        .into_iter()
        .filter(|(_, line)| !known.iter().any(|message| fits(line, message)))
        .map(|(page, line)| format!("{page}: {line}"))
        .collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// What rustc answered to each mistake of `tests/ui/fail`, as one line.
fn recorded() -> Vec<String> {
    let folder = package().join("../tests/ui/fail");
    let is_answer = |path: &Path| path.extension().is_some_and(|end| end == "stderr");
    // A package by itself has only the messages of the macros.
    let files = fs::read_dir(folder).into_iter().flatten();
    let paths = files.map(|file| file.expect("a file").path());
    let texts = paths
        .filter(|path| is_answer(path))
        .map(|path| fs::read_to_string(path).expect("a text"));
    texts
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// What the macros answer to mistakes for which rustc is not needed.
fn produced() -> Vec<String> {
    let mut messages = Vec::new();
    for options in [
        r#"timeout = "1s", timeout = "2s""#,
        r#"after = "read""#,
        r#"retry(backoff = "1s")"#,
        r#"retry(max = "3")"#,
        r#"retry(max = 3, factor = 0.5)"#,
        r#"retry(max = 3, backoff = "2s", max_delay = "1s")"#,
        r#"retry(max = 3, jitter = 1)"#,
        r#"timeout = "0s""#,
        r#"cache(scope = "all")"#,
        r#"ttl = "1h""#,
        r#"confirm(question = "x")"#,
        r#"at_most_once = true"#,
        r#"version = 0"#,
        r#"name = """#,
        r#"name = "a/b""#,
        r#"input = "{previous}""#,
    ] {
        let step = format!("#[step({options})] async fn search(&self, topic: T) -> T {{ x }}");
        messages.extend(errors(workflow("", &format!("impl Article {{ {step} }}"))));
    }
    for (args, item) in [
        ("name = Article", "struct Article;"),
        ("name = \" \"", "struct Article;"),
        ("nmae = \"Article\"", "struct Article;"),
        ("version = 0", "struct Article;"),
        ("version = \"2\"", "struct Article;"),
        ("on_drift = \"ignore\"", "struct Article;"),
        ("crate = \"my_agno\"", "struct Article;"),
        (
            "state = \"Notes\"",
            "impl Article { #[step] fn a(&self) {} }",
        ),
        (
            "",
            r#"struct Article {
                #[step] researcher: A,
                #[step(input = "{writer}")] writer: B,
                #[step(input = "{reseacher}")] editor: C
            }"#,
        ),
        (
            "",
            r#"struct Article { #[step] a: A, #[step] researcher: R, #[step(input = "{writer}")] writer: B }"#,
        ),
    ] {
        messages.extend(errors(workflow(args, item)));
    }
    for statement in [
        "let x = Uuid::new_v4();",
        "let x = fastrand::u8();",
        "let x = TcpStream::connect(y);",
        "#[allow_in_flow(clok = \"it is only logged\")] let x = Instant::now();",
    ] {
        let item = format!(
            "impl Article {{
                #[step] fn search(&self) {{}}
                #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ {statement} flow.search().await }}
            }}"
        );
        messages.extend(errors(workflow("", &item)));
    }
    for options in ["retry(max = 3)", "history = 3"] {
        let item = format!(
            "impl Article {{
                #[step] fn search(&self) {{}}
                #[flow({options})] async fn run(flow: &Flow<Self>) -> Result<()> {{ flow.search().await }}
            }}"
        );
        messages.extend(errors(workflow("", &item)));
    }
    let stray = crate::entry::stray("allow_in_flow", &tokens(""), &tokens("fn a() {}"));
    messages.extend(errors(stray));
    for (args, item) in [
        ("", "fn a() {}"),
        ("name = 1", "struct A;"),
        ("crate = \"x\"", "struct A;"),
        ("", "struct A { text: &str }"),
    ] {
        messages.extend(errors(crate::data::data(tokens(args), &tokens(item))));
    }
    for item in [
        "struct N { #[merge(apend)] a: u8 }",
        "struct N { #[merge(sum)] #[merge(max)] a: u8 }",
        "struct N { #[merge(sum)] #[serde(skip)] a: u8 }",
        "struct N { #[serde(flatten)] a: u8 }",
        "#[state(crate = \"x\")] struct N { a: u8 }",
    ] {
        messages.extend(errors(crate::state::derive(tokens(item))));
    }
    let long = format!("name = \"{}\"", "a".repeat(65));
    for args in [
        long.as_str(),
        "name = \"a b\"",
        "confirm = \" \"",
        "allow_identity = true",
        "retry(max = 3)",
        "ttl = \"5m\"",
        "at_most_once",
        "crate = \"x\"",
    ] {
        let item = tokens("/// Works.\nfn search() {}");
        messages.extend(errors(crate::tool::tool(tokens(args), item)));
    }
    messages
}
