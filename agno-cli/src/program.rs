//! How this program was started, for the commands it names.

use std::{env, ffi::OsString, path::Path};

use agno_core::storage::StoreConfig;

use crate::text;

/// How this program is called.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    words: String,
    /// The arguments, as a shell reads them, without `--store`.
    typed: Vec<String>,
    /// The store, if it is not the default.
    store: Option<String>,
}

impl Program {
    /// As this process was started, with `args`.
    pub(crate) fn current(args: &[OsString]) -> Self {
        let typed = env::args_os().next().unwrap_or_default();
        let path = env::current_exe().unwrap_or_default();
        let under_cargo = env::var_os("CARGO").is_some();
        Self {
            words: words(&typed.to_string_lossy(), &path, under_cargo, on_path),
            typed: without_store(args),
            store: None,
        }
    }

    /// With a store that commands have to name.
    pub(crate) fn with_store(&self, store: Option<String>) -> Self {
        Self {
            store,
            ..self.clone()
        }
    }

    /// The program itself: `hello`, `cargo run --`.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// A command to type: `hello resume 01k9`.
    pub(crate) fn command(&self, arguments: &str) -> String {
        let store = match &self.store {
            Some(store) => format!(" --store {}", text::quoted(store)),
            None => String::new(),
        };
        format!("{} {arguments}{store}", self.words)
    }

    /// The command that was typed; `verb` if that was nothing.
    pub(crate) fn again(&self, verb: &str) -> String {
        match self.typed.is_empty() {
            true => self.command(verb),
            false => self.command(&self.typed.join(" ")),
        }
    }

    /// The command that was typed, with one more word.
    pub(crate) fn again_and(&self, verb: &str, more: &str) -> String {
        match self.typed.is_empty() {
            true => self.command(&format!("{verb} {more}")),
            false => self.command(&format!("{} {more}", self.typed.join(" "))),
        }
    }

    /// The command that was typed, with a workflow's name.
    pub(crate) fn again_with(&self, verb: &str, workflow: &str) -> String {
        let mut typed = self.typed.clone();
        let place = match typed.iter().position(|word| word == verb) {
            Some(place) => place + 1,
            None => {
                typed.insert(0, verb.to_owned());
                1
            }
        };
        typed.insert(place, text::quoted(workflow));
        self.command(&typed.join(" "))
    }
}

fn without_store(args: &[OsString]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut args = args.iter().map(|arg| arg.to_string_lossy());
    while let Some(arg) = args.next() {
        if arg == "--store" {
            args.next();
        } else if !arg.starts_with("--store=") {
            // Another store may be named by `--to`.
            let shown = match arg.contains("postgres") {
                true => StoreConfig::masked(&arg),
                false => arg.into_owned(),
            };
            kept.push(text::quoted(&shown));
        }
    }
    kept
}

fn words(typed: &str, path: &Path, under_cargo: bool, on_path: impl Fn(&Path) -> bool) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    if under_cargo {
        let directory = |name: &str| path.components().any(|part| part.as_os_str() == name);
        let release = if directory("release") {
            " --release"
        } else {
            ""
        };
        let example = path
            .parent()
            .is_some_and(|parent| parent.ends_with("examples"));
        return match example {
            true => format!("cargo run{release} --example {} --", text::quoted(&name)),
            false => format!("cargo run{release} --"),
        };
    }
    match typed {
        "" => text::quoted(&name),
        typed if on_path(path) => {
            let typed = Path::new(typed).file_name().unwrap_or_default();
            text::quoted(&typed.to_string_lossy())
        }
        typed => text::quoted(typed),
    }
}

/// Whether the program's name alone starts it.
fn on_path(program: &Path) -> bool {
    let (Some(name), Some(places)) = (program.file_name(), env::var_os("PATH")) else {
        return false;
    };
    let is_it = |place: std::path::PathBuf| {
        place
            .join(name)
            .canonicalize()
            .is_ok_and(|found| found == program)
    };
    env::split_paths(&places).any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_what_was_typed() {
        let of = |args: &[&str]| Program {
            words: "hello".to_owned(),
            typed: without_store(&args.iter().map(OsString::from).collect::<Vec<_>>()),
            store: Some("b".to_owned()),
        };
        let typed = ["--store", "a", "run", "--store=c", "--n", "a b"];
        assert_eq!(of(&typed).again("run"), "hello run --n 'a b' --store b");
        assert_eq!(
            of(&typed).again_with("run", "W"),
            "hello run W --n 'a b' --store b"
        );
        assert_eq!(of(&[]).again("run"), "hello run --store b");
        assert_eq!(of(&[]).again_with("run", "W"), "hello run W --store b");
    }

    #[test]
    fn names_the_command_that_was_typed() {
        let of = |typed, path, cargo, on_path| {
            words(typed, Path::new(path), cargo, move |_: &Path| on_path)
        };
        assert_eq!(of("hello", "/usr/bin/hello", false, true), "hello");
        assert_eq!(of("/usr/bin/hello", "/usr/bin/hello", false, true), "hello");
        assert_eq!(of("./a b", "/here/a b", false, false), "'./a b'");
        let example = "/p/target/debug/examples/digest";
        assert_eq!(
            of(example, example, true, false),
            "cargo run --example digest --"
        );
        let released = "/p/target/release/app";
        assert_eq!(
            of(released, released, true, false),
            "cargo run --release --"
        );
    }
}
