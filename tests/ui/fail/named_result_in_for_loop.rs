// Wanted: check each item.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn list(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    #[step]
    async fn check(&self, item: String) -> Result<String> {
        Ok(item)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, shop: String) -> Result<()> {
        let items = flow.list().await;
        for item in items {
            flow.check(item).await?;
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
