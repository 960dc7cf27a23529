// Wanted: two notes, of which one is awaited.
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
        let noted = flow.note("first".to_owned());
        let noted = flow.note("second".to_owned());
        noted.await?;
        flow.price(item).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
