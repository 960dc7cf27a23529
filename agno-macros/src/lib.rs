//! The macros of agno: `#[workflow]`, `#[step]`, `#[flow]`, `#[data]` and `#[derive(State)]`.
//!
//! Use them through the facade `agno`, which re-exports them; generated code names `::agno::__private` and
//! nothing else. Everything they do is sugar over public types: `examples/no_macro.rs` is a workflow without them.
//!
//! The stages are `parse` (tokens to the model, nothing stops at the first mistake), `validate` (every rule), `flow`
//! (bodies read into a graph and checked), `expand` (the model to tokens, cannot fail) and `fallback` (what is
//! emitted beside errors, so that one mistake is one error and an editor keeps completing).

mod data;
mod diag;
mod entry;
mod expand;
mod fallback;
mod flow;
mod model;
mod parse;
mod paths;
mod state;
#[cfg(test)]
mod tests;
mod validate;

use proc_macro::TokenStream;

/// Makes a struct a workflow. It stands twice: on the struct and on the impl block with its steps.
///
/// ```ignore
/// use agno::prelude::*;
///
/// /// Researches a topic and writes about it.
/// #[workflow]
/// struct Article;
///
/// #[workflow]
/// impl Article {
///     #[step(retry(max = 3), timeout = "20s")]
///     async fn search(&self, topic: String) -> Result<Vec<String>> {
///         Ok(vec![topic])
///     }
///
///     #[step]
///     async fn write(&self, sources: Vec<String>) -> Result<String> {
///         Ok(sources.join(", "))
///     }
/// }
/// ```
///
/// Without a [`#[flow]`](macro@flow) the steps run in the order of their declaration, each fed by the one before; that the
/// types fit is checked when the program is compiled. The methods stay as they are: `article.search(topic)` is the
/// plain call, for tests. In a flow, `flow.search(topic)` is the durable one.
///
/// The doc comment of the struct is the workflow's description. A workflow struct is not generic; put what varies in
/// a field, such as `Arc<dyn Trait>`. The impl block stands in the module of its struct.
///
/// # Options on the struct
///
/// | Option | Default | Meaning |
/// |---|---|---|
/// | `name = "Writer"` | the struct's name | The name under which runs are started and stored |
/// | `version = 2` | `1` | Recorded with every run, and part of every cache key |
/// | `on_drift = "rerun"` | `"fail"` | What happens when a run asks for something else than it has recorded: stop with an error, or run again from there |
/// | `crate = path` | `::agno` | Where the library is, if it has another name in this crate |
///
/// When they are wrong:
///
/// ```text
/// error: unknown option `nmae`, did you mean `name`? `#[workflow]` on a struct takes `name`, `version`, `on_drift`, `crate`
/// error: `name` takes a text in quotes; write `name = "Article"`
/// error: versions count from 1
/// error: `on_drift` cannot be `ignore`; it is one of `fail`, `rerun`
/// error: `crate` takes a path without quotes; write `crate = my_agno`
/// ```
///
/// # Options on the impl block
///
/// | Option | Default | Meaning |
/// |---|---|---|
/// | `state = Notes` | no state | The type of the session's state, which steps change through `&mut Notes` |
/// | `crate = path` | `::agno` | As on the struct |
///
/// When they are wrong:
///
/// ```text
/// error: `state` takes a type; write `state = Notes`
/// error: this option goes on the struct: `#[workflow(..)] struct ..`
/// error[E0277]: `Notes` is not a state (.. write `#[agno::data] #[derive(Default, State)]` above `Notes` ..)
/// ```
///
/// # Forgotten
///
/// The attribute on one of the two only is an error at the struct's name or at the impl's type: a workflow without
/// steps is never made in silence.
#[proc_macro_attribute]
pub fn workflow(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::workflow(args.into(), item.into()).into()
}

/// Marks a method as a step: it runs once, its result is recorded, and a resume takes what is recorded.
///
/// ```ignore
/// #[step(retry(max = 3, backoff = "500ms"), timeout = "20s", cache(ttl = "1h"))]
/// async fn search(&self, notes: &mut Notes, topic: Topic, context: &StepContext) -> Result<Vec<Source>> { .. }
/// ```
///
/// * The receiver is `&self`.
/// * An **owned** parameter is an input: recorded under its name, with a schema. At most eight.
/// * **`&mut T`** is the session's state, declared by `#[workflow(state = T)]`. At most one.
/// * **`&StepContext`** is the context: attempt number, idempotency key, cancellation, progress. At most one.
///   By value or `&mut` it is an error that says so.
/// * An `async fn` runs where the flow runs; a `fn` runs on the blocking pool.
/// * It returns `T` or `Result<T, E>`, told apart by the name `Result`. An alias that hides a `Result` is an error.
/// * `#[cfg(..)]` works as on any method.
///
/// # Options
///
/// **`retry(max = 3, ..)`**: repeats a failed attempt up to `max` times after the first. Default: no retries. Inside it:
/// `backoff = "500ms"` is the first pause (default 500 ms), `factor = 2.0` multiplies each next one (default 2),
/// `max_delay = "30s"` is the longest (default 30 s), `jitter = false` takes the chance out of it (default `true`).
///
/// ```text
/// error: `retry` needs the number of retries; write `retry(max = 3)`
/// error: `max` counts the retries after the first attempt; write 1 or more, or remove `retry`
/// error: a factor below 1 would shorten the wait; write 1.0 or more
/// error: `max_delay` is shorter than `backoff`, the first wait
/// ```
///
/// **`timeout = "20s"`**: how long one attempt may take. Default: no limit. Durations are a whole number and a unit:
/// `ms`, `s`, `m`, `h` or `d`.
///
/// ```text
/// error: `20` has no unit; write `20s` for seconds, or one of `ms`, `m`, `h`, `d`
/// error: unknown unit `minutes`, write `5m`; the units are `ms`, `s`, `m`, `h`, `d`
/// error: a duration must be longer than zero; write one such as `500ms`, `20s`, `2m`, `1h` or `1d`
/// ```
///
/// **`cache(ttl = "1h", key = "topic.title, page", scope = "session")`**: reuses the result of an earlier call with the same
/// input. Default: no cache. `ttl` is how long (default: without end), `key` the parts of the input that count
/// (default: all of it), `scope` who shares it: `"run"`, `"session"` (default), `"user"` or `"global"`. Not for a step that
/// changes the state, nor with `at_most_once`.
///
/// ```text
/// error: the cache key names `topik`, which is not an input, did you mean `topic`; the inputs are `topic`
/// error: `write` changes the state, which a cached result would skip; remove `cache`, or the `&mut` parameter
/// error: `at_most_once` is for effects, which a cached result would skip; remove `cache` or `at_most_once`
/// ```
///
/// **`on_error = "fail"`**: what happens when the last attempt has failed. `"fail"` (default) hands the error to the flow,
/// `"skip"` goes on with the default of the output, `"pause"` waits for a person.
///
/// ```text
/// error: `on_error` cannot be `ignore`; it is one of `fail`, `skip`, `pause`
/// error[E0277]: `on_error = "skip"` needs a default, and `Draft` has none
/// ```
///
/// **`at_most_once`**: records the start first. After a crash or timeout the step is "may have run" and is not run again by
/// itself. Default: at least once. With `retry`, a returned error is still repeated.
///
/// ```text
/// error: `at_most_once` takes no value; write `at_most_once`
/// ```
///
/// **`version = 2`**: part of the cache key; raise it when the step gives other results. Default: 1.
///
/// ```text
/// error: versions count from 1
/// ```
///
/// **`name = "search"`**: the name in the journal. Default: the method's name. With it a method can be renamed without
/// losing what is recorded.
///
/// ```text
/// error: a second `search`; results are recorded under the name, so rename this one
/// error: the name of a step cannot hold '/'; use letters, digits, `_` and `-`
/// ```
///
/// # Names
///
/// A step cannot be called like a method that every flow has (`map`, `state`, `sleep`, ..): it could not be
/// reached.
///
/// # On its own
///
/// [`#[workflow]`](macro@workflow) reads this attribute. Anywhere else it is an error, never a step that nobody sees.
#[proc_macro_attribute]
pub fn step(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::stray("step", &args.into(), &item.into()).into()
}

/// Marks the function that says in which order the steps run, in plain Rust.
///
/// ```ignore
/// #[flow]
/// async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Draft> {
///     let sources = flow.search(topic.clone()).await?;
///     let pages = flow.map(sources, |source| flow.read(source)).limit(4).await?;
///     if pages.is_empty() {
///         bail!("nothing was found");
///     }
///     Ok(flow.write(topic, pages).await?)
/// }
/// ```
///
/// * It is an `async fn` that takes `flow: &Flow<Self>` and owned inputs, and returns a `Result`.
/// * The **first** flow is the **entry**: its inputs and output are the workflow's, and no flow calls it.
/// * Further ones are **sub-flows**. A flow calls one as `flow.name(..)`, without the `flow` argument, like a step; then it
///   is recorded as one. `Self::name(flow, ..)` would not be recorded and is an error.
/// * The graph is read from the body: `if`, `match`, loops, `parallel`, `map`. What cannot be read, such as the flow
///   handed to a function, is drawn as an opaque node. Nothing is rewritten.
///
/// # What a flow must not do
///
/// It runs again from the top after a crash, and recorded calls give their recorded results. So what would differ the
/// second time is an error at its token, which names the replacement:
///
/// ```text
/// error: the clock differs after a resume; use `flow.now()`, which is recorded
/// error: a new id differs after a resume; use `flow.uuid()`, which is recorded
/// error: this wait starts again after a crash; use `flow.sleep(..)`, which is a durable timer
/// error: a spawned task is not part of the run; use `flow.parallel(..)` or `flow.map(..)`
/// error: `join!` breaks the order of the calls after a crash; use `flow.parallel((..))`
/// error: this calls the plain method, which is not recorded; write `flow.search(..)`
/// error: a flow runs again after a crash and would print again; use `flow.say(..)`
/// error: call a sub-flow as `flow.finish(..)`, so that it is recorded
/// error: `finish` is the entry, because it stands first; move it below `run`
/// error: `flow.log(..)` does nothing until it is awaited; add `.await?`
/// error: `write` is not a step, so its result would not be recorded; put `#[step]` on `fn write`
/// ```
///
/// # Options
///
/// **`timeout = "2m"`**: how long the flow may take. Default: no limit. Written and checked as in [`#[step]`](macro@step).
///
/// **`cache(..)`**: reuses a finished result; options as in [`#[step]`](macro@step). Default: no cache. Not for a flow that changes
/// the state or waits for a person, also not through a sub-flow.
///
/// ```text
/// error: `report` cannot be cached: `write` changes the state, which a cached result would skip
/// error: a flow is not retried as a whole; put `retry(..)` on its steps
/// ```
///
/// # On its own
///
/// [`#[workflow]`](macro@workflow) reads this attribute. Anywhere else it is an error.
#[proc_macro_attribute]
pub fn flow(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::stray("flow", &args.into(), &item.into()).into()
}

/// Makes a struct the state of a session, merged field by field.
///
/// ```ignore
/// #[data]
/// #[derive(Default, State)]
/// struct Notes {
///     #[merge(append)]
///     sources: Vec<String>,
///     drafts: u32,
/// }
/// ```
///
/// A state also needs `Clone`, `Serialize` and `Deserialize`, which [`#[data]`](macro@data) adds, and `Default`. Fields go by the names that serde writes: `rename` and
/// `rename_all` are honoured, skipped fields are left out.
///
/// # `#[merge(..)]` on a field
///
/// What happens when two steps change the field at the same time. Default: the run fails with a conflict that names the
/// field and both steps; nothing is lost.
///
/// | Rule | Fits | Result |
/// |---|---|---|
/// | `append` | lists | what both added, one after the other |
/// | `union` | lists, sets, maps | what both added, each once |
/// | `sum` | numbers | both differences |
/// | `max`, `min` | numbers, texts | the larger, the smaller |
/// | `last` | everything | the one recorded last |
///
/// ```text
/// error: unknown rule `apend`, did you mean `append`; the rules are `append`, `union`, `sum`, `max`, `min`, `last`
/// error[E0277]: `#[merge(append)]` does not fit `String`
/// error: this field is not stored, so it is never merged; remove `merge` or `skip`
/// error: a flattened field of a state cannot be merged by name; write the field without `flatten`
/// ```
///
/// # `#[state(crate = path)]` on the struct
///
/// Where the library is, if it has another name in this crate. Default: `::agno`.
///
/// ```text
/// error: `crate` takes a path without quotes; write `crate = my_agno`
/// ```
#[proc_macro_derive(State, attributes(merge, state))]
pub fn derive_state(item: TokenStream) -> TokenStream {
    state::derive(item.into()).into()
}

/// Adds what a value between steps needs: `Clone`, `Debug`, `Serialize`, `Deserialize` and `JsonSchema`.
///
/// ```ignore
/// #[data]
/// struct Draft {
///     title: String,
/// }
/// ```
///
/// The derives come from the library, so that one line in `Cargo.toml` is enough.
///
/// Put `#[data]` first. What a `#[derive(..)]` **below** it names already is not added again; one above it has been expanded
/// before, and if both name `Clone`, rustc reports conflicting implementations. `#[serde(..)]` and `#[schemars(..)]` attributes work as usual.
///
/// # Options
///
/// **`crate = path`**: where the library is, if it has another name in this crate. Default: `::agno`.
///
/// ```text
/// error: `crate` takes a path without quotes; write `crate = my_agno`
/// error: `#[data]` goes on a struct or an enum, not on `fn`
/// ```
#[proc_macro_attribute]
pub fn data(args: TokenStream, item: TokenStream) -> TokenStream {
    data::data(args.into(), &item.into()).into()
}
