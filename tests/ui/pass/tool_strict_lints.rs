// No warning in a program that denies them all.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
#![deny(single_use_lifetimes, unused_lifetimes, unused_results, let_underscore_drop, trivial_casts)]
#![deny(non_camel_case_types, non_snake_case, clippy::all, clippy::pedantic)]
//! A strict program.

use agno::{Result, State, Tool, ToolContext, data, tool};

/// What is kept.
#[data]
#[derive(Default, State)]
pub struct Notes {
    /// The texts.
    #[merge(append)]
    pub texts: Vec<String>,
}

/// Searches.
///
/// # Errors
///
/// None.
#[tool(timeout = "20s")]
pub async fn search(
    notes: &mut Notes,
    /// What to look for.
    topic: String,
    context: &ToolContext,
    /// How much.
    #[serde(default)]
    limit: u32,
) -> Result<String> {
    notes.texts.push(format!("{context:?} {limit}"));
    Ok(topic)
}

/// Does nothing.
#[tool(cache(ttl = "1m"))]
async fn nothing() {}

/// Reads a page.
#[tool]
#[must_use]
pub fn read(
    /// Which.
    page: u32,
) -> u32 {
    page
}

/// Is old.
#[deprecated = "use `read`"]
#[tool]
pub async fn old(
    /// Which.
    page: u32,
) -> u32 {
    page
}

mod hidden {
    use super::tool;

    /// Is used by its own crate.
    #[tool]
    pub(crate) fn shown() {}

    /// Is a function only.
    #[tool]
    pub(super) fn plain() {}
}

/// Every tool.
#[must_use]
pub fn tools() -> Vec<Tool> {
    vec![search::tool(), nothing::tool(), read::tool(), hidden::shown::tool()]
}

fn main() {
    hidden::plain();
    assert_eq!(tools().len(), 4);
}
