//! What a flow does on purpose, on statements of every kind.
#![allow(
    missing_docs,
    dead_code,
    missing_debug_implementations,
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    reason = "what compiles is the case"
)]

use std::time::{Instant, SystemTime};

use durable::prelude::*;

#[workflow(crate = durable)]
struct Article;

#[workflow(crate = durable)]
impl Article {
    #[step]
    async fn write(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        #[allow_in_flow(clock = "only shown")]
        let began = Instant::now();
        #[durable::allow_in_flow(clock = "only shown", terminal = "may be shown twice")]
        println!(
            "{:?} {}",
            SystemTime::now(),
            if topic.is_empty() { "nothing" } else { &topic }
        );
        let mut seconds;
        #[allow_in_flow(clock = "only shown")]
        seconds = Instant::now().duration_since(began).as_secs();
        #[allow_in_flow(clock = "only shown")]
        #[allow_in_flow(environment = "the same on every machine")]
        if std::env::var_os("QUIET").is_none() {
            seconds += SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |age| age.as_secs());
            #[allow_in_flow(terminal = "may be shown twice")]
            eprintln!("{seconds}");
        }
        flow.polish(topic).await
    }

    #[flow]
    async fn polish(flow: &Flow<Self>, topic: String) -> Result<String> {
        #[allow_in_flow(files = "it comes with the program")]
        Ok(flow
            .write(std::fs::read_to_string(&topic).unwrap_or(topic))
            .await?)
    }
}

#[workflow(crate = durable)]
struct Second;

mod imported {
    use durable::{allow_in_flow, flow, workflow, Flow, Result};

    #[workflow(crate = durable)]
    impl super::Second {
        #[flow]
        async fn run(flow: &Flow<Self>) -> Result<u32> {
            #[allow_in_flow(task = "nothing waits for it")]
            std::thread::yield_now();
            let _ = flow.run_id();
            Ok(1)
        }
    }
}
