//! What the macros cost: crates with many steps, beside the same plain code and the same registration by hand.
//!
//! A crate with 250 steps less one with 50 leaves out all that does not grow with the steps. Processor time, so that
//! another build on the machine disturbs little; best of some rounds, because noise only ever adds.

mod clock;
mod record;
mod source;

use std::{
    fs,
    path::{Path, PathBuf},
};

use self::{clock::Verb, source::Form, source::Shape};
use crate::tools;

/// Milliseconds of processor time that one more step may add with the macros.
const CHECK_BUDGET_MS: f64 = 0.7;
const BUILD_BUDGET_MS: f64 = 2.0;

const FEW: usize = 50;
const MANY: usize = 250;
const ROUNDS: usize = 12;

/// One generated crate, and the times of each round.
struct Crate {
    shape: Shape,
    form: Form,
    steps: usize,
    check_ms: Vec<f64>,
    build_ms: Vec<f64>,
}

/// What one more step costs, in milliseconds of processor time.
struct Figure {
    shape: Shape,
    verb: Verb,
    plain: f64,
    by_hand: f64,
    macros: f64,
    /// The lowest and the highest of what single rounds say of `net`.
    spread: (f64, f64),
}

impl Figure {
    /// What the macros add to the user's own code.
    fn net(&self) -> f64 {
        self.macros - self.plain
    }

    /// What they add to the same registration, written by hand.
    fn over_hand(&self) -> f64 {
        self.macros - self.by_hand
    }

    fn is_kept(&self) -> bool {
        self.net() <= self.verb.budget_ms()
    }
}

/// Measures and prints; `--record FILE` writes the figures into that file as well. Says whether the budgets are kept.
pub(crate) fn run(args: &[&str]) -> Result<bool, String> {
    let record = match args {
        [] => None,
        ["--record", file] => Some(Path::new(file)),
        _ => return Err("cargo xtask bench-macros takes `--record FILE` or nothing".to_owned()),
    };
    let folder = tools::target().join("xtask").join("bench-macros");
    let mut crates = Vec::new();
    for shape in Shape::ALL {
        for form in Form::ALL {
            crates.extend([FEW, MANY].map(|steps| Crate {
                shape,
                form,
                steps,
                check_ms: Vec::new(),
                build_ms: Vec::new(),
            }));
        }
    }
    generate(&folder, &crates).map_err(|error| format!("{}: {error}", folder.display()))?;
    println!("building the dependencies");
    for verb in Verb::ALL {
        clock::time(verb, &folder, &["--workspace"])?;
    }
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        for verb in Verb::ALL {
            for measured in &mut crates {
                let source = measured.folder(&folder).join("src/lib.rs");
                // The same text with a new date: Cargo compiles this crate again, and only this one.
                fs::write(&source, measured.source(verb))
                    .map_err(|error| format!("{}: {error}", source.display()))?;
                let time = clock::time(verb, &folder, &["--package", &measured.name()])?;
                measured.times_mut(verb).push(time);
            }
        }
    }
    let figures: Vec<Figure> = Verb::ALL
        .into_iter()
        .flat_map(|verb| Shape::ALL.map(|shape| figure(&crates, shape, verb)))
        .collect();
    println!("\n{}", record::table(&figures));
    if let Some(file) = record {
        record::write(file, &figures)?;
    }
    let kept = figures.iter().all(Figure::is_kept);
    println!(
        "The budgets, {CHECK_BUDGET_MS} ms net per step in `cargo check` and {BUILD_BUDGET_MS} ms in `cargo build`, are {}",
        if kept {
            "kept."
        } else {
            "EXCEEDED (on a busy machine, measure again when it is quiet)."
        }
    );
    Ok(kept)
}

fn figure(crates: &[Crate], shape: Shape, verb: Verb) -> Figure {
    let times = |form, steps| {
        let found = crates
            .iter()
            .find(|it| it.shape == shape && it.form == form && it.steps == steps);
        found.map_or(&[][..], |it| it.times(verb))
    };
    let per_step = |few: f64, many: f64| (many - few) / (MANY - FEW) as f64;
    let best = |form| {
        let best = |steps| {
            times(form, steps)
                .iter()
                .copied()
                .fold(f64::INFINITY, f64::min)
        };
        per_step(best(FEW), best(MANY))
    };
    let in_round = |form, round: usize| {
        let of = |steps| times(form, steps).get(round).copied().unwrap_or(f64::NAN);
        per_step(of(FEW), of(MANY))
    };
    let rounds =
        (0..ROUNDS).map(|round| in_round(Form::Macros, round) - in_round(Form::Plain, round));
    let spread = rounds.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), net| {
        (low.min(net), high.max(net))
    });
    Figure {
        shape,
        verb,
        plain: best(Form::Plain),
        by_hand: best(Form::ByHand),
        macros: best(Form::Macros),
        spread,
    }
}

/// A workspace of its own, with the same dependencies as the project's and none from the network.
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
        fs::write(package.join("src/lib.rs"), generated.source(Verb::Check))?;
    }
    Ok(())
}

impl Crate {
    fn name(&self) -> String {
        format!("{}-{}-{}", self.shape.name(), self.form.name(), self.steps)
    }

    fn folder(&self, workspace: &Path) -> PathBuf {
        workspace.join(self.name())
    }

    fn source(&self, verb: Verb) -> String {
        let mut text = source::source(self.shape, self.form, self.steps);
        if verb == Verb::Build && self.form == Form::Plain {
            source::compiled(&mut text, self.shape, self.steps);
        }
        text
    }

    fn times(&self, verb: Verb) -> &[f64] {
        match verb {
            Verb::Check => &self.check_ms,
            Verb::Build => &self.build_ms,
        }
    }

    fn times_mut(&mut self, verb: Verb) -> &mut Vec<f64> {
        match verb {
            Verb::Check => &mut self.check_ms,
            Verb::Build => &mut self.build_ms,
        }
    }
}
