// Wanted: an offer that the step changes.
use agno::prelude::*;

#[data]
struct Offer {
    price: u64,
}

#[data]
#[derive(Default, State)]
struct Seen {
    count: u64,
}

#[workflow]
struct Order;

#[workflow(state = Seen)]
impl Order {
    #[step]
    async fn lower(&self, offer: &mut Offer) -> Result<u64> {
        offer.price -= 1;
        Ok(offer.price)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
