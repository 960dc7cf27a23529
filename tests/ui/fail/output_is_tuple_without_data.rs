// Wanted: an offer and its rank.
use agno::prelude::*;

struct Offer {
    price: u64,
}

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn offer(&self, price: u64) -> Result<(Offer, u64)> {
        Ok((Offer { price }, price / 10))
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
