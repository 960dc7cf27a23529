// Wanted: the next page as well.
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
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.pages(1).await
    }

    #[flow]
    async fn pages(flow: &Flow<Self>, page: u32) -> Result<u32> {
        if page > 3 {
            return Ok(page);
        }
        let next = flow.read(page).await?;
        Self::pages(flow, next).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Crawl).main()
}
