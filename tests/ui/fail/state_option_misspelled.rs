// Wanted: a state that counts.
use agno::prelude::*;

#[data]
#[derive(Default, State)]
struct Seen {
    count: u64,
}

#[workflow]
struct Order;

#[workflow(sate = Seen)]
impl Order {
    #[step]
    async fn price(&self, seen: &mut Seen, item: String) -> Result<u64> {
        seen.count += 1;
        Ok(item.len() as u64)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<u64> {
        let price = flow.price(item).await?;
        Ok(price + flow.state().count)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
