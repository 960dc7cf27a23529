// Wanted: some of a few words.
use agno::prelude::*;

#[workflow]
struct Order;

#[workflow]
impl Order {
    #[step]
    async fn rate(&self, price: u64) -> Result<Vec<&'static str>> {
        Ok(if price > 9 { vec!["high"] } else { vec![] })
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Order).main()
}
