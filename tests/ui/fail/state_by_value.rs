// Wanted: a step that counts in the state, which it is given like an input.
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
    async fn buy(&self, item: String, ledger: Ledger) -> Result<u32> {
        ledger.sold += 1;
        println!("{item}");
        Ok(ledger.sold)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u32> {
        flow.buy(item, flow.state()).await
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Shop).main()
}
