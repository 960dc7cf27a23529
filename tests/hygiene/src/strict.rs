//! Each thing that the macros make, under lints that programs forbid.
#![forbid(
    missing_debug_implementations,
    missing_docs,
    unsafe_code,
    unused_results,
    clippy::dbg_macro,
    clippy::exit,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::todo,
    clippy::undocumented_unsafe_blocks,
    clippy::unimplemented,
    clippy::unreachable,
    clippy::unwrap_used
)]
#![deny(
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::clone_on_ref_ptr,
    clippy::default_numeric_fallback,
    clippy::empty_structs_with_brackets,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::get_unwrap,
    clippy::if_then_some_else_none,
    clippy::impl_trait_in_params,
    clippy::let_underscore_must_use,
    clippy::let_underscore_untyped,
    clippy::min_ident_chars,
    clippy::missing_assert_message,
    clippy::missing_docs_in_private_items,
    clippy::mod_module_files,
    clippy::multiple_inherent_impl,
    clippy::pattern_type_mismatch,
    clippy::renamed_function_params,
    clippy::same_name_method,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::str_to_string,
    clippy::string_add,
    clippy::unwrap_in_result,
    clippy::wildcard_enum_match_arm,
    clippy::wildcard_imports
)]

use core::{result, str::Utf8Error};
use std::time::Instant;

use durable::{
    allow_in_flow, data, flow, step, tool, workflow, Flow, Result, State, StepContext, Tool,
    ToolContext,
};

/// What is kept.
#[data(crate = durable)]
#[derive(Default, PartialEq, Eq, State)]
#[state(crate = durable)]
pub struct Notes {
    /// The texts.
    #[merge(append)]
    pub texts: Vec<String>,
    /// How many.
    #[merge(sum)]
    pub number: u32,
    /// The longest.
    #[merge(max)]
    pub longest: Option<u64>,
}

/// What is found.
#[data(crate = durable)]
#[derive(Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Good,
    /// It is not.
    Redo {
        /// How often.
        times: u32,
    },
}

/// Writes.
#[workflow(crate = durable, version = 2, on_drift = "rerun")]
#[derive(Clone, Debug, Default)]
pub struct Article {
    /// How often it tries.
    pub rounds: u32,
    /// In what words.
    pub style: String,
}

#[workflow(state = Notes, crate = durable)]
impl Article {
    /// Searches.
    ///
    /// # Errors
    ///
    /// None.
    #[step(
        retry(
            max = 3,
            backoff = "1ms",
            factor = 2.0,
            max_delay = "1s",
            jitter = false
        ),
        timeout = "20s",
        version = 2
    )]
    pub async fn search(
        &self,
        notes: &mut Notes,
        topic: String,
        context: &StepContext,
    ) -> Result<String> {
        notes
            .texts
            .push(format!("{} {}", context.session_id(), self.style));
        Ok(topic)
    }

    /// Looks back.
    ///
    /// # Errors
    ///
    /// None.
    #[step(history = 2, on_error = "pause")]
    pub(crate) async fn look_back(&self, context: &StepContext) -> Result<usize> {
        Ok(context.history(2).await?.len())
    }

    /// Logs.
    #[step]
    async fn log(&self) {}

    /// Reads.
    #[step(cache(ttl = "1h", key = "page", scope = "run"))]
    const fn read(&self, page: u32) -> u32 {
        page
    }

    /// Asks first.
    #[step(
        confirm(
            message = "Really?",
            timeout = "1h",
            on_timeout = "approve",
            on_reject = "skip"
        ),
        at_most_once
    )]
    fn publish(&self, text: String) -> Option<String> {
        (!text.is_empty()).then_some(text)
    }

    /// May fail.
    #[step(on_error = "skip", name = "try")]
    fn attempt(&self, text: String) -> result::Result<Vec<u8>, Utf8Error> {
        str::from_utf8(text.as_bytes()).map(|checked| checked.bytes().collect())
    }

    /// Judges.
    #[step]
    async fn judge(&self, text: String) -> Result<Verdict> {
        Ok(if text.is_empty() {
            Verdict::Redo { times: 2 }
        } else {
            Verdict::Good
        })
    }

    /// Is old.
    ///
    /// # Errors
    ///
    /// None.
    #[deprecated = "use `read`"]
    #[step]
    pub async fn never_called(&self, page: u32) -> Result<u32> {
        Ok(page)
    }

    /// Writes an article.
    #[flow]
    async fn run(flow: &Flow<Self>, topic: String, pages: Vec<u32>) -> Result<String> {
        let read = flow.map(pages, |page| flow.read(page)).limit(2).await?;
        let (found, ()) = flow.parallel((flow.search(topic), flow.log())).await?;
        match flow.judge(found.clone()).await? {
            Verdict::Good => {}
            Verdict::Redo { times } if times > flow.workflow().rounds => return Ok(String::new()),
            Verdict::Redo { .. } => drop(flow.attempt(found.clone()).await?),
        }
        let shown = flow.finish(found).await?;
        #[allow_in_flow(clock = "nobody sees it")]
        let _began: &Instant = &Instant::now();
        Ok(format!("{shown} {read:?} {}", flow.state().texts.len()))
    }

    /// The end of it.
    #[flow(timeout = "1m")]
    async fn finish(flow: &Flow<Self>, text: String) -> Result<String> {
        let before = flow.look_back().await?;
        if text.is_empty() {
            let published = flow.publish(text).await?;
            return Ok(published.unwrap_or_default());
        }
        Ok(format!("{text} {before}"))
    }
}

/// Its steps in their order.
#[workflow(crate = durable)]
#[derive(Clone, Copy, Debug)]
pub struct Ordered;

#[workflow(crate = durable)]
impl Ordered {
    /// Is first.
    #[step]
    async fn first(&self, number: u8, other: u8) -> u16 {
        u16::from(number).saturating_add(u16::from(other))
    }

    /// Is last.
    #[step]
    fn last(&self, number: u16) -> Result<u32> {
        durable::ensure!(number > 0, "nothing");
        Ok(u32::from(number))
    }
}

/// Nobody but this module knows it.
#[workflow(crate = durable)]
#[derive(Debug)]
struct Private;

#[workflow(crate = durable)]
impl Private {
    /// Does nothing.
    #[step]
    async fn nothing(&self) {}
}

/// Puts its input in capitals.
#[derive(Clone, Debug, Default)]
pub struct Shout;

impl durable::Settings for Shout {}

impl durable::Execute for Shout {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        _: Option<&mut dyn durable::AnyState>,
    ) -> Result<String> {
        Ok(input.to_uppercase())
    }
}

/// Its fields are its steps.
#[workflow(state = Notes, crate = durable)]
#[derive(Debug)]
pub struct Content {
    /// Is first.
    #[step(timeout = "5s")]
    pub writer: Shout,
    /// Is last.
    #[step(input = "{input} {writer}", on_error = "skip")]
    editor: Box<Shout>,
    /// Is no step.
    pub number: u8,
}

/// Searches.
///
/// # Errors
///
/// None.
#[tool(crate = durable, timeout = "20s")]
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
#[tool(crate = durable, cache(ttl = "1m"))]
async fn nothing() {}

/// Reads a page.
#[tool(crate = durable, idempotent = false, confirm = "Read?")]
#[must_use]
pub fn read(
    /// Which.
    page: u32,
) -> u32 {
    page
}

/// Every tool, and what uses the private workflow.
#[must_use]
pub fn tools() -> Vec<Tool> {
    let _builder: durable::RuntimeBuilder = durable::Runtime::builder().workflow(Private);
    vec![search::tool(), nothing::tool(), read::tool()]
}

#[cfg(test)]
mod tests {
    use super::{tools, Article, Content, Ordered, Shout};
    use crate::runs::{run, steps};

    #[tokio::test]
    async fn they_run() -> durable::Result<()> {
        let article = run(Article::default(), ("rust".to_owned(), vec![1, 2])).await?;
        assert_eq!(article, "rust 0 [1, 2] 1", "as written");
        assert_eq!(run(Ordered, (1, 2)).await?, 3, "in order");
        let content = Content {
            writer: Shout,
            editor: Box::new(Shout),
            number: 1,
        };
        assert_eq!(content.number, 1, "a field like any other");
        assert_eq!(
            run(content, "a".to_owned()).await?,
            "A A",
            "one field feeds the next"
        );
        let [known, drawn] = steps(Ordered).await?;
        assert_eq!(known, drawn, "all of its steps are drawn");
        assert_eq!(tools().len(), 3, "every tool");
        Ok(())
    }
}
