// Wanted: look for new articles every day.
#![deny(deprecated)]
use agno::prelude::*;
use std::time::Duration;

#[workflow]
struct Watch;

#[workflow]
impl Watch {
    #[step]
    async fn look(&self, day: u32) -> Result<u32> {
        Ok(day + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, mut day: u32) -> Result<()> {
        loop {
            day = flow.look(day).await?;
            flow.sleep(Duration::from_secs(24 * 60 * 60)).await?;
        }
    }
}

fn main() {}
