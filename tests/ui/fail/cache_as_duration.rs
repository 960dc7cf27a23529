// Wanted: a result that is kept for an hour.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step(cache = "1h")]
    async fn price(&self, item: String) -> Result<u64> {
        Ok(item.len() as u64)
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
