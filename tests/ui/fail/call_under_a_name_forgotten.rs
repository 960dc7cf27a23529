// Wanted: a note beside the price.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn note(&self, line: String) {
        println!("{line}");
    }

    #[step]
    async fn price(&self, item: String) -> Result<u64> {
        Ok(item.len() as u64)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u64> {
        let _noted = flow.note(item.clone());
        flow.price(item).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
