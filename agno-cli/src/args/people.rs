//! Verbs for what runs ask of people.

use std::ffi::OsString;

use agno_core::Decision;
use clap::{Arg, ArgGroup, ArgMatches, Command, builder::ValueParser};

use super::{Watch, flag, json, no_input, option, switch, text};

/// What is to be done about what runs ask.
#[derive(Debug)]
pub(crate) enum PeopleVerb {
    Inbox {
        run: Option<String>,
        workflow: Option<String>,
        json: bool,
    },
    Answer(AnswerWish),
}

/// An answer that is to be given.
#[derive(Debug)]
pub(crate) struct AnswerWish {
    /// The request, or how its id begins.
    pub(crate) id: String,
    /// `None`: what it is, is asked for.
    pub(crate) given: Option<Given>,
    /// Who answers.
    pub(crate) by: Option<String>,
    /// Only records it.
    pub(crate) no_wait: bool,
    pub(crate) watch: Watch,
}

/// An answer, as it was typed.
#[derive(Debug)]
pub(crate) enum Given {
    Decision {
        decision: Decision,
        because: Option<String>,
    },
    Value(OsString),
}

impl PeopleVerb {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Inbox { json, .. } => *json,
            Self::Answer(wish) => wish.watch.json,
        }
    }

    pub(super) fn read(name: &str, matches: &ArgMatches) -> Option<Self> {
        Some(match name {
            "inbox" => Self::Inbox {
                run: text(matches, "run"),
                workflow: text(matches, "workflow"),
                json: flag(matches, "json"),
            },
            "approve" => Self::answer(matches, decided(Decision::Approve, None)),
            "reject" => {
                let because = text(matches, "because");
                Self::answer(matches, decided(Decision::Reject, because))
            }
            "answer" => Self::answer(matches, given(matches)),
            _ => return None,
        })
    }

    fn answer(matches: &ArgMatches, given: Option<Given>) -> Self {
        Self::Answer(AnswerWish {
            id: text(matches, "id").unwrap_or_default(),
            given,
            by: text(matches, "by"),
            no_wait: flag(matches, "no-wait"),
            watch: Watch::read(matches),
        })
    }
}

fn decided(decision: Decision, because: Option<String>) -> Option<Given> {
    Some(Given::Decision { decision, because })
}

fn given(matches: &ArgMatches) -> Option<Given> {
    if let Some(value) = matches.get_one::<OsString>("value") {
        return Some(Given::Value(value.clone()));
    }
    if let Some(because) = text(matches, "redo") {
        return decided(Decision::Redo, Some(because));
    }
    [
        ("retry", Decision::Retry),
        ("skip", Decision::Skip),
        ("fail", Decision::Fail),
    ]
    .into_iter()
    .find(|(name, _)| flag(matches, name))
    .and_then(|(_, decision)| decided(decision, None))
}

pub(super) fn commands() -> [Command; 4] {
    let because = option("because", "TEXT").help("Why, for whoever reads the run");
    let value = Arg::new("value")
        .value_name("VALUE")
        .index(2)
        .value_parser(ValueParser::os_string())
        .allow_hyphen_values(true)
        .help("The value: JSON, `@FILE`, or `-` for standard input; where a text is wanted, the text as it is");
    [
        Command::new("inbox")
            .about("Lists what runs ask of people, oldest first")
            .args([
                option("run", "RUN").help("Only of this run, and the runs it has called"),
                option("workflow", "NAME").help("Only of this workflow"),
                json(),
            ]),
        Command::new("approve")
            .about("Says yes to a request")
            .args(answers()),
        Command::new("reject")
            .about("Says no to a request")
            .arg(because)
            .args(answers()),
        Command::new("answer")
            .about("Answers a request with a value, or says what to do about a failure; without either, asks on the terminal")
            .arg(value)
            .args([
                option("redo", "TEXT").help("Of a review: make it again, and what is to be different"),
                switch("retry").help("Of a failure: try the step again"),
                switch("skip").help("Of a failure: go on with the default of its output"),
                switch("fail").help("Of a failure: let the step fail"),
            ])
            .group(ArgGroup::new("what").args(["value", "redo", "retry", "skip", "fail"]))
            .args(answers()),
    ]
}

/// What all answers have in common.
fn answers() -> [Arg; 5] {
    [
        Arg::new("id")
            .value_name("ID")
            .required(true)
            .index(1)
            .help("The request's id, or how it begins: see `inbox`"),
        option("by", "NAME").help("Who answers [default: the name of the user]"),
        switch("no-wait").help("Records the answer and leaves the run to a worker, or to `resume`"),
        no_input(),
        json(),
    ]
}
