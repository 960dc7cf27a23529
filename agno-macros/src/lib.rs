//! The macros of agno: `#[workflow]`, `#[step]`, `#[flow]`, `#[allow_in_flow]`, `#[tool]`, `#[data]` and `#[derive(State)]`.
//!
//! Use them through the facade `agno`, which re-exports them; generated code names `::agno::__private` and
//! nothing else. Everything they do is sugar over public types: `examples/no_macro.rs` is a workflow without them.
//! The documentation of each is a page in `docs/`, below what an editor shows; the facade compiles and runs its examples,
//! which name it, and here they are left out of a test of the documentation.
//!
//! The stages are `parse` (tokens to the model, nothing stops at the first mistake), `validate` (every rule), `flow`
//! (bodies read into a graph and checked), `expand` (the model to tokens, cannot fail) and `fallback` (what is
//! emitted beside errors, so that one mistake is one error and an editor keeps completing).

mod copies;
mod data;
mod diag;
mod emit;
mod entry;
mod expand;
mod fallback;
mod flow;
mod model;
mod parse;
mod paths;
mod show;
mod state;
mod stray;
#[cfg(test)]
mod tests;
mod tool;
mod validate;

use proc_macro::TokenStream;

/// Makes a struct a workflow. It stands twice: on the struct and on the impl block with its steps. A struct whose
/// fields are steps needs it once.
///
/// Options on the struct: `name = ".."`, `version = 1`, `on_drift = "fail"`; on the impl block: `state = Type`; on both:
/// `crate = path`.
///
#[cfg_attr(not(doctest), doc = include_str!("../docs/workflow.md"))]
#[proc_macro_attribute]
pub fn workflow(args: TokenStream, item: TokenStream) -> TokenStream {
    show::shown("#[workflow]", item.into(), |item| {
        entry::workflow(args.into(), item)
    })
    .into()
}

/// Marks a method or a field as a step: it runs once, its result is recorded, and a resume takes what is recorded.
///
/// Options: `retry(max = 3, ..)`, `timeout = "20s"`, `cache(ttl = "1h", ..)`, `on_error = "fail"`, `confirm = "..?"`,
/// `at_most_once`, `history = 3`, `version = 1`, `name = ".."`; on a field also `input = "{input} {previous}"`.
///
#[cfg_attr(not(doctest), doc = include_str!("../docs/step.md"))]
#[proc_macro_attribute]
pub fn step(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::stray("step", &args.into(), &item.into()).into()
}

/// Marks the function that says in which order the steps run, in plain Rust. The first is the entry, further ones are
/// sub-flows.
///
/// Options, on sub-flows: `timeout = "2m"`, `cache(ttl = "1h", ..)`.
///
#[cfg_attr(not(doctest), doc = include_str!("../docs/flow.md"))]
#[proc_macro_attribute]
pub fn flow(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::stray("flow", &args.into(), &item.into()).into()
}

/// Allows a statement of a flow what a flow must not do, on purpose and with a reason.
///
/// `#[allow_in_flow(clock = "it is only logged")]`; the names are `clock`, `random`, `id`, `timer`, `task`, `join`, `order`, `files`,
/// `network`, `environment`, `process`, `terminal`, `endless`.
///
#[cfg_attr(not(doctest), doc = include_str!("../docs/allow_in_flow.md"))]
#[proc_macro_attribute]
pub fn allow_in_flow(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::stray("allow_in_flow", &args.into(), &item.into()).into()
}

/// Makes a struct the state of a session, merged field by field.
///
/// On a field: `#[merge(append)]`, `union`, `sum`, `max`, `min` or `last`.
///
#[cfg_attr(not(doctest), doc = include_str!("../docs/state.md"))]
#[proc_macro_derive(State, attributes(merge, state))]
pub fn derive_state(item: TokenStream) -> TokenStream {
    show::shown("#[derive(State)]", item.into(), state::derive).into()
}

/// Adds what a value between steps needs: `Clone`, `Debug`, `Serialize`, `Deserialize` and `JsonSchema`.
///
/// Option: `crate = path`.
///
#[cfg_attr(not(doctest), doc = include_str!("../docs/data.md"))]
#[proc_macro_attribute]
pub fn data(args: TokenStream, item: TokenStream) -> TokenStream {
    show::shown("#[data]", item.into(), |item| {
        data::data(args.into(), &item)
    })
    .into()
}

/// Stands behind `#[data]`, which writes it: an attribute cannot say that `#[serde(..)]` is known.
#[doc(hidden)]
#[proc_macro_derive(DataParts, attributes(agno_data, serde, schemars, validate, garde))]
pub fn derive_data_parts(item: TokenStream) -> TokenStream {
    data::derive(item.into()).into()
}

/// Makes a function a tool that a model may call.
///
/// Options: `name = ".."`, `timeout = "10s"`, `cache(ttl = "5m")`, `idempotent = false`, `confirm = "..?"`, `allow_identity`,
/// `crate = path`.
///
#[cfg_attr(not(doctest), doc = include_str!("../docs/tool.md"))]
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    show::shown("#[tool]", item.into(), |item| tool::tool(args.into(), item)).into()
}
