//! The macros of agno.

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

/// workflow
#[proc_macro_attribute]
pub fn workflow(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::workflow(args.into(), item.into()).into()
}

/// step
#[proc_macro_attribute]
pub fn step(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::stray("step", &args.into(), item.into()).into()
}

/// flow
#[proc_macro_attribute]
pub fn flow(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::stray("flow", &args.into(), item.into()).into()
}

/// State
#[proc_macro_derive(State, attributes(merge, state))]
pub fn derive_state(item: TokenStream) -> TokenStream {
    state::derive(item.into()).into()
}

/// data
#[proc_macro_attribute]
pub fn data(args: TokenStream, item: TokenStream) -> TokenStream {
    data::data(args.into(), item.into()).into()
}
