//! The pictures of graphs, read by parsers that this project did not write: Mermaid's own, and one
//! of XML. They are installed under `target/pictures`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    servers::{holds, run},
    stage::Stage,
    tools::{self, WORKSPACE, cargo},
};

/// The parsers, each with its version. Mermaid 12 wants a later Node.js than most machines have.
const PARSERS: [(&str, &str); 2] = [("mermaid", "11.17.2"), ("jsdom", "26.1.0")];

/// What asks them.
const SCRIPT: &str = include_str!("pictures.mjs");

fn folder() -> PathBuf {
    tools::target().join("pictures")
}

fn installed(folder: &Path) -> bool {
    PARSERS.iter().all(|(name, version)| {
        let package = format!("node_modules/{name}/package.json");
        holds(
            &folder.join(package),
            &format!("\"version\": \"{version}\""),
        )
    })
}

/// Installs the parsers that are not there in their version. Says whether they are there.
pub(crate) fn install() -> Result<bool, String> {
    let folder = folder();
    let failed = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    if !installed(&folder) {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--save-exact"])
            .arg("--prefix")
            .arg(&folder)
            .args(PARSERS.map(|(name, version)| format!("{name}@{version}")));
        run(&mut npm, "Node.js 20 or later with npm")?;
    }
    // Node.js looks for packages from where the script lies.
    fs::write(folder.join("pictures.mjs"), SCRIPT).map_err(failed)?;
    Ok(installed(&folder))
}

/// The programs with a command line, which can draw what they have.
fn programs() -> Vec<PathBuf> {
    let built = tools::target().join("debug/examples");
    let mut programs = Vec::new();
    for folder in ["examples", "agno-cli/examples"] {
        let files = fs::read_dir(tools::root().join(folder))
            .into_iter()
            .flatten();
        for file in files.flatten().map(|file| file.path()) {
            let is_program =
                file.extension().is_some_and(|ending| ending == "rs") && holds(&file, "app()");
            if let (true, Some(name)) = (is_program, file.file_stem()) {
                let name = Path::new(name).with_extension(env::consts::EXE_EXTENSION);
                programs.push(built.join(name));
            }
        }
    }
    programs.sort();
    programs
}

pub(crate) fn stage(all: bool) -> Stage {
    let this = env::current_exe().unwrap_or_else(|_| "xtask".into());
    let mut install = Command::new(this);
    install.arg("pictures");
    let build = cargo([&["build", "--examples"], &WORKSPACE[..]].concat());
    let folder = folder();
    let mut draw = Command::new(tools::target().join("debug/examples/hostile_graphs"));
    draw.arg(folder.join("hostile"));
    let mut read = Command::new("node");
    read.arg(folder.join("pictures.mjs"))
        .arg(folder.join("hostile"))
        .args(programs());
    let commands = vec![install, build, draw, read];
    Stage::check(
        "pictures",
        "others can read the graphs that examples and hostile labels make",
        commands,
    )
    .only_if(
        all,
        "only with --all: installs Mermaid under target/pictures",
    )
}
