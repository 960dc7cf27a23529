//! How this program was started, for the commands it names.

use std::{env, path::Path};

use crate::text;

/// How this program is called.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    words: String,
    /// The store, if it was named on the command line.
    store: Option<String>,
}

impl Program {
    /// As this process was started.
    pub(crate) fn current() -> Self {
        let typed = env::args_os().next().unwrap_or_default();
        let path = env::current_exe().unwrap_or_default();
        let under_cargo = env::var_os("CARGO").is_some();
        let words = words(&typed.to_string_lossy(), &path, under_cargo, on_path);
        Self { words, store: None }
    }

    /// With the store that was named on the command line.
    pub(crate) fn with_store(&self, store: Option<String>) -> Self {
        let words = self.words.clone();
        Self { words, store }
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

    /// The same on another store.
    pub(crate) fn command_elsewhere(&self, arguments: &str) -> String {
        format!("{} {arguments} --store DIRECTORY", self.words)
    }
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
