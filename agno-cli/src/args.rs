//! The command line, as it is read.

use std::ffi::OsString;

use agno_core::schema::FlagKind;
use clap::{Arg, ArgAction, ArgMatches, Command, builder::ValueParser, value_parser};

use crate::{
    flags::{Flags, Offered, long},
    program::Program,
};

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
        json: bool,
    },
    Runs(RunsWish),
    Show {
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
    },
    Graph {
        workflow: Option<String>,
        run: Option<String>,
        format: String,
    },
    Cache {
        clear: bool,
        all: bool,
        workflow: Option<String>,
        step: Option<String>,
        json: bool,
    },
    StoreVerify {
        json: bool,
    },
    StorePath {
        json: bool,
    },
}

/// A run that is to be started.
#[derive(Debug, Default)]
pub(crate) struct RunWish {
    pub(crate) workflow: Option<String>,
    pub(crate) input: Option<OsString>,
    /// Fields given one by one.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) session: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) no_cache: bool,
    pub(crate) json: bool,
}

/// Which runs are to be listed.
#[derive(Debug)]
pub(crate) struct RunsWish {
    pub(crate) status: Option<String>,
    pub(crate) workflow: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) limit: usize,
    pub(crate) json: bool,
}

impl Verb {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Run(wish) => wish.json,
            Self::Runs(wish) => wish.json,
            Self::Resume { json, .. }
            | Self::Show { json, .. }
            | Self::Workflows { json, .. }
            | Self::Cache { json, .. }
            | Self::StoreVerify { json }
            | Self::StorePath { json } => *json,
            Self::Schema { .. } | Self::Graph { .. } => false,
        }
    }
}

/// Options of `run` that are not fields of the input.
pub(crate) const OWN: &[&str] = &[
    "input", "session", "user", "run-id", "no-cache", "json", "store", "help",
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
    let json = || {
        matches
            .try_get_one("json")
            .ok()
            .flatten()
            .copied()
            .unwrap_or(false)
    };
    let set = |name: &str| matches.get_flag(name);
    let run = || text(matches, "run").unwrap_or_default();
    match name {
        "resume" => Verb::Resume {
            run: run(),
            json: json(),
        },
        "runs" => Verb::Runs(RunsWish {
            status: text(matches, "status"),
            workflow: text(matches, "workflow"),
            session: text(matches, "session"),
            limit: matches.get_one::<u64>("limit").map_or(20, |limit| {
                usize::try_from(*limit).unwrap_or(usize::MAX - 1)
            }),
            json: json(),
        }),
        "show" => Verb::Show {
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
        },
        "graph" => Verb::Graph {
            workflow: text(matches, "workflow"),
            run: text(matches, "run"),
            format: text(matches, "format").unwrap_or_default(),
        },
        "cache" => {
            let (clear, inner) = match matches.subcommand() {
                Some((name, inner)) => (name == "clear", inner),
                None => (false, matches),
            };
            let (workflow, step) = (text(inner, "workflow"), text(inner, "step"));
            Verb::Cache {
                clear,
                all: !clear && inner.get_flag("all"),
                workflow,
                step,
                json: inner.get_flag("json"),
            }
        }
        "store" => match matches.subcommand() {
            Some(("verify", inner)) => Verb::StoreVerify {
                json: inner.get_flag("json"),
            },
            Some((_, inner)) => Verb::StorePath {
                json: inner.get_flag("json"),
            },
            None => Verb::StorePath { json: false },
        },
        _ => Verb::Run(Box::new(RunWish {
            workflow: text(matches, "workflow"),
            input: matches.get_one::<OsString>("input").cloned(),
            fields: fields(matches, flags),
            session: text(matches, "session"),
            user: text(matches, "user"),
            run_id: text(matches, "run-id"),
            no_cache: set("no-cache"),
            json: json(),
        })),
    }
}

fn fields(matches: &ArgMatches, flags: &Flags) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for offered in &flags.offered {
        let given = matches.get_many::<String>(&id(offered));
        let given = given.into_iter().flatten();
        fields.extend(given.map(|value| (offered.flag.name.clone(), value.clone())));
    }
    fields
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.try_get_one::<String>(name).ok().flatten().cloned()
}

fn id(offered: &Offered) -> String {
    format!("field {}", offered.flag.name)
}

fn command(program: &Program, about: &str, flags: &Flags) -> Command {
    let store = option("store", "URL")
        .global(true)
        .help("Where runs are kept: a directory, or `memory:` [default: $AGNO_STORE, or ./.agno]");
    Command::new("app")
        .bin_name(program.words().to_owned())
        .no_binary_name(true)
        .about(about.to_owned())
        .after_help("Without a command, `run`. Exit codes: 0 done, 1 failed, 2 bad input or usage, 3 paused, 130 interrupted.")
        .arg(store)
        .subcommand(run_command(flags))
        .subcommand(
            Command::new("resume")
                .about("Goes on with a run, after its last recorded step")
                .args([run_argument(), json()]),
        )
        .subcommand(
            Command::new("runs").about("Lists runs, newest first").args([
                option("status", "STATUS").value_parser([
                    "running", "interrupted", "paused", "completed", "failed", "cancelled",
                ]),
                option("workflow", "NAME").help("Only of this workflow"),
                option("session", "NAME").help("Only of this session"),
                option("limit", "NUMBER")
                    .value_parser(value_parser!(u64).range(1..))
                    .help("At most so many [default: 20]"),
                json(),
            ]),
        )
        .subcommand(
            Command::new("show")
                .about("Shows a run: input, steps, state, output")
                .args([run_argument(), json()]),
        )
        .subcommand(Command::new("workflows").about("Lists the workflows of this program").args([
            json(),
            switch("check").help("Checks their schemas and graphs"),
        ]))
        .subcommand(
            Command::new("schema")
                .about("Prints the JSON Schema of a workflow's input")
                .args([workflow(), switch("output").help("That of its output")]),
        )
        .subcommand(Command::new("graph").about("Draws a workflow").args([
            workflow(),
            option("run", "RUN").help("With the path that this run took"),
            option("format", "FORMAT")
                .default_value("text")
                .value_parser(["text", "mermaid", "dot", "json", "svg"]),
        ]))
        .subcommand(cache_command())
        .subcommand(
            Command::new("store")
                .about("Looks after the store")
                .subcommand_required(true)
                .arg_required_else_help(true)
                .subcommand(
                    Command::new("verify").about("Reads everything and reports damage").arg(json()),
                )
                .subcommand(Command::new("path").about("Prints where the store is").arg(json())),
        )
}

fn run_command(flags: &Flags) -> Command {
    let input = option("input", "JSON")
        .short('i')
        .value_parser(ValueParser::os_string())
        .allow_hyphen_values(true)
        .help("The input: JSON, `@FILE`, or `-` for standard input. Where a text called `input` is all that a workflow takes, the text as it is; in quotes of JSON if it begins with `@`");
    let mut command = Command::new("run").about("Runs a workflow").args([
        workflow(),
        input,
        option("session", "NAME").help("Runs of one session share its state"),
        option("user", "NAME").help("The user the run is for"),
        option("run-id", "ID").help("Names the run; starting it again answers the same run"),
        switch("no-cache").help("Runs every step, whatever the step cache holds"),
        json(),
    ]);
    if !flags.notes.is_empty() {
        let notes: Vec<_> = flags
            .notes
            .iter()
            .map(|note| format!("  {}", note.text))
            .collect();
        command = command.after_help(format!("Not as flags:\n{}", notes.join("\n")));
    }
    command.args(flags.offered.iter().map(field))
}

fn field(offered: &Offered) -> Arg {
    let flag = &offered.flag;
    let long = long(&flag.name);
    let mut arg = Arg::new(id(offered))
        .hide(offered.is_hidden)
        .help(flag.description.clone())
        .help_heading("Input");
    if long != flag.name {
        arg = arg.alias(flag.name.clone());
    }
    arg = arg.long(long).action(ArgAction::Append);
    let kind = match &flag.kind {
        FlagKind::List(kind) => kind,
        kind => kind,
    };
    match kind {
        // `--draft NAME` must leave the name to the workflow.
        FlagKind::Boolean => arg
            .value_name("true|false")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        FlagKind::Integer | FlagKind::Number => {
            arg.value_name("NUMBER").allow_negative_numbers(true)
        }
        FlagKind::Choice(choices) => arg.value_name(choices.join("|")),
        FlagKind::Nested(_) => arg.value_name("JSON").allow_hyphen_values(true),
        _ => arg.value_name("TEXT"),
    }
}

fn cache_command() -> Command {
    let which = || {
        [
            option("workflow", "NAME").help("Only of this workflow"),
            option("step", "NAME").help("Only of this step"),
            json(),
        ]
    };
    let all = || switch("all").help("All of them, and not only the first");
    Command::new("cache")
        .about("Lists or clears the step cache")
        .args(which())
        .arg(all())
        .args_conflicts_with_subcommands(true)
        .subcommand(
            Command::new("list")
                .about("Lists cached results")
                .args(which())
                .arg(all()),
        )
        .subcommand(
            Command::new("clear")
                .about("Removes cached results")
                .args(which()),
        )
}

fn option(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value)
}

fn switch(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

fn json() -> Arg {
    switch("json").help("Prints one JSON object")
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
