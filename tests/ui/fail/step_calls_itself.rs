// Wanted: the next page as well.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn pages(&self, page: u32) -> Result<u32> {
        if page == 0 {
            return Ok(page);
        }
        flow.pages(page - 1).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, page: u32) -> Result<u32> {
        flow.pages(page).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
