//! What other systems call our options, so that who comes from one is told the name here.

/// Names for one option, and what to write instead of them.
pub(crate) struct Synonyms {
    pub(crate) names: &'static [&'static str],
    pub(crate) advice: &'static str,
}

const fn of(names: &'static [&'static str], advice: &'static str) -> Synonyms {
    Synonyms { names, advice }
}

const DESCRIPTION: Synonyms = of(
    &["description", "desc", "doc", "docs", "help", "about"],
    "the description is the doc comment: write `/// ..` above it",
);

pub(super) static WORKFLOW: &[Synonyms] = &[DESCRIPTION];

pub(super) static STEP: &[Synonyms] = &[
    DESCRIPTION,
    of(
        &["max_attempts", "attempts", "maximum_attempts"],
        "write `retry(max = 3)`, which counts after the first attempt",
    ),
    of(
        &["retry_policy", "retry_limit", "retry_count"],
        "write `retry(max = 3)` for retries",
    ),
    of(
        &[
            "initial_interval",
            "delay",
            "initial_delay",
            "retry_delay",
            "multiplier",
            "backoff_coefficient",
            "max_delay",
            "maximum_interval",
        ],
        "the waits belong to the retries: `retry(max = 3, backoff = \"500ms\")`",
    ),
    of(
        &["start_to_close_timeout", "time_limit", "deadline"],
        "the time an attempt has is called `timeout`: write `timeout = \"20s\"`",
    ),
    of(
        &["memoize", "memo", "cached", "cache_policy"],
        "a kept result is called `cache`: write `cache(ttl = \"1h\")`",
    ),
    of(
        &["cache_key", "cache_key_fn"],
        "the key belongs to the cache: `cache(key = \"topic\")`",
    ),
    of(
        &["idempotent", "non_idempotent", "run_once"],
        "write `at_most_once` for what must not be done twice",
    ),
    of(
        &["approve", "approval", "human", "interrupt"],
        "a person's yes is called `confirm`: write `confirm = \"Publish this?\"`",
    ),
    of(
        &["id", "title"],
        "the name in the journal is called `name`: write `name = \"search\"`",
    ),
];

pub(super) static FLOW: &[Synonyms] = &[
    DESCRIPTION,
    of(
        &["retries", "max_retries", "max_attempts", "attempts"],
        "a flow is not retried as a whole; put `retry(..)` on its steps",
    ),
];

pub(super) static RETRY: &[Synonyms] = &[
    of(
        &["max_attempts", "attempts", "maximum_attempts"],
        "write `max`, which counts after the first attempt, such as `max = 3`",
    ),
    of(
        &["retries", "max_retries", "count", "times", "limit"],
        "the number of retries is called `max`: write `max = 3`",
    ),
    of(
        &[
            "initial_interval",
            "initial_delay",
            "initial_backoff",
            "delay",
            "min_delay",
            "base_delay",
            "interval",
            "wait",
        ],
        "the first wait is called `backoff`: write `backoff = \"500ms\"`",
    ),
    of(
        &["backoff_coefficient", "coefficient", "multiplier"],
        "what each wait grows by is called `factor`: write `factor = 2.0`",
    ),
    of(
        &["maximum_interval", "max_interval", "max_backoff"],
        "the longest wait is called `max_delay`: write `max_delay = \"30s\"`",
    ),
];

pub(super) static CACHE: &[Synonyms] = &[
    of(
        &["max_age", "expires", "expiration", "expires_in", "timeout"],
        "the time to live is called `ttl`: write `ttl = \"1h\"`",
    ),
    of(
        &["swr", "stale", "max_stale", "revalidate", "grace"],
        "an expired result for the moment is `stale_while_revalidate`: write `stale_while_revalidate = \"10m\"`",
    ),
    of(
        &["tag", "labels", "groups"],
        "the words to remove results by are called `tags`: write `tags = \"site, {topic}\"`",
    ),
];

pub(super) static CONFIRM: &[Synonyms] = &[of(
    &["prompt", "text"],
    "the question is called `message`: write `message = \"Publish this?\"`",
)];
