//! Verbs that look after the store.

use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, builder::ValueParser};

use super::{flag, json, option, switch, text};

/// What is to be done with the store.
#[derive(Debug)]
pub(crate) enum StoreVerb {
    Path { json: bool },
    Verify { json: bool },
    Stats { json: bool },
    Compact { json: bool },
    Export(ExportWish),
    Import { file: OsString, json: bool },
    Copy(CopyWish),
}

/// Which part of a store goes elsewhere.
#[derive(Debug)]
pub(crate) struct What {
    pub(crate) workflow: Option<String>,
    pub(crate) no_cache: bool,
}

/// A store that is to be written into a file.
#[derive(Debug)]
pub(crate) struct ExportWish {
    /// `-` for standard output.
    pub(crate) file: OsString,
    pub(crate) what: What,
    pub(crate) force: bool,
    pub(crate) json: bool,
}

/// A store that is to be copied into another.
#[derive(Debug)]
pub(crate) struct CopyWish {
    pub(crate) to: String,
    pub(crate) what: What,
    pub(crate) json: bool,
}

impl StoreVerb {
    pub(super) fn read(matches: &ArgMatches) -> Self {
        let Some((name, inner)) = matches.subcommand() else {
            return Self::Path { json: false };
        };
        let json = flag(inner, "json");
        let file = || {
            let file = inner.get_one::<OsString>("file").cloned();
            file.unwrap_or_else(|| "-".into())
        };
        let what = || What {
            workflow: text(inner, "workflow"),
            no_cache: flag(inner, "no-cache"),
        };
        match name {
            "verify" => Self::Verify { json },
            "stats" => Self::Stats { json },
            "compact" => Self::Compact { json },
            "export" => Self::Export(ExportWish {
                file: file(),
                what: what(),
                force: flag(inner, "force"),
                json,
            }),
            "import" => Self::Import { file: file(), json },
            "copy" => Self::Copy(CopyWish {
                to: text(inner, "to").unwrap_or_default(),
                what: what(),
                json,
            }),
            _ => Self::Path { json },
        }
    }

    pub(super) fn json(&self) -> bool {
        match self {
            Self::Path { json }
            | Self::Verify { json }
            | Self::Stats { json }
            | Self::Compact { json }
            | Self::Import { json, .. } => *json,
            Self::Export(wish) => wish.json,
            Self::Copy(wish) => wish.json,
        }
    }
}

pub(super) fn command() -> Command {
    let file = |help| {
        Arg::new("file")
            .value_name("FILE")
            .value_parser(ValueParser::os_string())
            .help(help)
    };
    let what = || {
        [
            option("workflow", "NAME").help("Only what is of this workflow"),
            switch("no-cache").help("Without cached results of steps"),
        ]
    };
    let told = || switch("json").help("Tells what was done as one JSON object");
    Command::new("store")
        .about("Looks after the store")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("verify")
                .about("Reads everything and reports damage")
                .arg(json()),
        )
        .subcommand(
            Command::new("stats")
                .about("Tells what the store holds and what room it takes")
                .arg(json()),
        )
        .subcommand(
            Command::new("compact")
                .about("Gives room back that removed and replaced records took")
                .arg(json()),
        )
        .subcommand(
            Command::new("export")
                .about("Writes the store into one file, for `store import` into any other")
                .arg(file("A new file, for its user alone; `-` is standard output [default: -]"))
                .args(what())
                .arg(switch("force").help("Replaces the file, if it is there"))
                .arg(told().help("Tells what was done as one JSON object, on standard error if the store goes to standard output")),
        )
        .subcommand(
            Command::new("import")
                .about("Takes over what `store export` wrote; what is there already stays, so it can be repeated")
                .arg(file("The file; `-` is standard input [default: -]"))
                .arg(told()),
        )
        .subcommand(
            Command::new("copy")
                .about("Copies the store into another; what is there already stays, so it can be repeated")
                .arg(
                    option("to", "URL")
                        .required(true)
                        .help("The other store, as --store names one"),
                )
                .args(what())
                .arg(told()),
        )
        .subcommand(
            Command::new("path")
                .about("Prints where the store is")
                .arg(json()),
        )
}
