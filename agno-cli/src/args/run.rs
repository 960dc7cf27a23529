//! `run`, with a flag for each field of its input.

use std::ffi::OsString;

use agno_core::{
    CacheMode,
    schema::{Flag, FlagKind},
};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::ValueParser};

use super::{Watch, cache, flag, json, no_input, option, switch, text, workflow};
use crate::flags::{Flags, Offered, long};

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
    pub(crate) cache: Option<CacheMode>,
    /// Leaves it to a worker.
    pub(crate) detach: bool,
    pub(crate) watch: Watch,
}

pub(super) fn read(matches: &ArgMatches, flags: &Flags) -> RunWish {
    RunWish {
        workflow: text(matches, "workflow"),
        input: matches.get_one::<OsString>("input").cloned(),
        fields: fields(matches, flags),
        session: text(matches, "session"),
        user: text(matches, "user"),
        run_id: text(matches, "run-id"),
        cache: cache::mode(matches),
        detach: flag(matches, "detach"),
        watch: Watch::read(matches),
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

fn id(offered: &Offered) -> String {
    format!("field {}", offered.flag.name)
}

pub(super) fn command(flags: &Flags) -> Command {
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
        switch("detach").help("Puts the run down for a worker and prints its id"),
        no_input(),
        json(),
    ]);
    command = command.args(cache::modes());
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

/// What a field is for, and of a list how several are given.
fn help(flag: &Flag) -> String {
    let FlagKind::List(_) = flag.kind else {
        return flag.description.clone();
    };
    let several = "given once for each, or as a JSON list";
    match flag.description.trim_end_matches('.') {
        "" => several.to_owned(),
        description => format!("{description} ({several})"),
    }
}

fn field(offered: &Offered) -> Arg {
    let flag = &offered.flag;
    let long = long(&flag.name);
    let mut arg = Arg::new(id(offered))
        .hide(offered.is_hidden)
        .help(help(flag))
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
        FlagKind::File => arg.value_name("FILE"),
        _ => arg.value_name("TEXT"),
    }
}
