//! The fields of the workflows' inputs, as flags of `run`.

use std::ffi::{OsStr, OsString};

use agno_core::{
    Runtime,
    schema::{Flag, FlagKind},
};

use crate::{
    args::OWN,
    input::{Fields, is_given_whole},
    text,
};

/// The flags that `run` takes for the fields of inputs.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    pub(crate) offered: Vec<Offered>,
    /// What `run --help` says of inputs, or parts of them, that are given with `-i`.
    pub(crate) notes: Vec<Note>,
    /// A workflow is called `true` or `false`.
    value_is_workflow: bool,
}

/// What to do instead of a flag.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) text: String,
    /// Its workflow is among the arguments, or the only one.
    pub(crate) is_named: bool,
}

/// One flag.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) flag: Flag,
    /// It is understood, so that an answer can say more than "unexpected", and it does not help.
    pub(crate) is_hidden: bool,
}

impl Flags {
    /// Those of all workflows, for these arguments. A name is one flag, however many workflows
    /// have it; the workflow that is named says what it takes.
    pub(crate) fn of(runtime: &Runtime, args: &[OsString]) -> Self {
        let mut workflows: Vec<_> = runtime.workflows().into_iter().map(|w| w.name).collect();
        let several = workflows.len() > 1;
        let is_named = |name: &str| !several || args.iter().any(|arg| arg == name);
        workflows.sort_by_key(|name| !is_named(name));
        let mut flags = Self {
            value_is_workflow: workflows.iter().any(|name| is_truth(name.as_ref())),
            ..Self::default()
        };
        for name in workflows {
            let note = |why: &str| Note {
                text: match several {
                    true => format!("{}: {why}", text::line(&name, 60)),
                    false => why.to_owned(),
                },
                is_named: is_named(&name),
            };
            let fields = Fields::of(runtime, &name).map_or_else(Vec::new, |fields| fields.flags());
            let is_noted = needs_input(runtime, &name) && !is_given_whole(runtime, &name);
            if fields.is_empty() && is_noted {
                let why = "its fields are no flags: give the whole input with -i";
                flags.notes.push(note(why));
            }
            let suffice = fields
                .iter()
                .all(|flag| !flag.required || obstacle(flag).is_none());
            for flag in fields {
                match obstacle(&flag) {
                    Some(why) => {
                        flags.notes.push(note(&why));
                        if matches!(flag.kind, FlagKind::Nested(_)) && is_free(&flag.name) {
                            flags.offer(flag, true);
                        }
                    }
                    None => flags.offer(flag, !suffice),
                }
            }
        }
        flags
    }

    fn offer(&mut self, flag: Flag, is_hidden: bool) {
        let name = long(&flag.name);
        let known = self
            .offered
            .iter_mut()
            .find(|other| long(&other.flag.name) == name);
        match known {
            Some(known) => known.is_hidden &= is_hidden,
            None => self.offered.push(Offered { flag, is_hidden }),
        }
    }

    /// Writes `--yes true` as `--yes=true`: otherwise the value would be the workflow's name.
    pub(crate) fn join_truth_values(&self, args: &[OsString]) -> Vec<OsString> {
        let mut joined: Vec<OsString> = Vec::new();
        for arg in args {
            match joined.last_mut() {
                Some(last) if is_truth(arg) && !self.value_is_workflow && self.is_boolean(last) => {
                    last.push("=");
                    last.push(arg);
                }
                _ => joined.push(arg.clone()),
            }
        }
        joined
    }

    fn is_boolean(&self, arg: &OsStr) -> bool {
        let Some(name) = arg.to_str().and_then(|arg| arg.strip_prefix("--")) else {
            return false;
        };
        let name = long(name);
        let flag = self
            .offered
            .iter()
            .find(|offered| long(&offered.flag.name) == name);
        flag.is_some_and(|offered| match &offered.flag.kind {
            FlagKind::List(kind) => **kind == FlagKind::Boolean,
            kind => *kind == FlagKind::Boolean,
        })
    }
}

fn is_truth(word: &OsStr) -> bool {
    word == "true" || word == "false"
}

fn needs_input(runtime: &Runtime, workflow: &str) -> bool {
    runtime.input_schema(workflow).is_ok_and(|schema| {
        ["{}", "null"]
            .iter()
            .all(|text| schema.check(text).is_err())
    })
}

/// The name of a field as a flag is written.
pub(crate) fn long(name: &str) -> String {
    name.replace('_', "-")
}

/// Why a field is no flag, and what to do instead.
pub(crate) fn obstacle(flag: &Flag) -> Option<String> {
    let name = text::line(&flag.name, 60);
    if let FlagKind::Nested(shape) = &flag.kind {
        return Some(format!("`{name}` is {shape}: give the whole input with -i"));
    }
    if OWN.contains(&long(&flag.name).as_str()) {
        let long = long(&flag.name);
        return Some(format!(
            "`{name}` is no flag, `--{long}` is an option of `run`: give the whole input with -i"
        ));
    }
    (!is_free(&flag.name))
        .then(|| format!("`{name}` cannot be typed as a flag: give the whole input with -i"))
}

/// Whether a name can be typed as a flag, and `run` has no such option itself.
fn is_free(name: &str) -> bool {
    let typed = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let long = long(name);
    name.chars().all(typed)
        && long.starts_with(char::is_alphanumeric)
        && !OWN.contains(&long.as_str())
}
