//! What the macros add to `cargo check`: crates with many steps, beside the same plain code.
//!
//! A crate with 250 steps less one with 50 leaves out all that does not grow with the steps; the
//! macros' crates less the plain ones leave out the user's own code. Processor time, so that
//! another build on the machine disturbs little; best of some, because noise only ever adds.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::tools::{self, cargo};

/// Milliseconds of processor time that one more step may add to `cargo check`.
const BUDGET_MS: f64 = 0.7;

const FEW: usize = 50;
const MANY: usize = 250;
const ROUNDS: usize = 5;

/// Calls in one flow. rustc itself takes more than its share for one very long function.
const CALLS: usize = 10;

/// How the steps are put together.
#[derive(Clone, Copy)]
enum Shape {
    /// One workflow without a flow: its steps run in their order.
    Ordered,
    /// One workflow whose flow calls sub-flows of ten steps each.
    Flows,
}

/// One generated crate, and the best time seen.
struct Crate {
    shape: Shape,
    with_macros: bool,
    steps: usize,
    best_ms: f64,
}

/// Measures and prints; `--record FILE` writes the figures as JSON too. Says whether the budget
/// is kept.
pub(crate) fn run(args: &[&str]) -> Result<bool, String> {
    let record = match args {
        [] => None,
        ["--record", file] => Some(Path::new(file)),
        _ => return Err("cargo xtask bench-macros takes `--record FILE` or nothing".to_owned()),
    };
    let folder = tools::target().join("xtask").join("bench-macros");
    let mut crates = Vec::new();
    for shape in [Shape::Ordered, Shape::Flows] {
        for with_macros in [false, true] {
            for steps in [FEW, MANY] {
                crates.push(Crate {
                    shape,
                    with_macros,
                    steps,
                    best_ms: f64::INFINITY,
                });
            }
        }
    }
    generate(&folder, &crates).map_err(|error| format!("{}: {error}", folder.display()))?;
    println!("building the dependencies");
    check(&folder, &["--workspace"])?;
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        for measured in &mut crates {
            let source = measured.folder(&folder).join("src/lib.rs");
            // The same text with a new date: Cargo checks this crate again, and only this one.
            fs::write(&source, measured.source())
                .map_err(|error| format!("{}: {error}", source.display()))?;
            let time = check(&folder, &["--package", &measured.name()])?;
            measured.best_ms = measured.best_ms.min(time);
        }
    }
    let figures: Vec<(Shape, f64, f64)> = [Shape::Ordered, Shape::Flows]
        .into_iter()
        .map(|shape| {
            (
                shape,
                per_step(&crates, shape, false),
                per_step(&crates, shape, true),
            )
        })
        .collect();
    println!("\nms of processor time per step in cargo check   plain  macros     net");
    for (shape, plain, macros) in &figures {
        println!(
            "{:<46} {plain:>5.2}   {macros:>5.2}   {:>5.2}",
            shape.about(),
            macros - plain
        );
    }
    if let Some(file) = record {
        fs::write(file, json(&figures)).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let worst = figures
        .iter()
        .map(|(_, plain, macros)| macros - plain)
        .fold(0.0, f64::max);
    let kept = worst <= BUDGET_MS;
    println!(
        "\n{worst:.2} ms net per step at most, the budget is {BUDGET_MS} ms: {}",
        if kept {
            "kept"
        } else {
            "EXCEEDED (on a busy machine, measure again when it is quiet)"
        }
    );
    Ok(kept)
}

fn per_step(crates: &[Crate], shape: Shape, with_macros: bool) -> f64 {
    let best = |steps| {
        crates
            .iter()
            .find(|it| {
                it.shape.name() == shape.name()
                    && it.with_macros == with_macros
                    && it.steps == steps
            })
            .map_or(f64::NAN, |it| it.best_ms)
    };
    (best(MANY) - best(FEW)) / (MANY - FEW) as f64
}

fn json(figures: &[(Shape, f64, f64)]) -> String {
    let mut text = String::from("{");
    for (index, (shape, plain, macros)) in figures.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "{comma}\n  \"{}\": {{ \"plain_ms\": {plain:.3}, \"macros_ms\": {macros:.3}, \"net_ms\": {:.3} }}",
            shape.name(),
            macros - plain
        );
    }
    text.push_str("\n}\n");
    text
}

/// One `cargo check`, in milliseconds of processor time of Cargo and the compiler.
fn check(folder: &Path, args: &[&str]) -> Result<f64, String> {
    let cargo = cargo(["check", "--quiet"]);
    // The shell's own clock: the standard library has none for the time of children.
    let mut command = Command::new("bash");
    command
        .args(["-c", "TIMEFORMAT='cpu %3U %3S'; time \"$@\"", "bash"])
        .arg(cargo.get_program())
        .args(cargo.get_args())
        .args(args)
        .current_dir(folder)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    for (name, _) in cargo.get_envs() {
        command.env_remove(name);
    }
    let output = command
        .output()
        .map_err(|error| format!("bash did not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!(
            "cargo check failed in {}\n{said}",
            folder.display()
        ));
    }
    let times = said
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("cpu "));
    let seconds: Option<f64> = times.and_then(|times| {
        times
            .split(' ')
            .map(|time| time.parse::<f64>().ok())
            .sum::<Option<f64>>()
    });
    seconds
        .map(|seconds| seconds * 1000.0)
        .ok_or_else(|| format!("no time in:\n{said}"))
}

fn generate(folder: &Path, crates: &[Crate]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let members: Vec<String> = crates.iter().map(|it| format!("{:?}", it.name())).collect();
    fs::write(
        folder.join("Cargo.toml"),
        format!(
            "[workspace]\nresolver = \"3\"\nmembers = [{}]\n",
            members.join(", ")
        ),
    )?;
    // The same dependencies as the project's own, and none from the network.
    fs::copy(tools::root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    for generated in crates {
        let package = generated.folder(folder);
        fs::create_dir_all(package.join("src"))?;
        fs::write(
            package.join("Cargo.toml"),
            format!(
                "[package]\nname = {:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                 [dependencies]\nagno-workflows = {{ path = {:?}, default-features = false }}\n",
                generated.name(),
                tools::root()
            ),
        )?;
        fs::write(package.join("src/lib.rs"), generated.source())?;
    }
    Ok(())
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Flows => "flows",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Ordered => "one workflow, steps in their order",
            Self::Flows => "one workflow, sub-flows of ten calls each",
        }
    }
}

impl Crate {
    fn name(&self) -> String {
        let form = if self.with_macros { "macros" } else { "plain" };
        format!("{}-{form}-{}", self.shape.name(), self.steps)
    }

    fn folder(&self, workspace: &Path) -> PathBuf {
        workspace.join(self.name())
    }

    /// Both forms share everything but the attributes and what a flow's calls go through.
    fn source(&self) -> String {
        let attribute = |name| if self.with_macros { name } else { "" };
        let (on_workflow, on_step, on_flow) = (
            attribute("#[workflow]\n"),
            attribute("#[step]\n"),
            attribute("#[flow]\n"),
        );
        let (receiver, parameter) = if self.with_macros {
            ("flow", "flow: &Flow<Self>")
        } else {
            ("self", "&self")
        };
        let mut text = format!(
            "use agno::prelude::*;\n\n\
             #[data]\npub struct Note {{\n    text: String,\n    times: u32,\n}}\n\n\
             {on_workflow}pub struct Article;\n\n{on_workflow}impl Article {{\n"
        );
        for step in 0..self.steps {
            text.push_str(&format!(
                "/// Reads a note once more.\n{on_step}\
                 pub async fn step{step}(&self, note: Note) -> Result<Note> {{\n\
                 Ok(Note {{ times: note.times + {step}, ..note }})\n}}\n"
            ));
        }
        let mut flow = |name: &str, calls: &mut dyn Iterator<Item = String>| {
            text.push_str(&format!(
                "{on_flow}pub async fn {name}({parameter}, note: Note) -> Result<Note> {{\n"
            ));
            for call in calls {
                text.push_str(&format!("let note = {receiver}.{call}(note).await?;\n"));
            }
            text.push_str("Ok(note)\n}\n");
        };
        if matches!(self.shape, Shape::Flows) {
            let flows = self.steps / CALLS;
            flow("run", &mut (0..flows).map(|number| format!("flow{number}")));
            for number in 0..flows {
                let steps = number * CALLS..(number + 1) * CALLS;
                flow(
                    &format!("flow{number}"),
                    &mut steps.map(|step| format!("step{step}")),
                );
            }
        }
        text.push_str("}\n");
        text
    }
}
