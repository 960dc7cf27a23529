//! The macros of agno: `#[workflow]`, `#[step]`, `#[flow]`, `#[allow_in_flow]`, `#[tool]`, `#[data]` and `#[derive(State)]`.
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
mod tool;
mod validate;

use proc_macro::TokenStream;

/// Makes a struct a workflow. It stands twice: on the struct and on the impl block with its steps. A struct whose
/// fields are steps needs it once.
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
/// # Fields as steps
///
/// A field marked `#[step]` is a step by itself, if its type implements `agno::Execute`: an `Agent`, a `Team`, a type of
/// your own. Such a struct is the whole workflow and takes no impl block:
///
/// ```ignore
/// /// Finds out about a topic and writes it up.
/// #[workflow(name = "Content Creation")]
/// struct Content {
///     /// Finds out.
///     #[step]
///     researcher: Agent,
///     #[step(retry(max = 2), timeout = "2m", input = "{input}\n\n{previous}")]
///     writer: Agent,
/// }
/// ```
///
/// The steps run in the order of the fields, each fed by the one before; that the types fit is checked when the program
/// is compiled. The workflow's input is that of the first, under the name `input`, its output that of the last. The doc
/// comment of a field is the description of its step. Fields without `#[step]` are configuration, of any type. In a
/// struct that is `pub`, the types of such fields are too. By hand it is `Definition::execute`.
///
/// Where an order is not enough, leave the mark away and use the field in a method:
///
/// ```ignore
/// #[step]
/// async fn write(&self, topic: String, context: &StepContext) -> Result<String> {
///     self.writer.run(topic).context(context).await
/// }
/// ```
///
/// A field, marked or not, whose tools change another state than the workflow's keeps the runtime from being built.
///
/// ```text
/// error[E0277]: `Pen` cannot be a step by itself (.. what implements `agno::Execute` can ..)
/// error[E0277]: this step takes `u32`, but the step before it produces `String`
/// error: a step is recorded under its name, so give the fields names: `struct Content { writer: .. }`
/// error: fields that are steps run in their order, which must not depend on a `#[cfg(..)]`; write methods and a `#[flow]`
/// error[E0119]: conflicting implementations of trait `Workflow` (the struct has an impl block as well: use a method for
///               the field, or remove the impl block)
/// ```
///
/// # Options on the struct
///
/// | Option | Default | Meaning |
/// |---|---|---|
/// | `name = "Writer"` | the struct's name | The name under which runs are started and stored |
/// | `version = 2` | `1` | Recorded with every run, and part of every cache key |
/// | `on_drift = "rerun"` | `"fail"` | What happens when a run asks for something else than it has recorded: stop with an error, or run again from there |
/// | `state = Notes` | no state | The type of the session's state. Only where fields are steps; else it goes on the impl block |
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

/// Marks a method or a field as a step: it runs once, its result is recorded, and a resume takes what is recorded.
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
/// # On a field
///
/// ```ignore
/// #[workflow]
/// struct Content {
///     #[step]
///     researcher: Agent,
///     #[step(retry(max = 2), cache(ttl = "1h"), input = "Write about {input}.\n\n{researcher}")]
///     writer: Agent,
/// }
/// ```
///
/// The type of the field implements `agno::Execute`; see [`#[workflow]`](macro@workflow#fields-as-steps). All options
/// below work as on a method, and there is one more:
///
/// **`input = "{input}\n\n{previous}"`**: a text, put together, is what the step takes. `{input}` is what the run was
/// started with, `{previous}` what the step before answered, `{researcher}` what the earlier field of that name
/// answered; `{{` and `}}` are braces. A text goes in as it is, anything else as JSON. Default: what the step before
/// answered. The step's input is made of it by `From<String>`, and recorded and compared like any other.
///
/// ```text
/// error: `{reseacher}` is nothing that a template knows, did you mean `researcher`; use one of `{input}`, `{previous}`, `{researcher}`
/// error: no step comes before this one, so there is no `{previous}`; write `{input}`
/// error: `writer` has not answered when this step begins; use one of `{input}`, `{previous}`, `{researcher}`
/// error: this `{` is not closed; for a brace in the text write `{{`
/// error[E0277]: `input = ".."` makes a text, but this step takes `u32`
/// ```
///
/// With `cache`, what the field says of its settings (an agent: its instructions, model, tools) is part of the key, and
/// the field is not handed the state.
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
/// **`confirm = "Publish this post?"`**: a person has to say yes to this question before the step runs. Default: nobody is
/// asked. The run waits, also over a restart, and costs nothing meanwhile. The question comes before the cache and is
/// asked once for a call, not for each attempt. The long form says what else may happen:
///
/// ```ignore
/// #[step(confirm(message = "Publish this post?", timeout = "1h", on_timeout = "reject", on_reject = "skip"))]
/// ```
///
/// `timeout` is how long the question stands (default: for ever). `on_timeout` is what happens then: `"fail"` (default) hands the
/// flow an error, `"approve"` and `"reject"` answer in the person's place. `on_reject` is what a no does: `"fail"` (default)
/// hands the flow an error, `"skip"` goes on with the default of the output, `"cancel"` cancels the run.
///
/// ```text
/// error: `confirm` takes the question in quotes; write `confirm = "Publish this?"`
/// error: a person is asked this; write the question, such as `confirm = "Publish this?"`
/// error: without `timeout` the question waits for ever; add `timeout = "1h"`, or remove `on_timeout`
/// error: `on_reject` cannot be `ignore`; it is one of `fail`, `skip`, `cancel`
/// error[E0277]: `on_reject = "skip"` needs a default, and `Draft` has none
/// ```
///
/// **`at_most_once`**: records the start first. After a crash or timeout the step is "may have run" and is not run again by
/// itself. Default: at least once. With `retry`, a returned error is still repeated.
///
/// ```text
/// error: `at_most_once` takes no value; write `at_most_once`
/// ```
///
/// **`history = 3`**: shows the step what it was given and answered in so many earlier runs of the session. A field that is an
/// agent puts them into its conversation; a method reads them with `context.history(context.history_runs())`, so it takes the context.
/// Default: none.
///
/// ```text
/// error: `history` counts earlier runs; write 1 or more, or remove `history`
/// error: `write` cannot read its history without the context; add the parameter `context: &StepContext`, or remove `history`
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
/// On a field of a struct without `#[workflow]` rustc says `expected non-macro attribute`: put `#[workflow]` on the
/// struct.
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
/// * The graph is read from the body: `if`, `match`, loops, `parallel`, `map`, `race`, questions to people, sub-flows,
///   other workflows. What cannot be read, such as the flow handed to a function or to a method of your own, is drawn as
///   an opaque node. Nothing is rewritten.
/// * A step that no flow calls is found by comparing the steps with the graph, unless there is an opaque node: then
///   nothing can be said.
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
/// The same goes for threads, processes, files, the network, the environment and what is typed on the terminal.
///
/// Names are compared as they are written: `Instant::now` is seen, `Clock::now` after `use std::time::Instant as Clock` is
/// not, nor is what a function does that the flow calls. The runtime stops a run that asks for something else the second
/// time, but it cannot see a value that only differs. What is meant is allowed with a reason, by
/// [`#[allow_in_flow]`](macro@allow_in_flow).
///
/// # Options
///
/// **`timeout = "2m"`**: how long the flow may take. Default: no limit. Written and checked as in [`#[step]`](macro@step).
///
/// **`cache(..)`**: reuses a finished result; options as in [`#[step]`](macro@step). Default: no cache. Not for a flow that changes
/// the state, waits for a person (a question, a step with `confirm` or `on_error = "pause"`) or calls another workflow,
/// also not through a sub-flow.
///
/// ```text
/// error: `report` cannot be cached: `publish` waits for a person, which a cached result would skip; remove `cache`, or call it outside of `report`
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

/// Allows a statement of a flow what a flow must not do, on purpose and with a reason.
///
/// ```ignore
/// #[flow]
/// async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Draft> {
///     #[allow_in_flow(clock = "only shown on the terminal", terminal = "may be shown twice")]
///     println!("{:?}: {topic:?}", SystemTime::now());
///     flow.write(topic).await
/// }
/// ```
///
/// It stands above a `let`, a macro call, a block or any other statement, and covers all of it. It is for what has no
/// influence on which calls the flow makes and with what input; everything else belongs into a step.
///
/// | Name | What it allows |
/// |---|---|
/// | `clock` | reading the time |
/// | `random` | random values |
/// | `id` | new ids |
/// | `timer` | timers that are not durable |
/// | `task` | tasks and threads |
/// | `join` | `join!`, `select!` and their functions. Of calls of the flow they stop the run all the same |
/// | `files`, `network`, `environment`, `process` | each of these |
/// | `terminal` | printing, and reading what is typed |
///
/// Several stand in one attribute, each with its reason. A call that is not recorded, or not awaited, cannot be allowed.
///
/// ```text
/// error: what is allowed, and why? write such as `#[allow_in_flow(clock = "it is only logged")]`
/// error: `clock` takes the reason in quotes; write `clock = "it is only logged"`
/// error: give the reason why a resume goes the same way all the same
/// error: nothing here needs `clock`; remove it
/// error: unknown option `clok`, did you mean `clock`? `#[allow_in_flow]` takes `clock`, `random`, ..
/// error: `#[allow_in_flow]` is read on a statement of the flow; put it above one
/// ```
///
/// # On its own
///
/// [`#[workflow]`](macro@workflow) reads this attribute and takes it out. Anywhere but in a [`#[flow]`](macro@flow) it is an error.
#[proc_macro_attribute]
pub fn allow_in_flow(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::stray("allow_in_flow", &args.into(), &item.into()).into()
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

/// Makes a function a tool that a model may call.
///
/// ```ignore
/// use agno::prelude::*;
///
/// /// Searches the company's handbook.
/// #[tool(timeout = "10s", cache(ttl = "5m"))]
/// async fn search_handbook(
///     /// What to look for.
///     query: String,
///     /// Most answers. Default: ten.
///     limit: Option<u32>,
///     context: &ToolContext,
/// ) -> Result<Vec<Hit>> {
///     let Some(handbook) = context.dependency::<Handbook>() else {
///         bail!("there is no handbook here");
///     };
///     handbook.search(&query, limit.unwrap_or(10)).await
/// }
///
/// let agent = Agent::builder("Clerk").tool(search_handbook::tool()).build()?;
/// ```
///
/// The function stays as it is: `search_handbook(query, None, &ToolContext::for_test())` is the plain call, for tests.
/// Beside it stands a type of its name, with the same visibility, and `search_handbook::tool()` is the tool.
/// `use module::search_handbook` brings both. So no other type and no module of that name can stand beside it.
///
/// * The **doc comment of the function** is what the model is told of the tool, up to the first heading or code block.
/// * An **owned parameter** is an argument: the model writes it, and its doc comment is what the model is told of it.
///   `Option<T>` may be left out. Its type needs `Deserialize` and `JsonSchema`, which [`#[data]`](macro@data) adds.
/// * **`#[serde(..)]` and `#[schemars(..)]`** on an argument work as on a field, so `#[serde(default)]` makes it one that
///   may be left out, and `#[schemars(length(min = 1))]` is shown to the model.
/// * **`&mut T`** is the session's state, in any place. At most one. An agent whose tools want another state than its
///   workflow's is refused.
/// * **`&ToolContext`** is the context, in any place: who the user is, what the program gave the agent, the idempotency
///   key. At most one.
/// * An `async fn` runs where the agent runs, a `fn` on the blocking pool. If its time is over, a `fn` runs to its end
///   unseen, as nothing can stop it.
/// * It returns `T` or `Result<T, E>`, told apart by the type. A text is shown to the model as it is, anything else as
///   JSON, a `ToolAnswer` with its pictures. The text of an error is shown too, so that the model can do better.
///
/// What the model wrote is read before the function runs. What does not fit is an error `tool_arguments` with the path
/// of the value, and an argument that the tool does not have is passed over.
///
/// ```text
/// error: a model chooses a tool by its description; write `/// What it does.` above `async fn search`
/// error: a model is told of an argument by its doc comment; write `/// What it is.` above `query`
/// error: an argument is what a model wrote, so it is owned; write `String`
/// error: a tool borrows its context; write `&ToolContext`
/// error: a tool cannot be generic, since a model is told the types; name the types
/// error: a tool that changes the state is asynchronous; write `async fn count`
/// error[E0277]: `Connection` cannot be an argument of a tool (.. write `#[agno::data]` above `Connection` ..)
/// error[E0277]: `Connection` cannot be the answer of a tool (.. write `#[agno::data]` above `Connection` ..)
/// ```
///
/// # Who the user is
///
/// A page that an agent reads can make its model write anything. So nothing that identifies a user is ever taken from what
/// a model writes, and an argument called `user`, `user_id`, `session_id`, `run_id`, `tenant` or `tenant_id` is an error.
/// The context knows: `context.user_id()`, `context.session_id()`; what the program knows beside that is a
/// `context.dependency::<T>()`. The rule sees the names of arguments, with `rename` and `alias`, and not the fields of their
/// types: leave identities out of these too.
///
/// ```text
/// error: nothing that identifies a user is ever taken from what a model writes; remove `user_id` and use `context.user_id()`
/// ```
///
/// # Options
///
/// **`name = "search_handbook"`**: what the model calls it. Default: the function's name. A letter or `_`, then letters,
/// digits, `_` and `-`, 64 in all.
///
/// ```text
/// error: the name of a tool cannot hold ' '; use ASCII letters, digits, `_` and `-`
/// error: this name has 80 characters, and models take 64 at most; use a shorter one
/// ```
///
/// **`timeout = "10s"`**: how long one call may take. Default: one minute. Durations are a whole number and a unit: `ms`,
/// `s`, `m`, `h` or `d`.
///
/// ```text
/// error: `10` has no unit; write `10s` for seconds, or one of `ms`, `m`, `h`, `d`
/// ```
///
/// **`cache(ttl = "5m")`**: uses an answer again for the same arguments, for so long, in this process. Default: no cache. The
/// answer is used for every user and session, so this is not for a tool whose answer depends on who asks, nor for one that
/// changes the state, nor with `idempotent = false`.
///
/// ```text
/// error: `cache` needs to know how long an answer is good; write `cache(ttl = "5m")`
/// error: `count` changes the state, which a cached answer would skip; remove `cache`, or the `&mut` parameter
/// error: `idempotent = false` is for effects, which a cached answer would skip; remove `cache` or `idempotent`
/// ```
///
/// **`idempotent = false`**: says that doing it twice does harm. The beginning of the call is recorded first; after a crash in
/// the middle it "may have run" and is not called again. Default: `true`.
///
/// ```text
/// error: `idempotent` takes `true` or `false`; write `idempotent = false`
/// ```
///
/// **`confirm = "Send it?"`**: a person has to say yes to this question before each call. Default: nobody is asked.
///
/// ```text
/// error: a person is asked this; write the question, such as `confirm = "Send it?"`
/// ```
///
/// **`allow_identity`**: lets an argument be called like an identity, for a tool about other people than the one it works
/// for, such as a clerk's search in the list of customers. The function then has to check what the caller may see.
/// Default: refused.
///
/// ```text
/// error: `allow_identity` takes no value; write `allow_identity`
/// error: no argument is called `user`, `user_id`, .., so there is nothing to allow; remove this
/// ```
///
/// **`crate = path`**: where the library is, if it has another name in this crate. Default: `::agno`.
///
/// ```text
/// error: `crate` takes a path without quotes; write `crate = my_agno`
/// ```
///
/// | Written | What it does, by hand |
/// |---|---|
/// | `name`, doc comments, parameters | `Tool::new(name, description, \|arguments: Arguments, context\| ..)`, with `&mut` `Tool::with_state` |
/// | `timeout`, `cache`, `confirm` | `.timeout(..)`, `.cache(..)`, `.confirm(..)` |
/// | `idempotent = false` | `.not_idempotent()` |
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    tool::tool(args.into(), item.into()).into()
}
