//! Every option of every macro, in one place: the lists in messages and the checks come from here.

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
}

impl Table {
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
};

pub(crate) static STEP: Table = Table {
    owner: "`#[step]`",
    options: &[
        spec("retry", "retry(max = 3)"),
        spec("timeout", "timeout = \"20s\""),
        spec("cache", "cache(ttl = \"1h\")"),
        spec("on_error", "on_error = \"skip\""),
        spec("at_most_once", "at_most_once"),
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
        (
            "after",
            "the order of the steps is written in a `#[flow]` function",
        ),
        (
            "input",
            "a template is for a field; a method puts its text together itself: remove `input`",
        ),
    ],
};

pub(crate) static FIELD: Table = Table {
    owner: "`#[step]` on a field",
    options: &[
        spec("retry", "retry(max = 3)"),
        spec("timeout", "timeout = \"20s\""),
        spec("cache", "cache(ttl = \"1h\")"),
        spec("on_error", "on_error = \"skip\""),
        spec("at_most_once", "at_most_once"),
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
};

pub(crate) static FLOW: Table = Table {
    owner: "`#[flow]`",
    options: &[
        spec("timeout", "timeout = \"20s\""),
        spec("cache", "cache(ttl = \"1h\")"),
    ],
    elsewhere: &[(
        "retry",
        "a flow is not retried as a whole; put `retry(..)` on its steps",
    )],
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
};

pub(crate) static CACHE: Table = Table {
    owner: "`cache(..)`",
    options: &[
        spec("ttl", "ttl = \"1h\""),
        spec("key", "key = \"topic\""),
        spec("scope", "scope = \"session\""),
    ],
    elsewhere: &[],
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
};

pub(crate) static TOOL_CACHE: Table = Table {
    owner: "`cache(..)` of a tool",
    options: &[spec("ttl", "ttl = \"5m\"")],
    elsewhere: &[],
};

pub(crate) static DATA: Table = Table {
    owner: "`#[data]`",
    options: &[spec("crate", "crate = my_agno")],
    elsewhere: &[],
};

pub(crate) static STATE: Table = Table {
    owner: "`#[state]`",
    options: &[spec("crate", "crate = my_agno")],
    elsewhere: &[],
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

/// Names of `Flow`'s own methods, and of methods every type has: a step named so could not be called.
pub(crate) const RESERVED: [&str; 28] = [
    "workflow",
    "run_id",
    "session_id",
    "user_id",
    "state",
    "parallel",
    "map",
    "race",
    "sleep",
    "sleep_until",
    "now",
    "random",
    "uuid",
    "say",
    "ask",
    "confirm",
    "choose",
    "review",
    "history",
    "call",
    "patched",
    "new",
    "clone",
    "drop",
    "borrow",
    "into",
    "from",
    "deref",
];
