//! The macros of agno as functions, for the fuzz targets.
//!
//! Nobody can call into a crate of procedural macros, so its modules are mounted here once more. They run on the
//! tokens of `proc_macro2` alone, as in their own unit tests.
//!
//! Each target reads its bytes in one of two ways: behind a first byte of zero they choose tokens, else they are the
//! source text itself, which is what the seeds are.

#![allow(
    dead_code,
    unused_imports,
    reason = "what is mounted has more callers in its own crate"
)]

#[path = "../../../agno-macros/src/copies.rs"]
mod copies;
#[path = "../../../agno-macros/src/data/mod.rs"]
mod data;
#[path = "../../../agno-macros/src/diag.rs"]
mod diag;
#[path = "../../../agno-macros/src/emit.rs"]
mod emit;
#[path = "../../../agno-macros/src/entry.rs"]
mod entry;
#[path = "../../../agno-macros/src/expand/mod.rs"]
mod expand;
#[path = "../../../agno-macros/src/fallback.rs"]
mod fallback;
#[path = "../../../agno-macros/src/flow/mod.rs"]
mod flow;
#[path = "../../../agno-macros/src/tests/invariants.rs"]
mod invariants;
#[path = "../../../agno-macros/src/model.rs"]
mod model;
#[path = "../../../agno-macros/src/parse/mod.rs"]
mod parse;
#[path = "../../../agno-macros/src/paths.rs"]
mod paths;
#[path = "../../../agno-macros/src/state.rs"]
mod state;
#[path = "../../../agno-macros/src/stray.rs"]
mod stray;
#[path = "../../../agno-macros/src/tool/mod.rs"]
mod tool;
#[path = "../../../agno-macros/src/validate/mod.rs"]
mod validate;
#[path = "../../../agno-macros/src/tests/vocabulary.rs"]
mod vocabulary;

mod grammar;
mod source;

use std::collections::BTreeSet;

use arbitrary::Unstructured;
use proc_macro2::TokenStream;
use quote::quote;

use grammar::Grammar;

/// What stands in the parentheses of each macro.
pub fn attributes(bytes: &[u8]) {
    let Some(args) = read(bytes, |grammar| grammar.options()) else {
        return;
    };
    let fields = quote! {
        struct Article {
            #[step(#args)] writer: Agent,
            #[state(#args)] #[merge(#args)] #[serde(#args)] notes: Notes,
        }
    };
    let methods = quote! {
        impl Article {
            #[step(#args)] async fn search(&self, topic: Topic) -> Result<Topic> { x }
            #[step(retry(#args), cache(#args), confirm(#args))]
            async fn write(&self, topic: Topic) -> Result<Topic> { x }
            #[flow(#args)]
            async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Topic> { #[allow_in_flow(#args)] f(); x }
        }
    };
    let tool = quote!(
        fn search(
            #[serde(#args)]
            #[schemars(#args)]
            topic: Topic,
        ) -> Result<Topic> {
            x
        }
    );
    for (name, item) in [
        ("workflow", &fields),
        ("workflow", &methods),
        ("data", &fields),
        ("State", &fields),
        ("tool", &tool),
        ("step", &tool),
    ] {
        invariants::check(name, &args, item);
    }
    forget_places();
}

/// Whole items below each macro.
pub fn items(bytes: &[u8]) {
    let calls = match bytes.split_first() {
        Some((0, rest)) => {
            let mut grammar = Grammar::new(Unstructured::new(rest));
            let (args, item) = (grammar.options(), grammar.item());
            let names = invariants::MACROS.iter();
            names
                .map(|name| source::Call {
                    name,
                    args: args.clone(),
                    item: item.clone(),
                })
                .collect()
        }
        _ => source::calls(lexed(bytes).unwrap_or_default()),
    };
    for source::Call { name, args, item } in calls {
        invariants::check(name, &args, &item);
    }
    forget_places();
}

/// The bodies of flows.
pub fn flows(bytes: &[u8]) {
    let Some(body) = read(bytes, |grammar| grammar.block()) else {
        return;
    };
    let item = quote! {
        impl Article {
            #[step] async fn search(&self, topic: Topic) -> Result<Topic> { x }
            #[step] async fn write(&self, a: Topic, b: Topic) -> Result<Topic> { x }
            #[flow] async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Topic> { #body }
            #[flow] async fn part(flow: &Flow<Self>, topic: Topic) -> Result<Topic> { x }
            fn plain(&self) {}
        }
    };
    invariants::check("workflow", &TokenStream::new(), &item);
    forget_places();
}

fn read(bytes: &[u8], choose: impl FnOnce(&mut Grammar<'_>) -> TokenStream) -> Option<TokenStream> {
    match bytes.split_first() {
        Some((0, rest)) => Some(choose(&mut Grammar::new(Unstructured::new(rest)))),
        _ => lexed(bytes),
    }
}

fn lexed(bytes: &[u8]) -> Option<TokenStream> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// Else every text that was ever lexed stays in memory.
fn forget_places() {
    proc_macro2::extra::invalidate_current_thread_spans();
}

/// Seeds for each target, from the source of programs that use the macros.
#[must_use]
pub fn seeds(source: &str) -> [(&'static str, BTreeSet<String>); 3] {
    let calls = source::calls(source.parse().unwrap_or_default());
    let whole = calls.iter().map(source::Call::text).collect();
    let options = calls.iter().flat_map(source::Call::options).collect();
    let bodies = calls.iter().flat_map(source::Call::flows).collect();
    let seeds = [
        ("macro_items", whole),
        ("macro_attributes", options),
        ("macro_flows", bodies),
    ];
    forget_places();
    seeds
}

/// The words of the macros, as libFuzzer reads a dictionary.
#[must_use]
pub fn dictionary() -> String {
    let words = vocabulary::WORDS.iter().map(ToString::to_string);
    let entries = words.chain(vocabulary::phrases()).map(|word| {
        let bytes = word.bytes().map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            b' '..=b'~' => char::from(byte).to_string(),
            other => format!("\\x{other:02X}"),
        });
        format!("\"{}\"\n", bytes.collect::<String>())
    });
    entries.collect()
}
