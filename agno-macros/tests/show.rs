//! `AGNO_EXPAND=Notes cargo check`, as a user runs it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What generated code names, in place of the facade: only this crate is compiled.
const SOURCE: &str = r#"
extern crate self as agno;

pub mod __private {
    pub trait StateFields {
        const FIELDS: &'static [Field];
    }
    pub struct Field(pub &'static str, pub Merge);
    impl Field {
        pub const fn new(name: &'static str, merge: Merge) -> Self {
            Self(name, merge)
        }
    }
    pub enum Merge {
        Conflict,
    }
}

#[derive(agno_macros::State)]
pub struct Notes {
    pub seen: u32,
}

#[derive(agno_macros::State)]
pub struct Other {
    pub heard: u32,
}
"#;

fn package() -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("show");
    let manifest = format!(
        "[package]\nname = \"shown\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [workspace]\n\n[dependencies]\nagno-macros = {{ path = {:?} }}\n",
        env!("CARGO_MANIFEST_DIR")
    );
    fs::create_dir_all(package.join("src")).expect("a folder");
    fs::write(package.join("Cargo.toml"), manifest).expect("a file");
    fs::write(package.join("src/lib.rs"), SOURCE).expect("a file");
    // The project's own versions, which are on this machine.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    fs::copy(lock, package.join("Cargo.lock")).expect("the project's lock file");
    package
}

/// What `cargo check` says with this switch.
fn said(package: &Path, switch: Option<&str>) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["check", "--offline"])
        .current_dir(package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env_remove("AGNO_EXPAND");
    if let Some(names) = switch {
        cargo.env("AGNO_EXPAND", names);
    }
    let output = cargo.output().expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn a_switch_shows_what_an_item_expands_to() {
    let package = package();
    let shown = |said: &str, name: &str| {
        let head = format!("// `struct {name}`, as #[derive(State)] expands it");
        said.contains(&head) && said.contains(&format!("impl __agno::StateFields for {name} {{"))
    };

    let nothing = said(&package, None);
    assert!(!nothing.contains("expands it"), "{nothing}");

    // Nothing has changed but the switch, and the crate is compiled again.
    let one = said(&package, Some("Notes"));
    assert!(shown(&one, "Notes"), "{one}");
    assert!(!shown(&one, "Other"), "{one}");

    let all = said(&package, Some("all"));
    assert!(shown(&all, "Notes") && shown(&all, "Other"), "{all}");

    let nothing = said(&package, Some("notes"));
    assert!(!nothing.contains("expands it"), "{nothing}");
}
