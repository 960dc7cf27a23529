//! What a flow may be made of; every kind of node of the graph.
#![allow(
    missing_docs,
    dead_code,
    missing_debug_implementations,
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    reason = "what compiles is the case"
)]

use durable::prelude::*;

#[data(crate = durable)]
enum Verdict {
    Good(String),
    Redo(Vec<u32>),
}

#[workflow(crate = durable)]
struct Article {
    rounds: usize,
}

#[workflow(crate = durable)]
impl Article {
    #[step]
    async fn read(&self, source: u32) -> Result<String> {
        Ok(source.to_string())
    }

    #[step]
    async fn judge(&self, pages: Vec<String>) -> Result<Verdict> {
        if pages.is_empty() {
            Ok(Verdict::Redo(vec![1]))
        } else {
            Ok(Verdict::Good(pages.concat()))
        }
    }

    #[flow]
    async fn run(flow: &Flow<Self>, mut sources: Vec<u32>) -> Result<String> {
        'rounds: for _ in 0..flow.workflow().rounds {
            let pages = flow
                .map(sources.clone(), |source| flow.read(source))
                .limit(4)
                .await?;
            match flow.judge(pages).await? {
                Verdict::Good(text) if text.is_empty() => continue 'rounds,
                Verdict::Good(text) => return Ok(format!("{} {}", text, flow.read(1).await?)),
                Verdict::Redo(better) => sources = better,
            }
        }
        let (one, both) = flow
            .parallel((flow.read(1), flow.polish(vec![2, 3])))
            .await?;
        let Some(first) = both.chars().next() else {
            bail!("nothing after {one}")
        };
        while first == 'x' {
            flow.sleep(Duration::from_secs(1)).await?;
        }
        for text in vec![flow.read(4).await?, helper(flow, 5).await?] {
            flow.say(format!("{text} {first} {:?}", flow.read(6).await));
        }
        let later = flow.read(7);
        Ok(later.await?)
    }

    #[flow]
    async fn polish(flow: &Flow<Self>, sources: Vec<u32>) -> Result<String> {
        if let Some(first) = sources.first() {
            Ok(flow.read(*first).await?)
        } else if sources.is_empty() {
            Ok(flow.read(0).await?)
        } else {
            bail!("no sources")
        }
    }
}

async fn helper(flow: &Flow<Article>, source: u32) -> Result<String> {
    Ok(flow.read(source).await?)
}
