//! The command line, as it is read.

mod artifacts;
mod cache;
mod people;
mod recorded;
mod run;
mod store;

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

pub(crate) use self::{
    artifacts::ArtifactWish,
    cache::{CacheWish, Explain, named as cache_mode},
    people::{AnswerWish, Given, PeopleVerb},
    recorded::{ForkWish, How, PruneWish, RecordedVerb, ResolveWish},
    run::RunWish,
    store::{CopyWish, ExportWish, StoreVerb, What},
};
use crate::{flags::Flags, program::Program};

/// What the user wants.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) store: Option<String>,
    pub(crate) verb: Verb,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Verb {
    Run(Box<RunWish>),
    Resume {
        run: String,
        watch: Watch,
    },
    People(PeopleVerb),
    Artifact(ArtifactWish),
    Recorded(Box<RecordedVerb>),
    Runs(RunsWish),
    Show {
        run: String,
        json: bool,
        /// The number of the event to follow from.
        follow: Option<u64>,
    },
    Events {
        run: String,
        from: u64,
        follow: bool,
        json: bool,
    },
    Cancel {
        run: String,
        json: bool,
    },
    Workflows {
        json: bool,
        check: bool,
    },
    Schema {
        workflow: Option<String>,
        output: bool,
        /// The file to save to.
        save: Option<String>,
        /// The file to compare with.
        check: Option<String>,
        json: bool,
    },
    Graph {
        workflow: Option<String>,
        run: Option<String>,
        format: String,
    },
    Cache(Box<CacheWish>),
    Store(StoreVerb),
}

/// How a run is followed that goes on here.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Watch {
    pub(crate) json: bool,
    /// What it asks of people is not asked here.
    pub(crate) no_input: bool,
}

impl Watch {
    fn read(matches: &ArgMatches) -> Self {
        Self {
            json: flag(matches, "json"),
            no_input: flag(matches, "no-input"),
        }
    }
}

/// Which runs are to be listed.
#[derive(Debug)]
pub(crate) struct RunsWish {
    pub(crate) status: Option<String>,
    pub(crate) workflow: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) limit: usize,
    /// Those too that other runs have called.
    pub(crate) all: bool,
    pub(crate) json: bool,
}

impl Verb {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Run(wish) => wish.watch.json,
            Self::Cache(wish) => wish.json(),
            Self::Runs(wish) => wish.json,
            Self::Resume { watch, .. } => watch.json,
            Self::People(verb) => verb.json(),
            Self::Recorded(verb) => verb.json(),
            Self::Show { json, .. }
            | Self::Events { json, .. }
            | Self::Cancel { json, .. }
            | Self::Workflows { json, .. } => *json,
            Self::Store(verb) => verb.json(),
            Self::Schema { .. } | Self::Graph { .. } | Self::Artifact(_) => false,
        }
    }
}

/// Options of `run` that are not fields of the input.
pub(crate) const OWN: &[&str] = &[
    "input", "session", "user", "run-id", "cache", "no-cache", "detach", "no-input", "json",
    "store", "help",
];

/// Whether some argument may be a field of the input: only then are the schemas needed to read
/// the command line.
pub(crate) fn may_have_fields(args: &[OsString]) -> bool {
    args.iter().any(|arg| {
        let arg = arg.to_string_lossy();
        let name = arg
            .strip_prefix("--")
            .map(|name| name.split('=').next().unwrap_or(name));
        arg == "-h" || name.is_some_and(|name| name == "help" || !OWN.contains(&name))
    })
}

/// Reads the command line. `flags` are the fields of the workflows' inputs.
pub(crate) fn read(
    args: &[OsString],
    program: &Program,
    about: &str,
    flags: &Flags,
) -> Result<Wish, clap::Error> {
    let args = flags.join_truth_values(args);
    let matches = command(program, about, flags).try_get_matches_from(args)?;
    let store = text(&matches, "store");
    let verb = match matches.subcommand() {
        None => Verb::Run(Box::default()),
        Some((name, matches)) => verb(name, matches, flags),
    };
    Ok(Wish { store, verb })
}

fn verb(name: &str, matches: &ArgMatches, flags: &Flags) -> Verb {
    if let Some(verb) = PeopleVerb::read(name, matches) {
        return Verb::People(verb);
    }
    if let Some(verb) = RecordedVerb::read(name, matches) {
        return Verb::Recorded(Box::new(verb));
    }
    let json = || flag(matches, "json");
    let set = |name: &str| matches.get_flag(name);
    let run = || text(matches, "run").unwrap_or_default();
    let from = || matches.get_one::<u64>("from").copied().unwrap_or(0);
    match name {
        "artifact" => Verb::Artifact(ArtifactWish::read(matches)),
        "resume" => Verb::Resume {
            run: run(),
            watch: Watch::read(matches),
        },
        "runs" => Verb::Runs(RunsWish {
            status: text(matches, "status"),
            workflow: text(matches, "workflow"),
            session: text(matches, "session"),
            limit: matches.get_one::<u64>("limit").map_or(20, |limit| {
                usize::try_from(*limit).unwrap_or(usize::MAX - 1)
            }),
            all: set("all"),
            json: json(),
        }),
        "show" => Verb::Show {
            run: run(),
            json: json(),
            follow: set("follow").then(from),
        },
        "events" => Verb::Events {
            run: run(),
            from: from(),
            follow: set("follow"),
            json: json(),
        },
        "cancel" => Verb::Cancel {
            run: run(),
            json: json(),
        },
        "workflows" => Verb::Workflows {
            json: json(),
            check: set("check"),
        },
        "schema" => Verb::Schema {
            workflow: text(matches, "workflow"),
            output: set("output"),
            save: text(matches, "save"),
            check: text(matches, "check"),
            json: json(),
        },
        "graph" => Verb::Graph {
            workflow: text(matches, "workflow"),
            run: text(matches, "run"),
            format: text(matches, "format").unwrap_or_default(),
        },
        "cache" => Verb::Cache(Box::new(CacheWish::read(matches))),
        "store" => Verb::Store(StoreVerb::read(matches)),
        _ => Verb::Run(Box::new(run::read(matches, flags))),
    }
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.try_get_one::<String>(name).ok().flatten().cloned()
}

/// Whether a switch is on; off where there is none of that name.
fn flag(matches: &ArgMatches, name: &str) -> bool {
    let set = matches.try_get_one::<bool>(name).ok().flatten();
    set.copied().unwrap_or(false)
}

fn command(program: &Program, about: &str, flags: &Flags) -> Command {
    let store = option("store", "URL")
        .global(true)
        .help("Where runs are kept: a directory, sled:DIR, redb:DIR, sqlite:DIR, postgres://.., memory:, or a file.toml that says so [default: $AGNO_STORE, or ./.agno]");
    Command::new("app")
        .bin_name(program.words().to_owned())
        .no_binary_name(true)
        .about(about.to_owned())
        .after_help("Without a command, `run`. Exit codes: 0 done, 1 failed, 2 bad input or usage, 3 paused, 130 interrupted.")
        .arg(store)
        .subcommand(run::command(flags))
        .subcommand(
            Command::new("resume")
                .about("Goes on with a run, after its last recorded step")
                .args([run_argument(), no_input(), json()]),
        )
        .subcommands(people::commands())
        .subcommands(recorded::commands())
        .subcommand(artifacts::command())
        .subcommand(
            Command::new("runs").about("Lists runs, newest first").args([
                option("status", "STATUS").value_parser([
                    "pending", "running", "interrupted", "paused", "completed", "failed", "cancelled",
                ]),
                option("workflow", "NAME").help("Only of this workflow"),
                option("session", "NAME").help("Only of this session"),
                option("limit", "NUMBER")
                    .value_parser(value_parser!(u64).range(1..))
                    .help("At most so many [default: 20]"),
                switch("all").help("Those too that other runs have called"),
                json(),
            ]),
        )
        .subcommand(
            Command::new("show")
                .about("Shows a run: input, steps, state, output")
                .args([
                    run_argument(),
                    switch("follow").help("While it goes on, until it ends or stops; with --json its events, an object each"),
                    event_number().requires("follow"),
                    json(),
                ]),
        )
        .subcommand(
            Command::new("events")
                .about("Prints what happened in a run")
                .args([
                    run_argument(),
                    event_number(),
                    switch("follow").help("And what happens, until it ends or stops"),
                    switch("json").help("Prints one JSON object per line"),
                ]),
        )
        .subcommand(
            Command::new("cancel")
                .about("Ends a run; what is recorded stays")
                .args([run_argument(), json()]),
        )
        .subcommand(Command::new("workflows").about("Lists the workflows of this program").args([
            json(),
            switch("check").help("Checks their schemas and graphs"),
        ]))
        .subcommand(
            Command::new("schema")
                .about("Prints the JSON Schema of a workflow's input")
                .args([
                    workflow(),
                    switch("output").help("That of its output"),
                    option("save", "FILE")
                        .help("Saves the structure of all workflows, to check a later version")
                        .conflicts_with_all(["output", "check"]),
                    option("check", "FILE")
                        .help("Says which changes since then break runs under way; then exits 1")
                        .conflicts_with("output"),
                    json(),
                ]),
        )
        .subcommand(Command::new("graph").about("Draws a workflow").args([
            workflow(),
            option("run", "RUN").help("With the path that this run took"),
            option("format", "FORMAT")
                .default_value("text")
                .value_parser(["text", "mermaid", "dot", "json", "svg"]),
        ]))
        .subcommand(cache::command())
        .subcommand(store::command())
}

fn option(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value)
}

fn switch(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

fn event_number() -> Arg {
    option("from", "NUMBER")
        .value_parser(value_parser!(u64))
        .help("From this event on [default: 0, the first]")
}

fn json() -> Arg {
    switch("json").help("Prints one JSON object")
}

fn no_input() -> Arg {
    switch("no-input").help("Asks nothing here: a run that waits for people ends with code 3")
}

fn workflow() -> Arg {
    Arg::new("workflow")
        .value_name("WORKFLOW")
        .help("Its name; not needed when there is one")
}

fn run_argument() -> Arg {
    Arg::new("run")
        .value_name("RUN")
        .required(true)
        .help("The run's id, or how it begins")
}
