//! Servers that this project did not write, for tests of agents against them. They are installed
//! under `target/servers`; the tests start and end them.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    stage::{Stage, Work},
    tools::{self, WORKSPACE, answers, cargo, succeeds},
};

/// The test programs that meet them.
pub(crate) const PROGRAMS: [&str; 2] = ["mcp", "servers"];

/// The examples that they run. Tests start them as they are, so they must be built before them.
const RUN: [&str; 2] = ["blog_post", "five_turns"];

const AIMOCK: &str = "1.43.0";
const VIDAIMOCK: &str = "0.3.1";
const MCP: &str = "2.3.0";

/// A server: what it is called, how it is found there, and how it gets there.
struct Server {
    name: &'static str,
    /// The variable by which tests find it.
    variable: &'static str,
    program: PathBuf,
    installed: fn(&Path) -> bool,
    install: fn(&Path) -> Result<bool, String>,
}

fn folder() -> PathBuf {
    tools::target().join("servers")
}

fn servers() -> [Server; 3] {
    let folder = folder();
    [
        Server {
            name: "aimock",
            variable: "AIMOCK_BIN",
            program: folder.join("npm/node_modules/.bin/aimock"),
            installed: |folder| {
                let package = "npm/node_modules/@copilotkit/aimock/package.json";
                holds(&folder.join(package), &format!("\"version\": \"{AIMOCK}\""))
            },
            install: |folder| {
                let mut npm = Command::new("npm");
                npm.args(["install", "--no-audit", "--no-fund", "--save-exact"])
                    .arg("--prefix")
                    .arg(folder.join("npm"))
                    .arg(format!("@copilotkit/aimock@{AIMOCK}"));
                run(&mut npm, "Node.js with npm")
            },
        },
        Server {
            name: "vidaimock",
            variable: "VIDAIMOCK_BIN",
            program: folder.join("bin/vidaimock"),
            installed: |folder| {
                holds(
                    &folder.join(".crates.toml"),
                    &format!("\"vidaimock {VIDAIMOCK} "),
                )
            },
            install: |folder| {
                let mut install = cargo(["install", "vidaimock", "--locked", "--version"]);
                install.arg(VIDAIMOCK).arg("--root").arg(folder);
                run(&mut install, "Cargo")
            },
        },
        Server {
            name: "MCP's Python SDK",
            variable: "AGNO_MCP_PYTHON",
            program: folder.join("venv/bin/python"),
            installed: |folder| {
                let asks =
                    format!("import importlib.metadata as m; assert m.version('mcp') == '{MCP}'");
                answers(Command::new(folder.join("venv/bin/python")).args(["-c", &asks]))
            },
            install: |folder| {
                let venv = folder.join("venv");
                let mut create = Command::new("python3");
                create.args(["-m", "venv"]).arg(&venv);
                let mut install = Command::new(venv.join("bin/python"));
                install.args(["-m", "pip", "install", "--quiet"]);
                install.arg(format!("mcp=={MCP}"));
                let needs = "Python 3.10 or later with venv and pip";
                Ok(run(&mut create, needs)? && run(&mut install, needs)?)
            },
        },
    ]
}

/// Whether a file has a text in it.
pub(crate) fn holds(file: &Path, text: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|found| found.contains(text))
}

/// Runs what installs something; the error says what it needs itself.
pub(crate) fn run(command: &mut Command, needs: &str) -> Result<bool, String> {
    succeeds(command.stdin(Stdio::null())).map_err(|error| format!("{error}: install {needs}"))
}

/// Installs what is not there in its version. Says whether all are there, and where.
pub(crate) fn install() -> Result<bool, String> {
    let folder = folder();
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut all = true;
    for server in servers() {
        if !(server.installed)(&folder) {
            println!("installing {}", server.name);
            // The others may be installable, and have something to say too.
            match (server.install)(&folder) {
                Ok(true) => {}
                Ok(false) => eprintln!("{} could not be installed", server.name),
                Err(problem) => eprintln!("{} could not be installed: {problem}", server.name),
            }
        }
        if (server.installed)(&folder) && server.program.exists() {
            println!("export {}={}", server.variable, server.program.display());
        } else {
            eprintln!("{} is missing", server.name);
            all = false;
        }
    }
    Ok(all)
}

/// What Cargo is to build and run of the tests.
pub(crate) fn targets() -> impl Iterator<Item = &'static str> {
    PROGRAMS.into_iter().flat_map(|name| ["--test", name])
}

/// The stage, which installs them and then tells its tests where they are. A variable that is set
/// already stays.
pub(crate) fn stage(mut stage: Stage) -> Stage {
    if let Work::Run(commands) = &mut stage.work {
        for server in servers() {
            let given = env::var_os(server.variable).filter(|given| !given.is_empty());
            let program = given.unwrap_or_else(|| OsString::from(server.program));
            for command in &mut *commands {
                command.env(server.variable, &program);
            }
        }
    }
    let this = env::current_exe().unwrap_or_else(|_| "xtask".into());
    let mut install = Command::new(this);
    install.arg("servers");
    let examples: Vec<&str> = RUN.iter().flat_map(|it| ["--example", it]).collect();
    let build = cargo([&["build"], &WORKSPACE[..], &examples].concat());
    stage.preceded_by([install, build])
}
