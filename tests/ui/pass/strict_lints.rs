// No warning in a program that denies them all.
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
#![deny(single_use_lifetimes, unused_lifetimes, unused_results, let_underscore_drop, trivial_casts)]
//! A strict program.

use agno::prelude::State;
use agno::{Flow, Result, StepContext, data, flow, step, workflow};

/// What is kept.
#[data]
#[derive(Default, State)]
pub struct Notes {
    /// The texts.
    #[merge(append)]
    pub texts: Vec<String>,
}

/// Writes.
#[workflow]
#[derive(Debug)]
pub struct Article;

#[workflow(state = Notes)]
impl Article {
    /// Searches.
    #[step(retry(max = 3), timeout = "20s")]
    pub async fn search(&self, notes: &mut Notes, topic: String, context: &StepContext) -> Result<String> {
        notes.texts.push(format!("{context:?}"));
        Ok(topic)
    }

    #[step]
    async fn log(&self) {}

    #[step]
    fn read(&self, page: u32) -> u32 {
        page
    }

    #[deprecated = "use `read`"]
    #[step]
    fn never_called(&self, page: u32) -> u32 {
        page
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let pages = flow.map(vec![1, 2], |page| flow.read(page)).limit(2).await?;
        let (topic, ()) = flow.parallel((flow.search(topic), flow.log())).await?;
        Ok(format!("{topic} {pages:?} {}", flow.state().texts.len()))
    }
}

fn main() {}
