//! Every option of every macro, in one place: the lists in messages and the checks come from here.

use super::synonyms::{self, Synonyms};
use crate::diag::did_you_mean;

/// One option.
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    /// How it is written, for messages.
    pub(crate) example: &'static str,
}

/// The options of one macro (or of one option with options of its own).
pub(crate) struct Table {
    /// As the user writes it: `#[step]`, `retry(..)`.
    pub(crate) owner: &'static str,
    pub(crate) options: &'static [Spec],
    /// Plausible names that belong somewhere else, and what to write instead.
    pub(crate) elsewhere: &'static [(&'static str, &'static str)],
    /// What the same thing is called in other systems.
    pub(crate) synonyms: &'static [Synonyms],
}

impl Table {
    /// What to write instead of a plausible name that is none of the options.
    pub(crate) fn advice(&self, name: &str) -> Option<&'static str> {
        let elsewhere = self.elsewhere.iter().find(|(other, _)| *other == name);
        let mut synonyms = self.synonyms.iter();
        elsewhere.map(|(_, advice)| *advice).or_else(|| {
            let meant = synonyms.find(|synonyms| synonyms.names.contains(&name));
            meant.map(|synonyms| synonyms.advice)
        })
    }

    /// The same for a slip of the pen in such a name, unless one of the options is as near.
    pub(crate) fn near_advice(&self, name: &str) -> Option<&'static str> {
        if did_you_mean(name, self.names()).is_some() {
            return None;
        }
        let elsewhere = self.elsewhere.iter().map(|(other, _)| *other);
        let synonyms = self.synonyms.iter().flat_map(|synonyms| synonyms.names);
        let near = did_you_mean(name, elsewhere.chain(synonyms.copied()))?;
        self.advice(near)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.options.iter().map(|spec| spec.name)
    }

    pub(crate) fn example(&self, name: &str) -> &'static str {
        self.options
            .iter()
            .find(|spec| spec.name == name)
            .map_or("", |spec| spec.example)
    }
}

const fn spec(name: &'static str, example: &'static str) -> Spec {
    Spec { name, example }
}

const ON_STRUCT: &str = "this option goes on the struct: `#[workflow(..)] struct ..`";

pub(crate) static STRUCT: Table = Table {
    owner: "`#[workflow]` on a struct",
    options: &[
        spec("name", "name = \"Article\""),
        spec("version", "version = 2"),
        spec("on_drift", "on_drift = \"rerun\""),
        spec("crate", "crate = my_agno"),
    ],
    elsewhere: &[(
        "state",
        "the state goes on the impl block: `#[workflow(state = ..)] impl ..`",
    )],
    synonyms: synonyms::WORKFLOW,
};

/// Of a struct whose fields are steps: it is the whole workflow.
pub(crate) static STRUCT_OF_STEPS: Table = Table {
    owner: "`#[workflow]` on a struct",
    options: &[
        spec("name", "name = \"Article\""),
        spec("version", "version = 2"),
        spec("on_drift", "on_drift = \"rerun\""),
        spec("state", "state = Notes"),
        spec("crate", "crate = my_agno"),
    ],
    elsewhere: &[],
    synonyms: synonyms::WORKFLOW,
};

pub(crate) static IMPL: Table = Table {
    owner: "`#[workflow]` on an impl block",
    options: &[
        spec("state", "state = Notes"),
        spec("crate", "crate = my_agno"),
    ],
    elsewhere: &[
        ("name", ON_STRUCT),
        ("version", ON_STRUCT),
        ("on_drift", ON_STRUCT),
    ],
    synonyms: synonyms::WORKFLOW,
};

const ON_REJECT: &str = "what a rejection does belongs to the question; write \
     `confirm(message = \"Publish this?\", on_reject = \"skip\")`";
const ON_TIMEOUT: &str = "the end of the wait belongs to the question; write \
     `confirm(message = \"Publish this?\", timeout = \"1h\", on_timeout = \"reject\")`";

pub(crate) static STEP: Table = Table {
    owner: "`#[step]`",
    options: &[
        spec("retry", "retry(max = 3)"),
        spec("timeout", "timeout = \"20s\""),
        spec("cache", "cache(ttl = \"1h\")"),
        spec("confirm", "confirm = \"Publish this?\""),
        spec("on_error", "on_error = \"skip\""),
        spec("at_most_once", "at_most_once"),
        spec("history", "history = 3"),
        spec("version", "version = 2"),
        spec("name", "name = \"search\""),
    ],
    elsewhere: &[
        ("retries", "write `retry(max = 3)` for retries"),
        ("max_retries", "write `retry(max = 3)` for retries"),
        ("max", "write `retry(max = 3)` for retries"),
        (
            "backoff",
            "the backoff belongs to the retries: `retry(max = 3, backoff = \"500ms\")`",
        ),
        (
            "ttl",
            "the time to live belongs to the cache: `cache(ttl = \"1h\")`",
        ),
        ("on_reject", ON_REJECT),
        ("on_timeout", ON_TIMEOUT),
        (
            "after",
            "the order of the steps is written in a `#[flow]` function",
        ),
        (
            "input",
            "a template is for a field; a method puts its text together itself: remove `input`",
        ),
    ],
    synonyms: synonyms::STEP,
};

pub(crate) static FIELD: Table = Table {
    owner: "`#[step]` on a field",
    options: &[
        spec("retry", "retry(max = 3)"),
        spec("timeout", "timeout = \"20s\""),
        spec("cache", "cache(ttl = \"1h\")"),
        spec("confirm", "confirm = \"Publish this?\""),
        spec("on_error", "on_error = \"skip\""),
        spec("at_most_once", "at_most_once"),
        spec("history", "history = 3"),
        spec("version", "version = 2"),
        spec("name", "name = \"writer\""),
        spec("input", "input = \"{input}\\n\\n{previous}\""),
    ],
    elsewhere: &[
        ("retries", "write `retry(max = 3)` for retries"),
        ("max_retries", "write `retry(max = 3)` for retries"),
        ("max", "write `retry(max = 3)` for retries"),
        (
            "backoff",
            "the backoff belongs to the retries: `retry(max = 3, backoff = \"500ms\")`",
        ),
        (
            "ttl",
            "the time to live belongs to the cache: `cache(ttl = \"1h\")`",
        ),
        ("on_reject", ON_REJECT),
        ("on_timeout", ON_TIMEOUT),
        (
            "after",
            "fields run in the order in which they stand; move this one",
        ),
        (
            "state",
            "the state goes on the struct: `#[workflow(state = ..)] struct ..`",
        ),
        (
            "template",
            "the template is called `input`: write `input = \"{input}\\n\\n{previous}\"`",
        ),
    ],
    synonyms: synonyms::STEP,
};

pub(crate) static FLOW: Table = Table {
    owner: "`#[flow]`",
    options: &[
        spec("timeout", "timeout = \"20s\""),
        spec("cache", "cache(ttl = \"1h\")"),
    ],
    elsewhere: &[
        (
            "retry",
            "a flow is not retried as a whole; put `retry(..)` on its steps",
        ),
        (
            "confirm",
            "a flow asks where it needs the answer; write `flow.confirm(\"Publish this?\").await?` in it",
        ),
        (
            "history",
            "a flow reads earlier runs itself; write `flow.history(3).await?` in it",
        ),
    ],
    synonyms: synonyms::FLOW,
};

pub(crate) static RETRY: Table = Table {
    owner: "`retry(..)`",
    options: &[
        spec("max", "max = 3"),
        spec("backoff", "backoff = \"500ms\""),
        spec("factor", "factor = 2.0"),
        spec("max_delay", "max_delay = \"30s\""),
        spec("jitter", "jitter = false"),
    ],
    elsewhere: &[],
    synonyms: synonyms::RETRY,
};

pub(crate) static CACHE: Table = Table {
    owner: "`cache(..)`",
    options: &[
        spec("ttl", "ttl = \"1h\""),
        spec("key", "key = \"topic\""),
        spec("scope", "scope = \"session\""),
        spec("tags", "tags = \"site, {topic}\""),
        spec("stale_while_revalidate", "stale_while_revalidate = \"10m\""),
        spec("stale_if_error", "stale_if_error = \"1d\""),
        spec("jitter", "jitter = true"),
    ],
    elsewhere: &[],
    synonyms: synonyms::CACHE,
};

pub(crate) static CONFIRM: Table = Table {
    owner: "`confirm(..)`",
    options: &[
        spec("message", "message = \"Publish this?\""),
        spec("timeout", "timeout = \"1h\""),
        spec("on_timeout", "on_timeout = \"reject\""),
        spec("on_reject", "on_reject = \"skip\""),
    ],
    elsewhere: &[
        (
            "question",
            "the question is called `message`: write `message = \"Publish this?\"`",
        ),
        (
            "on_error",
            "what a failure does belongs to the step: `#[step(confirm = \"..\", on_error = \"skip\")]`",
        ),
    ],
    synonyms: synonyms::CONFIRM,
};

/// What a flow may be allowed to do on purpose, each with its reason.
pub(crate) static ALLOW: Table = Table {
    owner: "`#[allow_in_flow]`",
    options: &[
        spec("clock", "clock = \"it is only logged\""),
        spec("random", "random = \"it is only logged\""),
        spec("id", "id = \"it is only logged\""),
        spec("timer", "timer = \"nothing waits for it\""),
        spec("task", "task = \"nothing waits for it\""),
        spec("join", "join = \"none of them is a call of the flow\""),
        spec("order", "order = \"there is one entry\""),
        spec("files", "files = \"the file never changes\""),
        spec("network", "network = \"the answer never changes\""),
        spec("environment", "environment = \"it is the same everywhere\""),
        spec("process", "process = \"nothing depends on it\""),
        spec("terminal", "terminal = \"it may be shown twice\""),
        spec("endless", "endless = \"it ends with its session\""),
    ],
    elsewhere: &[
        (
            "reason",
            "the reason stands with what it is for: `clock = \"it is only logged\"`",
        ),
        (
            "time",
            "the clock is called `clock`: write `clock = \"it is only logged\"`",
        ),
        (
            "sleep",
            "a wait is called `timer`: write `timer = \"nothing waits for it\"`",
        ),
        (
            "print",
            "what is printed is called `terminal`: write `terminal = \"it may be shown twice\"`",
        ),
    ],
    synonyms: &[],
};

pub(crate) static TOOL: Table = Table {
    owner: "`#[tool]`",
    options: &[
        spec("name", "name = \"search_handbook\""),
        spec("timeout", "timeout = \"20s\""),
        spec("cache", "cache(ttl = \"5m\")"),
        spec("idempotent", "idempotent = false"),
        spec("confirm", "confirm = \"Send it?\""),
        spec("allow_identity", "allow_identity"),
        spec("crate", "crate = my_agno"),
    ],
    elsewhere: &[
        (
            "description",
            "the description is the doc comment of the function: write `/// ..` above it",
        ),
        (
            "retry",
            "a tool is not retried: the model reads the error and calls again; remove this",
        ),
        (
            "ttl",
            "the time to live belongs to the cache: write `cache(ttl = \"5m\")`",
        ),
        (
            "state",
            "a tool takes the state as a parameter: write `state: &mut ..`",
        ),
        (
            "at_most_once",
            "write `idempotent = false` for what must not be done twice",
        ),
    ],
    synonyms: &[],
};

pub(crate) static TOOL_CACHE: Table = Table {
    owner: "`cache(..)` of a tool",
    options: &[spec("ttl", "ttl = \"5m\"")],
    elsewhere: &[],
    synonyms: &[],
};

pub(crate) static DATA: Table = Table {
    owner: "`#[data]`",
    options: &[spec("crate", "crate = my_agno")],
    elsewhere: &[],
    synonyms: &[],
};

pub(crate) static STATE: Table = Table {
    owner: "`#[state]`",
    options: &[spec("crate", "crate = my_agno")],
    elsewhere: &[],
    synonyms: &[],
};

/// The rules of `#[merge(..)]`, with the runtime's name of each.
pub(crate) const MERGE_RULES: [(&str, &str); 6] = [
    ("append", "Append"),
    ("union", "Union"),
    ("sum", "Sum"),
    ("max", "Max"),
    ("min", "Min"),
    ("last", "Last"),
];
