// What looks like a step without a call or a flow without an end, and is none; and what is allowed to be.
#![deny(warnings)]
use agno::prelude::*;

#[workflow]
struct Watch;

#[workflow]
impl Watch {
    #[step]
    async fn look(&self, day: u32) -> Result<u32> {
        Ok(day + 1)
    }

    #[step(retry(max = 1, factor = 2.0, max_delay = "30s"))]
    async fn tell(&self, day: u32) -> Result<()> {
        let _ = day;
        Ok(())
    }

    /// Called under a condition.
    #[step]
    async fn log(&self) {}

    /// For the next release.
    #[allow(dead_code)]
    #[step]
    async fn publish(&self) {}

    #[flow]
    async fn run(flow: &Flow<Self>, mut day: u32) -> Result<()> {
        #[cfg(any())]
        flow.log().await?;
        if flow.patched("forever") {
            return flow.forever(day).await;
        }
        loop {
            day = flow.look(day).await?;
            flow.tell(day).await?;
            if day.is_multiple_of(365) {
                return flow.continue_as_new(day).await;
            }
        }
    }

    #[flow]
    async fn forever(flow: &Flow<Self>, mut day: u32) -> Result<()> {
        #[allow_in_flow(endless = "whoever started it cancels it")]
        loop {
            day = flow.look(day).await?;
        }
    }
}

/// Its flow is handed on, so only rustc knows what is called.
#[workflow]
struct Handed;

#[workflow]
impl Handed {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[allow(dead_code)]
    #[step]
    async fn later(&self) {}

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        helper(flow, topic).await
    }
}

async fn helper(flow: &Flow<Handed>, topic: String) -> Result<String> {
    flow.search(topic).await
}

/// A crate with warnings of its own that are allowed for a while.
mod allowed {
    #![allow(deprecated)]
    use agno::prelude::*;

    #[workflow]
    pub struct Article;

    #[workflow]
    impl Article {
        #[step(retry(max = 1, factor = 3.0))]
        async fn search(&self, topic: String) -> Result<String> {
            Ok(topic)
        }

        #[flow(timeout = "2m")]
        async fn run(_flow: &Flow<Self>, topic: String) -> Result<String> {
            Ok(topic)
        }
    }
}

fn main() {
    let _ = Runtime::builder()
        .workflow(Watch)
        .workflow(Handed)
        .workflow(allowed::Article);
}
