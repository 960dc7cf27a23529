//! A user's crate that is hard to please: edition 2021, agno under another name, and every lint denied that programs
//! forbid. One module for each way in which generated code could be in the way.
#![deny(
    warnings,
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    keyword_idents,
    let_underscore_drop,
    meta_variable_misuse,
    missing_debug_implementations,
    missing_docs,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unused,
    unused_extern_crates,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    future_incompatible,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility
)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(
    clippy::missing_errors_doc,
    reason = "what the cases are about is short enough"
)]
#![allow(
    clippy::redundant_pub_crate,
    reason = "it wants the opposite of `unreachable_pub`"
)]

pub mod allowed_at_the_step;
pub mod allowed_in_flow;
pub mod attributes;
pub mod conditions;
pub mod data;
pub mod every_option;
pub mod fields;
pub mod flow_in_plain_rust;
pub mod made_by_macros;
pub mod merge_rules;
pub mod names;
pub mod places;
pub mod shadowed;
pub mod strict;
pub mod tools;
pub mod traits_in_scope;
pub mod types;
pub mod visibility;

#[cfg(test)]
mod runs;
