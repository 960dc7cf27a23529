//! Functions that a model may call: `#[tool]`, seen through `Tool::call`.
#![cfg(feature = "agents")]

mod answers;
mod arguments;
mod context;
mod handbook;
mod options;
