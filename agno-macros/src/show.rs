//! `AGNO_EXPAND=Article cargo check` shows what the macros make of `Article`.
//!
//! It is for reading and must not change a build: whatever fails here, the expansion is returned as it is.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;

/// Names of types and functions with commas between them, or `all`.
const SWITCH: &str = "AGNO_EXPAND";

/// rustfmt answers within a second. It may also be a proxy that waits for a network.
const PATIENCE: Duration = Duration::from_secs(5);

/// The expansion, which is shown if the switch names its item.
pub(crate) fn shown(
    attribute: &str,
    item: TokenStream,
    expand: impl FnOnce(TokenStream) -> TokenStream,
) -> TokenStream {
    let subject = Subject::of(&item);
    let expansion = expand(item);
    let Some(subject) = subject else {
        return expansion;
    };
    let wanted = env::var_os(SWITCH);
    if wanted.is_some_and(|wanted| subject.is_in(&wanted.to_string_lossy())) {
        let source = formatted(&expansion.to_string(), "rustfmt", PATIENCE);
        let (keyword, name) = (&subject.keyword, &subject.name);
        let text = format!("// `{keyword} {name}`, as {attribute} expands it\n{source}\n");
        // Nobody may listen any more.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
    // Cargo remembers which variables a crate asked for: with another value it is compiled again. A function may be
    // one of an impl block, where the macro is a mistake and a constant another one.
    let tracked = subject.keyword != "fn" || !holds_error(expansion.clone());
    let track = tracked.then(|| {
        quote!(
            const _: () = {
                let _ = ::core::option_env!(#SWITCH);
            };
        )
    });
    quote!(#expansion #track)
}

/// What an item is, as far as the switch is concerned.
#[derive(Debug, PartialEq, Eq)]
struct Subject {
    keyword: String,
    /// Of an impl block, the type's.
    name: String,
}

impl Subject {
    fn of(item: &TokenStream) -> Option<Self> {
        let mut tokens = item.clone().into_iter();
        let keyword = tokens.find_map(|token| match token {
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                ["struct", "enum", "union", "impl", "fn"]
                    .contains(&text.as_str())
                    .then_some(text)
            }
            _ => None,
        })?;
        let name = if keyword == "impl" {
            of_type(tokens)
        } else {
            match tokens.next() {
                Some(TokenTree::Ident(ident)) => Some(ident.unraw().to_string()),
                _ => None,
            }
        };
        name.map(|name| Self { keyword, name })
    }

    fn is_in(&self, wanted: &str) -> bool {
        wanted
            .split(',')
            .map(str::trim)
            .any(|wanted| wanted == "all" || wanted.trim_start_matches("r#") == self.name)
    }
}

/// `Article` of `impl<T> Trait for path::Article<T> where ..`
fn of_type(tokens: impl Iterator<Item = TokenTree>) -> Option<String> {
    let mut depth = 0_usize;
    let mut name = None;
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => depth = depth.saturating_sub(1),
            TokenTree::Ident(ident) if ident == "where" => break,
            TokenTree::Ident(ident) if depth == 0 => name = Some(ident.unraw().to_string()),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
            _ => {}
        }
    }
    name
}

fn holds_error(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "compile_error",
        TokenTree::Group(group) => holds_error(group.stream()),
        _ => false,
    })
}

/// As `rustfmt` prints it, or as it is.
fn formatted(source: &str, rustfmt: &str, patience: Duration) -> String {
    let formatted = file_of(source).and_then(|input| by_rustfmt(input, rustfmt, patience));
    formatted.unwrap_or_else(|| source.to_owned())
}

fn by_rustfmt(input: File, rustfmt: &str, patience: Duration) -> Option<String> {
    let mut child = Command::new(rustfmt)
        .args(["--edition", "2024"])
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut output = child.stdout.take()?;
    let (answer, answered) = mpsc::channel();
    // Read while it writes: a full pipe would stop it.
    thread::spawn(move || {
        let mut text = String::new();
        let read = output.read_to_string(&mut text);
        let _ = answer.send(read.map(|_| text));
    });
    let deadline = Instant::now() + patience;
    let status = loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(2)),
            Ok(Some(status)) => break status,
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let text = answered.recv_timeout(left).ok()?.ok()?;
    (status.success() && !text.trim().is_empty()).then_some(text)
}

/// A file without a name that holds the source, to be read from its beginning. Not a pipe: rustc ends when it writes to
/// a program that has gone.
fn file_of(source: &str) -> Option<File> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("agno-expand-{}-{count}.rs", std::process::id());
    let path = env::temp_dir().join(name);
    let mut file = File::create_new(&path).ok()?;
    let written = file.write_all(source.as_bytes());
    let input = File::open(&path);
    // Where an open file cannot be removed, it stays in the folder of temporary files.
    let _ = fs::remove_file(&path);
    written.and(input).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(item: &str) -> Option<(String, String)> {
        let tokens = item.parse().expect("tokens");
        Subject::of(&tokens).map(|subject| (subject.keyword, subject.name))
    }

    #[test]
    fn an_item_goes_by_the_name_that_a_user_calls_it() {
        for (item, keyword, name) in [
            ("/// Text.\n pub struct Article;", "struct", "Article"),
            ("#[serde(tag = \"kind\")] enum Kind { A }", "enum", "Kind"),
            ("impl Article { fn a() {} }", "impl", "Article"),
            (
                "impl crate::news::Article where u8: Copy {}",
                "impl",
                "Article",
            ),
            (
                "impl<T: Into<u8>> Trait<T> for Article<T> {}",
                "impl",
                "Article",
            ),
            ("pub(crate) async fn r#match(x: u8) {}", "fn", "match"),
        ] {
            let wanted = (keyword.to_owned(), name.to_owned());
            assert_eq!(subject(item), Some(wanted), "{item}");
        }
        for item in ["", "struct", "use std::fmt;", "impl {}"] {
            assert_eq!(subject(item), None, "{item}");
        }
    }

    #[test]
    fn the_switch_names_one_or_several_or_all() {
        let article = Subject {
            keyword: "struct".to_owned(),
            name: "Article".to_owned(),
        };
        for wanted in ["Article", "all", "Other, Article", "r#Article"] {
            assert!(article.is_in(wanted), "{wanted}");
        }
        for wanted in ["", "article", "Articles", "Other,"] {
            assert!(!article.is_in(wanted), "{wanted}");
        }
    }

    #[test]
    fn a_method_is_given_no_constant_beside_its_error() {
        let expanded = |expansion: &str| {
            let expansion: TokenStream = expansion.parse().expect("tokens");
            shown(
                "#[tool]",
                quote!(
                    fn search() {}
                ),
                |_| expansion,
            )
            .to_string()
        };
        assert!(expanded("fn search() {}").contains("option_env"));
        assert!(!expanded("fn search() {} ::core::compile_error!(\"no\");").contains("option_env"));
    }

    const SOURCE: &str = "struct   Article ;";

    #[test]
    fn without_rustfmt_the_tokens_are_shown_as_they_are() {
        for missing in ["no-such-program-anywhere", "/", "false"] {
            assert_eq!(formatted(SOURCE, missing, PATIENCE), SOURCE);
        }
        // It takes everything, and answers nothing.
        assert_eq!(formatted(SOURCE, "true", PATIENCE), SOURCE);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_never_answers_is_given_up() {
        use std::os::unix::fs::PermissionsExt;

        let folder = env::temp_dir().join(format!("agno-no-rustfmt-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let program = folder.join("rustfmt");
        std::fs::write(&program, "#!/bin/sh\nexec sleep 1000\n").expect("a file");
        let mut permissions = std::fs::metadata(&program).expect("a file").permissions();
        permissions.set_mode(0o755);
        std::fs::set_permissions(&program, permissions).expect("ours");
        // More than a pipe holds, so that writing stops as well.
        let source = SOURCE.repeat(10_000);
        let shown = formatted(
            &source,
            &program.to_string_lossy(),
            Duration::from_millis(50),
        );
        assert_eq!(shown, source);
        std::fs::remove_dir_all(&folder).expect("ours");
    }
}
