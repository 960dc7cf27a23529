//! The pages of the guide, so that `cargo test --doc` compiles and runs the Rust in them. A page
//! that is not listed here fails `tests/pages.rs`.

macro_rules! pages {
    ($($name:ident = $path:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("src/", $path))]
            mod $name {}
        )*

        /// Their files, under `src`.
        pub const PAGES: &[&str] = &[$($path),*];
    };
}

pages! {
    introduction = "introduction.md",
    first = "tutorial/first.md",
    failing = "tutorial/failing.md",
    state = "tutorial/state.md",
    agents = "tutorial/agents.md",
    people = "tutorial/people.md",
    watching = "tutorial/watching.md",
    parallel = "how-to/parallel.md",
    loops = "how-to/loops.md",
    cache = "how-to/cache.md",
    sub_flows = "how-to/sub-flows.md",
    nested = "how-to/nested.md",
    ask = "how-to/ask.md",
    races = "how-to/races.md",
    sessions = "how-to/sessions.md",
    media = "how-to/media.md",
    fork = "how-to/fork.md",
    limits = "how-to/cancel.md",
    background = "how-to/background.md",
    stores = "how-to/stores.md",
    workers = "how-to/workers.md",
    operations = "how-to/operations.md",
    secrets = "how-to/secrets.md",
    changes = "how-to/changes.md",
    registry = "how-to/registry.md",
    testing = "how-to/testing.md",
    tools = "how-to/tools.md",
    models = "how-to/models.md",
    no_macros = "how-to/no-macros.md",
    attributes = "reference/attributes.md",
    flow = "reference/flow.md",
    command_line = "reference/command-line.md",
    events = "reference/events.md",
    statuses = "reference/statuses.md",
    errors = "reference/errors.md",
    compiler_messages = "reference/compiler-messages.md",
    store = "reference/store.md",
    vocabulary = "from-agno/vocabulary.md",
    side_by_side = "from-agno/side-by-side.md",
    parameters = "from-agno/parameters.md",
    differences = "from-agno/differences.md",
    scenarios = "from-agno/scenarios.md",
    faults = "from-agno/faults.md",
    guarantees = "guarantees.md",
}
