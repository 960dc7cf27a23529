//! Verbs for what is recorded: going on with it, comparing it, and taking it away.

use std::{ffi::OsString, time::Duration};

use clap::{Arg, ArgGroup, ArgMatches, Command, builder::ValueParser, value_parser};

use super::{Watch, flag, json, no_input, option, run_argument, switch, text};
use crate::time;

/// What is to be done with what is recorded.
#[derive(Debug)]
pub(crate) enum RecordedVerb {
    Retry {
        run: String,
        watch: Watch,
    },
    Fork(ForkWish),
    Diff {
        left: String,
        right: String,
        json: bool,
    },
    Resolve(ResolveWish),
    Prune(PruneWish),
    Export {
        run: String,
        html: bool,
        output: Option<OsString>,
        force: bool,
    },
    Sessions {
        workflow: Option<String>,
        json: bool,
    },
    Worker {
        limit: Option<usize>,
        until_idle: bool,
    },
}

/// A run that is to be forked.
#[derive(Debug)]
pub(crate) struct ForkWish {
    pub(crate) run: String,
    pub(crate) from: Option<String>,
    pub(crate) input: Option<OsString>,
    /// `STEP=JSON`, each.
    pub(crate) set: Vec<String>,
    pub(crate) session: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) detach: bool,
    pub(crate) watch: Watch,
}

/// What came of a step that may have run.
#[derive(Debug)]
pub(crate) struct ResolveWish {
    pub(crate) run: String,
    pub(crate) step: String,
    pub(crate) how: How,
    pub(crate) json: bool,
}

/// How a step is settled.
#[derive(Debug)]
pub(crate) enum How {
    Output(OsString),
    Failed,
    Retry,
}

/// Which runs are to be removed.
#[derive(Debug)]
pub(crate) struct PruneWish {
    /// `None`: what the retention policy says.
    pub(crate) older_than: Option<Duration>,
    pub(crate) status: Vec<String>,
    pub(crate) keep_last: Option<usize>,
    pub(crate) dry_run: bool,
    pub(crate) json: bool,
}

impl RecordedVerb {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Retry { watch, .. } => watch.json,
            Self::Fork(wish) => wish.watch.json,
            Self::Resolve(wish) => wish.json,
            Self::Prune(wish) => wish.json,
            Self::Diff { json, .. } | Self::Sessions { json, .. } => *json,
            Self::Export { .. } | Self::Worker { .. } => false,
        }
    }

    pub(super) fn read(name: &str, matches: &ArgMatches) -> Option<Self> {
        let required = |name| text(matches, name).unwrap_or_default();
        let json = || flag(matches, "json");
        Some(match name {
            "retry" => Self::Retry {
                run: required("run"),
                watch: Watch::read(matches),
            },
            "fork" => Self::Fork(ForkWish {
                run: required("run"),
                from: text(matches, "from"),
                input: value(matches, "input"),
                set: matches
                    .get_many::<String>("set")
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect(),
                session: text(matches, "session"),
                run_id: text(matches, "run-id"),
                detach: flag(matches, "detach"),
                watch: Watch::read(matches),
            }),
            "diff" => Self::Diff {
                left: required("left"),
                right: required("right"),
                json: json(),
            },
            "resolve" => Self::Resolve(ResolveWish {
                run: required("run"),
                step: required("step"),
                how: match value(matches, "output") {
                    Some(output) => How::Output(output),
                    None if flag(matches, "failed") => How::Failed,
                    None => How::Retry,
                },
                json: json(),
            }),
            "prune" => Self::Prune(PruneWish {
                older_than: matches.get_one("older-than").copied(),
                status: matches
                    .get_many::<String>("status")
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect(),
                keep_last: number(matches, "keep-last"),
                dry_run: flag(matches, "dry-run"),
                json: json(),
            }),
            "export" => Self::Export {
                run: required("run"),
                html: text(matches, "format").as_deref() == Some("html"),
                output: value(matches, "output"),
                force: flag(matches, "force"),
            },
            "sessions" => Self::Sessions {
                workflow: text(matches, "workflow"),
                json: json(),
            },
            "worker" => Self::Worker {
                limit: number(matches, "limit"),
                until_idle: flag(matches, "until-idle"),
            },
            _ => return None,
        })
    }
}

fn value(matches: &ArgMatches, name: &str) -> Option<OsString> {
    matches.get_one::<OsString>(name).cloned()
}

fn number(matches: &ArgMatches, name: &str) -> Option<usize> {
    let number = matches.get_one::<u64>(name)?;
    Some(usize::try_from(*number).unwrap_or(usize::MAX))
}

pub(super) fn commands() -> [Command; 8] {
    let required =
        |id: &'static str, name: &'static str| Arg::new(id).value_name(name).required(true);
    let text_or_file = |name, value| {
        option(name, value)
            .value_parser(ValueParser::os_string())
            .allow_hyphen_values(true)
    };
    [
        Command::new("retry")
            .about("Goes on with a run that failed or was cancelled, from where it ended")
            .args([run_argument(), no_input(), json()]),
        Command::new("fork")
            .about("Starts a run that takes over what another recorded, up to a step")
            .args([
                run_argument(),
                option("from", "STEP").help("Runs this step again, and what came after it"),
                text_or_file("input", "JSON")
                    .short('i')
                    .help("Another input: for the step of --from, or for the whole run; JSON, `@FILE` or `-`"),
                option("set", "STEP=JSON")
                    .action(clap::ArgAction::Append)
                    .allow_hyphen_values(true)
                    .help("Takes this for the output of a step, which does not run; may be repeated"),
                option("session", "NAME").help("The session of the new run [default: the same]"),
                option("run-id", "ID").help("Names the new run"),
                switch("detach").help("Leaves it pending, for a worker"),
                no_input(),
                json(),
            ]),
        Command::new("diff")
            .about("Tells what two runs did differently, and why")
            .args([required("left", "RUN"), required("right", "OTHER"), json()]),
        Command::new("resolve")
            .about("Says what came of a step that may have run")
            .args([
                run_argument(),
                required("step", "STEP").help("Its path or name, or STEP/TOOL for a tool of an agent"),
                text_or_file("output", "JSON").help("It took effect, and this is its output: JSON, `@FILE` or `-`"),
                switch("failed").help("It failed, and is not done again"),
                switch("retry").help("It did not take effect, and is done again"),
                json(),
            ])
            .group(ArgGroup::new("how").args(["output", "failed", "retry"]).required(true)),
        Command::new("prune")
            .about("Removes runs that are over, with the runs they called; sessions stay. Without an age, what the retention policy does not keep")
            .args([
                option("older-than", "AGE")
                    .value_parser(ValueParser::new(time::parse_span))
                    .help("Only those that ended so long ago: 30d, 12h, 90m, 45s"),
                option("status", "STATUS")
                    .action(clap::ArgAction::Append)
                    .requires("older-than")
                    .value_parser(["completed", "failed", "cancelled"])
                    .help("Only those that ended so; may be repeated"),
                option("keep-last", "NUMBER")
                    .requires("older-than")
                    .value_parser(value_parser!(u64))
                    .help("Keeps the newest so many of each session"),
                switch("dry-run").help("Only tells which"),
                json(),
            ]),
        Command::new("export")
            .about("Writes a run as one document")
            .args([
                run_argument(),
                option("format", "FORMAT")
                    .default_value("json")
                    .value_parser(["json", "html"])
                    .help("`html` is one page that needs nothing from the network"),
                option("output", "FILE")
                    .short('o')
                    .value_parser(ValueParser::os_string())
                    .help("Into this new file, for its user alone [default: standard output]"),
                switch("force").help("Replaces the file, if it is there"),
            ]),
        Command::new("sessions")
            .about("Lists sessions")
            .args([option("workflow", "NAME").help("Only of this workflow"), json()]),
        Command::new("worker")
            .about("Runs what is due: runs that were detached, interrupted, or answered meanwhile")
            .args([
                option("limit", "NUMBER")
                    .value_parser(value_parser!(u64).range(1..))
                    .help("At most so many runs at a time [default: 16]"),
                switch("until-idle")
                    .help("Until nothing is due any more, whatever other workers have under way"),
            ]),
    ]
}
