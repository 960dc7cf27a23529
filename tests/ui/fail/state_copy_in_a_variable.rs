// Wanted: a flow that counts in the state.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Ledger {
    sold: u32,
    items: Vec<String>,
}

#[workflow]
struct Shop;

#[workflow(state = Ledger)]
impl Shop {
    #[step]
    async fn buy(&self, item: String, ledger: &mut Ledger) -> Result<u32> {
        ledger.items.push(item);
        Ok(ledger.sold)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        let mut ledger = flow.state();
        ledger.sold += 1;
        ledger.items.push(item.clone());
        flow.buy(item).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Shop).main()
}
