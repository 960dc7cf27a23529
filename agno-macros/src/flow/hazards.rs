//! What a flow would do another time when it runs again, and what to use instead.

use proc_macro2::Ident;

/// One kind of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hazard {
    /// What `#[allow_in_flow]` calls it.
    pub(crate) name: &'static str,
    /// What is wrong, and what to use instead.
    problem: &'static str,
}

impl Hazard {
    /// What to say in a flow whose parameter has this name.
    pub(crate) fn problem(&self, flow: &Ident) -> String {
        self.problem.replace("flow.", &format!("{flow}."))
    }

    /// The same inside `flow.parallel(..)` and its like, which await their calls themselves.
    pub(crate) fn problem_of_branch(&self, flow: &Ident) -> String {
        self.problem(flow).replace(".await?", "")
    }
}

const fn hazard(name: &'static str, problem: &'static str) -> Hazard {
    Hazard { name, problem }
}

const CLOCK: Hazard = hazard(
    "clock",
    "the clock differs after a resume; use `flow.now()`, which is recorded",
);
const STARTED: Hazard = hazard(
    "clock",
    "the clock differs after a resume; use `flow.now()`, which is recorded, and later `flow.now().duration_since(..)`",
);
const RANDOM: Hazard = hazard(
    "random",
    "random values differ after a resume; use `flow.random()`, which is recorded",
);
const ID: Hazard = hazard(
    "id",
    "a new id differs after a resume; use `flow.uuid()`, which is recorded",
);
const ELAPSED: Hazard = hazard(
    "clock",
    "this reads the clock, which differs after a resume; use `flow.now().duration_since(..)`, which is recorded",
);
const SLEEP: Hazard = hazard(
    "timer",
    "this wait starts again after a crash; write `flow.sleep(..).await?`, which is a durable timer",
);
pub(crate) const TIMEOUT: Hazard = hazard(
    "timer",
    "this timer starts again after a crash; put `timeout` on the step, or write `flow.race((flow.sleep(..), ..)).await?`",
);
const SPAWN: Hazard = hazard(
    "task",
    "a spawned task is not part of the run; write `flow.parallel((..)).await?` or `flow.map(..).await?` for calls at the same time",
);
const BLOCKING: Hazard = hazard(
    "task",
    "blocking work is not part of the run; make it a step: a `fn` marked `#[step]` runs on a thread of its own",
);
const BLOCK_ON: Hazard = hazard("task", "a flow waits without blocking; write `.await`");
const THREAD: Hazard = hazard(
    "task",
    "a thread is not part of the run; put this in a step",
);
pub(crate) const MEMORY: Hazard = hazard(
    "environment",
    "what other runs left in memory is gone after a crash; put it into the state, which steps change",
);
const JOIN: Hazard = hazard(
    "join",
    "joined futures break the order of the calls after a crash; write `flow.parallel((..)).await?` or `flow.map(..).await?`",
);
const STREAM: Hazard = hazard(
    "join",
    "futures of a stream break the order of the calls after a crash; write `flow.map(..).limit(n).await?`",
);
const SELECT: Hazard = hazard(
    "join",
    "which future is first differs after a crash; write `flow.race((..)).await?`, which records the first",
);
const FILES: Hazard = hazard(
    "files",
    "files may have changed when the flow runs again; read and write them in a step",
);
pub(crate) const NETWORK: Hazard = hazard(
    "network",
    "the network is not recorded in a flow; use it in a step",
);
const ENVIRONMENT: Hazard = hazard(
    "environment",
    "the environment may differ after a resume; read it in a step, or put it into a field of the workflow, which a flow reads as `flow.workflow().name`",
);
const PROCESS: Hazard = hazard(
    "process",
    "a flow runs again after a crash and would do this again; put it in a step",
);
const PRINT: Hazard = hazard(
    "terminal",
    "a flow runs again after a crash and would print again; use `flow.say(..)`",
);
/// Of a macro with arguments.
const PRINT_ARGUMENTS: Hazard = hazard(
    "terminal",
    "a flow runs again after a crash and would print again; use `flow.say(format!(..))`",
);
const INPUT: Hazard = hazard(
    "terminal",
    "what is typed is not recorded in a flow; write `flow.ask::<T>(..).await?`",
);

/// Reported where calls are made in it, and not by a path.
pub(crate) const MAP_ORDER: Hazard = hazard(
    "order",
    "the order of a `HashMap` differs after a resume; take a `BTreeMap`, or sort what is in it first",
);
pub(crate) const SET_ORDER: Hazard = hazard(
    "order",
    "the order of a `HashSet` differs after a resume; take a `BTreeSet`, or sort what is in it first",
);

/// Reported as a warning, and not by a path.
pub(crate) const ENDLESS: Hazard = hazard(
    "endless",
    "this loop is never left, so the journal of a run grows without end; add a `break`, or start over with `return flow.continue_as_new(..).await`",
);

/// Paths by their last segments. `*` stands for anything below a module, which then is the path's start.
const PATHS: &[(&[&str], Hazard)] = &[
    (&["SystemTime", "now"], CLOCK),
    (&["Instant", "now"], STARTED),
    (&["Utc", "now"], CLOCK),
    (&["Utc", "today"], CLOCK),
    (&["Local", "now"], CLOCK),
    (&["Local", "today"], CLOCK),
    (&["OffsetDateTime", "now_utc"], CLOCK),
    (&["OffsetDateTime", "now_local"], CLOCK),
    (&["UtcDateTime", "now"], CLOCK),
    (&["Timestamp", "now"], CLOCK),
    (&["Zoned", "now"], CLOCK),
    (&["Uuid", "new_v4"], ID),
    (&["Uuid", "new_v7"], ID),
    (&["Uuid", "now_v1"], ID),
    (&["Uuid", "now_v6"], ID),
    (&["Uuid", "now_v7"], ID),
    (&["Ulid", "new"], ID),
    (&["ObjectId", "new"], ID),
    (&["rand", "*"], RANDOM),
    (&["fastrand", "*"], RANDOM),
    (&["getrandom", "*"], RANDOM),
    (&["nanorand", "*"], RANDOM),
    (&["OsRng"], RANDOM),
    (&["SystemRandom", "new"], RANDOM),
    (&["RandomState", "new"], RANDOM),
    (&["StdRng", "from_entropy"], RANDOM),
    (&["StdRng", "from_os_rng"], RANDOM),
    (&["SmallRng", "from_entropy"], RANDOM),
    (&["SmallRng", "from_os_rng"], RANDOM),
    (&["tokio", "time", "sleep"], SLEEP),
    (&["tokio", "time", "sleep_until"], SLEEP),
    (&["tokio", "time", "interval"], SLEEP),
    (&["tokio", "time", "interval_at"], SLEEP),
    (&["time", "sleep"], SLEEP),
    (&["time", "interval"], SLEEP),
    (&["async_std", "task", "sleep"], SLEEP),
    (&["std", "thread", "sleep"], SLEEP),
    (&["thread", "sleep"], SLEEP),
    (&["Timer", "after"], SLEEP),
    (&["Delay", "new"], SLEEP),
    (&["tokio", "time", "timeout"], TIMEOUT),
    (&["tokio", "time", "timeout_at"], TIMEOUT),
    (&["time", "timeout"], TIMEOUT),
    (&["tokio", "spawn"], SPAWN),
    (&["tokio", "task", "spawn_blocking"], BLOCKING),
    (&["tokio", "task", "block_in_place"], BLOCKING),
    (&["tokio", "task", "*"], SPAWN),
    (&["async_std", "task", "block_on"], BLOCK_ON),
    (&["async_std", "task", "*"], SPAWN),
    (&["smol", "spawn"], SPAWN),
    (&["task", "spawn"], SPAWN),
    (&["task", "spawn_blocking"], BLOCKING),
    (&["task", "spawn_local"], SPAWN),
    (&["JoinSet", "new"], SPAWN),
    (&["TaskTracker", "new"], SPAWN),
    (&["futures", "executor", "block_on"], BLOCK_ON),
    (&["futures", "executor", "*"], SPAWN),
    (&["pollster", "block_on"], BLOCK_ON),
    (&["pollster", "*"], SPAWN),
    (&["std", "thread", "*"], THREAD),
    (&["thread", "spawn"], THREAD),
    (&["thread", "scope"], THREAD),
    (&["rayon", "*"], THREAD),
    (&["crossbeam", "*"], THREAD),
    (&["FuturesUnordered", "new"], JOIN),
    (&["FuturesOrdered", "new"], JOIN),
    (&["std", "fs", "*"], FILES),
    (&["tokio", "fs", "*"], FILES),
    (&["async_fs", "*"], FILES),
    (&["fs_err", "*"], FILES),
    (&["tempfile", "*"], FILES),
    (&["fs", "read"], FILES),
    (&["fs", "read_to_string"], FILES),
    (&["fs", "read_dir"], FILES),
    (&["fs", "write"], FILES),
    (&["fs", "copy"], FILES),
    (&["fs", "rename"], FILES),
    (&["fs", "metadata"], FILES),
    (&["fs", "exists"], FILES),
    (&["fs", "canonicalize"], FILES),
    (&["fs", "create_dir"], FILES),
    (&["fs", "create_dir_all"], FILES),
    (&["fs", "remove_file"], FILES),
    (&["fs", "remove_dir"], FILES),
    (&["fs", "remove_dir_all"], FILES),
    (&["File", "open"], FILES),
    (&["File", "create"], FILES),
    (&["File", "options"], FILES),
    (&["OpenOptions", "new"], FILES),
    (&["WalkDir", "new"], FILES),
    (&["std", "net", "*"], NETWORK),
    (&["tokio", "net", "*"], NETWORK),
    (&["reqwest", "*"], NETWORK),
    (&["ureq", "*"], NETWORK),
    (&["hyper", "*"], NETWORK),
    (&["surf", "*"], NETWORK),
    (&["isahc", "*"], NETWORK),
    (&["sqlx", "*"], NETWORK),
    (&["redis", "*"], NETWORK),
    (&["TcpStream", "connect"], NETWORK),
    (&["TcpListener", "bind"], NETWORK),
    (&["UdpSocket", "bind"], NETWORK),
    (&["UnixStream", "connect"], NETWORK),
    (&["std", "env", "*"], ENVIRONMENT),
    (&["env", "var"], ENVIRONMENT),
    (&["env", "var_os"], ENVIRONMENT),
    (&["env", "vars"], ENVIRONMENT),
    (&["env", "args"], ENVIRONMENT),
    (&["env", "current_dir"], ENVIRONMENT),
    (&["env", "temp_dir"], ENVIRONMENT),
    (&["dotenvy", "*"], ENVIRONMENT),
    (&["num_cpus", "*"], ENVIRONMENT),
    (&["hostname", "get"], ENVIRONMENT),
    (&["Ordering", "Relaxed"], MEMORY),
    (&["Ordering", "Acquire"], MEMORY),
    (&["Ordering", "Release"], MEMORY),
    (&["Ordering", "AcqRel"], MEMORY),
    (&["Ordering", "SeqCst"], MEMORY),
    (&["tokio", "process", "*"], PROCESS),
    (&["std", "process", "Command", "new"], PROCESS),
    (&["std", "process", "exit"], PROCESS),
    (&["std", "process", "abort"], PROCESS),
    (&["std", "process", "id"], PROCESS),
    (&["process", "Command", "new"], PROCESS),
    (&["process", "exit"], PROCESS),
    (&["process", "id"], PROCESS),
    (&["tokio", "io", "stdin"], INPUT),
    (&["std", "io", "stdin"], INPUT),
    (&["io", "stdin"], INPUT),
    (&["tokio", "io", "stdout"], PRINT),
    (&["tokio", "io", "stderr"], PRINT),
    (&["std", "io", "stdout"], PRINT),
    (&["std", "io", "stderr"], PRINT),
    (&["io", "stdout"], PRINT),
    (&["io", "stderr"], PRINT),
];

/// What below a listed module does nothing.
const PURE: &[&[&str]] = &[
    &["std", "net", "IpAddr"],
    &["std", "net", "Ipv4Addr"],
    &["std", "net", "Ipv6Addr"],
    &["std", "net", "SocketAddr"],
    &["std", "net", "SocketAddrV4"],
    &["std", "net", "SocketAddrV6"],
    &["std", "env", "consts"],
    &["std", "env", "join_paths"],
    &["std", "env", "split_paths"],
    &["std", "env", "VarError"],
    &["reqwest", "Method"],
    &["reqwest", "StatusCode"],
    &["reqwest", "Url"],
    &["reqwest", "Version"],
    &["reqwest", "header"],
    &["hyper", "Method"],
    &["hyper", "StatusCode"],
    &["hyper", "Uri"],
    &["hyper", "Version"],
    &["hyper", "header"],
    &["sqlx", "types"],
    &["sqlx", "Error"],
    // These take a generator, which may have a fixed seed.
    &["rand", "Rng"],
    &["rand", "SeedableRng"],
    &["rand", "rngs", "StdRng", "seed_from_u64"],
    &["rand", "rngs", "StdRng", "from_seed"],
    &["rand", "rngs", "SmallRng", "seed_from_u64"],
    &["rand", "rngs", "SmallRng", "from_seed"],
    &["rand", "seq"],
    &["rand", "distr"],
    &["rand", "distributions"],
];

/// Functions that are mostly imported by name. A value of that name is not meant.
const CALLED: &[(&str, Hazard)] = &[
    ("thread_rng", RANDOM),
    ("sleep", SLEEP),
    ("sleep_until", SLEEP),
    ("spawn", SPAWN),
    ("spawn_blocking", BLOCKING),
    ("block_in_place", BLOCKING),
    ("spawn_local", SPAWN),
    ("block_on", BLOCK_ON),
    ("read_to_string", FILES),
    ("create_dir_all", FILES),
    ("remove_file", FILES),
];

/// Methods that nothing else has.
const METHODS: &[(&str, Hazard)] = &[
    ("buffered", STREAM),
    ("buffer_unordered", STREAM),
    ("try_buffer_unordered", STREAM),
    ("for_each_concurrent", STREAM),
    ("try_for_each_concurrent", STREAM),
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
    ("nanoid", ID),
];

const JOIN_MACROS: &[(&str, Hazard)] = &[
    (
        "join",
        hazard(
            "join",
            "`join!` breaks the order of the calls after a crash; write `flow.parallel((..)).await?`",
        ),
    ),
    (
        "try_join",
        hazard(
            "join",
            "`try_join!` breaks the order of the calls after a crash; write `flow.parallel((..)).await?`",
        ),
    ),
    (
        "select",
        hazard(
            "join",
            "`select!` breaks the order of the calls after a crash; write `flow.race((..)).await?`",
        ),
    ),
];

/// What a path means, if a flow must not use it.
pub(crate) fn of_path(segments: &[String]) -> Option<&'static Hazard> {
    // A variable, as most paths are: what is listed alone is a type.
    if matches!(segments, [name] if name.starts_with(char::is_lowercase)) {
        return None;
    }
    let listed = PATHS.iter().find(|(path, _)| match path {
        // A whole module: only from the path's start, so that a user's own `rand` is not meant.
        [modules @ .., "*"] => {
            segments.len() > modules.len() && starts_with(segments, modules) && !is_pure(segments)
        }
        // From the start too, or a type that is reached through its modules.
        path => {
            let type_name = || path[0].starts_with(char::is_uppercase);
            let fits = segments.len() == path.len() || (segments.len() > path.len() && type_name());
            fits && ends_with(segments, path)
        }
    });
    listed
        .map(|(_, hazard)| hazard)
        .or_else(|| of_future(segments))
}

/// What the call of a function means, beside its path.
pub(crate) fn of_call(segments: &[String]) -> Option<&'static Hazard> {
    let [name] = segments else {
        return None;
    };
    let mut listed = CALLED.iter().chain(JOINS);
    let (_, hazard) = listed.find(|(called, _)| called == name)?;
    // `join` and `select` are anybody's.
    let is_clear = name.contains('_') || hazard.name != "join" || name.ends_with(char::is_numeric);
    is_clear.then_some(hazard)
}

/// What a method means, whatever it is called on.
pub(crate) fn of_method(name: &str) -> Option<&'static Hazard> {
    let (_, hazard) = METHODS.iter().find(|(method, _)| *method == name)?;
    Some(hazard)
}

/// `.elapsed()` of a time that the flow was told.
pub(crate) const fn elapsed() -> &'static Hazard {
    &ELAPSED
}

fn of_future(segments: &[String]) -> Option<&'static Hazard> {
    let (last, before) = segments.split_last()?;
    let (_, hazard) = JOINS.iter().find(|(name, _)| last == name)?;
    let module = before.last()?;
    (module == "future").then_some(hazard)
}

fn starts_with(segments: &[String], path: &[&str]) -> bool {
    segments.len() >= path.len() && segments.iter().zip(path).all(|(a, b)| a == b)
}

fn is_pure(segments: &[String]) -> bool {
    PURE.iter().any(|path| starts_with(segments, path))
}

fn ends_with(segments: &[String], path: &[&str]) -> bool {
    let pairs = segments.iter().rev().zip(path.iter().rev());
    segments.len() >= path.len() && pairs.into_iter().all(|(a, b)| a == b)
}

/// What a macro means, if a flow must not use it.
pub(crate) fn of_macro(segments: &[String], has_arguments: bool) -> Option<&'static Hazard> {
    let hazard = named_macro(segments)?;
    let prints = has_arguments && hazard.name == PRINT.name;
    Some(if prints { &PRINT_ARGUMENTS } else { hazard })
}

fn named_macro(segments: &[String]) -> Option<&'static Hazard> {
    let (last, before) = segments.split_last()?;
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let named = |list: &'static [(&str, Hazard)]| {
        let found = list.iter().find(|(name, _)| last == name);
        found.map(|(_, hazard)| hazard)
    };
    match before.as_slice() {
        [] => named(MACROS).or_else(|| named(JOIN_MACROS)),
        ["std" | "nanoid"] => named(MACROS),
        ["tokio" | "futures" | "futures_util"] => named(JOIN_MACROS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{CALLED, ENDLESS, JOIN_MACROS, JOINS, MACROS, MAP_ORDER, METHODS, PATHS};
    use crate::parse::table::ALLOW;

    #[test]
    fn what_is_listed_alone_is_a_type() {
        for (path, _) in PATHS {
            if let [name] = path {
                assert!(name.starts_with(char::is_uppercase), "{name}");
            }
        }
    }

    #[test]
    fn each_kind_can_be_allowed_and_nothing_else() {
        let paths = PATHS.iter().map(|(_, hazard)| hazard.name);
        let named = [JOINS, MACROS, JOIN_MACROS, CALLED, METHODS]
            .into_iter()
            .flatten();
        let mut kinds: Vec<&str> = paths.chain(named.map(|(_, hazard)| hazard.name)).collect();
        kinds.extend([ENDLESS.name, MAP_ORDER.name]);
        kinds.sort_unstable();
        kinds.dedup();
        let mut allowed: Vec<&str> = ALLOW.names().collect();
        allowed.sort_unstable();
        assert_eq!(kinds, allowed);
    }
}
