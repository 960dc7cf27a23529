// Wanted: say how many there are.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn count(&self, items: Vec<String>) -> Result<u32> {
        Ok(items.len() as u32)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<String> {
        let text = format!("{} items", flow.count(items).await);
        Ok(text)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
