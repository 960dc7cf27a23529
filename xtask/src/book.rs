//! The guide as web pages, made by mdBook. That its Rust compiles and its links lead somewhere is
//! checked by the tests of the package `agno-book`, without it.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    servers::holds,
    stage::Stage,
    tools::{self, cargo, root, succeeds},
};

const MDBOOK: &str = "0.5.4";

/// Where it is installed.
fn folder() -> PathBuf {
    tools::target().join("mdbook")
}

/// Installs mdBook where it is not there in its version, and makes the pages.
pub(crate) fn build() -> Result<bool, String> {
    let folder = folder();
    if !holds(&folder.join(".crates.toml"), &format!("\"mdbook {MDBOOK} ")) {
        println!("installing mdbook {MDBOOK}");
        let mut install = cargo(["install", "mdbook", "--locked", "--version", MDBOOK]);
        install.args(["--no-default-features", "--features", "search"]);
        install.arg("--root").arg(&folder).stdin(Stdio::null());
        if !succeeds(&mut install)? {
            return Ok(false);
        }
    }
    let pages = tools::target().join("book");
    let mut build = Command::new(folder.join("bin/mdbook"));
    build.arg("build").arg(root().join("book"));
    build.arg("--dest-dir").arg(&pages).stdin(Stdio::null());
    let is_built = succeeds(&mut build)?;
    if is_built {
        println!("{}", pages.join("index.html").display());
    }
    Ok(is_built)
}

pub(crate) fn stage(all: bool) -> Stage {
    let this = env::current_exe().unwrap_or_else(|_| "xtask".into());
    let mut book = Command::new(this);
    book.arg("book");
    Stage::check("book", "mdBook makes pages of the guide", vec![book])
        .only_if(all, "only with --all")
}
