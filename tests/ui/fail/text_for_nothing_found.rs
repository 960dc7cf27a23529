// Wanted: to fail where nothing was found.
use agno::prelude::*;

#[workflow]
struct Orders;

#[workflow]
impl Orders {
    #[step]
    async fn first(&self, items: Vec<String>) -> Result<String> {
        let first = items.first().ok_or("no item")?;
        Ok(first.clone())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<String> {
        flow.first(items).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Orders).main()
}
