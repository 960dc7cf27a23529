// Wanted: a step that counts in the state; `&mut` was forgotten.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Ledger {
    sold: u32,
}

#[workflow]
struct Shop;

#[workflow(state = Ledger)]
impl Shop {
    #[step]
    async fn buy(&self, ledger: Ledger, item: String) -> Result<u32> {
        println!("{item}");
        Ok(ledger.sold)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        flow.buy(item).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Shop).main()
}
