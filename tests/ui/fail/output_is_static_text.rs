// Wanted: one of two words.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn rate(&self, price: u64) -> Result<&'static str> {
        Ok(if price > 9 { "high" } else { "low" })
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
