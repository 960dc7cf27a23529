//! `cache`, and what `run` says of it.

use std::sync::Arc;

use agno_core::{CacheMode, storage::CacheQuery};
use clap::{Arg, ArgMatches, Command};

use super::{flag, json, option, switch, text};

/// What is to be done with the step cache.
#[derive(Debug)]
pub(crate) enum CacheWish {
    List {
        which: CacheQuery,
        /// Also what is beyond the first.
        all: bool,
        json: bool,
    },
    Clear {
        which: CacheQuery,
        json: bool,
    },
    Explain(Explain),
}

/// Which call of a step is to be explained.
#[derive(Debug)]
pub(crate) struct Explain {
    pub(crate) step: String,
    pub(crate) workflow: Option<String>,
    pub(crate) run: Option<String>,
    pub(crate) input: Option<String>,
    pub(crate) json: bool,
}

impl CacheWish {
    pub(super) fn read(matches: &ArgMatches) -> Self {
        match matches.subcommand() {
            Some(("clear", inner)) => Self::Clear {
                which: which(inner),
                json: flag(inner, "json"),
            },
            Some(("explain", inner)) => Self::Explain(Explain {
                step: text(inner, "step").unwrap_or_default(),
                workflow: text(inner, "workflow"),
                run: text(inner, "run"),
                input: text(inner, "input"),
                json: flag(inner, "json"),
            }),
            inner => {
                let inner = inner.map_or(matches, |(_, inner)| inner);
                Self::List {
                    which: which(inner),
                    all: flag(inner, "all"),
                    json: flag(inner, "json"),
                }
            }
        }
    }

    pub(crate) fn json(&self) -> bool {
        match self {
            Self::List { json, .. } | Self::Clear { json, .. } => *json,
            Self::Explain(explain) => explain.json,
        }
    }
}

fn which(matches: &ArgMatches) -> CacheQuery {
    CacheQuery {
        workflow: text(matches, "workflow").map(Arc::from),
        step: text(matches, "step").map(Arc::from),
        tag: text(matches, "tag").map(Arc::from),
        key: text(matches, "key"),
        expired_at: None,
    }
}

pub(super) fn command() -> Command {
    let of = || option("workflow", "NAME").help("Only of this workflow");
    let which = || {
        [
            of(),
            option("step", "NAME").help("Only of this step"),
            option("tag", "TAG").help("Only with this tag"),
            option("key", "KEY")
                .value_parser(digits)
                .help("Only those whose key begins so"),
            json(),
        ]
    };
    let all = || switch("all").help("All of them, and not only the first");
    Command::new("cache")
        .about("Lists, clears or explains the step cache")
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
        .subcommand(
            Command::new("explain")
                .about("Prints what a step's key is made from, and why it hit or missed")
                .args([
                    Arg::new("step")
                        .value_name("STEP")
                        .required(true)
                        .help("Name of the step or sub-flow"),
                    option("workflow", "NAME")
                        .help("Its workflow; not needed when only one has it"),
                    option("run", "RUN")
                        .help("The run that called it [default: the newest that has]"),
                    option("input", "JSON")
                        .short('i')
                        .allow_hyphen_values(true)
                        .help("Another input than that call had: an object by parameter name"),
                    json(),
                ]),
        )
}

/// The beginning of a key. Anything else would match nothing, and not say so.
fn digits(text: &str) -> Result<String, String> {
    match text.chars().all(|c| c.is_ascii_hexdigit()) && (1..=64).contains(&text.len()) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err("a key is 64 hexadecimal digits; give those it begins with".to_owned()),
    }
}

/// How a run is to use the cache, in words.
pub(super) fn modes() -> [Arg; 2] {
    [
        option("cache", "MODE")
            .value_parser(CacheMode::ALL.map(CacheMode::as_str))
            .help("How the run uses the step cache: takes and stores results, computes all anew, leaves it alone, or computes nothing that is not in it [default: $AGNO_CACHE, or use]"),
        switch("no-cache")
            .conflicts_with("cache")
            .help("Short for --cache refresh: runs every step, whatever the step cache holds"),
    ]
}

pub(super) fn mode(matches: &ArgMatches) -> Option<CacheMode> {
    match flag(matches, "no-cache") {
        true => Some(CacheMode::Refresh),
        false => named(&text(matches, "cache")?),
    }
}

/// The mode of a name.
pub(crate) fn named(name: &str) -> Option<CacheMode> {
    CacheMode::ALL
        .into_iter()
        .find(|mode| mode.as_str() == name)
}
