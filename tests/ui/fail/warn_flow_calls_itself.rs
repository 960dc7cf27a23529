// Wanted: go on with the next page.
#![deny(deprecated)]
use agno::prelude::*;

#[workflow]
struct Crawl;

#[workflow]
impl Crawl {
    #[step]
    async fn read(&self, page: u32) -> Result<u32> {
        Ok(page + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<()> {
        flow.pages(1).await
    }

    #[flow]
    async fn pages(flow: &Flow<Self>, page: u32) -> Result<()> {
        let next = flow.read(page).await?;
        flow.pages(next).await
    }
}

fn main() {}
