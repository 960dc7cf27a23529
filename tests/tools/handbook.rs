//! A tool with every kind of argument, and ways to call one.

use agno::prelude::*;

/// What the model reads.
pub(crate) async fn answer(tool: &Tool, arguments: &str) -> String {
    let answer = tool.call(arguments, ToolContext::for_test(), None).await;
    answer.expect("an answer").text
}

pub(crate) async fn error(tool: &Tool, arguments: &str) -> Error {
    let answer = tool.call(arguments, ToolContext::for_test(), None).await;
    answer.expect_err("an error")
}

#[data]
pub(crate) struct Hit {
    pub(crate) page: u32,
    pub(crate) text: String,
}

/// Where to look.
#[data]
#[derive(PartialEq)]
pub(crate) enum Section {
    Travel,
    Pay,
}

/// Searches the company's handbook.
///
/// It knows every rule.
///
/// # Notes for programmers
///
/// The model is not told of this.
#[tool]
pub(crate) async fn search_handbook(
    /// What to look for.
    #[schemars(length(min = 1))]
    query: String,
    /// Most answers.
    limit: Option<u32>,
    /// Where to look.
    sections: Vec<Section>,
    /// The first page.
    ///
    /// Counted from 1.
    #[serde(default = "first_page")]
    page: u32,
    /// Whether old rules count.
    #[serde(default, rename = "withOld")]
    old: bool,
) -> Result<Vec<Hit>> {
    ensure!(query != "nothing", "nothing was found");
    let text = format!("{query} {limit:?} {sections:?} {old}");
    Ok(vec![Hit { page, text }])
}

fn first_page() -> u32 {
    1
}
