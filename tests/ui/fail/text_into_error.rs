// Wanted: a step that fails with a text, which somehow turns into an error.
use agno::prelude::*;

#[workflow]
struct Shop;

#[workflow]
impl Shop {
    #[step]
    async fn buy(&self, item: String) -> Result<u32> {
        if item.is_empty() {
            return Err("no item".into());
        }
        Ok(1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        flow.buy(item).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Shop).main()
}
