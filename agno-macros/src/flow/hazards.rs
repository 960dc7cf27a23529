//! What a flow would do another time when it runs again, and what to use instead.

/// One kind of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hazard {
    /// What `#[allow_in_flow]` calls it.
    pub(crate) name: &'static str,
    /// What is wrong, and what to use instead.
    pub(crate) problem: &'static str,
}

const fn hazard(name: &'static str, problem: &'static str) -> Hazard {
    Hazard { name, problem }
}

const CLOCK: Hazard = hazard(
    "clock",
    "the clock differs after a resume; use `flow.now()`, which is recorded",
);
const RANDOM: Hazard = hazard(
    "random",
    "random values differ after a resume; use `flow.random()`, which is recorded",
);
const ID: Hazard = hazard(
    "id",
    "a new id differs after a resume; use `flow.uuid()`, which is recorded",
);
const SLEEP: Hazard = hazard(
    "timer",
    "this wait starts again after a crash; use `flow.sleep(..)`, which is a durable timer",
);
const TIMEOUT: Hazard = hazard(
    "timer",
    "this timer starts again after a crash; put `timeout` on the step, or use `flow.race(..)` with `flow.sleep(..)`",
);
const SPAWN: Hazard = hazard(
    "task",
    "a spawned task is not part of the run; use `flow.parallel(..)` or `flow.map(..)`",
);
const THREAD: Hazard = hazard(
    "task",
    "a thread is not part of the run; put this in a step",
);
const JOIN: Hazard = hazard(
    "join",
    "joined futures break the order of the calls after a crash; use `flow.parallel((..))` or `flow.map(..)`",
);
const SELECT: Hazard = hazard(
    "join",
    "which future is first differs after a crash; use `flow.race((..))`, which records the first",
);
const FILES: Hazard = hazard(
    "files",
    "files may have changed when the flow runs again; read and write them in a step",
);
const NETWORK: Hazard = hazard(
    "network",
    "the network is not recorded in a flow; use it in a step",
);
const ENVIRONMENT: Hazard = hazard(
    "environment",
    "the environment may differ after a resume; read it in a step, or put it into a field of the workflow",
);
const PROCESS: Hazard = hazard(
    "process",
    "a flow runs again after a crash and would do this again; put it in a step",
);
const PRINT: Hazard = hazard(
    "terminal",
    "a flow runs again after a crash and would print again; use `flow.say(..)`",
);
const INPUT: Hazard = hazard(
    "terminal",
    "what is typed is not recorded in a flow; use `flow.ask::<T>(..)`",
);

/// Paths by their last segments. `*` stands for anything below a module, which then is the path's start.
const PATHS: &[(&[&str], Hazard)] = &[
    (&["SystemTime", "now"], CLOCK),
    (&["Instant", "now"], CLOCK),
    (&["Utc", "now"], CLOCK),
    (&["Local", "now"], CLOCK),
    (&["OffsetDateTime", "now_utc"], CLOCK),
    (&["OffsetDateTime", "now_local"], CLOCK),
    (&["Timestamp", "now"], CLOCK),
    (&["Zoned", "now"], CLOCK),
    (&["Uuid", "new_v4"], ID),
    (&["Uuid", "new_v7"], ID),
    (&["Uuid", "now_v1"], ID),
    (&["Uuid", "now_v6"], ID),
    (&["Uuid", "now_v7"], ID),
    (&["Ulid", "new"], ID),
    (&["rand", "*"], RANDOM),
    (&["fastrand", "*"], RANDOM),
    (&["getrandom", "*"], RANDOM),
    (&["thread_rng"], RANDOM),
    (&["StdRng", "from_entropy"], RANDOM),
    (&["StdRng", "from_os_rng"], RANDOM),
    (&["SmallRng", "from_entropy"], RANDOM),
    (&["SmallRng", "from_os_rng"], RANDOM),
    (&["tokio", "time", "sleep"], SLEEP),
    (&["tokio", "time", "sleep_until"], SLEEP),
    (&["tokio", "time", "interval"], SLEEP),
    (&["tokio", "time", "interval_at"], SLEEP),
    (&["tokio", "time", "timeout"], TIMEOUT),
    (&["tokio", "time", "timeout_at"], TIMEOUT),
    (&["time", "sleep"], SLEEP),
    (&["time", "interval"], SLEEP),
    (&["time", "timeout"], TIMEOUT),
    (&["tokio", "spawn"], SPAWN),
    (&["tokio", "task", "*"], SPAWN),
    (&["task", "spawn"], SPAWN),
    (&["task", "spawn_blocking"], SPAWN),
    (&["tokio", "fs", "*"], FILES),
    (&["tokio", "net", "*"], NETWORK),
    (&["tokio", "process", "*"], PROCESS),
    (&["tokio", "io", "stdin"], INPUT),
    (&["JoinSet", "new"], SPAWN),
    (&["std", "thread", "sleep"], SLEEP),
    (&["thread", "sleep"], SLEEP),
    (&["std", "thread", "*"], THREAD),
    (&["thread", "spawn"], THREAD),
    (&["futures", "executor", "*"], SPAWN),
    (&["FuturesUnordered", "new"], JOIN),
    (&["FuturesOrdered", "new"], JOIN),
    (&["std", "fs", "*"], FILES),
    (&["fs", "read"], FILES),
    (&["fs", "read_to_string"], FILES),
    (&["fs", "write"], FILES),
    (&["File", "open"], FILES),
    (&["File", "create"], FILES),
    (&["std", "net", "*"], NETWORK),
    (&["reqwest", "*"], NETWORK),
    (&["ureq", "*"], NETWORK),
    (&["TcpStream", "connect"], NETWORK),
    (&["std", "env", "*"], ENVIRONMENT),
    (&["env", "var"], ENVIRONMENT),
    (&["env", "vars"], ENVIRONMENT),
    (&["std", "process", "Command", "new"], PROCESS),
    (&["std", "process", "exit"], PROCESS),
    (&["std", "process", "abort"], PROCESS),
    (&["std", "process", "id"], PROCESS),
    (&["process", "Command", "new"], PROCESS),
    (&["process", "exit"], PROCESS),
    (&["std", "io", "stdin"], INPUT),
    (&["io", "stdin"], INPUT),
];

/// Functions of `futures::future`. The longer names are known without their module.
const JOINS: &[(&str, Hazard)] = &[
    ("join", JOIN),
    ("join3", JOIN),
    ("join4", JOIN),
    ("join5", JOIN),
    ("join_all", JOIN),
    ("try_join", JOIN),
    ("try_join3", JOIN),
    ("try_join_all", JOIN),
    ("select", SELECT),
    ("select_all", SELECT),
    ("select_ok", SELECT),
    ("try_select", SELECT),
];

const MACROS: &[(&str, Hazard)] = &[
    ("println", PRINT),
    ("print", PRINT),
    ("eprintln", PRINT),
    ("eprint", PRINT),
    ("dbg", PRINT),
];

const JOIN_MACROS: &[(&str, Hazard)] = &[
    (
        "join",
        hazard(
            "join",
            "`join!` breaks the order of the calls after a crash; use `flow.parallel((..))`",
        ),
    ),
    (
        "try_join",
        hazard(
            "join",
            "`try_join!` breaks the order of the calls after a crash; use `flow.parallel((..))`",
        ),
    ),
    (
        "select",
        hazard(
            "join",
            "`select!` breaks the order of the calls after a crash; use `flow.race((..))`",
        ),
    ),
];

/// What a path means, if a flow must not use it.
pub(crate) fn of_path(segments: &[String]) -> Option<&'static Hazard> {
    let listed = PATHS.iter().find(|(path, _)| match path {
        // A whole module: only from the path's start, so that a user's own `rand` is not meant.
        [modules @ .., "*"] => {
            segments.len() > modules.len()
                && segments.iter().zip(modules.iter()).all(|(a, b)| a == b)
        }
        // From the start too, or a type that is reached through its modules.
        path => {
            let type_name = path[0].starts_with(char::is_uppercase);
            let fits = segments.len() == path.len() || (type_name && segments.len() > path.len());
            fits && ends_with(segments, path)
        }
    });
    listed
        .map(|(_, hazard)| hazard)
        .or_else(|| of_future(segments))
}

fn of_future(segments: &[String]) -> Option<&'static Hazard> {
    let (last, before) = segments.split_last()?;
    let (_, hazard) = JOINS.iter().find(|(name, _)| last == name)?;
    let known = match before.last() {
        Some(module) => module == "future",
        None => last.contains('_') || last.ends_with(char::is_numeric),
    };
    known.then_some(hazard)
}

fn ends_with(segments: &[String], path: &[&str]) -> bool {
    let pairs = segments.iter().rev().zip(path.iter().rev());
    segments.len() >= path.len() && pairs.into_iter().all(|(a, b)| a == b)
}

/// What a macro means, if a flow must not use it.
pub(crate) fn of_macro(segments: &[String]) -> Option<&'static Hazard> {
    let (last, before) = segments.split_last()?;
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let named = |list: &'static [(&str, Hazard)]| {
        let found = list.iter().find(|(name, _)| last == name);
        found.map(|(_, hazard)| hazard)
    };
    match before.as_slice() {
        [] => named(MACROS).or_else(|| named(JOIN_MACROS)),
        ["std"] => named(MACROS),
        ["tokio" | "futures" | "futures_util"] => named(JOIN_MACROS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{JOIN_MACROS, JOINS, MACROS, PATHS};
    use crate::parse::table::ALLOW;

    #[test]
    fn each_kind_can_be_allowed_and_nothing_else() {
        let paths = PATHS.iter().map(|(_, hazard)| hazard.name);
        let named = [JOINS, MACROS, JOIN_MACROS].into_iter().flatten();
        let mut kinds: Vec<&str> = paths.chain(named.map(|(_, hazard)| hazard.name)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut allowed: Vec<&str> = ALLOW.names().collect();
        allowed.sort_unstable();
        assert_eq!(kinds, allowed);
    }
}
