//! Every option once, steps of every shape, eight inputs, the default order.
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

#[workflow(crate = durable, name = "All of it", version = 7, on_drift = "rerun")]
struct Everything;

#[workflow(crate = durable)]
impl Everything {
    #[allow(clippy::too_many_arguments)]
    #[step(
        retry(
            max = 3,
            backoff = "500ms",
            factor = 2.0,
            max_delay = "30s",
            jitter = false
        ),
        timeout = "20s",
        cache(
            ttl = "1h",
            key = "a, h",
            scope = "global",
            tags = "site, {a}",
            stale_if_error = "1d",
            jitter = true
        ),
        confirm(
            message = "Really?",
            timeout = "1h",
            on_timeout = "approve",
            on_reject = "skip"
        ),
        on_error = "skip",
        version = 2,
        name = "first"
    )]
    async fn one(
        &self,
        a: u8,
        b: u8,
        c: u8,
        d: u8,
        e: u8,
        f: u8,
        g: u8,
        mut h: u8,
    ) -> Result<Vec<u8>> {
        h += 1;
        Ok(vec![a, b, c, d, e, f, g, h])
    }

    #[step(at_most_once, on_error = "pause", retry(max = 1))]
    fn two(&self, bytes: Vec<u8>) -> std::result::Result<String, std::num::ParseIntError> {
        format!("{bytes:?}").parse::<u8>().map(|n| n.to_string())
    }

    #[step(cache(ttl = "1h", stale_while_revalidate = "10m"), on_error = "fail")]
    const fn three(&self, text: String) -> String {
        text
    }

    #[step(on_error = "skip")]
    async fn four(&self, text: String) {
        drop(text);
    }

    #[step(confirm(message = "Is that all?", on_reject = "skip"))]
    fn five(&self, _nothing: ()) -> Option<u8> {
        None
    }

    #[step(confirm = "Sure?", history = 3)]
    async fn six(&self, number: Option<u8>, context: &StepContext) -> Result<usize> {
        Ok(context.history(3).await?.len() + usize::from(number.is_some()))
    }
}

// Plain methods, and a second impl block.
impl Everything {
    fn helper(&self) -> u8 {
        1
    }
}

#[workflow(crate = durable)]
struct Second;

#[workflow(crate = durable)]
impl Second {
    const LIMIT: usize = { 3 };

    fn new() -> Self {
        Self
    }

    #[step]
    async fn only(&self) -> usize {
        Self::LIMIT
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<usize> {
        flow.kept().await
    }

    #[flow(timeout = "1m", cache(ttl = "1d"))]
    async fn kept(flow: &Flow<Self>) -> Result<usize> {
        Ok(flow.only().await?)
    }
}
