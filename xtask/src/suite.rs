//! `cargo xtask test`: the stages, in order.

use std::{
    env,
    fs::{self, File, TryLockError},
    io,
    path::PathBuf,
    process::Command,
    thread,
    time::Duration,
};

use crate::{
    book, editor, fuzz, ignored, pictures, report, servers,
    stage::Stage,
    tools::{self, WORKSPACE, cargo, installed},
    torture,
};

/// How often the long loops turn. Tests read these variables; where one is set already, it stays.
struct Loops {
    /// `AGNO_KILLS`: processes killed at a random time.
    kills: u32,
    /// `PROPTEST_CASES`: inputs of a property test.
    cases: u32,
}

const SAMPLE: Loops = Loops {
    kills: 20,
    cases: 64,
};
const ALL: Loops = Loops {
    kills: 200,
    cases: 2048,
};

/// The programs that trybuild compiles get the features of this build, and everything below them is
/// compiled for them once more: without what talks to a network.
const UI: [&str; 6] = [
    "--package",
    "agno-workflows",
    "--features",
    "agno-workflows/testing",
    "--test",
    "ui",
];

const NEXTEST: &str = "cargo-nextest is not installed: cargo test runs the tests (slower)";

/// Runs the stages named in `args`, or every one; says whether all is well.
pub(crate) fn run(args: &[&str]) -> Result<bool, String> {
    let all = args.contains(&"--all");
    let named: Vec<&str> = args
        .iter()
        .copied()
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    if let Some(unknown) = args
        .iter()
        .find(|arg| arg.starts_with("--") && !["--all", "--list"].contains(arg))
    {
        return Err(format!(
            "unknown option `{unknown}`; cargo xtask test takes `--all`, `--list`"
        ));
    }
    let mut stages = stages(all, &named);
    if let Some(unknown) = named
        .iter()
        .find(|name| stages.iter().all(|stage| stage.name != **name))
    {
        let names: Vec<&str> = stages.iter().map(|stage| stage.name).collect();
        return Err(format!(
            "unknown stage `{unknown}`; the stages are {}",
            names.join(", ")
        ));
    }
    if args.contains(&"--list") {
        for stage in stages {
            println!("{:<12} {}", stage.name, stage.about);
        }
        return Ok(true);
    }
    let whole = named.is_empty();
    stages.retain(|stage| whole || named.contains(&stage.name));

    let (logs, _lock) = log_folder().map_err(|error| format!("folder of the logs: {error}"))?;
    let mut outcomes = Vec::new();
    for stage in stages {
        let name = stage.name;
        let whole_torture = all && name == torture::NAME;
        let outcome = stage
            .run(&logs, &outcomes)
            .map_err(|error| format!("{name}: {error}"))?;
        if whole_torture && outcome.tests.is_some() {
            let log = fs::read(logs.join(format!("{name}.log")));
            let log = log.map_err(|error| format!("{name}: {error}"))?;
            torture::record(&String::from_utf8_lossy(&log))?;
        }
        outcomes.push(outcome);
    }

    let ignored = if whole {
        ignored::tests(tools::root())
    } else {
        Vec::new()
    };
    let mut notes = vec![format!("whole output: {}", logs.display())];
    let tested = outcomes.iter().any(|outcome| outcome.tests.is_some());
    if tested && !all {
        notes.push(format!(
            "a sample of the long loops ran: {} of {} kills, {} of {} cases of a property; \
             `cargo xtask test --all` runs them whole",
            SAMPLE.kills, ALL.kills, SAMPLE.cases, ALL.cases
        ));
    }
    if tested && !all {
        notes.push(
            "agents met no server that others wrote: `cargo xtask test --all` installs aimock, \
             vidaimock and an MCP server, and tests against them"
                .to_owned(),
        );
    }
    if tested && !installed("nextest") {
        notes.push(NEXTEST.to_owned());
    }
    Ok(report::show(&outcomes, &ignored, &notes))
}

/// A folder for the logs that no other run writes to, and the lock that keeps it so.
fn log_folder() -> io::Result<(PathBuf, File)> {
    for number in 1.. {
        let folder = tools::target().join("xtask").join(format!("test-{number}"));
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => return Ok((folder, lock)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::other("too many runs at once"))
}

/// Every stage. One set of packages, features and profile throughout, so that nothing is
/// compiled twice for the same purpose.
fn stages(all: bool, named: &[&str]) -> Vec<Stage> {
    let mut features = clippy(
        "features",
        "each set of features stands by itself",
        feature_sets(all),
    );
    // It would only say the same again, so many times.
    features.after = Some("clippy");
    let mut stages = vec![
        Stage::check(
            "fmt",
            "rustfmt has nothing to change",
            vec![cargo(["fmt", "--all", "--check"])],
        )
        .only_if(
            installed("fmt"),
            "rustfmt is not installed (rustup component add rustfmt)",
        ),
        clippy(
            "clippy",
            "no warning in any target",
            vec![lint(&[&WORKSPACE[..], &["--all-targets"]])],
        ),
        features,
        Stage::check(
            "build",
            "libraries, examples and tests compile",
            vec![
                cargo([&["test", "--no-run"], &WORKSPACE[..]].concat()),
                // Those with tests of their own are compiled as tests alone by the line above.
                cargo([&["build", "--examples"], &WORKSPACE[..]].concat()),
            ],
        ),
    ];
    stages.extend(tests(all));
    let mut doc = cargo([&["doc", "--no-deps"], &WORKSPACE[..]].concat());
    doc.env("RUSTDOCFLAGS", "-D warnings");
    stages.push(Stage::check(
        "doc",
        "the documentation builds without warnings",
        vec![doc],
    ));
    stages.push(book::stage(all));
    stages.extend(deny());
    stages.push(pictures::stage(all));
    stages.push(editor::stage(all || named.contains(&editor::NAME)));
    stages.push(fuzz::stage(all || named.contains(&fuzz::NAME)));
    stages.extend(measurements(all));
    stages
}

fn clippy(name: &'static str, about: &'static str, commands: Vec<Command>) -> Stage {
    Stage::check(name, about, commands).only_if(
        installed("clippy"),
        "clippy is not installed (rustup component add clippy)",
    )
}

fn lint(args: &[&[&str]]) -> Command {
    cargo(
        [
            &["clippy"],
            args.concat().as_slice(),
            &["--", "-D", "warnings"],
        ]
        .concat(),
    )
}

/// The facade's features turn on those of the crates below it. Features of one build add up, so
/// only builds of their own show a crate that borrows a neighbour's.
fn feature_sets(all: bool) -> Vec<Command> {
    // Nothing at all, and below the defaults: what is borrowed from a neighbour shows there first.
    let light = [""];
    // For each, what it shares with others is compiled anew with other features, which takes its time.
    let heavy = [
        "agents",
        "cli",
        "config-file",
        "stores",
        "testing",
        "sled",
        "redb",
        "sqlite",
        "postgres",
        "openai",
        "anthropic",
        "web",
        "mcp",
    ];
    let alone: Vec<&str> = match all {
        true => light.into_iter().chain(heavy).collect(),
        false => light.to_vec(),
    };
    let lib = ["--package", "agno-workflows", "--lib"];
    let mut commands: Vec<Command> = alone
        .iter()
        .map(|feature| lint(&[&lib, &["--no-default-features", "--features", feature]]))
        .collect();
    if all {
        // The stage `ui` compiles it with its defaults, too.
        commands.push(lint(&[&lib]));
    }
    commands
}

fn tests(all: bool) -> Vec<Stage> {
    let loops = if all { ALL } else { SAMPLE };
    let looping = |mut command: Command| {
        for (name, number) in [("AGNO_KILLS", loops.kills), ("PROPTEST_CASES", loops.cases)] {
            if env::var_os(name).is_none() {
                command.env(name, number.to_string());
            }
        }
        // By the stage before: a test that starts examples need not ask Cargo for them.
        command.env("AGNO_BUILT", "1");
        command
    };
    // Half of their time tests wait: for a disk, for a server that is not there, for each other.
    let at_once = thread::available_parallelism().map_or(2, |cores| 2 * cores.get());
    let at_once = at_once.to_string();
    let nextest_in = |packages: &[&str], filter: &str| {
        let profile = if all { "long" } else { "default" };
        let show = [
            "--success-output",
            "immediate",
            "--failure-output",
            "immediate-final",
        ];
        let run = [
            "nextest",
            "run",
            "--profile",
            profile,
            "--test-threads",
            &at_once,
            "--filterset",
            filter,
        ];
        looping(cargo([&run, &show[..], packages].concat()))
    };
    let nextest = |filter: &str| nextest_in(&WORKSPACE, filter);
    let test = |args: &[&str]| looping(cargo([&["test"], &WORKSPACE[..], args].concat()));

    let ours = "unit, integration and example tests";
    let ui = "what the compiler says to a user's mistakes";
    let kill = "processes are killed and go on";
    let meet = |command| {
        let about = "agents against servers that others wrote";
        servers::stage(Stage::tests("servers", about, command)).only_if(all, "only with --all")
    };
    let torment = |mut command: Command| {
        if all {
            torture::whole(&mut command);
        }
        let about = "stores that are killed, cut off, made to fail, and damaged";
        Stage::tests(torture::NAME, about, command)
    };
    // They have a stage of their own, or say in this one that they are skipped.
    let apart = |name: &str| all && servers::PROGRAMS.contains(&name);
    let mut stages = if installed("nextest") {
        let mut rest = format!(
            "not binary(ui) and not binary({}) and not package({})",
            editor::NAME,
            torture::PACKAGE
        );
        for name in servers::PROGRAMS.iter().filter(|name| apart(name)) {
            rest += &format!(" and not binary({name})");
        }
        let mut met = nextest("all()");
        met.args(servers::targets());
        vec![
            Stage::tests("test", ours, nextest(&format!("{rest} and not test(kill)"))),
            Stage::tests("ui", ui, nextest_in(&UI, "all()")),
            Stage::tests("kill", kill, nextest(&format!("{rest} and test(kill)"))),
            torment(nextest(&format!("package({})", torture::PACKAGE))),
            meet(met),
        ]
    } else {
        let (programs, examples) = (tools::tested("test"), tools::tested("example"));
        let programs = programs
            .iter()
            .filter(|name| !["ui", editor::NAME].contains(&name.as_str()) && !apart(name))
            .filter(|name| !torture::PROGRAMS.contains(&name.as_str()))
            .flat_map(|it| ["--test", it]);
        let examples = examples.iter().flat_map(|it| ["--example", it]);
        let whole = ["--lib", "--bins", "--no-fail-fast"];
        let targets: Vec<&str> = whole.into_iter().chain(programs).chain(examples).collect();
        let met: Vec<&str> = servers::targets().collect();
        let tormented: Vec<&str> = torture::targets().collect();
        let end = ["--", "--show-output"];
        vec![
            Stage::tests(
                "test",
                ours,
                test(&[&targets[..], &end, &["--skip", "kill"]].concat()),
            ),
            Stage::tests(
                "ui",
                ui,
                looping(cargo([&["test"], &UI[..], &end].concat())),
            ),
            Stage::tests(
                "kill",
                kill,
                test(&[&targets[..], &["kill"], &end].concat()),
            ),
            torment(test(&[&tormented[..], &end].concat())),
            meet(test(&[&met[..], &end].concat())),
        ]
    };
    stages.insert(
        1,
        Stage::tests("doctest", "examples in the documentation", test(&["--doc"])),
    );
    if all {
        for stage in &mut stages {
            stage.limit = Duration::from_secs(60 * 60);
        }
    }
    stages
}

/// Licences, sources, duplicates and known holes of the dependencies.
fn deny() -> [Stage; 2] {
    let there = installed("deny");
    let reason = "cargo-deny is not installed (cargo install cargo-deny --locked)";
    let check = |what: &[&str]| vec![cargo([&["deny", "check"], what].concat())];
    let mut advisories = Stage::check(
        "advisories",
        "no known hole in a dependency",
        check(&["advisories"]),
    );
    advisories.excuse = |log| {
        let offline = log.contains("failed to fetch advisory database");
        offline.then_some("the list of advisories cannot be fetched without a network")
    };
    [
        Stage::check(
            "deny",
            "licences, sources and duplicates of dependencies",
            check(&["bans", "licenses", "sources"]),
        )
        .only_if(there, reason),
        advisories.only_if(there, reason),
    ]
}

/// Slow, and of little use on a busy machine.
fn measurements(all: bool) -> [Stage; 2] {
    let reason = "only with --all";
    let this = env::current_exe().unwrap_or_else(|_| "xtask".into());
    let mut macro_cost = Command::new(this);
    macro_cost.arg("bench-macros");
    let benches = cargo([&["test"], &WORKSPACE[..], &["--bench", "*"]].concat());
    [
        Stage::check("benches", "each bench runs once", vec![benches]).only_if(all, reason),
        Stage::check(
            "macro-cost",
            "the macros keep their budget",
            vec![macro_cost],
        )
        .only_if(all, reason),
    ]
}
