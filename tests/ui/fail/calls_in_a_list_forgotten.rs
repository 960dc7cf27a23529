// Wanted: a note for each item.
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
    async fn run(flow: &Flow<Self>, items: Vec<String>) -> Result<u64> {
        let mut notes = Vec::new();
        for item in &items {
            notes.push(flow.note(item.clone()));
        }
        flow.price(items.concat()).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
